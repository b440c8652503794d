"""The store's texts on PostgreSQL 15: its schema is made there, and every statement is prepared.

Statements come from two sides: those that the program prepared while the api suite ran (tests/postgres/statements.c), which is where
filters and orders are compiled, and every text in the program that SQLite takes for a whole statement, also where no test runs it.
The server is private: a folder of its own, a socket there and no other way in.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

import pytest
from conftest import BINARY, ROOT, make_store

TOOLS = pathlib.Path("/usr/lib/postgresql/15/bin")
TRANSLATE = BINARY.parent / "postgres-translate"
COLLECTED = BINARY.parent / "statements"
BEGINS = re.compile(rb"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")

# What PostgreSQL is to refuse, by what stands in the text, and why.
EXCEPTIONS = {
    "search_text MATCH": "the words of full text are asked for in the language of FTS5",
    "(search_text) VALUES ('optimize')": "an order to FTS5; PostgreSQL tidies its indexes itself",
}
# Not the program's but SQLite's and that of the files which alone know it.
OWN = re.compile(rb"\bsqlite_|\bpragma_|\bfts5\b")

pytestmark = pytest.mark.skipif(not (TOOLS / "initdb").exists(), reason="PostgreSQL 15 is not installed (postgresql-15)")


def as_nobody():
    """PostgreSQL does not run as root."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


@pytest.fixture(scope="session")
def server():
    """The folder of its socket."""
    with tempfile.TemporaryDirectory(prefix="zhiyin-pg-", dir="/tmp") as folder:
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        data, log = f"{folder}/data", open(f"{folder}/log", "wb")
        subprocess.run([TOOLS / "initdb", "-D", data, "-U", "zhiyin", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
                       check=True, stdout=log, stderr=log, cwd=folder, **as_nobody())
        process = subprocess.Popen([TOOLS / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off",
                                    "-c", "max_connections=4", "-c", "shared_buffers=16MB"], stdout=log, stderr=log, cwd=folder, **as_nobody())
        try:
            deadline = time.monotonic() + 30
            while subprocess.run([TOOLS / "pg_isready", "-q", "-h", folder]).returncode:
                assert process.poll() is None and time.monotonic() < deadline, pathlib.Path(f"{folder}/log").read_text()
                time.sleep(0.05)
            yield folder
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(30)
            log.close()


def psql(server, text):
    """What the server says against it."""
    return subprocess.run([TOOLS / "psql", "-X", "-q", "-h", server, "-U", "zhiyin", "-d", "postgres", "-v", "VERBOSITY=terse"], input=text,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False).stderr


def translate(*args, stdin=None):
    return subprocess.run([TRANSLATE, *args], input=stdin, stdout=subprocess.PIPE, check=True).stdout


@pytest.fixture(scope="session")
def schema(server):
    faults = psql(server, translate("schema").decode())
    assert not faults, faults
    return server


def prepare(server, statements):
    """The refused ones, each with what PostgreSQL says. EXECUTE is not needed: PREPARE looks up every table, column and function,
    and finds the type of every parameter."""
    made = translate(stdin=b"".join(text.encode() + b"\0" for text in statements)).decode().split("\0")[:-1]
    assert len(made) == len(statements)
    script = "".join(f"\\warn @{i}\nPREPARE s{i} AS {text};\nDEALLOCATE s{i};\n" for i, text in enumerate(made))
    said = re.split(r"^@(\d+)$", psql(server, script), flags=re.M)
    assert len(said) == 2 * len(made) + 1
    answers = dict(zip(map(int, said[1::2]), said[2::2]))
    return {statements[i]: words.strip().splitlines()[0] for i, words in answers.items() if words.strip()}


def is_ours(text):
    return BEGINS.match(text) and not OWN.search(text)


def collected():
    """What the api suite prepared, with this program; the names of its files that have not run with it."""
    texts, missing = set(), []
    for file in sorted((ROOT / "tests" / "api").glob("test_*.py")):
        parts = [path for path in (COLLECTED / file.stem.removeprefix("test_")).glob("*") if path.stat().st_mtime > BINARY.stat().st_mtime]
        if not parts:
            missing.append(file.name)
        for part in parts:
            texts |= {text for text in part.read_bytes().split(b"\0") if is_ours(text)}
    return texts, missing


class Anything(dict):
    def __missing__(self, name):
        return None


def written(folder):
    """Texts in the program that SQLite takes for a whole statement on the program's own tables. The other ones that begin in
    that way are parts of statements that are put together, and sentences. Full text is unknown to the SQLite of this test, so those
    statements are taken as they are."""
    store = make_store(folder / "store")
    texts = set()
    with sqlite3.connect(f"file:{store}/zhiyin.db?mode=ro", uri=True) as db:
        for text in filter(is_ours, set(BINARY.read_bytes().split(b"\0"))):
            try:
                db.execute("EXPLAIN " + text.decode(), Anything())
            except UnicodeDecodeError:
                continue
            except sqlite3.Error as error:
                if "contentless_delete" not in str(error):
                    continue
            texts.add(text)
    return texts


def is_excepted(text):
    return [name for name in EXCEPTIONS if name in text]


def judge(server, texts):
    assert len(texts) > 200
    texts = sorted(text.decode() for text in texts)
    refused = prepare(server, texts)
    wrong = {text: words for text, words in refused.items() if not is_excepted(text)}
    stale = [text for text in texts if is_excepted(text) and text not in refused]
    if os.environ.get("ZHIYIN_POSTGRES_REPORT"):
        pathlib.Path(os.environ["ZHIYIN_POSTGRES_REPORT"]).write_text(json.dumps(wrong, indent=1))
    assert not wrong, f"{len(wrong)} of {len(texts)} refused:\n" + "\n".join(f"{words}\n    {text}" for text, words in wrong.items())
    assert not stale, stale
    return {name for text in refused for name in is_excepted(text)}


def test_written(schema, tmp_path):
    used = judge(schema, written(tmp_path))
    assert used == set(EXCEPTIONS)


def test_collected(schema):
    texts, missing = collected()
    if missing:
        pytest.skip("the api suite has not run with this program: " + " ".join(missing))
    judge(schema, texts)


def test_refusals_are_seen(schema):
    assert len(prepare(schema, ["SELECT id FROM contacts", "SELECT nothing FROM contacts", "SELECT id FROM contacts WHERE id = 1"])) == 2
