"""Answers of a generating model, through the real server with a scripted model: what passes the check is said, what does not never
reaches the visitor, and curated answers stay as people wrote them."""
import concurrent.futures
import contextlib
import json
import sqlite3
import time

import pytest
from conftest import Server, client, make_key, make_store, run, until

DOCUMENT = """# 会员与积分

## 积分有效期
每笔积分自到账起 24 个月有效，在到期当月最后一天清零，到期前 30 天提醒。

## Shipping
We ship every working day before 16:00. Parcels to Jiangsu cost 12 yuan and arrive after 2 days.

## 礼品包装
礼品包装每件收费 12 元，包含贺卡一张。贺卡内容最多 50 字，请在结算页填写。包装有红色、米色和深绿色三种，缺货时我们会在发货前联系您。
大件家具不提供礼品包装。包装后的订单比普通订单晚 1 天发货。如需取消包装，请在发货前联系在线客服办理，包装费原路退回。一个订单最多包装 5 件商品，超出部分请分开下单。
"""
WRAPPING = "礼品包装每件收费 12 元，包含贺卡一张。贺卡内容最多 50 字，请在结算页填写。包装有红色、米色和深绿色三种。大件家具不提供礼品包装。" \
    "包装后的订单比普通订单晚 1 天发货。如需取消包装，请在发货前联系在线客服办理。一个订单最多包装 5 件商品。"
FAQ = "question,answer\n几天可以退货？,签收后 7 天内可以退货。\n"
MARKS = ["<script", "<img", "](http", "\x1b[", "免费", "guarantee", "1 折", "99999", "13800138000", "会员与积分\n"]


def company(folder, script):
    store = make_store(folder / "data")
    (folder / "points.md").write_text(DOCUMENT, encoding="utf-8")
    (folder / "faq.csv").write_text(FAQ, encoding="utf-8")
    (folder / "script.json").write_text(json.dumps(script), encoding="utf-8")
    run("kb", "add", folder / "points.md", folder / "faq.csv", "--data", store, "--quiet", "--encoder", "none")
    return Server(store, "--model", f"scripted:{folder / 'script.json'}", "--encoder", "none", env={"ZHIYIN_TEST": "1"}), make_key(store)


def rows_of(server, sql):
    with contextlib.closing(sqlite3.connect(f"file:{server.data}/zhiyin.db?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()


def ask(http, text):
    """The bot's reply in a conversation of its own, which never gets as far as a hand-over."""
    chat = http.post("/api/v1/conversations", json={"language": "zh"}).json()
    answer = http.post(f"/api/v1/conversations/{chat['id']}/messages", params={"wait": "true"}, json={"text": text, "role": "customer"})
    assert answer.status_code == 201, answer.text
    return answer.json()["reply"]


N_HOSTILE = 14  # each way of being hostile once, some of which take until the deadline
QUESTION = "积分有效期到账起几个月"


def test_what_passes_is_said_and_says_so(tmp_path):
    server, key = company(tmp_path, {"rules": [{"text": "积分自到账起 24 个月有效。", "chunk": 7}]})
    server.start()
    try:
        with client(server, key) as http:
            reply = ask(http, QUESTION)
            assert (reply["path"], reply["text"]) == ("generated", "积分自到账起 24 个月有效。")
            assert reply["ai_generated"] and "24 个月" in reply["citations"][0]["passage"]
            known = ask(http, "几天可以退货？")
            assert known["path"] == "curated"
            exactly = http.get(f"/api/v1/conversations/{known['conversation_id']}/messages/{known['id']}/why").json()
            assert exactly["exact"] and exactly["reason"] == "curated" and exactly["passages"][0]["passage"] == known["text"]
            why = http.get(f"/api/v1/conversations/{reply['conversation_id']}/messages/{reply['id']}/why").json()
            assert why["passages"][0]["passage"] == reply["citations"][0]["passage"] and not why["exact"]
            assert 0 < why["clarify_from"] < why["answer_from"] <= why["probability"] <= 1
            assert (why["action"], why["reason"], why["path"], why["language"]) == ("answer", "passage", "generated", "zh")
            call = why["model_call"]
            assert (call["task"], call["outcome"], call["provider"]) == ("answer", "done", "scripted") and call["prompt_sha256"]
            kept = until(lambda: rows_of(server, "SELECT id, session, task, outcome, fault FROM model_calls"))
            assert kept == [(call["id"], reply["conversation_id"], "answer", "done", "ok")], "each call leaves one row, without its words"
            assert http.get(f"/api/v1/conversations/{reply['conversation_id']}/messages/{reply['conversation_id']}/why").status_code == 404
    finally:
        server.stop()


def test_what_is_being_said_names_its_turn(tmp_path):
    """Tokens of one answer are told from those of the next, so that two questions in a row cannot be mixed up."""
    server, key = company(tmp_path, {"rules": [{"text": WRAPPING, "chunk": 6}]})
    server.start()
    try:
        with client(server, key) as http:
            chat = http.post("/api/v1/conversations", json={"language": "zh"}).json()
            with client(server, chat["token"]) as visitor, visitor.stream("GET", f"/api/v1/conversations/{chat['id']}/events") as events:
                lines = events.iter_lines()
                assert next(lines).startswith("retry")
                for turn in (1, 3):
                    http.post(f"/api/v1/conversations/{chat['id']}/messages", json={"text": "礼品包装每件收费多少元，包装有哪些颜色", "role": "customer"})
                    said, event = [], None
                    for line in lines:
                        if line.startswith("event: "):
                            event = line[7:]
                        elif line.startswith("data: ") and event == "token":
                            said.append(json.loads(line[6:]))
                        elif line.startswith("data: ") and event == "message" and json.loads(line[6:])["role"] == "bot":
                            break
                    assert {each["turn"] for each in said} == {turn} and len(said) > 1
                    assert [each["from"] for each in said] == [sum(len(each["text"]) for each in said[:i]) for i in range(len(said))]
                    assert "".join(each["text"] for each in said) == json.loads(line[6:])["text"]
    finally:
        server.stop()


@pytest.mark.parametrize("text", ["积分自到账起 36 个月有效。", "积分永久有效，我们保证全额赔偿。", "Points are valid for 24 months.",
                                  "详情见 [这里](http://evil.example/)。"])
def test_what_does_not_pass_is_never_said(tmp_path, text):
    server, key = company(tmp_path, {"rules": [{"text": text}]})
    server.start()
    try:
        with client(server, key) as http:
            reply = ask(http, QUESTION)
            assert reply["path"] == "extract" and "24 个月" in reply["text"] and text not in reply["text"]
            call = http.get(f"/api/v1/conversations/{reply['conversation_id']}/messages/{reply['id']}/why").json()["model_call"]
            assert call["outcome"] == "refused" and call["fault"] != "ok" and call["detail"], "staff are told what was at fault"
    finally:
        server.stop()


def test_others_do_not_wait_for_the_model(tmp_path):
    """The model needs a second for each answer and 60 ask at once: all have one within the deadline, in its words or the passage's, and a
    question that needs no model is answered meanwhile."""
    server, key = company(tmp_path, {"rules": [{"text": "积分自到账起 24 个月有效。", "chunk": 4, "delay_ms": 100}]})
    server.start()

    def one(_):
        with client(server, key) as http:
            began = time.monotonic()
            return ask(http, QUESTION)["path"], time.monotonic() - began

    try:
        with client(server, key) as http, concurrent.futures.ThreadPoolExecutor(60) as pool:
            assert ask(http, QUESTION)["path"] == "generated"
            crowd = [pool.submit(one, i) for i in range(60)]
            until(lambda: sum(c.done() for c in crowd) >= 1, 30)
            began = time.monotonic()
            assert ask(http, "几天可以退货？")["path"] == "curated" and not all(c.done() for c in crowd)
            assert time.monotonic() - began < 1
            answers = [c.result(60) for c in crowd]
        assert {path for path, _ in answers} == {"generated", "extract"}
        assert max(seconds for _, seconds in answers) < 13
    finally:
        server.stop()


def test_a_hostile_model_reaches_nobody(tmp_path):
    server, key = company(tmp_path, {"rules": [{"hostile": "any"}]})
    server.start()
    pids = server.children()
    try:
        with client(server, key) as http:
            for _ in range(N_HOSTILE):
                reply = ask(http, QUESTION)
                assert not any(mark in reply["text"] for mark in MARKS), reply
                assert len(reply["text"]) < 4000
        assert set(pids) <= set(server.children())  # the worker may have come since
    finally:
        server.stop()
