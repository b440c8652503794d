"""The model page's interface: what answers and how it does, a trial, and another model while the server runs: none, a file, an endpoint.

The model is chosen as an administrator does it in the console; llama.cpp runs a tiny model, the endpoint is one of this test's own.
"""
import json
import os
import pathlib
import signal
import sqlite3
import stat
import threading

import pytest
import tiny_model
from conftest import PASSWORD, Server, client, make_key, make_store, run, until
from endpoint import Endpoint, status, stream

DOCUMENT = "# 会员与积分\n\n## 积分有效期\n每笔积分自到账起 24 个月有效，在到期当月最后一天清零，到期前 30 天提醒。\n"
PASSAGE = "每笔积分自到账起 24 个月有效"
QUESTION = "积分有效期到账起几个月"
ANSWER = "积分自到账起 24 个月有效。"
CANARY = "sk-canary-0123456789"


@pytest.fixture
def endpoint():
    made = Endpoint()
    made.replies = [stream(ANSWER)]
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def store(tmp_path):
    store = make_store(tmp_path / "data")
    (tmp_path / "points.md").write_text(DOCUMENT, encoding="utf-8")
    run("kb", "add", tmp_path / "points.md", "--data", store, "--quiet", "--encoder", "none")
    return store


def serve(store, *args, env=None):
    """With no default model in reach."""
    (store.parent / "models").mkdir(exist_ok=True)
    return Server(store, "--encoder", "none", "--models", store.parent / "models", *args, env=env).start()


@pytest.fixture
def server(store):
    server = serve(store)
    yield server
    server.stop()


@pytest.fixture
def http(server, store):
    with client(server, make_key(store)) as c:
        yield c


def model(http):
    answer = http.get("/api/v1/model")
    assert answer.status_code == 200, answer.text
    return answer.json()


def switch(http, **choice):
    return http.post("/api/v1/model/switch", json=choice)


def switched(http, **choice):
    answer = switch(http, **choice)
    assert answer.status_code == 200, answer.text
    return answer.json()


def to(endpoint, **more):
    return {"provider": "remote", "url": endpoint.url, "model": "big", **more}


def ask(http, text=QUESTION):
    chat = http.post("/api/v1/conversations", json={"language": "zh"}).json()
    answer = http.post(f"/api/v1/conversations/{chat['id']}/messages", params={"wait": "true"}, json={"text": text, "role": "customer"})
    return answer.json()["reply"]


def rows(store, sql):
    db = sqlite3.connect(f"file:{store}/zhiyin.db?mode=ro", uri=True)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def child(server, role):
    for pid in server.children():
        if pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[1:2] == [role.encode()]:
            return pid
    return None


def fault(answer, code, member):
    problem = answer.json()
    assert answer.status_code == code, problem
    assert [each["path"] for each in problem.get("errors", [])] == [member], problem


# ---- none ----------------------------------------------------------------------------------------------------------------


def test_no_model_is_said_plainly(http):
    now = model(http)
    assert (now["provider"], now["state"], now["chosen_by"], now["fixed_by"], now["writes_answers"]) == ("none", "absent", "default", None, False)
    assert now["today"] == {"calls": 0, "tokens": 0} and now["errors"] == [] and now["latest"]["tokens_per_second"] is None
    assert http.get("/api/v1/models").json() == {"items": [], "next_page_token": None}
    assert ask(http)["path"] == "extract"
    tried = http.post("/api/v1/model/test", json={"prompt": "x"}).json()
    assert (tried["outcome"], tried["text"], tried["trouble"]) == ("no_model", "", "there is no model")


@pytest.mark.parametrize("args, env, by", [(["--model", "none"], {}, "--model"), ([], {"ZHIYIN_MODEL": "none"}, "ZHIYIN_MODEL"),
                                           ([], {"ZHIYIN_LLM_URL": "http://127.0.0.1:1/v1", "ZHIYIN_LLM_MODEL": "m"}, "ZHIYIN_LLM_URL")])
def test_what_the_operator_named_wins(store, args, env, by):
    (store / "console.conf").write_text("model = /nowhere.gguf\n")
    server = serve(store, *args, env=env)
    try:
        with client(server, make_key(store)) as http:
            assert model(http)["fixed_by"] == by and model(http)["chosen_by"] == ("flag" if args else "environment")
            assert switch(http, provider="none").status_code == 409
            assert switch(http, provider="remote", url="http://127.0.0.1:1/v1", model="m").status_code == 409
        assert (store / "console.conf").read_text() == "model = /nowhere.gguf\n"
    finally:
        server.stop()


@pytest.mark.parametrize("choice, member", [({}, "provider"), ({"provider": "magic"}, "provider"), ({"provider": "remote", "model": "m"}, "url"),
                                            ({"provider": "remote", "url": "http://127.0.0.1:1/v1"}, "model"),
                                            ({"provider": "remote", "url": "http://api.example/v1", "model": "m"}, "url"),
                                            ({"provider": "remote", "url": "ftp://api.example", "model": "m"}, "url"),
                                            ({"provider": "remote", "url": "https://a:b@api.example", "model": "m"}, "url"),
                                            ({"provider": "remote", "url": "http://127.0.0.1:1", "model": "m\n"}, "model"),
                                            ({"provider": "remote", "url": "http://127.0.0.1:1", "model": "m", "daily_tokens": -1}, "daily_tokens"),
                                            ({"provider": "remote", "url": "http://127.0.0.1:1", "model": "m", "key": "with space"}, "url"),
                                            ({"provider": "remote", "url": "http://127.0.0.1:1", "model": "m", "key_file": "../../etc/passwd"}, "key_file"),
                                            ({"provider": "remote", "url": "http://127.0.0.1:1", "model": "m", "key_file": "zhiyin.db"}, "key_file"),
                                            ({"provider": "remote", "url": "http://127.0.0.1:1", "model": "m", "key_file": ".key"}, "key_file")])
def test_a_bad_choice_names_its_member(http, store, choice, member):
    fault(switch(http, **choice), 422, member)
    assert model(http)["state"] == "absent" and not (store / "console.conf").exists()
    assert rows(store, "SELECT * FROM audit WHERE action = 'switch'") == []


def test_a_choice_that_is_not_there(http):
    fault(switch(http, provider="local", sha256="0" * 64), 404, "sha256")
    fault(switch(http, provider="remote", url="http://127.0.0.1:1", model="m", key_file="none.key"), 404, "key_file")


# ---- remote --------------------------------------------------------------------------------------------------------------


def test_an_endpoint_takes_over_at_once_and_stays(server, http, store, endpoint):
    assert ask(http)["path"] == "extract"
    now = switched(http, **to(endpoint, key=CANARY, daily_tokens=5000))
    assert (now["provider"], now["state"], now["model"], now["chosen_by"], now["writes_answers"]) == ("remote", "ready", "big", "console", True)
    assert (now["url"], now["key"], now["daily_tokens"]) == (endpoint.url, "stored", 5000)
    assert ask(http)["path"] == "generated"
    assert endpoint.requests[-1]["headers"]["Authorization"] == f"Bearer {CANARY}"
    file = store / "console.conf"
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    server.stop()
    server.start()  # kept over a restart
    assert model(http)["model"] == "big" and ask(http)["path"] == "generated"
    assert endpoint.requests[-1]["headers"]["Authorization"] == f"Bearer {CANARY}"
    figures = until(lambda: (now := model(http))["today"]["calls"] == 2 and now)
    assert figures["latest"]["calls"] == 2 and figures["latest"]["first_ms"] > 0 and figures["day_tokens"] == figures["today"]["tokens"] == 2 * 13
    # the key stands in its file and nowhere else
    assert CANARY in file.read_text() and CANARY not in json.dumps(model(http)) + server.log()
    for path in store.iterdir():
        assert path == file or CANARY.encode() not in path.read_bytes(), path
    assert [(json.loads(detail)["provider"], json.loads(detail)["key"]) for (detail,) in
            rows(store, "SELECT detail FROM audit WHERE action = 'switch'")] == [("remote", "typed")]
    server.stop()
    assert json.loads(run("check", "--data", store, "--json").stdout)["faults"] == []


def test_the_key_belongs_to_its_address(http, endpoint):
    other = Endpoint()
    other.replies = [stream(ANSWER)]
    switched(http, **to(endpoint, key=CANARY))
    switched(http, **to(endpoint, model="bigger"))  # the same address: the key stays
    ask(http)
    assert endpoint.requests[-1]["headers"]["Authorization"] == f"Bearer {CANARY}" and '"bigger"' in endpoint.requests[-1]["body"]
    assert switched(http, **to(other))["key"] == "none"
    ask(http)
    assert other.requests and "Authorization" not in other.requests[-1]["headers"] and CANARY not in other.wire()
    switched(http, **to(endpoint))
    ask(http)
    assert "Authorization" not in endpoint.requests[-1]["headers"], "it was forgotten with the address"
    switched(http, **to(endpoint, key=CANARY))
    assert switched(http, **to(endpoint, key=""))["key"] == "none"
    other.server.shutdown()
    other.server.server_close()


def test_the_key_from_a_file_and_from_the_environment(store, endpoint):
    (store / "mine.key").write_text(CANARY + "\n")
    server = serve(store)
    try:
        with client(server, make_key(store)) as http:
            now = switched(http, **to(endpoint, key_file="mine.key"))
            assert (now["key"], now["key_file"]) == ("file", "mine.key")
            ask(http)
            assert endpoint.requests[-1]["headers"]["Authorization"] == f"Bearer {CANARY}"
        assert CANARY not in (store / "console.conf").read_text()
    finally:
        server.stop()
    server = serve(store, env={"ZHIYIN_LLM_KEY": "sk-from-the-environment"})
    try:
        with client(server, make_key(store)) as http:
            fault(switch(http, **to(endpoint, key=CANARY)), 409, "key")
            assert switched(http, **to(endpoint))["key"] == "environment"
            ask(http)
            assert endpoint.requests[-1]["headers"]["Authorization"] == "Bearer sk-from-the-environment"
    finally:
        server.stop()


def test_a_chat_in_progress_is_answered(http, endpoint):
    """The answer that is being written when the model goes is written to its end; the next one is the passage."""
    began, go_on = threading.Event(), threading.Event()

    def slow(handler):
        began.set()
        go_on.wait(20)
        stream(ANSWER)(handler)

    endpoint.replies = [slow]
    switched(http, **to(endpoint))
    replies = []
    asking = threading.Thread(target=lambda: replies.append(ask(http)))
    asking.start()
    assert began.wait(10)
    assert switched(http, provider="none")["state"] == "absent"
    assert ask(http)["path"] == "extract"
    go_on.set()
    asking.join(20)
    assert (replies[0]["path"], replies[0]["text"]) == ("generated", ANSWER)


def test_a_spent_budget_and_a_broken_endpoint_are_said(http, endpoint):
    switched(http, **to(endpoint, daily_tokens=10))
    ask(http)
    now = until(lambda: (now := model(http))["state"] == "down" and now)
    assert now["reason"] == "budget" and now["day_tokens"] == 13 and now["trouble"]
    assert ask(http)["path"] == "extract"
    endpoint.replies = [status(401)]
    switched(http, **to(endpoint, key="sk-wrong"))
    tried = http.post("/api/v1/model/test", json={"prompt": "x"}).json()
    assert tried["outcome"] == "no_model" and "does not take the key" in tried["trouble"]
    until(lambda: model(http)["errors"] == [{"kind": "no_model", "count": 2}])  # the spent budget's and the key's


# ---- local ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    paths = [tiny_model.make(folder / f"{name}.gguf", name, seed) for seed, name in enumerate(("first", "second"), 1)]
    done = run("model", "test", "x", "--model", paths[0], "--tokens", 1, check=False)
    if "built without llama.cpp" in done.stderr:
        pytest.skip("built without llama.cpp")
    return paths


def add(store, path, *args):
    return json.loads(run("model", "add", path, "--data", store, "--json", *args).stdout)["sha256"]


def ready(http, name):
    return until(lambda: (now := model(http))["state"] == "ready" and now["model"] == name and now, 30)


def test_a_file_that_is_added_later_is_chosen_without_a_restart(server, http, store, tiny):
    core = child(server, "core")
    assert child(server, "llmd") is None
    first = add(store, tiny[0], "--licence", "Apache-2.0")
    listed = http.get("/api/v1/models").json()["items"]
    assert [(each["sha256"], each["licence"], each["licence_accepted"], each["exists"], each["current"]) for each in listed] == \
        [(first, "Apache-2.0", False, True, False)]
    fault(switch(http, provider="local", sha256=first), 409, "accept_licence")  # shown at first use, and to be accepted
    assert switched(http, provider="local", sha256=first, accept_licence=True)["state"] == "starting"
    now = ready(http, "first")
    assert (now["provider"], now["sha256"], now["licence"], now["file"], now["chosen_by"]) == ("local", first, "Apache-2.0", str(tiny[0]), "console")
    assert now["memory_bytes"] > 1 << 20 and now["restarts"] == 0 and now["writes_answers"]
    tried = http.post("/api/v1/model/test", json={"prompt": "once upon", "max_tokens": 4}).json()
    assert tried["outcome"] == "done" and tried["model_call"]["completion_tokens"] == 4 and tried["model_call"]["model"] == "first"

    second = add(store, tiny[1], "--licence", "MIT")
    llmd = child(server, "llmd")
    switched(http, provider="local", sha256=second, accept_licence=True)
    assert ready(http, "second")["sha256"] == second and child(server, "llmd") not in (None, llmd)
    switched(http, provider="local", sha256=first)  # accepted once is accepted
    ready(http, "first")
    switched(http, provider="none")
    until(lambda: child(server, "llmd") is None)
    assert model(http)["state"] == "absent"
    assert child(server, "core") == core and server.crashes() == []
    details = [json.loads(detail) for (detail,) in rows(store, "SELECT detail FROM audit WHERE action = 'switch' ORDER BY seq")]
    assert [(d["provider"], d["sha256"], d["licence_accepted"]) for d in details] == \
        [("local", first, True), ("local", second, True), ("local", first, False), ("none", None, False)]


def test_a_chosen_file_is_there_after_a_restart_and_after_a_crash(server, http, store, tiny):
    switched(http, provider="local", sha256=add(store, tiny[0]), accept_licence=True)
    ready(http, "first")
    os.kill(child(server, "llmd"), signal.SIGKILL)
    assert until(lambda: (now := model(http))["restarts"] == 1 and now["state"] == "ready" and now, 30)
    os.kill(child(server, "core"), signal.SIGKILL)
    until(lambda: child(server, "core"), 30)
    ready_again(http)
    server.stop()
    server.start()
    ready(http, "first")


def ready_again(http):
    def look():
        try:
            return model(http)["state"] == "ready"
        except Exception:
            return False
    until(look, 30)


def test_a_file_that_is_no_model_is_told_and_another_takes_its_place(server, http, store, tiny, tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\1" * 200)
    switched(http, provider="local", sha256=add(store, broken), accept_licence=True)
    now = until(lambda: (now := model(http))["state"] == "down" and now, 30)
    assert now["reason"] == "file" and "log line" in now["trouble"]
    assert ask(http)["path"] == "extract"
    os.kill(child(server, "core"), signal.SIGKILL)  # a new core is told, too
    until(lambda: child(server, "core"), 30)
    until(lambda: state_of(http) == "down", 30)
    gone = tmp_path / "gone.gguf"
    gone.write_bytes(tiny[0].read_bytes())
    sha256 = add(store, gone)
    gone.unlink()
    fault(switch(http, provider="local", sha256=sha256, accept_licence=True), 404, "sha256")
    assert [each["exists"] for each in http.get("/api/v1/models").json()["items"] if each["name"] == "gone.gguf"] == [False]
    switched(http, provider="local", sha256=add(store, tiny[1]), accept_licence=True)
    ready(http, "second")


def state_of(http):
    try:
        return model(http)["state"]
    except Exception:
        return None


# ---- a trial, and who may ---------------------------------------------------------------------------------------------------


def test_a_trial_shows_what_the_check_found(store, tmp_path):
    script = {"rules": [{"match": "slow", "text": "ok", "delay_ms": 1500}, {"match": "36", "text": "积分自到账起 36 个月有效。"}, {"text": ANSWER}]}
    (tmp_path / "script.json").write_text(json.dumps(script), encoding="utf-8")
    server = serve(store, "--model", f"scripted:{tmp_path / 'script.json'}", env={"ZHIYIN_TEST": "1"})
    try:
        with client(server, make_key(store)) as http:
            assert model(http)["provider"] == "scripted" and model(http)["fixed_by"] == "--model"
            good = http.post("/api/v1/model/test", json={"question": QUESTION, "passage": PASSAGE}).json()
            assert (good["outcome"], good["fault"], good["text"], good["generated"]) == ("done", "ok", ANSWER, True)
            bad = http.post("/api/v1/model/test", json={"question": "36 个月吗？" + QUESTION, "passage": PASSAGE}).json()
            assert (bad["outcome"], bad["fault"], bad["text"], bad["generated"]) == ("refused", "number", PASSAGE, False)
            assert "36" in bad["model_call"]["detail"] and bad["model_call"]["task"] == "answer"
            for wrong in ({}, {"question": "x"}, {"prompt": ""}, {"question": "x", "passage": "y" * 5000}):
                assert http.post("/api/v1/model/test", json=wrong).status_code == 422
            codes = []
            first = threading.Thread(target=lambda: codes.append(http.post("/api/v1/model/test", json={"prompt": "slow"}).status_code))
            first.start()
            until(lambda: model(http)["running"] == 1)
            with client(server, make_key(store)) as other:
                assert other.post("/api/v1/model/test", json={"prompt": "x"}).status_code == 409
            first.join()
            assert codes == [200]
            figures = until(lambda: (now := model(http))["today"]["calls"] == 3 and now)
            assert figures["errors"] == [{"kind": "refused:number", "count": 1}]
            assert set(rows(store, "SELECT task, outcome FROM model_calls")) == {("answer", "done"), ("answer", "refused"), ("raw", "done")}
    finally:
        server.stop()


def test_administrators_alone(server, store):
    for scope in ("read", "write", "chat"):
        with client(server, make_key(store, scope)) as http:
            for answer in (http.get("/api/v1/model"), http.get("/api/v1/models"), switch(http, provider="none"), http.post("/api/v1/model/test", json={"prompt": "x"})):
                assert answer.status_code == 403
    with client(server) as clerk:
        assert clerk.post("/api/v1/session", json={"email": "admin@qimu.example", "password": PASSWORD}).status_code == 200
        assert clerk.get("/api/v1/model").status_code == 200
        assert clerk.post("/api/v1/model/switch", json={"provider": "none"}, headers={"Origin": "https://evil.example"}).status_code == 403
