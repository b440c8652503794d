"""kill -9 of the whole server at random moments while clients write: what was acknowledged is there, once.

Cycles: ZHIYIN_CRASH_CYCLES (50 in the suite, 500 by `./dev bench crash`). What a power cut loses is another test: powercut.
"""
import json
import os
import random
import threading
import time
import uuid

import httpx
from conftest import Server, make_key, make_store, run

CYCLES = int(os.environ.get("ZHIYIN_CRASH_CYCLES", "50"))
N_CLIENTS = 16


class Writer(threading.Thread):
    """Writes contacts and messages under keys of its own; what it could not learn is asked again with the same key."""

    def __init__(self, number, url, key, chat, ledger, stop):
        super().__init__(daemon=True)
        self.number, self.url, self.key, self.chat, self.ledger, self.stop = number, url, key, chat, ledger, stop
        self.pending = []  # requests whose answer never came: to be repeated in the next cycle

    def request(self, client, path, body, key):
        return client.post(path, json=body, headers={"Authorization": f"Bearer {self.key}", "Idempotency-Key": key})

    def work(self, client, job):
        path, body, key = job
        answer = self.request(client, path, body, key)
        if answer.status_code == 201:
            document = answer.json()
            self.ledger.append((path, (document.get("message") or document)["id"], key))
            return True
        assert answer.status_code == 503, answer.text
        return False

    def next_job(self, n):
        key = str(uuid.uuid4())
        if n % 2:
            return "/api/v1/contacts", {"name": f"crash {key}", "source": "crash"}, key
        return f"/api/v1/conversations/{self.chat}/messages", {"text": f"crash {key}", "role": "agent"}, key

    def run(self):
        jobs, self.pending = list(self.pending), []
        n = 0
        with httpx.Client(base_url=self.url, timeout=10) as client:
            while not self.stop.is_set() or jobs:
                job = jobs.pop() if jobs else self.next_job(n)
                n += 1
                try:
                    if not self.work(client, job):
                        self.pending.append(job)
                except httpx.TransportError:
                    self.pending.append(job)  # perhaps stored, perhaps not: the key decides
                    self.pending += jobs
                    return


def audit(server, key, chat, ledger):
    """Everything acknowledged is there exactly once."""
    with httpx.Client(base_url=server.url, timeout=30, headers={"Authorization": f"Bearer {key}"}) as client:
        contacts, token = {}, None
        while True:
            page = client.get("/api/v1/contacts", params={"page_size": 1000, "source": "crash"} | ({"page_token": token} if token else {})).json()
            for item in page["items"]:
                contacts.setdefault(item["name"], []).append(item["id"])
            token = page["next_page_token"]
            if not token:
                break
        assert all(len(ids) == 1 for ids in contacts.values()), "a contact was doubled"
        stored = {ids[0] for ids in contacts.values()}
        lost = [(path, id) for path, id, _ in ledger if path == "/api/v1/contacts" and id not in stored]
        assert not lost, f"{len(lost)} acknowledged contacts are lost"


def stored_messages(store):
    import sqlite3
    with sqlite3.connect(f"file:{store}/zhiyin.db?mode=ro", uri=True) as db:
        return [row for row in db.execute("SELECT id, body FROM messages WHERE role = 'agent'")]


def test_kill_at_random_moments(tmp_path):
    store = make_store(tmp_path / "data")
    key = make_key(store)
    seed = int(os.environ.get("ZHIYIN_CRASH_SEED", time.time()))
    chance = random.Random(seed)
    print("seed", seed)
    ledger, writers, chats, ready_ms = [], [], [], []
    server = Server(store, "--model", "none", "--encoder", "none")
    for cycle in range(CYCLES):
        begun = time.monotonic()
        server.start()
        ready_ms.append((time.monotonic() - begun) * 1000)
        if not chats:
            with httpx.Client(base_url=server.url) as client:
                chats = [client.post("/api/v1/conversations", json={}).json()["id"] for _ in range(N_CLIENTS)]
        stop = threading.Event()
        fresh = [Writer(i, server.url, key, chats[i], ledger, stop) for i in range(N_CLIENTS)]
        for writer, before in zip(fresh, writers):
            writer.pending = before.pending
        writers = fresh
        for writer in writers:
            writer.start()
        time.sleep(chance.uniform(0.005, 0.5))
        server.kill()
        stop.set()
        for writer in writers:
            writer.join(30)
            assert not writer.is_alive()
    server.start()
    stop = threading.Event()
    stop.set()  # only what is pending
    last = [Writer(i, server.url, key, chats[i], ledger, stop) for i in range(N_CLIENTS)]
    for writer, before in zip(last, writers):
        writer.pending = before.pending
        writer.start()
    for writer in last:
        writer.join(30)
        assert not writer.pending
    audit(server, key, chats, ledger)
    server.stop()

    rows = stored_messages(store)
    assert len({body for _, body in rows}) == len(rows), "a message was doubled"
    ids = {id for id, _ in rows}
    lost = [id for path, id, _ in ledger if path.endswith("/messages") and id not in ids]
    assert not lost, f"{len(lost)} acknowledged messages are lost"
    assert json.loads(run("check", "--data", store, "--json").stdout)["faults"] == []
    assert len({key for _, _, key in ledger}) == len(ledger)
    ready_ms.sort()
    print(f"{CYCLES} kills, {len(ledger)} acknowledged writes, ready again in {ready_ms[len(ready_ms) // 2]:.0f} ms (median), "
          f"{ready_ms[-1]:.0f} ms (slowest)")
