"""The story the product is for, in the real browser against the real server, in both languages.

A visitor asks and is answered with a source, wants a person, is served by one, comes back, asks again after the knowledge changed and
after the server was killed; the clerk does all that from the console. story.mjs walks it and fails on any uncaught error, policy
violation or breach of an axe rule; this file then asks the server itself what was kept. ZHIYIN_SCREENSHOTS=DIR keeps pictures.
"""
import os

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_key, make_store
from stage import play

CLERKS = {"zh": ADMIN, "en": "agent@qimu.example"}  # each finds the console in the language of its own
SURFACES = {"login", "demo page", "widget open", "widget in conversation", "widget contact form", "inbox", "open conversation", "knowledge",
            "knowledge drawer", "contacts", "new contact", "contact page", "palette", "key map", "user menu", "widget phone", "inbox phone",
            "open conversation phone"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The demo company, with two visitors who are talking to the bot already."""
    server = Server(make_store(tmp_path_factory.mktemp("shop") / "data", "--demo")).start()
    with client(server) as visitor:
        for language, text in (("en", "How can I change the delivery address after ordering?"), ("zh", "可以提供礼品包装和贺卡吗？")):
            made = visitor.post("/api/v1/conversations", json={"language": language}).json()
            said = visitor.post(f"/api/v1/conversations/{made['id']}/messages", json={"text": text}, headers={"Authorization": f"Bearer {made['token']}"})
            assert said.status_code in (200, 201, 202), said.text
    yield server
    server.stop()


def only(items):
    assert len(items) == 1, items
    return items[0]


def conversations_of(api, said):
    """The conversations, with messages, in which the customer said that."""
    page = api.get("/api/v1/conversations", params={"state": "open,pending,handed_over,resolved", "owner": "any", "page_size": 200}).json()
    details = [api.get(f"/api/v1/conversations/{item['id']}").json() for item in page["items"]]
    return [each for each in details if said in [m["text"] for m in each["messages"] if m["role"] == "customer"]]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_story(shop, language):
    if folder := os.environ.get("ZHIYIN_SCREENSHOTS"):
        os.makedirs(folder, exist_ok=True)
    end = play("story.mjs", shop.url, language, CLERKS[language],
               wishes={"password": lambda: PASSWORD, "kill": shop.kill, "start": shop.start})
    assert set(end["looked"]) == {f"{surface} {mode}" for surface in SURFACES for mode in ("light", "dark")}
    say = end["result"]

    with client(shop, make_key(shop.data)) as api:
        served = only(conversations_of(api, say["reply"]))
        messages = served["messages"]
        assert served["state"] == "resolved" and served["contact_name"] == say["name"] and served["language"] == language
        assert [m["text"] for m in messages if m["role"] == "customer"] == [say["question"], say["person"], say["reply"], say["known"]]
        assert [m["text"] for m in messages if m["role"] == "agent"] == [say["hello"], say["bye"]]
        taken = min(m["seq"] for m in messages if m["role"] == "agent")
        assert not [m for m in messages if m["role"] == "bot" and m["seq"] > taken], "the bot spoke while a person had the chat"
        assert [m["seq"] for m in messages] == sorted({m["seq"] for m in messages})

        second = only(conversations_of(api, say["later"]))
        assert second["id"] != served["id"] and second["state"] == "open"
        assert [m["text"] for m in second["messages"] if m["role"] == "customer"] == [say["known"], say["later"]], "each once, across the crash"
        answers = [m for m in second["messages"] if m["role"] == "bot"]
        assert answers[0]["text"] == say["edited"] and say["laterAnswer"] in answers[-1]["text"] and all(m["ai_generated"] for m in answers)

        found = only(api.get("/api/v1/contacts", params={"q": say["contactEmail"]}).json()["items"])
        assert found["name"] == say["contact"] and found["title"] == say["title"]
