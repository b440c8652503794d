"""The console before anything is there, of what is no longer there, and without a line: every state is drawn, by every rule of axe."""
import pytest
from conftest import ADMIN, PASSWORD, Server, make_store
from stage import play

STATES = {"empty inbox", "empty nav.knowledge", "empty nav.contacts", "gone contacts", "gone knowledge", "gone inbox/all", "no such page", "offline"}


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    server = Server(make_store(tmp_path_factory.mktemp("empty") / "data", "--encoder", "none"), "--encoder", "none").start()
    yield server
    server.stop()


def test_every_state_is_drawn(company):
    end = play("empty.mjs", company.url, ADMIN, wishes={"password": lambda: PASSWORD})
    assert set(end["looked"]) == {f"{state} {mode}" for state in STATES for mode in ("light", "dark")}
