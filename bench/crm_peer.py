"""./dev bench crm_peer LAB: what a record costs here and in a Django CRM, in turn in one run.

LAB is the folder that ../shared/peers/setup_creme.sh filled (`LAB=... setup_creme.sh pg`): creme with 10,000 contacts over PostgreSQL or SQLite.
Its own script starts, measures and ends it each turn; between its turns a server of ours with the same 10,000 people answers the same
requests. Prints a Markdown table of medians; --write puts it into docs/measurements.md between its markers. CPU ms = user + system time
of all processes of the server, its database included, per answered request.
"""
import argparse
import datetime
import importlib.util
import json
import os
import pathlib
import random
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
spec = importlib.util.spec_from_file_location("bench_http", ROOT / "bench" / "http.py")
bench_http = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench_http)
from conftest import Server, client, make_key, make_store  # noqa: E402

PEERS = ROOT.parent / "shared" / "peers"
N, BULK = 10000, 1000
FIRST = "Anna Ben Carla David Elena Felix Grace Hugo Ines Jonas Kira Liam Mona Noah Olga Paul".split()
LAST = "Smith Meyer Rossi Dubois Garcia Novak Kim Chen Sato Silva Kowalski Jensen Popov Ali Khan".split()
# the peer's name of the request, ours (path, body in Lua), and how many times less it must cost
CASES = {
    "list": ("list (25 there, 50 here)", "/api/v1/contacts?page_size=50", None, 200),
    "light search": ("search for smith77, all objects", "/api/v1/search?q=smith77", None, 200),
    "create": ("create a contact, durable", "/api/v1/contacts", """'{"name":"New Contact'..n..'","email":"n'..n..'@example.com"}'""", 100),
}


def fill(server, key):
    """The people that the peer's script makes: the same names, addresses and numbers."""
    numbers, people = random.Random(7), []
    for i in range(N):
        first, last = numbers.choice(FIRST), numbers.choice(LAST)
        people.append({"name": f"{first} {last}{i}", "email": f"{first}.{last}{i}@example.com".lower(), "phone": f"+49 30 {numbers.randrange(10 ** 7):07d}"})
    with client(server, key) as c:
        for start in range(0, N, BULK):
            c.post("/api/v1/contacts/bulk", json={"create": people[start:start + BULK]}).raise_for_status()


def peer_turn(lab, database, connections, seconds):
    """{request: (CPU ms, requests/s)} by the peer's own script."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as out:
        environment = os.environ | {"LAB": lab, "OUT": lab, "OUTFILE": out.name, "RUNS": "1", "SECS": str(seconds), "CONNS": str(connections)}
        subprocess.run([PEERS / "bench_creme.sh", database], env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lines = [json.loads(line) for line in pathlib.Path(out.name).read_text().splitlines()]
    found = {}
    for line in lines:
        request = line["label"].removeprefix(f"creme {database} ")
        if request in CASES and "median_of" in line:
            assert not line["bad"], f"{request}: {line['bad']} answers of the peer were refused"
            found[request] = line["cpu_ms_total"], line["rps"]
    assert found.keys() == CASES.keys(), f"the peer's script told of {', '.join(found) or 'nothing'} only"
    return found


def our_turn(server, key, connections, seconds):
    rows = {request: bench_http.measure(server, key, path, script, connections, seconds) for request, (_, path, script, _) in CASES.items()}
    return {request: (row["cpu_ms"], row["per_second"]) for request, row in rows.items()}


def table(ours, theirs, database):
    lines = [f"| request | CPU ms here | creme over {database} | times | bar | requests/s here | creme |", "|---|---|---|---|---|---|---|"]
    for request, (name, _, _, bar) in CASES.items():
        here, there = ([statistics.median(turn[request][i] for turn in turns) for i in (0, 1)] for turns in (ours, theirs))
        lines.append(f"| {name} | {here[0]:.3f} | {there[0]:.1f} | {there[0] / here[0]:,.0f} | {bar} | {here[1]:,.0f} | {there[1]:,.0f} |")
    return "\n".join(lines)


def write(text):
    path = ROOT / "docs" / "measurements.md"
    head, rest = path.read_text().split("<!-- bench crm_peer -->", 1)
    path.write_text(head + "<!-- bench crm_peer -->\n" + text + "\n<!-- end -->" + rest.split("<!-- end -->", 1)[1])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("lab", metavar="LAB", help="the folder that setup_creme.sh filled")
    options.add_argument("--database", choices=("pg", "sqlite"), default="pg", help="the peer's")
    options.add_argument("--turns", type=int, default=3)
    options.add_argument("--seconds", type=int, default=5, help="for each figure of a turn")
    options.add_argument("--connections", type=int, default=8)
    options.add_argument("--write", action="store_true", help="put the table into docs/measurements.md")
    arguments = options.parse_args()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        store = make_store(pathlib.Path(folder) / "data")
        key = make_key(store)
        server = Server(store, "--model", "none", "--encoder", "none").start()
        try:
            fill(server, key)
            load = os.getloadavg()[0]
            for _ in range(arguments.turns):
                theirs.append(peer_turn(arguments.lab, arguments.database, arguments.connections, arguments.seconds))
                ours.append(our_turn(server, key, arguments.connections, arguments.seconds))
        finally:
            server.stop()
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    text = (f"{datetime.date.today()}, {os.cpu_count()} cores, load before it {load:.1f}, commit {commit or 'none'}, {arguments.connections} connections, "
            f"medians of {arguments.turns} turns, `./dev bench crm_peer LAB`\n\n{table(ours, theirs, arguments.database)}")
    print(text)
    if arguments.write:
        write(text)


if __name__ == "__main__":
    main()
