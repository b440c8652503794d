"""What is done with records beside keeping them, through the real server."""
import uuid


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
