"""Imports over HTTP: a file is shown before it is stored, done by the worker, listed, taken back."""
import csv
import io

import pytest
from conftest import Server, client, make_key, make_store, until

TABLE = "姓名,邮箱,等级\n张伟,z@a.example,1\nLi,bad,2\n李雷,l@a.example,3\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("imports") / "data")


@pytest.fixture(scope="module")
def server(store):
    server = Server(store, "--model", "none", "--encoder", "none", env={"ZHIYIN_IMPORT_MAX_MB": "2"}).start()
    yield server
    assert server.stop() == 0 and server.crashes() == []


def send(c, content, **params):
    return c.post("/api/v1/imports", params={"object": "contacts", "name": "people.csv", **params},
                  content=content if isinstance(content, bytes) else content.encode(), headers={"Content-Type": "text/csv"})


def done(c, id, state="done"):
    return until(lambda: (lambda i: i if i["state"] not in ("queued", "running", "reverting") else None)(c.get(f"/api/v1/imports/{id}").json()), 30)


def count(c):
    return len(c.get("/api/v1/contacts", params={"page_size": 1000}).json()["items"])


def test_from_preview_to_revert(api):
    before = count(api)
    answer = send(api, TABLE)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    id = shown["import"]["id"]
    assert [(c["column"], c["target"], c["because"]) for c in shown["columns"]] == [
        ("姓名", "name", "name"), ("邮箱", "email", "name"), ("等级", "custom.等级", "unknown")]
    assert [(r["line"], r["action"]) for r in shown["rows"]] == [(2, "create"), (3, "fail"), (4, "create")]
    assert shown["rows"][0]["fields"]["email"] == "z@a.example" and shown["rows"][1]["errors"][0]["column"] == "邮箱"
    assert shown["import"]["state"] == "ready" and shown["import"]["rows"] == 3 and count(api) == before

    again = api.post(f"/api/v1/imports/{id}/preview", json={"map": {"等级": "title", "邮箱": ""}}).json()
    assert [r["action"] for r in again["rows"]] == ["create"] * 3 and again["rows"][0]["fields"]["title"] == "1"
    started = api.post(f"/api/v1/imports/{id}/start", json={"map": {"邮箱": "email"}})
    assert started.status_code == 202 and started.json()["state"] in ("queued", "running", "done"), started.text
    result = done(api, id)
    assert (result["state"], result["created"], result["failed"], result["done"]) == ("done", 2, 1, 3)
    assert result["errors"] == [{"line": 3, "column": "邮箱", "message": "is no e-mail address (expected name@domain.example)"}]
    person = api.get("/api/v1/contacts", params={"email": "z@a.example"}).json()["items"][0]
    assert person["title"] == "1" and person["custom"] == {}

    table = api.get(f"/api/v1/imports/{id}/errors.csv")
    assert table.headers["content-type"].startswith("text/csv") and "attachment" in table.headers["content-disposition"]
    assert list(csv.reader(io.StringIO(table.text.lstrip("\ufeff")))) == [["line", "column", "message"], ["3", "邮箱", result["errors"][0]["message"]]]
    assert api.get("/api/v1/imports").json()["items"][0]["id"] == id
    assert api.post(f"/api/v1/imports/{id}/start", json={}).status_code == 409

    assert api.post(f"/api/v1/imports/{id}/revert", json={}).status_code == 202
    result = done(api, id)
    assert (result["state"], result["reverted"], result["kept"]) == ("reverted", 2, 0) and count(api) == before
    assert api.post(f"/api/v1/imports/{id}/revert", json={}).status_code == 409


def test_the_audit_says_who(api, store):
    id = send(api, "name,email\nWho,who@a.example\n").json()["import"]["id"]
    api.post(f"/api/v1/imports/{id}/start", json={})
    assert done(api, id)["created"] == 1
    import contextlib
    import sqlite3
    with contextlib.closing(sqlite3.connect(f"file:{store}/zhiyin.db?mode=ro", uri=True)) as db:
        kinds = dict(db.execute("SELECT action, actor_kind FROM audit ORDER BY seq DESC LIMIT 2").fetchall())
    assert kinds == {"import": "key", "create": "key"}


def test_strict_fails_as_a_whole(api):
    before = count(api)
    id = send(api, "name,email\nA,a@strict.example\nB,bad\n", strict="true").json()["import"]["id"]
    api.post(f"/api/v1/imports/{id}/start", json={})
    result = done(api, id)
    assert result["state"] == "failed" and "nothing was stored" in result["trouble"] and count(api) == before


def test_one_that_has_not_begun_can_be_dropped(api, store):
    id = send(api, "name\nA\n").json()["import"]["id"]
    assert len(list((store / "imports").iterdir())) >= 1
    assert api.delete(f"/api/v1/imports/{id}").status_code == 204
    assert api.get(f"/api/v1/imports/{id}").status_code == 404 and list((store / "imports").iterdir()) == []


@pytest.mark.parametrize("content, params, status", [
    (b"", {}, 400),
    (b"name\n", {"object": "nothings"}, 404),
    (b"name,name\n", {}, 400),
    (b"\xff\xff\xff", {}, 400),
    (b"name\na\n", {"strict": "perhaps"}, 400),
    (b"name\na\n", {"on_duplicate": "merge"}, 400),
    (b"name\na\n", {"group_by": "x"}, 400),
    (b"PK\x03\x04", {}, 400),
])
def test_what_is_wrong_is_refused(api, store, content, params, status):
    answer = send(api, content, **params)
    assert answer.status_code == status, answer.text
    assert list((store / "imports").glob("*")) == [] if (store / "imports").is_dir() else True


def test_a_file_over_the_limit_and_one_from_nobody(api, anonymous):
    assert send(api, b"name\n" + b"a\n" * (1 << 20 | 1)).status_code == 413
    assert send(anonymous, b"name\n" + b"a\n" * 600000).status_code == 401
