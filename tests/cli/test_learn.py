"""`zhiyin train|predict|eval sentiment|intent`: classifiers of texts, as somebody with a table uses them."""
import gzip
import json
import re

import pytest
from conftest import need_encoder
from conftest import run as run_any

GOOD = ["质量很好，很喜欢", "物流快，包装好", "服务态度好，满意", "great quality, love it", "works very well", "fast delivery, happy",
        "性价比高，推荐购买", "味道不错，下次还来", "exactly what I wanted", "房间干净，早餐丰富"]
BAD = ["质量太差，很失望", "物流慢，包装破", "服务态度差，生气", "poor quality, hate it", "broke after a day", "slow delivery, angry",
       "性价比低，别买", "味道难吃，不会再来", "not what I ordered", "房间很脏，早餐难吃"]


def run(*args, code=0, **kwargs):
    done = run_any(*args, check=False, **kwargs)
    assert done.returncode == code, done.stderr
    return done


def table(path, rows, header="text,label"):
    path.write_text(header + "\n" + "".join(f'"{text}",{label}\n' for text, label in rows), encoding="utf-8")
    return path


@pytest.fixture
def data(tmp_path):
    return table(tmp_path / "train.csv", [(t, label) for pair in zip(GOOD, BAD) for t, label in zip(pair, ("positive", "negative"))])


def train(data, *args, task="sentiment", code=0):
    model = data.parent / "model.zyc"
    done = run("train", task, "--in", data, "--out", model, "--views", "grams", *args, code=code)
    return model, done


def test_train_predict_eval(data, tmp_path):
    model, done = train(data, "--json")
    assert json.loads(done.stdout)["n"] == 20
    table(tmp_path / "new.csv", [("质量很好", "whatever"), ("poor quality, broke", "x"), ("", "y")])
    run("predict", "sentiment", "--model", model, "--in", tmp_path / "new.csv", "--out", tmp_path / "out.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["label"] for row in rows[:2]] == ["positive", "negative"] and len(rows) == 3
    for row in rows:
        assert set(row) == {"label", "probability", "probabilities"} and set(row["probabilities"]) == {"negative", "positive"}
        assert abs(sum(row["probabilities"].values()) - 1) < 1e-5
        assert abs(row["probability"] - max(row["probabilities"].values())) < 1e-5
    measured = json.loads(run("eval", "sentiment", "--model", model, "--in", data, "--json").stdout)
    assert measured["n"] == 20 and measured["accuracy"] == 1 and measured["ci95"]["accuracy"] == pytest.approx([20 / (20 + 1.959964**2), 1])
    assert {"precision", "recall", "f1_macro", "f1_weighted", "auc", "average_precision", "brier", "ece", "latency_ms", "seconds"} <= set(measured)


def test_folds_and_reasons(data, tmp_path):
    folds = json.loads(run("eval", "sentiment", "--in", data, "--folds", 5, "--seed", 42, "--views", "grams", "--json").stdout)
    assert folds["n"] == 20 and len(folds["fold_accuracy"]) == 5
    assert abs(folds["accuracy"] - sum(folds["fold_accuracy"]) / 5) < 1e-9
    assert "20 rows cannot fill 21 folds" in run("eval", "sentiment", "--in", data, "--folds", 21, "--views", "grams", code=3).stderr
    model, _ = train(data)
    (tmp_path / "one.jsonl").write_text('{"text":"质量太差"}\n')
    row = json.loads(run("predict", "sentiment", "--model", model, "--in", tmp_path / "one.jsonl", "--explain").stdout)
    assert row["label"] == "negative" and any("差" in reason["piece"] and reason["weight"] > 0 for reason in row["reasons"])


def test_same_seed_same_bytes(data, tmp_path):
    model, _ = train(data, "--seed", 5)
    first = model.read_bytes()
    assert train(data, "--seed", 5)[0].read_bytes() == first


def test_tuning(data, tmp_path):
    """Several settings are tried by the same folds; the chosen one stands on the card, and the same each time."""
    def cost(model):
        return json.loads(re.search(rb'"cost":([\d.]+)', model.read_bytes())[1])

    model, _ = train(data)
    assert cost(model) == 1
    model, _ = train(data, "--tune", 8)
    first = model.read_bytes()
    assert cost(model) in (1, .3, 3, .1, 10, .03, .5, 2) and train(data, "--tune", 8)[0].read_bytes() == first
    assert "--tune" in train(data, "--tune", 0, code=2)[1].stderr


def test_streams_and_forms(data, tmp_path):
    """Standard input and output, gzip, GB18030, a byte order mark, CR LF, other names of columns."""
    model, _ = train(data)
    text = "评价,类\r\n质量很好,positive\r\n物流慢，包装破,negative\r\n"
    for i, content in enumerate([text.encode("gb18030"), b"\xef\xbb\xbf" + text.encode(), gzip.compress(text.encode())]):
        path = tmp_path / f"form{i}.csv"
        path.write_bytes(content)
        rows = run("predict", "sentiment", "--model", model, "--in", path, "--text", "评价").stdout.splitlines()
        assert [json.loads(row)["label"] for row in rows] == ["positive", "negative"]
        measured = json.loads(run("eval", "sentiment", "--model", model, "--in", path, "--text", "评价", "--label", "类", "--json").stdout)
        assert measured["accuracy"] == 1
    rows = run("predict", "sentiment", "--model", model, "--in", "-", stdin="text\n质量很好\n").stdout.splitlines()
    assert json.loads(rows[0])["label"] == "positive"


def test_long_files_stream(data, tmp_path):
    model, _ = train(data)
    path = tmp_path / "many.csv"
    path.write_text("text\n" + "质量很好很喜欢\nslow delivery, angry\n".replace(", ", " ") * 5000)
    run("predict", "sentiment", "--model", model, "--in", path, "--out", tmp_path / "many.jsonl")
    lines = (tmp_path / "many.jsonl").read_text().splitlines()
    assert len(lines) == 10000 and {json.loads(line)["label"] for line in lines[::2]} == {"positive"}


@pytest.mark.parametrize("content, where, words", [
    ("text,label\n好,a\n坏\n", ":3:", "2"),
    ("text,label\n好,a\n坏,\n", ":3:1", "no label"),
    ("text,label\n好,a\n坏,a\n", "", "two labels"),
    ("text,label\n好,a/b\n坏,a//b\n", ":3:1", "'a//b' has a level without a name"),
    ("text,label\n好,/a\n坏,b\n", ":2:1", "'/a' has a level without a name"),
    ("text,label\n好,b\n坏,售后/\n", ":3:1", "'售后/' has a level without a name"),
    ("words,label\n好,a\n", ":2:1", "no column 'text'"),
    ("text,label\n", "", "no row"),
    ("", "", ""),
])
def test_bad_tables(tmp_path, content, where, words):
    path = tmp_path / "bad.csv"
    path.write_text(content)
    done = run("train", "sentiment", "--in", path, "--out", tmp_path / "m.zyc", "--views", "grams", code=3)
    assert where in done.stderr and words in done.stderr and not (tmp_path / "m.zyc").exists()


def test_bad_bytes_and_long_lines(tmp_path):
    (tmp_path / "utf8.csv").write_bytes(b"text,label\n\xff\xfe\xfa bad,a\ngood,b\n")
    run("train", "sentiment", "--in", tmp_path / "utf8.csv", "--out", tmp_path / "m.zyc", "--views", "grams", code=3)
    (tmp_path / "long.csv").write_text("text,label\n" + "好" * 5_000_000 + ",a\n坏,b\n")
    done = run("train", "sentiment", "--in", tmp_path / "long.csv", "--out", tmp_path / "m.zyc", "--views", "grams", code=3)
    assert ":2" in done.stderr and not (tmp_path / "m.zyc").exists()


def test_a_faulty_row_leaves_no_result(data, tmp_path):
    model, _ = train(data)
    (tmp_path / "bad.csv").write_text("text,x\n好,1\n坏\n")
    done = run("predict", "sentiment", "--model", model, "--in", tmp_path / "bad.csv", "--out", tmp_path / "o.jsonl", code=3)
    assert ":3:" in done.stderr and not list(tmp_path.glob("o.jsonl*"))


def test_unknown_labels_are_told(data, tmp_path):
    model, _ = train(data)
    table(tmp_path / "more.csv", [("质量很好", "positive"), ("质量太差", "furious")])
    done = run("eval", "sentiment", "--model", model, "--in", tmp_path / "more.csv", "--json")
    assert json.loads(done.stdout)["accuracy"] == .5 and "1 rows have labels that the model does not know" in done.stderr


def test_out_of_scope(tmp_path):
    scope = {"return": ["怎么退货", "我想退货退款", "how do I return this", "return policy please", "能退吗这件衣服", "申请退货的步骤"],
             "delivery": ["快递到哪了", "什么时候发货", "where is my parcel", "delivery time please", "物流怎么不动了", "多久能送到"],
             "oos": ["今天天气怎么样", "放一首歌", "what time is it", "tell me a joke", "帮我订个闹钟", "明天几点日出"]}
    data = table(tmp_path / "train.csv", [(t, label) for label, texts in scope.items() for t in texts])
    model, _ = train(data, "--oos", task="intent")
    (tmp_path / "new.csv").write_text("text\n今天天气\n怎么退货呀\n")
    rows = [json.loads(r) for r in run("predict", "intent", "--model", model, "--in", tmp_path / "new.csv", "--oos").stdout.splitlines()]
    assert [row["label"] for row in rows] == ["oos", "return"]


PATHS = {"after-sales/refund": ["怎么退货", "我想退货退款", "how do I return this", "refund please"], "after-sales/repair": ["屏幕坏了要维修", "在哪里维修", "repair the screen", "it broke, repair it"],
         "售后": ["售后电话多少", "联系售后客服"], "售后/投诉": ["我要投诉你们", "投诉客服态度差"],
         "delivery/late": ["快递怎么还不到", "物流太慢了", "parcel is late", "delivery is too slow"], "delivery/lost": ["包裹丢了", "快递丢失", "parcel got lost", "lost my package"]}


def test_labels_with_levels(tmp_path):
    """Levels sum up what lies below; each is measured by the same answers cut short; flat labels have none."""
    rows = [(text, label) for label, texts in PATHS.items() for text in texts]
    data = table(tmp_path / "paths.csv", rows)
    model, _ = train(data, task="intent")
    table(tmp_path / "test.csv", [(f"{text}啊", label) for text, label in rows] + [("lost", "delivery/late"), ("维修", "delivery/late"), ("x", "new/one")])
    told = [json.loads(line) for line in run("predict", "intent", "--model", model, "--in", tmp_path / "test.csv").stdout.splitlines()]
    for row in told:
        parts = row["label"].split("/")
        assert [level["label"] for level in row["levels"]] == ["/".join(parts[:k + 1]) for k in range(len(parts))]
        for level in row["levels"]:
            below = sum(p for label, p in row["probabilities"].items() if f"{label}/".startswith(level["label"] + "/"))
            assert level["probability"] == pytest.approx(below, abs=1e-5)
    assert any(row["label"] == "售后/投诉" for row in told) and any(row["label"] == "delivery/lost" for row in told)

    args = ("eval", "intent", "--model", model, "--in", tmp_path / "test.csv")
    measured = json.loads(run(*args, "--json", "--report", tmp_path / "page.html").stdout)
    truth = [label.split("/")[0] for label in [*(label for _, label in rows), "delivery/late", "delivery/late", "?"]]
    firsts = [row["label"].split("/")[0] for row in told]

    def f1(name):
        hit = sum(t == p == name for t, p in zip(truth, firsts))
        return 2 * hit / (truth.count(name) + firsts.count(name))

    right = sum(t == p for t, p in zip(truth, firsts)) / len(truth)
    mean = sum(f1(name) for name in set(truth) | set(firsts)) / len(set(truth) | set(firsts))
    assert measured["levels"] == [{"level": 1, "labels": 3, "accuracy": pytest.approx(right), "f1_macro": pytest.approx(mean)}]
    assert measured["accuracy"] < right < 1
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "By level of the label" in page and f"<td>{right:.4f}</td><td>{mean:.4f}</td>" in page
    assert re.search(rf"^1 +3 +{right:.4f} +{mean:.4f}$", run(*args).stdout, re.M)

    folds = json.loads(run("eval", "intent", "--in", data, "--folds", 2, "--views", "grams", "--json").stdout)
    assert folds["levels"][0]["accuracy"] >= folds["accuracy"] and folds["levels"][0]["f1_macro"] > 0


def test_labels_without_levels_have_none(data, tmp_path):
    one_top = table(tmp_path / "one.csv", [(text, "mood/good") for text in GOOD] + [(text, "mood/bad") for text in BAD])
    for rows in (data, one_top):
        model, _ = train(rows)
        assert b"levels" not in run("predict", "sentiment", "--model", model, "--in", rows).stdout.encode()
        for args in (("--json", "--report", tmp_path / "page.html"), ()):
            assert "level" not in run("eval", "sentiment", "--model", model, "--in", rows, *args).stdout
        assert "By level" not in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_what_each_part_is_worth(data):
    """The whole is what --folds tells; each part is compared with it on the same rows; runs and letters matter where only they tell."""
    args = ("eval", "sentiment", "--in", data, "--folds", 4, "--views", "grams")
    told = json.loads(run(*args, "--ablate", "--json").stdout)
    plain = json.loads(run(*args, "--json").stdout)
    assert (told["n"], told["folds"], told["accuracy"], told["f1_macro"]) == (20, 4, pytest.approx(plain["accuracy"]), pytest.approx(plain["f1_macro"]))
    assert [part["left_out"] for part in told["parts"]] == ["folding", "letters", "runs", "label names", "balance"]
    for part in told["parts"]:
        assert part["accuracy_change"] == pytest.approx((part["only_without_right"] - part["only_whole_right"]) / 20)
        assert part["accuracy"] == pytest.approx(told["accuracy"] + part["accuracy_change"]) and part["p"] <= part["p_holm"] <= 1
    done = run(*args, "--ablate")
    assert [line.split("  ")[0] for line in done.stdout.splitlines()] == ["left out", "nothing", *(part["left_out"] for part in told["parts"])]
    assert "left out: runs" in done.stderr
    bare = json.loads(run(*args, "--ablate", "--balance", 0, "--json").stdout)
    assert "balance" not in [part["left_out"] for part in bare["parts"]]
    for bad in (("--report", "x.html"), ()):
        words = ("--folds", 4, *bad) if bad else ("--model", data)
        assert "--ablate" in run("eval", "sentiment", "--in", data, "--ablate", *words, code=2).stderr
    assert "--ablate" in run("eval", "ner", "--in", data, "--ablate", "--folds", 2, code=2).stderr


def spellings(word):
    """Of two letters: each small, capital, full-width."""
    forms = [(letter, letter.upper(), chr(ord(letter) + 0xfee0), chr(ord(letter.upper()) + 0xfee0)) for letter in word]
    return [a + b for a in forms[0] for b in forms[1]]


@pytest.mark.parametrize("part, up, down", [
    ("folding", spellings("no"), spellings("ok")),
    ("letters", [f"refund{chr(97 + i)}" for i in range(16)], [f"parcel{chr(97 + i)}" for i in range(16)]),
    ("runs", [f"x y {chr(0x4e00 + 7 * i)}" for i in range(16)], [f"y x {chr(0x5e00 + 7 * i)}" for i in range(16)]),
])
def test_a_part_that_alone_tells_is_missed(tmp_path, part, up, down):
    data = table(tmp_path / "in.csv", [*((text, "a1") for text in up), *((text, "b2") for text in down)])
    told = json.loads(run("eval", "intent", "--in", data, "--folds", 4, "--views", "grams", "--ablate", "--json").stdout)
    changes = {row["left_out"]: (row["accuracy_change"], row["p_holm"]) for row in told["parts"]}
    assert told["accuracy"] == 1 and min(changes, key=changes.get) == part, changes
    assert changes[part][0] < -.3 and changes[part][1] < .05


def test_what_is_no_model(data, tmp_path):
    done = run("predict", "sentiment", "--model", data, "--in", data, code=3)
    assert "not a classifier" in done.stderr
    model, _ = train(data)
    model.write_bytes(model.read_bytes()[:-40] + b"x" * 40)
    assert "damaged" in run("predict", "sentiment", "--model", model, "--in", data, code=1).stderr
    run("predict", "sentiment", "--model", tmp_path / "none", "--in", data, code=1)
    assert "no task 'weather'" in run("train", "weather", "--in", data, "--out", tmp_path / "x", code=2).stderr
    assert "--out" in run("train", "sentiment", "--in", data, code=2).stderr
    assert "--folds" in run("eval", "sentiment", "--in", data, code=2).stderr


def test_distillation(data, tmp_path):
    """A student learns what its teacher says of texts without labels; teacher and texts go together."""
    teacher, _ = train(table(tmp_path / "more.csv", [("给力，实惠", "positive"), ("坑人，破烂", "negative")] * 20), task="sentiment")
    teacher = teacher.rename(tmp_path / "teacher.zyc")
    texts = tmp_path / "texts.csv"
    texts.write_text("text\n" + "给力的快递\n坑人的快递\n" * 20, encoding="utf-8")
    done = run("train", "sentiment", "--in", data, "--out", tmp_path / "student.zyc", "--teacher", teacher, "--unlabelled", texts, "--json")
    assert json.loads(done.stdout)["views"] == ["grams"]
    (tmp_path / "two.csv").write_text("text\n给力\n坑人\n", encoding="utf-8")
    rows = run("predict", "sentiment", "--model", tmp_path / "student.zyc", "--in", tmp_path / "two.csv").stdout.splitlines()
    assert [json.loads(row)["label"] for row in rows] == ["positive", "negative"]
    assert "go together" in train(data, "--teacher", teacher, code=2)[1].stderr


def test_cascade(data, tmp_path):
    """The encoder is asked about some texts alone; n-grams without it are asked as ever, and the share is told."""
    need_encoder()
    model = tmp_path / "both.zyc"
    rows = [(text + more, label) for more in ("", "！", "，真的", ", really") for text, label in
            [(t, "positive") for t in GOOD] + [(t, "negative") for t in BAD]]
    big = table(tmp_path / "big.csv", rows)
    run("train", "sentiment", "--in", big, "--out", model)
    assert b'"cascade":{' in model.read_bytes()
    strange = table(tmp_path / "strange.csv", [*rows[:6], ("ambience was delightful", "positive"), ("ein Reinfall", "negative")])
    whole, quick = (json.loads(run("eval", "sentiment", "--model", model, "--in", strange, "--json", *more).stdout) for more in ((), ("--cascade",)))
    assert whole["encoder_share"] == 1 and 0 < quick["encoder_share"] < 1
    assert quick["texts_per_s"] > 0 and quick["accuracy"] >= whole["accuracy"] - .2
    done = run("predict", "sentiment", "--model", model, "--in", strange, "--out", tmp_path / "out.jsonl", "--cascade")
    assert f"the encoder was asked about {100 * quick['encoder_share']:.1f} %" in done.stderr
    alone, _ = train(data)
    assert json.loads(run("eval", "sentiment", "--model", alone, "--in", data, "--json", "--cascade").stdout)["encoder_share"] == 0


def test_where_nothing_can_be_written_nothing_is_learnt(data, tmp_path):
    for task in ("sentiment", "ner"):
        done = run("train", task, "--in", data, "--out", tmp_path / "none" / "m.zyc", "--views", "grams", code=1)
        assert "there is no folder" in done.stderr
    assert "eval ner" in run("train", "ner", "--in", data, "--valid", data, "--out", tmp_path / "m.zyn", code=2).stderr


def test_two_models_are_compared(data):
    model, _ = train(data)
    done = json.loads(run("eval", "sentiment", "--model", model, "--against", model, "--in", data, "--json").stdout)
    assert done["against"] == {"accuracy": 1, "only_first_right": 0, "only_second_right": 0, "p": 1}


def test_with_the_encoder(data, tmp_path):
    """The views that need it, each alone; the clock that may end fine-tuning is far away."""
    weights = need_encoder()
    model = tmp_path / "model.zyc"
    for views in ("grams,vectors", "tuned"):
        run("train", "sentiment", "--in", data, "--out", model, "--views", views, "--encoder", weights, timeout=280)
        measured = json.loads(run("eval", "sentiment", "--model", model, "--in", data, "--encoder", weights, "--json", timeout=280).stdout)
        assert measured["accuracy"] >= .9, views
    done = run("predict", "sentiment", "--model", model, "--in", data, "--encoder", "none", code=1)
    assert "encoder" in done.stderr


def test_vectors_are_kept(data, tmp_path):
    """The second run takes the file of vectors, to the same bytes; the file holds no text, and somebody else's is left alone."""
    need_encoder()
    kept = tmp_path / "kept.vectors"
    args = ("train", "sentiment", "--in", data, "--views", "vectors", "--out")
    run(*args, tmp_path / "without.zyc")
    for name in ("first", "second"):
        run(*args, tmp_path / f"{name}.zyc", "--vectors", kept)
        assert (tmp_path / f"{name}.zyc").read_bytes() == (tmp_path / "without.zyc").read_bytes()
    size = kept.stat().st_size
    assert size > 20 * 384 * 4 and b"quality" not in kept.read_bytes()
    folds = json.loads(run("eval", "sentiment", "--in", data, "--folds", 5, "--views", "vectors", "--vectors", kept, "--json").stdout)
    assert folds["n"] == 20 and folds["texts_per_s"] is None and kept.stat().st_size == size
    (tmp_path / "mine.csv").write_text("text,label\n")
    assert "no file of vectors" in run(*args, tmp_path / "x.zyc", "--vectors", tmp_path / "mine.csv", code=3).stderr
    assert (tmp_path / "mine.csv").read_text() == "text,label\n" and not (tmp_path / "x.zyc").exists()


def test_same_seed_same_bytes_with_the_encoder(data, tmp_path):
    weights = need_encoder()
    models = [tmp_path / f"{i}.zyc" for i in range(2)]
    for model in models:
        run("train", "sentiment", "--in", data, "--out", model, "--views", "vectors", "--encoder", weights, timeout=280)
    assert models[0].read_bytes() == models[1].read_bytes()


def test_the_page_of_an_evaluation(tmp_path):
    """One file that stands alone, in both languages, whatever the texts hold."""
    from html.parser import HTMLParser

    class Page(HTMLParser):
        def __init__(self):
            super().__init__()
            self.tags, self.text, self.loads = [], [], []

        def handle_starttag(self, tag, attrs):
            self.tags.append(tag)
            self.loads += [value for name, value in attrs if name in ("src", "href", "onload", "onclick")]

        def handle_data(self, data):
            self.text.append(data)

    nasty = '<script>alert("x")</script> & <img src=x onerror=y>'
    rows = [("很好，满意", "good"), ("太差，退款", "bad"), (nasty, "good"), (nasty, "bad"), (nasty, "bad")] * 12
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps({"text": t, "label": y}) for t, y in rows), encoding="utf-8")
    for name, seed in (("a", 1), ("b", 2)):
        run("train", "sentiment", "--in", tmp_path / "in.jsonl", "--out", tmp_path / f"{name}.zyc", "--views", "grams", "--seed", seed)
    for language, words in (("en", ("Confusion matrix", "Surest errors", "Reliability", "McNemar", "below 20 characters")), ("zh", ("混淆矩阵", "最有把握的错误", "可靠性", "McNemar", "不足 20 字"))):
        out = tmp_path / f"{language}.html"
        told = json.loads(run("eval", "sentiment", "--model", tmp_path / "a.zyc", "--against", tmp_path / "b.zyc", "--in", tmp_path / "in.jsonl",
                              "--report", out, "--lang", language, "--json").stdout)
        page = Page()
        page.feed(out.read_text(encoding="utf-8"))
        text = "".join(page.text)
        assert not page.loads and not {"script", "img", "link", "iframe"} & set(page.tags) and "svg" in page.tags
        assert all(word in text for word in words) and nasty in text and f"{told['accuracy']:.4f}" in text
        assert page.tags.count("circle") == len(told["reliability"]) > 0
        assert sum(b["n"] for b in told["reliability"]) == told["n"] == 60
        assert out.stat().st_mode & 0o777 == 0o600
    run("eval", "ner", "--folds", 2, "--in", tmp_path / "in.jsonl", "--report", tmp_path / "n.html", code=2)
    run("eval", "sentiment", "--model", tmp_path / "a.zyc", "--in", tmp_path / "in.jsonl", "--report", tmp_path / "no" / "x.html", code=1)
