#!/usr/bin/env python3
# SPDX-License-Identifier: CC0-1.0
"""Checks companies/*.jsonl (standard library only): python3 models/retrieval/validate.py [FILE...]. Exit 1 when anything is wrong."""
import collections
import json
import pathlib
import re
import sys

HAN = re.compile(r"[㐀-鿿]")
FIELDS = {"faq": {"question", "answer", "asked"}, "passage": {"heading", "text", "asked"}, "unanswerable": {"near", "asked"}}
LEAST = {("faq", "zh"): 38, ("faq", "en"): 38, ("passage", "zh"): 4, ("passage", "en"): 4, ("unanswerable", "zh"): 30, ("unanswerable", "en"): 30}


def squeeze(text):
    return re.sub(r"[\W_]+", "", text.lower())


def check_line(line, seen):
    row = json.loads(line)
    kind, language = row.get("kind"), row.get("language")
    if kind not in FIELDS or language not in ("zh", "en"):
        return f"kind {kind!r}, language {language!r}", None
    if set(row) != FIELDS[kind] | {"kind", "language"}:
        return f"fields {sorted(row)}", None
    texts = [row[f] for f in FIELDS[kind] - {"asked"}]
    for text in texts + row["asked"]:
        if not isinstance(text, str) or not text.strip():
            return "an empty text", None
        if bool(HAN.search(text)) != (language == "zh"):
            return f"not {language}: {text}", None
    if kind != "unanswerable" and len(row["asked"]) < 3:
        return f"only {len(row['asked'])} ways of asking", None
    for text in row["asked"] + ([row["question"]] if kind == "faq" else []):
        key = squeeze(text)
        if key in seen:
            return f"twice: {text}", None
        seen.add(key)
    return None, (kind, language, len(row["asked"]))


def check(path):
    seen, count, wrong = set(), collections.Counter(), []
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            problem, found = check_line(line, seen)
        except (ValueError, KeyError, TypeError) as error:
            problem, found = str(error), None
        if problem:
            wrong.append(f"{path.name}:{n}: {problem}")
        else:
            kind, language, asked = found
            count[kind, language] += asked if kind == "unanswerable" else 1
    wrong += [f"{path.name}: {count[key]} {key[0]} {key[1]}, at least {least}" for key, least in LEAST.items() if count[key] < least]
    print(path.name, *(f"{kind}-{language} {n}" for (kind, language), n in sorted(count.items())), sep="  ")
    return wrong


def main():
    files = [pathlib.Path(f) for f in sys.argv[1:]] or sorted((pathlib.Path(__file__).parent / "companies").glob("*.jsonl"))
    wrong = [w for f in files for w in check(f)]
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
