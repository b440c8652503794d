"""./dev bench import: contacts from CSV and XLSX into an empty store: rows a second and processor time a row, with validation, doubles,
indexes, search, audit and what undoes it; and what creating a contact takes meanwhile."""
import csv
import json
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT / "tests")
from conftest import BINARY, Server, client, make_key, make_store  # noqa: E402

N_ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 50000


def write_table(path):
    numbers = random.Random(1)
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["姓名", "邮箱", "手机", "职位", "来源"])
        for i in range(N_ROWS):
            name = "".join(numbers.choice("王李张刘陈杨赵黄周吴伟芳娜秀英敏静丽强磊") for _ in range(3))
            out.writerow([name, f"user{i}@mail{i % 50}.example", f"+8613{numbers.randrange(10 ** 9):09d}",
                          numbers.choice(["经理", "Engineer", "总监"]), numbers.choice(["展会", "web"])])


def measure(name, store, table):
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([BINARY, "import", "contacts", table, "--data", store, "--json"], check=True, capture_output=True)
    seconds, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    created = json.loads(done.stdout)["created"]
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name}: {created} created, {created / seconds:,.0f} rows/s, {used / created * 1e6:.0f} CPU us a row", flush=True)


def create(c, times, stop):
    n = 0
    while not stop.is_set():
        begun = time.perf_counter()
        assert c.post("/api/v1/contacts", json={"name": f"beside {n}", "email": f"beside{n}@mail.example"}).status_code == 201
        times.append((time.perf_counter() - begun) * 1000)
        n += 1
        time.sleep(0.005)


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        table, book = folder / "people.csv", folder / "people.xlsx"
        write_table(table)
        first = make_store(folder / "first")
        measure("CSV", first, table)
        subprocess.run([BINARY, "export", "contacts", "--data", first, "--format", "xlsx", "--fields", "name,email,phone,title,source",
                        "--out", book], check=True, capture_output=True)
        measure("XLSX", make_store(folder / "second"), book)
        third = make_store(folder / "third")
        server = Server(third, "--model", "none", "--encoder", "none", "--no-worker").start()
        try:
            with client(server, make_key(third)) as c:
                times, stop = [], threading.Event()
                thread = threading.Thread(target=create, args=(c, times, stop))
                thread.start()
                measure("CSV beside a client", third, table)
                stop.set()
                thread.join()
        finally:
            server.stop()
        times.sort()
        print(f"creating a contact meanwhile: {len(times)}, median {statistics.median(times):.1f} ms, p99 {times[int(len(times) * .99)]:.1f} ms")


if __name__ == "__main__":
    main()
