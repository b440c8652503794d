"""What customers say, in the console: mood and intent of messages, put right with one click, mood over time, and the report; in both languages."""
import os
import random
import sqlite3
import time

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_key, make_store, until
from stage import play

SURFACES = {"judged conversation", "mood menu", "mood of a contact", "report", "report of days", "messages of a number", "report on a phone", "empty report", "aspects"}
SAID = {"zh": ("太失望了，质量很差，要求马上退款，订单号 QM20251103", "非常满意，谢谢你们的帮助"), "en": ("I am very disappointed, terrible quality, refund me right now, order QM20251103", "Great service, thank you so much for your help")}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    server = Server(make_store(tmp_path_factory.mktemp("voice") / "data", "--encoder", "none"), "--encoder", "none", "--model", "none", env={"ZHIYIN_JUDGE": "yes"}).start()
    fill(server)
    yield server
    assert server.stop() == 0


# What is said, how often now and before, and in how many of a hundred cases by somebody unhappy, now and before.
SAYINGS = (
    ("快递第{n}天还没到，物流信息一直不更新", 34, 14, 85, 50, "delivery"), ("快递员把包裹放门口就走了，单号 {n}，电话 13812345678", 20, 10, 80, 60, "delivery"),
    ("优惠券第{n}次用不了，提示已过期", 16, 18, 60, 60, "price"), ("where is my refund for order {n}? the refund is late", 22, 20, 55, 60, "refund"),
    ("the refund of order {n} has not reached my card", 12, 10, 50, 50, "refund"), ("can I book an appointment for an eye test on the {n}th?", 18, 16, 5, 5, "appointment"),
    ("想预约第{n}周的验光，请帮我预约", 15, 15, 5, 5, "appointment"), ("谢谢，问题解决了，订单 {n}", 14, 20, 0, 0, "thanks"), ("Thanks, order {n} is here", 10, 14, 0, 0, "thanks"),
)


def fill(server):
    """Two months of messages, as drawn; the days are put into the store, which no interface may do."""
    draw = random.Random(3)
    key = make_key(server.data)
    drawn = []
    with client(server, key) as program:
        chats = [program.post("/api/v1/conversations", json={}).json()["id"] for _ in range(12)]
        for text, now, before, bad, bad_before, intent in SAYINGS:
            for n in range(now + before):
                said = program.post(f"/api/v1/conversations/{draw.choice(chats)}/messages", json={"text": text.format(n=n), "role": "customer"})
                unhappy = draw.randrange(100) < (bad if n < now else bad_before)
                days = draw.randrange(1, 29) + (30 if n >= now else 0)
                drawn.append((int((time.time() - days * 86400) * 1000), "negative" if unhappy else draw.choice(("neutral", "positive")), intent, said.json()["message"]["id"]))
        until(lambda: program.get("/api/v1/judgements/summary").json()["n"] == len(drawn), 60)
    with sqlite3.connect(server.data / "zhiyin.db", timeout=30) as db:
        db.executemany("UPDATE message_judgements SET at = ?, corrected_mood = ?, corrected_intent = ? WHERE message_id = ?", drawn)
    db.close()


def talk(server, language):
    """A conversation of a known contact, two messages, judged."""
    with client(server) as visitor, client(server) as staff:
        staff.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD})
        made = visitor.post("/api/v1/conversations", json={"language": language}).json()
        path, headers = f"/api/v1/conversations/{made['id']}", {"Authorization": f"Bearer {made['token']}"}
        visitor.post(path + "/contact", json={"name": "Maya Ellison", "email": f"maya.{language}@mail.example"}, headers=headers)
        for text in SAID[language]:
            assert visitor.post(path + "/messages", json={"text": text}, headers=headers).status_code == 201
        until(lambda: len(staff.get(path + "/judgements").json()["items"]) == 2, 60)
        staff.patch("/api/v1/users/me", json={"language": language})
    return path


@pytest.mark.parametrize("language", ["zh", "en"])
def test_voice(shop, language):
    if folder := os.environ.get("ZHIYIN_SCREENSHOTS"):
        os.makedirs(folder, exist_ok=True)
    path = talk(shop, language)
    with client(shop) as staff:
        staff.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD})
        before = staff.get(path + "/judgements").json()["items"]
        assert [j["mood"] for j in before] == ["negative", "positive"]
        end = play("voice.mjs", shop.url, language, ADMIN, path.rsplit("/", 1)[1], wishes={"password": lambda: PASSWORD})
        assert set(end["looked"]) == {f"{surface} {mode}" for surface in SURFACES for mode in ("light", "dark")}
        after = staff.get(path + "/judgements").json()["items"]
    assert (after[0]["corrected_mood"], after[0]["corrected_intent"]) == ("neutral", None)
    assert (after[1]["corrected_mood"], after[1]["corrected_intent"]) == (None, None)  # taken back
