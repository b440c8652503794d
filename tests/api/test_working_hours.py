"""Working hours: who sets them and how, and what customers hear when nobody is there."""
import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_store

CLOSED = {"mon": []}  # a day that is missing has no hours
AGENT = "agent@qimu.example"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("hours") / "data", "--demo", "--encoder", "none")


@pytest.fixture(scope="module")
def server(store):
    server = Server(store, "--model", "none", "--encoder", "none").start()
    yield server
    assert server.stop() == 0
    assert server.crashes() == []


@pytest.fixture(scope="module")
def admin(server):
    with client(server) as c:
        assert c.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD}).status_code == 200
        yield c


def patch(admin, **change):
    return admin.patch("/api/v1/organisation", json=change)


@pytest.fixture
def closed(admin):
    assert patch(admin, working_hours=CLOSED).status_code == 200
    yield
    assert patch(admin, working_hours={}).status_code == 200


# ---- setting them -------------------------------------------------------------------------------------------------------


def test_what_is_set_stands_and_the_rest_stays(admin):
    before = admin.get("/api/v1/organisation").json()
    hours = {"sun": [], "mon": [["09:00", "12:30"], ["13:30", "18:00"]], "sat": [["00:00", "24:00"]]}
    changed = patch(admin, working_hours=hours)
    assert changed.status_code == 200 and changed.json()["working_hours"] == hours
    assert list(changed.json()["working_hours"]) == ["mon", "sat", "sun"]
    assert patch(admin, name=" 栖木 ", time_zone="Europe/Berlin").json()["working_hours"] == hours
    after = admin.get("/api/v1/organisation").json()
    assert (after["name"], after["time_zone"], after["language"]) == ("栖木", "Europe/Berlin", before["language"])
    assert patch(admin).json() | {"open_now": None} == after | {"open_now": None}
    restored = patch(admin, name=before["name"], time_zone=before["time_zone"], working_hours={})
    assert restored.json() == before


def test_open_now_follows_the_hours(admin, anonymous):
    assert admin.get("/api/v1/organisation").json()["open_now"] is True
    assert patch(admin, working_hours=CLOSED).json()["open_now"] is False
    assert anonymous.get("/api/v1/widget/config").json()["open_now"] is False
    always = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    assert patch(admin, working_hours=always).json()["open_now"] is True
    assert patch(admin, working_hours={}).json()["open_now"] is True
    assert anonymous.get("/api/v1/widget/config").json()["open_now"] is True


@pytest.mark.parametrize("change, status", [
    ({"working_hours": []}, 422), ({"working_hours": "9-5"}, 422), ({"working_hours": {"monday": []}}, 422),
    ({"working_hours": {"mon": {}}}, 422), ({"working_hours": {"mon": [["09:00"]]}}, 422), ({"working_hours": {"mon": [["9:00", "18:00"]]}}, 422),
    ({"working_hours": {"mon": [["18:00", "09:00"]]}}, 422), ({"working_hours": {"mon": [["09:00", "24:01"]]}}, 422),
    ({"working_hours": {"mon": [["09:00", "09:00"]]}}, 422), ({"working_hours": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}, 422),
    ({"working_hours": {"mon": [["09:60", "12:00"]]}}, 422), ({"working_hours": {"mon": [["00:00", "00:01"]] * 9}}, 422),
    ({"time_zone": "Mars/Olympus"}, 422), ({"time_zone": "../../etc/passwd"}, 422), ({"time_zone": ""}, 422), ({"time_zone": "+08:00"}, 422),
    ({"name": ""}, 422), ({"name": " "}, 422), ({"name": "x" * 201}, 422),
    ({"name": 5}, 400), ({"time_zone": []}, 400), ({"is_demo": False}, 400), ({"id": "x"}, 400), ({"language": "en"}, 400),
])
def test_what_is_no_change_changes_nothing(admin, change, status):
    before = admin.get("/api/v1/organisation").json()
    answer = patch(admin, **change)
    assert answer.status_code == status, answer.text
    assert patch(admin, **{"name": "never"} | change).status_code == status
    assert admin.get("/api/v1/organisation").json() == before


def test_agents_read_and_do_not_set(server):
    with client(server) as c:
        assert c.post("/api/v1/session", json={"email": AGENT, "password": PASSWORD}).status_code == 200
        assert c.get("/api/v1/organisation").status_code == 200
        assert patch(c, working_hours=CLOSED).status_code == 403


# ---- nobody is there ----------------------------------------------------------------------------------------------------


def start(anonymous, language):
    made = anonymous.post("/api/v1/conversations", json={"language": language}).json()
    return made["id"], {"Authorization": f"Bearer {made['token']}"}


def say(anonymous, chat, headers, text):
    return anonymous.post(f"/api/v1/conversations/{chat}/messages", params={"wait": "true"}, json={"text": text}, headers=headers).json()["reply"]


def look(admin, chat):
    return admin.get(f"/api/v1/conversations/{chat}").json()


@pytest.mark.parametrize("language, question, asks, thanks", [
    ("zh", "转人工", "请留下邮箱或电话", "已收到您的联系方式"),
    ("en", "I want to talk to a person", "leave your e-mail address or phone number", "we have your contact details"),
])
def test_a_person_is_wanted_off_hours(anonymous, admin, closed, language, question, asks, thanks):
    chat, token = start(anonymous, language)
    assert asks in say(anonymous, chat, token, question)["text"]
    item = look(admin, chat)
    assert (item["state"], item["owner"], item["contact_id"]) == ("pending", "queue", None)
    assert item["handover_reason"] == "asked_for_person" and question in item["handover_summary"]
    open_items = admin.get("/api/v1/conversations", params={"state": "pending", "owner": "none"}).json()["items"]
    assert chat in [one["id"] for one in open_items]

    assert thanks in say(anonymous, chat, token, f"lilei-{language}@mail.example")["text"]
    item = look(admin, chat)
    assert item["state"] == "pending"
    assert admin.get(f"/api/v1/contacts/{item['contact_id']}").json()["email"] == f"lilei-{language}@mail.example"
    assert say(anonymous, chat, token, "在吗？") is None  # it waits for a person: the bot does not go on by itself


def test_who_has_left_an_address_is_not_asked_for_it(anonymous, admin, closed):
    chat, token = start(anonymous, "zh")
    left = anonymous.post(f"/api/v1/conversations/{chat}/contact", json={"phone": "138 0013 8001"}, headers=token)
    assert left.status_code == 200
    reply = say(anonymous, chat, token, "转人工")
    assert "已有您的联系方式" in reply["text"] and "请留下" not in reply["text"]
    assert look(admin, chat)["state"] == "pending"


def test_the_button_does_what_the_words_do(anonymous, admin, closed):
    chat, token = start(anonymous, "zh")
    assert anonymous.post(f"/api/v1/conversations/{chat}/handover", json={}, headers=token).json()["state"] == "pending"
    assert "请留下邮箱或电话" in look(admin, chat)["messages"][-1]["text"]


def test_what_the_knowledge_holds_is_answered_at_any_hour(anonymous, closed):
    chat, token = start(anonymous, "zh")
    title = anonymous.get("/api/v1/widget/config", params={"language": "zh"}).json()["suggestions"][0]
    assert say(anonymous, chat, token, title)["path"] == "curated"


def test_staff_take_an_open_item_over_in_the_morning(anonymous, admin, closed):
    chat, token = start(anonymous, "zh")
    say(anonymous, chat, token, "转人工")
    assert patch(admin, working_hours={}).status_code == 200
    taken = admin.post(f"/api/v1/conversations/{chat}/take", json={})
    assert taken.status_code == 200 and (taken.json()["state"], taken.json()["owner"]) == ("handed_over", "person")
    assert admin.post(f"/api/v1/conversations/{chat}/messages", json={"text": "早上好！"}).status_code == 201
    assert say(anonymous, chat, token, "你好") is None


def test_in_hours_nobody_is_asked_for_an_address(anonymous, admin):
    chat, token = start(anonymous, "zh")
    assert "请稍候" in say(anonymous, chat, token, "转人工")["text"]
    assert look(admin, chat)["state"] == "handed_over"
