"""A chat model of half a megabyte, made here: the shape of Llama with weights by chance. It says nothing sensible, yet everything
around it is as with a real one, and nothing need be fetched. Under a grammar its answer is known."""
import array
import random
import struct

LAYERS, WIDTH, HEADS, FEED, CONTEXT = 2, 32, 2, 64, 512
U32, F32, BOOL, STRING, ARRAY, I32 = 4, 6, 7, 8, 9, 5
UNKNOWN, CONTROL, NORMAL, BYTE = 2, 3, 1, 6
ALIGNMENT = 32


def text(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(raw)) + raw


def pair(key, kind, value):
    pack = {U32: lambda v: struct.pack("<I", v), F32: lambda v: struct.pack("<f", v), BOOL: lambda v: bytes([v]), STRING: text}
    return text(key) + struct.pack("<I", kind) + pack[kind](value)


def listed(key, kind, values):
    body = b"".join(text(v) for v in values) if kind == STRING else array.array("f" if kind == F32 else "i", values).tobytes()
    return text(key) + struct.pack("<IIQ", ARRAY, kind, len(values)) + body


def vocabulary():
    pieces = [("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL)]
    pieces += [(f"<0x{byte:02X}>", BYTE) for byte in range(256)]
    pieces += [(letter, NORMAL) for letter in "▁abcdefghijklmnopqrstuvwxyz.,?"]
    return pieces


def tensors(n_tokens, chance):
    def weights(columns, rows):
        return columns, rows, array.array("f", (chance.gauss(0, 1) * columns**-0.5 for _ in range(columns * rows)))

    def ones(columns):
        return columns, 1, array.array("f", [1.0] * columns)

    yield "token_embd.weight", weights(WIDTH, n_tokens)
    yield "output_norm.weight", ones(WIDTH)
    yield "output.weight", weights(WIDTH, n_tokens)
    for layer in range(LAYERS):
        at = f"blk.{layer}."
        yield at + "attn_norm.weight", ones(WIDTH)
        for name in ("q", "k", "v", "output"):
            yield f"{at}attn_{name}.weight", weights(WIDTH, WIDTH)
        yield at + "ffn_norm.weight", ones(WIDTH)
        yield at + "ffn_gate.weight", weights(WIDTH, FEED)
        yield at + "ffn_up.weight", weights(WIDTH, FEED)
        yield at + "ffn_down.weight", weights(FEED, WIDTH)


def keys(pieces, name):
    yield pair("general.architecture", STRING, "llama")
    yield pair("general.name", STRING, name)
    for key, value in (("context_length", CONTEXT), ("embedding_length", WIDTH), ("block_count", LAYERS), ("feed_forward_length", FEED),
                       ("attention.head_count", HEADS), ("attention.head_count_kv", HEADS), ("rope.dimension_count", WIDTH // HEADS)):
        yield pair(f"llama.{key}", U32, value)
    yield pair("llama.attention.layer_norm_rms_epsilon", F32, 1e-5)
    yield pair("tokenizer.ggml.model", STRING, "llama")
    yield listed("tokenizer.ggml.tokens", STRING, [piece for piece, _ in pieces])
    yield listed("tokenizer.ggml.scores", F32, [-float(i) for i in range(len(pieces))])
    yield listed("tokenizer.ggml.token_type", I32, [kind for _, kind in pieces])
    yield pair("tokenizer.ggml.bos_token_id", U32, 1)
    yield pair("tokenizer.ggml.eos_token_id", U32, 2)
    yield pair("tokenizer.ggml.add_space_prefix", BOOL, 0)


def make(path, name="tiny", seed=1):
    """Writes the model; another seed is another model."""
    pieces = vocabulary()
    rows, data = [], b""
    for title, (columns, n_rows, values) in tensors(len(pieces), random.Random(seed)):
        shape = (columns,) if n_rows == 1 else (columns, n_rows)
        rows.append(text(title) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape) + struct.pack("<IQ", 0, len(data)))
        data += values.tobytes()
        data += bytes(-len(data) % ALIGNMENT)
    entries = list(keys(pieces, name))
    head = b"GGUF" + struct.pack("<IQQ", 3, len(rows), len(entries)) + b"".join(entries) + b"".join(rows)
    path.write_bytes(head + bytes(-len(head) % ALIGNMENT) + data)
    return path
