"""What runs beside the daily work: conversion, forecast, export, webhooks, notifications, audit. ops.mjs walks it; this file asks the server."""
import datetime
import http.server
import os
import sqlite3
import threading

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_key, make_store, until
from stage import play

SURFACES = {"convert", "converted", "forecast", "export", "no webhook", "new webhook", "secret", "deliveries", "webhooks", "notifications", "audit",
            "broken audit"}


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.events.append(self.headers["Zhiyin-Event"])
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Silent."""


@pytest.fixture
def hook():
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    receiver.events = []
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    yield receiver
    receiver.shutdown()
    receiver.server_close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_ops(tmp_path, hook, language):
    if folder := os.environ.get("ZHIYIN_SCREENSHOTS"):
        os.makedirs(folder, exist_ok=True)
    server = Server(make_store(tmp_path / "data", "--demo", "--encoder", "none"), "--encoder", "none", "--model", "none",
                    env={"ZHIYIN_WEBHOOK_ALLOW_PRIVATE": "yes"}).start()
    try:
        with client(server) as c, client(server, make_key(server.data)) as api:
            c.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD})
            c.patch("/api/v1/users/me", json={"language": language})
            me = c.get("/api/v1/session").json()["user"]["id"]
            lead = c.post("/api/v1/leads", json={"name": "Han Meimei", "email": "han@yunshan.example", "company_name": "Yunshan"}).json()["id"]
            for n in range(60):
                assert c.post("/api/v1/notes", json={"body": f"note {n}", "lead_id": lead}).status_code == 201
            pipeline = api.get("/api/v1/pipelines", params={"order_by": "position"}).json()["items"][0]["id"]
            first, second, *_ = api.get("/api/v1/stages", params={"filter": f'pipeline_id = "{pipeline}"', "order_by": "position"}).json()["items"]
            for name, amount, day in (("Chairs", 12000, "2026-12-10"), ("Desks", 48000, "2027-01-20"), ("Lamps", 3600, "2027-01-31")):
                deal = api.post("/api/v1/deals", json={"name": name, "amount": amount, "currency": "CNY", "expected_close_on": day, "pipeline_id": pipeline,
                                                       "stage_id": first["id"]}).json()
            assert api.patch(f"/api/v1/deals/{deal['id']}", json={"stage_id": second["id"]}).status_code == 200

            def is_a_lead():
                row = api.get(f"/api/v1/leads/{lead}").json()
                assert (row["status"], row["contact_id"], row["deal_id"]) == ("new", None, None)
                assert api.get("/api/v1/deals", params={"filter": 'name = "Canteen"'}).json()["items"] == []

            def is_paused():
                (one,) = api.get("/api/v1/webhooks").json()["items"]
                assert one["active"] is False and "secret" not in one

            def due():
                at = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
                assert api.post("/api/v1/tasks", json={"title": "Ring back", "remind_at": at, "owner_id": me}).status_code == 201

            def tamper():
                with sqlite3.connect(server.data / "zhiyin.db", timeout=10) as db:
                    (seq,) = db.execute("SELECT seq FROM audit WHERE object = 'leads' ORDER BY seq LIMIT 1").fetchone()
                    db.execute("UPDATE audit SET action = 'delete' WHERE seq = ?", (seq,))
                return str(seq)

            end = play("ops.mjs", server.url, language, ADMIN, f"http://127.0.0.1:{hook.server_port}/hook", wishes={
                "password": lambda: PASSWORD, "lead": lambda: lead, "the lead is a lead again": is_a_lead, "the webhook is paused": is_paused, "a task is due": due,
                "the webhook was told twice": lambda: until(lambda: hook.events.count("test.ping") == 2) and None, "a row is tampered with": tamper})
            assert set(end["looked"]) == {f"{surface} {mode}" for surface in SURFACES for mode in ("light", "dark")}
            (deal,) = api.get("/api/v1/deals", params={"filter": 'name = "Canteen again"'}).json()["items"]
            assert api.get(f"/api/v1/leads/{lead}").json()["deal_id"] == deal["id"]
            state = api.get("/api/v1/audit/state").json()
            assert state["verified"] is False and state["broken_at"] and state["faults"]
    finally:
        server.stop()
