"""`zhiyin clean --text`: texts in any encoding and form, cleaned step by step, each change told."""
import json

import pytest
from conftest import run

TEXTS = ["ＡＢＣ退貨\u200b！！！！", "not gooood :-(\n\nSent from my iPhone", "你好，这是一句话。This is another one.", ""]


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def clean(tmp_path, source, *args):
    out, report = tmp_path / "clean.jsonl", tmp_path / "changes.jsonl"
    done = run("clean", "--text", "--in", source, "--out", out, "--report", report, "--json", *args)
    return json.loads(done.stdout), lines(out), lines(report), done.stderr


def test_steps_are_told(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps({"id": f"m{i}", "text": text}) + "\n" for i, text in enumerate(TEXTS)))
    counts, rows, changes, _ = clean(tmp_path, source)
    assert [row["text"] for row in rows] == ["ABC退货！！", "not good 🙁", TEXTS[2], ""]
    assert [row["original"] for row in rows] == TEXTS and [row["id"] for row in rows] == ["m0", "m1", "m2", "m3"]
    assert rows[1]["moods"] == [{"sign": "🙁", "mood": "negative"}]
    assert [s["language"] for s in rows[2]["sentences"]] == ["zh", "en"] and rows[2]["language"] == "mixed"
    assert TEXTS[2][rows[2]["sentences"][1]["start"]:] == "This is another one."
    assert {(c["line"], c["step"]) for c in changes} == {(1, "width"), (1, "simplified"), (1, "invisible"), (1, "elongated"), (2, "mood"),
                                                        (2, "signature"), (2, "elongated"), (2, "space")}
    assert {"line": 1, "step": "simplified", "before": "退貨", "after": "退货"} in changes
    assert counts["n"] == 4 and counts["changed"] == 2 and counts["steps"]["mood"] == 1 and counts["steps"]["quoted"] == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_any_encoding(tmp_path, encoding):
    source = tmp_path / "in.csv"
    source.write_bytes('id,留言\r\n1,"我要退货，謝謝"\r\n2,什么时候发货\r\n'.encode(encoding))
    _, rows, _, _ = clean(tmp_path, source, "--column", "留言")
    assert [row["text"] for row in rows] == ["我要退货，谢谢", "什么时候发货"]


def test_plain_lines_and_faults(tmp_path):
    plain = tmp_path / "in.txt"
    plain.write_text("退 货 退 款\n\nok")
    assert [row["text"] for row in clean(tmp_path, plain)[1]] == ["退货退款", "", "ok"]
    faulty = tmp_path / "in.jsonl"
    faulty.write_text('{"text":"a"}\n[]\n')
    counts, rows, _, notes = clean(tmp_path, faulty)
    assert counts["n"] == 1 and f"{faulty}:2: " in notes
    before = sorted(p.name for p in tmp_path.iterdir())
    assert run("clean", "--text", "--in", faulty, "--out", tmp_path / "new.jsonl", "--strict", check=False).returncode == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == before  # nothing half-written


def test_use(tmp_path):
    assert run("clean", check=False).returncode == 2
    assert run("clean", "--text", "--out", "x", check=False).returncode == 2
    none = run("clean", "--text", "--in", tmp_path / "none.csv", "--out", tmp_path / "x", check=False)
    assert none.returncode == 1 and not (tmp_path / "x").exists()
    table = tmp_path / "t.csv"
    table.write_text("a,b\n1,2\n")
    assert run("clean", "--text", "--in", table, "--out", tmp_path / "x", check=False).returncode == 3
    assert json.loads(run("clean", "--text", "--in", "-", "--out", "-", stdin='{"text":"hi"}\n').stdout)["text"] == "hi"
