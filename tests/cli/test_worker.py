"""The worker's long jobs: a stop does not wait for their end, and nothing of what is done is done again."""
import sqlite3

import pytest
from conftest import Server, make_store, need_encoder, run, until


@pytest.fixture
def store(tmp_path):
    """Many short texts: together they take long, each batch of them does not."""
    need_encoder()
    (tmp_path / "faq.csv").write_text("question,answer\n" + "".join(f"q{i},a{i}\n" for i in range(3000)))
    store = make_store(tmp_path / "data", "--encoder", "none")
    run("kb", "add", tmp_path / "faq.csv", "--data", store, "--encoder", "none")
    return store


def look(store, sql):
    db = sqlite3.connect(f"file:{store}/zhiyin.db?mode=ro", uri=True, timeout=10)
    row = db.execute(sql).fetchone()
    db.close()
    return row


def n_encoded(store):
    return look(store, "SELECT count(vector) FROM passages")[0]


def test_a_stop_in_the_middle_of_encoding(store):
    n_passages = look(store, "SELECT count(*) FROM passages")[0]
    server = Server(store, "--model", "none").start()
    until(lambda: n_encoded(store), 60)
    assert server.stop() == 0
    assert server.crashes() == []
    before = n_encoded(store)
    assert 0 < before < n_passages
    assert look(store, "SELECT kind, state, attempts FROM jobs") == ("encode_passages", "queued", 0)

    again = Server(store, "--model", "none").start()
    until(lambda: n_encoded(store) > before, 60)
    assert again.stop() == 0
    assert again.crashes() == []
