"""What is done with records beside keeping them, through the real server."""
import datetime
import json
import threading
import uuid

from conftest import client, until


def make(api, plural, **fields):
    answer = api.post(f"/api/v1/{plural}", json=fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def read(api, plural, record_id):
    answer = api.get(f"/api/v1/{plural}/{record_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_lead_becomes_a_customer_and_a_lead_again(api):
    domain = f"{uuid.uuid4()}.example"
    lead = make(api, "leads", name="韩梅梅", email=f"han@{domain}", company_name=f"云杉 {domain}", title="采购")
    note = make(api, "notes", body="打过电话", lead_id=lead["id"])
    answer = api.post(f"/api/v1/leads/{lead['id']}/convert", json={"deal_name": "首单", "amount": "1200.50", "currency": "CNY"})
    assert answer.status_code == 200, answer.text
    done = answer.json()
    assert done["lead"]["status"] == "converted" and done["lead"]["converted_at"]
    assert sorted(r["object"] for r in done["made"]) == ["companies", "contacts", "deals"] and done["kept"] == []
    contact = read(api, "contacts", done["lead"]["contact_id"])
    assert (contact["name"], contact["email"], contact["company_id"]) == ("韩梅梅", f"han@{domain}", done["lead"]["company_id"])
    deal = read(api, "deals", done["lead"]["deal_id"])
    assert deal["amount"] == 1200.5 and deal["status"] == "open" and deal["contact_id"] == contact["id"]
    assert read(api, "notes", note["id"])["contact_id"] == contact["id"]
    assert api.post(f"/api/v1/leads/{lead['id']}/convert", json={}).status_code == 409

    undone = api.post(f"/api/v1/leads/{lead['id']}/unconvert")
    assert undone.status_code == 200 and undone.json()["lead"]["status"] == "new" and undone.json()["kept"] == [], undone.text
    for record in done["made"]:
        assert api.get(f"/api/v1/{record['object']}/{record['id']}").status_code == 404
    assert read(api, "notes", note["id"])["contact_id"] is None
    assert api.post(f"/api/v1/leads/{lead['id']}/unconvert").status_code == 409


def test_a_conversion_that_is_wrong_leaves_nothing(api):
    lead = make(api, "leads", name="wrong", email=f"{uuid.uuid4()}@wrong.example", company_name="wrong")
    answer = api.post(f"/api/v1/leads/{lead['id']}/convert", json={"amount": "much"})
    assert answer.status_code == 422 and answer.json()["errors"][0]["path"] == "amount", answer.text
    assert api.post(f"/api/v1/leads/{lead['id']}/convert", json={"colour": 1}).status_code == 400
    assert read(api, "leads", lead["id"])["contact_id"] is None
    assert api.get("/api/v1/contacts", params={"email": lead["email"]}).json()["items"] == []


def rfc3339(**ahead):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_holidays_of_a_country(api):
    answer = api.post("/api/v1/holidays/preset", json={"country": "CN", "year": 2025})
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert {"2025-01-26": True, "2025-01-29": False}.items() <= {i["on_date"]: i["is_worked"] for i in items}.items()
    assert api.post("/api/v1/holidays/preset", json={"country": "CN", "year": 2025}).json()["items"] == []
    assert api.post("/api/v1/holidays/preset", json={"country": "XX", "year": 2025}).status_code == 422
    assert api.post("/api/v1/holidays/preset", json={"country": "CN"}).status_code == 400


def test_a_ticket_runs_against_its_clocks(api, anonymous):
    make(api, "sla_policies", priority="high", first_response_minutes=30, resolution_minutes=120, working_hours=False)
    assert api.post("/api/v1/sla_policies", json={"priority": "high", "resolution_minutes": 5}).status_code == 409
    assert api.post("/api/v1/sla_policies", json={"priority": "low", "resolution_minutes": 0}).status_code == 422
    chat = anonymous.post("/api/v1/conversations", json={"language": "zh"}).json()
    said = api.post(f"/api/v1/conversations/{chat['id']}/messages", json={"text": "屏幕坏了", "role": "customer"})
    assert said.status_code == 201, said.text
    answer = api.post(f"/api/v1/conversations/{chat['id']}/ticket", json={"priority": "high"})
    assert answer.status_code == 201, answer.text
    ticket = answer.json()
    assert (ticket["subject"], ticket["conversation_id"], ticket["channel"]) == ("屏幕坏了", chat["id"], "web")
    opened = moment(ticket["opened_at"])
    assert moment(ticket["first_response_due_at"]) - opened == datetime.timedelta(minutes=30)
    assert api.post(f"/api/v1/conversations/{chat['id']}/ticket", json={}).status_code == 409
    assert api.post(f"/api/v1/conversations/{uuid.uuid4()}/ticket", json={}).status_code == 404
    assert api.post(f"/api/v1/conversations/{chat['id']}/messages", json={"text": "您好", "role": "agent"}).status_code == 201
    assert read(api, "tickets", ticket["id"])["first_responded_at"]
    assert api.patch(f"/api/v1/tickets/{ticket['id']}", json={"first_responded_at": None}).status_code == 400


def test_a_reminder_is_told_at_once_and_to_nobody_else(server, api, staff):
    """The event stream of its person says that there is one; that of a program is silent."""
    me = staff.get("/api/v1/session").json()["user"]["id"]
    cookie = {"Cookie": "; ".join(f"{k}={v}" for k, v in staff.cookies.items())}
    heard, ready = {"mine": [], "key": []}, threading.Barrier(3)

    def listen(who, headers):
        with client(server) as c, c.stream("GET", "/api/v1/events", headers=headers, timeout=None) as answer:
            lines, told = answer.iter_lines(), False
            next(lines)
            ready.wait(10)
            for line in lines:
                if told:
                    heard[who].append(json.loads(line.removeprefix("data: "))["id"])
                told = line == "event: notification"

    for who, headers in (("mine", cookie), ("key", {"Authorization": api.headers["Authorization"]})):
        threading.Thread(target=listen, args=(who, headers), daemon=True).start()
    ready.wait(10)
    task = make(staff, "tasks", title="马上", remind_at=rfc3339(seconds=-5), owner_id=me)
    until(lambda: heard["mine"], 20)
    (listed,) = [n for n in staff.get("/api/v1/notifications").json()["items"] if n["record_id"] == task["id"]]
    assert heard == {"mine": [listed["id"]], "key": []}
    assert staff.patch(f"/api/v1/notifications/{listed['id']}", json={"read": True}).status_code == 204


def test_reminders_and_the_agenda(staff):
    me = staff.get("/api/v1/session").json()["user"]["id"]
    task = make(staff, "tasks", title="回访", due_at=rfc3339(hours=2), remind_at=rfc3339(seconds=-5), owner_id=me)
    call = make(staff, "activities", subject="Call Li", kind="call", starts_at=rfc3339(hours=1), owner_id=me)
    make(staff, "tasks", title="others'", due_at=rfc3339(hours=3))
    agenda = staff.get("/api/v1/agenda", params={"owner": "me", "from": rfc3339(), "to": rfc3339(hours=5)}).json()
    assert "items" in agenda, agenda
    assert [(i["object"], i["id"]) for i in agenda["items"]] == [("activities", call["id"]), ("tasks", task["id"])]
    assert agenda["complete"] and staff.get("/api/v1/agenda", params={"from": "soon"}).status_code == 400
    told = until(lambda: [n for n in staff.get("/api/v1/notifications").json()["items"] if n["record_id"] == task["id"]], 20)
    assert [(n["kind"], n["title"], n["read_at"]) for n in told] == [("task_reminder", "回访", None)]
    assert staff.patch(f"/api/v1/notifications/{told[0]['id']}", json={"read": True}).status_code == 204
    listed = staff.get("/api/v1/notifications").json()
    assert listed["unread"] == 0 and listed["items"][0]["read_at"]
    assert staff.patch(f"/api/v1/notifications/{told[0]['id']}", json={"read": False}).status_code == 204
    assert staff.post("/api/v1/notifications/read").status_code == 204
    assert staff.get("/api/v1/notifications", params={"unread": "true"}).json()["items"] == []
    assert staff.patch(f"/api/v1/notifications/{uuid.uuid4()}", json={"read": True}).status_code == 404


def test_the_timeline_of_contact_and_company(api):
    company = make(api, "companies", name="时间线公司")
    contact = make(api, "contacts", name="时间线", company_id=company["id"])
    make(api, "orders", number=str(uuid.uuid4()), contact_id=contact["id"], company_id=company["id"], placed_at="2020-01-01T00:00:00Z")
    make(api, "notes", body="打过电话", contact_id=contact["id"])
    make(api, "events", contact_id=contact["id"], type="view", at="2019-01-01T00:00:00Z")
    of = f"/api/v1/contacts/{contact['id']}/timeline"
    items = api.get(of).json()["items"]
    assert [i["kind"] for i in items] == ["note", "created", "order", "event"] and items[0]["text"] == "打过电话"
    assert [i["kind"] for i in api.get(of, params={"kind": "event,note"}).json()["items"]] == ["note", "event"]
    first = api.get(of, params={"page_size": 3}).json()
    make(api, "notes", body="later", contact_id=contact["id"])  # pages stay where they were
    rest = api.get(of, params={"page_size": 3, "page_token": first["next_page_token"]}).json()
    assert [i["kind"] for i in rest["items"]] == ["event"] and rest["next_page_token"] is None
    assert api.get(of, params={"kind": "colour"}).status_code == 400
    told = api.get(f"/api/v1/companies/{company['id']}/timeline").json()["items"]
    assert [i["kind"] for i in told] == ["created", "order", "event"]


def test_what_a_pipeline_promises(api):
    pipeline = make(api, "pipelines", name=f"forecast {uuid.uuid4()}")["id"]
    first, second, won, lost = (make(api, "stages", name=name, pipeline_id=pipeline, position=i, probability=chance, kind=kind)["id"] for i, (name, chance, kind)
                                in enumerate([("first", .1, "open"), ("second", .5, "open"), ("won", 1, "won"), ("lost", 0, "lost")]))
    deals = [make(api, "deals", name=f"d{i}", pipeline_id=pipeline, stage_id=first, currency="EUR", amount=amount, expected_close_on=day)
             for i, (amount, day) in enumerate([(100, "2027-01-05"), ("30.5", "2027-01-31"), (7, "2027-02-01"), (1, None)])]
    for deal, stage in [(deals[0], second), (deals[0], won), (deals[1], second), (deals[2], lost)]:
        assert api.patch(f"/api/v1/deals/{deal['id']}", json={"stage_id": stage}).status_code == 200
    path = f"/api/v1/pipelines/{pipeline}/forecast"
    by_month = {row["key"]: row for row in api.get(path).json()["items"]}
    assert set(by_month) == {"2027-01", "2027-02", None} and {row["currency"] for row in by_month.values()} == {"EUR"}
    january = by_month["2027-01"]
    assert (january["open"], january["amount"], january["weighted_amount"], january["won"], january["won_amount"]) == (1, 30.5, 15.25, 1, 100)
    assert (by_month["2027-02"]["lost"], by_month["2027-02"]["lost_amount"], by_month[None]["weighted_amount"]) == (1, 7, .1)
    span = api.get(path, params={"from": "2027-01-06", "to": "2027-01-31", "by": "stage"}).json()["items"]
    assert [(row["name"], row["open"], row["won"]) for row in span] == [("second", 1, 0)]
    owners = api.get(path, params={"by": "owner"}).json()["items"]
    assert sum(row["open"] + row["won"] + row["lost"] for row in owners) == 4
    for wrong in ({"by": "colour"}, {"from": "2027-13-01"}, {"to": "soon"}):
        assert api.get(path, params=wrong).status_code == 400
    assert api.get(f"/api/v1/pipelines/{uuid.uuid4()}/forecast").status_code == 404

    rates = api.get(f"/api/v1/pipelines/{pipeline}/conversion").json()["items"]
    assert [(row["name"], row["entered"], row["went_on"], row["rate"]) for row in rates[:2]] == [("first", 4, 2, .5), ("second", 2, 1, .5)]
    assert rates[0]["mean_ms"] >= 0 and rates[2]["mean_ms"] is None
    stays = api.get(f"/api/v1/deals/{deals[0]['id']}/stages").json()["items"]
    assert [stay["name"] for stay in stays] == ["first", "second", "won"]
    assert stays[0]["left_at"] == stays[1]["entered_at"] and stays[2]["left_at"] is None
