"""./dev bench crm: what records cost when there are many. Fills a store with contacts, companies, deals and five events a contact, then
reads, lists, filters, sorts, searches and writes, 64 connections at once.

Prints a Markdown table, one column a size; --write puts it into docs/measurements.md between its markers. CPU ms = user + system
time of all processes of the server per answered request, which neighbours on the machine hardly move; p99 is what a client waited.
Needs wrk (Debian package). --keep FOLDER fills FOLDER/SIZE once and uses it again in the next run, which then tells what the filling
cost when it was done; what is created goes into a copy, so that the store stays as it was filled. --sizes 1000000 takes about 9 GB of disk
and 20 minutes to fill. --plot draws CPU ms by size.

--open-loop RATE measures what clients wait instead (bench/open_loop.py): RATE requests a second of all kinds mixed, for records, companies
and values drawn at random, each latency counted from the moment the request was due; --during-import runs `zhiyin import` beside it, into a
copy of the store.
"""
import argparse
import contextlib
import csv
import datetime
import html
import importlib.util
import json
import math
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
spec = importlib.util.spec_from_file_location("bench_http", ROOT / "bench" / "http.py")
bench_http = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench_http)
sys.path.insert(0, str(ROOT / "tests"))
from conftest import BINARY, Server, client, make_key, make_store  # noqa: E402

FAMILY, GIVEN = "王李张刘陈杨黄赵周吴", "伟芳娜敏静磊军洋勇艳杰涛明超秀霞平刚桂英"
LAST, FIRST = ["Smith", "Johnson", "Brown", "Miller", "Garcia", "Lee"], ["Anna", "Ben", "Carla", "David", "Emma", "Frank"]
BULK, N_COMPANIES, EVENTS_EACH = 1000, 1000, 5
N_READ, N_PATHS, IMPORT_PER_SECOND = 2000, 10000, 20000


def contact(i, companies):
    """Every second one has a Chinese name, of every second FAMILY: 李, 刘, 杨, 赵 and 吴."""
    name = (f"{FAMILY[i % 10]}{GIVEN[i // 10 % 20]}{GIVEN[i // 200 % 20]}" if i % 2 else f"{FIRST[i % 6]} {LAST[i // 6 % 6]}{'' if i % 7 else 'on'}")
    return {"name": name, "email": f"user{i}@mail{i % 97}.example", "phone": f"138{i:08d}", "company_id": companies[i % len(companies)],
            "title": "采购经理" if i % 3 else "engineer", "source": f"source{i % 50}", "tags": ["vip"] if i % 100 == 0 else []}


def bulk(c, plural, rows):
    answer = c.post(f"/api/v1/{plural}/bulk", json={"create": rows}, timeout=120)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert all(item["status"] == 201 for item in items), next(item for item in items if item["status"] != 201)
    return [item["id"] for item in items]


def fill(server, key, n):
    """Returns ids to ask for, and what a contact and an event cost to store (CPU microseconds, rows a second)."""
    with client(server, key) as c:
        companies = bulk(c, "companies", [{"name": f"{'华东' if i % 2 else '南方'}第{i}公司有限公司", "industry": f"industry{i % 20}",
                                           "n_employees": i * 7 % 5000} for i in range(N_COMPANIES)])
        bulk(c, "deals", [{"name": f"deal {i}", "amount": i * 13 % 100000, "company_id": companies[i % N_COMPANIES]} for i in range(BULK)])
        costs, ids = {}, []
        for kind in ("contacts", "events"):
            before, started, stored = bench_http.cpu_seconds(server), time.monotonic(), 0
            total = n if kind == "contacts" else n * EVENTS_EACH
            for start in range(0, total, BULK):
                span = range(start, min(start + BULK, total))
                if kind == "contacts":
                    ids += bulk(c, kind, [contact(i, companies) for i in span])
                else:
                    bulk(c, kind, [{"event_id": f"e{i}", "type": ("view", "click", "purchase")[i % 3], "contact_id": ids[i % n],
                                    "at": f"2026-{i % 11 + 1:02d}-{i % 27 + 1:02d}T10:00:00Z", "properties": {"page": f"/p/{i % 300}"}} for i in span])
                stored += len(span)
                if sys.stderr.isatty():
                    print(f"\r{kind}: {stored:,} of {total:,}", end="", file=sys.stderr)
            costs[kind] = ((bench_http.cpu_seconds(server) - before) * 1e6 / total, total / (time.monotonic() - started))
    return ids[n // 2], companies, costs


def cases(some, companies):
    def listed(**query):
        return "/api/v1/contacts?" + urllib.parse.urlencode({"page_size": 30, **query})

    return [
        ("read one", f"/api/v1/contacts/{some}", None),
        ("list 50, newest", "/api/v1/contacts?page_size=50", None),
        ("30 by name", listed(order_by="name"), None),
        ("30 of a source (2 %)", listed(filter="source = source7"), None),
        ("one by phone", listed(filter="phone = 13800001234"), None),
        ("30 with a tag (1 %)", listed(filter="tags:vip"), None),
        ("30 whose name begins", listed(filter='name = "李*"'), None),
        ("30 of a company", listed(filter=f'company_id = "{companies[5]}"'), None),
        ("30 of an industry, over the company (5 %)", listed(filter="company.industry = industry3"), None),
        ("search 李 (10 %)", listed(q="李"), None),
        ("search Smith", listed(q="Smith"), None),
        ("search for a piece: user123@", listed(q="ser123"), None),
        ("search 有限公司 in companies", "/api/v1/companies?page_size=30&q=" + urllib.parse.quote("有限公司"), None),
        ("search 司有 in companies", "/api/v1/companies?page_size=30&q=" + urllib.parse.quote("司有"), None),
        ("timeline of one", f"/api/v1/contacts/{some}/timeline", None),
        ("events of one", "/api/v1/events?" + urllib.parse.urlencode({"page_size": 30, "filter": f'contact_id = "{some}"'}), None),
        ("create, durable", "/api/v1/contacts", """'{"name":"客户'..n..'","email":"w'..n..'@mail.example"}'"""),
    ]


def memory_mb(server):
    """PSS of core."""
    for pid in server.children():
        command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"core" in command:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            return int(text.split("Pss:")[1].split()[0]) / 1024
    return 0


@contextlib.contextmanager
def filled(n, keep, changed=False):
    """A server on a store of n contacts and what fill() told of it, with the key: of the folder to keep if that has one, else filled now.
    One that is changed is a copy."""
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(keep) / str(n) if keep else pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        told = folder / "filled.json"
        if keep and changed and told.exists():
            copy = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(dir=keep)))
            shutil.copytree(folder, copy, dirs_exist_ok=True)
            os.sync()  # before anything waits for the disk
            folder, told = copy, copy / "filled.json"
        if not told.exists():
            folder.mkdir(parents=True, exist_ok=True)
            make_store(folder / "data")
        server = Server(folder / "data", "--model", "none", "--encoder", "none").start()
        stack.callback(server.stop)
        if not told.exists():
            key = make_key(folder / "data")
            some, companies, costs = fill(server, key, n)
            told.write_text(json.dumps({"key": key, "some": some, "companies": companies, "costs": costs}))
        yield server, json.loads(told.read_text())


def run_size(n, seconds, connections, keep):
    def measured(creating):
        return {name: bench_http.measure(server, told["key"], path, script, connections, seconds)
                for name, path, script in cases(told["some"], told["companies"]) if bool(script) == creating}

    with filled(n, keep) as (server, told):
        rows = measured(False)
        memory, stored = memory_mb(server), sum(f.stat().st_size for f in server.data.glob("*")) / 1e6
        if not keep:
            rows |= measured(True)
    if keep:
        with filled(n, keep, changed=True) as (server, told):
            rows |= measured(True)
    return rows, told["costs"], memory, stored


# ---- open loop ----------------------------------------------------------------------------------------------------


def some_ids(c, n, numbers):
    """Contacts from all over the table, asked for by their phones."""
    found = []
    for i in numbers.sample(range(n), min(n, N_READ)):
        items = c.get("/api/v1/contacts", params={"filter": f"phone = 138{i:08d}", "fields": "id"}).json()["items"]
        found += [item["id"] for item in items]
    return found


def open_loop_paths(n, ids, companies, numbers):
    """(kind, path): as many reads as lists, filters, searches and timelines, in a random order."""
    def asked(plural, **query):
        return f"/api/v1/{plural}?" + urllib.parse.urlencode({"page_size": 30, **query})

    def filtered(field, value, plural="contacts"):
        return f"filter {plural}: {field}", lambda: asked(plural, filter=value())

    def i():
        return numbers.randrange(n)

    groups = [
        [("read", lambda: f"/api/v1/contacts/{numbers.choice(ids)}")],
        [("list, newest", lambda: asked("contacts", page_size=50)), ("list by name", lambda: asked("contacts", order_by="name"))],
        [filtered("name", lambda: f'name = "{contact(i(), companies)["name"]}"'), filtered("name begins", lambda: f'name = "{numbers.choice(FAMILY[1::2])}*"'),
         filtered("email", lambda: f'email = "{contact(i(), companies)["email"]}"'), filtered("phone", lambda: f"phone = 138{i():08d}"),
         filtered("source", lambda: f"source = source{numbers.randrange(50)}"), filtered("tags", lambda: "tags:vip"),
         filtered("company_id", lambda: f'company_id = "{numbers.choice(companies)}"'), filtered("owner_id", lambda: "owner_id = me"),
         filtered("created_at", lambda: numbers.choice(["created_at > 2100-01-01", "created_at < 2020-01-01", "created_at > now-1d"])),
         filtered("updated_at", lambda: numbers.choice(["updated_at > 2100-01-01", "updated_at < 2020-01-01", "updated_at > now-1d"])),
         filtered("no email", lambda: "email = null"), filtered("has owner", lambda: "owner_id:*"),
         filtered("company.industry", lambda: f"company.industry = industry{numbers.randrange(20)}"),
         filtered("type", lambda: numbers.choice(["type = view", "type = purchase"]), "events"),
         filtered("at", lambda: f"at > 2026-{numbers.randrange(1, 12):02d}-15", "events"),
         filtered("contact_id", lambda: f'contact_id = "{numbers.choice(ids)}"', "events")],
        [(f"search {plural}: {q}", lambda plural=plural, q=q: asked(plural, q=q))
         for plural, q in (("contacts", "李"), ("contacts", "Smith"), ("contacts", "公有"), ("companies", "有限公司"), ("companies", "公有"))]
        + [("search everywhere: 李", lambda: asked("search", q="李"))],
        [("timeline", lambda: f"/api/v1/contacts/{numbers.choice(ids)}/timeline")],
    ]
    return [(kind, path()) for kind, path in (numbers.choice(numbers.choice(groups)) for _ in range(N_PATHS))]


def write_people(path, n_rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["name", "email", "phone", "title", "source"])
        out.writerows([f"{FAMILY[i % 10]}{GIVEN[i % 20]}", f"new{i}@mail{i % 50}.example", f"139{i:08d}", "经理", "fair"] for i in range(n_rows))


@contextlib.contextmanager
def importing(store, seconds):
    """`zhiyin import` of more rows than can be stored in that time. Yields what says how many rows it stored, and fails if it was done before."""
    with tempfile.TemporaryDirectory() as folder:
        write_people(f"{folder}/people.csv", int(seconds * IMPORT_PER_SECOND))
        process = subprocess.Popen([BINARY, "import", "contacts", f"{folder}/people.csv", "--data", store, "--json"], stdout=subprocess.DEVNULL)

        def stored():
            with sqlite3.connect(f"file:{store}/zhiyin.db?mode=ro", uri=True) as db:
                return db.execute("SELECT count(*) FROM contacts WHERE source = 'fair'").fetchone()[0]
        while not stored():
            time.sleep(0.1)
        yield stored
        assert process.poll() is None, "the import was done before the measurement"
        process.terminate()
        process.wait()


def stolen_seconds():
    """Processor time that the machine beneath gave to others, since it started."""
    return int(pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[8]) / os.sysconf("SC_CLK_TCK")


def run_open_loop(server, told, n, arguments):
    numbers = random.Random(7)
    with client(server, told["key"]) as c:
        ids = some_ids(c, n, numbers)
    paths = "".join(f"{kind}\t{path}\n" for kind, path in open_loop_paths(n, ids, told["companies"], numbers))
    with importing(server.data, arguments.seconds + 20) if arguments.during_import else contextlib.nullcontext() as stored:
        rows, before, load, stolen = stored() if stored else 0, bench_http.cpu_seconds(server), os.getloadavg()[0], stolen_seconds()
        out = subprocess.run([sys.executable, ROOT / "bench" / "open_loop.py", server.url, told["key"], str(arguments.open_loop), str(arguments.seconds)],
                             input=paths, capture_output=True, text=True, check=True).stdout
        result = json.loads(out) | {"cpu": bench_http.cpu_seconds(server) - before, "load": (load, os.getloadavg()[0]), "memory": memory_mb(server),
                                    "stolen": stolen_seconds() - stolen}
        result["imported"] = stored() - rows if stored else None
    return result


def told_open_loop(n, result, arguments):
    lines = ["| request | n | p50 ms | p99 ms | max ms |", "|---|---|---|---|---|"]
    lines += [f"| {kind} | {row['n']} | {row['p50']:.1f} | {row['p99']:.1f} | {row['max']:.1f} |" for kind, row in sorted(result["rows"].items())]
    late = result["client_late"]
    lines += ["", f"{n:,} contacts, {n * EVENTS_EACH:,} events; {arguments.open_loop:g} requests/s for {arguments.seconds} s over 64 connections; server "
              f"{result['cpu'] * 1000 / result['rows']['all']['n']:.3f} CPU ms a request; load {result['load'][0]:.1f} to {result['load'][1]:.1f}, "
              f"{result['stolen']:.2f} s of processor taken by the machine beneath; core's PSS "
              f"{result['memory']:.0f} MB" + (f"; {result['imported']:,} rows imported meanwhile" if result["imported"] is not None else "") + ".",
              f"The client was late by {late['p50']:.2f} ms (p50), {late['p99']:.2f} ms (p99), {late['max']:.1f} ms (max), which counts as latency; "
              f"{result['no_connection_free']} requests found no connection free; unanswered {result['unanswered']}, lost {result['lost']}, "
              f"not 200: {result['not_200'] or 'none'}."]
    return "\n".join(lines)


# ---- the table ----------------------------------------------------------------------------------------------------


def table(results):
    sizes = list(results)
    lines = ["| request | " + " | ".join(f"{n:,} contacts: CPU ms, p99" for n in sizes) + " |", "|---|" + "---|" * len(sizes)]
    for name in next(iter(results.values()))[0]:
        lines.append(f"| {name} | " + " | ".join(f"{results[n][0][name]['cpu_ms']:.3f}, {results[n][0][name]['p99']}" for n in sizes) + " |")
    for kind in ("contacts", "events"):
        lines.append(f"| store {kind}, 1,000 at a time: CPU us a row, rows/s | "
                     + " | ".join(f"{results[n][1][kind][0]:.0f}, {results[n][1][kind][1]:,.0f}" for n in sizes) + " |")
    lines.append("| core's memory (PSS), store on disk | " + " | ".join(f"{results[n][2]:.0f} MB, {results[n][3]:,.0f} MB" for n in sizes) + " |")
    return "\n".join(lines)


# ---- the plot -----------------------------------------------------------------------------------------------------

COLORS = ["#0072b2", "#d55e00", "#009e73", "#a0522d", "#cc79a7", "#5b4db1", "#b8860b", "#444444"]
LEFT, TOP, WIDTH, HEIGHT, LABEL = 60, 50, 420, 340, 18


def spread(wanted):
    """Places near the wanted ones, from the top down, LABEL apart."""
    placed, last = {}, -LABEL
    for name, y in sorted(wanted.items(), key=lambda pair: pair[1]):
        placed[name] = last = max(y, last + LABEL)
    shift = max(0, last - HEIGHT)
    return {name: max(y - shift, i * LABEL) for i, (name, y) in enumerate(placed.items())}


def plot(results, title):
    """An SVG: CPU ms of each request (up) by how many contacts there are (right, each power of ten as wide)."""
    sizes = sorted(results)
    names = list(results[sizes[0]][0])
    low, high = math.log10(sizes[0]), math.log10(sizes[-1])
    top = max(results[n][0][name]["cpu_ms"] for n in sizes for name in names) * 1.05

    def x(n):
        return LEFT + (math.log10(n) - low) / (high - low) * WIDTH

    def y(ms):
        return HEIGHT - ms / top * HEIGHT

    step = next(s for s in (.01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 20, 50, 100) if top / s <= 8)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 330} {TOP + HEIGHT + 50}" font-family="sans-serif" font-size="12">',
           f"<title>{html.escape(title)}</title>", '<rect width="100%" height="100%" fill="#fff"/>',
           f'<text x="{LEFT}" y="24" font-size="14" fill="#222">{html.escape(title)}</text>', f'<g transform="translate(0 {TOP})">']
    for i in range(int(top / step) + 1):
        out.append(f'<path d="M{LEFT} {y(i * step):.1f}h{WIDTH}" stroke="#ddd"/><text x="{LEFT - 8}" y="{y(i * step) + 4:.1f}" text-anchor="end" '
                   f'fill="#555">{i * step:g}</text>')
    for n in sizes:
        out.append(f'<text x="{x(n):.1f}" y="{HEIGHT + 20}" text-anchor="middle" fill="#555">{n:,} contacts</text>')
    labels = spread({name: y(results[sizes[-1]][0][name]["cpu_ms"]) for name in names})
    for i, name in enumerate(names):
        points = [(x(n), y(results[n][0][name]["cpu_ms"])) for n in sizes]
        color, (end_x, end_y) = COLORS[i % len(COLORS)], points[-1]
        out.append(f'<g stroke="{color}" fill="none"><path stroke-width="2" d="M' + "L".join(f"{px:.1f} {py:.1f}" for px, py in points) + '"/>'
                   + f'<path stroke-width=".5" d="M{end_x:.1f} {end_y:.1f}L{end_x + 22:.1f} {labels[name]:.1f}"/></g>')
        out += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{color}"/>' for px, py in points]
        out.append(f'<text x="{end_x + 26:.1f}" y="{labels[name] + 4:.1f}" fill="{color}">{html.escape(name)}</text>')
    return "\n".join([*out, "</g>", "</svg>", ""])


def write(text):
    path = ROOT / "docs" / "measurements.md"
    head, rest = path.read_text().split("<!-- bench crm -->", 1)
    path.write_text(head + "<!-- bench crm -->\n" + text + "\n<!-- end -->" + rest.split("<!-- end -->", 1)[1])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", default="10000,100000", help="contacts, comma-separated")
    options.add_argument("--seconds", type=int, default=3, help="for each figure")
    options.add_argument("--connections", type=int, default=64)
    options.add_argument("--keep", metavar="FOLDER", help="fill once, measure many times")
    options.add_argument("--write", action="store_true", help="put the table into docs/measurements.md")
    options.add_argument("--plot", metavar="FILE", type=pathlib.Path, help="an SVG of CPU ms by size")
    options.add_argument("--open-loop", type=float, metavar="RATE", help="what clients wait at RATE requests a second, instead of the table")
    options.add_argument("--during-import", action="store_true", help="with --open-loop: beside an import of contacts")
    arguments = options.parse_args()
    if arguments.open_loop:
        for n in map(int, arguments.sizes.split(",")):
            with filled(n, arguments.keep, arguments.during_import) as (server, told):
                print(told_open_loop(n, run_open_loop(server, told, n, arguments), arguments), "\n")
        return
    results = {n: run_size(n, arguments.seconds, arguments.connections, arguments.keep) for n in map(int, arguments.sizes.split(","))}
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    text = (f"{datetime.date.today()}, {os.cpu_count()} cores, commit {commit or 'none'}, `./dev bench crm`, {EVENTS_EACH} events a contact, "
            f"{arguments.connections} connections\n\n{table(results)}")
    print(text)
    if arguments.write:
        write(text)
    if arguments.plot:
        arguments.plot.write_text(plot(results, f"CPU ms a request by number of records, {EVENTS_EACH} events a contact ({commit})"))


if __name__ == "__main__":
    main()
