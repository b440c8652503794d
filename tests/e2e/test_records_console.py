"""The record engine in the console: records.mjs walks it in both languages; this file asks the server what was kept."""
import os

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_key, make_store
from stage import play

SURFACES = {"list", "filter", "wrong filter", "views", "columns", "cell fault", "selection", "set a field", "deleted", "new record", "record",
            "records home", "board", "move menu", "day", "phone list", "phone board", "phone day", "phone records", "phone record"}


@pytest.fixture
def shop(tmp_path):
    server = Server(make_store(tmp_path / "data", "--demo", "--encoder", "none"), "--encoder", "none", "--model", "none").start()
    yield server
    server.stop()


def items(api, plural, **query):
    answer = api.get(f"/api/v1/{plural}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_records(shop, language):
    if folder := os.environ.get("ZHIYIN_SCREENSHOTS"):
        os.makedirs(folder, exist_ok=True)
    with client(shop) as c:
        c.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD})
        c.patch("/api/v1/users/me", json={"language": language})
    end = play("records.mjs", shop.url, language, ADMIN, wishes={"password": lambda: PASSWORD})
    assert set(end["looked"]) == {f"{surface} {mode}" for surface in SURFACES for mode in ("light", "dark")}
    say = end["result"]
    with client(shop, make_key(shop.data)) as api:
        assert len(items(api, "contacts", filter=f'tags:"{say["tag"]}"')) == 2
        assert not items(api, "contacts", deleted="true")
        (deal,) = items(api, "deals", filter=f'name = "{say["deal"]}"')
        stages = items(api, "stages", filter=f'pipeline_id = "{deal["pipeline_id"]}"', order_by="position")
        assert deal["amount"] == 120000 and deal["stage_id"] == stages[2]["id"]
        note = items(api, "notes", expand="contact")[0]
        assert note["body"] == say["note"] and note["contact"]["name"] == say["starred"]
        task, quick = sorted(items(api, "tasks", filter=f'title = "{say["task"]}*"'), key=lambda each: each["title"])
        assert task["contact_id"] == note["contact_id"] and task["owner_id"] and quick["status"] == "done"
