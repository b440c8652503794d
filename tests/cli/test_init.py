"""`zhiyin init`: how an installation begins."""
import json

import pytest
from conftest import ADMIN, PASSWORD, Server, client, run


def init(path, *args, stdin=PASSWORD + "\n", **kwargs):
    return run("init", "--data", path, "--encoder", "none", "--admin", ADMIN, "--password-stdin", *args, stdin=stdin, **kwargs)


def logs_in(store, email, password):
    server = Server(store, "--model", "none", "--encoder", "none", "--no-worker").start()
    try:
        with client(server) as c:
            return c.post("/api/v1/session", json={"email": email, "password": password}).status_code == 200
    finally:
        assert server.stop() == 0


# ---- init ---------------------------------------------------------------------------------------------------------------


def test_the_administrator_gets_in(tmp_path):
    done = init(tmp_path / "a" / "b", "--json", "--name", "云台公司")
    made = json.loads(done.stdout)
    assert made["admin"] == ADMIN and made["data"] == str(tmp_path / "a" / "b") and made["password"] is None and done.stderr == ""
    assert PASSWORD not in done.stdout
    assert (tmp_path / "a" / "b").stat().st_mode & 0o077 == 0 and (tmp_path / "a" / "b" / "zhiyin.db").stat().st_mode & 0o077 == 0
    assert logs_in(tmp_path / "a" / "b", ADMIN, PASSWORD)


def test_a_password_is_made_when_none_is_given(tmp_path):
    made = json.loads(run("init", "--data", tmp_path / "data", "--admin", ADMIN, "--json").stdout)
    assert len(made["password"]) == 16
    assert logs_in(tmp_path / "data", ADMIN, made["password"])
    text = run("init", "--data", tmp_path / "other").stdout
    assert "password: " in text


@pytest.mark.parametrize("line", ["pass phrase", "pass phrase\n", "pass phrase\r\n", "pass phrase\nsecond line\n"])
def test_the_password_is_the_first_line(tmp_path, line):
    init(tmp_path / "data", stdin=line)
    assert logs_in(tmp_path / "data", ADMIN, "pass phrase")


@pytest.mark.parametrize("stdin", ["", "\n", "short\n", "x" * 1025 + "\n", "nul\0character\n"])
def test_a_password_that_is_none(tmp_path, stdin):
    done = init(tmp_path / "data", stdin=stdin, check=False)
    assert done.returncode == 3 and done.stdout == "" and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()


def test_a_store_that_is_there_stays(tmp_path):
    init(tmp_path / "data")
    before = (tmp_path / "data" / "zhiyin.db").read_bytes()
    done = init(tmp_path / "data", "--demo", check=False)
    assert done.returncode == 1 and "nothing was changed" in done.stderr and len(done.stderr.splitlines()) == 1
    assert (tmp_path / "data" / "zhiyin.db").read_bytes() == before


def test_into_a_folder_with_other_files(tmp_path):
    (tmp_path / "zhiyin.conf").write_text("event_threads = 3\n")
    init(tmp_path)
    assert (tmp_path / "zhiyin.conf").read_text() == "event_threads = 3\n" and (tmp_path / "zhiyin.db").exists()


def test_a_failure_leaves_nothing(tmp_path):
    for args, code in ((("--admin", "nonsense"), 2), (("--admin", ""), 2), (("--encoder", tmp_path / "none.bin"), 1), (("--nonsense",), 2)):
        done = init(tmp_path / "data", *args, check=False)
        assert done.returncode == code and done.stdout == "" and len(done.stderr.splitlines()) == 1, (args, done.stderr)
        assert not (tmp_path / "data").exists(), args
    (tmp_path / "file").write_text("")
    assert init(tmp_path / "file", check=False).returncode == 1


def test_the_demo_company(tmp_path):
    done = init(tmp_path / "data", "--demo", "--json")
    assert done.stderr == ""
    for language, question in (("zh", "转人工"), ("en", "hello")):
        answer = json.loads(run("ask", question, "--data", tmp_path / "data", "--encoder", "none", "--json").stdout)
        assert answer["language"] == language
    assert run("export", "contacts", "--data", tmp_path / "data").stdout.count("\n") > 12
    assert run("export", "articles", "--data", tmp_path / "data").stdout.count("\n") > 300
    assert json.loads(run("check", "--data", tmp_path / "data", "--json").stdout)["ok"]
    assert logs_in(tmp_path / "data", "agent@qimu.example", PASSWORD)
