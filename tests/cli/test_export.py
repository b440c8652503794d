"""`zhiyin export`: a table that a spreadsheet opens without running anything, and that reads back as it was."""
import contextlib
import csv
import io
import json
import sqlite3
import zipfile

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


def records(store, *args):
    return [json.loads(line) for line in run("export", *args, "--data", store, "--format", "jsonl").stdout.splitlines()]


def test_filter_order_and_fields(store):
    out = run("export", "contacts", "--data", store, "--filter", 'title = "11"', "--fields", "title,name").stdout
    rows = list(csv.reader(io.StringIO(out[1:])))
    assert rows == [["title", "name"], ["11", "张伟"]]
    names = [r["name"] for r in records(store, "contacts", "--order-by", "name")]
    assert names == sorted(names) and len(names) == len(FORMULAS + PLAIN)
    for args in (("--filter", "nothing = 1"), ("--order-by", "nothing"), ("--fields", "nothing")):
        done = run("export", "contacts", "--data", store, *args, check=False)
        assert done.returncode == 3 and len(done.stderr.splitlines()) == 1, args


def test_a_workbook_holds_no_formula(store, tmp_path):
    out = tmp_path / "c.xlsx"
    run("export", "contacts", "--data", store, "--format", "xlsx", "--out", out)
    with zipfile.ZipFile(out) as z:
        sheet = z.read("xl/worksheets/sheet1.xml").decode()
    assert "<f" not in sheet.replace("<formula", "") and "=cmd|" in sheet
    assert [p.name for p in tmp_path.iterdir()] == ["c.xlsx"]


def bare(record):
    return {k: v for k, v in record.items() if k not in ("id", "created_at", "updated_at")}


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
def test_what_is_exported_is_imported_as_it_was(store, tmp_path, form):
    """Every kind of field, an administrator's own included, into another store."""
    first, second = (make_store(tmp_path / name, "--encoder", "none") for name in ("first", "second"))
    for data in (first, second):
        server = Server(data, "--model", "none", "--encoder", "none", "--no-worker").start()
        with client(server, make_key(data)) as c:
            for field in ({"name": "level", "type": "choice", "choices": ["gold", "iron"]}, {"name": "since", "type": "date"},
                          {"name": "score", "type": "number"}, {"name": "happy", "type": "boolean"}):
                assert c.post("/api/v1/objects/contacts/fields", json={**field, "label_zh": field["name"], "label_en": field["name"]}).status_code == 201
            if data is first:
                for i, name in enumerate(FORMULAS + PLAIN):
                    body = {"name": name, "email": f"x{i}@a.example", "phone": f"+86138001380{i:02d}", "tags": ["甲", "b c"] if i % 2 else [],
                            "address": {"city": "上海", "street": "a,\"b\""}, "source": "fair",
                            "custom": {"level": "gold", "since": "2026-03-04", "score": i / 4, "happy": i % 3 == 0, "note": f"n{i}"}}
                    assert c.post("/api/v1/contacts", json=body).status_code == 201, body
                assert c.post("/api/v1/products", json={"name": "P", "sku": "1", "price": 1299.5, "currency": "USD", "active": False}).status_code == 201
                assert c.post("/api/v1/orders", json={"number": "007", "placed_at": "2026-03-04T05:06:07Z", "items": [
                    {"name": "a", "quantity": 2, "price": 3.25}, {"name": "b", "price": 1}]}).status_code == 201
        assert server.stop() == 0
    for kind, n in (("contacts", len(FORMULAS + PLAIN)), ("products", 1), ("orders", 1)):
        out = tmp_path / f"{kind}.{form}"
        run("export", kind, "--data", first, "--format", form, "--out", out)
        result = json.loads(run("import", kind, out, "--data", second, "--json").stdout)
        assert (result["created"], result["failed"]) == (n, 0), result
        key = "email" if kind == "contacts" else "name" if kind == "products" else "number"
        old, new = ({r[key]: bare(r) for r in records(data, kind)} for data in (first, second))
        assert new == old
        again = json.loads(run("import", kind, out, "--data", first, "--on-duplicate", "update", "--json").stdout)
        assert (again["created"], again["updated"], again["skipped"]) == (0, 0, n), "its ids are known and nothing differs"


def test_over_http(store, tmp_path):
    server = Server(store, "--model", "none", "--encoder", "none", "--no-worker").start()
    try:
        with client(server, make_key(store)) as c:
            answer = c.get("/api/v1/contacts/export", params={"format": "csv"})
            assert answer.headers["content-type"].startswith("text/csv") and "contacts.csv" in answer.headers["content-disposition"]
            assert answer.text == run("export", "contacts", "--data", store).stdout.replace("\r\n", "\n")
            lines = c.get("/api/v1/contacts/export", params={"format": "jsonl", "filter": "title = 3", "fields": "name"}).text.splitlines()
            assert [json.loads(line)["name"] for line in lines] == ["@SUM(A1)"]
            assert c.get("/api/v1/contacts/export", params={"format": "xlsx"}).content[:2] == b"PK"
            for params in ({"format": "pdf"}, {"filter": "x ="}):
                assert c.get("/api/v1/contacts/export", params=params).status_code == 400
            assert c.get("/api/v1/nothings/export").status_code == 404
        with client(server) as c:
            assert c.get("/api/v1/contacts/export").status_code == 401
    finally:
        assert server.stop() == 0
    with contextlib.closing(sqlite3.connect(f"file:{store}/zhiyin.db?mode=ro", uri=True)) as db:
        details = [json.loads(row[0]) for row in db.execute("SELECT detail FROM audit WHERE action = 'export' AND actor_kind = 'key' ORDER BY seq")]
    assert [(d["format"], d["rows"], d["filter"]) for d in details] == [
        ("csv", len(FORMULAS + PLAIN), None), ("jsonl", 1, "title = 3"), ("xlsx", len(FORMULAS + PLAIN), None)]


def test_only_what_is_searched_for(store, tmp_path):
    """By command and over HTTP; the same that the list shows, with the filter on top."""
    run("export", "contacts", "--data", store, "--search", "张伟", "--out", tmp_path / "c.csv")
    assert [row["name"] for row in read((tmp_path / "c.csv").read_bytes().decode())] == ["张伟"]
    server = Server(store, "--model", "none", "--encoder", "none", "--no-worker").start()
    with client(server, make_key(store)) as c:
        many = [{"name": f"Harbour {i}"} for i in range(1000)]
        for _ in range(2):
            assert c.post("/api/v1/contacts/bulk", json={"create": many}).status_code == 200

        def exported(**query):
            answer = c.get("/api/v1/contacts/export", params={"format": "jsonl", **query}, timeout=60)
            assert answer.status_code == 200, answer.text
            return [json.loads(line) for line in answer.text.splitlines()]
        assert len(exported(q="harbour")) == 2000  # more than a page of the search
        assert [r["name"] for r in exported(q="harbour", filter='name = "Harbour 7"')] == ["Harbour 7"] * 2
        assert exported(q="nobody has this name") == []
        listed = c.get("/api/v1/contacts", params={"q": "O'Brien"}).json()["items"]
        assert [r["id"] for r in exported(q="O'Brien")] == [r["id"] for r in listed] and len(listed) == 1
    assert server.stop() == 0
