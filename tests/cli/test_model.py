"""`zhiyin model add|list|show|verify`: the register of files that an installation trusts."""
import hashlib
import json

import pytest
from conftest import make_store, run


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path / "data", "--encoder", "none")


def model(store, *args, **kwargs):
    return run("model", *args, "--data", store, "--json", **kwargs)


def listed(store):
    return json.loads(model(store, "list").stdout)


def test_a_model_is_registered_by_its_hash(store, tmp_path):
    assert listed(store) == {"models": [], "damaged": 0}
    plain = run("model", "list", "--data", store)
    assert plain.stdout == "" and "no model is registered" in plain.stderr
    path = tmp_path / "small.gguf"
    path.write_bytes(b"GGUF" + bytes(range(256)) * 10)
    entry = {"name": "small.gguf", "kind": "chat", "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": 2564,
             "licence": "Apache-2.0", "licence_accepted": False, "path": str(path)}
    assert json.loads(model(store, "add", path, "--licence", "Apache-2.0").stdout) == entry
    assert listed(store) == {"models": [entry], "damaged": 0}
    model(store, "add", path, "--licence", "Apache-2.0")
    assert listed(store)["models"] == [entry]
    assert json.loads(model(store, "verify").stdout) == {"models": [entry], "damaged": 0}
    assert "small.gguf" in run("model", "list", "--data", store).stdout


def test_one_is_shown_by_name_or_hash(store, tmp_path):
    for folder, content in (("a", b"1"), ("b", b"2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.gguf").write_bytes(b"GGUF" + content * 100)
        model(store, "add", tmp_path / folder / "same.gguf", "--licence", "Apache-2.0")
    first, second = listed(store)["models"]
    assert json.loads(model(store, "show", first["sha256"][:8]).stdout) == first
    assert json.loads(model(store, "show", second["sha256"]).stdout) == second
    shown = run("model", "show", first["sha256"], "--data", store).stdout
    assert all(part in shown for part in ("same.gguf", "chat", "Apache-2.0", first["sha256"], first["path"]))
    for name, words in (("same.gguf", "several"), ("other.gguf", "other.gguf"), (first["sha256"][:7], first["sha256"][:7]), ("", "''")):
        done = model(store, "show", name, check=False)
        assert done.returncode != 0 and done.stdout == "" and words in done.stderr, name
    (tmp_path / "own.gguf").write_bytes(b"GGUF" + b"3" * 100)
    model(store, "add", tmp_path / "own.gguf")
    assert json.loads(model(store, "show", "own.gguf").stdout)["path"] == str(tmp_path / "own.gguf")
    (tmp_path / "own.gguf").unlink()
    assert "not there" in run("model", "show", "own.gguf", "--data", store).stdout


def test_a_changed_or_missing_file_is_told(store, tmp_path):
    for name, magic in (("a.gguf", b"GGUF"), ("b.bin", b"E5S1")):
        (tmp_path / name).write_bytes(magic + b"x" * 100)
        model(store, "add", tmp_path / name)
    (tmp_path / "a.gguf").write_bytes(b"GGUF" + b"y" * 100)
    done = model(store, "verify", check=False)
    assert done.returncode == 1 and json.loads(done.stdout)["damaged"] == 1 and "a.gguf" in done.stderr and "b.bin" not in done.stderr
    assert any("a.gguf" in fault for fault in json.loads(run("check", "--data", store, "--json", check=False).stdout)["faults"])
    (tmp_path / "b.bin").unlink()
    assert json.loads(model(store, "verify", check=False).stdout)["damaged"] == 2
    model(store, "add", tmp_path / "a.gguf")  # the new content takes the place of the old
    assert len(listed(store)["models"]) == 2


@pytest.mark.parametrize("data, code", [(b"", 3), (b"GG", 3), (b"#!/bin/sh\n", 3), (None, 1)])
def test_what_is_no_model(store, tmp_path, data, code):
    if data is not None:
        (tmp_path / "x.gguf").write_bytes(data)
    done = model(store, "add", tmp_path / "x.gguf", check=False)
    assert done.returncode == code and "x.gguf" in done.stderr and done.stdout == "" and len(done.stderr.splitlines()) == 1
    assert listed(store)["models"] == []


def test_a_folder_is_no_model(store, tmp_path):
    assert model(store, "add", tmp_path, check=False).returncode == 3


def test_wrong_usage_and_no_store(store, tmp_path):
    assert model(store, "add", check=False).returncode == 2
    assert model(store, "list", "x", check=False).returncode == 2
    for command in ("list", "verify"):
        assert model(tmp_path / "none", command, check=False).returncode == 1
