"""./dev eval names [LINE...] [--views LIST] [--seed N]: named entities, as the line "entities" of the quality table has it.

Each line learns from the training part (`zhiyin train ner`) by characters and words alone and with the encoder's vectors, and is measured on the
other part: exact span and type. Bars are checked; exit 1 when one is missed.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from conftest import BINARY, DATA  # noqa: E402

LINES = {"cluener dev": ("cluener/train.jsonl", "cluener/dev.jsonl", {"grams": .71, "grams,vectors": .74}),
         "resume_ner test": ("resume_ner/train.char.bmes", "resume_ner/test.char.bmes", {"grams": .93, "grams,vectors": .945})}


def zhiyin(*args):
    done = subprocess.run([BINARY, *map(str, args), "--json"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("lines", nargs="*", help=f"of {', '.join(LINES)}; all without any")
    options.add_argument("--views", action="append", choices=["grams", "grams,vectors"], help="both without it")
    options.add_argument("--seed", type=int, default=1)
    arguments = options.parse_args()
    fine = True
    print("| data | views | precision | recall | F1 (95 %) | bar | learnt in, s | ms a text: p50 | characters/s |\n|---|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "names.zyn"
        for name in arguments.lines or LINES:
            learnt, measured, bars = LINES[name]
            for views in arguments.views or bars:
                made = zhiyin("train", "ner", "--in", DATA / learnt, "--out", model, "--views", views, "--seed", arguments.seed, "--minutes", 60)
                told = zhiyin("eval", "ner", "--model", model, "--in", DATA / measured)
                low, high = told["ci95"]["f1"]
                fine = fine and told["f1"] >= bars[views]
                print(f"| {name}, {told['n']:,} texts | {views} | {told['precision']:.3f} | {told['recall']:.3f} | {told['f1']:.3f} [{low:.3f}, {high:.3f}] |"
                      f" {bars[views]} | {made['seconds']:.0f} | {told['latency_ms']['p50']:.2f} | {told['characters_per_second']:,.0f} |", flush=True)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
