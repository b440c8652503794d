"""The classifiers on the model page in the real browser: promoted, a worse one refused, in shadow, all the same, and back."""
import json
import os
import random

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_store, run
from stage import play

WORDS = {"positive": "哇咔哇咔", "negative": "呜噜呜噜", "neutral": "嗯哼嗯哼"}
SURFACES = {"worse", "classifiers", "classifiers phone"}


def train(folder, name, labels):
    rows = [(f"{word}{i}", label) for i in range(30) for word, label in zip(WORDS.values(), labels(i))]
    text = "\n".join(json.dumps({"text": t, "label": y}, ensure_ascii=False) for t, y in rows)
    (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    run("train", "sentiment", "--in", folder / f"{name}.jsonl", "--out", folder / f"{name}.zyc", "--views", "grams")
    return folder / f"{name}.zyc"


@pytest.fixture
def company(tmp_path):
    store = make_store(tmp_path / "data", "--demo", "--encoder", "none")
    chance = random.Random(5)
    for path in (train(tmp_path, "good", lambda i: list(WORDS)), train(tmp_path, "bad", lambda i: chance.sample(list(WORDS), 3))):
        run("model", "add", path, "--data", store)
    server = Server(store, "--model", "none", "--encoder", "none", env={"ZHIYIN_JUDGE": "yes"}).start()
    yield server
    server.stop()


def say(server):
    with client(server) as http:
        made = http.post("/api/v1/conversations", json={"language": "zh"}).json()
        http.post(f"/api/v1/conversations/{made['id']}/messages", json={"text": WORDS["positive"]}, headers={"Authorization": f"Bearer {made['token']}"})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_classifiers(company, language):
    if folder := os.environ.get("ZHIYIN_SCREENSHOTS"):
        os.makedirs(folder, exist_ok=True)
    end = play("classifiers.mjs", company.url, language, ADMIN, wishes={"password": lambda: PASSWORD, "said": lambda: say(company)})
    assert set(end["looked"]) == {f"{surface} {mode}" for surface in SURFACES for mode in ("light", "dark")}
    assert json.loads(run("check", "--data", company.data, "--json").stdout)["faults"] == []
