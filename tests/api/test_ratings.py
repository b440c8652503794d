"""What a visitor gets to tap: the options of a question back, and whether an answer helped; staff see both live."""
import json

import pytest
from conftest import Server, client, make_key, make_store, run

VAGUE = ["refund", "会员积分", "mattress", "delivery", "invoice", "warranty", "payment"]  # the shop knows much about each


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("ratings") / "data", "--demo", "--encoder", "none")


@pytest.fixture(scope="module")
def server(store):
    server = Server(store, "--model", "none", "--encoder", "none").start()
    yield server
    assert server.stop() == 0


def visitor(server):
    with client(server) as http:
        made = http.post("/api/v1/conversations", json={"language": "en"}).json()
    return made["id"], client(server, made["token"])


def say(http, chat, text):
    answer = http.post(f"/api/v1/conversations/{chat}/messages", params={"wait": "true"}, json={"text": text})
    assert answer.status_code == 201, answer.text
    return answer.json()["reply"]


def rate(http, chat, message, rating):
    return http.post(f"/api/v1/conversations/{chat}/messages/{message}/rating", json={"rating": rating})


def question_back(server):
    """A conversation in which the bot asked back."""
    for word in VAGUE:
        chat, http = visitor(server)
        reply = say(http, chat, word)
        if reply["options"]:
            return chat, http, reply
    raise AssertionError("nothing is vague any more")


def test_a_question_back_carries_its_options(server):
    chat, http, reply = question_back(server)
    options = reply["options"]
    assert 2 <= len(options) <= 3 and len(set(options)) == len(options)
    assert reply["path"] == "template" and reply["citations"] == []
    # whoever shows text alone shows them, too
    assert [line for line in reply["text"].split("\n") if line.startswith("• ")] == [f"• {option}" for option in options]
    answer = say(http, chat, options[0])
    assert answer["options"] == [] and answer["path"] in ("curated", "extract")
    messages = http.get(f"/api/v1/conversations/{chat}").json()["messages"]
    assert [m["options"] for m in messages] == [[], options, [], []], "kept with the message"


def test_what_was_offered_is_answered(server, store):
    """Also the section of a document, whose name alone the gate would not let pass."""
    n_chosen = n_sections = 0
    with client(server, make_key(store)) as http:
        def begin():
            return http.post("/api/v1/conversations", json={"language": "en"}).json()["id"]

        for word in VAGUE:
            for option in say(http, begin(), word)["options"]:
                chat = begin()
                say(http, chat, word)
                answer = say(http, chat, option)
                assert answer["path"] in ("curated", "extract"), (word, option, answer)
                n_chosen += 1
                n_sections += answer["path"] == "extract"
    assert n_chosen >= 6 and n_sections >= 1


def test_commands_tell_the_options_as_text(store):
    for word in VAGUE:
        answer = json.loads(run("ask", word, "--data", store, "--encoder", "none", "--json").stdout)
        if answer["action"] == "clarify":
            assert answer["answer"].count("\n• ") >= 2
            return
    raise AssertionError("nothing is vague any more")


def test_an_answer_is_rated_and_staff_see_it(server, store):
    chat, http = visitor(server)
    reply = say(http, chat, "How does the mattress trial work?")
    assert reply["rating"] is None
    assert rate(http, chat, reply["id"], "down").json() == {"conversation_id": chat, "message_id": reply["id"], "rating": "down"}
    with client(server, make_key(store)) as staff:
        def shown():
            return [m["rating"] for m in staff.get(f"/api/v1/conversations/{chat}").json()["messages"]]

        assert shown() == [None, "down"]
        with staff.stream("GET", f"/api/v1/conversations/{chat}/events", headers={"Last-Event-ID": "0"}) as events:
            lines = events.iter_lines()
            assert any(line == "event: rating" for line in lines)
            assert '"rating":"down"' in next(lines)
        rate(http, chat, reply["id"], "up")  # the last one counts
        assert shown() == [None, "up"]
        assert rate(http, chat, reply["id"], None).json()["rating"] is None
        assert shown() == [None, None]


def test_what_is_not_rated(server):
    chat, http = visitor(server)
    reply = say(http, chat, "How does the mattress trial work?")
    own = http.get(f"/api/v1/conversations/{chat}").json()["messages"][0]["id"]
    other, stranger = visitor(server)
    assert rate(http, chat, own, "up").status_code == 422  # the customer's own words
    assert rate(http, chat, reply["id"], "great").status_code == 422
    assert rate(http, chat, chat, "up").status_code == 404
    assert rate(stranger, chat, reply["id"], "up").status_code == 404  # somebody else's conversation
    assert rate(stranger, other, reply["id"], "up").status_code == 404
    with client(server) as nobody:
        assert rate(nobody, chat, reply["id"], "up").status_code == 401


def test_rating_has_its_pace(server):
    chat, http = visitor(server)
    reply = say(http, chat, "How does the mattress trial work?")
    codes = {rate(http, chat, reply["id"], "up").status_code for _ in range(40)}
    assert codes == {200, 429}
