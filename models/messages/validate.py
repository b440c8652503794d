#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks zh.jsonl and en.jsonl (standard library only): python3 models/messages/validate.py. Exit 1 when anything is wrong."""
import collections
import json
import pathlib
import re
import sys

MOODS = ("positive", "neutral", "negative")
INTENTS = ("order", "delivery", "return", "refund", "invoice", "complaint", "account", "product", "price", "appointment", "person", "small_talk", "thanks",
           "other")
SOURCES = ("chat", "review", "mail")
ALLOWED = {"mood": MOODS, "intent": INTENTS, "source": SOURCES, "urgent": (True, False)}
LEAST_LINES, LEAST_INTENT, LEAST_MOOD, MOST_BYTES = 1200, 70, 0.25, 600_000
HAN = re.compile(r"[㐀-鿿]")
PERSONAL = re.compile(r"[\w.]+@\w+\.\w+|\d{11,}")  # an e-mail address; a telephone, card or identity number


def squeeze(text):
    return re.sub(r"[\W_]+", "", text.lower()) or text


def problem(row, language, seen):
    if set(row) != {"text", *ALLOWED}:
        return f"fields {sorted(row)}"
    for field, values in ALLOWED.items():
        if not any(row[field] is value or isinstance(row[field], str) and row[field] == value for value in values):
            return f"{field} {row[field]!r}"
    text = row["text"]
    if not isinstance(text, str) or not text.strip() or text != text.strip():
        return f"text {text!r}"
    if language == "en" and HAN.search(text):
        return f"not {language}: {text}"
    if PERSONAL.search(text):
        return f"personal data: {text}"
    if squeeze(text) in seen:
        return f"twice: {text}"
    seen.add(squeeze(text))
    return None


def check(path):
    language, seen, wrong, count = path.stem, set(), [], collections.Counter()
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            found = problem(row, language, seen)
            count.update([row["mood"], row["intent"], row["source"], "urgent" if row["urgent"] else "can wait", "lines"])
        except (ValueError, KeyError, TypeError) as error:
            found = repr(error)
        if found:
            wrong.append(f"{path.name}:{n}: {found}")
    least = {"lines": LEAST_LINES, **dict.fromkeys(INTENTS, LEAST_INTENT), **dict.fromkeys(MOODS, int(LEAST_MOOD * count["lines"]))}
    wrong += [f"{path.name}: {name} {count[name]}, at least {n}" for name, n in least.items() if count[name] < n]
    if path.stat().st_size > MOST_BYTES:
        wrong.append(f"{path.name}: {path.stat().st_size} bytes, at most {MOST_BYTES}")
    print(path.name, *(f"{name} {count[name]}" for name in ("lines", *MOODS, *INTENTS, *SOURCES, "urgent")), sep="  ")
    return wrong


def main():
    folder = pathlib.Path(__file__).parent
    wrong = [w for language in ("zh", "en") for w in check(folder / f"{language}.jsonl")]
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
