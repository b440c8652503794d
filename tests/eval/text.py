"""./dev eval text [LINE...] [--views LIST] [--minutes N] [--vectors FILE] [--no-peer]: the lines "Text" of the quality table that classifiers of texts answer.

Each line trains with `zhiyin train` on the training part, or by the same five folds as scikit-learn's StratifiedKFold(5, shuffle, seed 42), and beside it
a character n-gram LinearSVC of scikit-learn on the same rows (when scikit-learn is there: pip install scikit-learn). Duplicates between the parts are
removed and counted. Bars are checked; exit 1 when one is missed. --noise: lines that have a test part are measured once more with 10 % of its
characters swapped (noise.py).
"""
import argparse
import csv
import io
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from conftest import BINARY, DATA  # noqa: E402
import noise  # noqa: E402

MOODS = ["negative", "neutral", "positive"]
NOISE_DROP = .03


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.writer(out)
        table.writerow(["label", "text"])
        table.writerows(rows)
    return path


def chnsenticorp():
    with zipfile.ZipFile(DATA / "chnsenticorp_split" / "chnsenticorp.zip") as packed:
        parts = {name.split("/")[-1][:-4]: [line.split("\t", 1) for line in packed.read(name).decode().splitlines()[1:]]
                 for name in packed.namelist() if name.endswith(".tsv")}
    known = {text for part in ("dev", "test") for _, text in parts[part]}
    seen = {text for _, text in parts["train"]}
    return [row for row in parts["train"] if row[1] not in known], [row for row in parts["test"] if row[1] not in seen]


def shopping():
    with zipfile.ZipFile(DATA / "online_shopping_10_cats" / "online_shopping_10_cats.zip") as packed:
        rows = csv.DictReader(io.StringIO(packed.read(packed.namelist()[0]).decode()))
        return [(row["cat"], row["label"], row["review"]) for row in rows if row["review"].strip()]


def shopping_hotels():
    rows = shopping()
    known = {text for cat, _, text in rows if cat != "酒店"}
    return [(label, text) for cat, label, text in rows if cat != "酒店"], \
        [(label, text) for cat, label, text in rows if cat == "酒店" and text not in known]


def tweets():
    def part(name):
        folder = DATA / "tweeteval_sentiment"
        labels = (folder / f"{name}_labels.txt").read_text().split()
        return [(MOODS[int(label)], text) for label, text in zip(labels, (folder / f"{name}_text.txt").read_text().splitlines())]
    train = part("val")
    known = {text for _, text in train}
    return train, [row for row in part("test") if row[1] not in known]


def banking(part):
    with (DATA / "banking77" / f"{part}.csv").open(encoding="utf-8") as file:
        return [(row["category"], row["text"]) for row in csv.DictReader(file)]


def banking_few(seed, n=10):
    draw, by_label = random.Random(seed), {}
    for label, text in banking("train"):
        by_label.setdefault(label, []).append(text)
    return [(label, text) for label in sorted(by_label) for text in draw.sample(by_label[label], n)], banking("test")


def smp():
    return [(f"{row['domain']}|{row['intent']}", row["text"]) for row in json.loads((DATA / "smp_ecdt" / "train.json").read_text(encoding="utf-8"))]


def bitext():
    def part(name):
        path = DATA / "bitext_intents" / f"Bitext_Sample_Customer_Service_{name}_Dataset.csv"
        with path.open(encoding="utf-8-sig") as file:
            rows = csv.DictReader(file, skipinitialspace=True)
            return [(row["intent"], row[[key for key in row if "utterance" in key][0]]) for row in rows]
    return part("Training"), part("Testing")


# name: (task, where rows come from, measure, bar, aim); rows of one list are cut into folds
LINES = {
    "chnsenticorp": ("sentiment", chnsenticorp, "accuracy", .930, .945),
    "shopping": ("sentiment", lambda: [row[1:] for row in shopping()], "accuracy", .945, .955),
    "shopping-hotels": ("sentiment", shopping_hotels, "accuracy", .88, .90),
    "tweeteval": ("sentiment", tweets, "recall", .685, .71),
    "banking77": ("intent", lambda: (banking("train"), banking("test")), "accuracy", .935, .945),
    "banking77-few": ("intent", lambda: [banking_few(seed) for seed in range(5)], "accuracy", .845, .87),
    "smp": ("intent", smp, "accuracy", .93, .945),
    "bitext": ("intent", bitext, "accuracy", .997, .997),
}


def zhiyin(*args):
    done = subprocess.run([BINARY, *map(str, args), "--json", "--quiet"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"zhiyin {' '.join(map(str, args))}: {done.stderr}")
    return json.loads(done.stdout)


def measure_split(folder, task, train, test, options):
    model = folder / "model.zyc"
    write(folder / "train.csv", train)
    write(folder / "test.csv", test)
    trained = zhiyin("train", task, "--in", folder / "train.csv", "--out", model, *options)
    return {**zhiyin("eval", task, "--model", model, "--in", folder / "test.csv"), "trained": trained["seconds"]}


def measure_noise(folder, task, rows, measure_name):
    """kind: the measure of the model that measure_split() left in the folder, on its test part with characters swapped."""
    train, test = rows
    swapper = noise.Noise([text for _, text in train])
    for kind in (*noise.KINDS, "mixed"):
        write(folder / "noise.csv", zip([label for label, _ in test], swapper.texts([text for _, text in test], kind)))
        yield kind, zhiyin("eval", task, "--model", folder / "model.zyc", "--in", folder / "noise.csv")[measure_name]


def measure(folder, task, rows, options):
    if isinstance(rows, tuple):
        return measure_split(folder, task, *rows, options)
    if isinstance(rows[0][0], list):  # several draws
        draws = [measure_split(folder, task, *draw, options) for draw in rows]
        return {key: sum(d[key] for d in draws) / len(draws) for key in ("accuracy", "recall", "f1_macro", "ece", "trained")} | draws[0]["latency_ms"]
    write(folder / "all.csv", rows)
    done = zhiyin("eval", task, "--in", folder / "all.csv", "--folds", 5, "--seed", 42, *options)
    return {**done, "trained": done["seconds"] / 5}


def peer(rows, measure_name):
    """The same rows under scikit-learn; None where it is not installed."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.metrics import accuracy_score, recall_score
        from sklearn.model_selection import StratifiedKFold
        from sklearn.svm import LinearSVC
    except ImportError:
        return None

    def fit(train, test):
        vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2 if len(train) > 1000 else 1, sublinear_tf=True)
        model = LinearSVC().fit(vectors.fit_transform(text for _, text in train), [label for label, _ in train])
        return list(model.predict(vectors.transform(text for _, text in test)))

    def score(truth, told):
        return accuracy_score(truth, told) if measure_name == "accuracy" else recall_score(truth, told, average="macro")

    if isinstance(rows, tuple):
        return score([label for label, _ in rows[1]], fit(*rows))
    if isinstance(rows[0][0], list):
        return sum(score([label for label, _ in test], fit(train, test)) for train, test in rows) / len(rows)
    truth, told = [label for label, _ in rows], [None] * len(rows)
    for train, test in StratifiedKFold(5, shuffle=True, random_state=42).split(rows, truth):
        for i, label in zip(test, fit([rows[k] for k in train], [rows[k] for k in test])):
            told[i] = label
    return score(truth, told)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", nargs="*", default=list(LINES), metavar="LINE", help=f"of {', '.join(LINES)}")
    parser.add_argument("--views", help="grams, vectors, tuned, or several of them with commas; otherwise what zhiyin train chooses")
    parser.add_argument("--minutes", type=int, default=20, help="for each training by folds and each single one")
    parser.add_argument("--vectors", type=pathlib.Path, help="keeps the encoder's vectors there, so that each text is encoded once in all runs")
    parser.add_argument("--no-peer", action="store_true", help="without scikit-learn beside it")
    parser.add_argument("--noise", action="store_true", help="with characters of the test part swapped, too")
    args = parser.parse_args()
    if not DATA.exists():
        sys.exit(f"{DATA} is not there: ZHIYIN_EVAL_DATA names the folder of data")
    options = ["--minutes", args.minutes, *(["--views", args.views] if args.views else []), *(["--vectors", args.vectors.resolve()] if args.vectors else [])]
    missed = []
    print("| line | rows | measure | zhiyin | scikit-learn | bar (aim) | F1 macro | ECE | train s | ms p50 / p99 |\n|---|---|---|---|---|---|---|---|---|---|")
    for name in args.lines:
        task, load, measure_name, bar, aim = LINES[name]
        rows = load()
        with tempfile.TemporaryDirectory() as folder:
            done = measure(pathlib.Path(folder), task, rows, options)
            swapped = list(measure_noise(pathlib.Path(folder), task, rows, measure_name)) if args.noise and isinstance(rows, tuple) else []
        other = None if args.no_peer else peer(rows, measure_name)
        latency = done.get("latency_ms", done)
        print(f"| {name} | {done.get('n', '5 draws')} | {measure_name} | {done[measure_name]:.4f} | {'-' if other is None else f'{other:.4f}'} | "
              f"{bar} ({aim}) | {done['f1_macro']:.4f} | {done['ece']:.4f} | {done['trained']:.1f} | {latency['p50']:.2f} / {latency['p99']:.2f} |", flush=True)
        missed += [name] if done[measure_name] < bar else []
        for kind, value in swapped:
            print(f"| ... {kind} | | {measure_name} | {value:.4f} | | {done[measure_name] - NOISE_DROP:.4f} | | | | |", flush=True)
            missed += [f"{name}, {kind}"] if value < done[measure_name] - NOISE_DROP else []
    if missed:
        sys.exit(f"below the bar: {', '.join(missed)}")


if __name__ == "__main__":
    start = time.monotonic()
    try:
        main()
    finally:
        print(f"{time.monotonic() - start:.0f} s", file=sys.stderr)
