"""`zhiyin embed`: texts to vectors in NumPy's format."""
import ast
import gzip
import json
import math
import struct

import pytest
from conftest import need_encoder, run

TEXTS = ["退货", "How do I return this?", "怎么退货？", ""]


@pytest.fixture(scope="module")
def weights():
    return need_encoder()


def rows(data):
    assert data[:8] == b"\x93NUMPY\x01\x00"
    n_header = struct.unpack("<H", data[8:10])[0]
    assert (10 + n_header) % 64 == 0 and data[10 + n_header - 1:10 + n_header] == b"\n"
    header = ast.literal_eval(data[10:10 + n_header].decode())
    n, width = header["shape"]
    assert header["descr"] == "<f4" and header["fortran_order"] is False and len(data) == 10 + n_header + 4 * n * width
    numbers = struct.unpack(f"<{n * width}f", data[10 + n_header:])
    return [numbers[i * width:(i + 1) * width] for i in range(n)]


def embed(weights, source, out, *args, **kwargs):
    return run("embed", "--in", source, "--out", out, "--encoder", weights, *args, **kwargs)


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b))


def test_forms_agree(weights, tmp_path):
    (tmp_path / "t.txt").write_text("\n".join(TEXTS) + "\n")
    (tmp_path / "t.csv").write_text("id,text\n" + "".join(f'{i},"{text}"\n' for i, text in enumerate(TEXTS)))
    (tmp_path / "t.tsv").write_bytes(("id\ttext\n" + "".join(f"{i}\t{text}\n" for i, text in enumerate(TEXTS))).encode("gb18030"))
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in TEXTS))
    (tmp_path / "t.txt.gz").write_bytes(gzip.compress("\r\n".join([*TEXTS, ""]).encode()))
    results = []
    for name in ("t.txt", "t.csv", "t.tsv", "t.jsonl", "t.txt.gz"):
        done = embed(weights, tmp_path / name, tmp_path / "out.npy", "--json")
        assert json.loads(done.stdout) == {"n": 4, "dimensions": 384, "out": str(tmp_path / "out.npy")}, name
        results.append((tmp_path / "out.npy").read_bytes())
    assert len(set(results)) == 1
    vectors = rows(results[0])
    assert len(vectors) == 4 and all(math.isclose(cosine(v, v), 1, abs_tol=1e-3) for v in vectors)
    assert cosine(vectors[1], vectors[2]) > cosine(vectors[1], vectors[3])


def test_from_standard_input_to_standard_output(weights, tmp_path):
    import subprocess
    from conftest import BINARY
    done = subprocess.run([BINARY, "embed", "--in", "-", "--out", "-", "--encoder", weights], input="a\n\nb".encode(), capture_output=True, timeout=120)
    assert done.returncode == 0 and len(rows(done.stdout)) == 3


def test_prefix_and_column(weights, tmp_path):
    (tmp_path / "t.jsonl").write_text(json.dumps({"body": "退货", "text": 1}) + "\n\n")
    seen = set()
    for prefix in ("query", "passage", "none"):
        embed(weights, tmp_path / "t.jsonl", tmp_path / "out.npy", "--prefix", prefix, "--text", "body")
        seen.add((tmp_path / "out.npy").read_bytes())
    assert len(seen) == 3 and len(rows(seen.pop())) == 1


def test_no_texts(weights, tmp_path):
    (tmp_path / "t.txt").write_text("")
    embed(weights, tmp_path / "t.txt", tmp_path / "out.npy")
    assert rows((tmp_path / "out.npy").read_bytes()) == []


@pytest.mark.parametrize("name, text, where", [
    ("t.csv", "id,body\n1,x\n", ":1:1: no column \"text\""),
    ("t.csv", "text\nx\ny,z\n", ":3:"),
    ("t.csv", 'text\n"x\n', ":2:"),
    ("t.jsonl", '{"text":"x"}\n{"t":1}\n', ":2:1:"),
    ("t.jsonl", '{"text":"x"}\n{\n', ":2:1:"),
    ("t.jsonl", '{"text":7}\n', ":1:1:"),
])
def test_a_fault_leaves_no_file(weights, tmp_path, name, text, where):
    (tmp_path / name).write_text(text)
    done = embed(weights, tmp_path / name, tmp_path / "out.npy", check=False)
    assert done.returncode == 3 and f"{tmp_path / name}{where}" in done.stderr and done.stdout == ""
    assert not (tmp_path / "out.npy").exists()


def test_what_is_not_there(tmp_path):
    (tmp_path / "t.txt").write_text("x\n")
    for args, code in ((["--in", tmp_path / "t.txt"], 2), (["--out", "x.npy"], 2),
                       (["--in", tmp_path / "t.txt", "--out", tmp_path / "x.npy", "--encoder", "none"], 1),
                       (["--in", tmp_path / "t.txt", "--out", tmp_path / "x.npy", "--encoder", tmp_path / "none.bin"], 1),
                       (["--in", tmp_path / "t.txt", "--out", tmp_path / "x.npy", "--encoder", tmp_path / "t.txt"], 3),
                       (["--in", tmp_path / "t.txt", "--out", tmp_path / "x.npy", "--prefix", "other"], 2)):
        done = run("embed", *args, check=False)
        assert done.returncode == code and len(done.stderr.splitlines()) == 1, (args, done.stderr)
    assert not (tmp_path / "x.npy").exists()


def test_damaged_weights_are_refused(weights, tmp_path):
    (tmp_path / "t.txt").write_text("x\n")
    whole = weights.read_bytes()
    for cut in (4, 64, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.bin").write_bytes(whole[:cut])
        done = embed(tmp_path / "cut.bin", tmp_path / "t.txt", tmp_path / "x.npy", check=False)
        assert done.returncode != 0 and "damaged" in done.stderr and not (tmp_path / "x.npy").exists(), cut
