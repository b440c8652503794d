"""Conversations: visitor, bot and staff over the real server."""
import concurrent.futures
import json
import sqlite3
import threading
import time
import uuid

from conftest import Server, client, make_store, run


def start_chat(anonymous, language="zh", **extra):
    made = anonymous.post("/api/v1/conversations", json={"language": language, **extra})
    assert made.status_code == 201, made.text
    return made.json()["id"], {"Authorization": f"Bearer {made.json()['token']}"}


def say(c, chat, headers, text, **kwargs):
    return c.post(f"/api/v1/conversations/{chat}/messages", params={"wait": "true"}, json={"text": text, **kwargs}, headers=headers)


def test_bot_answers_verbatim_with_its_source(api, anonymous):
    made = api.post("/api/v1/articles", json={"title": "运费怎么收？", "body": "满 99 元包邮，不足收 12 元。", "kind": "faq"})
    assert made.status_code == 201 and made.json()["n_passages"] == 1 and made.json()["language"] == "zh"
    chat, token = start_chat(anonymous)
    answer = say(anonymous, chat, token, "运费怎么收？")
    assert answer.status_code == 201
    reply = answer.json()["reply"]
    assert reply["text"] == "满 99 元包邮，不足收 12 元。" and reply["role"] == "bot" and reply["ai_generated"] is True
    assert reply["path"] == "curated" and reply["citations"][0]["article_id"] == made.json()["id"]
    whole = anonymous.get(f"/api/v1/conversations/{chat}", headers=token).json()
    assert whole["state"] == "open" and whole["owner"] == "bot"
    assert [m["role"] for m in whole["messages"]] == ["customer", "bot"]


def test_a_person_is_asked_for_takes_over_and_the_bot_is_silent(anonymous, staff):
    chat, token = start_chat(anonymous)
    reply = say(anonymous, chat, token, "转人工").json()["reply"]
    assert reply["role"] == "bot"
    waiting = staff.get("/api/v1/conversations", params={"owner": "none"}).json()["items"]
    mine = next(c for c in waiting if c["id"] == chat)
    assert mine["state"] == "handed_over" and mine["handover_reason"] == "asked_for_person" and mine["waiting_since"]
    assert mine["handover_summary"]

    taken = staff.post(f"/api/v1/conversations/{chat}/take", json={})
    assert taken.status_code == 200 and taken.json()["owner"] == "person" and taken.json()["waiting_since"] is None
    assert say(anonymous, chat, token, "你好，在吗？").json()["reply"] is None
    spoken = staff.post(f"/api/v1/conversations/{chat}/messages", json={"text": "在的，请讲。"})
    assert spoken.json()["message"]["role"] == "agent" and spoken.json()["message"]["ai_generated"] is False
    assert say(anonymous, chat, token, "运费怎么收？").json()["reply"] is None

    assert staff.post(f"/api/v1/conversations/{chat}/resolve", json={}).json()["state"] == "resolved"
    assert staff.post(f"/api/v1/conversations/{chat}/reopen", json={}).json()["owner"] == "person"
    staff.post(f"/api/v1/conversations/{chat}/resolve", json={})
    assert say(anonymous, chat, token, "谢谢").json()["reply"] is not None  # woken: the bot again
    assert anonymous.get(f"/api/v1/conversations/{chat}", headers=token).json()["state"] == "open"


def test_an_agent_who_writes_takes_over(anonymous, staff):
    chat, token = start_chat(anonymous, "en")
    say(anonymous, chat, token, "hello")
    staff.post(f"/api/v1/conversations/{chat}/messages", json={"text": "Let me help."})
    assert anonymous.get(f"/api/v1/conversations/{chat}", headers=token).json()["owner"] == "person"


def test_what_a_program_says_as_an_agent_counts_as_a_person(api, anonymous):
    chat, token = start_chat(anonymous)
    said = api.post(f"/api/v1/conversations/{chat}/messages", json={"text": "我来回答。", "role": "agent"})
    assert said.status_code == 201 and said.json()["message"]["role"] == "agent"
    assert say(anonymous, chat, token, "你好").json()["reply"] is None
    assert anonymous.get(f"/api/v1/conversations/{chat}", headers=token).json()["owner"] == "person"


def test_counts_are_of_all_not_of_a_page(api, staff, store):
    def counted():
        return staff.get("/api/v1/conversations/counts").json()

    before = counted()
    chats = [start_chat(api)[0] for _ in range(60)]
    assert counted() == before
    for chat in chats:
        assert api.post(f"/api/v1/conversations/{chat}/handover", json={}).status_code == 200
    assert counted() == before | {"unassigned": before["unassigned"] + 60, "waiting": before["waiting"] + 60}
    staff.post(f"/api/v1/conversations/{chats[0]}/take", json={})
    assert counted() == {"mine": before["mine"] + 1, "unassigned": before["unassigned"] + 59, "waiting": before["waiting"] + 59}
    for chat in chats:
        staff.post(f"/api/v1/conversations/{chat}/resolve", json={})
    assert counted() == before
    with sqlite3.connect(f"file:{store}/zhiyin.db?mode=ro", uri=True) as db:
        plan = db.execute("EXPLAIN QUERY PLAN SELECT count(c.waiting_since), count(c.state) FROM conversations c WHERE c.org_id = 'o' AND "
                          "c.state <> 'resolved' AND c.owner IN ('queue', 'person') AND (c.owner = 'queue' OR c.owner_id = 'u')").fetchall()
    assert "COVERING INDEX conversations_active" in plan[0][3], plan


def test_lists_refuse_what_they_do_not_know(staff):
    for query in ({"state": "closed"}, {"owner": "mine"}, {"page_token": "x"}, {"page_size": 0}, {"page_size": 201}):
        assert staff.get("/api/v1/conversations", params=query).status_code == 400, query
    assert staff.get("/api/v1/conversations", params={"state": "open,handed_over"}).status_code == 200


def test_two_misses_hand_over(anonymous):
    chat, token = start_chat(anonymous, "en")
    first = say(anonymous, chat, token, "How tall is the tower of Pisa in furlongs?").json()["reply"]
    assert first["path"] == "template"
    assert anonymous.get(f"/api/v1/conversations/{chat}", headers=token).json()["state"] == "open"
    say(anonymous, chat, token, "Which planet has the most moons of ice?")
    after = anonymous.get(f"/api/v1/conversations/{chat}", headers=token).json()
    assert after["state"] == "handed_over" and after["handover_reason"] in ("nothing_found", "misunderstood")


def test_a_visitor_sees_only_its_own_chat(anonymous):
    mine, my_token = start_chat(anonymous)
    other, _ = start_chat(anonymous)
    assert anonymous.get(f"/api/v1/conversations/{other}", headers=my_token).status_code == 404
    assert say(anonymous, other, my_token, "hi").status_code == 404
    assert anonymous.get("/api/v1/conversations", headers=my_token).status_code == 403
    assert anonymous.get("/api/v1/contacts", headers=my_token).status_code == 403
    assert anonymous.get(f"/api/v1/conversations/{mine}").status_code == 401
    assert say(anonymous, mine, my_token, "x", role="agent").status_code == 403


def test_text_limits(anonymous):
    chat, token = start_chat(anonymous)
    for text in ("", "   ", "字" * 4001):
        assert say(anonymous, chat, token, text).status_code == 422, len(text)
    assert say(anonymous, chat, token, "字" * 4000).status_code == 201


def test_contact_details_make_a_contact_with_a_timeline(anonymous, api):
    chat, token = start_chat(anonymous)
    say(anonymous, chat, token, "你好")
    made = anonymous.post(f"/api/v1/conversations/{chat}/contact", json={"name": "李雷", "email": "lilei@mail.example"}, headers=token)
    assert made.status_code == 200 and set(made.json()) == {"id"}
    assert api.get(f"/api/v1/contacts/{made.json()['id']}").json()["email"] == "lilei@mail.example"
    kinds = [i["kind"] for i in api.get(f"/api/v1/contacts/{made.json()['id']}/timeline").json()["items"]]
    assert "conversation" in kinds and "created" in kinds
    assert anonymous.post(f"/api/v1/conversations/{chat}/contact", json={"email": "nope"}, headers=token).status_code == 422


class Reader(threading.Thread):
    """Collects the events of a stream until stopped."""

    def __init__(self, server, path, headers):
        super().__init__(daemon=True)
        self.server, self.path, self.headers, self.events, self.ready = server, path, headers, [], threading.Event()
        self.start()
        assert self.ready.wait(10)

    def run(self):
        with client(self.server) as c, c.stream("GET", self.path, headers=self.headers, timeout=None) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            event = {}
            for line in answer.iter_lines():
                self.ready.set()
                if not line:
                    if "data" in event:
                        self.events.append(event)
                    event = {}
                elif not line.startswith(":"):
                    name, _, value = line.partition(": ")
                    event[name] = value

    def wait_for(self, condition, seconds=10):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = [e for e in self.events if condition(e)]
            if found:
                return found
            time.sleep(0.01)
        raise AssertionError(f"not in {self.events}")


def test_streams_bring_everything_and_resume(server, anonymous, staff):
    chat, token = start_chat(anonymous)
    cookie = {"Cookie": "; ".join(f"{k}={v}" for k, v in staff.cookies.items())}
    inbox = Reader(server, "/api/v1/events", cookie)
    mine = Reader(server, f"/api/v1/conversations/{chat}/events", token)
    say(anonymous, chat, token, "转人工")
    for reader in (inbox, mine):
        reader.wait_for(lambda e: e["event"] == "message" and json.loads(e["data"])["role"] == "bot" and json.loads(e["data"])["conversation_id"] == chat)
        reader.wait_for(lambda e: e["event"] == "state" and json.loads(e["data"])["state"] == "handed_over")
    staff.post(f"/api/v1/conversations/{chat}/typing", json={})
    mine.wait_for(lambda e: e["event"] == "typing" and json.loads(e["data"])["role"] == "agent")

    ids = [int(e["id"]) for e in mine.events if "id" in e]
    assert ids == sorted(set(ids))
    again = Reader(server, f"/api/v1/conversations/{chat}/events", {**token, "Last-Event-ID": str(ids[0])})
    again.wait_for(lambda e: e.get("id") == str(ids[-1]))
    assert [int(e["id"]) for e in again.events if "id" in e] == ids[1:]


def test_login_is_needed_checked_and_ended(server, anonymous, staff):
    bad = anonymous.post("/api/v1/session", json={"email": "admin@qimu.example", "password": "wrong password"})
    nobody = anonymous.post("/api/v1/session", json={"email": "nobody@qimu.example", "password": "wrong password"})
    assert bad.status_code == nobody.status_code == 401 and bad.json()["detail"] == nobody.json()["detail"]
    me = staff.get("/api/v1/session").json()
    assert me["user"]["role"] == "admin"
    other = {"Origin": "https://evil.example"}
    assert staff.post("/api/v1/contacts", json={"name": "x"}, headers=other).status_code == 403
    assert staff.post("/api/v1/contacts", json={"name": "x"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert staff.post("/api/v1/contacts", json={"name": "x"}, headers={"Origin": server.url}).status_code == 201
    assert staff.delete("/api/v1/session").status_code == 204
    assert staff.get("/api/v1/session").status_code == 401


def test_every_route_names_its_permission(anonymous):
    document = anonymous.get("/api/v1/openapi.json").json()
    operations = [o for p in document["paths"].values() for m, o in p.items() if m in ("get", "post", "patch", "delete")]
    assert len(operations) > 25 and all(o.get("x-permission") for o in operations)


def test_check_is_clean_afterwards(store):
    assert json.loads(run("check", "--data", store, "--json").stdout)["faults"] == []


def test_a_repeated_message_gets_the_same_reply(api, anonymous):
    chat, token = start_chat(anonymous)
    headers = {**token, "Idempotency-Key": "the-same-message"}
    first = say(anonymous, chat, headers, "你好").json()
    again = say(anonymous, chat, headers, "你好").json()
    assert first["reply"] and first == again
    assert len(anonymous.get(f"/api/v1/conversations/{chat}", headers=token).json()["messages"]) == 2


def begin(anonymous, key, body=None):
    return anonymous.post("/api/v1/conversations", json=body or {"language": "zh"}, headers={"Idempotency-Key": key})


def test_a_chat_that_is_begun_twice_is_one(api, anonymous, store):
    """The visitor did not hear the first answer: the second gives the same token, which opens the same chat."""
    key, body = str(uuid.uuid4()), {"language": "zh", "contact": {"email": "twice@mail.example"}}
    first, again = begin(anonymous, key, body), begin(anonymous, key, body)
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert "idempotency-replayed" not in first.headers and again.headers["idempotency-replayed"] == "true"
    token = {"Authorization": f"Bearer {again.json()['token']}"}
    assert anonymous.get(f"/api/v1/conversations/{again.json()['id']}", headers=token).status_code == 200
    assert len(api.get("/api/v1/contacts", params={"q": "twice@mail.example"}).json()["items"]) == 1
    assert begin(anonymous, str(uuid.uuid4()), body).json()["id"] != first.json()["id"]
    assert begin(anonymous, key, {"language": "en"}).status_code == 422
    kept = b"".join(path.read_bytes() for path in store.iterdir() if path.is_file())
    assert first.json()["token"].encode() not in kept and key.encode() not in kept


def test_two_at_once_begin_one_chat(server):
    key = str(uuid.uuid4())
    with client(server) as http, concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: begin(http, key).json(), range(8)))
    assert all(answer == answers[0] for answer in answers)


def test_a_key_that_could_be_guessed_begins_no_chat(anonymous):
    for key in ("1", "fifteen-letters", "x" * 256):
        answer = begin(anonymous, key)
        assert answer.status_code == 400 and "Idempotency-Key" in answer.json()["detail"], key


def test_the_same_key_from_elsewhere_begins_another_chat(tmp_path):
    """Behind a trusted proxy the addresses are the visitors' own."""
    server = Server(make_store(tmp_path / "data"), "--model", "none", "--encoder", "none", "--no-worker", "--trusted-proxy", "127.0.0.0/8").start()
    try:
        with client(server) as http:
            def begin_from(address):
                return http.post("/api/v1/conversations", json={}, headers={"Idempotency-Key": "0190a0b4-7b1c-7000", "X-Forwarded-For": address}).json()

            assert begin_from("192.0.2.1") == begin_from("192.0.2.1") != begin_from("192.0.2.2")
    finally:
        assert server.stop() == 0
