"""The encoder's opinion of messages about which n-grams are not sure, through the real server: n-grams answer at once, the worker later, and what a person
said stands. The classifiers learn English; Chinese says nothing to their n-grams, and much to the encoder."""
import json
import sqlite3
import threading

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_store, need_encoder, run, until

ROWS = {
    "positive": ["great, I love it", "very happy with this purchase", "excellent quality, thank you", "the best shop I know", "wonderful service", "I am so pleased",
                 "it works perfectly", "really good, would buy again", "fantastic, exactly what I wanted", "lovely and well made"],
    "negative": ["terrible, I hate it", "very disappointed with this purchase", "awful quality, shame on you", "the worst shop I know", "dreadful service",
                 "I am so angry", "it broke at once", "really bad, never again", "rubbish, not what I ordered", "ugly and badly made"],
    "neutral": ["when do you open", "where is the office", "what does it weigh", "is it blue or green", "how do I change the address", "which cable fits",
                "do you have a catalogue", "my order number is 12", "I would like two of these", "the meeting is on Monday"],
}
GOOD, BAD = "太棒了，我非常喜欢，谢谢", "太糟糕了，我非常失望，很生气"


def train(folder, name, views, task="sentiment", words=None):
    rows = [{"text": text + more, "label": (words or {}).get(label, label)} for label, texts in ROWS.items() for text in texts for more in ("", "!", " indeed")]
    (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    run("train", task, "--in", folder / f"{name}.jsonl", "--out", folder / f"{name}.zyc", "--views", views)
    return folder / f"{name}.zyc"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    need_encoder()
    folder = tmp_path_factory.mktemp("trained")
    return {"both": train(folder, "both", "grams,vectors"), "vectors": train(folder, "vectors", "vectors"), "grams": train(folder, "grams", "grams"),
            "intent": train(folder, "intent", "vectors", "intent", {"positive": "praise", "negative": "blame", "neutral": "question"})}


@pytest.fixture
def data(tmp_path, files):
    store = make_store(tmp_path / "data")
    for name in files:
        run("model", "add", files[name], "--data", store)
    return store


def serve(data, *more):
    return Server(data, "--model", "none", *more, env={"ZHIYIN_JUDGE": "yes"}).start()


@pytest.fixture
def server(data):
    server = serve(data)
    yield server
    assert server.stop() == 0 and server.crashes() == []


class Company:
    def __init__(self, server):
        self.server, self.staff, self.visitor = server, client(server), client(server)
        assert self.staff.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD}).status_code == 200
        made = self.visitor.post("/api/v1/conversations", json={"language": "zh"}).json()
        self.path, self.headers = f"/api/v1/conversations/{made['id']}", {"Authorization": f"Bearer {made['token']}"}

    def say(self, text):
        return self.visitor.post(self.path + "/messages", json={"text": text}, headers=self.headers).json()["message"]["id"]

    def judgement(self, message):
        return next((j for j in self.staff.get(self.path + "/judgements").json()["items"] if j["message_id"] == message), None)

    def judged(self, message, by="", not_by="~"):
        """Once a version that contains by, and not not_by, judged it."""
        return until(lambda: (j := self.judgement(message)) and by in j["version"] and not_by not in j["version"] and j, 60)


def promote(data, name, *more, **options):
    return run("model", "promote", f"{name}.zyc", "--data", data, *more, **options)


def waiting(data):
    with sqlite3.connect(data / "zhiyin.db") as db:
        return db.execute("SELECT count(*) FROM unsure_messages").fetchone()[0]


def hear(server, company, judged, ready):
    with client(server) as staff:
        staff.cookies = company.staff.cookies
        with staff.stream("GET", "/api/v1/events", headers={"Accept": "text/event-stream"}, timeout=60) as stream:
            ready.set()
            kind = ""
            for line in stream.iter_lines():
                kind = line[7:] if line.startswith("event: ") else kind
                if kind == "judgement" and line.startswith("data: "):
                    judged.append(json.loads(line[6:]))
                if len(judged) == 2:
                    return


def test_n_grams_at_once_and_the_encoder_when_there_is_time(server):
    company = Company(server)
    company.judged(company.say("hello"))  # the first message makes the judges
    promote(server.data, "both")
    heard, ready = [], threading.Event()
    ear = threading.Thread(target=hear, args=(server, company, heard, ready))
    ear.start()
    assert ready.wait(10)
    said = company.say(GOOD)
    ear.join(60)
    first, then = heard
    assert first["message_id"] == then["message_id"] == said
    assert first["version"].endswith("~") and then["version"] == first["version"][:-1] and "sentiment:" in first["version"]
    assert then["mood"] == "positive" and then["strength"] > max(.5, first["strength"]) and then["intent"] == first["intent"]
    assert company.judged(company.say(BAD), "sentiment:")["mood"] == "negative"
    until(lambda: waiting(server.data) == 0)
    # of what they know n-grams are sure: nobody waits for the encoder
    sure = company.judged(company.say("great, I love it"), "sentiment:", "no such")
    assert sure["mood"] == "positive" and "~" not in sure["version"] and waiting(server.data) == 0


def test_a_person_has_the_last_word(data):
    server = serve(data, "--encoder", "none")  # n-grams go on without; the messages wait, over a restart
    company = Company(server)
    company.judged(company.say("hello"))
    promote(data, "both")
    kept, later = (company.judged(company.say(text), "~", "no such") for text in (GOOD, BAD))
    company.staff.put(f"{company.path}/messages/{kept['message_id']}/judgement", json={"mood": "negative"})
    assert waiting(data) == 2 and server.stop() == 0
    server = serve(data)
    company.staff, path = client(server), company.path
    assert company.staff.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD}).status_code == 200
    assert company.judged(later["message_id"])["mood"] == "negative"
    until(lambda: waiting(data) == 0)
    now = company.judgement(kept["message_id"])
    assert now["corrected_mood"] == "negative" and {k: v for k, v in now.items() if "corrected" not in k} == {k: v for k, v in kept.items() if "corrected" not in k}
    # the same words again: what the person said, the encoder notwithstanding
    company.visitor = client(server)
    again = company.judged(company.say(GOOD), "sentiment:")
    assert again["mood"] == "negative"
    assert server.stop() == 0 and server.crashes() == []


def test_what_has_no_n_grams_waits_for_the_encoder(server):
    """The built-in judge speaks first; its version alone stands there, until the encoder spoke."""
    company = Company(server)
    before = company.judged(company.say("hello"))["version"]
    promote(server.data, "vectors")
    promote(server.data, "intent")
    judged = company.judged(company.say(BAD), "intent:")
    assert judged["mood"] == "negative" and judged["intent"] == "blame"
    assert judged["version"].startswith(before + " sentiment:") and judged["version"].count(":") == 2


def test_one_in_shadow_is_asked_later_too(server):
    company = Company(server)
    promote(server.data, "grams")
    promote(server.data, "both", "--shadow")
    said = [company.say(text) for text in (GOOD, BAD, "great, I love it")]
    for message in said:
        assert "~" not in company.judged(message, "sentiment:")["version"]
    shadow = until(lambda: next((c for c in company.staff.get("/api/v1/classifiers").json()["items"] if c["state"] == "shadow" and c["shadowed"]["messages"] == 3), None), 60)
    assert shadow["name"] == "both.zyc"


def test_who_is_forgotten_is_not_waited_for(data):
    server = serve(data, "--encoder", "none")
    company = Company(server)
    company.judged(company.say("hello"))
    promote(data, "both")
    company.judged(company.say(GOOD), "~", "no such")
    contact = company.visitor.post(company.path + "/contact", json={"name": "陈雨桐", "email": "chen@yutong.example"}, headers=company.headers).json()["id"]
    assert waiting(data) == 1
    run("erase", "contact", contact, "--data", data)
    assert waiting(data) == 0
    assert server.stop() == 0
