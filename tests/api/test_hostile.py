"""Bad input of the public collections through the real server: no crash, no 5xx, the right verdict."""
import concurrent.futures
import csv
import json
import re
import socket
import tarfile

import pytest
from conftest import need_data, run


def core_pids(server):
    return sorted(server.children())


def post_raw(api, body):
    return api.post("/api/v1/contacts", content=body, headers={"Content-Type": "application/json"})


def test_json_test_suite(server, api):
    folder = need_data("security", "JSONTestSuite", "test_parsing")
    before, counts, wrong = core_pids(server), {"y": 0, "n": 0, "i": 0}, []
    for path in sorted(folder.glob("*.json")):
        body, kind = path.read_bytes(), path.name[0]
        answer = post_raw(api, body)
        refused = answer.status_code == 400 and answer.json()["detail"].startswith("JSON")
        if not body:
            refused = answer.status_code in (400, 422)  # no body at all
        counts[kind] += 1
        if answer.status_code >= 500 or (kind == "y" and refused) or (kind == "n" and not refused):
            wrong.append((path.name, answer.status_code, answer.text[:120]))
    assert not wrong and counts == {"y": 95, "n": 188, "i": 35}
    assert post_raw(api, b"[" * 100000).status_code == 400
    assert post_raw(api, b'{"custom":' * 50000).status_code in (400, 413)
    assert core_pids(server) == before


def naughty():
    return json.loads(need_data("security", "big-list-of-naughty-strings", "blns.json").read_text())


def test_naughty_strings_make_the_round_trip(server, api, store, tmp_path):
    before, ids = core_pids(server), {}
    for text in naughty():
        made = api.post("/api/v1/contacts", json={"name": text, "source": "naughty", "custom": {"note": text}})
        if len(text) > 200:  # longer than a name may be
            assert made.status_code == 422
            continue
        assert made.status_code == 201, (text, made.text)
        ids[made.json()["id"]] = text
        assert made.json()["custom"]["note"] == text.replace("\0", "\ufffd")
        assert (made.json()["name"] or "") == text.replace("\0", "\ufffd").strip(" \t\n\f\r")
        for path in ("/api/v1/contacts", "/api/v1/search"):
            found = api.get(path, params={"q": text or "x"})
            assert found.status_code == 200, (text, found.text)
        assert api.get("/api/v1/contacts", params={"source": text or "x"}).status_code == 200
    out = tmp_path / "contacts.csv"
    run("export", "contacts", "--data", store, "--format", "csv", "--out", out)
    with open(out, encoding="utf-8-sig", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    for id, text in ids.items():
        for cell in rows[id].values():
            assert not re.match(r"^\s*[=+\-@\t\r＝＋－＠]", cell), (text, cell)
    assert core_pids(server) == before


def test_naughty_strings_in_a_chat(server, anonymous):
    before = core_pids(server)
    made = anonymous.post("/api/v1/conversations", json={"language": "en"}).json()
    chat = f"/api/v1/conversations/{made['id']}"
    headers = {"Authorization": f"Bearer {made['token']}"}
    statuses = set()
    for i, text in enumerate(naughty()):
        if i % 15 == 0:  # a visitor may only say so much in a minute
            made = anonymous.post("/api/v1/conversations", json={"language": "en"})
            if made.status_code == 429:
                break
            chat = f"/api/v1/conversations/{made.json()['id']}"
            headers = {"Authorization": f"Bearer {made.json()['token']}"}
        said = anonymous.post(chat + "/messages?wait=true", json={"text": text}, headers=headers)
        statuses.add(said.status_code)
    assert statuses <= {201, 422}
    assert core_pids(server) == before


def send(server, raw, seconds=3):
    """What the server says to these bytes; b"" when it just closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as s:
        try:
            s.sendall(raw)
            s.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := s.recv(65536):
                answer += chunk
        except (ConnectionError, socket.timeout):
            pass
    return answer


def test_http_corpus(server, api):
    corpus = need_data("security", "h2o-http-corpus", "http1-corpus.tar.gz")
    before = core_pids(server)
    with tarfile.open(corpus) as tar:
        seeds = [(m.name, tar.extractfile(m).read()) for m in tar if m.isfile()]
    with concurrent.futures.ThreadPoolExecutor(64) as pool:  # most seeds are half a request: the server waits, we do not
        answers = list(pool.map(lambda seed: send(server, seed[1], 0.7), seeds))
    statuses = [(name, int(s)) for (name, _), answer in zip(seeds, answers) for s in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]
    assert len(seeds) > 1000 and not [s for s in statuses if s[1] >= 500 and s[1] not in (501, 505)]
    assert core_pids(server) == before
    assert api.get("/readyz").status_code == 200


AMBIGUOUS = [
    b"GET /healthz HTTP/1.1\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    b"POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\n{}",
    b"GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n",
    b"GET /heal\x00thz HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
    b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /api/v1/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
]


@pytest.mark.parametrize("raw", AMBIGUOUS)
def test_ambiguous_requests_are_refused(server, raw):
    answer = send(server, raw)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400"), answer[:200]
