"""What an idle server costs: the memory of all its processes before anybody has asked anything, with the models of the set-up there.

PSS is what a process has for itself and its share of what it shares, so that the sum counts nothing twice.
"""
import contextlib
import pathlib

import pytest
from conftest import BINARY, Server, client, make_key, make_store, need_chat_model, need_encoder, run, until


def pss_mb(server):
    total = 0
    for pid in [server.process.pid, *server.children()]:
        lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def has_event(server, name):
    return any(event["event"] == name for event in server.events())


@pytest.fixture
def store(tmp_path):
    if b"__asan_init" in BINARY.read_bytes():
        pytest.skip("a sanitized program's memory says nothing")
    need_chat_model(), need_encoder()
    path = make_store(tmp_path / "data")
    (tmp_path / "points.md").write_text("# 会员\n\n## 积分有效期\n每笔积分自到账起 24 个月有效，到期前 30 天提醒。\n", encoding="utf-8")
    run("kb", "add", tmp_path / "points.md", "--data", path, "--quiet")
    return path


@contextlib.contextmanager
def serving(store, *args):
    server = Server(store, *args).start()
    try:
        until(lambda: has_event(server, "model_linked"), 60)
        yield server
    finally:
        code = server.stop()
    assert code == 0


def test_idle_with_the_default_model(store):
    with serving(store) as server:
        assert pss_mb(server) < 100 and not has_event(server, "model_loaded")


def test_a_chosen_model_answers_leaves_and_answers_again(store):
    with serving(store, "--model", str(need_chat_model()), "--llm-idle-seconds", "2") as server, client(server, make_key(store)) as http:
        for _ in range(2):
            chat = http.post("/api/v1/conversations", json={"language": "zh"}).json()
            until(lambda: pss_mb(server) > 200, 60)
            reply = http.post(f"/api/v1/conversations/{chat['id']}/messages", params={"wait": "true"},
                              json={"text": "积分有效期到账起几个月", "role": "customer"}).json()["reply"]
            why = http.get(f"/api/v1/conversations/{chat['id']}/messages/{reply['id']}/why").json()
            assert "24" in reply["text"] and why["model_call"]["provider"] == "local", why
            until(lambda: pss_mb(server) < 100, 60)
