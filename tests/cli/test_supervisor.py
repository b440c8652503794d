"""The processes of `zhiyin serve`: started anew after a crash, stopped in order, dead with their supervisor."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import httpx
import pytest

from conftest import BINARY, Server, free_port, make_store, run, until


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def child(server, role):
    for pid in server.children():
        if command_line(pid)[:2] == [b"zhiyin", role.encode()]:
            return pid
    return None


def address_is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("supervised") / "data")


@pytest.fixture
def server(store):
    server = Server(store, "--model", "none").start()
    until(lambda: child(server, "worker"))
    yield server
    server.stop()
    (store.parent / "data.log").unlink()


def test_children_are_named_and_in_serves_session(server):
    core, worker = child(server, "core"), child(server, "worker")
    assert core and worker and core != worker
    for pid in (core, worker):
        assert os.getsid(pid) == os.getsid(server.process.pid)
        status = pathlib.Path(f"/proc/{pid}/status")
        until(lambda: "Name:\tzhiyin\n" in status.read_text())  # a child just begun has not named itself yet
        assert "NoNewPrivs:\t1\n" in status.read_text()


def test_a_killed_core_comes_back_and_no_connection_is_refused(server):
    core = child(server, "core")
    os.kill(core, signal.SIGKILL)
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=5):  # held by the supervisor meanwhile
        pass
    answer = until(lambda: ask(server))
    assert answer == 200 and time.monotonic() - began < 5
    assert until(lambda: child(server, "core")) != core
    ended = [event for event in server.events() if event["event"] == "child_ended"]
    assert [(event["role"], event["signal"]) for event in ended] == [("core", 9)]


def ask(server):
    try:
        return httpx.get(server.url + "/readyz", timeout=5).status_code
    except httpx.TransportError:
        return None


def test_a_killed_worker_leaves_core_untouched(server):
    core, worker = child(server, "core"), child(server, "worker")
    os.kill(worker, signal.SIGKILL)
    assert ask(server) == 200
    assert until(lambda: child(server, "worker") not in (None, worker))
    assert child(server, "core") == core


def test_waits_grow_while_a_child_keeps_dying(server):
    for _ in range(4):
        os.kill(until(lambda: child(server, "worker")), signal.SIGKILL)
        until(lambda: not child(server, "worker"))
    until(lambda: child(server, "worker"))
    log = [(event["at"], event["event"]) for event in server.events() if event.get("role") == "worker"]
    times = [millis(at) for at, _ in log]
    waits = [times[i + 1] - times[i] for i in range(len(log) - 1) if log[i][1] == "child_ended"]
    assert len(waits) == 4
    for wait, least in zip(waits, (100, 200, 400, 800)):
        assert least / 2 <= wait < least + 1000  # the log line may be late on a busy machine


def millis(at):
    clock, fraction = at[11:19], at[20:23]
    hours, minutes, seconds = map(int, clock.split(":"))
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int(fraction)


def test_kill_9_of_serve_takes_the_children_with_it(store):
    server = Server(store, "--model", "none").start()
    pids = [child(server, "core"), until(lambda: child(server, "worker"))]
    server.process.kill()
    server.process.wait(5)
    until(lambda: not any(alive(pid) for pid in pids), 2)
    assert until(lambda: address_is_free(server.port))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_in_order(store, number):
    (store.parent / "data.log").unlink(missing_ok=True)
    server = Server(store, "--model", "none").start()
    pids = [child(server, "core"), until(lambda: child(server, "worker"))]
    os.kill(server.process.pid, number)
    assert server.process.wait(20) == 0
    assert not any(alive(pid) for pid in pids)
    ended = [(event["role"], event["code"], event["signal"]) for event in server.events() if event["event"] == "child_ended"]
    assert ended == [("worker", 0, 0), ("core", 0, 0)]


def test_ctrl_c_in_a_terminal_reaches_all_and_still_stops_in_order(store):
    (store.parent / "data.log").unlink(missing_ok=True)
    server = Server(store, "--model", "none").start()
    until(lambda: child(server, "worker"))
    os.killpg(server.process.pid, signal.SIGINT)
    assert server.process.wait(20) == 0
    ended = [(event["role"], event["signal"]) for event in server.events() if event["event"] == "child_ended"]
    assert ended == [("worker", 0), ("core", 0)]


def serve(*args, timeout=20):
    return subprocess.run([BINARY, "serve", *map(str, args)], capture_output=True, text=True, timeout=timeout)


def test_a_taken_port_is_told_with_the_way_out(store):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = serve("--data", store, "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert done.returncode == 1 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and "taken" in done.stderr and "--listen HOST:PORT" in done.stderr


def test_an_address_of_another_machine_is_told(store):
    done = serve("--data", store, "--listen", "[::1]:0", "--trusted-proxy", "nonsense")
    assert done.returncode == 2 and "10.0.0.0/8" in done.stderr
    done = serve("--data", store, "--listen", "192.0.2.1:8787")
    assert done.returncode == 3 and "without TLS" in done.stderr


def test_a_store_that_is_not_there_ends_the_start(tmp_path):
    done = serve("--data", tmp_path / "none", "--listen", "127.0.0.1:0")
    assert done.returncode == 1 and "core could not start" in done.stderr


def test_without_a_worker(store):
    server = Server(store, "--model", "none", "--no-worker").start()
    try:
        assert child(server, "core") and not child(server, "worker")
    finally:
        assert server.stop() == 0


def test_core_is_not_started_by_hand(store):
    done = run("core", "--data", store, check=False)
    assert done.returncode == 2 and "zhiyin serve" in done.stderr


def test_a_worker_alone_stops_by_signal(store):
    worker = subprocess.Popen([BINARY, "worker", "--data", store], stderr=subprocess.DEVNULL)
    until(lambda: signal_is_caught(worker.pid, signal.SIGTERM))
    worker.terminate()
    assert worker.wait(15) == 0


def signal_is_caught(pid, number):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    return False


def test_the_line_that_says_where_to_go(store):
    port = free_port()
    serving = subprocess.Popen([BINARY, "serve", "--data", store, "--listen", f"127.0.0.1:{port}", "--json", "--model", "none"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert json.loads(serving.stdout.readline())["url"] == f"http://127.0.0.1:{port}"
    finally:
        serving.terminate()
        assert serving.wait(20) == 0
