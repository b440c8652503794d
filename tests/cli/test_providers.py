"""The model by one setting each: none, a local file, an endpoint of OpenAI's protocol (llama-server of the same source stands in for it).
Whichever it is, a document question in Chinese and in English is answered from the right document, and how is told."""
import subprocess

import httpx
import pytest
from conftest import ROOT, Server, client, free_port, make_key, make_store, need_chat_model, need_encoder, need_model, run, until

LLAMA_SERVER = ROOT / "build" / "deps" / "llama-server-build" / "bin" / "llama-server"
DOCUMENTS = {
    "points.md": "# 会员\n\n## 积分有效期\n每笔积分自到账起 24 个月有效，到期前 30 天提醒。退回的积分沿用原有效期。\n",
    "visits.md": "# Visits\n\n## Showroom visits\nThe showroom in Suzhou is open from Tuesday to Sunday, 10:00 to 18:00. Visits of more than 8 people are booked ahead.\n",
}
QUESTIONS = [("zh", "积分有效期到账起几个月", "24 个月"), ("en", "which days is your showroom in Suzhou open", "Tuesday to Sunday")]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    need_encoder()
    folder = tmp_path_factory.mktemp("providers")
    store = make_store(folder / "data")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    run("kb", "add", *(folder / name for name in DOCUMENTS), "--data", store, "--quiet")
    return store


def answers(store, *args):
    """For each question the bot's reply and how it came about."""
    server = Server(store, *args).start()
    try:
        with client(server, make_key(store)) as http:
            until(lambda: http.get("/api/v1/model").json()["state"] != "starting", 60)
            for language, text, fact in QUESTIONS:
                chat = http.post("/api/v1/conversations", json={"language": language}).json()["id"]
                reply = http.post(f"/api/v1/conversations/{chat}/messages", params={"wait": "true"}, json={"text": text, "role": "customer"}).json()["reply"]
                why = http.get(f"/api/v1/conversations/{chat}/messages/{reply['id']}/why").json()
                assert fact in reply["text"] and fact in reply["citations"][0]["passage"], reply
                yield reply["path"], why.get("model_call", {})
    finally:
        server.stop()


def test_none(store):
    assert [(path, call) for path, call in answers(store, "--model", "none")] == [("extract", {})] * 2


def test_nobody_chose_one(store):
    """The default model is there for whoever asks it, and writes no answers."""
    assert [(path, call) for path, call in answers(store)] == [("extract", {})] * 2


@pytest.mark.parametrize("name", ["gemma-3-270m-q4_k_m.gguf", "SmolLM2-135M-Instruct.Q4_1.gguf"])
def test_a_local_file(store, name):
    for path, call in answers(store, "--model", str(need_model(name))):
        assert call["provider"] == "local" and call["model"]
        assert path == "generated" or call["outcome"] == "late"  # on a busy machine


@pytest.fixture
def endpoint():
    model = need_chat_model()
    if not LLAMA_SERVER.exists():
        pytest.skip(f"needs {LLAMA_SERVER.relative_to(ROOT)} (./dev bench chat builds it)")
    url = f"http://127.0.0.1:{free_port()}"
    process = subprocess.Popen([LLAMA_SERVER, "-m", model, "-t", "1", "-np", "1", "-c", "4096", "--host", "127.0.0.1", "--port", url.rsplit(":", 1)[1]],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: is_healthy(url), 60)
        yield url + "/v1"
    finally:
        process.terminate()
        process.wait(20)


def is_healthy(url):
    try:
        return httpx.get(url + "/health", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_an_endpoint(store, endpoint):
    """What a base model says through a chat template is seldom fit to be shown: then the passage is."""
    for path, call in answers(store, "--llm-url", endpoint, "--llm-model", "stand-in"):
        assert call["provider"] == "remote" and call["model"] == "stand-in"
        assert path == ("generated" if call["outcome"] == "done" else "extract") and call["outcome"] in ("done", "refused", "late")
