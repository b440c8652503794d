"""`zhiyin train|predict|eval ner`: named spans, from JSON Lines and from CoNLL."""
import json

import pytest
from conftest import run as run_any

NAMES = ["王伟", "李娜", "张敏", "刘洋", "陈静", "杨磊"]
FIRMS = ["华为公司", "海尔公司", "联想公司", "格力公司"]


def run(*args, code=0):
    done = run_any(*args, check=False)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture
def marked(tmp_path):
    path = tmp_path / "train.jsonl"
    rows = [{"text": f"{n}在{f}工作", "entities": [[0, 2, "NAME"], [3, 7, "ORG"]]} for n in NAMES for f in FIRMS]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def train(data, name="model.zyn"):
    model = data.parent / name
    run("train", "ner", "--in", data, "--out", model, "--json")
    return model


def test_train_predict_eval(marked, tmp_path):
    model = train(marked)
    assert model.read_bytes() == train(marked, "again.zyn").read_bytes()
    new = tmp_path / "new.jsonl"
    new.write_text('{"text":"王伟在海尔公司工作"}\n{"text":""}\n{"text":"陈静在格力公司工作"}\n', encoding="utf-8")
    rows = [json.loads(line) for line in run("predict", "ner", "--model", model, "--in", new).stdout.splitlines()]
    assert [row["text"] for row in rows] == ["王伟在海尔公司工作", "", "陈静在格力公司工作"]
    assert [row["entities"] for row in rows] == [[[0, 2, "NAME"], [3, 7, "ORG"]], [], [[0, 2, "NAME"], [3, 7, "ORG"]]]
    measured = json.loads(run("eval", "ner", "--model", model, "--in", marked, "--json").stdout)
    assert measured["n"] == 24 and measured["entities"] == 48 and measured["f1"] == 1


def test_conll(marked, tmp_path):
    model = train(marked)
    (tmp_path / "t.bmes").write_text("王 B-NAME\n伟 E-NAME\n在 O\n海 B-ORG\n尔 M-ORG\n公 M-ORG\n司 E-ORG\n\n", encoding="utf-8")
    (tmp_path / "t.bio").write_text("王\tB-NAME\n伟\tI-NAME\n在\tO\n海\tB-ORG\n尔\tI-ORG\n公\tI-ORG\n司\tI-ORG\n", encoding="utf-8")
    for name in ("t.bmes", "t.bio"):
        measured = json.loads(run("eval", "ner", "--model", model, "--in", tmp_path / name, "--json").stdout)
        assert (measured["n"], measured["entities"], measured["f1"]) == (1, 2, 1)


@pytest.mark.parametrize("line", ['{"text":"ab","entities":[[1,3,"X"]]}', '{"text":1}', '{"text":"a","entities":[[0,1]]}', "{bad", "王 Q-NAME", "王"])
def test_bad_lines(marked, tmp_path, line):
    bad = tmp_path / "bad"
    bad.write_text(('{"text":"a"}\n' if line.startswith("{") else "王 O\n") + line + "\n", encoding="utf-8")
    assert ":2: " in run("train", "ner", "--in", bad, "--out", tmp_path / "m", code=3).stderr


def test_damage(marked, tmp_path):
    model = train(marked)
    whole = model.read_bytes()
    for at in (9, len(whole) // 2, len(whole) - 1):
        model.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        run("predict", "ner", "--model", model, "--in", marked, code=1)
    model.write_bytes(whole[:len(whole) // 2])
    run("predict", "ner", "--model", model, "--in", marked, code=1)


def test_folds_are_refused(marked):
    assert "--model" in run("eval", "ner", "--in", marked, "--folds", 3, code=2).stderr
