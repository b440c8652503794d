"""./dev bench messages: how soon a customer's message has its mood and intent while the bot answers it, and what corrections do.

2,000 messages that people wrote (training parts of ../shared/data: restaurant reviews and questions to an assistant in Chinese, a bank's and a shop's
customers in English) go in at --rate a second, ten to a conversation; the bot answers each from the demo company's knowledge. Told for each: the time
from sending until its 201, and until staff's live stream brought the judgement. Then ten messages of one kind are corrected and twenty others of that
kind sent again. --cascade promotes classifiers of n-grams and vectors first, learnt from models/messages: told is then, too, when the encoder's
opinion came, of those messages that waited for it. Prints Markdown tables; --write puts them into docs/measurements.md. --model FILE.gguf lets the bot speak with a model,
--keep FOLDER leaves the store, to be looked at in the console.
"""
import argparse
import collections
import concurrent.futures
import csv
import datetime
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT / "tests")  # and not bench/, where http.py would stand for the http of Python
from conftest import Server, client, make_key, make_store, run, until  # noqa: E402

DATA = pathlib.Path(os.environ.get("ZHIYIN_EVAL_DATA") or ROOT.parent / "shared" / "data")
PER_CHAT, SENDERS, N_CORRECTED, N_AGAIN = 10, 8, 10, 20
KIND, INTENT = "card_arrival", "delivery"  # what a bank's customers ask of a card on its way


def rows_of(path, column, encoding="utf-8-sig"):
    with open(DATA / path, encoding=encoding, newline="") as file:
        return [row[column] for row in csv.DictReader(file)]


def texts():
    """(language, text), so many of each source by a fixed chance, mixed."""
    sources = [
        ("zh", 900, [row["text"] for row in json.loads((DATA / "smp_ecdt/train.json").read_text("utf-8"))]),
        ("zh", 100, [text[:500] for text in rows_of("asap_sample/train_sample.csv", "reviewbody")]),
        ("en", 500, rows_of("banking77/train.csv", "text")),
        ("en", 500, rows_of("bitext_intents/Bitext_Sample_Customer_Service_Training_Dataset.csv", "utterance")),
    ]
    chance = random.Random(6)
    chosen = [(language, text) for language, n, all_texts in sources for text in chance.sample([t for t in all_texts if t.strip()], n)]
    chance.shuffle(chosen)
    return chosen


class Ear:
    """Staff's live stream: when each message's judgement came."""

    def __init__(self, server, key):
        self.server, self.key, self.came, self.last, self.replies, self.ready = server, key, {}, {}, [], threading.Event()
        threading.Thread(target=self.listen, daemon=True).start()
        assert self.ready.wait(10)

    def listen(self):
        with client(self.server, self.key) as http, http.stream("GET", "/api/v1/events", headers={"Accept": "text/event-stream"}, timeout=None) as stream:
            self.ready.set()
            kind = ""
            for line in stream.iter_lines():
                kind = line[7:] if line.startswith("event: ") else kind
                if kind == "judgement" and line.startswith("data: "):
                    judged = json.loads(line[6:])
                    self.came.setdefault(judged["message_id"], (time.monotonic(), judged))
                    self.last[judged["message_id"]] = (time.monotonic(), judged)
                elif kind == "message" and line.startswith("data: ") and (said := json.loads(line[6:]))["role"] == "bot":
                    self.replies.append((time.monotonic(), said["conversation_id"]))


def send_all(server, key, messages, rate):
    """One conversation after the other is begun; a message is due every 1/rate s. Returns [(id, language, sent, stored)]."""
    began = time.monotonic()

    def chat(first):
        sent = []
        with client(server, key) as http:
            number = http.post("/api/v1/conversations", json={"language": messages[first][0]}).json()["id"]
            for i in range(first, min(first + PER_CHAT * SENDERS, len(messages)), SENDERS):
                time.sleep(max(0, began + i / rate - time.monotonic()))
                at = time.monotonic()
                answer = http.post(f"/api/v1/conversations/{number}/messages", json={"text": messages[i][1], "role": "customer"})
                assert answer.status_code == 201, answer.text
                sent.append((answer.json()["message"]["id"] if "message" in answer.json() else answer.json()["id"], messages[i][0], at, time.monotonic(), number))
        return sent

    firsts = [block + lane for block in range(0, len(messages), PER_CHAT * SENDERS) for lane in range(min(SENDERS, len(messages) - block))]
    with concurrent.futures.ThreadPoolExecutor(SENDERS) as pool:
        return [row for rows in pool.map(chat, firsts) for row in rows]


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p))] * 1000


def measure(server, key, rate):
    ear = Ear(server, key)
    warm = send_all(server, key, [("zh", "你好"), ("en", "hello")], 1)
    until(lambda: all(row[0] in ear.came for row in warm), 60)
    sent = send_all(server, key, texts(), rate)
    until(lambda: all(row[0] in ear.came for row in sent), 120)
    until(lambda: all("~" not in ear.last[row[0]][1]["version"] for row in sent), 600)
    lines = ["| messages | stored: p50, ms | p99, ms | mood and intent: p50, ms | p99, ms | most, ms |", "|---|---|---|---|---|---|"]
    for language in ("zh", "en", "all"):
        some = [row for row in sent if language in (row[1], "all")]
        stored, judged = [row[3] - row[2] for row in some], [ear.came[row[0]][0] - row[2] for row in some]
        lines.append(f"| {len(some)} {language} | {percentile(stored, .5):.1f} | {percentile(stored, .99):.1f} | {percentile(judged, .5):.1f} |"
                     f" {percentile(judged, .99):.1f} | {max(judged) * 1000:.1f} |")
    moods = collections.Counter(ear.came[row[0]][1]["mood"] for row in sent)
    with client(server, key) as http:
        bot = sum(message["role"] == "bot" for n in {row[4] for row in sent} for message in http.get(f"/api/v1/conversations/{n}").json()["messages"])
    replied = [at - max(row[2] for row in sent if row[4] == number and row[2] <= at) for at, number in ear.replies if any(row[4] == number for row in sent)]
    lines.append(f"\nThe bot's reply was on the stream after p50 {percentile(replied, .5):.1f} ms, p99 {percentile(replied, .99):.1f} ms.")
    unsure = [row for row in sent if ear.last[row[0]][1] is not ear.came[row[0]][1]]
    if unsure:
        waited = [ear.last[row[0]][0] - row[2] for row in unsure]
        new_moods = sum(ear.last[row[0]][1]["mood"] != ear.came[row[0]][1]["mood"] for row in unsure)
        new_intents = sum(ear.last[row[0]][1]["intent"] != ear.came[row[0]][1]["intent"] for row in unsure)
        lines.append(f"{len(unsure)} messages waited for the encoder, p50 {percentile(waited, .5) / 1000:.2f} s, p99 {percentile(waited, .99) / 1000:.2f} s,"
                     f" most {max(waited):.2f} s; of these it changed the mood {new_moods} times, the intent {new_intents} times.")
    lines.append(f"\n{', '.join(f'{n} {mood}' for mood, n in moods.most_common())}; the bot sent {bot} messages meanwhile.")
    return "\n".join(lines), ear


def promote_cascades(store, folder):
    rows = [json.loads(line) for file in sorted((ROOT / "models" / "messages").glob("*.jsonl")) for line in file.read_text("utf-8").splitlines()]
    for task, member in (("sentiment", "mood"), ("intent", "intent")):
        (folder / f"{task}.jsonl").write_text("\n".join(json.dumps({"text": row["text"], "label": row[member]}) for row in rows))
        run("train", task, "--in", folder / f"{task}.jsonl", "--out", folder / f"{task}.zyc", "--views", "grams,vectors", "--vectors", folder / "vectors", timeout=1200)
        run("model", "add", folder / f"{task}.zyc", "--data", store)
        run("model", "promote", f"{task}@1", "--data", store)


def correct(server, key, ear):
    """How often the kind has the intent, before and after ten corrections."""
    asked = [text for text, kind in zip(rows_of("banking77/train.csv", "text"), rows_of("banking77/train.csv", "category")) if kind == KIND]
    shown, again = asked[:N_CORRECTED], asked[N_CORRECTED:N_CORRECTED + N_AGAIN]

    def share(some):
        sent = send_all(server, key, [("en", text) for text in some], 20)
        until(lambda: all("~" not in ear.last.get(row[0], (0, {"version": "~"}))[1]["version"] for row in sent), 60)
        return sent, sum(ear.last[row[0]][1]["intent"] == INTENT for row in sent)

    sent, _ = share(shown)
    _, before = share(again)
    with client(server, key) as http:
        for row in sent:
            answer = http.put(f"/api/v1/conversations/{row[4]}/messages/{row[0]}/judgement", json={"intent": INTENT})
            assert answer.status_code == 200, answer.text
    time.sleep(3)
    _, after = share(again)
    return f"\nTen questions for a card on its way were corrected to *{INTENT}*; of {N_AGAIN} others, {before} were judged so before, {after} after."


def main():
    options = argparse.ArgumentParser(prog="./dev bench messages", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rate", type=float, default=20)
    options.add_argument("--model", default="none", help="FILE.gguf (none)")
    options.add_argument("--keep", type=pathlib.Path, help="a folder for the store")
    options.add_argument("--cascade", action="store_true", help="promote classifiers that ask the encoder where n-grams are not sure")
    options.add_argument("--write", action="store_true")
    arguments = options.parse_args()
    if not DATA.is_dir():
        raise SystemExit(f"the messages are not here: {DATA} (ZHIYIN_EVAL_DATA tells another place)")
    with tempfile.TemporaryDirectory() as folder:
        store = make_store((arguments.keep or pathlib.Path(folder)) / "data")
        for file in [*sorted((ROOT / "demo" / "policies").glob("*.md")), *sorted((ROOT / "demo").glob("faq.*.csv"))]:
            run("kb", "add", file, "--data", store, "--quiet")
        if arguments.cascade:
            promote_cascades(store, pathlib.Path(folder))
        key = make_key(store)
        server = Server(store, "--model", arguments.model, env={"ZHIYIN_JUDGE": "yes"}).start()
        try:
            table, ear = measure(server, key, arguments.rate)
            table += correct(server, key, ear)
        finally:
            server.stop()
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    text = (f"{datetime.date.today()}, {os.cpu_count()} cores, load before it {LOAD:.1f}, commit {commit}, {arguments.rate:.0f} messages a second, "
            f"model {pathlib.Path(arguments.model).stem}, one run, `./dev bench messages{' --cascade' * arguments.cascade}`\n\n{table}")
    print(text)
    if arguments.write:
        path = ROOT / "docs" / "measurements.md"
        head, rest = path.read_text().split("<!-- bench messages -->", 1)
        path.write_text(head + "<!-- bench messages -->\n" + text + "\n<!-- end -->" + rest.split("<!-- end -->", 1)[1])


LOAD = os.getloadavg()[0]
if __name__ == "__main__":
    main()
