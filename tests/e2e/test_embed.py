"""The widget on "any page": a page of another origin, under a strict policy of its own, loads the loader and chats.

Three origins: the server, the shop (localhost), a stranger (127.0.0.1, another port). Policy: the shop allows scripts and frames of
the server and nothing else, not even styles or text as markup; a violation fails the story. Messages from the stranger must move nothing.
"""
import httpx
import pytest
from conftest import Server, client, make_key, make_store
from pages import site
from stage import play

LOADER_MAX_BYTES = 10_000
SHOP = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A shop</title></head>
<body><main><h1>A shop</h1><p>Its own page, its own policy.</p></main><script src="{server}/widget/loader.js" async></script></body></html>"""
FORGER = """<!doctype html><html lang="en"><title>A stranger</title><script>
window.addEventListener('message', (event) => {
  if (!event.data.forge) return;
  window.opener.postMessage(event.data.forge, '*');
  window.opener.postMessage({ echo: 'end' }, '*');
});
</script></html>"""
THIEF = """<!doctype html><html lang="en"><title>A stranger</title><body><script>
window.got = [];
window.addEventListener('message', (event) => window.got.push(event.data));
const frame = document.createElement('iframe');
frame.src = new URLSearchParams(location.search).get('frame');
document.body.append(frame);
</script></body></html>"""


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    # Words are enough here: the questions are those of the knowledge.
    server = Server(make_store(tmp_path_factory.mktemp("embed") / "data", "--demo", "--encoder", "none"), "--encoder", "none").start()
    yield server
    server.stop()


def person_writes(server):
    with client(server, make_key(server.data)) as api:
        newest = api.get("/api/v1/conversations", params={"state": "open", "owner": "bot"}).json()["items"][0]
        assert newest["page_url"].startswith("http://localhost:"), "the conversation knows on which page it began"
        assert api.post(f"/api/v1/conversations/{newest['id']}/messages", json={"text": "A person here."}).status_code in (200, 201, 202)


def test_the_widget_lives_on_any_page(company):
    strict = f"default-src 'none'; script-src {company.url}; frame-src {company.url}; base-uri 'none'; form-action 'none'; " \
        "require-trusted-types-for 'script'; trusted-types 'none'"
    with site({"/": SHOP.format(server=company.url)}, strict) as shop, site({"/forger.html": FORGER, "/thief.html": THIEF}) as stranger:
        end = play("embed.mjs", company.url, f"http://localhost:{shop}/", f"http://127.0.0.1:{stranger}",
                   wishes={"person writes": lambda: person_writes(company)})
    assert set(end["looked"]) == {"embedding page light", "embedding page dark"}


def test_the_loader_is_small_and_may_be_framed_by_anybody(company):
    loader = httpx.get(company.url + "/widget/loader.js", headers={"Accept-Encoding": "identity"})
    assert loader.status_code == 200 and "content-encoding" not in loader.headers
    assert 500 < len(loader.content) < LOADER_MAX_BYTES
    assert "javascript" in loader.headers["content-type"] and loader.headers["cross-origin-resource-policy"] == "cross-origin"
    frame = httpx.get(company.url + "/widget/")
    assert "frame-ancestors *" in frame.headers["content-security-policy"] and "x-frame-options" not in frame.headers
    for page in ("/console/", "/demo/"):
        assert "frame-ancestors 'none'" in httpx.get(company.url + page).headers["content-security-policy"]


@pytest.mark.parametrize("page", ["/console/", "/widget/", "/demo/"])
def test_no_page_may_turn_text_into_script(company, page):
    policy = {each.split()[0]: each.split()[1:] for each in httpx.get(company.url + page).headers["content-security-policy"].split(";")}
    assert policy["default-src"] == ["'none'"] and policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["require-trusted-types-for"] == ["'script'"] and policy["trusted-types"] == ["'none'"]
