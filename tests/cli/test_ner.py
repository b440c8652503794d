"""`zhiyin train|predict|eval ner`: named spans, from JSON Lines and from CoNLL."""
import json

import pytest
from conftest import need_encoder
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


def train(data, name="model.zyn", *more):
    model = data.parent / name
    run("train", "ner", "--in", data, "--out", model, "--json", *(more or ("--views", "grams")))
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


@pytest.mark.parametrize("line", ['{"text":"ab","entities":[[1,3,"X"]]}', '{"text":1}', '{"text":"a","entities":[[0,1]]}', '{"text":"a","entities":"x"}', "{bad", "王 Q-NAME", "王"])
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


def test_folds(marked):
    """Each text is measured once, by a model that did not see it; the same seed parts them the same way."""
    args = ("eval", "ner", "--in", marked, "--folds", 3, "--seed", 42, "--views", "grams", "--json")
    first, again = (json.loads(run(*args).stdout) for _ in range(2))
    assert first["n"] == 24 and first["entities"] == 48 and first["f1"] > .9
    assert "24 rows cannot fill 25 folds" in run(*args[:4], "--folds", 25, "--views", "grams", code=3).stderr
    assert {k: v for k, v in first.items() if k not in ("latency_ms", "seconds", "characters_per_second")} == \
        {k: v for k, v in again.items() if k not in ("latency_ms", "seconds", "characters_per_second")}


def test_types_and_the_table(marked, tmp_path):
    """One of two names has a wrong end, a firm is not found, and a type that the file does not know is told."""
    model, truth = train(marked), tmp_path / "truth.jsonl"
    truth.write_text('{"text":"王伟在海尔公司工作","entities":[[0,2,"NAME"]]}\n{"text":"李娜在格力公司工作","entities":[[0,3,"NAME"]]}\n', encoding="utf-8")
    measured = json.loads(run("eval", "ner", "--model", model, "--in", truth, "--json").stdout)
    assert (measured["precision"], measured["recall"]) == (.25, .5) and measured["f1"] == pytest.approx(1 / 3, abs=1e-4)
    assert [(t["type"], t["n"], t["precision"], t["recall"]) for t in measured["types"]] == [("NAME", 2, .5, .5)]
    low, high = measured["ci95"]["f1"]
    assert low == 0 and high > .5 and measured["latency_ms"]["p99"] >= measured["latency_ms"]["p50"] > 0
    table = run("eval", "ner", "--model", model, "--in", truth).stdout
    assert "0.3333" in table and "NAME" in table


def test_labels_by_surface(marked, tmp_path):
    """The form of CLUENER: the last character is named."""
    other = tmp_path / "surfaces.jsonl"
    other.write_text('{"text":"王伟在海尔公司工作","label":{"NAME":{"王伟":[[0,1]]},"ORG":{"海尔公司":[[3,6]]}}}\n', encoding="utf-8")
    assert json.loads(run("eval", "ner", "--model", train(marked), "--in", other, "--json").stdout)["f1"] == 1
    other.write_text('{"text":"王伟","label":{"NAME":{"王伟":[[0,2]]}}}\n', encoding="utf-8")
    assert ":1: " in run("train", "ner", "--in", other, "--out", tmp_path / "m", code=3).stderr


def test_how_readily_entities_are_told(tmp_path):
    """Of many texts some are held out; the offset that they choose is on the card, and the same each time."""
    data = tmp_path / "many.jsonl"
    rows = [{"text": f"{n}在{f}工作{i}年", "entities": [[0, 2, "NAME"], [3, 7, "ORG"]]} for i in range(30) for n in NAMES for f in FIRMS[:3]]
    data.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    model = train(data)
    assert model.read_bytes() == train(data, "again.zyn").read_bytes()
    assert b'"offset":' in model.read_bytes()[:400]


def test_nothing_half_written(marked, tmp_path):
    model, bad, out = train(marked), tmp_path / "bad.jsonl", tmp_path / "out.jsonl"
    bad.write_text('{"text":"王伟"}\n{"text":\n', encoding="utf-8")
    run("predict", "ner", "--model", model, "--in", bad, "--out", out, code=3)
    assert not out.exists() and not list(tmp_path.glob("*.part"))


def test_with_the_encoder(marked, tmp_path):
    encoder = ("--encoder", need_encoder())
    model = train(marked, "v.zyn", *encoder)
    assert model.read_bytes() == train(marked, "again.zyn", *encoder).read_bytes() and b'"vectors":384' in model.read_bytes()[:400]
    new = tmp_path / "new.jsonl"
    long = "我" * 100_000  # more than the encoder reads
    new.write_text("".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in ("王伟在海尔公司工作", "", long)), encoding="utf-8")
    rows = [json.loads(line) for line in run("predict", "ner", "--model", model, "--in", new, *encoder).stdout.splitlines()]
    assert [row["text"] for row in rows] == ["王伟在海尔公司工作", "", long] and rows[0]["entities"] == [[0, 2, "NAME"], [3, 7, "ORG"]]
    assert json.loads(run("eval", "ner", "--model", model, "--in", marked, "--json", *encoder).stdout)["f1"] == 1
    folds = json.loads(run("eval", "ner", "--in", marked, "--folds", 2, "--json", *encoder).stdout)
    assert folds["n"] == 24 and folds["f1"] > .9
    assert "encoder" in run("predict", "ner", "--model", model, "--in", new, "--encoder", "none", code=1).stderr
    bytes_ = model.read_bytes()
    model.write_bytes(bytes_[:-40] + bytes(8) + bytes_[-32:])
    run("predict", "ner", "--model", model, "--in", new, *encoder, code=1)


# Held-out words are new: what they mean tells a fruit from an animal, their characters do not.
FRUITS = "apple,banana,cherry,grape,lemon,mango,melon,orange,papaya,peach,pear,plum,pineapple,strawberry,raspberry,blueberry,apricot,coconut,fig,kiwi,lime,lychee," \
         "nectarine,pomegranate,tangerine,watermelon,grapefruit,blackberry,cranberry,guava".split(",")
BEASTS = "tiger,lion,horse,rabbit,monkey,dog,cat,wolf,bear,fox,deer,camel,elephant,giraffe,zebra,panda,squirrel,hedgehog,donkey,sheep,goat,cow,pig,leopard,otter," \
         "badger,beaver,mouse,hamster,kangaroo".split(",")


def told_by(data, *more):
    model = data.with_suffix(".zyn")
    told = json.loads(run("train", "ner", "--in", data, "--out", model, *more).stdout)
    assert (b'"vectors":384' in model.read_bytes()[:600]) == (told["views"] == "grams,vectors")
    return told


def test_the_encoder_is_asked_where_that_finds_more(tmp_path):
    encoder = ("--encoder", need_encoder())
    words = [(word, word in FRUITS) for pair in zip(FRUITS, BEASTS) for word in pair]
    rows = [{"text": f"a {word}", "entities": [[2, 2 + len(word), "FRUIT"]] if is_fruit else []} for word, is_fruit in words] + \
        [{"text": f"number {i}", "entities": []} for i in range(60)]
    more = tmp_path / "meaning.jsonl"
    more.write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = told_by(more, *encoder)
    assert told["views"] == "grams,vectors" and told["held_out"]["n"] == 24 and told["held_out"]["f1_grams_vectors"] > told["held_out"]["f1_grams"] + .005
    same = tmp_path / "forms.jsonl"  # characters say it all
    same.write_text("".join(json.dumps({"text": f"{n}在{f}工作{i}年", "entities": [[0, 2, "NAME"], [3, 7, "ORG"]]}, ensure_ascii=False) + "\n"
                            for i in range(5) for n in NAMES for f in FIRMS), encoding="utf-8")
    told = told_by(same, *encoder)
    assert told["views"] == "grams" and told["held_out"] == {"n": 24, "f1_grams": 1, "f1_grams_vectors": 1}
    assert "held_out" not in told_by(same, *encoder, "--views", "grams,vectors")
