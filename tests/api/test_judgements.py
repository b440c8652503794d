"""Mood and intent of customers' messages, through the real server: judged as they come, corrected, learnt, taken back; for staff alone."""
import time

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_store, run, until


JUDGED = {"ZHIYIN_JUDGE": "yes"}


def login(server):
    http = client(server)
    assert http.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD}).status_code == 200
    return http


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(make_store(tmp_path_factory.mktemp("judgements") / "data"), "--model", "none", "--encoder", "none", env=JUDGED).start()
    yield server
    assert server.stop() == 0 and server.crashes() == []


@pytest.fixture(scope="module")
def staff(server):
    return login(server)


class Chat:
    def __init__(self, server, staff):
        self.visitor, self.staff = client(server), staff
        made = self.visitor.post("/api/v1/conversations", json={"language": "zh"}).json()
        self.path, self.headers = f"/api/v1/conversations/{made['id']}", {"Authorization": f"Bearer {made['token']}"}

    def say(self, text):
        said = self.visitor.post(self.path + "/messages", json={"text": text}, headers=self.headers)
        assert said.status_code == 201
        return said.json()["message"]["id"]

    def judged(self, message):
        def find():
            return next((j for j in self.staff.get(self.path + "/judgements").json()["items"] if j["message_id"] == message), None)
        return until(find, 60)

    def correct(self, message, **words):
        return self.staff.put(f"{self.path}/messages/{message}/judgement", json=words)


def test_messages_are_judged_as_they_come(server, staff):
    chat = Chat(server, staff)
    good, bad, asked = chat.say("非常满意，谢谢你们的帮助"), chat.say("太失望了，质量很差，要求马上退款"), chat.say("Where is my parcel?")
    assert chat.judged(good)["mood"] == "positive" and chat.judged(good)["strength"] > 0
    assert chat.judged(bad)["mood"] == "negative" and chat.judged(bad)["language"] == "zh"
    judged = chat.judged(asked)
    assert judged["mood"] == "neutral" and judged["intent"] == "delivery" and judged["language"] == "en"
    assert 0 < judged["mood_probability"] <= 1 and judged["version"] and judged["corrected_mood"] is None


def test_a_correction_is_learnt_and_taken_back(server, staff):
    chat = Chat(server, staff)
    text = "这个杯子能装五百毫升吗"
    first = chat.say(text)
    before = chat.judged(first)
    wrong = "negative" if before["mood"] != "negative" else "positive"
    done = chat.correct(first, mood=wrong, intent="appointment")
    assert done.status_code == 200 and done.json()["corrected_mood"] == wrong and done.json()["mood"] == before["mood"]

    def judged_anew(version):
        again = chat.judged(chat.say(text))
        return again if again["version"] != version else time.sleep(.1)
    after = until(lambda: judged_anew(before["version"]), 60)
    assert (after["mood"], after["intent"]) == (wrong, "appointment")
    assert chat.judged(first)["mood"] == before["mood"]  # what was judged stays
    assert chat.correct(first, mood=None, intent=None).json()["corrected_at"] is None
    back = until(lambda: judged_anew(after["version"]), 60)
    assert (back["mood"], back["intent"], back["version"]) == (before["mood"], before["intent"], before["version"])


def test_the_summary_counts(server, staff):
    chat = Chat(server, staff)
    before = staff.get("/api/v1/judgements/summary").json()
    message = chat.say("谢谢，很满意")
    mood = chat.judged(message)["mood"]
    chat.correct(message, mood=mood)
    after = staff.get("/api/v1/judgements/summary").json()
    assert after["n"] == before["n"] + 1 and after["reviewed"] == before["reviewed"] + 1 and after["agreed"] == before["agreed"] + 1
    assert sum(after["moods"].values()) == sum(after["intents"].values()) == after["n"]
    assert staff.get("/api/v1/judgements/summary", params={"from": "2100-01-01T00:00:00Z"}).json()["n"] == 0
    assert staff.get("/api/v1/judgements/summary", params={"from": "yesterday"}).status_code == 400


def test_the_inbox_tells_the_last_mood(server, staff):
    chat = Chat(server, staff)
    chat.judged(chat.say("谢谢，非常满意"))
    bad = chat.say("太失望了，质量很差，要求马上退款")
    judged = chat.judged(bad)
    own = next(c for c in staff.get("/api/v1/conversations?page_size=100").json()["items"] if chat.path.endswith(c["id"]))
    assert (own["mood"], own["urgent"]) == (judged["mood"], judged["urgent"]) == ("negative", judged["urgent"])
    chat.correct(bad, mood="neutral")
    own = next(c for c in staff.get("/api/v1/conversations?page_size=100").json()["items"] if chat.path.endswith(c["id"]))
    assert own["mood"] == "neutral"


def test_mood_over_time_of_a_contact(server, staff):
    chats = [Chat(server, staff), Chat(server, staff)]
    contacts = [c.visitor.post(c.path + "/contact", json={"name": "陈雨桐", "email": "chen@yutong.example"}, headers=c.headers).json()["id"] for c in chats]
    assert contacts[0] == contacts[1]
    said = [chats[0].say("非常满意"), chats[1].say("太失望了，质量很差"), chats[0].say("谢谢")]
    judged = [chat.judged(message) for chat, message in zip((chats[0], chats[1], chats[0]), said)]
    assert staff.get(f"/api/v1/contacts/{contacts[0]}/judgements").json()["items"] == judged  # each as its conversation tells it
    assert {j["conversation_id"] for j in judged} == {c.path.rsplit("/", 1)[1] for c in chats}
    assert chats[0].visitor.get(f"/api/v1/contacts/{contacts[0]}/judgements", headers=chats[0].headers).status_code in (401, 403)


def test_staff_are_told_live_and_visitors_are_not(server, staff):
    chat = Chat(server, staff)
    chat.judged(chat.say("你们太差了，我很生气"))
    last = chat.say("还有一个问题")  # behind the judgement

    def kinds(http, headers):
        found = []
        with http.stream("GET", chat.path + "/events", headers={**headers, "Last-Event-ID": "0"}) as stream:
            for line in stream.iter_lines():
                if line.startswith("event: "):
                    found.append(line[7:])
                elif last in line:
                    return found
    assert {"message", "judgement"} <= set(kinds(staff, {}))
    seen = kinds(chat.visitor, chat.headers)
    assert "message" in seen and "judgement" not in seen


def test_visitors_do_not_see_it(server, staff):
    chat = Chat(server, staff)
    message = chat.say("你们太差了")
    chat.judged(message)
    assert chat.visitor.get(chat.path + "/judgements", headers=chat.headers).status_code in (401, 403)
    assert chat.visitor.put(f"{chat.path}/messages/{message}/judgement", json={"mood": "positive"}, headers=chat.headers).status_code in (401, 403)
    assert "mood" not in chat.visitor.get(chat.path, headers=chat.headers).text


def test_wrong_corrections(server, staff):
    chat = Chat(server, staff)
    message = chat.say("几点开门")
    chat.judged(message)
    assert chat.correct(message, mood="furious").status_code == 422
    assert chat.correct(message, intent="weather").status_code == 422
    assert chat.correct("0192aaaa-0000-7000-8000-000000000000", mood="neutral").status_code == 404


def test_what_a_stop_left_is_judged(tmp_path):
    store = make_store(tmp_path / "data", "--demo", "--encoder", "none")
    server = Server(store, "--model", "none", "--encoder", "none", env=JUDGED).start()
    staff = login(server)
    conversations = staff.get("/api/v1/conversations?page_size=100").json()["items"]
    for c in conversations[:3]:
        said = [m["id"] for m in staff.get(f"/api/v1/conversations/{c['id']}").json()["messages"] if m["role"] == "customer"]
        until(lambda: {j["message_id"] for j in staff.get(f"/api/v1/conversations/{c['id']}/judgements").json()["items"]} >= set(said), 60)
    assert server.stop() == 0 and server.crashes() == []
    run("check", "--data", store)


def test_it_can_be_turned_off(tmp_path):
    server = Server(make_store(tmp_path / "data"), "--model", "none", "--encoder", "none").start()
    chat = Chat(server, login(server))
    message = chat.say("太好了")
    assert chat.staff.get(chat.path + "/judgements").json()["items"] == []
    assert chat.correct(message, mood="neutral").status_code == 409
    assert server.stop() == 0 and server.crashes() == []


def test_what_the_customer_stated(server, staff):
    """Values and requests stand with their message and words; dates are reckoned from the message's own day."""
    chat = Chat(server, staff)
    first = chat.say("订单号 QM20251103 还没到，请打 13800138000 联系我")
    second = chat.say("想订 20 把椅子，预算三万五，11月28日之前要")
    chat.say("好的")
    facts = staff.get(chat.path + "/facts").json()
    found = {(f["message_id"], f["type"], f["value"]) for f in facts["items"]}
    assert {(first, "order", "QM20251103"), (first, "phone", "+8613800138000"), (second, "money", "35000")} <= found
    text = "想订 20 把椅子，预算三万五，11月28日之前要"
    assert all(text[f["start"]:f["end"]] == f["text"] for f in facts["items"] if f["message_id"] == second)
    date = next(f["value"] for f in facts["items"] if f["type"] == "date")
    assert date.endswith("-11-28")
    request = next(r for r in facts["requests"] if r["message_id"] == second)
    assert "椅子" in request["text"] and request["budget"] and request["deadline"]
    assert chat.visitor.get(chat.path + "/facts", headers=chat.headers).status_code in (401, 403)


def test_aspects_have_their_own_mood(server, staff):
    chat = Chat(server, staff)
    mixed = chat.say("质量很好，我很喜欢，但是快递太慢了，太失望了")
    plain = chat.say("你好")
    chat.judged(plain)
    aspects = staff.get(chat.path + "/facts").json()["aspects"]
    assert {(a["message_id"], a["aspect"], a["mood"]) for a in aspects} == {(mixed, "quality", "positive"), (mixed, "delivery", "negative")}
    assert next(a["text"] for a in aspects if a["aspect"] == "quality") == "质量很好"


def test_what_is_read_of_an_unknown_conversation_is_404(server, staff):
    for unknown in ("0192aaaa-0000-7000-8000-000000000000", "nonsense"):
        for part in ("facts", "judgements"):
            answer = staff.get(f"/api/v1/conversations/{unknown}/{part}")
            assert answer.status_code == 404 and answer.headers["Content-Type"] == "application/problem+json", part
            assert answer.json()["code"] == "not_found"
