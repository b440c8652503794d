"""kill -9 of the model process while it reads a prompt and while it writes an answer: the visitor has the passage itself within two
seconds, core stays, and the next process answers."""
import os
import pathlib
import signal
import threading
import time

import pytest
from conftest import Server, client, make_key, make_store, need_chat_model, need_encoder, run, until

SECONDS = 2
QUESTION = "积分有效期到账起几个月"


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def server(tmp_path):
    model = need_chat_model()
    need_encoder()
    store = make_store(tmp_path / "data")
    (tmp_path / "points.md").write_text("# 会员\n\n## 积分有效期\n每笔积分自到账起 24 个月有效，到期前 30 天提醒。\n", encoding="utf-8")
    run("kb", "add", tmp_path / "points.md", "--data", store, "--quiet")
    server = Server(store, "--model", str(model)).start()
    server.key = make_key(store)
    yield server
    server.stop()


def child(server, role):
    for pid in server.children():
        if pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1] == role.encode():
            return pid
    return None


def linked(server, times):
    return until(lambda: sum(event["event"] == "model_linked" for event in server.events()) >= times, 60)


class Visitor(threading.Thread):
    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.reply, self.answered = server, None, 0
        self.start()

    def run(self):
        with client(self.server, self.server.key) as http:
            chat = http.post("/api/v1/conversations", json={"language": "zh"}).json()
            answer = http.post(f"/api/v1/conversations/{chat['id']}/messages", params={"wait": "true"}, json={"text": QUESTION, "role": "customer"})
        self.answered = time.monotonic()
        self.reply = answer.json()["reply"]


def ask(server):
    visitor = Visitor(server)
    visitor.join(60)
    return visitor.reply


def kill_after(server, seconds):
    """Kills llmd when it has computed for so long, in the middle of an answer; the seconds from then on, and the answer."""
    llmd = child(server, "llmd")
    begin, visitor = cpu_seconds(llmd), Visitor(server)
    until(lambda: cpu_seconds(llmd) >= begin + seconds, 30)
    os.kill(llmd, signal.SIGKILL)
    killed = time.monotonic()
    visitor.join(60)
    return visitor.answered - killed, visitor.reply


def test_killed_while_it_reads_and_while_it_writes(server):
    linked(server, 1)
    core = child(server, "core")
    seconds, reply = kill_after(server, 0.1)
    assert 0 < seconds < SECONDS and reply["path"] == "extract" and "24 个月" in reply["text"]
    linked(server, 2)
    until(lambda: ask(server)["path"] == "generated", 90)  # reads the instructions, which are kept from then on
    llmd = child(server, "llmd")
    begin = cpu_seconds(llmd)
    assert ask(server)["path"] == "generated"
    whole = cpu_seconds(llmd) - begin
    seconds, reply = kill_after(server, whole * 0.6)
    assert 0 < seconds < SECONDS and reply["path"] == "extract" and "24 个月" in reply["text"]
    linked(server, 3)
    until(lambda: ask(server)["path"] == "generated", 90)  # on a busy machine not the first
    assert child(server, "core") == core
