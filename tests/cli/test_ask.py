"""`zhiyin ask`: one question and files of them, from the store alone, with the encoder and without."""
import gzip
import json

import pytest
from conftest import make_store, need_encoder, run

FAQ = """question,answer
几天可以退货？,签收后七天内可以退货。
How long is the warranty?,The frame has a warranty of three years.
怎么付款？,支持支付宝和银行卡。
Do you ship abroad?,We ship to Japan and Singapore.
"""
MEMBERS = {"answer", "citations", "action", "reason", "intent", "sentiment", "language", "path", "ms"}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ask")
    (folder / "faq.csv").write_text(FAQ)
    store = make_store(folder / "data", "--encoder", "none")
    run("kb", "add", folder / "faq.csv", "--data", store, "--encoder", "none")
    return store


def ask(store, *args, encoder=("--encoder", "none"), **kwargs):
    return run("ask", *args, "--data", store, *encoder, **kwargs)


def batch(store, lines, **kwargs):
    done = ask(store, "--batch", "-", stdin="".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), **kwargs)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_one_question(store):
    found = json.loads(ask(store, "几天可以退货？", "--json").stdout)
    assert set(found) == MEMBERS
    assert found["answer"] == "签收后七天内可以退货。" and found["action"] == "answer" and found["language"] == "zh"
    source = found["citations"][0]
    assert {"article_id", "title", "passage", "score"} <= set(source)
    assert source["title"] == "几天可以退货？" and source["passage"] in FAQ
    assert ask(store, "几天可以退货？").stdout.splitlines()[:1] == ["签收后七天内可以退货。"]


def test_what_is_asked_for_a_person_or_not_known_is_not_answered(store):
    assert json.loads(ask(store, "转人工", "--json").stdout)["action"] == "handover"
    assert json.loads(ask(store, "What is the tallest tower of Pisa?", "--json").stdout)["action"] != "answer"


def test_a_batch_keeps_order_and_ids(store):
    ids = ["a", 7, -1, 2.5, None, True, "汉字", {"of": ["parts", 1]}, ["x"], ""]
    questions = ["几天可以退货？", "How long is the warranty?"]
    lines = [{"id": id, "question": questions[i % 2]} for i, id in enumerate(ids)] + [{"question": questions[0]}]
    answers = batch(store, lines)
    assert [a.get("id") for a in answers] == [*ids, None] and "id" not in answers[-1]
    wanted = ["签收后七天内可以退货。", "The frame has a warranty of three years."]
    assert [a["answer"] for a in answers] == [wanted[i % 2] for i in range(len(lines))]
    assert all(set(a) - {"id"} == MEMBERS for a in answers)


def test_a_batch_of_many(store):
    answers = batch(store, [{"id": i, "question": "怎么付款？"} for i in range(300)])
    assert [a["id"] for a in answers] == list(range(300)) and {a["answer"] for a in answers} == {"支持支付宝和银行卡。"}


def test_the_history_is_heard(store):
    turns = [{"role": "customer", "text": "xyzzy frobnicate"}, {"role": "bot", "text": "I am sorry, I could not find that."}]
    forms = [[], None, turns, [{"role": "user", "text": "xyzzy"}, {"role": "assistant", "text": "I am sorry."}], ["hello", "hi"],
             [{}], [7], [None], [[]], [{"role": 1, "text": 2}]]
    answers = batch(store, [{"id": i, "question": "怎么付款？", "history": history} for i, history in enumerate(forms)])
    assert [a["id"] for a in answers] == list(range(len(forms)))


def test_what_leans_on_the_history_is_answered_by_it_and_nothing_else(store):
    """The passage spoken of answers again where it says what is asked for; what it does not say is not answered by it."""
    turns = [{"role": "customer", "text": "Do you ship abroad?"}, {"role": "bot", "text": "We ship to Japan and Singapore."}]
    questions = ["And to Japan?", "and to Mars?", "What about the price?", "How long is the warranty?"]
    answers = batch(store, [{"question": question, "history": turns} for question in questions])
    assert answers[0]["action"] == "answer" and answers[0]["answer"] == turns[1]["text"]
    assert answers[1]["action"] != "answer" and answers[2]["action"] != "answer"
    assert answers[3]["answer"] == "The frame has a warranty of three years."
    assert batch(store, [{"question": "And to the place over there?"}])[0]["action"] != "answer"


@pytest.mark.parametrize("name, pack", [
    ("plain.jsonl", lambda text: text.encode()),
    ("bom.jsonl", lambda text: b"\xef\xbb\xbf" + text.encode()),
    ("gb.jsonl", lambda text: text.encode("gb18030")),
    ("crlf.jsonl", lambda text: text.replace("\n", "\r\n").encode()),
    ("gaps.jsonl", lambda text: ("\n\n" + text + "\n  \n").encode()),
    ("packed.jsonl.gz", lambda text: gzip.compress(text.encode())),
])
def test_forms_of_a_batch_file(store, tmp_path, name, pack):
    text = '{"id":1,"question":"几天可以退货？"}\n{"id":2,"question":"怎么付款？"}\n'
    (tmp_path / name).write_bytes(pack(text))
    lines = ask(store, "--batch", tmp_path / name).stdout.splitlines()
    assert [json.loads(line)["answer"] for line in lines] == ["签收后七天内可以退货。", "支持支付宝和银行卡。"]


@pytest.mark.parametrize("line", ["{", "[]", "7", '{"id":2}', '{"question":7}', '{"question":null}', '{"question":"x","history":"y"}',
                                  '{"question":"x","history":{}}', '{"question":"\\ud800"}', '{"question":"x"} more'])
def test_a_bad_line_is_told_and_nothing_is_answered(store, tmp_path, line):
    path = tmp_path / "batch.jsonl"
    path.write_text('{"id":1,"question":"怎么付款？"}\n\n' + line + "\n")
    done = ask(store, "--batch", path, check=False)
    assert done.returncode == 3 and done.stdout == ""
    assert done.stderr.startswith(f"zhiyin ask: {path}:3:") and len(done.stderr.splitlines()) == 1


def test_an_empty_batch_has_no_answers(store):
    assert ask(store, "--batch", "-", stdin="").stdout == ""


def test_hostile_questions(store):
    texts = ["", "   ", "\u0000", "退" * 20000, "%s%n%x", "'; DROP TABLE articles; --", "\U0001f600" * 500, "a AND OR NOT (\" *", "\u202e\u200b"]
    answers = batch(store, [{"id": i, "question": text} for i, text in enumerate(texts)])
    assert [a["id"] for a in answers] == list(range(len(texts)))
    assert {a["action"] for a in answers} <= {"answer", "clarify", "handover"}
    done = ask(store, b"\xff\xfe".decode("utf-8", "surrogateescape"), "--json")
    assert json.loads(done.stdout)["action"] == "clarify"


@pytest.mark.parametrize("args", [(), ("a", "b"), ("a", "--batch", "x.jsonl")])
def test_wrong_usage(store, args):
    done = ask(store, *args, check=False)
    assert done.returncode == 2 and done.stdout == "" and len(done.stderr.splitlines()) == 1


def test_what_is_not_there(store, tmp_path):
    for args, why in ((("--batch", tmp_path / "none.jsonl"), "none.jsonl"), (("x", "--encoder", tmp_path / "none.bin"), "none.bin"),
                      (("x", "--model", tmp_path / "none.gguf"), "none.gguf")):
        done = ask(store, *args, encoder=(), check=False)
        assert done.returncode == 1 and why in done.stderr and done.stdout == "", done.stderr
    (tmp_path / "other.bin").write_text("no weights")
    done = ask(store, "x", encoder=("--encoder", tmp_path / "other.bin"), check=False)
    assert done.returncode == 3 and "encoder weights" in done.stderr
    assert run("ask", "x", "--data", tmp_path / "none", check=False).returncode == 1


def test_with_the_encoder_other_words_find_the_answer(store, tmp_path):
    weights = need_encoder()
    other = tmp_path / "data"
    run("backup", tmp_path / "copy.db", "--data", store)
    run("restore", tmp_path / "copy.db", "--data", other)
    (tmp_path / "faq.csv").write_text(FAQ + "床垫太软怎么办？,可以免费更换一次硬度。\n")
    done = run("kb", "add", tmp_path / "faq.csv", "--data", other, "--encoder", weights, "--json")
    assert json.loads(done.stdout)["created"] == 1
    answers = batch(other, [{"question": "Which countries do you deliver to?"}, {"question": "How many years is the guarantee?"}],
                    encoder=("--encoder", weights))
    assert answers[0]["citations"][0]["title"] == "Do you ship abroad?"
    assert answers[1]["citations"][0]["title"] == "How long is the warranty?"
