"""./dev eval slots: how many, what time and which day of restaurant8k. Rules were tuned on train_0.json; test.json is what counts.

A slot is right when the value read from the message is the value of the labelled words (read alone); `span` counts those whose characters
agree, too. What the bot had asked for is handed over as `asked`, as a dialogue knows it. A slot that the message has not, but that was found,
counts against F1."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

BAR = .92
BINARY = os.environ["ZHIYIN"]
NOW = "2018-06-15T10:00:00Z"
SLOTS = {"people": ("quantities", "people_count"), "time": ("times", "time"), "date": ("dates", "date")}


def extract(rows):
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    done = subprocess.run([BINARY, "extract", "--in", "-", "--now", NOW, "--quiet"], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def found(row, slot):
    key, kind = SLOTS[slot]
    return next((v for v in row[key] if v["type"] == kind), None)


def measure(name, messages, show):
    asked = [next((SLOTS[s][1] for s in m.get("context", {}).get("requestedSlots", []) if s in SLOTS), None) for m in messages]
    texts = [m["userInput"]["text"] for m in messages]
    begin = time.monotonic()
    rows = extract([{"text": t, **({"asked": a} if a else {})} for t, a in zip(texts, asked)])
    seconds = time.monotonic() - begin
    gold = []
    for i, message in enumerate(messages):
        for label in message.get("labels", []):
            if label["slot"] in SLOTS and "valueSpan" in label:
                start, end = label["valueSpan"].get("startIndex", 0), label["valueSpan"]["endIndex"]
                gold.append((i, label["slot"], start, end))
    alone = extract([{"text": texts[i][s:e], "asked": SLOTS[slot][1]} for i, slot, s, e in gold])
    results = {}
    for slot in SLOTS:
        mine = [(i, s, e, row) for (i, k, s, e), row in zip(gold, alone) if k == slot]
        labelled = {i for i, *_ in mine}
        right = span = 0
        for i, start, end, row in mine:
            truth, guess = found(row, slot), found(rows[i], slot)
            ok = bool(truth and guess and truth["value"] == guess["value"])
            right += ok
            span += bool(guess and (guess["start"], guess["end"]) == (start, end))
            if show and not ok:
                print(f"  {slot}: {texts[i]!r} asked {asked[i]}: {texts[i][start:end]!r} = {truth and truth['value']}, found {guess and (guess['text'], guess['value'])}")
                show -= 1
        extra = [i for i in range(len(rows)) if i not in labelled and found(rows[i], slot)]
        if show:
            for i in extra[:15]:
                print(f"  {slot}: {texts[i]!r} asked {asked[i]}: nothing there, found {found(rows[i], slot)['text']!r}")
        predicted = sum(bool(found(row, slot)) for row in rows)
        exact, precision = right / len(mine), right / max(1, predicted)
        results[slot] = (right, len(mine))
        print(f"{name}, {slot}: exact {exact:.3f} of {len(mine)}, precision {precision:.3f}, F1 {2 * exact * precision / (exact + precision):.3f}, same characters {span / len(mine):.3f}")
    exact = sum(right for right, _ in results.values()) / sum(n for _, n in results.values())
    print(f"  all three: exact {exact:.3f} (bar {BAR}); {len(rows) / seconds:.0f} messages/s")
    return exact


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tune", action="store_true", help="train_0.json only")
    options.add_argument("--show", type=int, default=0)
    args = options.parse_args()
    folder = pathlib.Path(os.environ["ZHIYIN_EVAL_DATA"]) / "restaurant8k"
    name = "train_0.json" if args.tune else "test.json"
    if not (folder / name).exists():
        sys.exit(f"{folder / name} is missing")
    exact = measure(name, json.loads((folder / name).read_text()), args.show if args.tune else 0)
    return exact < BAR


if __name__ == "__main__":
    sys.exit(main())
