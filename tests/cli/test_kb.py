"""`zhiyin kb add`: the forms of files it takes, and what it says of those it does not."""
import gzip
import json

import pytest
from conftest import make_store, run

FAQ = "question,answer,category,url\n几天可以退货？,七天。,售后,https://shop.example/returns\nHow do I pay?,By card.,,\n"
NOTHING = {"rows": 0, "created": 0, "updated": 0, "unchanged": 0, "failed": 0, "errors": []}


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path / "data", "--encoder", "none")


def add(store, *files, **kwargs):
    return run("kb", "add", *files, "--data", store, "--encoder", "none", "--json", **kwargs)


def result(store, *files, **kwargs):
    return json.loads(add(store, *files, **kwargs).stdout)


def articles(store):
    """What is stored, as the export tells it."""
    import csv
    import io
    text = run("export", "articles", "--data", store).stdout
    return {row["title"]: row for row in csv.DictReader(io.StringIO(text.lstrip("\ufeff")))}


def test_a_table_and_the_same_again(store, tmp_path):
    (tmp_path / "faq.csv").write_text(FAQ)
    assert result(store, tmp_path / "faq.csv") == {**NOTHING, "rows": 2, "created": 2}
    rows = articles(store)
    assert rows["几天可以退货？"]["body"] == "七天。" and rows["几天可以退货？"]["category"] == "售后"
    assert rows["几天可以退货？"]["url"] == "https://shop.example/returns" and rows["几天可以退货？"]["language"] == "zh"
    assert rows["How do I pay?"]["language"] == "en"
    assert result(store, tmp_path / "faq.csv") == {**NOTHING, "rows": 2, "unchanged": 2}
    (tmp_path / "faq.csv").write_text(FAQ.replace("By card.", "By card or cash."))
    assert result(store, tmp_path / "faq.csv") == {**NOTHING, "rows": 2, "unchanged": 1, "updated": 1}
    assert articles(store)["How do I pay?"]["body"] == "By card or cash."


@pytest.mark.parametrize("name, data", [
    ("bom.csv", b"\xef\xbb\xbf" + FAQ.encode()),
    ("gb.csv", FAQ.encode("gb18030")),
    ("crlf.csv", FAQ.replace("\n", "\r\n").encode()),
    ("tabs.tsv", FAQ.replace(",", "\t").encode()),
    ("semicolons.csv", FAQ.replace(",", ";").encode()),
    ("packed.csv.gz", gzip.compress(FAQ.encode())),
    ("packed-gb.csv.gz", gzip.compress(FAQ.encode("gb18030"))),
    ("UPPER.CSV", FAQ.encode()),
    ("no-end.csv", FAQ.rstrip("\n").encode()),
    ("quoted.csv", 'question,answer,category,url\n"几天可以退货？","七天。",售后,https://shop.example/returns\n"How do I pay?","By card.",,\n'.encode()),
    ("columns.csv", "分类,答案,问题\n售后,七天。,几天可以退货？\n,By card.,How do I pay?\n".encode()),
])
def test_forms_of_a_table(store, tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    assert result(store, tmp_path / name) == {**NOTHING, "rows": 2, "created": 2}
    rows = articles(store)
    assert rows["几天可以退货？"]["body"] == "七天。" and rows["How do I pay?"]["body"] == "By card."


def test_documents(store, tmp_path):
    (tmp_path / "returns.md").write_text("# 退货政策\n\n七天无理由。\n\n## 运费\n\n由我们承担。\n")
    (tmp_path / "plain.txt").write_bytes("营业时间是九点到六点。\n".encode("gb18030"))
    (tmp_path / "long.txt.gz").write_bytes(gzip.compress("We ship on Mondays.\n".encode()))
    done = result(store, tmp_path / "returns.md", tmp_path / "plain.txt", tmp_path / "long.txt.gz")
    assert done == {**NOTHING, "rows": 3, "created": 3}
    rows = articles(store)
    assert set(rows) == {"退货政策", "plain.txt", "long.txt.gz"}
    assert rows["plain.txt"]["body"].strip() == "营业时间是九点到六点。" and rows["退货政策"]["kind"] == "document"


@pytest.mark.parametrize("text, titles", [(FAQ, {"几天可以退货？", "How do I pay?"}), ("# Returns\n\nSeven days.\n", {"Returns"})])
def test_standard_input_is_a_table_or_a_document(store, text, titles):
    assert result(store, "-", stdin=text)["created"] == len(titles)
    assert set(articles(store)) == titles


def test_faulty_rows_are_left_out_and_listed(store, tmp_path):
    path = tmp_path / "faq.csv"
    path.write_text("question,answer,url\nq1,a1,\n,no question,\nq2,,\nq1,again,\nq3,a3,javascript:alert(1)\nq4,a4,,,too many\nq5,a\0,\nq6,a6,\n")
    done = result(store, path)
    assert (done["rows"], done["created"], done["failed"]) == (8, 2, 6)
    assert set(articles(store)) == {"q1", "q6"}
    assert [error.split(": ")[0].rsplit(":", 2)[1] for error in done["errors"]] == ["3", "4", "5", "6", "7", "8"]
    for error in done["errors"]:
        assert error.startswith(f"{path}:")


FAULTS = [
    ("no-columns.csv", b"name,email\nx,y\n", ":1:", "question and answer"),
    ("half.csv", b"question,text\nx,y\n", ":1:", "question and answer"),
    ("empty.csv", b"", ":1:", None),
    ("blank.md", b" \n\n", ":1:1:", "expected a text"),
    ("open.csv", b'question,answer\nq1,a1\n"q2,a2\n', ":3:", None),
    ("bytes.csv", b"question,answer\nq1,a1\nq2,\xff\xfe\x81 a\n", ":3:", None),
    ("broken.csv.gz", gzip.compress(FAQ.encode() * 50)[:60], "broken.csv.gz", None),
    ("not.csv.gz", b"this is no gzip file", "not.csv.gz", None),
    ("picture.png", b"\x89PNG\r\n\x1a\n", "picture.png", "expected .csv"),
    ("bytes.md", b"# Title\n\nline \xff\xfe\x81 a\n", ":3:", None),
]


@pytest.mark.parametrize("name, data, where, wanted", FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_fault_of_structure_stores_nothing(store, tmp_path, name, data, where, wanted):
    (tmp_path / name).write_bytes(data)
    (tmp_path / "good.csv").write_text(FAQ)
    for files in ([name], ["good.csv", name], [name, "good.csv"]):
        done = add(store, *[tmp_path / file for file in files], check=False)
        assert done.returncode == 3 and done.stdout == "", (files, done.stderr)
        assert len(done.stderr.splitlines()) == 1 and name in done.stderr and where in done.stderr, done.stderr
        assert wanted is None or wanted in done.stderr
        assert articles(store) == {}


def test_standard_input_is_read_before_anything_is_stored(store, tmp_path):
    (tmp_path / "good.csv").write_text(FAQ)
    done = add(store, tmp_path / "good.csv", "-", stdin='question,answer\nq1,"a1\n', check=False)
    assert done.returncode == 3 and done.stderr.startswith("zhiyin kb add: standard input:2:")
    assert articles(store) == {}
    assert result(store, tmp_path / "good.csv", "-", stdin="question,answer\nq1,a1\n")["created"] == 3


def test_what_is_no_file(store, tmp_path):
    (tmp_path / "good.csv").write_text(FAQ)
    for path, code in ((tmp_path / "missing.csv", 1), (tmp_path, 3)):
        done = add(store, tmp_path / "good.csv", path, check=False)
        assert done.returncode == code and str(path) in done.stderr and len(done.stderr.splitlines()) == 1
    assert articles(store) == {}


def test_a_hundred_faults_are_told_and_all_are_counted(store, tmp_path):
    (tmp_path / "many.csv").write_text("question,answer\n" + "".join(f"q{i},\n,a{i}\n" for i in range(150)))
    done = result(store, tmp_path / "many.csv")
    assert (done["rows"], done["failed"]) == (300, 300)
    assert [error.split(":")[1] for error in done["errors"]] == [str(line) for line in range(2, 102)]


def test_words_of_the_result(store, tmp_path):
    (tmp_path / "faq.csv").write_text(FAQ + ",orphan,,\n")
    done = run("kb", "add", tmp_path / "faq.csv", "--data", store, "--encoder", "none")
    assert done.stdout == "3 read: 2 new, 0 changed, 0 as before, 1 left out\n"
    assert f"{tmp_path}/faq.csv:4:" in done.stderr
    quiet = run("kb", "add", tmp_path / "faq.csv", "--data", store, "--encoder", "none", "--quiet")
    assert quiet.stdout == "3 read: 0 new, 0 changed, 2 as before, 1 left out\n" and quiet.stderr == ""


def test_wrong_usage_and_no_store(tmp_path):
    assert run("kb", "add", "--data", tmp_path, check=False).returncode == 2
    (tmp_path / "faq.csv").write_text(FAQ)
    done = run("kb", "add", tmp_path / "faq.csv", "--data", tmp_path / "none", check=False)
    assert done.returncode == 1 and "zhiyin init" in done.stderr and len(done.stderr.splitlines()) == 1
