"""How much and how often: visitors are held back, programs are not, and an answer is as long as its article."""
import pytest
from conftest import Server, make_store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    store = make_store(tmp_path_factory.mktemp("limits") / "data", "--encoder", "none")
    (store / "zhiyin.conf").write_text("visitor_messages_per_minute = 5\n")
    return store


@pytest.fixture(scope="module")
def server(store):
    server = Server(store, "--model", "none", "--encoder", "none").start()
    yield server
    assert server.stop() == 0
    assert server.crashes() == []


def start(c):
    made = c.post("/api/v1/conversations", json={})
    return f"/api/v1/conversations/{made.json()['id']}", {"Authorization": f"Bearer {made.json()['token']}"}


def first_refusal(send, at_most):
    """How many were taken before the first that was refused as one too many."""
    for n in range(at_most):
        answer = send()
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) > 0
            return n
        assert answer.status_code == 201, answer.text
    return at_most


def test_a_visitor_says_so_much_in_a_minute(api, anonymous):
    """At least what is set; a slow machine may have let some more time pass."""
    chat, token = start(api)
    assert 5 <= first_refusal(lambda: anonymous.post(chat + "/messages", json={"text": "hello"}, headers=token), 100) < 100
    other, other_token = start(api)
    assert anonymous.post(other + "/messages", json={"text": "hello"}, headers=other_token).status_code == 201
    assert anonymous.get(chat, headers=token).status_code == 200  # reading goes on


def test_an_address_starts_so_many_chats_in_a_minute(anonymous):
    assert 5 <= first_refusal(lambda: anonymous.post("/api/v1/conversations", json={}), 100) < 100


def test_programs_are_not_held_back(api):
    chat, _ = start(api)
    assert first_refusal(lambda: api.post("/api/v1/conversations", json={}), 60) == 60
    assert first_refusal(lambda: api.post(chat + "/messages", json={"text": "hello", "role": "agent"}), 60) == 60


def test_a_refused_message_is_not_stored(api, anonymous):
    chat, token = start(api)
    taken = first_refusal(lambda: anonymous.post(chat + "/messages?wait=true", json={"text": "转人工"}, headers=token), 100)
    said = [m for m in api.get(chat).json()["messages"] if m["role"] == "customer"]
    assert len(said) == taken


def test_an_answer_is_as_long_as_its_article(api):
    body = "很长的答案。" * 2000
    made = api.post("/api/v1/articles", json={"title": "长问题怎么办？", "body": body, "kind": "faq"})
    assert made.status_code == 201, made.text
    chat, token = start(api)
    reply = api.post(chat + "/messages?wait=true", json={"text": "长问题怎么办？"}).json()["reply"]
    assert reply["text"] == body and reply["path"] == "curated"
