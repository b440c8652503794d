"""A remote model behind `zhiyin model test`: an endpoint of this test records every byte that it is sent and answers as told."""
import json
import socket

import pytest

from conftest import Server, client, make_key, make_store, run
from endpoint import Endpoint, status, stream

PERSONAL = {"phone": "138 0013 8000", "mail": "yutong@mail.example", "id": "11010519491231002X", "card": "4111 1111 1111 1111",
            "name": "周雨桐", "latin": "Emily Carter"}
QUESTION = ("我叫{name}，英文名 {latin}，电话 {phone}，邮箱 {mail}，身份证 {id}，卡号 {card}。请把订单寄到公司。").format(**PERSONAL)


@pytest.fixture
def endpoint():
    made = Endpoint()
    yield made
    made.server.shutdown()
    made.server.server_close()


def ask(endpoint, text, *options, env=None, check=True):
    return run("model", "test", text, "--llm-url", endpoint.url, "--llm-model", "some-model", "--json", *options, env=env, check=check)


def test_answers(endpoint):
    endpoint.replies = [stream("你好", "，世界。")]
    answer = json.loads(ask(endpoint, "说你好").stdout)
    assert answer["text"] == "你好，世界。"
    assert answer["model"] == "some-model" and answer["end"] == "stop"
    assert (answer["prompt_tokens"], answer["tokens"]) == (9, 4)
    sent = json.loads(endpoint.requests[0]["body"])
    assert endpoint.requests[0]["path"] == "/v1/chat/completions"
    assert sent["stream"] is True and sent["model"] == "some-model" and sent["messages"][-1] == {"role": "user", "content": "说你好"}


def test_nothing_personal_on_the_wire(endpoint):
    endpoint.replies = [stream("[NAME_1]您好，会打 [PHO", "NE_1] 联系您，或写信到 [EMAIL_1]。")]
    answer = json.loads(ask(endpoint, QUESTION, "--name", PERSONAL["name"], "--name", PERSONAL["latin"]).stdout)
    wire = endpoint.wire()
    for what in [*PERSONAL.values(), "雨桐", "Emily", "Carter", "13800138000", "0013", "yutong", "4111", "110105"]:
        assert what not in wire, what
    assert "[PHONE_1]" in wire and "[ID_1]" in wire and "[CARD_1]" in wire
    assert answer["text"].startswith(PERSONAL["name"]) and PERSONAL["phone"] in answer["text"] and PERSONAL["mail"] in answer["text"]


def test_tries_again_before_the_first_piece(endpoint):
    endpoint.replies = [status(503), status(429), stream("ok")]
    assert json.loads(ask(endpoint, "x").stdout)["text"] == "ok"
    assert len(endpoint.requests) == 3


def test_gives_up(endpoint):
    endpoint.replies = [status(500)]
    done = ask(endpoint, "x", check=False)
    assert done.returncode == 1 and "endpoint" in done.stderr
    assert len(endpoint.requests) == 3


def test_does_not_follow(endpoint):
    elsewhere = Endpoint()
    elsewhere.replies = [stream("stolen")]
    endpoint.replies = [status(307, Location=elsewhere.url + "/chat/completions")]
    done = ask(endpoint, "x", check=False)
    assert done.returncode == 1 and "not followed" in done.stderr
    assert not elsewhere.requests
    elsewhere.server.shutdown()
    elsewhere.server.server_close()


def test_ends_at_its_deadline(endpoint):
    endpoint.replies = [stream(*["drip "] * 400, pause=0.05)]
    answer = json.loads(ask(endpoint, "x", "--seconds", "1").stdout)
    assert answer["end"] == "deadline" and answer["text"].startswith("drip ") and answer["total_ms"] < 10000


def test_nobody_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refused
        done = run("model", "test", "x", "--llm-url", f"http://127.0.0.1:{taken.getsockname()[1]}/v1", "--llm-model", "m", check=False)
    assert done.returncode == 1 and "endpoint" in done.stderr


def test_key_from_environment_and_file(endpoint, tmp_path):
    endpoint.replies = [status(401)]
    done = ask(endpoint, "x", env={"ZHIYIN_LLM_KEY": "sk-canary-1"}, check=False)
    assert endpoint.requests[-1]["headers"]["Authorization"] == "Bearer sk-canary-1"
    assert "sk-canary" not in done.stdout + done.stderr and "key" in done.stderr
    path = tmp_path / "key"
    path.write_text("sk-canary-2\n")
    endpoint.replies = [stream("ok")]
    ask(endpoint, "x", "--llm-key-file", path)
    assert endpoint.requests[-1]["headers"]["Authorization"] == "Bearer sk-canary-2"


@pytest.mark.parametrize("url", ["http://api.example/v1", "ftp://api.example", "https://a:b@api.example/v1"])
def test_unsafe_addresses(url):
    done = run("model", "test", "x", "--llm-url", url, "--llm-model", "m", check=False)
    assert done.returncode in (2, 3) and "llm" in done.stderr


@pytest.mark.parametrize("text", ["[1]", '{"model": "parrot"}', '{"rules": {}}'])
def test_a_script_that_is_none_is_refused(tmp_path, text):
    script = tmp_path / "script.json"
    script.write_text(text)
    done = run("model", "test", "hi", "--model", f"scripted:{script}", check=False, env={"ZHIYIN_TEST": "1"})
    assert done.returncode == 3 and 'expected {"rules": [...]}' in done.stderr


def test_scripted_is_for_tests(tmp_path):
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"model": "parrot", "rules": [{"match": "hi", "text": "hello", "chunk": 2}]}))
    refused = run("model", "test", "hi", "--model", f"scripted:{script}", check=False, env={"ZHIYIN_TEST": ""})
    answer = run("model", "test", "hi", "--model", f"scripted:{script}", "--json", env={"ZHIYIN_TEST": "1"})
    assert json.loads(answer.stdout)["text"] == "hello"
    assert refused.returncode == 3 and "tests alone" in refused.stderr


def test_server_with_a_remote_model_runs_no_llmd(endpoint, tmp_path):
    endpoint.replies = [stream("ok")]
    run("init", "--data", tmp_path / "data", "--admin", "a@qimu.example", "--password-stdin", stdin="correct horse battery\n")
    server = Server(tmp_path / "data", "--llm-url", endpoint.url, "--llm-model", "m", env={"ZHIYIN_LLM_KEY": "sk-canary-3"}).start()
    try:
        commands = [open(f"/proc/{pid}/cmdline", "rb").read() for pid in server.children()]
        assert commands and not any(b"llmd" in c for c in commands)
        assert not any(b"sk-canary-3" in c for c in commands)
    finally:
        server.stop()
    assert "sk-canary" not in server.log()


def test_the_days_budget_outlives_a_restart(tmp_path, endpoint):
    """Each call costs 13 tokens of 20: two begin, whatever process begins them."""
    store = make_store(tmp_path / "data")
    (tmp_path / "points.md").write_text("# 会员\n\n## 积分有效期\n每笔积分自到账起 24 个月有效，到期前 30 天提醒。\n", encoding="utf-8")
    run("kb", "add", tmp_path / "points.md", "--data", store, "--quiet", "--encoder", "none")
    endpoint.replies = [stream("每笔积分自到账起 24 个月有效。")]
    model = ["--llm-url", endpoint.url, "--llm-model", "some-model", "--encoder", "none"]
    paths = []
    for _ in range(2):
        server = Server(store, *model, env={"ZHIYIN_LLM_DAILY_TOKENS": "20"}).start()
        try:
            with client(server, make_key(store, "read")) as http:
                paths.append(http.post("/api/v1/ask", json={"question": "积分有效期到账起几个月"}).json()["path"])
        finally:
            server.kill()
    asked = run("ask", "积分有效期到账起几个月", "--data", store, "--json", *model, env={"ZHIYIN_LLM_DAILY_TOKENS": "20"})
    paths.append(json.loads(asked.stdout)["path"])
    assert paths == ["generated", "generated", "extract"]
    assert len(endpoint.requests) == 2


def test_the_customers_name_stays_here(tmp_path, endpoint):
    """The name is the contact's: nothing in the message says that it is one."""
    store = make_store(tmp_path / "data")
    (tmp_path / "points.md").write_text("# 会员\n\n## 积分有效期\n每笔积分自到账起 24 个月有效，到期前 30 天提醒。\n", encoding="utf-8")
    run("kb", "add", tmp_path / "points.md", "--data", store, "--quiet", "--encoder", "none")
    endpoint.replies = [stream("每笔积分自到账起 24 个月有效。")]
    server = Server(store, "--llm-url", endpoint.url, "--llm-model", "some-model", "--encoder", "none").start()
    try:
        with client(server, make_key(store)) as http:
            chat = http.post("/api/v1/conversations", json={"language": "zh", "contact": {"name": "欧阳青岚", "email": "lan@mail.example"}}).json()
            reply = http.post(f"/api/v1/conversations/{chat['id']}/messages", params={"wait": "true"},
                              json={"text": "欧阳青岚的积分有效期到账起几个月", "role": "customer"}).json()["reply"]
        assert reply["path"] == "generated", reply
        assert "积分" in endpoint.wire() and "欧阳青岚" not in endpoint.wire() and "lan@mail" not in endpoint.wire()
    finally:
        server.stop()
