"""What an administrator sets up in the console works at once: settings.mjs walks it, this file asks the server."""
import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_key, make_store
from stage import play

SURFACES = {"invent", "fields", "pipelines", "organisation", "imports", "import preview", "import done"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_settings(tmp_path, language):
    server = Server(make_store(tmp_path / "data", "--demo", "--encoder", "none"), "--encoder", "none", "--model", "none").start()
    table = tmp_path / "people.csv"
    table.write_text("姓名,邮箱,等级\n张伟,z@a.example,VIP\nLi,bad,VIP\n李雷,l@a.example,VIP\n")
    try:
        with client(server) as c:
            c.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD})
            c.patch("/api/v1/users/me", json={"language": language})
        end = play("settings.mjs", server.url, language, ADMIN, table, wishes={"password": lambda: PASSWORD})
        assert set(end["looked"]) == {f"{surface} {mode}" for surface in SURFACES for mode in ("light", "dark")}
        with client(server, make_key(server.data)) as api:
            (car,) = api.get("/api/v1/vehicles", params={"filter": 'plate = "京A12345"', "expand": "contact"}).json()["items"]
            assert car["contact"]["name"] == "Thomas Bauer" and "fuel" in car
            document = api.get("/api/v1/openapi.json").json()
            assert {"plate", "mileage", "fuel", "next_check", "contact_id"} <= set(document["components"]["schemas"]["Vehicle"]["properties"])
            stages = [each["name"] for each in api.get("/api/v1/stages", params={"order_by": "position"}).json()["items"]]
            assert stages.index("Demo") == len(stages) - 3
            assert api.get("/api/v1/organisation").json()["name"] == "Qimu"
            assert api.get("/api/v1/contacts", params={"email": "z@a.example"}).json()["items"] == []
    finally:
        server.stop()
