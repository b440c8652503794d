"""./dev eval ask: how well questions are answered. For each set a fresh store is made with `zhiyin init` and `zhiyin kb add`, its
questions go through `zhiyin ask --batch`, and the table tells:

  first     the right article is cited first, whatever the action
  answered  the action is "answer" and the right article is first
  refused   of the questions that the knowledge cannot answer, those that are not answered (asked back or handed over)

With --model each question is asked twice, without and with the model, and a second table tells what the model changed: how often the right article
is first (never less often), how many answers are in its words, and how many numbers of all answers do not stand in the passage that they cite (none).

Sets: demo-tune, demo-final, gate (six companies), xquad, cmrc. Floors are checked; exit 1 when one is missed.
"""
import argparse
import json
import math
import pathlib
import random
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from conftest import DATA, make_store, run  # noqa: E402

GATE = ROOT / "tests" / "eval" / "gate"
FLOORS = {"demo-tune": (.85, .80), "demo-final": (.85, .80), "xquad": (.95, None), "cmrc": (.985, None)}


def heading(path):
    return next(line.lstrip("# ").strip() for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#"))


def load(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def demo(part):
    files = [*(ROOT / "demo").glob("faq.*.csv"), *(ROOT / "demo" / "policies").glob("*.md")]
    return files, [q for q in load(ROOT / "tests" / "eval" / "demo_questions.jsonl") if q["part"] == part]


def company(name):
    return [GATE / name / "kb.csv", *(GATE / name).glob("kb/*.md")], load(GATE / name / "questions.jsonl")


def paragraphs(folder, pattern, document):
    """Each paragraph a text file of its own; its questions want it first."""
    questions = []
    for d, article in enumerate(document["data"]):
        for p, paragraph in enumerate(article["paragraphs"]):
            name = pattern % (d, p)
            (folder / name).write_text(paragraph["context"], encoding="utf-8")
            questions += [{"id": q["id"], "language": "-", "question": q["question"], "kind": "answerable", "article": name}
                          for q in paragraph["qas"]]
    return sorted(folder.glob("*.txt")), questions


def reading(folder, *parts):
    path = DATA.joinpath(*parts)
    if not path.exists():
        raise SystemExit(f"{'/'.join(parts)} is missing in the data collection (ZHIYIN_EVAL_DATA={DATA})")
    document = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(document, list):  # CMRC's own shape
        document = {"data": [{"paragraphs": [{"context": d["context_text"], "qas": [{"id": q["query_id"], "question": q["query_text"]} for q in d["qas"]]}]}
                             for d in document]}
    return paragraphs(folder, "p%03d-%03d.txt", document)


def learn(files, folder):
    store = make_store(folder / "data")
    run("kb", "add", *files, "--data", store, "--quiet", timeout=1800)
    return store


def ask(store, questions, folder, model="none"):
    batch = folder / "questions.jsonl"
    batch.write_text("\n".join(json.dumps(q, ensure_ascii=False) for q in questions), encoding="utf-8")
    out = run("ask", "--batch", batch, "--data", store, "--quiet", "--model", model, timeout=7200).stdout
    return [json.loads(line) for line in out.splitlines()]


def numbers(text):
    return set(re.findall(r"\d+(?:[.,:]\d+)*", text))


def foreign_numbers(answer):
    """Numbers of what is said from the knowledge that its passage does not have."""
    if answer["path"] == "template" or not answer["citations"]:
        return set()
    return numbers(answer["answer"]) - numbers(answer["citations"][0]["passage"])


def right(question, answer, titles):
    wanted = question.get("articles") or [question.get("article")]
    wanted = {titles.get(w, w) for w in wanted}
    return bool(answer["citations"]) and answer["citations"][0]["title"] in wanted


def wilson(k, n):
    if not n:
        return 0, 0
    z, p = 1.96, k / n
    middle, half = p + z * z / 2 / n, z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def share(k, n):
    low, high = wilson(k, n)
    return f"{k}/{n} = {k / n:.3f} [{low:.2f}, {high:.2f}]" if n else "-"


def compare(name, questions, titles, plain, modelled):
    firsts = [sum(right(q, a, titles) for q, a in zip(questions, answers) if q["kind"] == "answerable") for answers in (plain, modelled)]
    outside = sum(bool(foreign_numbers(a)) for a in modelled)
    generated = sum(a["path"] == "generated" for a in modelled)
    ms = sorted(a["ms"] for a in modelled if a["path"] == "generated")
    print(f"\n| {name} | right first without | with the model | answers | in its words | median ms of those | with a number from elsewhere |\n|---|---|---|---|---|---|---|")
    print(f"| {len(questions)} | {firsts[0]} | {firsts[1]} | {sum(a['action'] == 'answer' for a in modelled)} | {generated} |"
          f" {ms[len(ms) // 2] if ms else 0:.0f} | {outside} |\n")
    return firsts[1] >= firsts[0] and not outside


def measure(name, files, questions, folder, dump, model):
    store = learn(files, folder)
    titles = {f.name: heading(f) for f in files if f.suffix == ".md"} | {f.name: f.name for f in files if f.suffix == ".txt"}
    rows = list(zip(questions, ask(store, questions, folder)))
    for language in sorted({q["language"] for q in questions}) + ["all"]:
        some = [(q, a) for q, a in rows if language in (q["language"], "all")]
        can = [(q, a) for q, a in some if q["kind"] == "answerable"]
        cannot = [a for q, a in some if q["kind"] != "answerable"]
        first = sum(right(q, a, titles) for q, a in can)
        answered = sum(right(q, a, titles) and a["action"] == "answer" for q, a in can)
        refused = sum(a["action"] != "answer" for a in cannot)
        print(f"| {name} | {language} | {share(first, len(can))} | {share(answered, len(can))} | {share(refused, len(cannot))} |")
    for q, a in rows if dump else []:
        dump.write(json.dumps({"set": name, "right": right(q, a, titles), "kind": q["kind"], **a, "language": q["language"], "question": q["question"],
                               "wanted": [titles.get(w, w) for w in q.get("articles") or [q.get("article")]]},
                              ensure_ascii=False) + "\n")
    fine = True
    if model:
        modelled = ask(store, questions, folder, model)
        fine = compare(name, questions, titles, [a for _, a in rows], modelled)
        for q, a in zip(questions, modelled) if dump else []:
            dump.write(json.dumps({"set": name, "model": True, **a, "question": q["question"]}, ensure_ascii=False) + "\n")
    floors = FLOORS.get(name)
    if not floors:
        return fine
    value = (answered if floors[1] else first) / len(can)
    return fine and value >= floors[0] and (not floors[1] or refused / len(cannot) >= floors[1])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("sets", nargs="*", help="demo-tune demo-final gate xquad cmrc; all without any")
    options.add_argument("--model", help="ask a second time with this chat model, FILE.gguf, and compare")
    options.add_argument("--sample", type=int, default=0, help="so many questions of each set, chosen by chance, the same each time")
    options.add_argument("--dump", type=argparse.FileType("w"), help="every question with its answer, JSON lines")
    arguments = options.parse_args()
    sets = arguments.sets or ["demo-tune", "demo-final", "gate", "xquad", "cmrc"]
    names = [n for s in sets for n in (sorted(p.name for p in GATE.iterdir() if p.is_dir()) if s == "gate" else [s])]
    missed = []
    print("| set | language | first | answered | refused |\n|---|---|---|---|---|")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            if name.startswith("demo-"):
                files, questions = demo(name[5:])
            elif name in ("xquad", "cmrc"):
                (folder / "kb").mkdir()
                files, questions = reading(folder / "kb", *(("xquad", "xquad.en.json") if name == "xquad" else ("cmrc2018", "cmrc2018_trial.json")))
            else:
                files, questions = company(name)
            if arguments.sample and len(questions) > arguments.sample:
                questions = random.Random(1).sample(questions, arguments.sample)
            if not measure(name, files, questions, folder, arguments.dump, arguments.model):
                missed.append(name)
    if missed:
        raise SystemExit(f"below the floor: {' '.join(missed)}")


if __name__ == "__main__":
    main()
