"""Rules of keeping: what is old goes by the command (the worker runs the same once a day), and nothing else."""
import json
import sqlite3
import uuid

import pytest
from conftest import Server, client, make_key, make_store, run

DAY_MS = 86400000


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("retention") / "data")


@pytest.fixture(scope="module")
def server(store):
    server = Server(store, "--model", "none", "--encoder", "none").start()
    yield server
    assert server.stop() == 0
    assert server.crashes() == []


def make(api, plural, **fields):
    answer = api.post(f"/api/v1/{plural}", json=fields)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def age(store, table, record_id, days):
    """As if the record had been left alone since; an event, as if it had come then, which its id tells, too. Returns the id."""
    new_id, sets = record_id, "updated_at = updated_at - :ms"
    if table == "events":
        made = f"{int(record_id[:8] + record_id[9:13], 16) - days * DAY_MS:012x}"
        new_id, sets = f"{made[:8]}-{made[8:]}{record_id[13:]}", "created_at = created_at - :ms, id = :new"
    db = sqlite3.connect(store / "zhiyin.db", timeout=10)
    with db:
        done = db.execute(f"UPDATE {table} SET {sets} WHERE id = :id", {"ms": days * DAY_MS, "new": new_id, "id": record_id})
        assert done.rowcount == 1
    db.close()
    return new_id


def retention(store, *flags):
    done = json.loads(run("retention", "--data", store, "--json", *flags).stdout)
    return done, {(item["object"], item["field"]): item for item in done["items"]}



@pytest.fixture
def api(server, store):
    with client(server, make_key(store)) as c:
        yield c


def test_a_rule_names_what_can_go(api):
    for wrong, path in [({"object": "nothing", "days": 1}, "object"), ({"object": "sla_policies", "days": 1}, "object"),
                        ({"object": "contacts", "days": 0}, "days"), ({"object": "contacts", "days": 5, "field": "colour"}, "field"),
                        ({"object": "notes", "days": 5, "field": "body"}, "field"), ({"object": "events", "days": 5, "field": "type"}, "field")]:
        answer = api.post("/api/v1/retention_rules", json=wrong)
        assert answer.status_code == 422 and answer.json()["errors"][0]["path"] == path, answer.text


def test_what_is_old_goes_and_nothing_else(api, store):
    words = {name: f"zq{name}{uuid.uuid4().hex[:10]}" for name in ("note", "title", "person", "vehicle", "new", "out", "event")}
    declared = api.post("/api/v1/objects", json={"name": "vehicle", "plural": "vehicles", "label_en": "Vehicles", "fields": [
        {"name": "plate", "type": "text", "label_en": "Plate"}]})
    assert declared.status_code == 201, declared.text
    for rule in ({"object": "notes", "days": 30}, {"object": "contacts", "field": "title", "days": 30}, {"object": "contacts", "days": 400},
                 {"object": "vehicles", "days": 10}, {"object": "events", "days": 90}):
        make(api, "retention_rules", **rule)
    person = make(api, "contacts", name=words["person"], email=f"{words['person']}@old.example")
    titled = make(api, "contacts", name="keeps", title=words["title"])
    old = {"notes": make(api, "notes", body=words["note"], contact_id=titled), "vehicles": make(api, "vehicles", plate=words["vehicle"]),
           "events": make(api, "events", type="view", at="2020-01-01T00:00:00Z", properties={"q": words["event"]})}
    new = {"notes": make(api, "notes", body=words["new"]), "vehicles": make(api, "vehicles", plate=words["new"])}
    gone = make(api, "notes", body=words["out"])
    assert api.delete(f"/api/v1/notes/{gone}").status_code == 204
    for table, record_id, days in [("contacts", person, 401), ("contacts", titled, 31), ("notes", old["notes"], 31), ("notes", gone, 31),
                                   ("custom_records", old["vehicles"], 11)]:
        age(store, table, record_id, days)
    old["events"] = age(store, "events", old["events"], 91)
    assert api.get(f"/api/v1/events/{old['events']}").status_code == 200

    trial, due = retention(store, "--dry-run")
    assert trial["dry_run"] and due["notes", None]["records"] == 2 and set(due["notes", None]["ids"]) == {gone, old["notes"]}
    assert due["contacts", "title"]["ids"] == [titled] and due["contacts", None]["ids"] == [person]
    assert api.get(f"/api/v1/notes/{old['notes']}").status_code == 200

    done, due = retention(store)
    assert not done["dry_run"]
    assert {key: (item["records"], item["kept"]) for key, item in due.items()} == {
        ("notes", None): (2, 0), ("contacts", "title"): (1, 0), ("contacts", None): (1, 0), ("vehicles", None): (1, 0), ("events", None): (1, 0)}
    for plural, record_id in [*old.items(), ("contacts", person)]:
        assert api.get(f"/api/v1/{plural}/{record_id}").status_code == 404
    kept = api.get(f"/api/v1/contacts/{titled}").json()
    assert kept["name"] == "keeps" and kept["title"] is None
    for plural, record_id in new.items():
        assert api.get(f"/api/v1/{plural}/{record_id}").status_code == 200
    for plural, record_id in [("notes", old["notes"]), ("contacts", titled), ("contacts", person)]:
        rows = api.get("/api/v1/audit", params={"object": plural, "record_id": record_id}).json()["items"]
        assert rows[0]["action"] == "erase" and rows[0]["reason"] == "retention", rows[0]
    assert api.get("/api/v1/audit", params={"object": "events"}).json()["items"][0]["action"] == "purge"
    assert api.get("/api/v1/search", params={"q": words["note"]}).json()["items"] == []
    audit = json.dumps(api.get("/api/v1/audit", params={"page_size": 200}).json())
    assert [w for name, w in words.items() if name != "new" and w in audit] == []
    assert json.loads(run("check", "--data", store, "--json", check=False).stdout) == {"ok": True, "faults": []}
    assert {item["records"] for item in retention(store)[0]["items"]} == {0}
