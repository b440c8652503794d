"""zhiyin train retrieval: faults with their place, and a small training with the real weights where they are there."""
import json
import os
import pathlib

import pytest
from conftest import ROOT, run

FOLDER = ROOT / "models" / "retrieval" / "companies"
ENCODER = pathlib.Path(os.environ.get("ZHIYIN_MODELS", pathlib.Path.home() / ".cache" / "zhiyin" / "models")) / "e5-small-q4.bin"
needs_encoder = pytest.mark.skipif(not ENCODER.exists(), reason="needs the encoder's weights (./dev build fetches them)")


def train(*args, check=False):
    return run("train", *args, check=check, timeout=280)


def test_usage(tmp_path):
    assert train("nonsense", "--in", tmp_path, "--out", tmp_path / "a").returncode == 2
    assert train("retrieval", "--out", tmp_path / "a").returncode == 2


@needs_encoder
@pytest.mark.parametrize("line, place", [("{", ":2:"), ('{"kind":"faq","language":"zh"}', ":2:"), ('{"kind":"unanswerable","language":"zh","asked":[1]}', ":2:")])
def test_bad_input_names_its_place_and_writes_nothing(tmp_path, line, place):
    (tmp_path / "in.jsonl").write_text('{"kind":"unanswerable","language":"zh","near":"","asked":["问"]}\n' + line + "\n", encoding="utf-8")
    done = train("retrieval", "--in", tmp_path / "in.jsonl", "--out", tmp_path / "a.bin")
    assert done.returncode == 3 and f"in.jsonl{place}" in done.stderr and not (tmp_path / "a.bin").exists()


@needs_encoder
def test_same_seed_same_bits(tmp_path):
    rows = (FOLDER / "tea-and-snacks.jsonl").read_text(encoding="utf-8").splitlines()
    some = [r for i, r in enumerate(rows) if i % 8 == 0]
    (tmp_path / "in.jsonl").write_text("\n".join(some), encoding="utf-8")
    files = []
    for name in ("a", "b"):
        out = train("retrieval", "--in", tmp_path / "in.jsonl", "--out", tmp_path / name, "--first-layer", "10", "--rank", "4", "--epochs", "5",
                    "--steps", "2", check=True)
        assert json.loads(out.stdout)["steps"] == 2
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1] and files[0][:4] == b"ZYA1"
