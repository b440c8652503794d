"""The watch of the browser stories is watched: an uncaught error, a breach of a policy, a refused load and a picture without words are told."""
import pytest
from pages import site
from stage import play

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Faults</title></head><body><main><h1>Faults</h1>
<p style="color: #ccc">Inline style.</p><img src="/missing.png"><script src="/late.js"></script></main></body></html>"""


def test_faults_are_told():
    policy = "default-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"
    late = "setTimeout(() => { throw new Error('nobody caught this'); }, 0); setTimeout(() => { document.body.innerHTML = '<p>text as markup'; }, 0)"
    with site({"/": PAGE, "/late.js": late}, policy) as port:
        with pytest.raises(AssertionError) as told:
            play("watch.mjs", f"http://127.0.0.1:{port}/")
    for fault in ("uncaught: Error: nobody caught this", "policy violation: style-src-attr", "policy violation: require-trusted-types-for", "404", "axe, faulty page, light: image-alt",
                  "axe, faulty page, dark: image-alt"):
        assert fault in str(told.value), told.value
