"""Forgetting people: fifty with values that stand nowhere else leave traces in every place; afterwards no byte of them is left."""
import hashlib
import json
import uuid

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_key, make_store, run

N = 50
KEPT = "Keptperson"
BOTH = "a file that the records of several people have"


def canary(i, what):
    return f"zq{what}{i:02d}{hashlib.sha256(f'{what}{i}'.encode()).hexdigest()[:10]}"


def words_of(i):
    """What stands nowhere but with this person: Latin words, and Han text of its own."""
    return {what: canary(i, what) for what in ("name", "mail", "title", "note", "ticket", "task", "deal", "say", "event", "custom", "order", "lead",
                                               "reason", "vehicle", "old", "street", "file")}


def attach(c, plural, record_id, name, text):
    answer = c.post("/api/v1/attachments", params={"object": plural, "record_id": record_id, "filename": name}, content=text.encode())
    assert answer.status_code == 201, answer.text
    return answer.json()


def post(c, path, **body):
    answer = c.post(path, json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def leave_traces(c, anonymous, staff, i):
    """One person, in every place where a person can leave something."""
    w = words_of(i)
    email, phone = f"{w['mail']}@{w['mail']}.example", f"+8613700{i:02d}{int(hashlib.sha256(str(i).encode()).hexdigest()[:6], 16) % 10000:04d}"
    contact = post(c, "/api/v1/contacts", name=w["old"], email=email, phone=phone, title=w["title"], custom={"secret": w["custom"]},
                   address={"text": w["street"]})
    cid = contact["id"]
    changed = c.patch(f"/api/v1/contacts/{cid}", json={"name": w["name"]}, headers={"X-Reason": w["reason"]})
    assert changed.status_code == 200, changed.text
    post(c, "/api/v1/notes", body=f"note {w['note']}", contact_id=cid)
    ticket = post(c, "/api/v1/tickets", subject="no name in it", description=f"ticket {w['ticket']}", contact_id=cid)
    post(c, "/api/v1/notes", body=f"of the ticket {w['note']}", ticket_id=ticket["id"])
    post(c, "/api/v1/tasks", title="call back", description=w["task"], contact_id=cid)
    post(c, "/api/v1/deals", name="a deal", contact_id=cid, custom={"who": w["deal"]})
    order = post(c, "/api/v1/orders", contact_id=cid, address={"text": w["order"]})
    post(c, "/api/v1/events", contact_id=cid, type="view", at="2026-01-01T00:00:00Z", properties={"q": w["event"]})
    post(c, "/api/v1/leads", name=w["lead"], email=email)
    post(c, "/api/v1/vehicles", plate=w["vehicle"], driver=cid)
    chat = post(anonymous, "/api/v1/conversations", language="en", contact={"email": email})
    said = anonymous.post(f"/api/v1/conversations/{chat['id']}/messages", json={"text": f"I am {w['say']}"},
                          headers={"Authorization": f"Bearer {chat['token']}", "Idempotency-Key": str(uuid.uuid4())})
    assert said.status_code == 201, said.text
    post(staff, "/api/v1/views", object="contacts", name="mine", filter=f'email = "{email}"')
    taken = c.get("/api/v1/contacts/export", params={"format": "csv", "filter": f'email = "{email}"'})
    assert taken.status_code == 200 and w["name"] in taken.text
    attach(c, "contacts", cid, f"{w['file']}.txt", w["file"])
    attach(c, "orders", order["id"], "both.txt", BOTH)
    attach(c, "tickets", ticket["id"], "note.txt", w["file"] + " of the ticket")
    return cid, order["id"], [*w.values(), phone, email]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("erase") / "data")


@pytest.fixture(scope="module")
def server(store):
    server = Server(store, "--model", "none", "--encoder", "none", env={"ZHIYIN_VISITOR_MESSAGES_PER_MINUTE": "1000"}).start()
    yield server
    assert server.stop() == 0
    assert server.crashes() == []


@pytest.fixture(scope="module")
def api(server, store):
    with client(server, make_key(store), ) as c:
        c.timeout = 120
        yield c


@pytest.fixture(scope="module")
def people(server, api):
    declared = api.post("/api/v1/objects", json={"name": "vehicle", "plural": "vehicles", "label_en": "Vehicles", "fields": [
        {"name": "plate", "type": "text", "label_en": "Plate", "searchable": True, "personal": "identity"},
        {"name": "driver", "type": "reference", "target": "contacts", "label_en": "Driver"}]})
    assert declared.status_code == 201, declared.text
    hook = api.post("/api/v1/webhooks", json={"name": "x", "url": "https://hooks.example/x", "events": ["contacts.created", "contacts.updated"]})
    assert hook.status_code == 201, hook.text
    with client(server) as anonymous, client(server) as staff:
        assert staff.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD}).status_code == 200
        return [leave_traces(api, anonymous, staff, i) for i in range(N)]


def everything(data):
    """All bytes below the data directory, and of the server's log."""
    files = [p for p in data.rglob("*") if p.is_file()] + [data.parent / f"{data.name}.log"]
    return b"\n".join(p.read_bytes() for p in files)


def found(data, values):
    stored = everything(data).lower()
    return [v for v in values if v.lower().encode() in stored]


def test_a_copy_holds_everything(api, people):
    cid, _, values = people[0]
    copy = api.get(f"/api/v1/contacts/{cid}/personal-data")
    assert copy.status_code == 200, copy.text
    text = copy.text.lower()
    assert [v for v in values if v.lower() not in text] == []
    assert set(copy.json()) == {"contact", "records", "attachments", "conversations", "history"}


def test_a_trial_erases_nothing(api, people):
    cid = people[0][0]
    trial = api.post(f"/api/v1/contacts/{cid}/erase", params={"dry_run": "true"}, json={})
    assert trial.status_code == 200, trial.text
    assert trial.json()["dry_run"] is True and trial.json()["counts"]["messages"] >= 1
    assert api.get(f"/api/v1/contacts/{cid}").status_code == 200


def test_fifty_people_are_forgotten(server, store, api, people, tmp_path):
    kept = post(api, "/api/v1/contacts", name=KEPT, email="kept@kept.example")
    other = attach(api, "contacts", kept["id"], "kept.txt", BOTH)
    values = [v for _, _, of_one in people for v in of_one]
    assert len(found(store, values)) == len(values)  # the search would find them
    for cid, _, _ in people[:N - 1]:
        receipt = api.post(f"/api/v1/contacts/{cid}/erase", json={}, headers={"X-Reason": "asked for it"})
        assert receipt.status_code == 200, receipt.text
        told = receipt.json()
        assert told["counts"]["contacts"] == 1 and told["counts"]["conversations"] == 1 and told["counts"]["audit"] >= 1
        assert told["counts"]["attachments"] == 3 and told["counts"]["files"] == 2
        bare = {k: v for k, v in told.items() if k != "hash"}
        assert hashlib.sha256(json.dumps(bare, separators=(",", ":")).encode()).hexdigest() == told["hash"]
    by_command = json.loads(run("erase", "contact", people[-1][0], "--data", store, "--json").stdout)
    assert by_command["counts"]["contacts"] == 1
    assert found(store, values) == []
    assert {p.name for p in (store / "attachments").iterdir()} == {other["sha256"]}
    assert api.get(f"/api/v1/attachments/{other['id']}").text == BOTH
    out = tmp_path / "later.csv"
    run("export", "contacts", "--data", store, "--out", out)
    assert KEPT in out.read_text(encoding="utf-8-sig") and not [v for v in values if v in out.read_text(encoding="utf-8-sig")]
    assert api.get(f"/api/v1/contacts/{kept['id']}").json()["name"] == KEPT
    assert [r["id"] for r in api.get("/api/v1/contacts", params={"q": KEPT}).json()["items"]] == [kept["id"]]


def test_what_stays_is_whole(store, api, people):
    order = api.get(f"/api/v1/orders/{people[3][1]}")
    assert order.status_code == 200 and order.json()["contact_id"] is None and order.json()["address"] is None
    rows = api.get("/api/v1/audit", params={"record_id": people[3][0]}).json()["items"]
    assert rows[0]["action"] == "erase" and any(r["erased"] for r in rows)
    assert api.get(f"/api/v1/contacts/{people[3][0]}").status_code == 404
    assert api.post(f"/api/v1/contacts/{people[3][0]}/erase", json={}).status_code == 404
    checked = json.loads(run("check", "--data", store, "--json", check=False).stdout)
    assert checked == {"ok": True, "faults": []}
