"""Saved views, recently opened records and favourites: each person's own, shared where that person says so."""
import contextlib

import pytest
from conftest import ADMIN, PASSWORD, client, make_store

AGENT = "agent@qimu.example"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("views") / "data", "--demo", "--encoder", "none")


@contextlib.contextmanager
def session(server, email):
    with client(server) as c:
        assert c.post("/api/v1/session", json={"email": email, "password": PASSWORD}).status_code == 200
        yield c


@pytest.fixture(scope="module")
def staff(server):
    with session(server, ADMIN) as c:
        yield c


@pytest.fixture(scope="module")
def colleague(server):
    with session(server, AGENT) as c:
        yield c


def save(api, **view):
    answer = api.post("/api/v1/views", json={"object": "deals", "name": "Big ones", **view})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_view_is_kept_changed_and_forgotten(staff):
    view = save(staff, filter="amount > 1000", order_by="amount desc", columns=[{"name": "name", "width": 240}, {"name": "amount"}])
    assert (view["mine"], view["shared"], view["filter"]) == (True, False, "amount > 1000")
    assert view["columns"] == [{"name": "name", "width": 240}, {"name": "amount"}]
    path = f"/api/v1/views/{view['id']}"
    assert staff.patch(path, json={"name": "Larger ones"}).json()["name"] == "Larger ones"
    assert staff.get(path).json()["filter"] == "amount > 1000", "what a change does not name stays"
    assert view["id"] in [v["id"] for v in staff.get("/api/v1/views", params={"object": "deals"}).json()["items"]]
    assert staff.get("/api/v1/views", params={"object": "tickets"}).json()["items"] == []
    assert staff.delete(path).status_code == 204 and staff.get(path).status_code == 404


@pytest.mark.parametrize("wrong,status", [({"filter": "colour = red"}, 400), ({"order_by": "colour"}, 400), ({"name": ""}, 422), ({"name": 3}, 422),
                                          ({"columns": [{"name": "colour"}]}, 422), ({"columns": [{"name": "name", "width": 1}]}, 422),
                                          ({"object": "nothing"}, 404), ({"object": None}, 422), ({"shared": "yes"}, 422)])
def test_a_view_that_the_list_would_refuse_is_refused(staff, wrong, status):
    answer = staff.post("/api/v1/views", json={"object": "deals", "name": "x", **wrong})
    assert answer.status_code == status, answer.text


def test_a_private_view_is_nobody_elses(staff, colleague):
    private, shared = save(staff, name="mine"), save(staff, name="ours", shared=True)
    seen = [v["id"] for v in colleague.get("/api/v1/views").json()["items"]]
    assert shared["id"] in seen and private["id"] not in seen
    assert colleague.get(f"/api/v1/views/{private['id']}").status_code == 404
    assert colleague.patch(f"/api/v1/views/{shared['id']}", json={"name": "taken"}).status_code == 403
    assert colleague.delete(f"/api/v1/views/{shared['id']}").status_code == 403
    own = save(colleague, name="theirs", shared=True)
    assert staff.delete(f"/api/v1/views/{own['id']}").status_code == 204, "an administrator tidies up"


def test_what_was_opened_and_what_is_kept(staff, colleague):
    made = [staff.post("/api/v1/companies", json={"name": name}).json()["id"] for name in ("one", "two")]
    for each in [*made, made[0]]:
        assert staff.post("/api/v1/recent", json={"object": "companies", "id": each}).status_code == 204
    assert staff.post("/api/v1/favourites", json={"object": "companies", "id": made[1]}).status_code == 204
    recent = staff.get("/api/v1/recent").json()["items"]
    assert [(r["title"], r["starred"]) for r in recent] == [("one", False), ("two", True)], "each once, the last opened first"
    assert [r["id"] for r in staff.get("/api/v1/favourites").json()["items"]] == [made[1]]
    assert colleague.get("/api/v1/recent").json()["items"] == []
    staff.delete(f"/api/v1/companies/{made[0]}")
    assert [r["title"] for r in staff.get("/api/v1/recent").json()["items"]] == ["two"]
    assert staff.delete(f"/api/v1/favourites/companies/{made[1]}").status_code == 204
    assert staff.get("/api/v1/favourites").json()["items"] == []
    assert staff.post("/api/v1/recent", json={"object": "companies", "id": "nothing"}).status_code == 404


def test_search_finds_records_of_every_object(staff):
    company = staff.post("/api/v1/companies", json={"name": "云杉木业有限公司"}).json()
    deal = staff.post("/api/v1/deals", json={"name": "云杉木业 年度合同"}).json()
    found = {(hit["object"], hit["id"], hit["title"]) for hit in staff.get("/api/v1/search", params={"q": "云杉木业"}).json()["items"]}
    assert {("companies", company["id"], company["name"]), ("deals", deal["id"], deal["name"])} <= found
