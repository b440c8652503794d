"""Fixtures of the suites that drive the real program: a store of one's own, a server on a free port, keys, a logged-in clerk.

ZHIYIN names the binary (default build/release/zhiyin). Everything is under pytest's tmp_path, listens on 127.0.0.1 only, and
is stopped by its own process id. When the binary is a sanitized one, what a sanitizer reports of any process, also of one
that nobody waits for, fails the test in which it came, or the last one of the run.
"""
import json
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import httpx
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("ZHIYIN", ROOT / "build" / "release" / "zhiyin"))
DATA = pathlib.Path(os.environ.get("ZHIYIN_EVAL_DATA", ROOT / ".." / "shared" / "data"))
PORTS = (20000, 32000)
ADMIN, PASSWORD = "admin@qimu.example", "correct horse battery"

# For all processes that the tests start; a binary without sanitizers does not look at it. gcc 12 does not align 64-byte
# vectors on the fake stack that detect_stack_use_after_return makes, so it stays off for the encoder's sake.
REPORTS = pathlib.Path(tempfile.mkdtemp(prefix="zhiyin-reports-"))
os.environ["ASAN_OPTIONS"] = f"log_path={REPORTS}/report:exitcode=99:detect_leaks=1:detect_stack_use_after_return=0"
os.environ["UBSAN_OPTIONS"] = f"log_path={REPORTS}/report:exitcode=99:print_stacktrace=1"
os.environ["TSAN_OPTIONS"] = f"log_path={REPORTS}/report:exitcode=99:suppressions={ROOT}/tests/tsan.supp"

# A sanitized binary notes there which statements it prepares (tests/postgres).
if "ZHIYIN_STATEMENTS" in os.environ:
    shutil.rmtree(os.environ["ZHIYIN_STATEMENTS"], ignore_errors=True)
    os.makedirs(os.environ["ZHIYIN_STATEMENTS"])


def pytest_unconfigure():
    shutil.rmtree(REPORTS, ignore_errors=True)


def take_reports():
    """What sanitizers have reported since the last call."""
    texts = []
    for path in sorted(REPORTS.iterdir()):
        texts.append(path.read_text(errors="replace"))
        path.unlink()
    return "\n".join(texts)


def expect_no_report():
    reports = take_reports()
    assert not reports, reports[:20000]


@pytest.fixture(scope="session", autouse=True)
def no_report_at_the_end():
    """Torn down after every server of the run."""
    yield
    expect_no_report()


@pytest.fixture(autouse=True)
def no_report():
    yield
    expect_no_report()


def run(*args, stdin=None, check=True, env=None, timeout=120):
    """Runs a command of the program; returns the finished process with text streams."""
    done = subprocess.run([BINARY, *map(str, args)], input=stdin, capture_output=True, text=True, timeout=timeout,
                          env={**os.environ, **(env or {})})
    if check and done.returncode != 0:
        raise AssertionError(f"zhiyin {' '.join(map(str, args))}: exit {done.returncode}\n{done.stderr}")
    return done


def free_port():
    """A port below those that the system hands to clients: such a one may be taken by a connection while a server restarts."""
    while True:
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", random.SystemRandom().randrange(*PORTS)))
                return s.getsockname()[1]
            except OSError:
                pass


class Server:
    """`zhiyin serve` on a data directory; start() returns when it serves. Messages are judged where env says so: learning takes a sanitized program
    long, and few tests are about it."""

    def __init__(self, data, *args, env=None):
        self.data, self.args, self.env = pathlib.Path(data), args, env
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        log = open(self.data.parent / f"{self.data.name}.log", "ab")
        self.process = subprocess.Popen([BINARY, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", *self.args],
                                        stdout=log, stderr=log, env={**os.environ, "ZHIYIN_JUDGE": "no", **(self.env or {})}, start_new_session=True)
        log.close()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if httpx.get(self.url + "/readyz", timeout=2, verify=False).status_code == 200:
                    return self
            except httpx.TransportError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"the server did not come up (exit {self.process.poll()}):\n" + self.log()[-3000:])

    def log(self):
        return (self.data.parent / f"{self.data.name}.log").read_text(errors="replace")

    def events(self):
        """The log's lines, as objects."""
        return [json.loads(line) for line in self.log().splitlines() if line.startswith('{"at"')]

    def crashes(self):
        """Processes that ended otherwise than by being asked to."""
        return [e for e in self.events() if e["event"] == "child_ended" and (e["code"] or e["signal"])]

    def children(self):
        """Pids of the whole tree but the supervisor."""
        found, queue = [], [self.process.pid]
        while queue:
            path = pathlib.Path(f"/proc/{queue.pop()}")
            for task in path.glob("task/*/children"):
                try:
                    pids = [int(p) for p in task.read_text().split()]
                except OSError:
                    continue
                found += pids
                queue += pids
        return found

    def kill(self):
        """kill -9 of every process, as a crash does; returns when all are gone, and the port with them."""
        self.process.send_signal(signal.SIGSTOP)  # it starts nothing that would not be killed
        os.waitpid(self.process.pid, os.WUNTRACED)
        watched = []
        for pid in self.children():
            try:
                watched.append(os.pidfd_open(pid))
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.kill()
        self.process.wait(10)
        for pidfd in watched:
            assert select.select([pidfd], [], [], 10)[0], "a killed process is still there"
            os.close(pidfd)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
        return self.process.returncode if self.process else None


def make_store(path, *args):
    run("init", "--data", path, "--admin", ADMIN, "--password-stdin", *args, stdin=PASSWORD + "\n")
    return path


def make_key(path, scope="all"):
    return json.loads(run("key", "create", "--data", path, "--name", "test", "--scope", scope, "--json").stdout)["key"]


def client(server, key=None, **kwargs):
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    # verify: these are http:, and reading the world's certificates takes 20 ms of processor a client
    return httpx.Client(base_url=server.url, headers=headers, timeout=30, verify=False, **kwargs)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("store") / "data")


@pytest.fixture(scope="module")
def server(store):
    server = Server(store, "--model", "none").start()
    yield server
    assert server.stop() == 0
    assert server.crashes() == []


@pytest.fixture(scope="module")
def key(store):
    return make_key(store)


@pytest.fixture
def api(server, key):
    with client(server, key) as c:
        yield c


@pytest.fixture
def anonymous(server):
    with client(server) as c:
        yield c


@pytest.fixture
def staff(server):
    with client(server) as c:
        answer = c.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        yield c


def until(condition, seconds=10.0):
    """What the condition answers once it holds: what is waited for happens in another process."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")


def need_model(pattern):
    models = pathlib.Path(os.environ.get("ZHIYIN_MODELS", pathlib.Path.home() / ".cache" / "zhiyin" / "models"))
    found = sorted(models.glob(pattern))
    if not found:
        pytest.skip(f"needs {pattern} in {models} (./dev build fetches it)")
    return found[0]


def need_encoder():
    """The path of the encoder's weights, or a skip that says so."""
    return need_model("e5-small*.bin")


def need_chat_model():
    """The path of the default chat model, or a skip that says so."""
    return need_model("gemma-3-270m-q4_k_m.gguf")


def need_data(*parts):
    """The path of a file of the data collection, or a skip that says so."""
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs {'/'.join(parts)} of the data collection (ZHIYIN_EVAL_DATA)")
    return path
