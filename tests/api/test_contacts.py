"""Contacts: the first rows of the object table, over the real server."""
import concurrent.futures
import uuid


def test_create_read_change_delete_restore(api):
    made = api.post("/api/v1/contacts", json={"name": "张伟", "email": " Zhang.Wei@Example.COM ", "phone": "138 0013 8000", "tags": ["vip"]})
    assert made.status_code == 201, made.text
    contact = made.json()
    assert contact["email"] == "zhang.wei@example.com" and contact["phone"] == "13800138000" and contact["tags"] == ["vip"]
    assert uuid.UUID(contact["id"]).version == 7
    assert set(contact) == {"id", "name", "email", "phone", "company_id", "title", "language", "source", "tags", "address", "owner_id", "custom",
                            "created_at", "updated_at"}

    path = f"/api/v1/contacts/{contact['id']}"
    assert api.get(path).json() == contact
    etag = api.get(path).headers["etag"]

    changed = api.patch(path, json={"title": "采购经理", "phone": None}, headers={"If-Match": etag})
    assert changed.status_code == 200 and changed.json()["title"] == "采购经理" and changed.json()["phone"] is None
    assert changed.json()["name"] == "张伟"
    assert api.patch(path, json={"title": "x"}, headers={"If-Match": etag}).status_code == 412

    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert api.delete(path).status_code == 404
    assert api.post(path + "/restore", json={}).json()["name"] == "张伟"
    assert api.get(path).status_code == 200


def test_faults_are_told_field_by_field(api):
    answer = api.post("/api/v1/contacts", json={"name": "x", "email": "not an address", "phone": "12", "nickname": "y"})
    problem = answer.json()
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert {e["path"] for e in problem["errors"]} == {"email", "phone", "nickname"}
    assert problem["request_id"] and problem["status"] == answer.status_code
    assert api.post("/api/v1/contacts", json={"nickname": "y"}).status_code == 400
    assert api.post("/api/v1/contacts", json={"email": "nope"}).status_code == 422
    assert api.post("/api/v1/contacts", json=[1]).status_code == 400
    assert api.post("/api/v1/contacts", content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    assert api.post("/api/v1/contacts", content=b"name=x", headers={"Content-Type": "text/plain"}).status_code == 415


def test_paging_visits_every_contact_once(api):
    ids = [api.post("/api/v1/contacts", json={"name": f"page {i}", "source": "paging"}).json()["id"] for i in range(25)]
    seen, token = [], None
    while True:
        query = {"page_size": 10, "source": "paging"} | ({"page_token": token} if token else {})
        page = api.get("/api/v1/contacts", params=query).json()
        seen += [item["id"] for item in page["items"]]
        token = page["next_page_token"]
        if not token:
            break
    assert seen == ids[::-1]
    assert api.get("/api/v1/contacts", params={"page_size": 1001}).status_code == 400
    assert api.get("/api/v1/contacts", params={"page_size": "ten"}).status_code == 400


def test_a_retry_with_the_same_key_does_not_repeat_the_effect(api):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"name": "once", "source": "retry"}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.post("/api/v1/contacts", json=body, headers=headers), range(16)))
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["id"] for a in answers}) == 1
    assert len(api.get("/api/v1/contacts", params={"source": "retry"}).json()["items"]) == 1
    assert api.post("/api/v1/contacts", json={"name": "other"}, headers=headers).status_code == 422


def test_search_finds_any_chinese_substring_and_word_prefixes(api):
    made = api.post("/api/v1/contacts", json={"name": "王建国 Jonathan", "email": "jonathan.w@findme.example", "title": "上海云台有限公司"}).json()
    for q in ("建国", "云台", "有限公司", "jonat", "findme", "王建"):
        items = api.get("/api/v1/contacts", params={"q": q}).json()["items"]
        assert made["id"] in [i["id"] for i in items], q
        assert ("contacts", made["id"]) in [(i["object"], i["id"]) for i in api.get("/api/v1/search", params={"q": q}).json()["items"]]
    assert api.get("/api/v1/contacts", params={"q": "绝无此人"}).json()["items"] == []
    api.delete(f"/api/v1/contacts/{made['id']}")
    assert api.get("/api/v1/contacts", params={"q": "云台"}).json()["items"] == []


def test_nobody_gets_in_without_a_key(anonymous, api):
    made = api.post("/api/v1/contacts", json={"name": "secret"}).json()
    for method, path in (("GET", "/api/v1/contacts"), ("POST", "/api/v1/contacts"), ("GET", f"/api/v1/contacts/{made['id']}"),
                         ("PATCH", f"/api/v1/contacts/{made['id']}"), ("DELETE", f"/api/v1/contacts/{made['id']}"),
                         ("GET", "/api/v1/search?q=secret"), ("GET", "/api/v1/users"), ("GET", "/api/v1/events")):
        answer = anonymous.request(method, path, json={} if method in ("POST", "PATCH") else None)
        assert answer.status_code == 401, (method, path)
    assert anonymous.get("/api/v1/contacts", headers={"Authorization": "Bearer zyk_wrong"}).status_code == 401


def test_timeline_tells_creation_and_changes(api):
    made = api.post("/api/v1/contacts", json={"name": "timeline"}).json()
    api.patch(f"/api/v1/contacts/{made['id']}", json={"title": "CEO"})
    items = api.get(f"/api/v1/contacts/{made['id']}/timeline").json()["items"]
    assert [i["kind"] for i in items] == ["change", "created"]
