"""./dev eval followup: what a question means that leans on what came before it. For each company of tests/eval/followup a fresh store is
made, and its questions go through `zhiyin ask --batch` in several ways:

  alone    without the conversation
  joined   the customer's last question put before this one, as one text without the conversation
  history  with the conversation, as the program does it; with --model FILE once more with that model
  change   the questions of tests/eval/gate, which stand alone, behind a conversation about something else

Of the questions that lean on the conversation and of those that do not (they begin something else), the table tells:

  first     the right article is cited first, whatever the action
  answered  the action is "answer" and the right article is first
  refused   of the questions that the knowledge cannot answer, those that are not answered (asked back or handed over)

Floors: of what leans, with the conversation, ANSWERED and REFUSED; behind something else at most LOST fewer answered and LOOSER fewer
refused than alone. Exit 1 when one is missed (not with --part).
"""
import argparse
import csv
import json
import pathlib
import tempfile

import ask
from conftest import make_store, run

FOLDER = ask.ROOT / "tests" / "eval" / "followup"
COMPANIES = ask.ROOT / "models" / "retrieval" / "companies"
ROLES = ("customer", "bot")
ANSWERED, REFUSED, LOST, LOOSER = .65, .80, .02, .01


def knowledge(name, folder):
    """The company's files, and what it answers to each of its FAQ questions."""
    if (ask.GATE / name).exists():
        files = ask.company(name)[0]
    else:
        rows = [r for r in ask.load(COMPANIES / f"{name}.jsonl") if r["kind"] == "faq"]
        files = [folder / "kb.csv"]
        with open(files[0], "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("question", "answer"), *((r["question"], r["answer"]) for r in rows)])
    with open(files[0], encoding="utf-8", newline="") as file:
        return files, {row["question"]: row["answer"] for row in csv.DictReader(file)}


def turns(question, answers):
    """The conversation before a question: what was asked and the article that answered it, or the bot's own words after a star."""
    said = [(asked, reply[1:] if reply.startswith("*") else answers[reply]) for asked, reply in question["before"]]
    return [{"role": role, "text": text} for pair in said for role, text in zip(ROLES, pair, strict=True)]


def ways(questions, answers):
    alone = [{"id": q["id"], "question": q["question"]} for q in questions]
    joined = [{"id": q["id"], "question": q["before"][-1][0] + " " + q["question"]} for q in questions]
    history = [{**row, "history": turns(q, answers)} for row, q in zip(alone, questions, strict=True)]
    return {"alone": alone, "joined": joined, "history": history}


def batch(store, rows, folder, *options):
    path = folder / "batch.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    out = run("ask", "--batch", path, "--data", store, "--quiet", *options, timeout=3600).stdout
    return [json.loads(line) for line in out.splitlines()]


def ask_company(name, questions, models):
    """{way: [(question, answer, titles of documents)]}"""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        files, answers = knowledge(name, folder)
        titles = {f.name: ask.heading(f) for f in files if f.suffix == ".md"}
        store = make_store(folder / "data")
        run("kb", "add", *files, "--data", store, "--quiet", timeout=1800)
        rows = ways(questions, answers)
        found = {way: batch(store, some, folder, "--model", "none") for way, some in rows.items()}
        found |= {pathlib.Path(m).stem: batch(store, rows["history"], folder, "--model", m) for m in models}
        found = {way: list(zip(questions, some, strict=True)) for way, some in found.items()} | change(name, files, store, folder)
        return {way: [(q, a, titles) for q, a in some] for way, some in found.items()}


def change(name, files, store, folder):
    """A company's questions that stand alone, by themselves and behind another article's question and answer."""
    if not (ask.GATE / name).exists():
        return {}
    questions = ask.company(name)[1]
    with open(files[0], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    behind = []
    for i, q in enumerate(questions):
        others = [r for r in rows if r["question"] not in (q.get("articles") or [q.get("article")])
                  and r["question"].isascii() == (q["language"] == "en")]
        other = others[i * 7 % len(others)]
        behind.append({"question": q["question"], "history": [{"role": "customer", "text": other["question"]}, {"role": "bot", "text": other["answer"]}]})
    ways = {"change, alone": [{"question": q["question"]} for q in questions], "change": behind}
    some = [{**q, "depends": False, "part": "gate"} for q in questions]
    return {way: list(zip(some, batch(store, rows, folder, "--model", "none"), strict=True)) for way, rows in ways.items()}


def counts(rows):
    """right first, right and answered, answerable; refused, unanswerable"""
    can = [r for r in rows if r[0]["kind"] == "answerable"]
    cannot = [a for q, a, _ in rows if q["kind"] != "answerable"]
    first = sum(ask.right(*r) for r in can)
    answered = sum(ask.right(*r) and r[1]["action"] == "answer" for r in can)
    return first, answered, len(can), sum(a["action"] != "answer" for a in cannot), len(cannot)


def show(way, part, language, rows):
    cells = [way, part, language]
    for depends in (True, False):
        first, answered, n, refused, n_not = counts([r for r in rows if r[0]["depends"] is depends])
        cells += [f"{part}/{of}" if of else "-" for part, of in ((first, n), (answered, n), (refused, n_not))]
    print("| " + " | ".join(cells) + " |")


def missed(found):
    """The floors that were not reached."""
    _, answered, n, refused, n_not = counts([r for r in found["history"] if r[0]["depends"]])
    yield from ["answered"] * (answered < ANSWERED * n) + ["refused"] * (refused < REFUSED * n_not)
    _, before, n, kept, n_not = counts(found["change, alone"])
    _, after, _, still, _ = counts(found["change"])
    yield from ["change: answered"] * (after < before - LOST * n) + ["change: refused"] * (still < kept - LOOSER * n_not)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--part", choices=["tune", "final"], help="only this half; rules are made on tune alone")
    options.add_argument("--model", action="append", default=[], help="a GGUF file, asked with the conversation, too")
    options.add_argument("--dump", type=argparse.FileType("w"), help="every question with its answer, JSON lines")
    arguments = options.parse_args()
    questions = [q for q in ask.load(FOLDER / "questions.jsonl") if arguments.part in (None, q["part"])]
    found = {}
    for name in sorted({q["company"] for q in questions}):
        some = ask_company(name, [q for q in questions if q["company"] == name], arguments.model)
        for way, rows in some.items():
            found.setdefault(way, []).extend(rows)
    print("| way | part | language | leans: first | answered | refused | alone: first | answered | refused |\n|---|---|---|---|---|---|---|---|---|")
    for way, rows in found.items():
        for part in sorted({r[0]["part"] for r in rows}, reverse=True):
            for language in ("zh", "en", "all"):
                show(way, part, language, [r for r in rows if r[0]["part"] == part and language in (r[0]["language"], "all")])
        for q, a, titles in rows if arguments.dump else []:
            arguments.dump.write(json.dumps({"way": way, "right": ask.right(q, a, titles), **q, "answer": a}, ensure_ascii=False) + "\n")
    below = [] if arguments.part else list(missed(found))
    if below:
        raise SystemExit(f"below the floor: {', '.join(below)}")


if __name__ == "__main__":
    main()
