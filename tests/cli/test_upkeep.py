"""`zhiyin check`, `backup`, `restore`: damage is found, a backup is whole, and restoring touches no store that is there."""
import json
import sqlite3

import pytest
from conftest import Server, client, make_key, make_store, run


@pytest.fixture
def store(tmp_path):
    (tmp_path / "faq.csv").write_text("question,answer\n几天可以退货？,七天。\n" + "".join(f"q{i},answer {i}\n" for i in range(200)))
    store = make_store(tmp_path / "data", "--encoder", "none")
    run("kb", "add", tmp_path / "faq.csv", "--data", store, "--encoder", "none")
    return store


def check(store, expected=0):
    done = run("check", "--data", store, "--json", check=False)
    assert done.returncode == expected, done.stdout + done.stderr
    return json.loads(done.stdout)


def change(store, sql):
    with sqlite3.connect(store / "zhiyin.db") as db:
        db.execute(sql)
    db.close()


def answer(store):
    return json.loads(run("ask", "几天可以退货？", "--data", store, "--encoder", "none", "--json").stdout)["answer"]


# ---- check --------------------------------------------------------------------------------------------------------------


def test_a_sound_store(store):
    assert check(store) == {"ok": True, "faults": []}
    assert run("check", "--data", store).stdout == "all is well\n"


@pytest.mark.parametrize("sql", [
    "UPDATE audit SET action = 'read' WHERE seq = (SELECT min(seq) FROM audit)",
    "UPDATE audit SET actor_kind = 'system', actor_id = 'x' WHERE seq = (SELECT max(seq) FROM audit)",
    "DELETE FROM audit WHERE seq = (SELECT min(seq) + 1 FROM audit)",
])
def test_a_changed_audit_is_told(store, sql):
    change(store, sql)
    found = check(store, 1)
    assert not found["ok"] and any("audit" in fault for fault in found["faults"])


@pytest.mark.parametrize("where", [0.2, 0.5, 0.8])
def test_a_page_of_other_bytes_is_told(store, where):
    path = store / "zhiyin.db"
    data = bytearray(path.read_bytes())
    page = int(len(data) / 4096 * where) * 4096
    data[page:page + 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    assert check(store, 1)["faults"]


def test_a_file_that_is_no_database(store):
    (store / "zhiyin.db").write_bytes(b"\xa5" * 40960)
    assert check(store, 1)["faults"]
    (store / "zhiyin.db").write_bytes((b"SQLite format 3\0" + b"\0" * 84))
    assert run("check", "--data", store, check=False).returncode == 1


def test_no_store(tmp_path):
    done = run("check", "--data", tmp_path / "none", check=False)
    assert done.returncode == 1 and "zhiyin init" in done.stderr and done.stdout == ""


# ---- backup and restore -------------------------------------------------------------------------------------------------


def test_there_and_back(store, tmp_path):
    done = run("backup", tmp_path / "copy.db", "--data", store, "--json")
    assert json.loads(done.stdout) == {"out": str(tmp_path / "copy.db")}
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0  # it holds personal data
    done = run("restore", tmp_path / "copy.db", "--data", tmp_path / "other", "--json")
    assert json.loads(done.stdout) == {"data": str(tmp_path / "other")}
    assert check(tmp_path / "other") == {"ok": True, "faults": []}
    assert answer(tmp_path / "other") == answer(store) == "七天。"
    assert (tmp_path / "other").stat().st_mode & 0o077 == 0 and (tmp_path / "other" / "zhiyin.db").stat().st_mode & 0o077 == 0


def test_a_backup_while_the_server_writes(store, tmp_path):
    server = Server(store, "--model", "none", "--encoder", "none").start()
    try:
        with client(server, make_key(store)) as c:
            for i in range(50):
                assert c.post("/api/v1/contacts", json={"name": f"before {i}"}).status_code == 201
            run("backup", tmp_path / "copy.db", "--data", store)
            assert c.post("/api/v1/contacts", json={"name": "after"}).status_code == 201
    finally:
        assert server.stop() == 0
    run("restore", tmp_path / "copy.db", "--data", tmp_path / "other")
    names = run("export", "contacts", "--data", tmp_path / "other").stdout
    assert names.count("before ") == 50 and "after" not in names
    assert check(tmp_path / "other")["ok"]


def test_a_backup_overwrites_nothing(store, tmp_path):
    (tmp_path / "copy.db").write_text("precious")
    done = run("backup", tmp_path / "copy.db", "--data", store, check=False)
    assert done.returncode == 1 and "copy.db" in done.stderr and (tmp_path / "copy.db").read_text() == "precious"
    done = run("backup", tmp_path / "none" / "copy.db", "--data", store, check=False)
    assert done.returncode == 1 and "none/copy.db" in done.stderr
    assert not list(tmp_path.glob("*.partial"))


def test_a_store_is_never_restored_over(store, tmp_path):
    run("backup", tmp_path / "copy.db", "--data", store)
    run("kb", "add", "-", "--data", store, "--encoder", "none", stdin="question,answer\nlater?,yes\n")
    before = (store / "zhiyin.db").read_bytes()
    done = run("restore", tmp_path / "copy.db", "--data", store, check=False)
    assert done.returncode == 1 and "new directory" in done.stderr and len(done.stderr.splitlines()) == 1
    assert (store / "zhiyin.db").read_bytes() == before


@pytest.mark.parametrize("left", ["zhiyin.db-wal", "zhiyin.db-shm"])
def test_nor_over_what_is_left_of_one(store, tmp_path, left):
    """A log that was left alone would be read as the restored store's."""
    run("backup", tmp_path / "copy.db", "--data", store)
    other = tmp_path / "other"
    other.mkdir()
    (other / left).write_bytes(b"x" * 100)
    assert run("restore", tmp_path / "copy.db", "--data", other, check=False).returncode == 1
    assert [p.name for p in other.iterdir()] == [left]


def test_into_a_folder_with_other_files(store, tmp_path):
    run("backup", tmp_path / "copy.db", "--data", store)
    other = tmp_path / "other"
    (other / "restore.part").mkdir(parents=True)  # of a restore that was killed
    (other / "restore.part" / "zhiyin.db").write_text("half")
    (other / "zhiyin.conf").write_text("event_threads = 4\n")
    run("restore", tmp_path / "copy.db", "--data", other)
    assert {"zhiyin.conf", "zhiyin.db"} <= {p.name for p in other.iterdir()} and not (other / "restore.part").exists()
    assert (other / "zhiyin.conf").read_text() == "event_threads = 4\n" and check(other)["ok"]


@pytest.mark.parametrize("spoil", [
    lambda data: b"",
    lambda data: b"no database at all\n" * 300,
    lambda data: data[:len(data) // 2],
    lambda data: data[:8192] + b"\xa5" * 8192 + data[16384:],
])
def test_what_is_no_sound_backup_leaves_nothing(store, tmp_path, spoil):
    run("backup", tmp_path / "copy.db", "--data", store)
    (tmp_path / "copy.db").write_bytes(spoil((tmp_path / "copy.db").read_bytes()))
    done = run("restore", tmp_path / "copy.db", "--data", tmp_path / "other", check=False)
    assert done.returncode == 3 and "no sound backup" in done.stderr and not (tmp_path / "other").exists(), done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_is_no_file(tmp_path):
    done = run("restore", tmp_path / "none.db", "--data", tmp_path / "other", check=False)
    assert done.returncode == 1 and "none.db" in done.stderr and not (tmp_path / "other").exists()
    for command in ("backup", "restore"):
        assert run(command, "--data", tmp_path / "other", check=False).returncode == 2


def test_a_newer_store_is_refused_and_kept(store):
    change(store, "UPDATE schema_migrations SET version = version + 1000 WHERE version = (SELECT max(version) FROM schema_migrations)")
    before = (store / "zhiyin.db").read_bytes()
    for command in (["check"], ["ask", "x"], ["key", "create"]):
        done = run(*command, "--data", store, check=False)
        assert done.returncode == 1 and "newer" in done.stdout + done.stderr, done.stderr
    assert (store / "zhiyin.db").read_bytes() == before
