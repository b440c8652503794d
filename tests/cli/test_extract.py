"""`zhiyin extract`: what messages state, line by line."""
import csv
import json
import pathlib

from conftest import run

NOW = "2026-11-25T10:00:00+08:00"


def extract(tmp_path, *texts, args=()):
    source = tmp_path / "messages.jsonl"
    source.write_text("".join(json.dumps({"id": i, "text": text}, ensure_ascii=False) + "\n" for i, text in enumerate(texts)))
    done = run("extract", "--in", source, "--now", NOW, *args)
    return [json.loads(line) for line in done.stdout.splitlines()]


def first(row, key):
    return row[key][0]["value"]


def test_chinese_request(tmp_path):
    text = "我是王小明😀，下周三下午两点半之前要三箱苹果，预算三万五，必须开发票，电话138-0013-8000，订单号AB20261125001"
    [row] = extract(tmp_path, text)
    request = row["request"]
    assert row["id"] == 0 and row["language"] == "zh"
    assert first(row, "phones") == "+8613800138000" and first(row, "order_numbers") == "AB20261125001"
    assert request["quantity"]["value"] == "3" and request["quantity"]["unit"] == "箱" and request["what"]["text"] == "苹果"
    assert request["budget"]["value"] == "35000" and request["deadline"]["value"] == "2026-12-02T14:30"
    assert request["who"]["text"] == "王小明" and request["contact"]["value"] == "+8613800138000"
    assert request["constraints"][0]["text"] == "必须开发票"
    for value in [v for key in row if isinstance(row[key], list) for v in row[key]] + [v for v in request.values() if isinstance(v, dict)]:
        assert text[value["start"]:value["end"]] == value["text"]  # code points, behind an emoji too


def test_english_request(tmp_path):
    [row] = extract(tmp_path, "Hi, my name is Jane Doe. We need 2 dozen red mugs by May 1st, budget is $5k. They must be dishwasher safe. jane@shop.example")
    request = row["request"]
    assert row["language"] == "en" and first(row, "people") == "Jane Doe" and first(row, "emails") == "jane@shop.example"
    assert request["what"]["text"] == "red mugs" and request["quantity"]["value"] == "24"
    assert request["budget"] | {"confidence": 0} == request["budget"] | {"value": "5000", "unit": "USD", "confidence": 0}
    assert request["deadline"]["value"] == "2027-05-01" and request["constraints"][0]["text"] == "must be dishwasher safe"


def test_products(tmp_path):
    rows = extract(tmp_path, "要三箱苹果和一打鸡蛋", "华为Mate60 Pro有货吗", "I need 2 boxes of printer paper and a copy of 《三体》", "谢谢")
    assert [[p["text"] for p in row["products"]] for row in rows] == [["苹果", "鸡蛋"], ["华为Mate60 Pro"], ["《三体》", "printer paper"], []]


def test_phrases(tmp_path):
    """240 phrases with dates, money, addresses and numbers as people write them, and what is none; each was read by a person first."""
    with open(pathlib.Path(__file__).parent / "phrases.tsv", encoding="utf-8") as file:
        phrases = list(csv.DictReader(file, delimiter="\t"))
    wrong = []
    for phrase, row in zip(phrases, extract(tmp_path, *(each["phrase"] for each in phrases)), strict=True):
        values = [" ".join(filter(None, (v["value"], v.get("unit")))) for kind in phrase["kinds"].split(",") for v in row[kind]]
        if "; ".join(values) != phrase["values"]:
            wrong.append((phrase["phrase"], values, phrase["values"]))
    assert len(phrases) > 240 and not wrong


def test_nothing_asked(tmp_path):
    [row] = extract(tmp_path, "谢谢")
    assert row["request"] is None and row["people"] == [] and row["dates"] == []


def test_masked(tmp_path):
    [row] = extract(tmp_path, "电话13800138000", args=["--mask"])
    assert row["masked"] == "电话[PHONE_1]"


def test_faults_are_named_and_left_out(tmp_path):
    source = tmp_path / "messages.jsonl"
    source.write_bytes(b'{"text":"7 boxes"}\n{bad\n\n{"x":1}\r\n{"text":"tomorrow"}')
    done = run("extract", "--in", source, "--now", NOW)
    assert len(done.stdout.splitlines()) == 2 and f"{source}:2: " in done.stderr and f"{source}:4: expected an object" in done.stderr
    strict = run("extract", "--in", source, "--strict", "--out", tmp_path / "out.jsonl", check=False)
    assert strict.returncode == 3 and f"{source}:2: " in strict.stderr and [p.name for p in tmp_path.iterdir()] == ["messages.jsonl"]


def test_use(tmp_path):
    assert run("extract", check=False).returncode == 2
    assert run("extract", "--in", "-", "--now", "soon", check=False, stdin="").returncode == 2
    assert run("extract", "--in", "-", check=False, stdin="not json\n").returncode == 3
    assert run("extract", "--in", tmp_path / "none.jsonl", check=False).returncode == 1
    assert run("extract", "--in", "-", stdin="").stdout == ""
