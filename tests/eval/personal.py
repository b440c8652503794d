"""./dev eval personal: personal data found, token by token, on presidio_synth; rules were tuned on templates with an even number, the
figures that count are of the others. Then seeded valid Chinese numbers, and order numbers that must raise no alarm (--orders N)."""
import argparse
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import time

BAR_F2 = .85
KINDS_OF_NUMBERS = {"phone", "chinese_id", "credit_code", "card"}
BINARY = os.environ["ZHIYIN"]
NOW = "2026-11-25T10:00:00Z"


def extract(texts):
    """Lists of (start, end, type, confidence) of each text."""
    lines = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    done = subprocess.run([BINARY, "extract", "--in", "-", "--now", NOW, "--quiet"], input=lines, capture_output=True, text=True, check=True)
    rows = []
    for line in done.stdout.splitlines():
        row = json.loads(line)
        rows.append([(v["start"], v["end"], v["type"], v["confidence"]) for value in row.values() if isinstance(value, list) for v in value])
    assert len(rows) == len(texts)
    return rows


# How many of something is nobody's personal data.
IMPERSONAL = {"money", "quantity", "people_count", "order", "duration", "product"}


def score(samples, spans, show=0):
    """Tokens are words and signs; one counts as personal when a span covers its first character."""
    hit = missed = false = 0
    by_type = {}
    for sample, found in zip(samples, spans):
        text = sample["full_text"]
        told = [(s["start_position"], s["end_position"], s["entity_type"]) for s in sample["spans"]]
        found = [s for s in found if s[2] not in IMPERSONAL]
        for token in re.finditer(r"\w+|[^\w\s]", text):
            at = token.start()
            truth = next((t for s, e, t in told if s <= at < e), None)
            guess = next((t for s, e, t, _ in found if s <= at < e), None)
            if truth:
                row = by_type.setdefault(truth, [0, 0])
                row[0 if guess else 1] += 1
            hit += bool(truth and guess)
            missed += bool(truth and not guess)
            false += bool(guess and not truth)
            if show and bool(truth) != bool(guess):
                print(f"{'missed' if truth else 'false '} {truth or guess:16} {token.group()!r} in {text[max(0, at - 40):at + 40]!r}")
                show -= 1
    precision, recall = hit / max(1, hit + false), hit / max(1, hit + missed)
    f2 = 5 * precision * recall / max(1e-9, 4 * precision + recall)
    return precision, recall, f2, by_type


def luhn(digits):
    total = sum(sum(divmod(int(c) * (1 + i % 2), 10)) for i, c in enumerate(reversed(digits + "0")))
    return digits + str(-total % 10)


def mobile(r):
    return "1" + r.choice("3456789") + "".join(r.choices("0123456789", k=9))


def identity(r):
    head = f"{r.choice([11, 31, 44, 51, 33])}{r.randrange(100, 999):04d}{r.randrange(1940, 2015)}{r.randrange(1, 13):02d}{r.randrange(1, 29):02d}{r.randrange(1000):03d}"
    weights = [pow(2, 17 - i, 11) for i in range(17)]
    return head + "10X98765432"[sum(w * int(c) for w, c in zip(weights, head)) % 11]


def credit_code(r):
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    head = "91" + f"{r.choice([110000, 310000, 440300, 510100])}" + "".join(r.choices(alphabet, k=9))
    return head + alphabet[-sum(alphabet.index(c) * pow(3, i, 31) for i, c in enumerate(head)) % 31]


def card(r):
    head, length = r.choice([("62", 19), ("62", 16), ("4", 16), ("51", 16), ("6228", 19), ("37", 15)])
    return luhn(head + "".join(r.choices("0123456789", k=length - len(head) - 1)))


SEEDED = {"phone": mobile, "chinese_id": identity, "credit_code": credit_code, "card": card}
FRAMES = ["{}", "我的号码是{}，谢谢", "号码：{}", "please note {} thanks", "（{}）"]


def seeded(n):
    r = random.Random(6)
    failures = 0
    for kind, make in SEEDED.items():
        values = [make(r) for _ in range(n)]
        found = extract([r.choice(FRAMES).format(v) for v in values])
        missed = [v for v, spans in zip(values, found) if kind not in {s[2] for s in spans}]
        print(f"  {kind:12} {n - len(missed)} of {n}" + (f", not {missed[:3]}" if missed else ""))
        failures += len(missed)
    return failures


def order_numbers(n):
    """The forms that shops give out: date and serial, letters and digits, plain serials; named as what they are, or bare where the form
    itself has a letter."""
    r = random.Random(7)
    alarms = 0
    for begin in range(0, n, 50000):
        texts = []
        for _ in range(min(50000, n - begin)):
            day = f"{r.randrange(2020, 2027)}{r.randrange(1, 13):02d}{r.randrange(1, 29):02d}"
            number = r.choice([f"{day}{r.randrange(10**6):06d}", f"{day}{r.randrange(10**8):08d}", f"{r.randrange(10**10, 10**11)}",
                               f"{r.randrange(10**15, 10**16)}", f"{r.randrange(10**17, 10**18)}", f"{r.randrange(10**18, 10**19)}"])
            texts.append(r.choice([f"订单号{number}什么时候发货", f"订单编号：{number}", f"Order number {number} has not arrived", f"my order #{number}",
                                   f"SO{number}", f"快递单号 {number}", f"DD-{number}"]))
        found = extract(texts)
        for text, spans in zip(texts, found):
            bad = [s for s in spans if s[2] in KINDS_OF_NUMBERS]
            alarms += bool(bad)
            if bad and alarms <= 5:
                print("  false alarm:", text, bad)
    print(f"  {alarms} false alarms in {n} order numbers")
    return alarms


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--show", type=int, default=0, help="print so many errors of the tuning half")
    options.add_argument("--orders", type=int, default=100000)
    options.add_argument("--tune", action="store_true", help="the tuning half only")
    args = options.parse_args()
    data = pathlib.Path(os.environ["ZHIYIN_EVAL_DATA"]) / "presidio_synth" / "synth_dataset_v2.json"
    if not data.exists():
        sys.exit(f"{data} is missing")
    samples = json.loads(data.read_text())
    failed = False
    for name, half in (("tuned on", 0), ("never seen", 1))[:1 if args.tune else 2]:
        part = [s for s in samples if s["template_id"] % 2 == half]
        begin = time.monotonic()
        spans = extract([s["full_text"] for s in part])
        seconds = time.monotonic() - begin
        precision, recall, f2, by_type = score(part, spans, args.show if half == 0 else 0)
        print(f"personal data, {name}: {len(part)} texts, precision {precision:.3f}, recall {recall:.3f}, F2 {f2:.3f}; {len(part) / seconds:.0f} texts/s")
        print("  recall by type: " + ", ".join(f"{t} {a / (a + b):.2f}" for t, (a, b) in sorted(by_type.items())))
        failed |= half == 1 and f2 < BAR_F2
    if not args.tune:
        print("seeded valid numbers:")
        failed |= seeded(2000) > 0
        failed |= order_numbers(args.orders) > 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
