"""./dev bench chat: the local model beside llama-server, which is built from the same source, on the same prompts in the same run.

engine  First token of a prompt of about 600 tokens, cold and with its first 580 known; tokens a second of 1 and of 4 texts at once;
        CPU ms per token (of the model's process alone).
path    A visitor's question over HTTP until the whole answer is there, by `zhiyin serve` with retrieval, checks, stream and store,
        beside the same prompt and as many tokens straight from llama-server; 1 and 4 at once.
crowd   50 visitors ask at once: how each was answered, and when.
reads   One contact read at about 800 requests a second, without and with four visitors chatting.

Turns are taken run by run, so that all see the same neighbours. Prints Markdown tables; --write puts them into docs/measurements.md.
"""
import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import random
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT / "tests")  # and not bench/, where http.py would stand for the http of Python
import httpx  # noqa: E402
from conftest import Server, client, free_port, make_key, make_store, run, until  # noqa: E402
from llmd_link import DONE, FAILED, PIECE, LlmdLink, done_figures  # noqa: E402

MODELS = pathlib.Path(os.environ.get("ZHIYIN_MODELS") or pathlib.Path.home() / ".cache/zhiyin/models")
SERVER = ROOT / "build/deps/llama-server-build/bin/llama-server"
WORDS = ("the customer asked about order delivery refund invoice account number late address phone price service support agent please "
         "check today week contract renewal discount meeting product quality return payment card bank").split()
FIXED, TAIL, TOKENS = 580, 20, 128
N_CROWD, READ_SECONDS, READ_CONNECTIONS = 50, 5, 16
QUESTIONS = [
    ("zh", "我的积分到账以后多久会清零"), ("zh", "家具安装要花多少钱，几天上门"), ("zh", "订单发货以后还能改收货地址吗"), ("zh", "发票抬头写错了怎么重开"),
    ("en", "how much is it to have a gift wrapped"), ("en", "when does production of a bulk order start"),
    ("en", "for how many years are spare parts of lamps kept"), ("en", "which days is your showroom in Suzhou open")]
DOCUMENT = """# 会员与配送

## 积分有效期
每笔积分自到账起 24 个月有效，在到期当月最后一天清零，到期前 30 天提醒。退回的积分沿用原有效期。

## 上门安装
家具签收后 48 小时内可以预约安装，安装师傅 3 天内上门，安装费每件 80 元，拆旧另收 50 元。

## 修改地址
发货前可以在订单页修改收货地址，每个订单限改 2 次；发货后请联系快递改派，改派费 10 元由顾客承担。

## 发票抬头
电子发票在签收后 1 天内发到邮箱，抬头写错可以在 30 天内申请重开，纸质发票另收邮费 12 元。

## Gift wrapping
Gift wrapping costs 15 yuan per box and takes one more day. The card may hold up to 60 words, and the price list is left out of the parcel.

## Bulk orders
Orders of 20 pieces or more are bulk orders. They get a quotation within 2 working days, and a deposit of 30% starts production.

## Spare parts
Spare parts for lamps are kept for 5 years after a model has been discontinued. They are sent within 4 days for a fee of 18 yuan.

## Showroom visits
The showroom in Suzhou is open from Tuesday to Sunday, 10:00 to 18:00. Visits of more than 8 people are booked 3 days ahead.
"""


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def words(chance, n):
    return " ".join(chance.choice(WORDS) for _ in range(n)) + " "


class Ours:
    name = "zhiyin llmd"

    def __init__(self, model):
        self.link = LlmdLink(model)
        self.pid, self.number = self.link.process.pid, 0

    def ask_all(self, prompts, tokens):
        """Asks all at once; for each (seconds to the first piece, tokens of the prompt, cached, generated)."""
        began, first, figures = time.monotonic(), {}, {}
        numbers = range(self.number, self.number + len(prompts))
        self.number += len(prompts)
        for number, (fixed, text) in zip(numbers, prompts):
            self.link.ask(number, text.encode(), tokens, fixed=fixed.encode())
        while len(figures) < len(prompts):
            kind, body = self.link.hear()
            number = int.from_bytes(body[:4], "little")
            if kind == PIECE:
                first.setdefault(number, time.monotonic() - began)
            elif kind == DONE:
                figures[number] = done_figures(body)
            elif kind == FAILED or kind is None:
                raise SystemExit(f"llmd: {body!r}")
        return [(first.get(number, 0), *figures[number]) for number in numbers]

    def end(self):
        self.link.end()


class Theirs:
    def __init__(self, model, n_threads, *more):
        self.name = f"llama-server, {n_threads} thread{'s' if n_threads > 1 else ''}"
        self.url = f"http://127.0.0.1:{free_port()}"
        port = self.url.rsplit(":", 1)[1]
        self.process = subprocess.Popen(["nice", "-n", "5", SERVER, "-m", model, "-t", str(n_threads), "-tb", str(n_threads), "-np", "4", "-c", "16384",
                                         "--host", "127.0.0.1", "--port", port, "--no-kv-unified", *more],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        until(self.is_ready, 120)

    def is_ready(self):
        if self.process.poll() is not None:
            raise SystemExit(f"llama-server ended with {self.process.returncode}")
        try:
            return httpx.get(self.url + "/health", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def ask(self, prompt, tokens, **more):
        body = {"prompt": prompt, "n_predict": tokens, "stream": True, "cache_prompt": True, "temperature": 0, **more}
        began, first, last = time.monotonic(), 0, {}
        with httpx.stream("POST", self.url + "/completion", json=body, timeout=300) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    first = first or time.monotonic() - began
                    last = json.loads(line[6:])
        timings = last["timings"]
        return first, timings["prompt_n"] + timings.get("cache_n", 0), timings.get("cache_n", 0), timings["predicted_n"]

    def ask_all(self, prompts, tokens):
        with concurrent.futures.ThreadPoolExecutor(len(prompts)) as pool:
            return list(pool.map(lambda prompt: self.ask(prompt[0] + prompt[1], tokens), prompts))

    def end(self):
        self.process.terminate()
        self.process.wait(30)


def first_tokens(engine, chance):
    """Cold, then three tails behind the same beginning."""
    fixed = words(chance, FIXED)
    cold = engine.ask_all([(fixed, words(chance, TAIL))], 4)[0]
    warm = [engine.ask_all([(fixed, words(chance, TAIL))], 4)[0] for _ in range(3)]
    return {"cold": cold[0], "warm": statistics.median(w[0] for w in warm), "prompt": cold[1], "cached": warm[-1][2]}


def generation(engine, chance, n):
    prompts = [("", words(chance, 30)) for _ in range(n)]
    cpu, began = cpu_seconds(engine.pid), time.monotonic()
    n_tokens = sum(answer[3] for answer in engine.ask_all(prompts, TOKENS))
    seconds = time.monotonic() - began
    return {"per_second": n_tokens / seconds, "cpu_ms": (cpu_seconds(engine.pid) - cpu) * 1000 / n_tokens, "tokens": n_tokens}


def measure(engines, n_runs):
    rows = {engine.name: {"first": [], 1: [], 4: []} for engine in engines}
    for engine in engines:
        engine.ask_all([("", words(random.Random(0), 40))], 8)
    for run in range(n_runs):
        for engine in engines if run % 2 == 0 else engines[::-1]:
            rows[engine.name]["first"].append(first_tokens(engine, random.Random(run + 1)))
            for n in (1, 4):
                rows[engine.name][n].append(generation(engine, random.Random(100 * run + n), n))
    return rows


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def engine_table(engines, rows):
    lines = ["| | prompt tokens | first token cold, s | warm, s | tokens/s, 1 | tokens/s, 4 at once | CPU ms/token, 1 | 4 | most memory, MB |",
             "|---|---|---|---|---|---|---|---|---|"]
    for engine in engines:
        r = rows[engine.name]
        lines.append(f"| {engine.name} | {median(r['first'], 'prompt'):.0f} | {median(r['first'], 'cold'):.2f} | {median(r['first'], 'warm'):.3f} |"
                     f" {median(r[1], 'per_second'):.1f} | {median(r[4], 'per_second'):.1f} | {median(r[1], 'cpu_ms'):.1f} |"
                     f" {median(r[4], 'cpu_ms'):.1f} | {memory_mb(engine.pid):.0f} |")
    return "\n".join(lines)


def engine_part(arguments):
    engines = [Ours(arguments.model), *(Theirs(arguments.model, n) for n in arguments.threads)]
    try:
        rows = measure(engines, arguments.runs)
        return engine_table(engines, rows), rows
    finally:
        for engine in engines:
            engine.end()


# ---- the whole path --------------------------------------------------------------------------------------------------------

class Company:
    """`zhiyin serve` with the model and a document that answers QUESTIONS."""

    def __init__(self, folder, model):
        store = make_store(folder / "data")
        (folder / "help.md").write_text(DOCUMENT, encoding="utf-8")
        run("kb", "add", folder / "help.md", "--data", store, "--quiet")
        self.key = make_key(store)
        self.server = Server(store, "--model", model, "--llm-idle-seconds", "0").start()
        until(lambda: any(event["event"] == "model_linked" for event in self.server.events()), 60)

    def cpu(self):
        return sum(cpu_seconds(pid) for pid in [self.server.process.pid, *self.server.children()])

    def visit(self, question):
        """A visitor's question: seconds to the first word on the stream and to the whole answer, and what the model was asked."""
        language, text = question
        with client(self.server, self.key) as http:
            chat = http.post("/api/v1/conversations", json={"language": language}).json()["id"]
            with http.stream("GET", f"/api/v1/conversations/{chat}/events") as stream:
                began, first = time.monotonic(), 0
                with client(self.server, self.key) as other:
                    other.post(f"/api/v1/conversations/{chat}/messages", json={"text": text, "role": "customer"})
                kind = ""
                for line in stream.iter_lines():
                    kind = line[7:] if line.startswith("event: ") else kind
                    data = json.loads(line[6:]) if line.startswith("data: ") else {}
                    if kind == "token" and not first:
                        first = time.monotonic() - began
                    if kind == "message" and data.get("role") == "bot":
                        break
                seconds = time.monotonic() - began
            why = http.get(f"/api/v1/conversations/{chat}/messages/{data['id']}/why").json()
        return {"seconds": seconds, "first": first or seconds, "path": data["path"], "passage": why["passages"][0], "call": why.get("model_call", {}),
                "question": question}

    def ask_all(self, questions):
        with concurrent.futures.ThreadPoolExecutor(len(questions)) as pool:
            return list(pool.map(self.visit, questions))

    def end(self):
        self.server.stop()


def prompt_of(visit):
    """The prompt that the server has made of it, with other marks: the same words, and as many tokens."""
    language, question = visit["question"]
    folder, mark = ROOT / "prompts" / "answer", secrets.token_hex(4)
    passage = " ".join(f"{visit['passage'].get('heading') or visit['passage']['title']}\n{visit['passage']['passage']}".split())
    frame = (folder / f"{language}.input").read_text(encoding="utf-8").rstrip()
    return ((folder / f"{language}.txt").read_text(encoding="utf-8"), frame.replace("{mark}", mark).replace("{passages}", passage).replace("{question}", question))


def by_server(theirs, visits):
    """The same prompts, and as many tokens, straight from llama-server."""
    def one(visit):
        fixed, text = prompt_of(visit)
        began = time.monotonic()
        first, *_ = theirs.ask(fixed + text, visit["call"]["completion_tokens"], ignore_eos=True)
        return {"first": first, "seconds": time.monotonic() - began}

    with concurrent.futures.ThreadPoolExecutor(len(visits)) as pool:
        return list(pool.map(one, visits))


def path_once(company, theirs, n, rows):
    for at in range(0, len(QUESTIONS), n):
        cpu = company.cpu(), cpu_seconds(theirs.pid)
        visits = [visit for visit in company.ask_all(QUESTIONS[at:at + n]) if visit["call"].get("completion_tokens")]
        if not visits:
            continue
        answers = by_server(theirs, visits)
        spent = company.cpu() - cpu[0], cpu_seconds(theirs.pid) - cpu[1]
        tokens = sum(visit["call"]["completion_tokens"] for visit in visits)
        rows.append({"tokens": tokens, "ours": max(v["seconds"] for v in visits), "theirs": max(a["seconds"] for a in answers),
                     "first": statistics.median(v["first"] for v in visits), "their_first": statistics.median(a["first"] for a in answers),
                     "cpu": spent[0] * 1000 / tokens, "their_cpu": spent[1] * 1000 / tokens})


def path_part(arguments):
    with tempfile.TemporaryDirectory() as folder:
        company = Company(pathlib.Path(folder), arguments.model)
        theirs = Theirs(arguments.model, arguments.threads[0], "--swa-full")  # without it, it computes most of each prompt anew
        try:
            rows = {1: [], 4: []}
            for n in (1, 4):
                path_once(company, theirs, n, [])  # warms both
            for _ in range(arguments.runs):
                for n in (1, 4):
                    path_once(company, theirs, n, rows[n])
        finally:
            company.end()
            theirs.end()
    lines = ["| visitors at once | answers | tokens each | whole answer, s | llama-server | ratio | first word, s | llama-server | CPU ms/token | llama-server |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for n, r in rows.items():
        ratio = statistics.median(row["ours"] / row["theirs"] for row in r)
        lines.append(f"| {n} | {len(r) * n} | {statistics.mean(row['tokens'] for row in r) / n:.0f} | {median(r, 'ours'):.2f} | {median(r, 'theirs'):.2f} | {ratio:.2f} |"
                     f" {median(r, 'first'):.2f} | {median(r, 'their_first'):.2f} | {median(r, 'cpu'):.1f} | {median(r, 'their_cpu'):.1f} |")
    return "\n".join(lines), rows


# ---- a crowd, and reads beside it ------------------------------------------------------------------------------------------

def crowd_part(arguments):
    with tempfile.TemporaryDirectory() as folder:
        company = Company(pathlib.Path(folder), arguments.model)
        try:
            company.ask_all(QUESTIONS[:4])
            visits = company.ask_all([QUESTIONS[i % len(QUESTIONS)] for i in range(N_CROWD)])
        finally:
            company.end()
    lines = ["| answered | how many | first, s | median, s | last, s |", "|---|---|---|---|---|"]
    for path in sorted({visit["path"] for visit in visits}):
        seconds = [visit["seconds"] for visit in visits if visit["path"] == path]
        lines.append(f"| {path} | {len(seconds)} | {min(seconds):.2f} | {statistics.median(seconds):.2f} | {max(seconds):.2f} |")
    return "\n".join(lines), visits


class Chats:
    """Four visitors who ask one question after the other until it is enough."""

    def __init__(self, company):
        self.company, self.enough = company, threading.Event()
        self.pool = [threading.Thread(target=self.chat, args=(i,), daemon=True) for i in range(4)]

    def chat(self, i):
        while not self.enough.is_set():
            self.company.visit(QUESTIONS[i % len(QUESTIONS)])
            i += 1

    def __enter__(self):
        for thread in self.pool:
            thread.start()
        time.sleep(1)  # all are at it

    def __exit__(self, *_):
        self.enough.set()
        for thread in self.pool:
            thread.join()


def milliseconds(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def read_contacts(company, contact):
    """Each connection waits about 20 ms between two requests: the server has time left, as in life."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        lua.write("function delay() return math.random(10, 30) end\n")
        lua.flush()
        out = subprocess.run(["wrk", "-t1", f"-c{READ_CONNECTIONS}", f"-d{READ_SECONDS}s", "--latency", "-s", lua.name, "-H", f"Authorization: Bearer {company.key}",
                              f"{company.server.url}/api/v1/contacts/{contact}"], capture_output=True, text=True, check=True).stdout
    return {"p50": milliseconds(re.search(r"(?m)^\s+50%\s+(\S+)", out)[1]), "p99": milliseconds(re.search(r"(?m)^\s+99%\s+(\S+)", out)[1]),
            "per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])}


def reads_part(arguments):
    rows = {"alone": [], "four visitors chat": []}
    with tempfile.TemporaryDirectory() as folder:
        company = Company(pathlib.Path(folder), arguments.model)
        try:
            with client(company.server, company.key) as http:
                contact = http.post("/api/v1/contacts", json={"name": "Ada", "email": "ada@mail.example"}).json()["id"]
            company.ask_all(QUESTIONS[:4])
            for _ in range(max(arguments.runs, 5)):
                rows["alone"].append(read_contacts(company, contact))
                with Chats(company):
                    rows["four visitors chat"].append(read_contacts(company, contact))
        finally:
            company.end()
    lines = ["| read one contact | requests/s | p50, ms | p99, ms |", "|---|---|---|---|"]
    lines += [f"| {name} | {median(r, 'per_second'):.0f} | {median(r, 'p50'):.2f} | {median(r, 'p99'):.2f} |" for name, r in rows.items()]
    ratios = [statistics.median(b[key] / a[key] for a, b in zip(*rows.values())) for key in ("p50", "p99")]
    lines.append(f"| ratio, median of {len(rows['alone'])} turns | | {ratios[0]:.2f} | {ratios[1]:.2f} |")
    return "\n".join(lines), rows


# ---- all of it -------------------------------------------------------------------------------------------------------------

PARTS = {"engine": engine_part, "path": path_part, "crowd": crowd_part, "reads": reads_part}


def write(name, text):
    path = ROOT / "docs" / "measurements.md"
    start, end = f"<!-- bench chat {name} -->", "<!-- end -->"
    head, rest = path.read_text().split(start, 1)
    path.write_text(head + start + "\n" + text + "\n" + end + rest.split(end, 1)[1])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("parts", nargs="*", help=f"some of: {' '.join(PARTS)}; all without any")
    options.add_argument("--model", type=pathlib.Path, default=MODELS / "gemma-3-270m-q4_k_m.gguf")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--threads", type=int, nargs="+", default=[1],
                         help="of llama-server, one after the other; more than the machine has to spare make it very slow. llmd sets its own by the machine's load")
    options.add_argument("--write", action="store_true", help="put the tables into docs/measurements.md")
    options.add_argument("--json", action="store_true")
    arguments = options.parse_args()
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    for name in arguments.parts or PARTS:
        others = os.getloadavg()[0]
        lines, rows = PARTS[name](arguments)
        if arguments.json:
            print(json.dumps({name: rows}, ensure_ascii=False))
            continue
        text = (f"{datetime.date.today()}, {os.cpu_count()} cores, load before it {others:.1f}, commit {commit or 'none'}, {arguments.model.name},"
                f" {arguments.runs} runs, `./dev bench chat {name}`\n\n{lines}")
        print(text + "\n")
        if arguments.write:
            write(name, text)


if __name__ == "__main__":
    main()
