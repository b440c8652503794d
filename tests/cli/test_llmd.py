"""The local chat model: `zhiyin model test`, the process llmd behind the server, and what becomes of it when it is killed, shut in,
or given a file that is no model."""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess

import httpx
import pytest
import tiny_model
from conftest import BINARY, Server, make_store, need_encoder, run, until
from llmd_link import CANCEL, DONE, PIECE, PREPARE, LlmdLink
from test_supervisor import alive, child


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = tiny_model.make(tmp_path_factory.mktemp("models") / "tiny.gguf")
    done = run("model", "test", "x", "--model", path, "--tokens", 1, check=False)
    if "built without llama.cpp" in done.stderr:
        pytest.skip("built without llama.cpp")
    assert done.returncode == 0, done.stderr
    return path


def ask(tiny, text, *args, check=True):
    return run("model", "test", text, "--model", tiny, "--json", *args, check=check)


# ---- model test -----------------------------------------------------------------------------------------------------------

def test_a_grammar_is_followed(tiny, tmp_path):
    grammar = tmp_path / "answer.gbnf"
    grammar.write_text('root ::= "refund 退款" | "quote 报价"')
    answer = json.loads(ask(tiny, "what is this?", "--grammar", grammar, "--tokens", 40).stdout)
    assert answer["text"] in ("refund 退款", "quote 报价") and answer["end"] == "stop"
    assert answer["model"] == "tiny" and answer["sha256"] == hashlib.sha256(tiny.read_bytes()).hexdigest()
    assert answer["prompt_tokens"] == 1 + len("what is this?") and answer["tokens"] > 0
    assert 0 < answer["first_ms"] <= answer["total_ms"]


def test_the_seed_decides(tiny):
    def say(seed):
        return json.loads(ask(tiny, "hello", "--temperature", 2, "--seed", seed, "--tokens", 24).stdout)["text"]

    assert say(5) == say(5) != say(6)


def test_a_stop_word_ends_it_and_is_not_shown(tiny, tmp_path):
    grammar = tmp_path / "loop.gbnf"
    grammar.write_text('root ::= "one##two###three###"')
    answer = json.loads(ask(tiny, "go", "--grammar", grammar, "--tokens", 40, "--stop", "###").stdout)
    assert answer["text"] == "one##two" and answer["end"] == "stop"


def test_the_fixed_part_goes_before_the_text(tiny):
    whole = json.loads(ask(tiny, "abcdefgh", "--tokens", 8).stdout)
    parts = json.loads(ask(tiny, "efgh", "--fixed", "abcd", "--tokens", 8).stdout)
    assert (parts["text"], parts["prompt_tokens"]) == (whole["text"], whole["prompt_tokens"])


def test_too_long_a_prompt_is_told(tiny):
    done = ask(tiny, "x" * 600, check=False)
    assert done.returncode == 3 and "do not fit into the model's context" in done.stderr


def test_a_bad_grammar_is_told(tiny, tmp_path):
    grammar = tmp_path / "bad.gbnf"
    grammar.write_text('root ::= "a')
    done = ask(tiny, "x", "--grammar", grammar, check=False)
    assert done.returncode == 3 and "the grammar has a fault" in done.stderr


def test_no_model_is_told_with_the_way_to_one(tmp_path):
    done = run("model", "test", "x", "--models", tmp_path, check=False)
    assert done.returncode == 1 and "--model FILE.gguf" in done.stderr and "gemma" in done.stderr
    assert run("model", "test", "x", "--model", "none", check=False).returncode == 1
    done = run("model", "test", "x", "--model", tmp_path / "none.gguf", check=False)
    assert done.returncode == 1 and "none.gguf" in done.stderr


@pytest.mark.parametrize("cut", [5, 100, 5000, -1])
def test_a_damaged_file_is_refused(tiny, tmp_path, cut):
    path = tmp_path / "cut.gguf"
    path.write_bytes(tiny.read_bytes()[:cut])
    done = run("model", "test", "x", "--model", path, check=False)
    assert done.returncode == 1 and "GGUF" in done.stderr


# ---- llmd alone -----------------------------------------------------------------------------------------------------------

@pytest.fixture
def sanitized():
    return b"__asan_init" in BINARY.read_bytes()


def test_all_it_does_is_allowed(tiny, sanitized):
    """With --deadly the first call that the sandbox does not know would kill it."""
    process = LlmdLink(tiny, *([] if sanitized else ["--deadly"]))
    process.ask(1, b"one " * 60, 30)
    process.ask(2, b"two", 30, grammar=b'root ::= [a-z]+')
    for number in range(3, 12):
        process.ask(number, b"more", 5)
    ended = set()
    while len(ended) < 11:
        kind, body = process.hear()
        assert kind in (PIECE, DONE)
        if kind == DONE:
            ended.add(struct.unpack("<I", body[:4])[0])
    assert process.end()[0] == 0


def test_a_call_can_be_cancelled_and_a_late_one_ends(tiny):
    process = LlmdLink(tiny)
    process.ask(1, b"one", 500 - 4)
    process.ask(2, b"two", 400, seconds=0)
    process.send(CANCEL, struct.pack("<I", 1))
    process.ask(3, b"three", 2)
    ended = {}
    while 3 not in ended:
        kind, body = process.hear()
        if kind == DONE:
            number, end = struct.unpack("<II", body[:8])
            ended[number] = end
    assert ended.get(2) == 2 and 1 not in ended
    assert process.end()[0] == 0


@pytest.mark.parametrize("nonsense", [b"\xff\xff\xff\xff\x01", b"\x01\x00\x00\x00\x63", b"\x05\x00\x00\x00\x01abcd", b"\x00\x00\x00\x00"])
def test_nonsense_ends_the_link(tiny, nonsense):
    process = LlmdLink(tiny)
    process.socket.sendall(nonsense)
    assert process.hear() == (None, b"")
    assert process.end()[0] == 0


def model_events(log):
    return [line["event"] for line in map(json.loads, log.read_text().splitlines()) if line["event"].startswith("model_")]


@pytest.fixture
def default(tiny, tmp_path):
    """A directory with the model under the name of the default one: nobody has chosen it."""
    shutil.copy(tiny, tmp_path / "gemma-3-270m-q4_k_m.gguf")
    return tmp_path


def answered(link, number):
    link.ask(number, b"more", 3)
    while (message := link.hear())[0] == PIECE:
        pass
    return message[0] == DONE


def test_the_default_is_in_memory_only_while_it_is_needed(default, sanitized):
    """All behind the sandbox: with --deadly a call that it does not know would kill the process."""
    log = default / "log"
    link = LlmdLink.under_control(log, f"--models={default}", "--llm-idle-seconds=1", *([] if sanitized else ["--deadly"]))
    assert model_events(log) == ["model_ready"]
    assert answered(link, 1) and model_events(log) == ["model_ready", "model_loaded"]
    until(lambda: model_events(log)[-1] == "model_released")
    link.send(PREPARE, b"")
    until(lambda: model_events(log)[-1] == "model_loaded")
    assert answered(link, 2)
    until(lambda: model_events(log)[-1] == "model_released")
    assert answered(link, 3)
    link.control.close()
    assert link.process.wait(20) == 0
    assert model_events(log)[:6] == ["model_ready", *["model_loaded", "model_released"] * 2, "model_loaded"]


def test_a_chosen_one_is_there_at_once_and_may_stay(tiny, tmp_path):
    log = tmp_path / "log"
    link = LlmdLink.under_control(log, f"--model={tiny}", "--llm-idle-seconds=0")
    assert model_events(log) == ["model_loaded", "model_ready"]
    assert answered(link, 1)
    link.control.close()
    assert link.process.wait(20) == 0
    assert model_events(log) == ["model_loaded", "model_ready"]


def test_a_file_that_changed_since_it_was_checked_is_not_loaded(default):
    log = default / "log"
    link = LlmdLink.under_control(log, f"--models={default}")
    with open(default / "gemma-3-270m-q4_k_m.gguf", "r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"x")
    link.ask(1, b"more", 3)
    assert link.hear() == (None, b"")
    assert link.process.wait(20) == 1 and "has changed since it was checked" in log.read_text()


def test_it_ends_with_its_caller(tiny):
    process = LlmdLink(tiny)
    process.ask(1, b"one", 400)
    assert process.end()[0] == 0


def test_a_batch_says_that_its_model_is_lost(tiny, tmp_path):
    """Once, and in its last line; the questions are answered all the same, by the passages."""
    (tmp_path / "visits.md").write_text("# Visits\n\n## Showroom\nThe showroom in Suzhou is open from Tuesday to Sunday, 10:00 to 18:00.\n")
    need_encoder()  # without it documents are not put in the model's words
    store = make_store(tmp_path / "data")
    run("kb", "add", tmp_path / "visits.md", "--data", store)
    (tmp_path / "batch.jsonl").write_text('{"question": "which days is your showroom in Suzhou open"}\n' * 60)
    with open(tmp_path / "out.jsonl", "wb") as out:
        asking = subprocess.Popen([BINARY, "ask", "--batch", tmp_path / "batch.jsonl", "--data", store, "--model", tiny],
                                  stdout=out, stderr=subprocess.PIPE, text=True)
        model = until(lambda: pathlib.Path(f"/proc/{asking.pid}/task/{asking.pid}/children").read_text().split(), 30)
        until(lambda: (tmp_path / "out.jsonl").stat().st_size > 0, 60)
        os.kill(int(model[0]), signal.SIGKILL)
        said = asking.communicate(timeout=120)[1].splitlines()
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert asking.returncode == 0 and len(rows) == 60 and rows[-1]["path"] == "extract"
    lost = [line for line in said if "model is lost at question" in line]
    assert len(lost) == 1 and "gone" in lost[0]
    at = int(lost[0].split("question ")[1].split(":")[0])
    assert 1 < at < 60 and said[-1] == f"60 questions asked, {60 - at + 1} of them without the model"


# ---- llmd under serve -----------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("modelled") / "data")


@pytest.fixture
def server(store, tiny):
    server = Server(store, "--model", str(tiny)).start()
    yield server
    server.stop()
    (store.parent / "data.log").unlink()


def events(server, name):
    return [event for event in server.events() if event["event"] == name]


def linked(server, times):
    return until(lambda: len(events(server, "model_linked")) >= times, 30)


def test_it_is_shut_in(server):
    linked(server, 1)
    llmd = child(server, "llmd")
    status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{llmd}/status").read_text().splitlines() if ":\t" in line)
    assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")
    assert os.getsid(llmd) == os.getsid(server.process.pid)
    if os.geteuid() == 0:
        assert status["Uid"].split() == ["65534"] * 4
    assert [event["landlock"] for event in events(server, "sandboxed")] in ([0], [1])


def test_whoever_opens_a_chat_wakes_the_model(store, tiny):
    server = Server(store, "--model", str(tiny), "--llm-idle-seconds", "1").start()
    linked(server, 1)
    until(lambda: events(server, "model_released"), 30)
    assert len(events(server, "model_loaded")) == 1
    with httpx.Client(base_url=server.url, timeout=20) as visitor:
        assert visitor.post("/api/v1/conversations", json={"language": "en"}).status_code == 201
    until(lambda: len(events(server, "model_loaded")) == 2, 30)
    server.stop()
    (store.parent / "data.log").unlink()


def test_the_named_model_is_registered(server, store, tiny):
    linked(server, 1)
    models = json.loads(run("model", "list", "--data", store, "--json").stdout)["models"]
    assert [model["sha256"] for model in models if model["kind"] == "chat"] == [hashlib.sha256(tiny.read_bytes()).hexdigest()]


def test_killed_it_comes_back_and_core_stays(server):
    linked(server, 1)
    core, llmd = child(server, "core"), child(server, "llmd")
    os.kill(llmd, signal.SIGKILL)
    assert httpx.get(server.url + "/readyz", timeout=5).status_code == 200
    linked(server, 2)
    assert child(server, "llmd") not in (None, llmd) and child(server, "core") == core


def test_a_new_core_is_linked_to_the_same_llmd(server):
    linked(server, 1)
    core, llmd = child(server, "core"), child(server, "llmd")
    os.kill(core, signal.SIGKILL)
    linked(server, 2)
    assert child(server, "llmd") == llmd and child(server, "core") not in (None, core)


def test_all_stop_in_order(store, tiny):
    server = Server(store, "--model", str(tiny)).start()
    linked(server, 1)
    until(lambda: child(server, "worker"))
    assert server.stop() == 0
    assert [(e["role"], e["code"], e["signal"]) for e in events(server, "child_ended")] == [("worker", 0, 0), ("core", 0, 0), ("llmd", 0, 0)]
    (store.parent / "data.log").unlink()


def test_kill_9_of_serve_takes_it_along(store, tiny):
    server = Server(store, "--model", str(tiny)).start()
    linked(server, 1)
    llmd = child(server, "llmd")
    server.process.kill()
    server.process.wait(5)
    until(lambda: not alive(llmd), 5)
    (store.parent / "data.log").unlink()


def test_a_file_that_is_no_model_is_not_tried_again(store, tiny, tmp_path):
    path = tmp_path / "cut.gguf"
    path.write_bytes(tiny.read_bytes()[:-1])
    server = Server(store, "--model", str(path)).start()
    until(lambda: events(server, "no_model"))
    assert httpx.get(server.url + "/readyz", timeout=5).status_code == 200
    server.stop()
    assert len([e for e in events(server, "child_started") if e["role"] == "llmd"]) == 1
    (store.parent / "data.log").unlink()


def test_an_unknown_model_in_the_place_of_the_default_is_not_used(store, tmp_path, tiny):
    tiny_model.make(tmp_path / "gemma-3-270m-q4_k_m.gguf", seed=2)
    server = Server(store, "--encoder", "none", "--models", str(tmp_path)).start()
    until(lambda: events(server, "model_refused"), 30)
    assert not events(server, "model_linked")
    server.stop()
    (store.parent / "data.log").unlink()


def test_none_means_none(store):
    server = Server(store, "--model", "none").start()
    until(lambda: child(server, "worker"))
    assert child(server, "llmd") is None
    server.stop()
    (store.parent / "data.log").unlink()
