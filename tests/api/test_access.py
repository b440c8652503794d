"""Who may what: every route that the running server declares, tried by every kind of caller.

The rows come from /api/v1/openapi.json, so a new route is tried the day it is added; a permission word that is not in the
table below fails until somebody has written down whom it lets in.
"""
import json
import re
import sqlite3
import uuid

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_key, make_store, run, until

AGENT = "agent@qimu.example"
STAFF = {"agent", "admin", "manager", "read_only", "own", "team"}
WRITERS = STAFF - {"read_only"}
EVERYBODY = {"nobody", "visitor", "other visitor", *STAFF, "key read", "key write", "key admin", "key chat", "key agent"}
# A visitor of another conversation passes where its own would, and is then told that there is no such conversation.
ALLOWED = {
    "public": EVERYBODY,
    "chat": {"visitor", "other visitor", *STAFF, "key chat"},
    "completions": {*STAFF, "key chat"},
    "models": {*STAFF, "key chat", "key read", "key agent"},
    "staff": {*STAFF, "key read", "key agent"},
    "staff:write": {*WRITERS, "key write", "key agent"},
    "conversations:read": {*STAFF, "key read", "key agent"},
    "conversations:write": {*WRITERS, "key write", "key agent"},
    "session": STAFF,
    "records:read": {*STAFF, "key read", "key agent"},
    "records:write": {*WRITERS, "key write", "key agent"},
    "admin": {"admin", "key admin"},
}
ENDS_SESSION = ("/api/v1/session", "/api/v1/users/me/sessions")
ONE_CONVERSATION = "/api/v1/conversations/{id}"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("access") / "data", "--demo", "--encoder", "none")


@pytest.fixture(scope="module")
def server(store):
    server = Server(store, "--model", "none", "--encoder", "none").start()
    yield server
    assert server.stop() == 0
    assert server.crashes() == []


@pytest.fixture(scope="module")
def anyone(server):
    with client(server) as c:
        yield c


@pytest.fixture(scope="module")
def routes(anyone):
    """(method, path, permission) of every operation."""
    document = anyone.get("/api/v1/openapi.json").json()
    rows = [(method.upper(), path, operation.get("x-permission")) for path, item in document["paths"].items()
            for method, operation in item.items() if method in ("get", "put", "post", "patch", "delete", "options", "head")]
    # What ends a session comes last, so that the others do not have to log in anew.
    return sorted(rows, key=lambda row: (row[0] == "DELETE" and row[1] in ENDS_SESSION, row[1], row[0]))


LIMITED = {
    "own": {"*": {"read": "own", "create": "own", "update": "own", "delete": "own"}},
    "team": {"*": {"read": "team", "create": "team", "update": "team", "delete": "team"}},
}


def person(server, admin, name, role):
    """The id of somebody new with that role, who has come in by the link."""
    with client(server) as c:
        invited = c.post("/api/v1/users", headers=admin, json={"name": name, "email": f"{name}@qimu.example", "role": role})
        assert invited.status_code == 201, invited.text
        set_up = c.post("/api/v1/users/accept", json={"token": invited.json()["token"], "password": PASSWORD})
        assert set_up.status_code == 200, set_up.text
    return invited.json()["user"]["id"]


@pytest.fixture(scope="module")
def people(server):
    """Ids by name: own and team are in the team north with mate; stranger is in the team south."""
    admin = login(server, ADMIN)
    with client(server) as c:
        for name, rights in LIMITED.items():
            assert c.post("/api/v1/roles", headers=admin, json={"name": name, "rights": rights}).status_code == 201
        ids = {name: person(server, admin, name, role) for name, role in
               [("manager", "manager"), ("read_only", "read_only"), ("own", "own"), ("team", "team"), ("mate", "own"), ("stranger", "own")]}
        for team, members in [("north", ("own", "team", "mate")), ("south", ("stranger",))]:
            answer = c.post("/api/v1/teams", headers=admin, json={"name": team, "members": [ids[m] for m in members]})
            assert answer.status_code == 201, answer.text
    return ids


def ask_in(server, email):
    """The answer to a login; waits where this file has tried more often than an address may in a minute."""
    with client(server) as c:
        def ask():
            answer = c.post("/api/v1/session", json={"email": email, "password": PASSWORD})
            return None if answer.status_code == 429 else answer
        return until(ask, 60)


def login(server, email):
    answer = ask_in(server, email)
    assert answer.status_code == 200, answer.text
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in answer.cookies.items())}


def chat(anyone):
    made = anyone.post("/api/v1/conversations", json={}).json()
    return made["id"], {"Authorization": f"Bearer {made['token']}"}


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def conversation(anyone):
    return chat(anyone)


@pytest.fixture(scope="module")
def callers(server, store, anyone, conversation, people):
    """The headers of every kind of caller; sessions are made when they are used."""
    return {"nobody": {}, "visitor": conversation[1], "other visitor": chat(anyone)[1],
            **{f"key {scope}": bearer(make_key(store, scope)) for scope in ("read", "write", "admin", "chat")},
            "key agent": bearer(make_bound_key(server)),
            **{name: login(server, f"{name}@qimu.example") for name in ("manager", "read_only", "own", "team")},
            "agent": login(server, AGENT), "admin": login(server, ADMIN)}


def make_bound_key(server):
    """All scopes, but no more than an agent may."""
    with client(server) as c:
        made = c.post("/api/v1/keys", headers=login(server, ADMIN), json={"name": "bound", "scope": "read,write", "role": "agent"})
    assert made.status_code == 201, made.text
    return made.json()["key"]


def attempt(anyone, method, path, headers, conversation_id):
    """The status alone: a stream that is let in is closed after its head."""
    path = path.replace("{id}", conversation_id if path.startswith(ONE_CONVERSATION) else str(uuid.uuid4()))
    body = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
    with anyone.stream(method, re.sub(r"\{\w+\}", "x", path), headers=headers, **body) as answer:
        return answer.status_code


def test_every_route_declares_a_known_permission(routes):
    assert len(routes) > 30
    assert [row for row in routes if row[2] not in ALLOWED] == []


def expected(permission, method, path, caller):
    """401 or 403 or 404 where the caller is kept out, else None."""
    if caller not in ALLOWED[permission]:
        return 401 if caller == "nobody" else 403
    if caller == "other visitor" and path.startswith(ONE_CONVERSATION):
        return 404
    # Who only reads may look into a conversation, not speak in it.
    if caller == "read_only" and permission == "chat" and method != "GET" and not path.endswith("/typing"):
        return 403
    # Taking a whole list away, or a file of rows in, is a right of its own.
    if caller in ("own", "team", "agent", "read_only", "key agent") and path.endswith("/export"):
        return 403
    return None


# Where being let in is answered by 401 or 403 for a reason of its own: a wrong password.
NOT_IN = {"/api/v1/session": (), "/api/v1/users/me/sessions": (), "/api/v1/users/me/totp": (), "/api/v1/users/me/totp/disable": ()}


def test_every_caller_on_every_route(anyone, routes, callers, conversation):
    assert set(callers) == EVERYBODY
    wrong, n_let_in, n_kept_out = [], 0, 0
    for method, path, permission in routes:
        for caller, headers in callers.items():
            status, want = attempt(anyone, method, path, headers, conversation[0]), expected(permission, method, path, caller)
            if want is None:
                n_let_in += 1
                right = status not in NOT_IN.get(path, (401, 403)) and status < 500
            else:
                n_kept_out += 1
                right = status == want
            if not right:
                wrong.append(f"{caller}: {method} {path} ({permission}) is answered {status}, expected {want or 'to be let in'}")
    assert wrong == [], "\n".join(wrong)
    assert n_let_in > 100 and n_kept_out > 100


# ---- whose record it is -------------------------------------------------------------------------------------------------

OBJECTS = {  # every object whose records belong to somebody, with what it cannot be made without
    "contacts": {"name": "x"}, "companies": {"name": "x"}, "leads": {"name": "x"}, "deals": {"name": "x"}, "tickets": {"subject": "x"},
    "orders": {}, "tasks": {"title": "x"}, "activities": {"subject": "x"}, "notes": {"body": "x"},
}
OWNERS = ("own", "mate", "stranger", None)
# Which owners' records a caller reaches; "other organisation" is reached by nobody.
REACHED = {
    "admin": {"own", "mate", "stranger", None}, "manager": {"own", "mate", "stranger", None}, "agent": {"own", "mate", "stranger", None},
    "read_only": {"own", "mate", "stranger", None}, "key agent": {"own", "mate", "stranger", None},
    "own": {"own"}, "team": {"own", "mate"},
}


@pytest.fixture(scope="module")
def staff_again(server, store, people):
    """As above, with sessions that nothing has ended."""
    return {"key agent": bearer(make_bound_key(server)), "agent": login(server, AGENT), "admin": login(server, ADMIN),
            **{name: login(server, f"{name}@qimu.example") for name in ("manager", "read_only", "own", "team")}}


def test_every_object_is_tried(anyone, staff_again):
    declared = anyone.get("/api/v1/objects", headers=staff_again["admin"]).json()["items"]
    owned = {o["plural"] for o in declared if any(f["name"] == "owner_id" for f in o["fields"])}
    assert owned == set(OBJECTS)


@pytest.fixture(scope="module")
def other_organisation(store, records):
    """Ids of records of another organisation, put there as a second company on this store would have them."""
    db = sqlite3.connect(store / "zhiyin.db", timeout=10)
    org, ids = str(uuid.uuid4()), {}
    with db:
        row = db.execute("SELECT * FROM organisations").fetchone()
        db.execute(f"INSERT INTO organisations VALUES ({','.join('?' * len(row))})", (org, *row[1:]))
        for plural in OBJECTS:
            row = db.execute(f"SELECT * FROM {plural} LIMIT 1").fetchone()
            names = [d[1] for d in db.execute(f"PRAGMA table_info({plural})")]
            made = dict(zip(names, row)) if row else {}
            made.update(org_id=org, id=str(uuid.uuid4()), owner_id=None, contact_id=None, company_id=None, number=None)
            made = {name: value for name, value in made.items() if name in names}
            db.execute(f"INSERT INTO {plural} ({','.join(made)}) VALUES ({','.join('?' * len(made))})", tuple(made.values()))
            ids[plural] = made["id"]
    db.close()
    return ids


@pytest.fixture(scope="module")
def records(anyone, staff_again, people):
    """Ids by object and owner."""
    made = {}
    for plural, fields in OBJECTS.items():
        for owner in OWNERS:
            body = {**fields, **({"owner_id": people[owner]} if owner else {})}
            answer = anyone.post(f"/api/v1/{plural}", headers=staff_again["admin"], json=body)
            assert answer.status_code == 201, answer.text
            made[plural, owner] = answer.json()["id"]
    return made


@pytest.mark.parametrize("plural", OBJECTS)
def test_nobody_reaches_further_than_the_role(anyone, staff_again, records, other_organisation, plural):
    path = f"/api/v1/{plural}"
    for caller, reached in REACHED.items():
        headers = staff_again[caller]
        page = anyone.get(path, headers=headers, params={"page_size": 1000}).json()["items"]
        listed = {r["id"] for r in page}
        assert other_organisation[plural] not in listed
        for owner in OWNERS:
            record, seen = records[plural, owner], owner in reached
            assert (record in listed) == seen, (caller, owner)
            assert anyone.get(f"{path}/{record}", headers=headers).status_code == (200 if seen else 404), (caller, owner)
            assert anyone.get(f"{path}/{record}/history", headers=headers).status_code == (200 if seen else 404), (caller, owner)
            writes = 403 if caller == "read_only" else 200 if seen else 404
            assert anyone.patch(f"{path}/{record}", headers=headers, json={}).status_code == writes, (caller, owner)
            assert anyone.delete(f"{path}/{record}", headers={**headers, "If-Match": '"v0"'}).status_code == removal(caller, seen), (caller, owner)
        stranger = other_organisation[plural]
        kept_out = 403 if caller == "read_only" else 404
        for method, want in (("GET", 404), ("PATCH", kept_out), ("DELETE", kept_out)):
            body = {"json": {}} if method == "PATCH" else {}
            assert anyone.request(method, f"{path}/{stranger}", headers=headers, **body).status_code == want, (caller, method)


@pytest.mark.parametrize("plural", OBJECTS)
def test_what_hangs_on_a_record_is_reached_as_the_record_is(anyone, routes, staff_again, records, other_organisation, plural):
    """History, timeline, stages, conversion: every route below a record that the server declares."""
    below = [(method, path) for method, path, permission in routes
             if path.startswith(f"/api/v1/{plural}/{{id}}/") and permission in ("records:read", "records:write")]
    assert len(below) >= 2
    for caller, reached in REACHED.items():
        for record, seen in [*((records[plural, owner], owner in reached) for owner in OWNERS), (other_organisation[plural], False)]:
            for method, path in below:
                if method != "GET" and seen:
                    continue  # it would be done
                answer = anyone.request(method, path.replace("{id}", record), headers=staff_again[caller], **({} if method == "GET" else {"json": {}}))
                want = 200 if seen else 403 if caller == "read_only" and method != "GET" else 404
                # Restoring is deleting undone: who may not delete is told so.
                assert answer.status_code == want or (path.endswith("/restore") and answer.status_code == 403), (caller, method, path, answer.text)


@pytest.mark.parametrize("part", ("/facts", "/judgements"))
def test_a_conversation_that_is_none_is_404_for_everybody(anyone, staff_again, part):
    for caller, headers in staff_again.items():
        answer = anyone.get(f"/api/v1/conversations/{uuid.uuid4()}{part}", headers=headers)
        assert answer.status_code == 404, (caller, answer.text)


def removal(caller, seen):
    """A deletion at a version that is long gone: 412 for who may delete it."""
    if caller in ("manager", "agent", "key agent", "read_only"):
        return 403
    return 412 if seen else 404


def test_a_key_of_a_role_ends_where_the_role_does(anyone, staff_again, records):
    assert anyone.get("/api/v1/audit", headers=staff_again["key agent"]).status_code == 403
    gone = anyone.delete(f"/api/v1/contacts/{records['contacts', 'mate']}", headers=staff_again["key agent"])
    assert gone.status_code == 403


def test_rights_change_at_once(server, anyone, staff_again, people, records):
    path, admin = f"/api/v1/contacts/{records['contacts', 'stranger']}", staff_again["admin"]
    assert anyone.get(path, headers=staff_again["own"]).status_code == 404
    changed = anyone.patch("/api/v1/roles/own", headers=admin, json={"rights": {"*": {"read": "all"}, "contacts": {"read": "all", "fields": {"name": "hidden"}}}})
    assert changed.status_code == 200, changed.text
    seen = anyone.get(path, headers=staff_again["own"])
    assert seen.status_code == 200 and "name" not in seen.json()
    assert anyone.get("/api/v1/contacts?filter=name:*", headers=staff_again["own"]).status_code == 400
    fields = next(o for o in anyone.get("/api/v1/objects", headers=staff_again["own"]).json()["items"] if o["plural"] == "contacts")["fields"]
    assert "name" not in {f["name"] for f in fields}
    assert anyone.patch("/api/v1/roles/own", headers=admin, json={"rights": LIMITED["own"]}).status_code == 200
    assert anyone.get(path, headers=staff_again["own"]).status_code == 404


def test_what_stands_outside_the_interface_is_public_or_not_there(anyone):
    for path in ("/healthz", "/readyz", "/metrics", "/console/", "/demo/", "/widget/loader.js"):
        assert anyone.get(path).status_code == 200, path
    for path, address in (("/", "/console/"), ("/console", "/console/"), ("/demo", "/demo/")):
        answer = anyone.get(path)
        assert (answer.status_code, answer.headers["location"]) == (302, address)
    for path in ("/api/v1/", "/api/v2/contacts", "/v1", "/v1/", "/v1/completions", "/zhiyin.db", "/console/../zhiyin.conf"):
        assert anyone.get(path).status_code == 404, path
    assert anyone.get("/api/v1/sessions").status_code == 401  # what objects there are is nobody's business


# ---- pages of other sites -----------------------------------------------------------------------------------------------

FOREIGN = [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]


def test_no_other_site_acts_with_a_session(server, anyone, routes, conversation):
    session = login(server, ADMIN)
    wrong = []
    for method, path, permission in routes:
        if method == "GET":
            continue
        for foreign in FOREIGN:
            status = attempt(anyone, method, path, {**session, **foreign}, conversation[0])
            if status != 403:
                wrong.append((method, path, foreign, status))
    # Whoever is logged in may be logged out and in by nobody but itself; both need a body in JSON, which no form can send.
    assert wrong == []


def test_the_own_origin_acts_with_a_session(server, anyone):
    session = login(server, ADMIN)
    for own in ({"Origin": server.url}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {}):
        assert anyone.post("/api/v1/contacts", json={"name": "own"}, headers={**session, **own}).status_code == 201
    nearly = server.url.rsplit(":", 1)[0] + ":1"
    for foreign in (nearly, server.url + ".evil.example", server.url.replace("http:", "https:")):
        assert anyone.post("/api/v1/contacts", json={"name": "x"}, headers={**session, "Origin": foreign}).status_code == 403


def test_a_program_with_a_key_has_no_origin_to_prove(anyone, callers):
    for foreign in FOREIGN:
        assert anyone.post("/api/v1/contacts", json={"name": "program"}, headers={**callers["key write"], **foreign}).status_code == 201


def test_no_form_can_send_what_is_read(server, anyone):
    """A form sends these types without asking the browser's permission."""
    session = login(server, ADMIN)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        for path in ("/api/v1/session", "/api/v1/contacts", "/api/v1/conversations"):
            answer = anyone.post(path, content=b'{"name":"x"}', headers={**session, "Content-Type": kind})
            assert answer.status_code == 415, (kind, path)


# ---- credentials that do not count (any more) ---------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["Bearer", "Bearer x", "Bearer zyk_", "Bearer zyv_", "Bearer zys_", "Basic YTpi", "zyk_x"])
def test_a_wrong_credential_is_refused_even_where_none_is_needed(anyone, value):
    for path in ("/api/v1/contacts", "/api/v1/version"):
        assert anyone.get(path, headers={"Authorization": value}).status_code == 401, path


def test_the_session_is_no_key_and_the_key_no_session(server, anyone, store):
    token = login(server, ADMIN)["Cookie"].partition("=")[2]
    assert anyone.get("/api/v1/contacts", headers=bearer(token)).status_code == 401
    key = make_key(store)
    assert anyone.get("/api/v1/contacts", headers={"Cookie": f"zhiyin_session={key}"}).status_code == 401


def change(store, sql, *values):
    """As an administrator at the database would."""
    db = sqlite3.connect(store / "zhiyin.db", timeout=10)
    with db:
        n = db.execute(sql, values).rowcount
    db.close()
    return n


def test_a_revoked_key_is_none(anyone, store):
    made = json.loads(run("key", "create", "--data", store, "--json").stdout)
    assert anyone.get("/api/v1/contacts", headers=bearer(made["key"])).status_code == 200
    run("key", "revoke", made["id"], "--data", store)
    assert anyone.get("/api/v1/contacts", headers=bearer(made["key"])).status_code == 401


def test_an_expired_key_is_none(anyone, store):
    made = json.loads(run("key", "create", "--expires", "1d", "--data", store, "--json").stdout)
    assert anyone.get("/api/v1/contacts", headers=bearer(made["key"])).status_code == 200
    assert change(store, "UPDATE api_keys SET expires_at = expires_at - 86400000 WHERE id = ?", made["id"]) == 1
    answer = anyone.get("/api/v1/contacts", headers=bearer(made["key"]))
    assert answer.status_code == 401 and answer.json()["detail"] == "this key has expired"


@pytest.mark.parametrize("email, column, minutes", [(ADMIN, "seen_at", 30), (AGENT, "created_at", 12 * 60)])
def test_a_session_ends_when_idle_and_in_any_case(server, anyone, store, email, column, minutes):
    set_back = f"UPDATE sessions SET {column} = {column} - ? WHERE token_hash = (SELECT max(token_hash) FROM sessions)"
    change(store, "DELETE FROM sessions")
    session = login(server, email)
    assert change(store, set_back, (minutes - 1) * 60000) == 1
    assert anyone.get("/api/v1/session", headers=session).status_code == 200
    change(store, "DELETE FROM sessions")
    session = login(server, email)
    assert change(store, set_back, (minutes + 1) * 60000) == 1
    assert anyone.get("/api/v1/session", headers=session).status_code == 401
    assert anyone.get("/api/v1/version", headers=session).status_code == 200  # public pages still work


def test_who_has_left_is_out_at_once(server, anyone, store):
    session = login(server, AGENT)
    assert change(store, "UPDATE users SET active = 0 WHERE email = ?", AGENT) == 1
    try:
        assert anyone.get("/api/v1/contacts", headers=session).status_code == 401
        assert ask_in(server, AGENT).status_code == 401
    finally:
        change(store, "UPDATE users SET active = 1 WHERE email = ?", AGENT)


def test_logging_out_ends_the_session_alone(server, anyone):
    first, second = login(server, AGENT), login(server, AGENT)
    gone = anyone.delete("/api/v1/session", headers=first)
    assert gone.status_code == 204 and "Max-Age=0" in gone.headers["set-cookie"]
    assert anyone.get("/api/v1/session", headers=first).status_code == 401
    assert anyone.get("/api/v1/session", headers=second).status_code == 200


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(tmp_path):
    server = Server(make_store(tmp_path / "data"), "--model", "none", "--no-worker").start()
    try:
        with client(server) as c:
            cookie = c.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD}).headers["set-cookie"]
    finally:
        server.stop()
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))


# ---- guessing passwords -------------------------------------------------------------------------------------------------


def test_an_account_is_guessed_at_only_so_often(tmp_path):
    server = Server(make_store(tmp_path / "data"), "--model", "none", "--no-worker").start()
    try:
        with client(server) as c:
            spellings, n_guesses, answer = [ADMIN, ADMIN.upper(), f" {ADMIN} "], 0, None
            while answer is None or (answer.status_code == 401 and n_guesses < 40):
                answer = c.post("/api/v1/session", json={"email": spellings[n_guesses % 3], "password": f"guess {n_guesses}"})
                n_guesses += 1
            assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0 and n_guesses > 10
            assert c.post("/api/v1/session", json={"email": "else@qimu.example", "password": "x"}).status_code == 401
    finally:
        assert server.stop() == 0
