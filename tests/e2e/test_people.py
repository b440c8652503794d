"""Who may what, as administrators set it up in the console: people.mjs walks it in two browsers, this file asks the server."""
import os

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_key, make_store
from stage import play

SURFACES = {"roles", "role copy", "role fields", "role", "role of administrators", "no team", "team", "teams", "invite", "link", "welcome", "account",
            "totp", "recovery codes", "login code", "no key", "new key", "key", "keys", "revoke", "people", "person", "deactivate",
            "phone people", "phone roles/agent", "phone teams", "phone keys", "phone account"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_people(tmp_path, language):
    if folder := os.environ.get("ZHIYIN_SCREENSHOTS"):
        os.makedirs(folder, exist_ok=True)
    server = Server(make_store(tmp_path / "data", "--demo", "--encoder", "none"), "--encoder", "none", "--model", "none").start()

    def look():
        with client(server) as c:
            c.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD})
            role = c.get("/api/v1/roles/shop_clerk").json()
            assert role["rights"] == {"*": {"read": "all"}, "contacts": {"update": "all", "fields": {"phone": "hidden"}}, "orders": {"read": "none"}}
            (li,) = [u for u in c.get("/api/v1/users").json()["items"] if u["email"] == "li.na@qimu.example"]
            assert (li["role"], li["state"], li["language"]) == ("shop_clerk", "active", language)
            assert [team["members"] for team in c.get("/api/v1/teams").json()["items"]] == [[li["id"]]]

    try:
        with client(server) as c:
            c.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD})
            c.patch("/api/v1/users/me", json={"language": language})
        end = play("people.mjs", server.url, language, ADMIN, wishes={"password": lambda: PASSWORD, "her role is asked for": look})
        assert set(end["looked"]) == {f"{surface} {mode}" for surface in SURFACES for mode in ("light", "dark")}
        made = end["result"]
        with client(server) as nobody:
            assert nobody.post("/api/v1/users/link", json={"token": made["link"].partition("#")[2]}).status_code == 404
        with client(server, made["key"]) as revoked:
            assert revoked.get("/api/v1/contacts").status_code == 401
        with client(server, make_key(server.data)) as api:
            (li,) = [u for u in api.get("/api/v1/users").json()["items"] if u["email"] == "li.na@qimu.example"]
            assert (li["state"], li["totp"]) == ("deactivated", True)
    finally:
        server.stop()
