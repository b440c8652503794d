"""The commands as a person meets them: overview, help pages, misspelt words, exit codes."""
import json

import pytest

from conftest import run


@pytest.fixture(scope="module")
def commands():
    return json.loads(run("help", "--json").stdout)["commands"]


def test_overview_is_grouped_and_complete(commands):
    text = run().stdout
    assert run("--help").stdout == text and run("help").stdout == text
    assert text.rstrip().splitlines()[-1].startswith("  zhiyin ")
    for command in commands:
        assert f"\n  {command['name']} " in text
        assert f"\n{command['group']}\n" in text


def test_there_are_the_commands_that_scripts_rely_on(commands):
    assert {"serve", "worker", "init", "key create", "kb add", "ask", "embed", "check", "backup", "restore", "export",
            "config show", "version"} <= {command["name"] for command in commands}


def test_every_page_begins_with_one_line_and_ends_with_an_example(commands):
    for command in commands:
        words = command["name"].split()
        lines = run(*words, "--help").stdout.rstrip("\n").splitlines()
        assert lines[0] and lines[0] == command["summary"][:len(lines[0])], command["name"]
        assert command["summary"].endswith("."), command["name"]
        assert lines[2].startswith(f"Usage: zhiyin {command['name']}"), command["name"]
        assert lines[-2] == "Example:" and lines[-1].strip() == command["example"], command["name"]
        assert f"zhiyin {command['name']}" in command["example"], command["name"]
        assert run("help", *words).stdout.splitlines() == lines
        assert max(map(len, lines)) <= 120, command["name"]


def test_every_option_is_explained(commands):
    for command in commands:
        names = [option["name"] for option in command["options"]]
        assert {"json", "quiet", "help"} <= set(names) and len(names) == len(set(names)), command["name"]
        assert all(option["help"] for option in command["options"]), command["name"]


def test_every_command_refuses_an_unknown_option(commands):
    for command in commands:
        done = run(*command["name"].split(), "--no-such-option", check=False)
        assert done.returncode == 2 and done.stdout == "", command["name"]
        assert len(done.stderr.splitlines()) == 1, command["name"]
        assert done.stderr.startswith(f"zhiyin {command['name']}: "), command["name"]


@pytest.mark.parametrize("words, answer", [
    (["sevre"], "did you mean 'serve'?"),
    (["kb", "ad"], "did you mean 'kb add'?"),
    (["config", "shwo"], "did you mean 'config show'?"),
    (["frobnicate"], "zhiyin help lists them"),
    (["serve", "--lisen", "x:1"], "did you mean --listen?"),
    (["serve", "--listen", "8787"], "expected HOST:PORT"),
    (["serve", "--event-threads", "0"], "from 2 to 64"),
    (["serve", "stray"], "takes no arguments"),
    (["config"], "config show"),
])
def test_wrong_usage_is_told_with_the_way_out(words, answer):
    done = run(*words, check=False)
    assert done.returncode == 2 and answer in done.stderr and done.stdout == ""


def test_config_show_names_the_origin_and_hides_secrets(tmp_path):
    (tmp_path / "zhiyin.conf").write_text("# ours\nevent_threads = 4\nllm_key = sk-canary\nllm_url = http://127.0.0.1:1/v1\nllm_model = m\n")
    (tmp_path / "zhiyin.conf").chmod(0o600)
    done = run("config", "show", "--data", tmp_path, "--json", env={"ZHIYIN_SESSION_HOURS": "8"})
    shown = {setting["name"]: setting for setting in json.loads(done.stdout)["settings"]}
    assert (shown["event_threads"]["value"], shown["event_threads"]["origin"]) == ("4", "file")
    assert (shown["session_hours"]["value"], shown["session_hours"]["origin"]) == ("8", "environment")
    assert (shown["data"]["value"], shown["data"]["origin"]) == (str(tmp_path), "flag")
    assert shown["log_level"]["origin"] == "default"
    assert shown["llm_key"]["value"] == "(set)"
    assert "canary" not in done.stdout + run("config", "show", "--data", tmp_path).stdout


@pytest.mark.parametrize("text, answer", [
    ("listn = 127.0.0.1:1\n", "zhiyin.conf:1: there is no setting 'listn', did you mean 'listen'?"),
    ("\nevent_threads = many\n", "zhiyin.conf:2: event_threads 'many': expected a whole number from 2 to 64"),
    ("listen\n", "zhiyin.conf:1: expected 'name = value'"),
])
def test_a_bad_file_is_bad_data(tmp_path, text, answer):
    (tmp_path / "zhiyin.conf").write_text(text)
    done = run("config", "show", "--data", tmp_path, check=False)
    assert done.returncode == 3 and answer in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_result_that_cannot_be_written_is_a_failure():
    import subprocess
    from conftest import BINARY
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BINARY, "version"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "could not be written" in done.stderr


def test_arguments_are_bytes_in_any_locale(tmp_path):
    done = run("config", "show", "--data", tmp_path / "数据", env={"LC_ALL": "C"})
    assert "数据" in done.stdout
