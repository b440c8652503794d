"""./dev bench chat: the local model beside llama-server, which is built from the same source, on the same prompts in the same run.

First token of a prompt of about 600 tokens, cold and with its first 580 known; tokens a second of 1 and of 4 texts at once; CPU ms
per token (of the model's process alone). Turns are taken run by run, so that all see the same neighbours. Prints a Markdown
table; --write puts it into docs/measurements.md.
"""
import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT / "tests")  # and not bench/, where http.py would stand for the http of Python
import httpx  # noqa: E402
from conftest import free_port, until  # noqa: E402
from llmd_link import DONE, FAILED, PIECE, LlmdLink, done_figures  # noqa: E402

MODELS = pathlib.Path(os.environ.get("ZHIYIN_MODELS") or pathlib.Path.home() / ".cache/zhiyin/models")
SERVER = ROOT / "build/deps/llama-server-build/bin/llama-server"
WORDS = ("the customer asked about order delivery refund invoice account number late address phone price service support agent please "
         "check today week contract renewal discount meeting product quality return payment card bank").split()
FIXED, TAIL, TOKENS = 580, 20, 128


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
    def __init__(self, model, n_threads):
        self.name = f"llama-server, {n_threads} thread{'s' if n_threads > 1 else ''}"
        self.url = f"http://127.0.0.1:{free_port()}"
        port = self.url.rsplit(":", 1)[1]
        self.process = subprocess.Popen(["nice", "-n", "5", SERVER, "-m", model, "-t", str(n_threads), "-tb", str(n_threads), "-np", "4", "-c", "16384",
                                         "--host", "127.0.0.1", "--port", port, "--no-kv-unified"],
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

    def ask(self, prompt, tokens):
        body = {"prompt": prompt, "n_predict": tokens, "stream": True, "cache_prompt": True, "temperature": 0}
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


def table(engines, rows):
    lines = ["| | prompt tokens | first token cold, s | warm, s | tokens/s, 1 | tokens/s, 4 at once | CPU ms/token, 1 | 4 | most memory, MB |",
             "|---|---|---|---|---|---|---|---|---|"]
    for engine in engines:
        r = rows[engine.name]
        lines.append(f"| {engine.name} | {median(r['first'], 'prompt'):.0f} | {median(r['first'], 'cold'):.2f} | {median(r['first'], 'warm'):.3f} |"
                     f" {median(r[1], 'per_second'):.1f} | {median(r[4], 'per_second'):.1f} | {median(r[1], 'cpu_ms'):.1f} |"
                     f" {median(r[4], 'cpu_ms'):.1f} | {memory_mb(engine.pid):.0f} |")
    return "\n".join(lines)


def write(text):
    path = ROOT / "docs" / "measurements.md"
    start, end = "<!-- bench chat -->", "<!-- end -->"
    head, rest = path.read_text().split(start, 1)
    path.write_text(head + start + "\n" + text + "\n" + end + rest.split(end, 1)[1])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", type=pathlib.Path, default=MODELS / "gemma-3-270m-q4_k_m.gguf")
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--threads", type=int, nargs="+", default=sorted({1, os.cpu_count()}, reverse=True),
                         help="of llama-server, one after the other; llmd sets its own by the machine's load")
    options.add_argument("--write", action="store_true", help="put the table into docs/measurements.md")
    options.add_argument("--json", action="store_true")
    arguments = options.parse_args()
    engines = [Ours(arguments.model), *(Theirs(arguments.model, n) for n in arguments.threads)]
    others = os.getloadavg()[0]
    try:
        rows = measure(engines, arguments.runs)
        lines = table(engines, rows)
    finally:
        for engine in engines:
            engine.end()
    if arguments.json:
        print(json.dumps(rows))
        return
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    text = (f"{datetime.date.today()}, {os.cpu_count()} cores, others' load {others:.1f}, commit {commit or 'none'}, {arguments.model.name},"
            f" {arguments.runs} runs, `./dev bench chat`\n\n{lines}")
    print(text)
    if arguments.write:
        write(text)


if __name__ == "__main__":
    main()
