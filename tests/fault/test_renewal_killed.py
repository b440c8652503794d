"""kill -9 while the worker puts texts into the full-text index anew: it goes on from where it was, and every text is found, once.

The index is emptied behind the program's back, so that what is found afterwards is found by what the renewal put there.
"""
import contextlib
import json
import sqlite3

from conftest import Server, client, make_key, make_store, run, until

N_CONTACTS = 6000
KILLS = 3
SHADOWS = ("search_text_data", "search_text_idx", "search_text_docsize")


@contextlib.contextmanager
def opened(store):
    db = sqlite3.connect(f"file:{store}/zhiyin.db", uri=True, timeout=30)
    try:
        with db:
            yield db
    finally:
        db.close()


def to_come(store):
    """The newest document that is still to be renewed; 0 when all are."""
    with opened(store) as db:
        return (db.execute("SELECT document FROM search_renewal").fetchone() or (0,))[0]


def empty_index(store, fresh):
    with opened(store) as db:
        for table, rows in fresh.items():
            db.execute(f"DELETE FROM {table}")
            for row in rows:
                db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
        db.execute("INSERT INTO search_renewal SELECT max(id) FROM search_documents")


def found(c, q):
    ids, token = [], None
    while True:
        page = c.get("/api/v1/contacts", params={"q": q, "page_size": 1000} | ({"page_token": token} if token else {})).json()
        ids += [item["id"] for item in page["items"]]
        token = page["next_page_token"]
        if not token:
            return ids


def test_kill_in_the_middle(tmp_path):
    store = make_store(tmp_path / "data")
    key = make_key(store)
    with opened(store) as db:
        fresh = {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in SHADOWS}
    (tmp_path / "people.csv").write_text("name,email\n" + "".join(f"Schmidt {i},p{i}@mail.example\n" for i in range(N_CONTACTS)))
    run("import", "contacts", tmp_path / "people.csv", "--data", store)
    empty_index(store, fresh)
    server = Server(store, "--model", "none", "--encoder", "none")
    before = to_come(store)
    for _ in range(KILLS):
        server.start()
        until(lambda: to_come(store) < before, 60)
        server.kill()
        assert 0 < to_come(store) < before, "it was done before it was killed"
        before = to_come(store)
    server.start()
    until(lambda: not to_come(store), 120)
    with client(server, key) as c:
        for q in "schmidt", "chmid":
            ids = found(c, q)
            assert len(ids) == len(set(ids)) == N_CONTACTS
    server.stop()
    assert json.loads(run("check", "--data", store, "--json").stdout)["faults"] == []
