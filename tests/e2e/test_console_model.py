"""The model page in the real browser: none, a file with its licence, an endpoint, back to none; and why the bot said what it said."""
import json
import os

import pytest
import tiny_model
from conftest import ADMIN, PASSWORD, Server, client, make_key, make_store, run
from endpoint import Endpoint, stream
from stage import play

AGENT = "agent@qimu.example"
DOCUMENT = "# 会议室租用\n\n会议室每小时收费 80 元，至少预订 2 小时。每间会议室最多容纳 12 人。\n"
GOOD, BAD = "会议室每小时收费 80 元，至少预订 2 小时。", "会议室每小时收费 36 元。"
SURFACES = {"no model", "licence", "model page", "refused choice", "paths of answers", "why", "why in detail", "why not", "model phone", "model forbidden"}


@pytest.fixture
def endpoint():
    made = Endpoint()

    def reply(handler):
        stream(BAD if "最少" in made.requests[-1]["body"] else GOOD)(handler)

    made.replies = [reply]
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def company(tmp_path):
    """Without a model; one file is registered, another lies beside it."""
    store = make_store(tmp_path / "data", "--demo", "--encoder", "none")
    (tmp_path / "rooms.md").write_text(DOCUMENT, encoding="utf-8")
    run("kb", "add", tmp_path / "rooms.md", "--data", store, "--quiet", "--encoder", "none")
    for seed, name in enumerate(("first", "second"), 1):
        tiny_model.make(tmp_path / f"{name}.gguf", name, seed)
    done = run("model", "test", "x", "--model", tmp_path / "first.gguf", "--tokens", 1, check=False)
    if "built without llama.cpp" in done.stderr:
        pytest.skip("built without llama.cpp")
    run("model", "add", tmp_path / "first.gguf", "--data", store, "--licence", "Apache-2.0")
    (tmp_path / "models").mkdir()
    server = Server(store, "--encoder", "none", "--models", tmp_path / "models").start()
    yield server
    server.stop()


def ask(server):
    """A visitor's chat with one answer that passes the check, found helpful, and one that does not pass."""
    with client(server) as http:
        made = http.post("/api/v1/conversations", json={"language": "zh"}).json()
        headers = {"Authorization": f"Bearer {made['token']}"}
        for text in ("会议室每小时收费多少元", "会议室每小时收费最少多少元"):
            reply = http.post(f"/api/v1/conversations/{made['id']}/messages", params={"wait": "true"}, json={"text": text}, headers=headers).json()["reply"]
            if text == "会议室每小时收费多少元":
                http.post(f"/api/v1/conversations/{made['id']}/messages/{reply['id']}/rating", json={"rating": "up"}, headers=headers)
    return made["id"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_model_page(company, endpoint, language):
    if folder := os.environ.get("ZHIYIN_SCREENSHOTS"):
        os.makedirs(folder, exist_ok=True)
    second = company.data.parent / "second.gguf"
    end = play("model.mjs", company.url, language, ADMIN, AGENT, endpoint.url,
               wishes={"password": lambda: PASSWORD, "ask": lambda: ask(company),
                       "add": lambda: run("model", "add", second, "--data", company.data, "--licence", "MIT") and None})
    assert set(end["looked"]) == {f"{surface} {mode}" for surface in SURFACES for mode in ("light", "dark")}
    assert endpoint.requests[-1]["headers"]["Authorization"] == "Bearer sk-canary-console" and "sk-canary" not in company.log()
    with client(company, make_key(company.data)) as api:
        assert api.get("/api/v1/model").json()["state"] == "absent"
    assert json.loads(run("check", "--data", company.data, "--json").stdout)["faults"] == []
