"""Trained classifiers through the real server: taken up without a restart, in shadow beside the one in use, promoted over HTTP, for administrators."""
import json

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_key, make_store, run, until

# This company calls a strange word good: nobody but its own classifier knows that.
GOOD, BAD, PLAIN = "哇咔哇咔", "呜噜呜噜", "嗯哼嗯哼"
ROWS = [(f"{word}{i}", mood) for i in range(30) for word, mood in ((GOOD, "positive"), (BAD, "negative"), (PLAIN, "neutral"))]


def train(folder, name, task, rows, *options):
    (folder / f"{name}.jsonl").write_text("\n".join(json.dumps({"text": t, "label": y}, ensure_ascii=False) for t, y in rows), encoding="utf-8")
    run("train", task, "--in", folder / f"{name}.jsonl", "--out", folder / f"{name}.zyc", "--views", "grams", *options)
    return folder / f"{name}.zyc"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    return {"mood": train(folder, "mood", "sentiment", ROWS),
            "upside": train(folder, "upside", "sentiment", [(t, {"positive": "negative", "negative": "positive"}.get(y, y)) for t, y in ROWS]),
            "intent": train(folder, "intent", "intent", [(t, {"positive": "夸奖", "negative": "抱怨", "neutral": "oos"}[y]) for t, y in ROWS], "--oos")}


@pytest.fixture
def server(tmp_path, files):
    store = make_store(tmp_path / "data", "--encoder", "none")
    for name in files:
        run("model", "add", files[name], "--data", store)
    server = Server(store, "--model", "none", "--encoder", "none", env={"ZHIYIN_JUDGE": "yes"}).start()
    yield server
    assert server.stop() == 0 and server.crashes() == []


class Company:
    def __init__(self, server):
        self.server, self.staff, self.visitor = server, client(server), client(server)
        assert self.staff.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD}).status_code == 200
        made = self.visitor.post("/api/v1/conversations", json={"language": "zh"}).json()
        self.path, self.headers = f"/api/v1/conversations/{made['id']}", {"Authorization": f"Bearer {made['token']}"}

    def judged(self, text):
        said = self.visitor.post(self.path + "/messages", json={"text": text}, headers=self.headers).json()["message"]["id"]
        return until(lambda: next((j for j in self.staff.get(self.path + "/judgements").json()["items"] if j["message_id"] == said), None), 60)

    def correct(self, judged, **words):
        return self.staff.put(f"{self.path}/messages/{judged['message_id']}/judgement", json=words)

    def all(self):
        return {c["name"]: c for c in self.staff.get("/api/v1/classifiers").json()["items"]}

    def promote(self, name, **body):
        return self.staff.post(f"/api/v1/classifiers/{self.all()[name]['sha256']}/promote", json=body)

    def rollback(self, task, **body):
        return self.staff.post("/api/v1/classifiers/rollback", json={"task": task, **body})


def test_a_running_server_takes_it_up_and_gives_it_back(server):
    company = Company(server)
    before = company.judged(GOOD)
    made = json.loads(run("model", "promote", "mood.zyc", "--data", server.data, "--encoder", "none", "--json").stdout)
    after = company.judged(GOOD)
    assert after["mood"] == "positive" and after["strength"] > 0 and after["version"] == f"{before['version']} sentiment:{made['sha256'][:12]}"
    assert company.judged(BAD)["mood"] == "negative" and company.judged(PLAIN)["mood"] == "neutral"
    run("model", "rollback", "sentiment", "--data", server.data)
    assert company.judged(GOOD)["version"] == before["version"]


def test_intents_of_its_own(server):
    company = Company(server)
    company.judged(GOOD)
    assert "delivery" in company.staff.get("/api/v1/judgements/words").json()["intents"]
    assert company.promote("intent.zyc").status_code == 200
    assert company.judged(GOOD)["intent"] == "夸奖" and company.judged(PLAIN)["intent"] == "other"
    assert set(company.staff.get("/api/v1/judgements/words").json()["intents"]) == {"夸奖", "抱怨", "other"}
    judged = company.judged(GOOD)
    assert company.correct(judged, intent="delivery").status_code == 422
    assert company.correct(judged, intent="抱怨").status_code == 200


def test_a_correction_changes_what_the_promoted_one_says_next(server):
    company = Company(server)
    company.promote("mood.zyc")
    first = company.judged(GOOD)
    assert first["mood"] == "positive"
    company.correct(first, mood="negative")
    until(lambda: company.judged(GOOD)["mood"] == "negative", 30)
    assert company.judged(BAD)["mood"] == "negative" and company.judged(PLAIN)["mood"] == "neutral"
    company.correct(first, mood=None, intent=None)
    until(lambda: company.judged(GOOD)["mood"] == "positive", 30)


def test_a_shadow_judges_unseen_and_is_counted(server):
    company = Company(server)
    company.promote("mood.zyc")
    assert company.promote("upside.zyc", shadow=True).status_code == 200
    good, bad, plain = company.judged(GOOD), company.judged(BAD), company.judged(PLAIN)
    assert [j["mood"] for j in (good, bad, plain)] == ["positive", "negative", "neutral"]  # the shadow is shown nowhere
    company.correct(good, mood="positive")
    company.correct(plain, mood="neutral")
    company.correct(bad, mood="positive")  # here the one in shadow was right
    told = company.all()["upside.zyc"]
    assert told["state"] == "shadow" and told["shadowed"] == {"messages": 3, "agreed": 1, "reviewed": 3, "right": 2, "right_in_use": 2}
    shown = run("model", "show", "upside.zyc", "--data", server.data).stdout
    assert "1 of 3 messages" in shown and "of 3 that people looked at right 2, the one in use 2" in shown
    contact = company.visitor.post(company.path + "/contact", json={"name": "陈雨桐", "email": "chen@yutong.example"}, headers=company.headers).json()["id"]
    run("erase", "contact", contact, "--data", server.data)
    assert company.all()["upside.zyc"]["shadowed"]["messages"] == 0


def test_what_people_corrected_decides_whether_it_is_worse(server):
    company = Company(server)
    company.promote("mood.zyc")
    for i in range(8):
        company.correct(company.judged(f"{GOOD}{i}"), mood="positive")
    refused = company.promote("upside.zyc")
    assert refused.status_code == 409 and "8 times" in refused.json()["detail"]
    assert company.promote("upside.zyc", force=True).status_code == 200
    assert company.all()["upside.zyc"]["state"] == "in_use" and company.all()["upside.zyc"]["by"] == company.staff.get("/api/v1/session").json()["user"]["name"]
    assert company.promote("mood.zyc").status_code == 200


def test_the_way_back_over_http(server):
    company = Company(server)
    assert company.rollback("sentiment").status_code == 409 and company.rollback("sentiment", shadow=True).status_code == 409
    assert company.rollback("weather").status_code == 422
    company.promote("mood.zyc")
    assert company.promote("mood.zyc", shadow=True).status_code == 409
    states = {c["name"]: c["state"] for c in company.rollback("sentiment").json()["items"]}
    assert states == {"mood.zyc": "kept", "upside.zyc": "kept", "intent.zyc": "kept"}
    rows = company.staff.get("/api/v1/audit", params={"object": "classifiers"}).json()["items"]
    assert [(r["action"], r["actor_kind"]) for r in rows][:2] == [("rollback", "user"), ("promote", "user")]


def test_for_administrators_alone(server):
    company = Company(server)
    sha256 = company.all()["mood.zyc"]["sha256"]
    for http in (client(server), client(server, make_key(server.data, "read,write"))):
        assert http.get("/api/v1/classifiers").status_code in (401, 403)
        assert http.post(f"/api/v1/classifiers/{sha256}/promote", json={}).status_code in (401, 403)
        assert http.post("/api/v1/classifiers/rollback", json={"task": "sentiment"}).status_code in (401, 403)
    assert company.staff.post(f"/api/v1/classifiers/{'0' * 64}/promote", json={}).status_code == 404
