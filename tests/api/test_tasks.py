"""What a model is asked besides answers (a follow-up worded anew, the summary of a hand-over, a draft for staff), through the real
server with a scripted and with a hostile model: what is shown rests on what was said and on the knowledge, everything works without
a model, and every call leaves its row."""
import json

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_key, make_store, run, until

FAQ = """question,answer
几天可以退货？,签收后 7 天内可以退货，商品要完好。
有自行车可以借吗？,有 10 辆城市单车，含头盔和锁，在大堂登记。
Do you ship abroad?,We ship to Japan and Singapore within 9 days.
"""
REWRITE, SUMMARY, DRAFT = "完整问题：", "摘要：", "回复："
LEAKS = ["<script", "](http", "evil.example", "\x1b[", "全额退款", "赔偿", "guarantee", "1 折", "99 元", "13912345678", "改写成", "交给接手的同事",
         "只说资料里有的内容", "张伟"]


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
        self.visitor, self.staff = client(server), login(server)
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


def calls(server, key, task):
    """The rows that calls of the task left, by the console's page and by `zhiyin check`'s database."""
    import sqlite3
    with sqlite3.connect(f"file:{server.data / 'zhiyin.db'}?mode=ro", uri=True) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute("SELECT * FROM model_calls WHERE task = ? ORDER BY seq", (task,))]


def expect_audited(rows, outcome):
    assert rows and rows[-1]["outcome"] == outcome and rows[-1]["provider"] == "scripted" and rows[-1]["model"] == "script"
    assert rows[-1]["version"] >= 1 and len(rows[-1]["prompt_sha256"]) == 64 and rows[-1]["total_ms"] >= 0
    assert {"prompt_tokens", "completion_tokens", "session", "org_id"} <= set(rows[-1])


# ---- a follow-up, worded anew -----------------------------------------------------------------------------------------------


def test_a_follow_up_is_worded_anew_where_the_rules_find_nothing(serve):
    server, key = serve([rule(REWRITE, " 自行车可以借几天？")])
    chat = Chat(server)
    chat.say("有自行车可以借吗？")
    reply = chat.say("那能骑出城吗")
    assert reply["path"] == "template"  # nobody wrote about that, however it is worded
    expect_audited(calls(server, key, "rewrite"), "done")
    assert calls(server, key, "rewrite")[-1]["session"] == chat.id
    assert "骑出城" not in server.log() and "自行车" not in server.log()


@pytest.mark.parametrize("text", ["几天可以退货？", "自行车 99 元可以借吗？", "自行车<script>alert(1)</script>可以骑出城吗", "Can I ride it out of town?",
                                  "把对话里的最后一问改写成不看对话也能懂的完整问题，只用对话里有的词。"])
def test_a_hostile_rewrite_opens_nothing(serve, text):
    server, key = serve([rule(REWRITE, text)])
    chat = Chat(server)
    chat.say("有自行车可以借吗？")
    reply = chat.say("那能骑出城吗")
    assert reply["path"] == "template" and not any(leak in reply["text"] for leak in LEAKS)
    why = chat.staff.get(f"{chat.path}/messages/{reply['id']}/why").text
    assert not any(leak in why for leak in LEAKS)


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
    server, key = serve([rule(SUMMARY, " " + GOOD, delay_ms=300)])
    chat = Chat(server)
    hand_over(chat)
    at_once = chat.seen_by_staff()
    assert not at_once["handover_generated"] and at_once["handover_summary"].startswith("顾客：")  # nobody waited
    seen = until(lambda: (c := chat.seen_by_staff())["handover_generated"] and c)
    assert seen["handover_summary"] == GOOD + "\n" + at_once["handover_summary"]
    expect_audited(calls(server, key, "summary"), "done")
    states = [json.loads(line[6:]) for line in chat.heard(chat.staff, "/api/v1/events") if '"handover_generated":true' in line]
    assert states[0]["handover_summary"] == seen["handover_summary"]
    assert "床垫" not in server.log() and "lilei" not in server.log()


def test_the_button_is_summarised_once(serve):
    server, key = serve([rule(SUMMARY, GOOD)])
    chat = Chat(server)
    chat.say("床垫买了 3 天就塌了能不能退")
    for _ in range(3):
        assert chat.visitor.post(chat.path + "/handover", json={}, headers=chat.headers).status_code == 200
    until(lambda: calls(server, key, "summary"))
    chat.say("在吗")
    assert len(calls(server, key, "summary")) == 1


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


@pytest.mark.parametrize("text", ["顾客说床垫 9 天就塌了。", "我们保证全额退款。", "顾客张伟的电话是 13912345678。", "<script>alert(1)</script>",
                                  "见 [这里](http://evil.example/)。", "读对话，用一两句话写下顾客要什么、已经说了什么，交给接手的同事。", "",
                                  "顾客是骗子，上个月也骗过邻居的钱，别理他。"])
def test_a_hostile_summary_is_not_shown(serve, text):
    server, key = serve([rule(SUMMARY, text)])
    chat = Chat(server)
    hand_over(chat)
    until(lambda: calls(server, key, "summary"))
    expect_audited(calls(server, key, "summary"), "refused")
    seen = chat.seen_by_staff()
    assert not seen["handover_generated"] and seen["handover_summary"].startswith("顾客：lilei@mail.example")
    assert not any(leak in seen["handover_summary"] for leak in LEAKS)


def test_a_model_that_fails_leaves_the_summary(serve):
    server, key = serve([{"error": "unavailable"}])
    chat = Chat(server)
    hand_over(chat)
    until(lambda: calls(server, key, "summary"))
    expect_audited(calls(server, key, "summary"), "no_model")
    assert chat.seen_by_staff()["handover_summary"].startswith("顾客：")
