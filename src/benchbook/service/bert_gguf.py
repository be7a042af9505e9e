"""A BERT as Hugging Face keeps it, in a file as llama.cpp reads it: the same numbers behind another header."""

import json
import math
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

_NAMES = (
    (r"embeddings\.word_embeddings", "token_embd"),
    (r"embeddings\.position_embeddings", "position_embd"),
    (r"embeddings\.token_type_embeddings", "token_types"),
    (r"embeddings\.LayerNorm", "token_embd_norm"),
    (r"encoder\.layer\.(\d+)\.attention\.self\.query", r"blk.\1.attn_q"),
    (r"encoder\.layer\.(\d+)\.attention\.self\.key", r"blk.\1.attn_k"),
    (r"encoder\.layer\.(\d+)\.attention\.self\.value", r"blk.\1.attn_v"),
    (r"encoder\.layer\.(\d+)\.attention\.output\.dense", r"blk.\1.attn_output"),
    (r"encoder\.layer\.(\d+)\.attention\.output\.LayerNorm", r"blk.\1.attn_output_norm"),
    (r"encoder\.layer\.(\d+)\.intermediate\.dense", r"blk.\1.ffn_up"),
    (r"encoder\.layer\.(\d+)\.output\.dense", r"blk.\1.ffn_down"),
    (r"encoder\.layer\.(\d+)\.output\.LayerNorm", r"blk.\1.layer_output_norm"),
)
_ALIGNED = 32
_BLOCK = 1 << 20
_UINT32, _FLOAT32, _BOOL, _STRING, _ARRAY, _INT32 = 4, 6, 7, 8, 9, 5
_NORMAL, _CONTROL = 1, 3
_MEAN = 1
"""Of pooling: the vector of a text is the mean of its tokens'."""


class _Tensor(NamedTuple):
    name: str
    shape: Sequence[int]
    begin: int
    end: int


def write_gguf(config: Path, vocabulary: Path, tensors: Path, target: Path) -> None:
    """The model of a `config.json`, a `vocab.txt` and a `model.safetensors` (float32), as one GGUF file; ValueError if
    they are no such model."""
    try:
        tokens = vocabulary.read_text(encoding="utf-8").removesuffix("\n").split("\n")
        fields = list(_fields(json.loads(config.read_text(encoding="utf-8")), tokens))
        with tensors.open("rb") as source, target.open("wb") as out:
            _write(fields, _tensors(source), source, out)
    except (KeyError, TypeError, AttributeError, struct.error) as err:
        raise ValueError(f"{type(err).__name__}: {err}") from err


def _write(fields: Sequence[bytes], kept: Sequence[_Tensor], source: BinaryIO, out: BinaryIO) -> None:
    out.write(struct.pack("<4sIQQ", b"GGUF", 3, len(kept), len(fields)))
    out.writelines(fields)
    at = 0
    for one in kept:
        out.write(_text(one.name) + struct.pack(f"<I{len(one.shape)}Q", len(one.shape), *reversed(one.shape)))
        out.write(struct.pack("<IQ", 0, at))  # 0: float32
        at += _aligned(one.end - one.begin)
    for one in kept:
        out.write(bytes(_aligned(out.tell()) - out.tell()))
        _copy(source, one, out)
    out.write(bytes(_aligned(out.tell()) - out.tell()))


def _fields(config: Mapping[str, Any], vocabulary: Sequence[str]) -> Iterator[bytes]:
    """What llama.cpp wants to know of the model, and of its tokens."""
    for name, text in (("general.architecture", "bert"), ("tokenizer.ggml.model", "bert")):
        yield _field(name, _STRING, _text(text))
    for name, number in (
        ("bert.block_count", config["num_hidden_layers"]),
        ("bert.context_length", config["max_position_embeddings"]),
        ("bert.embedding_length", config["hidden_size"]),
        ("bert.feed_forward_length", config["intermediate_size"]),
        ("bert.attention.head_count", config["num_attention_heads"]),
        ("bert.pooling_type", _MEAN),
        ("general.file_type", 0),
        ("tokenizer.ggml.token_type_count", config["type_vocab_size"]),
        ("tokenizer.ggml.bos_token_id", vocabulary.index("[CLS]")),
        ("tokenizer.ggml.eos_token_id", vocabulary.index("[SEP]")),
        ("tokenizer.ggml.seperator_token_id", vocabulary.index("[SEP]")),  # spelt so in the format
        ("tokenizer.ggml.unknown_token_id", vocabulary.index("[UNK]")),
        ("tokenizer.ggml.padding_token_id", vocabulary.index("[PAD]")),
        ("tokenizer.ggml.mask_token_id", vocabulary.index("[MASK]")),
    ):
        yield _field(name, _UINT32, struct.pack("<I", number))
    yield _field("bert.attention.layer_norm_epsilon", _FLOAT32, struct.pack("<f", config["layer_norm_eps"]))
    yield _field("bert.attention.causal", _BOOL, b"\0")
    yield _array("tokenizer.ggml.tokens", _STRING, [_text(_spelt(token)) for token in vocabulary])
    kinds = [_CONTROL if _special(token) else _NORMAL for token in vocabulary]
    yield _array("tokenizer.ggml.token_type", _INT32, [struct.pack("<i", kind) for kind in kinds])


def _tensors(source: BinaryIO) -> list[_Tensor]:
    """Those that llama.cpp has a name for; the others (the pooler of another task) it does not use."""
    (length,) = struct.unpack("<Q", source.read(8))
    header = json.loads(source.read(length))
    found = []
    for name, told in header.items():
        if name != "__metadata__" and (known := _renamed(name)):
            begin, end = (8 + length + offset for offset in told["data_offsets"])
            if told["dtype"] != "F32" or end - begin != 4 * math.prod(told["shape"]):
                raise ValueError(f"the tensor {name} is not of float32")
            found.append(_Tensor(known, told["shape"], begin, end))
    return sorted(found)


def _renamed(name: str) -> str | None:
    stem, _, kind = name.rpartition(".")
    for pattern, ours in _NAMES:
        if found := re.fullmatch(pattern, stem):
            return f"{found.expand(ours)}.{kind}"
    return None


def _copy(source: BinaryIO, tensor: _Tensor, out: BinaryIO) -> None:
    source.seek(tensor.begin)
    left = tensor.end - tensor.begin
    while left:
        block = source.read(min(left, _BLOCK))
        if not block:
            raise ValueError(f"the file ends within the tensor {tensor.name}")
        out.write(block)
        left -= len(block)


def _special(token: str) -> bool:
    return token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def _spelt(token: str) -> str:
    """A token as llama.cpp spells it: marked where a word begins, not where one goes on."""
    if re.fullmatch(r"\[.*\]", token):
        return token
    return token.removeprefix("##") if token.startswith("##") else f"\u2581{token}"


def _field(name: str, kind: int, value: bytes) -> bytes:
    return _text(name) + struct.pack("<I", kind) + value


def _array(name: str, kind: int, values: Sequence[bytes]) -> bytes:
    return _field(name, _ARRAY, struct.pack("<IQ", kind, len(values)) + b"".join(values))


def _text(text: str) -> bytes:
    coded = text.encode()
    return struct.pack("<Q", len(coded)) + coded


def _aligned(at: int) -> int:
    return -(-at // _ALIGNED) * _ALIGNED
