"""An answer that grows in the chat while a model writes it, against the real server with a scripted model; and what a visitor taps."""
import json
import os

import pytest
from conftest import Server, client, make_key, make_store, run
from stage import play

DOCUMENTS = {"rooms-zh.md": """# 会议室租用

## 会议室租用怎么收费
会议室每小时收费 80 元，至少预订 2 小时。工作日 9:00 至 21:00 开放，周末 10:00 至 18:00 开放。每间会议室最多容纳 12 人，配有白板和饮水机。
预订需提前 1 天在门店前台登记，并出示本人证件。使用结束后请把桌椅放回原处，垃圾带走。会议室内禁止吸烟，也不能使用明火。如需延长使用时间，请在结束前 30 分钟告知前台。

## 会议室的投影仪怎么借用
投影仪在门店前台登记后借用，每次收取押金 200 元，归还时退回。投影仪配有遥控器和转接头，请当面点清。借用时间不超过会议室的预订时间。
投影仪不能带出门店，也不能自行拆装。如有故障请联系前台更换，不另外收费。

## 会议室的茶点怎么预订
茶点需提前 2 天预订，每位 25 元，包含咖啡、绿茶和两份点心。预订后可以在 1 天前修改人数，当天不能取消。茶点由前台送到会议室，不提供外带。
对食物过敏的客人请在预订时说明，我们会换成合适的点心。
""", "rooms-en.md": """# Meeting room hire

## What does meeting room hire cost
A meeting room costs 80 yuan per hour, with a minimum of 2 hours. Rooms are open from 9:00 to 21:00 on weekdays and from 10:00 to 18:00 at weekends. Each
room seats up to 12 people and has a whiteboard and drinking water. Please book 1 day ahead at the front desk of the shop and bring your identity card.

## How do I borrow the meeting room projector
Borrow the projector at the front desk against a deposit of 200 yuan, which is returned when you bring it back. The projector comes with a remote control and
an adapter. It must not leave the shop. If it fails, the front desk replaces it without charge.

## How do I order meeting room refreshments
Refreshments are ordered 2 days ahead and cost 25 yuan per person, with coffee, green tea and two snacks. You can change the number of people until 1 day before.
The front desk brings them to the room. Please tell us about allergies when you order.
"""}
GOOD = {
    "会议室租用": "会议室每小时收费 80 元，至少预订 2 小时。工作日 9:00 至 21:00 开放，周末 10:00 至 18:00 开放。每间会议室最多容纳 12 人，配有白板和饮水机。"
                  "预订需提前 1 天在门店前台登记，并出示本人证件。使用结束后请把桌椅放回原处。会议室内禁止吸烟，也不能使用明火。"
                  "如需延长使用时间，请在结束前 30 分钟告知前台。",
    "projector": "Borrow the projector at the front desk against a deposit of 200 yuan. The deposit is returned when you bring it back. "
                 "The projector comes with a remote control and an adapter. It must not leave the shop.",
    "refreshments": "Refreshments are ordered 2 days ahead and cost 25 yuan per person. You can change the number of people until 1 day before. "
                    "The front desk brings them to the room. Please tell us about allergies when you order.",
    "meeting room hire": "A meeting room costs 80 yuan per hour, with a minimum of 2 hours. Each room seats up to 12 people and has a whiteboard and drinking water. "
                         "Please book 1 day ahead at the front desk of the shop. Bring your identity card.",
    "投影仪": "借用投影仪请在门店前台登记，每次收取押金 200 元，归还时退回。投影仪配有遥控器和转接头，请当面点清。借用时间不超过会议室的预订时间。"
              "投影仪不能带出门店，也不能自行拆装。如有故障请联系前台更换，不另外收费。",
    "茶点": "预订茶点需提前 2 天，每位 25 元，包含咖啡、绿茶和两份点心。预订后可以在 1 天前修改人数，当天不能取消。茶点由前台送到会议室，不提供外带。",
}
SLOW = {"chunk": 12, "delay_ms": 60}
SLOWER = {"chunk": 12, "delay_ms": 200}  # long enough to be looked at while it grows
RULES = [
    {"match": "押金多少元", "text": GOOD["投影仪"] + "损坏投影仪要赔偿 999 元。", **SLOW},
    {"match": "茶点每位多少元", "text": GOOD["茶点"] + "对食物过敏的客人请在预订时说明，我们会换成合适的点心。", "fail_after": 330, **SLOW},
    {"match": "每小时收费多少元", "text": GOOD["会议室租用"], **SLOWER},
    {"match": "What deposit do I pay", "text": GOOD["projector"] + " A broken projector costs 999 yuan.", **SLOW},
    {"match": "ahead do I order", "text": GOOD["refreshments"], "fail_after": 230, **SLOW},
    {"match": "cost per hour", "text": GOOD["meeting room hire"], **SLOWER},
]


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stream")
    store = make_store(folder / "data", "--demo", "--encoder", "none")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "script.json").write_text(json.dumps({"model": "slow speaker", "rules": RULES}), encoding="utf-8")
    run("kb", "add", *(folder / name for name in DOCUMENTS), "--data", store, "--quiet", "--encoder", "none")
    server = Server(store, "--model", f"scripted:{folder / 'script.json'}", "--encoder", "none", env={"ZHIYIN_TEST": "1"}).start()
    yield server
    server.stop()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_answer_grows_in_the_chat(company, language):
    if folder := os.environ.get("ZHIYIN_SCREENSHOTS"):
        os.makedirs(folder, exist_ok=True)
    end = play("stream.mjs", company.url, language)
    assert set(end["looked"]) == {f"{surface} {mode}" for surface in ("growing answer", "options", "rated answer") for mode in ("light", "dark")}
    with client(company, make_key(company.data)) as api:
        newest = api.get("/api/v1/conversations", params={"page_size": 1}).json()["items"][0]
        messages = api.get(f"/api/v1/conversations/{newest['id']}").json()["messages"]
    answers = [m for m in messages if m["role"] == "bot"]
    assert [m["path"] for m in answers] == ["template", answers[1]["path"], "generated", "extract", "extract"]
    assert messages[2]["text"] == end["result"]["option"] and answers[1]["rating"] == "down"
