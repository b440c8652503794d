"""Webhooks against a receiver of our own: what is told, how it is signed, trying again, and what must never be reached."""
import hashlib
import hmac
import http.server
import json
import threading
import time

import pytest

from conftest import Server, make_key, make_store

import httpx


class Receiver(http.server.ThreadingHTTPServer):
    """Answers with `status`; keeps what came."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.got = 200, []
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server_port}/hook"

    def wait(self, n, seconds=15):
        deadline = time.monotonic() + seconds
        while len(self.got) < n and time.monotonic() < deadline:
            time.sleep(0.05)
        return list(self.got)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(self.server.status)
        if 300 <= self.server.status < 400:
            self.send_header("Location", self.server.url + "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.shutdown()
    made.server_close()


def start(tmp_path, env=None):
    store = make_store(tmp_path / "data")
    key = make_key(store, "all")
    server = Server(store, "--model", "none", "--encoder", "none", env=env).start()
    return server, httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=30)


@pytest.fixture
def inside(tmp_path):
    server, client = start(tmp_path, {"ZHIYIN_WEBHOOK_ALLOW_PRIVATE": "yes"})
    with client:
        yield client
    server.stop()


def hook(client, receiver, *events):
    answer = client.post("/api/v1/webhooks", json={"url": receiver.url, "events": list(events)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def deliveries(client, made):
    return client.get(f"/api/v1/webhooks/{made['id']}/deliveries").json()["items"]


def test_a_change_is_told_signed_and_once(inside, receiver):
    made = hook(inside, receiver, "contact.created")
    assert "secret" not in inside.get(f"/api/v1/webhooks/{made['id']}").json()
    contact = inside.post("/api/v1/contacts", json={"name": "王芳"}).json()
    inside.patch(f"/api/v1/contacts/{contact['id']}", json={"name": "not told"})
    ((headers, body),) = receiver.wait(1)
    time.sleep(1.5)
    assert len(receiver.got) == 1
    event = json.loads(body)
    assert event["event"] == headers["Zhiyin-Event"] == "contact.created" and event["data"]["name"] == "王芳"
    seconds, mac = (part.split("=", 1)[1] for part in headers["Zhiyin-Signature"].split(","))
    assert hmac.compare_digest(mac, hmac.new(made["secret"].encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest())
    assert abs(time.time() - int(seconds)) < 60
    (delivery,) = deliveries(inside, made)
    assert (delivery["state"], delivery["attempts"], delivery["status"]) == ("delivered", 1, 200)
    assert delivery["id"] == headers["Zhiyin-Delivery"] == event["id"]


def test_a_refusal_is_tried_again_and_can_be_replayed(inside, receiver):
    receiver.status = 503
    made = hook(inside, receiver, "deal.*")
    inside.post("/api/v1/deals", json={"name": "big"})
    assert len(receiver.wait(1)) == 1
    deadline = time.monotonic() + 10
    while deliveries(inside, made)[0]["attempts"] == 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    (delivery,) = deliveries(inside, made)
    assert (delivery["state"], delivery["attempts"], delivery["status"], delivery["trouble"]) == ("pending", 1, 503, "answered 503")
    assert inside.get(f"/api/v1/webhooks/{made['id']}").json()["failing_since"]
    receiver.status = 204
    assert inside.post(f"/api/v1/webhooks/{made['id']}/deliveries/{delivery['id']}/replay").status_code == 204
    got = receiver.wait(2)
    assert [h["Zhiyin-Delivery"] for h, _ in got] == [delivery["id"]] * 2 and got[0][1] == got[1][1]
    deadline = time.monotonic() + 10
    while deliveries(inside, made)[0]["state"] != "delivered" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert inside.get(f"/api/v1/webhooks/{made['id']}").json()["failing_since"] is None


def test_a_redirect_is_not_followed(inside, receiver):
    receiver.status = 302
    made = hook(inside, receiver, "*")
    inside.post(f"/api/v1/webhooks/{made['id']}/test")
    receiver.wait(1)
    time.sleep(1.5)
    assert len(receiver.got) == 1 and deliveries(inside, made)[0]["trouble"] == "answered 302"


def test_addresses_inside_are_out_of_reach(tmp_path, receiver):
    server, client = start(tmp_path)
    with client:
        urls = [receiver.url, receiver.url.replace("127.0.0.1", "localhost"), receiver.url.replace("127.0.0.1", "2130706433"),
                receiver.url.replace("127.0.0.1", "[::ffff:127.0.0.1]"), "http://169.254.169.254/latest/meta-data/"]
        made = [client.post("/api/v1/webhooks", json={"url": url, "events": ["test.ping"]}).json() for url in urls]
        for one in made:
            assert client.post(f"/api/v1/webhooks/{one['id']}/test").status_code == 202
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not all(deliveries(client, one)[0]["attempts"] for one in made):
            time.sleep(0.1)
        assert ["not public" in (deliveries(client, one)[0]["trouble"] or "") for one in made] == [True] * len(made)
    server.stop()
    assert receiver.got == []
