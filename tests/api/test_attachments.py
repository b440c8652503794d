"""Files of records: what comes back can do nothing, and is there after a restore."""
import hashlib

import pytest

from conftest import Server, client, make_key, run

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def deal(api):
    return api.post("/api/v1/deals", json={"name": "with files"}).json()["id"]


def add(api, deal, name, body):
    return api.post("/api/v1/attachments", params={"object": "deals", "record_id": deal, "filename": name}, content=body)


def test_a_file_comes_back_as_it_was(api, anonymous, deal):
    answer = add(api, deal, "报价 offer.png", PNG)
    assert answer.status_code == 201, answer.text
    row = answer.json()
    assert (row["file_name"], row["content_type"], row["n_bytes"], row["sha256"]) == (
        "报价 offer.png", "image/png", len(PNG), hashlib.sha256(PNG).hexdigest())
    one = f"/api/v1/attachments/{row['id']}"
    back = api.get(one)
    assert back.content == PNG and back.headers["content-type"] == "image/png"
    assert back.headers["content-disposition"].startswith("attachment;") and "%E6%8A%A5" in back.headers["content-disposition"]
    assert back.headers["x-content-type-options"] == "nosniff" and "sandbox" in back.headers["content-security-policy"]
    assert api.get(one, params={"inline": "true"}).headers["content-disposition"].startswith("inline;")
    listed = api.get("/api/v1/attachments", params={"object": "deals", "record_id": deal}).json()["items"]
    assert [i["id"] for i in listed] == [row["id"]]
    assert anonymous.get(one).status_code == 401 and add(anonymous, deal, "a.txt", b"x").status_code == 401
    assert api.delete(one).status_code == 204 and api.get(one).status_code == 404


def test_pages_and_programs_are_downloads(api, deal):
    for name, body in (("a.html", b"<!doctype html><script>alert(1)</script>"), ("a.svg", b"<svg xmlns='x' onload='y'/>"), ("a.exe", b"MZ\x90\0")):
        row = add(api, deal, name, body).json()
        back = api.get(f"/api/v1/attachments/{row['id']}", params={"inline": "true"})
        assert back.headers["content-type"] == "application/octet-stream" and back.headers["content-disposition"].startswith("attachment;")


def test_what_is_refused(api, deal):
    assert add(api, deal, "", b"x").status_code == 400 and add(api, deal, "empty.txt", b"").status_code == 400
    assert add(api, "0197a000-0000-7000-8000-000000000000", "a.txt", b"x").status_code == 404
    assert api.post("/api/v1/attachments", params={"filename": "a"}, content=b"x").status_code == 400
    assert add(api, deal, "large.bin", b"\xff" * (25 * 1024 * 1024 + 1)).status_code == 413
    made = api.post("/api/v1/objects/deals/fields", json={"name": "contract", "type": "file", "label_en": "Contract"})
    assert made.status_code == 201, made.text
    assert api.patch(f"/api/v1/deals/{deal}", json={"custom": {"contract": deal}}).status_code == 422
    row = add(api, deal, "contract.txt", "合同".encode()).json()
    assert api.patch(f"/api/v1/deals/{deal}", json={"custom": {"contract": row["id"]}}).status_code == 200


def test_files_are_in_the_backup_and_missed_by_the_check(api, store, deal, tmp_path):
    row = add(api, deal, "keep.txt", b"keep me").json()
    run("backup", tmp_path / "b.db", "--data", store)
    run("restore", tmp_path / "b.db", "--data", tmp_path / "again")
    assert (tmp_path / "again" / "attachments" / row["sha256"]).read_bytes() == b"keep me"
    run("check", "--data", tmp_path / "again")
    server = Server(tmp_path / "again", "--model", "none", "--encoder", "none").start()
    with client(server, make_key(tmp_path / "again")) as other:
        assert other.get(f"/api/v1/attachments/{row['id']}").content == b"keep me"
    assert server.stop() == 0
    (tmp_path / "again" / "attachments" / row["sha256"]).write_bytes(b"kept me")
    failed = run("check", "--data", tmp_path / "again", check=False)
    assert failed.returncode != 0 and row["sha256"] in failed.stdout + failed.stderr
