"""`zhiyin export`: a table that a spreadsheet opens without running anything, and that reads back as it was."""
import csv
import io
import json

import pytest
from conftest import Server, client, make_key, make_store, run

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "＋1", "－1", "＠1", "=cmd|' /C calc'!A0"]
PLAIN = ["张伟", 'a "quoted" name', "a,b", "ends with =", "1-1", "'", "O'Brien", "a;b"]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = make_store(tmp_path_factory.mktemp("export") / "data", "--encoder", "none")
    server = Server(store, "--model", "none", "--encoder", "none", "--no-worker").start()
    with client(server, make_key(store)) as c:
        for i, name in enumerate(FORMULAS + PLAIN):
            assert c.post("/api/v1/contacts", json={"name": name, "title": f"{i}", "tags": ["a", "=b"], "phone": "+86 138 0013 8000"}).status_code == 201
        gone = c.post("/api/v1/contacts", json={"name": "gone", "title": "-"}).json()["id"]
        assert c.delete(f"/api/v1/contacts/{gone}").status_code == 204
    assert server.stop() == 0
    return store


def read(text):
    assert text.startswith("\ufeffid,name,")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_contacts_are_safe_to_open_and_complete(store, tmp_path):
    out = tmp_path / "contacts.csv"
    done = run("export", "contacts", "--data", store, "--format", "csv", "--out", out, "--json")
    assert json.loads(done.stdout) == {"rows": len(FORMULAS + PLAIN), "out": str(out)}
    rows = {int(row["title"]): row for row in read(out.read_bytes().decode())}
    for i, name in enumerate(FORMULAS + PLAIN):
        shown, want = rows[i]["name"], name.strip()
        assert shown == (f"'{want}" if name in FORMULAS else want), name
        assert rows[i]["phone"] == "'+8613800138000"
        assert json.loads(rows[i]["tags"]) == ["a", "=b"]
        assert rows[i]["created_at"].endswith("Z")
    for row in rows.values():
        assert not any(cell[:1] in "=+-@\t\r＝＋－＠" for cell in row.values() if cell)


def test_to_standard_output(store, tmp_path):
    run("export", "contacts", "--data", store, "--out", tmp_path / "c.csv")
    for args in ((), ("--out", "-")):
        done = run("export", "contacts", "--data", store, *args)
        assert done.stdout.encode() == (tmp_path / "c.csv").read_bytes().replace(b"\r\n", b"\n") and done.stderr == ""


def test_a_file_that_is_there_is_replaced_as_a_whole_or_not_at_all(store, tmp_path):
    out = tmp_path / "c.csv"
    out.write_text("old")
    run("export", "contacts", "--data", store, "--out", out)
    assert out.read_text() != "old" and [p.name for p in tmp_path.iterdir()] == ["c.csv"]
    done = run("export", "contacts", "--data", store, "--out", tmp_path / "none" / "c.csv", check=False)
    assert done.returncode == 1 and "none/c.csv" in done.stderr
    (tmp_path / "folder").mkdir()
    done = run("export", "contacts", "--data", store, "--out", tmp_path / "folder", check=False)
    assert done.returncode == 1 and sorted(p.name for p in tmp_path.iterdir()) == ["c.csv", "folder"]


def test_wrong_usage(store, tmp_path):
    for args in ((), ("vehicles",), ("contacts", "--format", "pdf"), ("contacts", "articles")):
        done = run("export", *args, "--data", store, check=False)
        assert done.returncode == 2 and done.stdout == "" and len(done.stderr.splitlines()) == 1, args
    assert run("export", "contacts", "--data", tmp_path / "none", check=False).returncode == 1
