#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Checks the gate calibration material next to this file (standard library only).

For every company: the files parse, the counts hold, every named article exists in the
question's language, nothing occurs twice, and no answerable question shares more than
half of its content words with the question (or the title or a heading) of its article.
Prints one line per company and language; exits 1 when anything is wrong.
"""
import csv
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent
MIN_KB = 45
COUNTS = {"answerable": 30, "unanswerable": 20, "offtopic": 5}
LIMIT = 0.5

HAN = re.compile(r"[\u3400-\u9fff]+")
WORD = re.compile(r"[a-z0-9]+")
STOP_EN = set(
    """a about after again all also am an and any are as at be because been before being but by can cannot
    could did do does doing don for from get gets getting got had has have having he her here him his how i
    if in into is it its just let m may me might mine more most my no nor not now of off on once only or
    other our ours out over own please re s same she should so some such t than that the their them then
    there these they this those to too up us very was we were what when where which while who whom why will
    with without would you your yours ve ll d im ive id dont doesnt cant isnt whats much many long""".split()
)
STOP_ZH = re.compile(
    "什么|怎么样|怎么|怎样|如何|为什么|哪里|哪儿|哪些|哪个|多久|多少|多长|请问|可以|能不能|可不可以|是不是|有没有"
    "|我们|你们|我的|你的|这个|那个|一下|[的了吗呢吧啊呀么嘛我你您他她它们是有在和与就都也还又不没能会要这那个把被给跟到]"
)


def stem(word):
    """A light suffix stripper: enough to see that 'refunded' and 'refunds' are one word."""
    if len(word) <= 3:
        return word
    for suffix, put in (
        ("ations", ""), ("ation", ""), ("ments", ""), ("ment", ""), ("ities", ""), ("ity", ""), ("ness", ""),
        ("ingly", ""), ("edly", ""), ("ings", ""), ("ing", ""), ("ies", "y"), ("ied", "y"), ("ers", ""),
        ("er", ""), ("ed", ""), ("es", ""), ("ly", ""), ("al", ""), ("s", ""),
    ):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
            word = word[: -len(suffix)] + put
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sl":
        word = word[:-1]
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 3 and word.endswith("y"):
        word = word[:-1] + "i"
    return word


def english(text):
    return {stem(w) for w in WORD.findall(text.lower().replace("'", "").replace("’", "")) if w not in STOP_EN}


def runs(text):
    out = set()
    for run in HAN.findall(text):
        out |= {run[i : i + 2] for i in range(len(run) - 1)} if len(run) > 1 else {run}
    return out | english(text)


def chinese(text):
    return runs(STOP_ZH.sub(" ", text))


def share(question, other, language):
    """Share of the question's content words that occur in `other` too."""
    views = [english] if language == "en" else [chinese, runs]
    worst = 0.0
    for view in views:
        mine = view(question)
        if mine:
            worst = max(worst, len(mine & view(other)) / len(mine))
    return worst


def squeeze(text):
    return re.sub(r"[\W_]+", "", text.lower())


def language_of(text):
    return "zh" if HAN.search(text) else "en"


def check(folder):
    bad = []
    with open(folder / "kb.csv", newline="", encoding="utf-8") as f:
        rows = list(csv.reader(f, strict=True))
    if rows[0] != ["question", "answer", "category", "url"]:
        bad.append("kb.csv: header")
    kb = {}
    answers = set()
    for n, row in enumerate(rows[1:], 2):
        if len(row) != 4 or not all(cell.strip() for cell in row):
            bad.append(f"kb.csv record {n}: not four filled cells")
            continue
        if row[0] in kb:
            bad.append(f"kb.csv record {n}: question twice: {row[0]}")
        if row[1] in answers:
            bad.append(f"kb.csv record {n}: answer twice: {row[1]}")
        if language_of(row[0]) != language_of(row[1]):
            bad.append(f"kb.csv record {n}: two languages")
        answers.add(row[1])
        kb[row[0]] = language_of(row[0])
    docs = {}
    for path in sorted((folder / "kb").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        language = path.name.split(".")[-2]
        heads = [h.strip() for h in re.findall(r"^#{1,6} (.+)$", text, re.M)]
        size = len(re.findall(r"[\u3400-\u9fff]", text)) if language == "zh" else len(text.split())
        docs[path.name] = (language, heads, size)
        if not 300 <= size <= (1000 if language == "zh" else 600) or len(re.findall(r"^## ", text, re.M)) < 3:
            bad.append(f"{path.name}: {size} words, {len(heads)} headings")
    seen = {}
    ids = set()
    count = {}
    figures = {"zh": [], "en": []}
    covered = {"zh": set(), "en": set()}
    for n, line in enumerate((folder / "questions.jsonl").read_text(encoding="utf-8").splitlines(), 1):
        r = json.loads(line)
        where = r["id"]
        lang, kind = r["language"], r["kind"]
        if set(r) - {"id", "language", "question", "kind", "article", "articles"}:
            bad.append(f"{where}: unknown fields")
        if r["id"] in ids:
            bad.append(f"{where}: id twice")
        ids.add(r["id"])
        key = squeeze(r["question"])
        if key in seen or any(key == squeeze(q) for q in kb):
            bad.append(f"{where}: question twice: {r['question']}")
        seen[key] = where
        count[kind, lang] = count.get((kind, lang), 0) + 1
        if lang == "en" and HAN.search(r["question"]):
            bad.append(f"{where}: Han in an English question")
        if kind != "answerable":
            if "article" in r or "articles" in r:
                bad.append(f"{where}: article on a question without answer")
            continue
        articles = r.get("articles", [r["article"]])
        if r["article"] not in articles or ("articles" in r and len(set(articles)) < 2):
            bad.append(f"{where}: articles")
        worst = 0.0
        for a in articles:
            if a in docs:
                if docs[a][0] != lang:
                    bad.append(f"{where}: article in another language")
                worst = max([worst] + [share(r["question"], h, lang) for h in docs[a][1]])
            elif a in kb:
                if kb[a] != lang:
                    bad.append(f"{where}: article in another language")
                worst = max(worst, share(r["question"], a, lang))
            else:
                bad.append(f"{where}: no such article: {a}")
            covered[lang].add(a)
        figures[lang].append(worst)
        if worst > LIMIT:
            bad.append(f"{where}: overlap {worst:.2f}: {r['question']} <> {articles}")
    for lang in ("zh", "en"):
        total = sum(1 for v in kb.values() if v == lang)
        if total < MIN_KB:
            bad.append(f"only {total} {lang} entries")
        for kind, want in COUNTS.items():
            if count.get((kind, lang), 0) != want:
                bad.append(f"{kind} {lang}: {count.get((kind, lang), 0)}, not {want}")
        f = figures[lang]
        print(
            f"{folder.name:16} {lang}  kb {total:3}  md {sum(1 for d in docs.values() if d[0] == lang)}"
            f"  answerable {count.get(('answerable', lang), 0)} on {len(covered[lang])} articles"
            f"  unanswerable {count.get(('unanswerable', lang), 0)}  offtopic {count.get(('offtopic', lang), 0)}"
            f"  overlap mean {sum(f) / max(1, len(f)):.2f} max {max(f, default=0):.2f}"
        )
    return bad


def main():
    bad = []
    questions = {}
    for folder in sorted(p.parent for p in ROOT.glob("*/kb.csv")):
        bad += [f"{folder.name}: {b}" for b in check(folder)]
        for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines():
            r = json.loads(line)
            key = squeeze(r["question"])
            if key in questions:
                bad.append(f"{r['id']}: the same question as {questions[key]}")
            questions[key] = r["id"]
    for b in bad:
        print("WRONG", b)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
