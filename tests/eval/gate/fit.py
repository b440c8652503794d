"""Calibrates the gate: python3 tests/eval/gate/fit.py [--write] FEATURES ENCODER

FEATURES is the program `gate-features` (ninja -C build/release gate-features), ENCODER the encoder's weights. Needs numpy and
scikit-learn. For each company, and for the tuning half of the demo's questions, a store is made with the real program and the
program's own features are read, so what is fitted here is what the gate computes. A logistic regression tells whether the best
article is a right one. Printed: the honest figures, each company judged by weights fitted on the others and by the threshold
that refuses REFUSED of their unanswerable questions. --write: src/bot/gate_weights.def, fitted on all.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parents[2]
sys.path.insert(0, str(FOLDER.parent))
import ask  # noqa: E402

TARGET = ROOT / "src" / "bot" / "gate_weights.def"
REGULARISATION = .3
REFUSED = .82       # of the unanswerable, at the threshold to answer
STEP_ASIDE = .35    # of the unanswerable, below the threshold to ask back
ALL = ["COSINE", "COSINE_MARGIN", "MARGIN", "COVERAGE", "TITLE", "REVERSE", "BOTH_WAYS", "UNKNOWN", "WORDS", "WORDS_MARGIN", "CHINESE"]
USED = {
    "vectors": ["COSINE", "COVERAGE", "REVERSE", "WORDS"],
    "words": ["COVERAGE", "TITLE", "REVERSE", "BOTH_WAYS", "UNKNOWN", "WORDS", "WORDS_MARGIN", "CHINESE"],
}


def features(program, encoder, name):
    with tempfile.TemporaryDirectory() as folder:
        files, questions = ask.demo("tune") if name == "demo" else ask.company(name)
        store = ask.make_store(pathlib.Path(folder) / "data")
        ask.run("kb", "add", *files, "--data", store, "--quiet", timeout=1800)
        lines = "".join(q["question"].replace("\n", " ") + "\n" for q in questions)
        done = subprocess.run([program, store, encoder], input=lines, capture_output=True, text=True, check=True)
        titles = {f.name: ask.heading(f) for f in files if f.suffix == ".md"}
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    for row, q in zip(rows, questions, strict=True):
        wanted = {titles.get(w, w) for w in q.get("articles") or [q.get("article")]} if q["kind"] == "answerable" else set()
        row |= {"kind": q["kind"], "wanted": wanted}
    return rows


def table(rows, view):
    """n x features, whether the best article is right, kinds."""
    x = np.array([[row[view][f] for f in USED[view]] for row in rows])
    return x, np.array([row[view]["title"] in row["wanted"] for row in rows]), np.array([row["kind"] for row in rows])


def fit(x, y):
    scaler = StandardScaler().fit(x)
    model = LogisticRegression(C=REGULARISATION, max_iter=5000).fit(scaler.transform(x), y)
    weights = model.coef_[0] / scaler.scale_
    return weights, model.intercept_[0] - weights @ scaler.mean_


def probability(model, x):
    return 1 / (1 + np.exp(-(x @ model[0] + model[1])))


def left_out(sets, view):
    """Probability of each question of each set, by weights fitted on the others; the threshold of those others."""
    result = {}
    for name, rows in sets.items():
        others = [table(r, view) for n, r in sets.items() if n != name]
        x, y, kinds = (np.concatenate(part) for part in zip(*others))
        model = fit(x, y)
        threshold = np.quantile(probability(model, x)[kinds == "unanswerable"], REFUSED)
        result[name] = probability(model, table(rows, view)[0]), threshold
    return result


def report(sets, view):
    print(f"\n{view}, left out company by company\n| set | first | answered | refused | threshold |\n|---|---|---|---|---|")
    judged, everything = left_out(sets, view), []
    for name, rows in sets.items():
        _, right, kinds = table(rows, view)
        p, threshold = judged[name]
        can, cannot = kinds == "answerable", kinds == "unanswerable"
        everything.append((p, right, kinds))
        print(f"| {name} | {right[can].mean():.3f} | {(right & (p >= threshold))[can].mean():.3f} | {(p < threshold)[cannot].mean():.3f} | {threshold:.3f} |")
    p, right, kinds = (np.concatenate(part) for part in zip(*everything))
    cannot = kinds == "unanswerable"
    thresholds = {}
    for refused in (.75, REFUSED, .85, .9):
        t = thresholds[refused] = np.quantile(p[cannot], refused)
        print(f"all, {refused:.2f} refused: answered {(right & (p >= t))[kinds == 'answerable'].mean():.3f} at {t:.3f}")
    return thresholds[REFUSED], np.quantile(p[cannot], STEP_ASIDE)


def write(sets, thresholds):
    models = {}
    for view in USED:
        x, y, _ = (np.concatenate(part) for part in zip(*(table(r, view) for r in sets.values())))
        weights, bias = fit(x, y)
        models[view] = dict(zip(USED[view], weights), ONE=bias)
    lines = ["/* Written by tests/eval/gate/fit.py: feature, weight with vectors, weight by words alone; thresholds. */"]
    for key, value in zip(["GATE_ANSWER_FROM", "GATE_CLARIFY_FROM", "GATE_WORDS_ANSWER_FROM", "GATE_WORDS_CLARIFY_FROM"],
                          [*thresholds["vectors"], *thresholds["words"]]):
        lines.append(f"#define {key} {value:.3f}")
    lines += [f"GATE({f}, {models['vectors'].get(f, 0):.5f}, {models['words'].get(f, 0):.5f})" for f in ["ONE", *ALL]]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--write", action="store_true")
    options.add_argument("program")
    options.add_argument("encoder")
    arguments = options.parse_args()
    names = sorted(p.name for p in FOLDER.iterdir() if (p / "kb.csv").exists()) + ["demo"]
    sets = {name: features(arguments.program, arguments.encoder, name) for name in names}
    thresholds = {view: report(sets, view) for view in USED}
    near = [(row["near"], row["wanted"]) for rows in sets.values() for row in rows if row["near"]]
    print(f"\nnearly a title: {len(near)} questions, {sum(n in w for n, w in near)} of them right")
    if arguments.write:
        write(sets, thresholds)


if __name__ == "__main__":
    main()
