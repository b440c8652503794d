"""./dev bench import [ROWS]: contacts from CSV and XLSX into an empty store, durable, with validation, doubles, indexes, search, audit and
what undoes it; what creating a contact takes meanwhile; and whether an import that was killed twice ends as if it had not been.

Prints a Markdown table; --write puts it into docs/measurements.md between its markers. CPU us = user + system time of the command per row, the
reading and checking of the whole file before the first row is stored included; neighbours on the machine hardly move it, rows a second they do.
"""
import argparse
import csv
import datetime
import json
import pathlib
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT / "tests")
from conftest import BINARY, Server, client, make_key, make_store  # noqa: E402

FIELDS = "name,email,phone,title,source"
KILLS = 2


def write_table(path, n_rows):
    numbers = random.Random(1)
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["姓名", "邮箱", "手机", "职位", "来源"])
        for i in range(n_rows):
            name = "".join(numbers.choice("王李张刘陈杨赵黄周吴伟芳娜秀英敏静丽强磊") for _ in range(3))
            out.writerow([name, f"user{i}@mail{i % 50}.example", f"+8613{numbers.randrange(10 ** 9):09d}",
                          numbers.choice(["经理", "Engineer", "总监"]), numbers.choice(["展会", "web"])])


def command(store, table):
    return [BINARY, "import", "contacts", table, "--data", store, "--json"]


def measure(name, store, table):
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command(store, table), check=True, capture_output=True)
    seconds, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    created = json.loads(done.stdout)["created"]
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"| {name} | {created:,} | {created / seconds:,.0f} | {used / created * 1e6:.0f} |", created


def contacts(store):
    """How many, and how many different ones."""
    with sqlite3.connect(f"file:{store}/zhiyin.db?mode=ro", uri=True) as db:
        return db.execute("SELECT count(*), count(DISTINCT email) FROM contacts").fetchone()


def killed(store, table, expected):
    """kill -9 when another part of the rows is in, then the same command again."""
    for i in range(KILLS):
        process = subprocess.Popen(command(store, table), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while contacts(store)[0] < expected * (i + 1) // (KILLS + 1):
            assert process.poll() is None, "it was done before it was killed"
            time.sleep(0.01)
        process.kill()
        process.wait()
    subprocess.run(command(store, table), check=True, capture_output=True)
    there, different = contacts(store)
    assert there == different == expected, (there, different, expected)
    return f"Killed (SIGKILL) {KILLS} times and begun again: {there:,} contacts, none lost, none twice."


def create(c, times, stop):
    n = 0
    while not stop.is_set():
        begun = time.perf_counter()
        assert c.post("/api/v1/contacts", json={"name": f"beside {n}", "email": f"beside{n}@mail.example"}).status_code == 201
        times.append((time.perf_counter() - begun) * 1000)
        n += 1
        time.sleep(0.005)


def beside(folder, table):
    """An import while one client creates a contact every few milliseconds."""
    store, times, stop = make_store(folder / "beside"), [], threading.Event()
    server = Server(store, "--model", "none", "--encoder", "none", "--no-worker").start()
    try:
        with client(server, make_key(store)) as c:
            thread = threading.Thread(target=create, args=(c, times, stop))
            thread.start()
            line, _ = measure("CSV, beside a client", store, table)
            stop.set()
            thread.join()
    finally:
        server.stop()
    times.sort()
    return line, (f"Creating a contact over HTTP meanwhile ({len(times):,} times): median {statistics.median(times):.1f} ms, "
                  f"p99 {times[int(len(times) * .99)]:.1f} ms.")


def report(n_rows):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        table, book = folder / "people.csv", folder / "people.xlsx"
        write_table(table, n_rows)
        first = make_store(folder / "first")
        text, created = measure("CSV", first, table)
        subprocess.run([BINARY, "export", "contacts", "--data", first, "--format", "xlsx", "--fields", FIELDS, "--out", book],
                       check=True, capture_output=True)
        workbook, _ = measure("XLSX", make_store(folder / "second"), book)
        together, meanwhile = beside(folder, table)
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
        return "\n".join((
            f"{datetime.date.today()}, 2 cores, commit {commit}, `./dev bench import {n_rows}`", "",
            "| contacts from | rows stored | rows/s | CPU us a row |", "|---|---|---|---|", text, workbook, together, "",
            meanwhile, killed(make_store(folder / "killed"), table, created)))


def write(text):
    path = ROOT / "docs" / "measurements.md"
    start, end = "<!-- bench import -->", "<!-- end -->"
    head, rest = path.read_text().split(start, 1)
    path.write_text(head + start + "\n" + text + "\n" + end + rest.split(end, 1)[1])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("rows", nargs="?", type=int, default=100000)
    options.add_argument("--write", action="store_true", help="put the table into docs/measurements.md")
    arguments = options.parse_args()
    text = report(arguments.rows)
    print(text)
    if arguments.write:
        write(text)


if __name__ == "__main__":
    main()
