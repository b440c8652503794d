"""Staff: invited, changed, let go; password, second factor, sessions; roles, teams and keys as the console sees them."""
import base64
import hashlib
import hmac
import json
import struct
import time
import uuid

import pytest
from conftest import ADMIN, PASSWORD, client, run, until

NEW = "another good password"


def code_at(secret, at):
    """RFC 6238 by the book."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start:start + 4])[0] & 0x7fffffff) % 1000000:06d}"


def invite(staff, role="agent"):
    name = f"u{uuid.uuid4().hex[:8]}"
    answer = staff.post("/api/v1/users", json={"name": name, "email": f"{name}@qimu.example", "role": role, "language": "en"})
    assert answer.status_code == 201, answer.text
    return answer.json()


def accept(anonymous, invited, password=PASSWORD):
    return anonymous.post("/api/v1/users/accept", json={"token": invited["token"], "password": password})


def login(server, email, password=PASSWORD, **more):
    c = client(server)
    return c, c.post("/api/v1/session", json={"email": email, "password": password, **more})


@pytest.fixture(scope="module")
def staff(server):
    """One session for all: an account is logged into only so often."""
    with client(server) as c:
        assert c.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD}).status_code == 200
        yield c


@pytest.fixture
def somebody(server, staff, anonymous):
    """A logged-in agent and what the invitation said."""
    invited = invite(staff)
    assert accept(anonymous, invited).status_code == 200
    c, answer = login(server, invited["user"]["email"])
    assert answer.status_code == 200, answer.text
    yield c, invited["user"]
    c.close()


def test_from_invitation_to_work(server, staff, anonymous):
    invited = invite(staff)
    assert invited["user"]["state"] == "invited" and invited["expires_in_days"] == 7
    assert invited["link"].endswith("/console/welcome#" + invited["token"])
    email = invited["user"]["email"]
    assert login(server, email)[1].status_code == 401  # no password yet
    owner = anonymous.post("/api/v1/users/link", json={"token": invited["token"]})
    assert owner.status_code == 200 and owner.json()["email"] == email
    assert accept(anonymous, invited, "short").status_code == 422
    assert accept(anonymous, invited).json()["state"] == "active"
    assert accept(anonymous, invited).status_code == 404  # once
    assert anonymous.post("/api/v1/users/link", json={"token": invited["token"]}).status_code == 404
    assert login(server, email)[1].json()["user"]["role"] == "agent"


def test_an_invitation_does_not_stand_in_the_store(store, staff):
    invited = invite(staff)
    key = str(uuid.uuid4())
    first = staff.post("/api/v1/keys", json={"name": "once"}, headers={"Idempotency-Key": key}).json()["key"]
    again = staff.post("/api/v1/keys", json={"name": "once"}, headers={"Idempotency-Key": key})
    assert again.headers["idempotency-replayed"] == "true" and again.json()["key"] == ""
    stored = b"".join(p.read_bytes() for p in store.iterdir())
    assert invited["token"].encode() not in stored and first.encode() not in stored


@pytest.mark.parametrize("body, status", [({"name": "x"}, 400), ({"name": "x", "email": "none"}, 422), ({"name": "", "email": "a@b.example"}, 422),
                                          ({"name": "x", "email": "c@d.example", "role": "emperor"}, 422), ({"name": "x", "email": ADMIN}, 409)])
def test_what_is_no_invitation(staff, body, status):
    assert staff.post("/api/v1/users", json=body).status_code == status


def test_a_role_is_changed(staff, somebody):
    c, user = somebody
    assert c.get("/api/v1/audit").status_code == 403
    changed = staff.patch(f"/api/v1/users/{user['id']}", json={"role": "admin"})
    assert changed.status_code == 200 and changed.json()["role"] == "admin"
    assert c.get("/api/v1/audit").status_code == 200  # with the next request
    assert staff.patch(f"/api/v1/users/{user['id']}", json={"role": "agent"}).status_code == 200


def test_the_last_administrator_stays(staff):
    me = staff.get("/api/v1/session").json()["user"]["id"]
    assert staff.patch(f"/api/v1/users/{me}", json={"role": "agent"}).status_code == 409
    assert staff.post(f"/api/v1/users/{me}/deactivate", json={}).status_code == 409
    assert staff.get("/api/v1/audit").status_code == 200


def test_who_leaves_is_out_and_the_work_goes_on(server, staff, anonymous, somebody):
    c, user = somebody
    heir = invite(staff)
    assert accept(anonymous, heir).status_code == 200
    contact = c.post("/api/v1/contacts", json={"name": "customer", "owner_id": user["id"]}).json()["id"]
    gone = staff.post(f"/api/v1/users/{user['id']}/deactivate", json={"hand_over_to": heir["user"]["id"]})
    assert gone.status_code == 200 and gone.json()["handed_over"] == 1 and gone.json()["user"]["state"] == "deactivated"
    assert c.get("/api/v1/contacts").status_code == 401
    assert login(server, user["email"])[1].status_code == 401
    assert staff.get(f"/api/v1/contacts/{contact}").json()["owner_id"] == heir["user"]["id"]
    assert staff.post(f"/api/v1/users/{user['id']}/reactivate", json={}).json()["state"] == "active"
    assert login(server, user["email"])[1].status_code == 200


def test_a_forgotten_password(server, staff, anonymous, somebody):
    c, user = somebody
    link = staff.post(f"/api/v1/users/{user['id']}/reset", json={}).json()
    assert c.get("/api/v1/session").status_code == 200  # the old one counts until the link is used
    assert accept(anonymous, link, NEW).status_code == 200
    assert c.get("/api/v1/session").status_code == 401
    assert login(server, user["email"])[1].status_code == 401
    assert login(server, user["email"], NEW)[1].status_code == 200


def test_ones_own_password(server, somebody):
    c, user = somebody
    other, _ = login(server, user["email"])
    assert c.post("/api/v1/users/me/password", json={"current": "wrong", "new": NEW}).status_code == 403
    assert c.post("/api/v1/users/me/password", json={"current": PASSWORD, "new": NEW}).status_code == 204
    assert c.get("/api/v1/session").status_code == 200 and other.get("/api/v1/session").status_code == 401
    assert login(server, user["email"], NEW)[1].status_code == 200


def test_sessions_are_seen_and_ended(server, somebody):
    c, user = somebody
    other, _ = login(server, user["email"])
    listed = c.get("/api/v1/users/me/sessions").json()["items"]
    assert [s["current"] for s in listed].count(True) == 1 and len(listed) == 2 and listed[0]["address"] == "127.0.0.1"
    far = next(s for s in listed if not s["current"])
    assert c.delete(f"/api/v1/users/me/sessions/{far['id']}").status_code == 204
    assert other.get("/api/v1/session").status_code == 401
    assert c.delete(f"/api/v1/users/me/sessions/{far['id']}").status_code == 404
    assert c.delete("/api/v1/users/me/sessions").status_code == 204
    assert c.get("/api/v1/session").status_code == 401


def test_the_second_factor(server, staff, anonymous, somebody):
    c, user = somebody
    assert c.post("/api/v1/users/me/totp", json={"password": "wrong"}).status_code == 403
    begun = c.post("/api/v1/users/me/totp", json={"password": PASSWORD}).json()
    assert begun["url"].startswith("otpauth://totp/Zhiyin:") and begun["secret"] in begun["url"]
    assert login(server, user["email"])[1].status_code == 200  # not before it is confirmed
    now = time.time()
    assert c.post("/api/v1/users/me/totp/confirm", json={"code": "000000" if code_at(begun["secret"], now) != "000000" else "1"}).status_code == 422
    confirmed = c.post("/api/v1/users/me/totp/confirm", json={"code": code_at(begun["secret"], now)})
    assert confirmed.status_code == 200, confirmed.text
    codes = confirmed.json()["recovery_codes"]
    assert len(set(codes)) == 10
    without = login(server, user["email"])[1]
    assert without.status_code == 401 and without.json()["code"] == "code_required"
    assert login(server, user["email"], code=code_at(begun["secret"], now))[1].status_code == 401  # used by the confirmation
    later = code_at(begun["secret"], now + 30)
    assert login(server, user["email"], code=later)[1].status_code == 200
    assert login(server, user["email"], code=later)[1].status_code == 401  # replayed
    assert login(server, user["email"], code=codes[0].upper())[1].status_code == 200
    assert login(server, user["email"], code=codes[0])[1].status_code == 401
    link = staff.post(f"/api/v1/users/{user['id']}/reset", json={"totp": True}).json()
    assert accept(anonymous, link, NEW).status_code == 200
    assert login(server, user["email"], NEW)[1].status_code == 200


def test_keys_over_http(server, staff):
    assert staff.post("/api/v1/keys", json={"name": "x", "scope": "everything"}).status_code == 400
    assert staff.post("/api/v1/keys", json={"name": "x", "role": "emperor"}).status_code == 422
    made = staff.post("/api/v1/keys", json={"name": "shop", "scope": "read", "per_minute": 100}).json()
    assert next(k for k in staff.get("/api/v1/keys").json()["items"] if k["id"] == made["id"])["used_at"] is None
    with client(server, made["key"]) as c:
        assert c.get("/api/v1/contacts").status_code == 200 and c.post("/api/v1/contacts", json={}).status_code == 403
        listed = next(k for k in staff.get("/api/v1/keys").json()["items"] if k["id"] == made["id"])
        assert listed["state"] == "active" and "key" not in listed
        until(lambda: next(k for k in staff.get("/api/v1/keys").json()["items"] if k["id"] == made["id"])["used_at"])
        assert staff.delete(f"/api/v1/keys/{made['id']}").status_code == 204
        assert c.get("/api/v1/contacts").status_code == 401


def test_the_trail_tells_who_and_why(server, staff):
    made = staff.post("/api/v1/contacts", json={"name": "before"}).json()["id"]
    changed = staff.patch(f"/api/v1/contacts/{made}", json={"name": "after"}, headers={"X-Reason": "%E5%AE%A2%E6%88%B7%E8%A6%81%E6%B1%82"})
    rows = staff.get(f"/api/v1/contacts/{made}/history").json()["items"]
    assert [r["action"] for r in rows] == ["update", "create"]
    assert rows[0]["reason"] == "客户要求" and rows[0]["detail"] == {"changes": {"name": ["before", "after"]}}
    assert rows[0]["request_id"] == changed.headers["x-request-id"] and rows[0]["actor_name"]
    whole = staff.get("/api/v1/audit", params={"record_id": made, "action": "update", "page_size": 1}).json()
    assert whole["items"] == rows[:1] and whole["next_page_token"] is None
    assert staff.get("/api/v1/audit", params={"since": "yesterday"}).status_code == 400
    state = staff.get("/api/v1/audit/state").json()
    assert (state["verified"], state["faults"], state["broken_at"]) == (True, 0, None) and state["rows"] >= 2 and state["checked_at"]
    assert staff.patch(f"/api/v1/contacts/{made}", json={"name": "again"}).status_code == 200
    later = staff.get("/api/v1/audit/state").json()
    assert later["verified"] and later["rows"] > state["rows"] and later["checked_at"] == state["checked_at"]
    assert staff.get("/api/v1/audit/state", params={"full": "true"}).json()["checked_at"] > state["checked_at"]
    assert staff.patch(f"/api/v1/contacts/{made}", json={}, headers={"X-Reason": "x" * 501}).status_code == 400


def test_reading_what_is_sensitive_leaves_a_row(staff):
    declared = staff.post("/api/v1/objects", json={"name": "passport", "plural": "passports", "label_en": "Passports", "fields": [
        {"name": "digits", "type": "text", "label_en": "Digits", "sensitive": True, "personal": "identity"}]})
    assert declared.status_code == 201, declared.text
    made = staff.post("/api/v1/passports", json={"digits": "E12345678"}).json()["id"]
    assert staff.get(f"/api/v1/passports/{made}", headers={"X-Reason": "border"}).status_code == 200
    assert staff.get("/api/v1/passports").status_code == 200
    rows = until(lambda: [r for r in staff.get("/api/v1/audit", params={"object": "passports"}).json()["items"] if r["action"] == "list"]
                 and staff.get("/api/v1/audit", params={"object": "passports"}).json()["items"])
    assert [(r["action"], r["record_id"], r["reason"]) for r in rows] == [("list", "", None), ("read", made, "border"), ("create", made, None)]


def test_the_command(server, store, anonymous):
    added = json.loads(run("user", "add", "cli@qimu.example", "--role", "manager", "--data", store, "--json").stdout)
    assert accept(anonymous, added).json()["role"] == "manager"
    listed = json.loads(run("user", "list", "--data", store, "--json").stdout)["items"]
    assert {"cli@qimu.example", ADMIN} <= {u["email"] for u in listed}
    assert "cli@qimu.example" in run("user", "list", "--data", store).stdout
    link = run("user", "reset", "cli@qimu.example", "--data", store).stdout.strip()
    assert accept(anonymous, {"token": link.partition("#")[2]}, NEW).status_code == 200
    run("user", "deactivate", "cli@qimu.example", "--data", store)
    assert login(server, "cli@qimu.example", NEW)[1].status_code == 401
    assert run("user", "reset", "nobody@qimu.example", "--data", store, check=False).returncode == 1
    assert run("user", "add", "x@qimu.example", "--role", "emperor", "--data", store, check=False).returncode == 3
