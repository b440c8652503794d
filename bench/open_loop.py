"""./dev bench open_loop URL KEY [RATE [SECONDS]] < PATHS: what clients wait who do not wait for each other. Asks for the paths (one a line,
"kind<TAB>path") at RATE requests a second over 64 connections, whatever the answers take.

A request's latency counts from the moment it was due and not from when it was sent, so that a server that stalls cannot hide the
requests that would have come meanwhile. The client tells how late it was itself: where that comes near the latencies, they are its own.
./dev bench crm --open-loop RATE starts it as a process of its own and brings the paths. Prints JSON.
"""
import argparse
import asyncio
import collections
import gc
import json
import sys
import urllib.parse

CONNECTIONS, GRACE_S = 64, 10


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 if ordered else 0.0


class Connection(asyncio.Protocol):
    """One request at a time; the answer's length stands in its head."""

    def __init__(self, loop):
        self.client, self.buffer, self.transport, self.request = loop, bytearray(), None, None

    def connection_made(self, transport):
        self.transport = transport

    def send(self, request):
        self.request = request
        self.transport.write(request[2])

    def data_received(self, data):
        self.buffer += data
        head = self.buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = int(bytes(self.buffer[:head]).lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        if len(self.buffer) < head + 4 + length:
            return
        status, request, self.request = int(self.buffer[9:12]), self.request, None
        self.buffer.clear()
        self.client.answered(self, request, status)

    def connection_lost(self, why):
        self.client.lost += 1


class OpenLoop:
    def __init__(self, address, requests, rate):
        self.address, self.requests, self.rate = address, requests, rate
        self.idle, self.waiting = collections.deque(), collections.deque()
        self.took, self.late, self.no_connection = collections.defaultdict(list), [], 0
        self.refused, self.lost, self.n_answered = collections.Counter(), 0, 0

    def answered(self, connection, request, status):
        kind, due, _ = request
        self.took[kind].append(asyncio.get_running_loop().time() - due)
        self.n_answered += 1
        if status != 200:
            self.refused[f"{kind}: {status}"] += 1
        if self.waiting:
            connection.send(self.waiting.popleft())
        else:
            self.idle.append(connection)

    async def run(self):
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            self.idle.append((await loop.create_connection(lambda: Connection(self), *self.address))[1])
        start = loop.time() + 0.1
        for i, (kind, raw) in enumerate(self.requests):
            due = start + i / self.rate
            if (ahead := due - loop.time()) > 0:
                await asyncio.sleep(ahead)
            elif i % 16 == 0:
                await asyncio.sleep(0)  # behind its time: answers are read all the same
            self.late.append(loop.time() - due)
            if self.idle:
                self.idle.popleft().send((kind, due, raw))
            else:
                self.no_connection += 1
                self.waiting.append((kind, due, raw))
        give_up = loop.time() + GRACE_S
        while self.n_answered < len(self.requests) and loop.time() < give_up:
            await asyncio.sleep(0.01)

    def told(self):
        rows = {kind: {"n": len(took), "p50": percentile(took, .5), "p99": percentile(took, .99), "max": max(took) * 1000}
                for kind, took in {**self.took, "all": [t for took in self.took.values() for t in took]}.items()}
        return {"rows": rows, "client_late": {"p50": percentile(self.late, .5), "p99": percentile(self.late, .99), "max": max(self.late) * 1000},
                "no_connection_free": self.no_connection, "not_200": dict(self.refused), "lost": self.lost,
                "unanswered": len(self.requests) - self.n_answered}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("url")
    options.add_argument("key")
    options.add_argument("rate", type=float, nargs="?", default=500)
    options.add_argument("seconds", type=float, nargs="?", default=10)
    arguments = options.parse_args()
    url = urllib.parse.urlsplit(arguments.url)
    paths = [line.rstrip("\n").split("\t", 1) for line in sys.stdin]
    requests = [(kind, f"GET {path} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {arguments.key}\r\n\r\n".encode())
                for kind, path in (paths[i % len(paths)] for i in range(int(arguments.rate * arguments.seconds)))]
    bench = OpenLoop((url.hostname, url.port), requests, arguments.rate)
    gc.disable()
    asyncio.run(bench.run())
    print(json.dumps(bench.told(), ensure_ascii=False))


if __name__ == "__main__":
    main()
