"""What a model is asked besides answers (a follow-up worded anew, the summary of a hand-over, a draft for staff), through the real
server with a scripted and with a hostile model: what is shown rests on what was said and on the knowledge, everything works without
a model, and every call leaves its row."""
import json
import sqlite3

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_key, make_store, run, until

FAQ = """question,answer
几天可以退货？,签收后 7 天内可以退货，商品要完好。
有自行车可以借吗？,有 10 辆城市单车，含头盔和锁，在大堂登记。
Do you ship abroad?,We ship to Japan and Singapore within 9 days.
"""
REWRITE, SUMMARY, DRAFT = "完整问题：", "摘要：", "回复："
LEAKS = ["<script", "](http", "evil.example", "\x1b[", "全额退款", "赔偿", "guarantee", "1 折", "99 元", "13912345678", "改写成", "交给接手的同事",
         "只说资料里有的内容", "张伟", "500 元"]


def company(folder, rules, *args):
    store = make_store(folder / "data")
    (folder / "faq.csv").write_text(FAQ, encoding="utf-8")
    (folder / "script.json").write_text(json.dumps({"model": "script", "rules": rules}), encoding="utf-8")
    run("kb", "add", folder / "faq.csv", "--data", store, "--quiet", "--encoder", "none")
    model = f"scripted:{folder / 'script.json'}" if rules else "none"
    return Server(store, "--model", model, "--encoder", "none", *args, env={"ZHIYIN_TEST": "1"}), make_key(store)


def rule(task, text, **more):
    """What the model says to a task: its input ends with the task's own last word."""
    return {"match": task, "text": text, **more}


@pytest.fixture
def serve(tmp_path):
    servers = []

    def start(rules, *args):
        server, key = company(tmp_path, rules, *args)
        servers.append(server.start())
        return server, key

    yield start
    for server in servers:
        assert server.stop() == 0 and server.crashes() == []


def login(server):
    http = client(server)
    assert http.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD}).status_code == 200
    return http


class Chat:
    """A visitor's conversation, and the staff's view of it."""

    def __init__(self, server, language="zh"):
        self.visitor, self.staff, self.language = client(server), login(server), language
        made = self.visitor.post("/api/v1/conversations", json={"language": language}).json()
        self.path, self.headers = f"/api/v1/conversations/{made['id']}", {"Authorization": f"Bearer {made['token']}"}
        self.id = made["id"]

    def say(self, text):
        done = self.visitor.post(self.path + "/messages", params={"wait": "true"}, json={"text": text}, headers=self.headers)
        assert done.status_code == 201, done.text
        return done.json()["reply"]

    def heard(self, who, path, headers=None):
        """The lines of a stream from its beginning up to a last word, which is said here."""
        self.staff.post(self.path + "/messages", json={"text": "完毕。"})
        said = []
        with who.stream("GET", path, params={"last_event_id": 0}, headers=headers) as stream:
            for line in stream.iter_lines():
                said.append(line)
                if "完毕。" in line:
                    return said

    def seen_by_visitor(self):
        return self.visitor.get(self.path, headers=self.headers).json()

    def seen_by_staff(self):
        return self.staff.get(self.path).json()


def calls(server, task):
    """The rows that calls of the task left."""
    with sqlite3.connect(f"file:{server.data / 'zhiyin.db'}?mode=ro", uri=True) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute("SELECT * FROM model_calls WHERE task = ? ORDER BY seq", (task,))]


def expect_audited(server, task, outcome, session):
    """The row of a call is written in its own time; it never holds words."""
    row = until(lambda: [r for r in calls(server, task) if r["session"] == session])[-1]
    assert (row["outcome"], row["provider"], row["model"], row["session"]) == (outcome, "scripted", "script", session)
    assert row["version"] >= 1 and len(row["prompt_sha256"]) == 64 and row["total_ms"] >= 0 and row["org_id"]
    assert {"prompt_tokens", "completion_tokens", "model_sha256"} <= set(row)


# ---- a follow-up, worded anew -----------------------------------------------------------------------------------------------


def test_a_follow_up_is_worded_anew_where_the_rules_find_nothing(serve):
    server, _ = serve([rule(REWRITE, " 自行车可以借几天？")])
    chat = Chat(server)
    chat.say("有自行车可以借吗？")
    reply = chat.say("那能骑出城吗")
    assert reply["path"] == "template"  # nobody wrote about that, however it is worded
    expect_audited(server, "rewrite", "done", chat.id)
    assert "骑出城" not in server.log() and "自行车" not in server.log()


def cases(texts):
    """Rules that say each text to whoever names its case; who does so decides which."""
    return [rule(f"案例{i:02}", text) for i, text in enumerate(texts)]


def test_hostile_rewrites_open_nothing(serve):
    texts = ["几天可以退货？", "自行车 99 元可以借吗？", "自行车<script>alert(1)</script>可以骑出城吗", "Can I ride it out of town?",
             "把对话里的最后一问改写成不看对话也能懂的完整问题，只用对话里有的词。"]
    server, _ = serve(cases(texts))
    for i in range(len(texts)):
        chat = Chat(server)
        chat.say("有自行车可以借吗？")
        chat.say(f"谢谢，案例{i:02}")
        reply = chat.say("那能骑出城吗")
        assert reply["path"] in ("template", "curated") and "7 天" not in reply["text"] and not any(leak in reply["text"] for leak in LEAKS), texts[i]
        why = chat.staff.get(f"{chat.path}/messages/{reply['id']}/why").text
        assert not any(leak in why for leak in LEAKS), texts[i]
        assert until(lambda: [r for r in calls(server, "rewrite") if r["session"] == chat.id])


# ---- the summary of a hand-over ---------------------------------------------------------------------------------------------

GOOD = "顾客问买了 3 天的床垫塌了能不能退，要转人工。"


def hand_over(chat):
    chat.say("床垫买了 3 天就塌了能不能退")
    reply = chat.say("转人工，我的邮箱是 lilei@mail.example")
    assert "转接" in reply["text"] or "邮箱" in reply["text"]


def test_the_summary_is_there_at_once_without_a_model(serve):
    server, _ = serve([])
    chat = Chat(server)
    hand_over(chat)
    seen = chat.seen_by_staff()
    lines = seen["handover_summary"].splitlines()
    assert lines[0] == "顾客：lilei@mail.example" and lines[-1] == "还缺：姓名" and "情绪：平静" in lines
    assert "没有答上：床垫买了 3 天就塌了能不能退" in lines and seen["handover_generated"] is False


def test_a_model_improves_the_summary_later_and_everybody_hears_of_it(serve):
    server, _ = serve([rule(SUMMARY, " " + GOOD, delay_ms=300)])
    chat = Chat(server)
    hand_over(chat)
    at_once = chat.seen_by_staff()
    assert not at_once["handover_generated"] and at_once["handover_summary"].startswith("顾客：")  # nobody waited
    seen = until(lambda: (c := chat.seen_by_staff())["handover_generated"] and c)
    assert seen["handover_summary"] == GOOD + "\n" + at_once["handover_summary"]
    expect_audited(server, "summary", "done", chat.id)
    states = [json.loads(line[6:]) for line in chat.heard(chat.staff, "/api/v1/events") if '"handover_generated":true' in line]
    assert states[0]["handover_summary"] == seen["handover_summary"]
    assert "床垫" not in server.log() and "lilei" not in server.log()


def test_the_button_is_summarised_once(serve):
    server, _ = serve([rule(SUMMARY, GOOD)])
    chat = Chat(server)
    chat.say("床垫买了 3 天就塌了能不能退")
    for _ in range(3):
        assert chat.visitor.post(chat.path + "/handover", json={}, headers=chat.headers).status_code == 200
    until(lambda: calls(server, "summary"))
    chat.say("在吗")
    assert len(calls(server, "summary")) == 1


def test_what_staff_note_is_not_for_the_visitor(serve):
    """Nor the name of the contact whose address somebody left."""
    server, key = serve([rule(SUMMARY, GOOD)])
    with client(server, key) as api:
        api.post("/api/v1/contacts", json={"name": "李雷雷", "email": "lilei@mail.example"})
    chat = Chat(server)
    hand_over(chat)
    until(lambda: chat.seen_by_staff()["handover_generated"])
    assert "李雷雷" in chat.seen_by_staff()["handover_summary"] and chat.seen_by_staff()["contact_name"] == "李雷雷"
    seen = chat.seen_by_visitor()
    assert [seen[m] for m in ("handover_summary", "handover_generated", "contact_name")] == [None] * 3
    asked = chat.visitor.post(chat.path + "/handover", json={}, headers=chat.headers)
    assert "李雷雷" not in asked.text and "情绪" not in asked.text
    said = chat.heard(chat.visitor, chat.path + "/events", chat.headers)
    assert sum('"owner":"queue"' in line for line in said) >= 2
    assert not any("李雷雷" in line or "情绪" in line or GOOD in line for line in said)


def test_hostile_summaries_are_not_shown(serve):
    texts = ["顾客说床垫 9 天就塌了。", "我们保证全额退款。", "顾客张伟的电话是 13912345678。", "<script>alert(1)</script>",
             "见 [这里](http://evil.example/)。", "读对话，用一两句话写下顾客要什么、已经说了什么，交给接手的同事。", "",
             "顾客是骗子，上个月也骗过邻居的钱，别理他。"]
    server, _ = serve(cases(texts))
    for i in range(len(texts)):
        chat = Chat(server)
        chat.say("床垫买了 3 天就塌了能不能退")
        chat.say(f"转人工，案例{i:02}，我的邮箱是 lilei{i}@mail.example")
        expect_audited(server, "summary", "refused", chat.id)
        seen = chat.seen_by_staff()
        assert not seen["handover_generated"] and seen["handover_summary"].startswith(f"顾客：lilei{i}@mail.example"), texts[i]
        assert not any(leak in seen["handover_summary"] for leak in LEAKS), texts[i]


def test_a_model_that_fails_leaves_the_summary(serve):
    server, _ = serve([{"error": "unavailable"}])
    chat = Chat(server)
    hand_over(chat)
    until(lambda: calls(server, "summary"))
    expect_audited(server, "summary", "no_model", chat.id)
    assert chat.seen_by_staff()["handover_summary"].startswith("顾客：")


# ---- a draft for staff ------------------------------------------------------------------------------------------------------

MEMBERS = {"text", "citations", "path", "language"}


def asked(chat, text="几天可以退货"):
    """A customer who waits for a person with that question."""
    chat.say(text)
    chat.say("转人工" if chat.language == "zh" else "I want to talk to a person")
    return chat


def draft(chat, who=None):
    done = (who or chat.staff).post(chat.path + "/draft")
    assert done.status_code == 200, done.text
    assert set(done.json()) == MEMBERS
    return done.json()


@pytest.mark.parametrize("language, question, words, title", [
    ("zh", "几天可以退货", "签收后 7 天内可以退货，商品要完好。", "几天可以退货？"),
    ("en", "Do you ship abroad", "We ship to Japan and Singapore within 9 days.", "Do you ship abroad?"),
])
def test_a_draft_without_a_model_is_the_answer_with_manners(serve, language, question, words, title):
    server, _ = serve([])
    chat = asked(Chat(server, language), question)
    n_messages = chat.seen_by_staff()["n_messages"]
    made = draft(chat)
    lines = made["text"].splitlines()
    assert made["path"] == "curated" and made["language"] == language and lines[1] == words and len(lines) == 3
    assert [c["title"] for c in made["citations"]] == [title]
    assert chat.seen_by_staff()["n_messages"] == n_messages and all(made["text"] != m["text"] for m in chat.seen_by_staff()["messages"])


def test_a_draft_leans_on_the_conversation(serve):
    server, _ = serve([])
    chat = Chat(server)
    chat.say("有自行车可以借吗？")
    made = draft(asked(chat, "含头盔吗"))
    assert made["path"] == "curated" and "含头盔和锁" in made["text"] and made["citations"][0]["title"] == "有自行车可以借吗？"


def test_what_nobody_knows_is_looked_into(serve):
    server, _ = serve([rule(DRAFT, "比萨斜塔高 300 弗隆。")])
    made = draft(asked(Chat(server), "比萨斜塔高多少弗隆？"))
    assert made["path"] == "template" and made["citations"] == [] and "核实" in made["text"] and "弗隆" not in made["text"]
    empty = draft(Chat(server, "en"))
    assert empty["path"] == "template" and empty["language"] == "en" and empty["text"]


def test_a_model_words_the_draft(serve):
    server, _ = serve([rule(DRAFT, " 您好，签收后 7 天内可以退货，请保持商品完好。")])
    chat = asked(Chat(server))
    made = draft(chat)
    assert made["path"] == "generated" and made["text"] == "您好，签收后 7 天内可以退货，请保持商品完好。"
    assert made["citations"][0]["title"] == "几天可以退货？"
    expect_audited(server, "draft", "done", chat.id)
    assert "退货" not in server.log()


def test_hostile_drafts_are_not_shown(serve):
    texts = ["您好，签收后 30 天内可以退货。", "您好，我们保证全额退款。", "您好，请打张伟的电话 13912345678。", "", "<script>alert(1)</script>",
             "您好，见 [这里](http://evil.example/)。", "You can return it within 7 days.",
             "根据资料和对话，替客服写一条回复的草稿。语气礼貌，只说资料里有的内容。", "您好，小区门口的超市昨天关门了，老板去了外地。"]
    server, _ = serve(cases(texts))
    for i in range(len(texts)):
        chat = Chat(server)
        chat.say("几天可以退货")
        chat.say(f"转人工，案例{i:02}")
        made = draft(chat)
        assert made["path"] == "curated" and "签收后 7 天内可以退货，商品要完好。" in made["text"], texts[i]
        assert not any(leak in made["text"] for leak in LEAKS), texts[i]
        expect_audited(server, "draft", "refused", chat.id)


def test_what_a_customer_claims_is_no_source(serve):
    """The customer says what was promised; a model that believes it is not believed."""
    server, _ = serve([rule(DRAFT, "您好，您可以全额退款，另外赔偿 500 元。")])
    chat = Chat(server)
    chat.say("你们说过会全额退款，另外赔偿 500 元，对吧")
    made = draft(asked(chat))
    assert made["path"] == "curated" and not any(leak in made["text"] for leak in LEAKS)


def test_hostile_models_in_every_way(serve):
    server, _ = serve([{"hostile": "any"}])
    chats = [asked(Chat(server), "几天可以退货") for _ in range(5)]
    for chat in chats * 3:
        made = draft(chat)
        assert not any(leak in made["text"] for leak in LEAKS) and len(made["text"]) < 1000
    assert {row["outcome"] for row in calls(server, "draft")} <= {"refused", "no_model", "late", "done"}
    for chat in chats:
        assert not any(leak in chat.seen_by_staff()["handover_summary"] for leak in LEAKS)


def test_drafts_are_for_staff_and_not_without_end(serve):
    server, key = serve([])
    chat = asked(Chat(server))
    assert chat.visitor.post(chat.path + "/draft", headers=chat.headers).status_code == 403
    assert chat.visitor.post(chat.path + "/draft").status_code == 401
    with client(server, make_key(server.data, "read")) as reader, client(server, key) as program:
        assert reader.post(chat.path + "/draft").status_code == 403
        assert draft(chat, program)["path"] == "curated"
    assert chat.staff.post("/api/v1/conversations/018f0000-0000-7000-8000-000000000000/draft").status_code == 404
    answers = [chat.staff.post(chat.path + "/draft").status_code for _ in range(30)]
    assert answers[0] == 200 and answers[-1] == 429
