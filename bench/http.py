"""./dev bench http: what a request costs. Reads, lists, searches, durable creates and messages at 1, 8 and 64 connections.

Prints a Markdown table; --write puts it into docs/measurements.md between its markers. CPU ms = user + system time of all
processes of the server per answered request, which neighbours on the machine hardly move; requests a second are told beside it.
Needs wrk (Debian package).
"""
import argparse
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT / "tests")  # and not bench/, where this file would stand for the http of Python
from conftest import Server, client, make_key, make_store  # noqa: E402

N_CONTACTS, N_CONVERSATIONS = 10000, 1000
POST = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local n = math.random(1, 1000000000)
function request() n = n + 1; return wrk.format(nil, nil, nil, (%s)) end
"""


def cpu_seconds(server):
    ticks = 0
    for pid in [server.process.pid, *server.children()]:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def fill(server, key):
    with client(server, key) as c:
        for i in range(N_CONTACTS):
            c.post("/api/v1/contacts", json={"name": f"{'王李张刘陈'[i % 5]}{i} Smith", "email": f"user{i}@mail.example", "phone": f"138{i:08d}",
                                             "title": "采购经理 有限公司", "tags": ["vip"], "source": "bench"})
        for i in range(N_CONVERSATIONS):
            chat = c.post("/api/v1/conversations", json={}).json()["id"]
            c.post(f"/api/v1/conversations/{chat}/messages", json={"text": f"您好，订单 {i} 已发货", "role": "agent"})
        first = c.get("/api/v1/contacts", params={"page_size": 1}).json()["items"][0]["id"]
    return first, chat


def cases(contact, chat):
    return [
        ("read one contact", f"/api/v1/contacts/{contact}", None),
        (f"list 50 of {N_CONTACTS:,} contacts", "/api/v1/contacts?page_size=50", None),
        ("list 50 conversations", "/api/v1/conversations?page_size=50", None),
        ("search contacts (one hit)", "/api/v1/contacts?q=user7777", None),
        ("search contacts (30 of 2,000: 王)", "/api/v1/contacts?q=%E7%8E%8B&page_size=30", None),
        ("search contacts (30 of all: Smith)", "/api/v1/contacts?q=smith&page_size=30", None),
        ("create a contact, durable", "/api/v1/contacts", """'{"name":"客户'..n..'","email":"w'..n..'@mail.example"}'"""),
        ("new message, durable", f"/api/v1/conversations/{chat}/messages", """'{"text":"您好，订单 '..n..' 已发货","role":"agent"}'"""),
    ]


def measure(server, key, path, script, connections, seconds):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-H", f"Authorization: Bearer {key}"]
        if script:
            lua.write(POST % script)
            lua.flush()
            command += ["-s", lua.name]
        before = cpu_seconds(server)
        out = subprocess.run([*command, server.url + path], capture_output=True, text=True, check=True).stdout
        after = cpu_seconds(server)
    n = int(re.search(r"(\d+) requests in", out)[1])
    if "Non-2xx" in out:
        raise SystemExit(f"{path}: not every request succeeded\n{out}")
    return {"cpu_ms": (after - before) * 1000 / n, "per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
            "p99": re.search(r"99%\s+(\S+)", out)[1]}


def table(rows):
    lines = ["| request | connections | CPU ms | requests/s | p99 |", "|---|---|---|---|---|"]
    for name, connections, r in rows:
        lines.append(f"| {name} | {connections} | {r['cpu_ms']:.3f} | {r['per_second']:,.0f} | {r['p99']} |")
    return "\n".join(lines)


def write(text):
    path = ROOT / "docs" / "measurements.md"
    start, end = "<!-- bench http -->", "<!-- end -->"
    old = path.read_text()
    head, rest = old.split(start, 1)
    path.write_text(head + start + "\n" + text + "\n" + end + rest.split(end, 1)[1])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=4, help="for each figure")
    options.add_argument("--write", action="store_true", help="put the table into docs/measurements.md")
    options.add_argument("--json", action="store_true")
    arguments = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = make_store(pathlib.Path(folder) / "data")
        key = make_key(store)
        server = Server(store, "--model", "none", "--encoder", "none").start()
        try:
            contact, chat = fill(server, key)
            rows = [(name, n, measure(server, key, path, script, n, arguments.seconds))
                    for name, path, script in cases(contact, chat) for n in (1, 8, 64)]
        finally:
            server.stop()
    if arguments.json:
        print(json.dumps([{"request": name, "connections": n, **r} for name, n, r in rows], ensure_ascii=False))
        return
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    text = f"{datetime.date.today()}, {os.cpu_count()} cores, commit {commit or 'none'}, `./dev bench http`\n\n{table(rows)}"
    print(text)
    if arguments.write:
        write(text)


if __name__ == "__main__":
    main()
