"""Errors are told in the reader's language (Accept-Language), with the same codes, fields and positions; nothing else of an answer changes."""
import re
import uuid

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_store, until

HAN = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(make_store(tmp_path_factory.mktemp("errors") / "data", "--encoder", "none"), "--model", "none", "--encoder", "none").start()
    yield server
    assert server.stop() == 0 and server.crashes() == []


@pytest.fixture(scope="module")
def staff(server):
    http = client(server)
    assert http.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD}).status_code == 200
    return http


def both(http, method, path, **kwargs):
    """The same request read by two people."""
    headers = kwargs.pop("headers", {})
    return [http.request(method, path, headers={**headers, "Accept-Language": language}, **kwargs) for language in ("en", "zh-CN,zh;q=0.9,en;q=0.8")]


def same_but_for_words(en, zh):
    assert en.status_code == zh.status_code and en.headers["Content-Type"] == zh.headers["Content-Type"] == "application/problem+json"
    assert (en.headers["Content-Language"], zh.headers["Content-Language"]) == ("en", "zh")
    a, b = en.json(), zh.json()
    assert (a["code"], a["status"], a["type"], [e["path"] for e in a["errors"]]) == (b["code"], b["status"], b["type"], [e["path"] for e in b["errors"]])
    assert not HAN.search(a["title"]) and HAN.search(b["title"])
    for english, chinese in [(a["detail"], b["detail"]), *((x["message"], y["message"]) for x, y in zip(a["errors"], b["errors"]))]:
        assert HAN.search(chinese) and chinese != english, (english, chinese)


FAULTS = [
    ("POST", "/api/v1/contacts", {"json": {"email": "nobody", "surname": "x"}}, "不是可以设置的字段"),
    ("POST", "/api/v1/contacts", {"json": {"name": "A", "email": "nobody"}}, "不是邮箱地址"),
    ("POST", "/api/v1/deals", {"json": {"name": "x", "amount": "much"}}, "金额"),
    ("POST", "/api/v1/deals", {"json": {"name": "x", "company_id": str(uuid.uuid4())}}, "在公司中找不到"),
    ("POST", "/api/v1/contacts", {"content": b"{", "headers": {"Content-Type": "application/json"}}, "JSON 有误"),
    ("POST", "/api/v1/contacts", {"content": b"x", "headers": {"Content-Type": "text/plain"}}, "Content-Type"),
    ("GET", "/api/v1/contacts?filter=nmae=1", {}, "筛选条件第 1 个字符：没有字段“nmae”"),
    ("GET", "/api/v1/contacts?filter=name%20%3D%20(", {}, "筛选条件第 8 个字符"),
    ("GET", "/api/v1/deals?filter=expected_close_on>soon", {}, "不是日期"),
    ("GET", "/api/v1/contacts?order_by=nmae", {}, "order_by：没有字段“nmae”"),
    ("GET", "/api/v1/contacts?page_size=0", {}, "1 到 1000"),
    ("GET", "/api/v1/contacts?fields=nmae", {}, "fields：没有字段"),
    ("GET", f"/api/v1/contacts/{uuid.uuid4()}", {}, "没有这个联系人"),
    ("GET", "/api/v1/nothing", {}, "此地址没有内容"),
    ("DELETE", "/api/v1/search", {}, "Allow"),
    ("GET", f"/api/v1/conversations/{uuid.uuid4()}", {}, "没有这个会话"),
    ("POST", "/api/v1/session", {"json": {"email": ADMIN, "password": "wrong"}}, "邮箱或密码不正确"),
    ("POST", "/api/v1/users", {"json": {"name": "x"}}, "请发送 name 和 email"),
    ("POST", "/api/v1/imports?object=contacts&name=x.csv", {"content": b"name,name\na,b\n", "headers": {"Content-Type": "text/csv"}}, "列名“name”出现两次"),
    ("POST", "/api/v1/contacts/bulk", {"json": {"create": "x"}}, "delete"),
]


@pytest.mark.parametrize("method, path, kwargs, says", FAULTS, ids=[f"{f[0]} {f[1][:60]} {i}" for i, f in enumerate(FAULTS)])
def test_faults_in_two_languages(staff, method, path, kwargs, says):
    en, zh = both(staff, method, path, **kwargs)
    same_but_for_words(en, zh)
    assert says in zh.json()["detail"], zh.text


def test_a_member_of_another_type_is_not_taken_for_absent(staff, anonymous):
    me = staff.get("/api/v1/session").json()["user"]["id"]
    for path, body, told in [("/api/v1/conversations", {"contact": {"phone": 13812345678}}, "phone must be a string"),
                             ("/api/v1/conversations", {"contact": ["王芳"]}, "contact must be an object"),
                             (f"/api/v1/users/{me}/reset", {"totp": "yes"}, "totp must be true or false"),
                             (f"/api/v1/users/{me}/reset", {"totp": None}, "totp must be true or false"),
                             ("/api/v1/ask", {"question": "运费", "history": [1]}, "history 1: an object of strings is expected: role, text"),
                             ("/api/v1/ask", {"question": "运费", "history": "before"}, "history must be a list"),
                             ("/api/v1/classifiers/rollback", {"task": "intent", "shadow": 1}, "shadow must be true or false"),
                             ("/api/v1/classifiers/0/promote", {"force": "true"}, "force must be true or false")]:
        answer = (anonymous if path.endswith("conversations") else staff).post(path, json=body, headers={"Accept-Language": "en"})
        assert (answer.status_code, answer.json()["detail"]) == (400, told), path


def test_without_a_language_it_is_english(staff):
    answer = staff.get("/api/v1/nothing", headers={"Accept-Language": ""})
    assert answer.json()["title"] == "There is nothing at this address" and answer.headers["Content-Language"] == "en"


def test_who_may_not_is_told_in_chinese(server):
    with client(server) as nobody:
        same_but_for_words(*both(nobody, "GET", "/api/v1/contacts"))
        same_but_for_words(*both(nobody, "GET", "/api/v1/contacts", headers={"Authorization": "Bearer zyk_none"}))


def test_a_conflict_is_told_in_chinese(staff):
    made = staff.post("/api/v1/contacts", json={"name": "王芳"}).json()
    en, zh = both(staff, "PATCH", f"/api/v1/contacts/{made['id']}", json={"name": "x"}, headers={"If-Match": '"v7"'})
    same_but_for_words(en, zh)
    assert zh.status_code == 412 and '"v1"' in zh.json()["detail"] and '"v7"' in zh.json()["detail"]


def test_each_row_of_many_is_told_in_chinese(staff):
    en, zh = (answer.json()["items"] for answer in both(staff, "POST", "/api/v1/contacts/bulk", json={"create": [{"name": "A", "email": "b"}], "delete": [str(uuid.uuid4())]}))
    for a, b in zip(en, zh):
        assert (a["status"], a["code"]) == (b["status"], b["code"]) and HAN.search(b["detail"]) and not HAN.search(a["detail"])
    assert zh[0]["errors"][0]["path"] == "email" and HAN.search(zh[0]["errors"][0]["message"])


def test_faulty_rows_of_an_import_are_told_in_the_readers_language(staff):
    table = "name,email\n张伟,zhang@qimu.example\nLi,nobody\n".encode()
    shown = staff.post("/api/v1/imports?object=contacts&name=x.csv", content=table, headers={"Content-Type": "text/csv", "Accept-Language": "zh"}).json()
    assert "不是邮箱地址" in shown["rows"][1]["errors"][0]["message"]
    path = f"/api/v1/imports/{shown['import']['id']}"
    assert staff.post(path + "/start", json={}).status_code == 202
    until(lambda: staff.get(path).json()["state"] == "done", 60)
    en, zh = both(staff, "GET", path)
    assert "is no e-mail address" in en.json()["errors"][0]["message"] and "不是邮箱地址" in zh.json()["errors"][0]["message"]
    en, zh = both(staff, "GET", path + "/errors.csv")
    assert "is no e-mail address" in en.text and "不是邮箱地址" in zh.text


def test_every_route_refuses_in_chinese(staff):
    """Each with an id that is none and a body that is none: whatever the fault is, it has its Chinese."""
    paths = staff.get("/api/v1/openapi.json").json()["paths"]
    tried = 0
    for path, methods in paths.items():
        for method in methods:
            if method not in ("get", "post", "put", "patch", "delete") or path.startswith(("/v1/", "/openai/")) or path == "/api/v1/session" or "events" in path:
                continue
            body = {} if method in ("get", "delete") else {"json": {"surely no member": 1}}
            answer = staff.request(method, re.sub(r"\{\w+\}", str(uuid.uuid4()), path) + "?page_size=x&dry_run=x&from=x&to=x", headers={"Accept-Language": "zh"}, **body)
            if answer.status_code < 400 or answer.headers.get("Content-Type") != "application/problem+json":
                continue
            tried += 1
            said = answer.json()
            for text in (said["title"], said["detail"], *(e["message"] for e in said["errors"])):
                assert HAN.search(text), (method, path, text)
    assert tried > 100, tried
