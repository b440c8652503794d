"""What customers say, in the console: mood and intent of messages, put right with one click, and mood over time; in both languages."""
import os

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_store, until
from stage import play

SURFACES = {"judged conversation", "mood menu", "mood of a contact"}
SAID = {"zh": ("太失望了，质量很差，要求马上退款", "非常满意，谢谢你们的帮助"), "en": ("I am very disappointed, terrible quality, refund me right now", "Great service, thank you so much for your help")}


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    server = Server(make_store(tmp_path_factory.mktemp("voice") / "data", "--encoder", "none"), "--encoder", "none", "--model", "none", env={"ZHIYIN_JUDGE": "yes"}).start()
    yield server
    assert server.stop() == 0


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
