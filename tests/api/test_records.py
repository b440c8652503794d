"""Declared objects through the real server: filters, orders, views, many at once, trials, inventions."""
import concurrent.futures
import uuid

import pytest


def make(api, plural, **fields):
    answer = api.post(f"/api/v1/{plural}", json=fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def names(api, plural, **query):
    answer = api.get(f"/api/v1/{plural}", params=query)
    assert answer.status_code == 200, answer.text
    return [item.get("name") for item in answer.json()["items"]]


@pytest.fixture
def deals(api):
    if names(api, "deals", source="filter-test"):
        return
    company = make(api, "companies", name="云杉科技", industry="software", domain="yunshan.example")
    make(api, "deals", name="filter one", amount=120.5, company_id=company["id"], source="filter-test", tags=["hot"])
    make(api, "deals", name="filter two", amount=80, source="filter-test")
    make(api, "deals", name="filter three", amount=5000, source="filter-test", tags=["hot", "new"])


def test_filter_order_and_pages(api, deals):
    assert names(api, "deals", filter="source = filter-test amount > 100", order_by="amount desc") == ["filter three", "filter one"]
    assert names(api, "deals", filter='company.industry = "software"') == ["filter one"]
    assert names(api, "deals", filter="source = filter-test tags:hot", order_by="name") == ["filter one", "filter three"]
    assert names(api, "deals", source="filter-test", order_by="amount") == ["filter two", "filter one", "filter three"]
    seen, token = [], None
    while True:
        page = api.get("/api/v1/deals", params={"filter": "source = filter-test", "order_by": "amount desc", "page_size": 1, "total": "true"}
                       | ({"page_token": token} if token else {})).json()
        assert (page["total"], page["total_exact"]) == (3, True)
        seen += [item["name"] for item in page["items"]]
        token = page["next_page_token"]
        if not token:
            break
    assert seen == ["filter three", "filter one", "filter two"]


def test_an_argument_of_the_list_is_no_field(api):
    make(api, "orders", number="total-1", items=[{"name": "x", "quantity": 2, "price": 3}])
    page = api.get("/api/v1/orders", params={"total": "true", "filter": "total = 6"}).json()
    assert page["total"] == 1 and page["items"][0]["number"] == "total-1"


def test_a_wrong_filter_names_its_place(api):
    answer = api.get("/api/v1/deals", params={"filter": "name = a AND colour = red"})
    assert answer.status_code == 400 and "column 14" in answer.json()["detail"] and "colour" in answer.json()["detail"]


def test_views(api, deals):
    page = api.get("/api/v1/deals", params={"filter": "source = filter-test company_id:*", "fields": "name,amount", "expand": "company"}).json()
    (deal,) = page["items"]
    assert set(deal) == {"id", "name", "amount", "company"} and deal["company"]["domain"] == "yunshan.example"
    assert deal["amount"] == 120.5
    assert api.get("/api/v1/deals", params={"fields": "name,colour"}).status_code == 400
    assert api.get("/api/v1/deals", params={"expand": "colour"}).status_code == 400


def test_a_deal_goes_through_its_stages(api):
    pipeline = api.get("/api/v1/pipelines").json()["items"][0]
    stages = api.get("/api/v1/stages", params={"pipeline_id": pipeline["id"], "order_by": "position"}).json()["items"]
    deal = make(api, "deals", name="staged", amount=200)
    assert deal["stage_id"] == stages[0]["id"] and deal["status"] == "open" and deal["weighted_amount"] == 20
    won = next(s for s in stages if s["kind"] == "won")
    moved = api.patch(f"/api/v1/deals/{deal['id']}", json={"stage_id": won["id"]}).json()
    assert (moved["status"], moved["probability"], moved["weighted_amount"]) == ("won", 1, 200) and moved["closed_at"]
    assert api.delete(f"/api/v1/stages/{won['id']}").status_code == 409


def test_many_at_once_each_with_its_result(api):
    old = make(api, "products", name="old", sku=f"bulk-{uuid.uuid4()}")
    request = {"create": [{"name": "a"}, {"price": 1}, {"name": "c", "sku": old["sku"]}],
               "update": [{"id": old["id"], "name": "newer"}], "delete": [str(uuid.uuid4())]}
    answer = api.post("/api/v1/products/bulk", json=request)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert [i["status"] for i in items] == [201, 422, 409, 200, 404]
    assert items[1]["errors"][0]["path"] == "name" and items[2]["errors"][0]["path"] == "sku"
    assert api.get(f"/api/v1/products/{old['id']}").json()["name"] == "newer"
    assert api.post("/api/v1/products/bulk", json={"create": [{"name": str(i)} for i in range(1001)]}).status_code == 400
    assert api.post("/api/v1/products/bulk", json={}).status_code == 400


def test_a_trial_leaves_nothing(api):
    answer = api.post("/api/v1/companies", params={"dry_run": "true"}, json={"name": "only tried"})
    assert answer.status_code == 201 and answer.json()["name"] == "only tried"
    assert api.get(f"/api/v1/companies/{answer.json()['id']}").status_code == 404
    assert api.post("/api/v1/companies", params={"dry_run": "true"}, json={}).status_code == 422
    assert names(api, "companies", filter='name = "only tried"') == []


def test_deleted_ones_are_listed_restored_and_purged(api):
    note = make(api, "notes", body="to go")
    path = f"/api/v1/notes/{note['id']}"
    assert api.delete(path).status_code == 204
    assert note["id"] in [i["id"] for i in api.get("/api/v1/notes", params={"deleted": "true"}).json()["items"]]
    assert api.post(path + "/restore").status_code == 200
    assert api.delete(path, params={"purge": "true"}).status_code == 404  # only what was deleted first
    assert api.delete(path).status_code == 204 and api.delete(path, params={"purge": "true"}).status_code == 204
    assert api.post(path + "/restore").status_code == 404


def test_events_are_told_once(api):
    contact = make(api, "contacts", name="event person")
    body = {"event_id": "ev-1", "type": "view", "at": "2026-11-01T10:00:00+08:00", "contact_id": contact["id"], "properties": {"page": "/sofa"}}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.post("/api/v1/events", json=body), range(16)))
    assert {a.status_code for a in answers} == {201} and len({a.json()["id"] for a in answers}) == 1
    page = api.get("/api/v1/events", params={"filter": f'contact_id = "{contact["id"]}"'}).json()
    assert [e["at"] for e in page["items"]] == ["2026-11-01T02:00:00.000Z"]
    assert api.patch(f"/api/v1/events/{page['items'][0]['id']}", json={"type": "x"}).status_code == 405


def test_an_invented_object_is_used_at_once(api):
    contact = make(api, "contacts", name="vehicle owner")
    answer = api.post("/api/v1/objects", json={
        "name": "vehicle", "plural": "vehicles", "label_zh": "车辆", "label_en": "Vehicles", "fields": [
            {"name": "plate", "type": "text", "label_zh": "车牌", "label_en": "Plate", "required": True, "unique": True, "searchable": True},
            {"name": "mileage", "type": "number", "label_en": "Mileage", "indexed": True},
            {"name": "fuel", "type": "choice", "label_en": "Fuel", "choices": ["petrol", "electric"], "default": "petrol"},
            {"name": "next_check", "type": "date", "label_en": "Next check"},
            {"name": "contact_id", "type": "reference", "target": "contacts", "label_en": "Contact"}]})
    assert answer.status_code == 201, answer.text
    car = make(api, "vehicles", plate="京A12345", mileage=12000.5, contact_id=contact["id"], next_check="2027-01-31")
    assert car["fuel"] == "petrol" and car["mileage"] == 12000.5 and car["contact_id"] == contact["id"]
    assert api.post("/api/v1/vehicles", json={"plate": "京A12345"}).status_code == 409
    problem = api.post("/api/v1/vehicles", json={"fuel": "coal", "colour": "red"}).json()
    assert {e["path"] for e in problem["errors"]} == {"fuel", "colour", "plate"}
    page = api.get("/api/v1/vehicles", params={"filter": 'mileage > 10000 fuel = petrol', "expand": "contact", "order_by": "mileage"}).json()
    assert page["items"][0]["contact"]["name"] == "vehicle owner"
    assert [v["plate"] for v in api.get("/api/v1/vehicles", params={"q": "A12345"}).json()["items"]] == ["京A12345"]
    document = api.get("/api/v1/openapi.json").json()
    assert "plate" in document["components"]["schemas"]["Vehicle"]["properties"] and "/api/v1/vehicles/{id}" in document["paths"]
    path = f"/api/v1/vehicles/{car['id']}"
    assert api.patch(path, json={"mileage": 13000}).json()["mileage"] == 13000
    assert api.delete("/api/v1/objects/vehicles").status_code == 204
    assert api.get(path).status_code == 404
    assert api.post("/api/v1/objects/vehicles/restore").status_code == 200
    assert api.get(path).json()["mileage"] == 13000


def test_a_field_is_added_to_contacts_and_taken_back(api):
    old = make(api, "contacts", name="field person", custom={"level": "gold", "note": "kept"})
    field = {"name": "level", "type": "choice", "label_en": "Level", "choices": ["gold", "silver"], "indexed": True}
    assert api.post("/api/v1/objects/contacts/fields", json=field).status_code == 201
    assert api.post("/api/v1/objects/contacts/fields", json=field).status_code == 409
    assert names(api, "contacts", filter="custom.level = gold") == ["field person"]
    answer = api.patch(f"/api/v1/contacts/{old['id']}", json={"custom": {"level": "bronze"}})
    assert answer.status_code == 422 and answer.json()["errors"][0]["path"] == "custom.level"
    assert api.patch("/api/v1/objects/contacts/fields/level", json={"choices": ["gold", "silver", "bronze"]}).status_code == 200
    assert api.patch(f"/api/v1/contacts/{old['id']}", json={"custom": {"level": "bronze"}}).json()["custom"] == {"level": "bronze", "note": "kept"}
    assert api.delete("/api/v1/objects/contacts/fields/level").status_code == 204
    assert api.get(f"/api/v1/contacts/{old['id']}").json()["custom"]["level"] == "bronze"
    assert api.post("/api/v1/objects/contacts/fields/level/restore").status_code == 200


@pytest.mark.parametrize("declaration, path", [
    ({"name": "x", "type": "text", "label_en": "X"}, "name"), ({"name": "Ab", "type": "text", "label_en": "X"}, "name"),
    ({"name": "ab'--", "type": "text", "label_en": "X"}, "name"), ({"name": "org_id", "type": "text", "label_en": "X"}, "name"),
    ({"name": "ab", "type": "blob", "label_en": "X"}, "type"), ({"name": "ab", "type": "text"}, "label_en"),
    ({"name": "ab", "type": "choice", "label_en": "X"}, "choices"), ({"name": "ab", "type": "reference", "label_en": "X", "target": "wheels"}, "target"),
    ({"name": "ab", "type": "number", "label_en": "X", "default": "many"}, "default")])
def test_wrong_declarations_are_told(api, declaration, path):
    answer = api.post("/api/v1/objects/contacts/fields", json=declaration)
    assert answer.status_code == 422 and path in {e["path"] for e in answer.json()["errors"]}, answer.text


def test_a_change_is_told_with_before_and_after_to_the_audit(api):
    contact = make(api, "contacts", name="before")
    version = api.get(f"/api/v1/contacts/{contact['id']}").headers["etag"]
    assert api.patch(f"/api/v1/contacts/{contact['id']}", json={"name": "before"}).headers["etag"] == version  # nothing changed
    assert api.patch(f"/api/v1/contacts/{contact['id']}", json={"name": "after"}, headers={"If-Match": version}).status_code == 200
    assert api.patch(f"/api/v1/contacts/{contact['id']}", json={"name": "late"}, headers={"If-Match": version}).status_code == 412


@pytest.mark.parametrize("plural, fields", [
    ("contacts", {"name": "x"}), ("companies", {"name": "x"}), ("leads", {"name": "x"}), ("deals", {"name": "x"}), ("tickets", {"subject": "x"}),
    ("products", {"name": "x"}), ("orders", {}), ("tasks", {"title": "x"}), ("activities", {"subject": "x"}), ("notes", {"body": "x"}),
    ("articles", {"title": "x", "body": "x"}), ("queues", {"name": "x"})])
def test_any_field_can_be_sent_empty(api, plural, fields):
    """The answer may be no, but it is one."""
    record = make(api, plural, **fields)
    declared = next(o for o in api.get("/api/v1/objects").json()["items"] if o["plural"] == plural)["fields"]
    answers = {f["name"]: api.patch(f"/api/v1/{plural}/{record['id']}", json={f["name"]: None}).status_code for f in declared}
    assert {name: status for name, status in answers.items() if status not in (200, 400, 422)} == {}
    assert api.get(f"/api/v1/{plural}/{record['id']}").status_code == 200
