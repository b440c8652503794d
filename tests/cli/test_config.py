"""`zhiyin config show`: file, environment and flag, the later wins, over every setting."""
import json

import pytest
from conftest import free_port, make_store, run, Server
import httpx


def shown(data, *args, env=None):
    done = run("config", "show", "--data", data, "--json", *args, env=env)
    return {setting["name"]: setting for setting in json.loads(done.stdout)["settings"]}


def test_the_later_of_file_environment_and_flag_wins(tmp_path):
    assert shown(tmp_path)["event_threads"]["origin"] == "default"
    (tmp_path / "zhiyin.conf").write_text("event_threads = 4\nsession_hours = 5\n")
    assert (shown(tmp_path)["event_threads"]["value"], shown(tmp_path)["event_threads"]["origin"]) == ("4", "file")
    both = shown(tmp_path, env={"ZHIYIN_EVENT_THREADS": "6"})
    assert (both["event_threads"]["value"], both["event_threads"]["origin"]) == ("6", "environment")
    assert (both["session_hours"]["value"], both["session_hours"]["origin"]) == ("5", "file")


def test_data_by_environment_and_flag(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "zhiyin.conf").write_text("event_threads = 11\n")
    (tmp_path / "b" / "zhiyin.conf").write_text("event_threads = 12\n")
    done = run("config", "show", "--json", env={"ZHIYIN_DATA": str(tmp_path / "a")})
    by_environment = {setting["name"]: setting for setting in json.loads(done.stdout)["settings"]}
    assert by_environment["data"]["origin"] == "environment" and by_environment["event_threads"]["value"] == "11"
    by_flag = shown(tmp_path / "b", env={"ZHIYIN_DATA": str(tmp_path / "a")})
    assert by_flag["data"]["origin"] == "flag" and by_flag["event_threads"]["value"] == "12"


def test_every_setting_has_its_environment_variable(tmp_path):
    samples = {"listen": "127.0.0.1:1", "database": "sqlite", "log_level": "debug", "no_worker": "yes", "llm_url": "http://127.0.0.1:1/v1",
               "public_url": "https://chat.example", "trusted_proxy": "10.0.0.0/8", "llm_key": "secret", "llm_insecure": "yes", "judge": "no", "webhook_allow_private": "yes", "data": str(tmp_path)}
    for name, setting in shown(tmp_path).items():
        value = samples.get(name) or (str(int(setting["default"]) + 1) if setting["default"].isdigit() else "/some/text")
        done = run("config", "show", "--json", env={f"ZHIYIN_{name.upper()}": value, **({"ZHIYIN_DATA": str(tmp_path)} if name != "data" else {})})
        found = {s["name"]: s for s in json.loads(done.stdout)["settings"]}[name]
        assert found["origin"] == "environment", name
        assert found["value"] == ("(set)" if name == "llm_key" else value), name


def test_a_flag_beats_the_environment_when_it_counts(tmp_path):
    """The server listens where the flag says, whatever file and environment say."""
    store = make_store(tmp_path / "data", "--encoder", "none")
    (store / "zhiyin.conf").write_text(f"listen = 127.0.0.1:{free_port()}\nencoder = none\n")
    server = Server(store, "--model", "none", "--no-worker", env={"ZHIYIN_LISTEN": f"127.0.0.1:{free_port()}"}).start()
    assert httpx.get(server.url + "/healthz").status_code == 200
    assert server.stop() == 0


@pytest.mark.parametrize("env, why", [
    ({"ZHIYIN_EVENT_THREADS": "many"}, "ZHIYIN_EVENT_THREADS in the environment: event_threads 'many': expected a whole number"),
    ({"ZHIYIN_LISTEN": "8787"}, "ZHIYIN_LISTEN"),
    ({"ZHIYIN_LOG_LEVEL": "loud"}, "ZHIYIN_LOG_LEVEL"),
])
def test_a_bad_environment_names_the_variable(tmp_path, env, why):
    done = run("config", "show", "--data", tmp_path, env=env, check=False)
    assert done.returncode in (2, 3) and why in done.stderr and len(done.stderr.splitlines()) == 1


def test_what_serve_would_refuse_is_said(tmp_path):
    done = run("config", "show", "--data", tmp_path, env={"ZHIYIN_LISTEN": "0.0.0.0:8787"})
    assert "without TLS" in done.stderr
    assert run("config", "show", "--data", tmp_path, "--quiet", env={"ZHIYIN_LISTEN": "0.0.0.0:8787"}).stderr == ""
