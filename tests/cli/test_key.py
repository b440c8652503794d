"""`zhiyin key create|list|revoke`: keys for programs."""
import datetime
import json
import uuid

import pytest
from conftest import make_store, run


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("keys") / "data", "--encoder", "none")


def create(store, *args):
    return json.loads(run("key", "create", "--data", store, *args, "--json").stdout)


def listed(store):
    return {key["id"]: key for key in json.loads(run("key", "list", "--data", store, "--json").stdout)["keys"]}


def test_a_key_is_shown_once_and_not_stored(store):
    made = create(store, "--name", "website", "--scope", "read, chat")
    assert made["key"].startswith("zyk_") and len(made["key"]) > 40 and made["name"] == "website"
    plain = run("key", "create", "--data", store).stdout
    assert plain.startswith("zyk_") and plain.endswith("\n") and plain.strip() != made["key"]
    for path in store.iterdir():
        assert made["key"].encode() not in path.read_bytes(), path
    assert made["key"] not in run("key", "list", "--data", store).stdout + run("key", "list", "--data", store, "--json").stdout


@pytest.mark.parametrize("args, code", [
    (["--scope", ""], 2), (["--scope", "everything"], 2), (["--scope", "read,"], 2), (["--scope"], 2), (["stray"], 2),
    (["--name", ""], 3), (["--name", "x" * 201], 3), (["--expires", "soon"], 2), (["--expires", ""], 2), (["--expires", "d"], 2), (["--expires", "0d"], 2),
    (["--expires", "-1d"], 2), (["--expires", "1.5d"], 2), (["--expires", "2026-02-30"], 2), (["--expires", "2020-01-31"], 3), (["--per-minute", "-1"], 2),
])
def test_what_makes_no_key(store, args, code):
    done = run("key", "create", "--data", store, *args, check=False)
    assert done.returncode == code and done.stdout == "" and len(done.stderr.splitlines()) == 1


def test_no_store_no_key(tmp_path):
    for args in (["create"], ["list"], ["revoke", str(uuid.uuid4())]):
        done = run("key", *args, "--data", tmp_path / "none", check=False)
        assert done.returncode == 1 and "zhiyin init" in done.stderr


@pytest.mark.parametrize("when, expected", [
    ("90d", None), ("2099-01-31", "2099-02-01T00:00:00.000Z"), ("2099-01-31T12:00:00+08:00", "2099-01-31T04:00:00.000Z"),
])
def test_a_key_may_have_an_end(store, when, expected):
    made = create(store, "--expires", when, "--per-minute", 30)
    shown = listed(store)[made["id"]]
    assert shown["expires_at"] == made["expires_at"] and shown["state"] == "active" and shown["per_minute"] == 30 and shown["used_at"] is None
    if expected:
        assert made["expires_at"] == expected
    else:
        end, in_90_days = datetime.datetime.fromisoformat(made["expires_at"]), datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(90)
        assert abs(end - in_90_days) < datetime.timedelta(minutes=5)


def test_keys_are_revoked_all_or_none(store):
    one, two = create(store, "--name", "one"), create(store, "--name", "two", "--scope", "admin,chat")
    assert listed(store)[one["id"]]["expires_at"] is None and listed(store)[two["id"]]["scope"] == "admin,chat"
    done = run("key", "revoke", one["id"], str(uuid.uuid4()), "--data", store, check=False)
    assert done.returncode == 1 and "there is no key" in done.stderr and listed(store)[one["id"]]["state"] == "active"
    run("key", "revoke", one["id"], two["id"], "--data", store)
    assert all(listed(store)[key["id"]]["state"] == "revoked" and listed(store)[key["id"]]["revoked_at"] for key in (one, two))
    lines = run("key", "list", "--data", store).stdout.splitlines()
    assert len(lines) == len(listed(store)) and [line for line in lines if line.startswith(two["id"]) and "revoked" in line and line.endswith("two") and "used never" in line]
    assert json.loads(run("check", "--data", store, "--json").stdout)["ok"]
