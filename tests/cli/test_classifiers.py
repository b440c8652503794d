"""Trained classifiers in the register: added by version, promoted, rolled back, in shadow, refused; and killed in the middle of it."""
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest
from conftest import BINARY, make_store, run

GOOD = ["非常满意", "很好用，谢谢", "质量不错", "太棒了", "service was great", "I love it", "works very well", "推荐给大家"]
BAD = ["太差了", "很失望", "质量很差，要退款", "气死我了", "this is terrible", "I am very angry", "broken again", "再也不买了"]
SO_SO = ["几点开门", "订单到哪里了", "怎么开发票", "有货吗", "where is my order", "what is the price", "do you ship abroad", "请问尺寸"]


def write_rows(path, labels, shuffled=False, n=12):
    rows = [(f"{text} {i}", label) for texts, label in zip((GOOD, BAD, SO_SO), labels) for i in range(n) for text in texts]
    if shuffled:
        mixed = [label for _, label in rows]
        random.Random(3).shuffle(mixed)
        rows = [(text, label) for (text, _), label in zip(rows, mixed)]
    path.write_text("\n".join(json.dumps({"text": t, "label": y}, ensure_ascii=False) for t, y in rows if y), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Trained once: a good one and another, a bad one, one with Chinese labels, and ones that no server can use."""
    folder = tmp_path_factory.mktemp("classifiers")
    moods = ("positive", "negative", "neutral")
    valid = write_rows(folder / "valid.jsonl", moods, n=6)
    made = {}
    for name, task, labels, shuffled, options in (
            ("good", "sentiment", moods, False, ()), ("other", "sentiment", moods, False, ("--seed", 2)), ("bad", "sentiment", moods, True, ()),
            ("chinese", "sentiment", ("好评", "差评", "中性"), False, ()), ("stars", "sentiment", ("5", "1", "3"), False, ()),
            ("one", "sentiment", ("positive", "好评", "pos"), False, ()), ("intents", "intent", ("praise", "grievance", "oos"), False, ("--oos",))):
        rows = write_rows(folder / f"{name}.jsonl", labels, shuffled)
        measured = ("--valid", valid) if labels == moods else ()
        run("train", task, "--in", rows, "--out", folder / f"{name}.zyc", "--views", "grams", *measured, *options)
        made[name] = folder / f"{name}.zyc"
    return made


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path / "data", "--encoder", "none")


def model(store, *args, check=True):
    done = run("model", *args, "--data", store, "--json", check=check)
    return json.loads(done.stdout) if check else done


def states(store):
    return {(m["task"], m["version"]): m["state"] for m in model(store, "list")["models"]}


def test_versions_are_kept_whole(store, files, tmp_path):
    own = tmp_path / "mood.zyc"
    shutil.copy(files["good"], own)
    first = model(store, "add", own)
    shutil.copy(files["other"], own)  # the next training wrote over the file
    second = model(store, "add", own)
    assert (first["version"], second["version"], first["kind"], first["state"]) == (1, 2, "classifier", "kept")
    assert model(store, "add", own) == second  # again is no error
    assert [m["sha256"] for m in model(store, "list")["models"]] == [second["sha256"], first["sha256"]]
    card = first["card"]
    assert card["task"] == "sentiment" and card["labels"] == ["negative", "neutral", "positive"] and card["seed"] == 1 and len(card["data_sha256"]) == 64
    assert card["metrics"]["n"] == 144 and len(card["metrics"]["ci95"]["accuracy"]) == 2 and 0 <= card["metrics"]["ece"] <= 1
    assert card["held_out"]["n"] == card["rows"] and card["held_out"]["accuracy"] > .9
    assert "worst" not in json.dumps(card) and "满意" not in json.dumps(card, ensure_ascii=False)  # no words of customers
    assert model(store, "show", "mood.zyc") == second and model(store, "show", "sentiment@1") == first == model(store, "show", first["sha256"][:8])
    text = run("model", "show", "sentiment@1", "--data", store).stdout
    assert all(part in text for part in ("version 1", "positive", "144 rows", "seed 1", card["data_sha256"], "95 %"))
    assert model(store, "verify")["damaged"] == 0


def test_promoted_and_back(store, files):
    for name in ("good", "other", "intents"):
        model(store, "add", files[name])
    assert model(store, "promote", "good.zyc")["state"] == "in_use"
    assert model(store, "promote", "good.zyc")["state"] == "in_use"  # again is no error, and no second step
    assert model(store, "promote", "sentiment@2")["state"] == "in_use"
    assert model(store, "promote", "intents.zyc")["state"] == "in_use"
    assert states(store) == {("sentiment", 1): "kept", ("sentiment", 2): "in_use", ("intent", 1): "in_use"}
    assert model(store, "rollback", "sentiment")["version"] == 1
    assert model(store, "rollback", "sentiment") == {"task": "sentiment", "sha256": None}
    done = model(store, "rollback", "sentiment", check=False)
    assert done.returncode == 1 and "nothing before" in done.stderr
    assert states(store)[("intent", 1)] == "in_use"
    with sqlite3.connect(store / "zhiyin.db") as db:
        acts = [row[0] for row in db.execute("SELECT action FROM audit WHERE object = 'classifiers' ORDER BY seq")]
        who = {row[0] for row in db.execute("SELECT actor_kind FROM audit WHERE object = 'classifiers'")}
    assert acts == ["add"] * 3 + ["promote"] * 3 + ["rollback"] * 2 and who == {"system"}
    assert model(store, "rollback", "weather", check=False).returncode == 2
    assert json.loads(run("check", "--data", store, "--json").stdout)["faults"] == []


def test_a_shadow_is_one_and_leaves_when_it_comes_into_use(store, files):
    for name in ("good", "other"):
        model(store, "add", files[name])
    assert model(store, "promote", "good.zyc", "--shadow")["state"] == "shadow"
    assert model(store, "promote", "other.zyc", "--shadow")["state"] == "shadow"
    assert set(states(store).values()) == {"kept", "shadow"}
    assert model(store, "promote", "other.zyc")["state"] == "in_use"
    assert set(states(store).values()) == {"kept", "in_use"}
    assert "in use" in model(store, "promote", "other.zyc", "--shadow", check=False).stderr
    model(store, "promote", "good.zyc")
    model(store, "promote", "other.zyc", "--shadow")
    assert model(store, "rollback", "sentiment")["name"] == "other.zyc"
    assert states(store) == {("sentiment", 1): "kept", ("sentiment", 2): "in_use"}
    model(store, "promote", "good.zyc", "--shadow")
    model(store, "rollback", "sentiment", "--shadow")
    assert "shadow" not in states(store).values()


@pytest.mark.parametrize("name, words", [("stars", "'1' is no mood"), ("one", "mean the same")])
def test_labels_that_are_no_moods_are_refused(store, files, name, words):
    model(store, "add", files[name])
    for option in ((), ("--shadow",), ("--force",)):
        done = model(store, "promote", f"{name}.zyc", *option, check=False)
        assert done.returncode == 3 and words in done.stderr and len(done.stderr.splitlines()) == 1
    assert states(store) == {("sentiment", 1): "kept"}


def test_a_tagger_of_names_is_refused_as_such(store, tmp_path):
    row = {"text": "张三在北京", "entities": [[0, 2, "PER"], [3, 5, "LOC"]]}
    (tmp_path / "names.jsonl").write_text(json.dumps(row) + "\n")
    run("train", "ner", "--in", tmp_path / "names.jsonl", "--out", tmp_path / "names.zyn", "--views", "grams")
    done = model(store, "add", tmp_path / "names.zyn", check=False)
    assert done.returncode == 3 and "trained for ner" in done.stderr


def test_moods_under_other_names(store, files):
    model(store, "add", files["chinese"])
    assert model(store, "promote", "chinese.zyc")["state"] == "in_use"


def test_what_is_measurably_worse_is_refused_unless_forced(store, files):
    for name in ("good", "bad"):
        model(store, "add", files[name])
    model(store, "promote", "good.zyc")
    done = model(store, "promote", "bad.zyc", check=False)
    assert done.returncode == 1 and "significantly below" in done.stderr and "force" in done.stderr
    assert states(store)[("sentiment", 1)] == "in_use"
    assert model(store, "promote", "bad.zyc", "--shadow")["state"] == "shadow"
    assert model(store, "promote", "bad.zyc", "--force")["state"] == "in_use"
    assert model(store, "promote", "good.zyc")["state"] == "in_use"  # better is no question


def test_a_damaged_one_is_told_and_refused(store, files, tmp_path):
    model(store, "add", files["good"])
    with sqlite3.connect(store / "zhiyin.db") as db:
        data = bytearray(db.execute("SELECT file FROM classifiers").fetchone()[0])
        data[-100] ^= 1
        db.execute("UPDATE classifiers SET file = ?", (bytes(data),))
    done = model(store, "promote", "good.zyc", check=False)
    assert done.returncode == 1 and "not what was registered" in done.stderr
    done = model(store, "verify", check=False)
    assert done.returncode == 1 and json.loads(done.stdout)["damaged"] == 1
    assert run("check", "--data", store, check=False).returncode == 1
    for cut, code in ((-1, 1), (200, 1), (4, 3)):
        (tmp_path / "cut.zyc").write_bytes(files["good"].read_bytes()[:cut])
        done = model(store, "add", tmp_path / "cut.zyc", check=False)
        assert done.returncode == code and "cut.zyc" in done.stderr and len(done.stderr.splitlines()) == 1
    assert len(model(store, "list")["models"]) == 1


def test_one_that_needs_the_encoder_is_not_promoted_without(store, files, tmp_path):
    """The card of a file of two views, under a right hash."""
    import hashlib
    import struct
    data = files["good"].read_bytes()
    n = struct.unpack("<I", data[4:8])[0]
    card = json.loads(data[8:8 + n])
    card["views"], card["scale"], card["hidden"] = ["grams", "vectors"], [*card["scale"], 1.0], 0
    text = json.dumps(card, ensure_ascii=False).encode()
    head = struct.pack("<768f", *([0.0] * 384 + [1.0] * 384)) + struct.pack(f"<{385 * 3}f", *([0.0] * 385 * 3))
    body = b"ZYC1" + struct.pack("<I", len(text)) + text + data[8 + n:-32] + head
    (tmp_path / "two.zyc").write_bytes(body + hashlib.sha256(body).digest())
    model(store, "add", tmp_path / "two.zyc")
    done = model(store, "promote", "two.zyc", "--encoder", "none", check=False)
    assert done.returncode == 1 and "encoder" in done.stderr


def test_a_backup_holds_them(store, files, tmp_path):
    model(store, "add", files["good"])
    model(store, "promote", "good.zyc")
    run("backup", tmp_path / "copy", "--data", store)
    run("restore", tmp_path / "copy", "--data", tmp_path / "again")
    assert model(tmp_path / "again", "list") == model(store, "list") and model(tmp_path / "again", "verify")["damaged"] == 0


def test_killed_while_promoting_leaves_the_old_or_the_new_one(store, files):
    for name in ("good", "other"):
        model(store, "add", files[name])
    model(store, "promote", "sentiment@1")
    started = time.monotonic()
    model(store, "promote", "sentiment@2")
    whole, seen = time.monotonic() - started, set()
    for i in range(12):
        target = "sentiment@1" if states(store)[("sentiment", 2)] == "in_use" else "sentiment@2"
        with subprocess.Popen([BINARY, "model", "promote", target, "--data", store], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
            time.sleep(whole * i / 8)  # from at once to when it is done
            killed.send_signal(signal.SIGKILL)
        now = states(store)
        assert sorted(now.values()) == ["in_use", "kept"], f"kill {i}"
        seen.add(now[("sentiment", 1)])
    assert seen == {"in_use", "kept"}
    assert json.loads(run("check", "--data", store, "--json").stdout)["faults"] == []
