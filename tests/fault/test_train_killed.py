"""Fine-tuning that is killed goes on where it was: the file is the same, byte for byte, as without the kill."""
import json
import signal
import subprocess

import pytest
from conftest import BINARY, ROOT, need_encoder, run, until


@pytest.fixture(autouse=True)
def encoder():
    need_encoder()


def rows(path):
    lines = (ROOT / "models" / "messages" / "zh.jsonl").read_text(encoding="utf-8").splitlines()
    some = [json.loads(line) for line in lines[::40]][:40]
    path.write_text("\n".join(json.dumps({"text": r["text"], "label": r["mood"]}, ensure_ascii=False) for r in some), encoding="utf-8")
    return path


def epoch_of(path):
    return int.from_bytes(path.read_bytes()[:4], "little")


def test_killed_and_gone_on(tmp_path):
    command = ("train", "sentiment", "--in", rows(tmp_path / "in.jsonl"), "--views", "tuned", "--minutes", "20")
    run(*command, "--out", tmp_path / "whole.zyc", timeout=400)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "whole.zyc"]  # no state is left behind
    out, last = tmp_path / "killed.zyc", 0
    for wanted in (2, 6):  # killed, and killed again after it went on
        seen = []

        def far_enough():
            seen.extend(epoch_of(p) for p in tmp_path.glob("killed.zyc.tuning-????????????????"))
            return bool(seen) and seen[-1] >= wanted or training.poll() is not None

        with subprocess.Popen([BINARY, *map(str, command), "--out", out], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as training:
            until(far_enough, 300)
            assert training.poll() is None
            training.send_signal(signal.SIGKILL)
        assert not out.exists() and min(seen) >= last  # it did not begin anew
        last = seen[-1]
    (state,) = tmp_path.glob("killed.zyc.tuning-????????????????")
    kept = state.read_bytes()
    run(*command, "--out", out, timeout=400)
    assert out.read_bytes() == (tmp_path / "whole.zyc").read_bytes() and not state.exists()
    out.unlink()
    state.write_bytes(kept[:-1])  # torn: not believed
    run(*command, "--out", out, timeout=400)
    assert out.read_bytes() == (tmp_path / "whole.zyc").read_bytes()
