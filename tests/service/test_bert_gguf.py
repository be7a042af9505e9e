"""A model that is rewritten is the same model."""

import asyncio
import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchbook import Use, opened
from benchbook.service.bert_gguf import write_gguf

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "one", "two", "##s", "three", "."]
WIDTH, HEADS, LAYERS, INNER, PLACES = 64, 4, 2, 96, 32
CONFIG = {
    "num_hidden_layers": LAYERS,
    "max_position_embeddings": PLACES,
    "hidden_size": WIDTH,
    "intermediate_size": INNER,
    "num_attention_heads": HEADS,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
}
Tensors = dict[str, Any]


def test_the_rewritten_model_embeds_as_the_original_does(tmp_path: Path) -> None:
    tensors = invented()
    path = written(tmp_path, tensors)
    text, tokens = "one twos three.", [2, 5, 6, 7, 8, 9, 3]
    np.testing.assert_allclose(embedded(path, text), forward(tensors, tokens), atol=1e-4)


def test_tensors_that_are_no_float32_are_refused(tmp_path: Path) -> None:
    tensors = invented()
    tensors["embeddings.LayerNorm.bias"] = tensors["embeddings.LayerNorm.bias"].astype(np.float16)
    with pytest.raises(ValueError, match=r"embeddings\.LayerNorm\.bias is not of float32"):
        written(tmp_path, tensors)


def invented() -> Tensors:
    """A little BERT of random numbers, with what such files hold besides."""
    chance = np.random.default_rng(0)

    def numbers(*shape: int) -> Any:
        return chance.normal(0, 0.3, shape).astype(np.float32)

    found: Tensors = {"embeddings.position_ids": np.arange(PLACES).reshape(1, -1), "pooler.dense.bias": numbers(WIDTH)}
    for name, rows in (("word", len(WORDS)), ("position", PLACES), ("token_type", 2)):
        found[f"embeddings.{name}_embeddings.weight"] = numbers(rows, WIDTH)
    shapes: dict[str, tuple[int, ...]] = {"embeddings.LayerNorm": (WIDTH,)}
    for at in range(LAYERS):
        layer = f"encoder.layer.{at}"
        for name in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            shapes[f"{layer}.{name}"] = (WIDTH, WIDTH)
        shapes |= {f"{layer}.intermediate.dense": (INNER, WIDTH), f"{layer}.output.dense": (WIDTH, INNER)}
        shapes |= {f"{layer}.attention.output.LayerNorm": (WIDTH,), f"{layer}.output.LayerNorm": (WIDTH,)}
    for name, shape in shapes.items():
        found |= {f"{name}.weight": numbers(*shape), f"{name}.bias": numbers(shape[0])}
    return found


def written(folder: Path, tensors: Tensors) -> Path:
    header, body = {}, b""
    for name, values in tensors.items():
        kind = {"float32": "F32", "float16": "F16", "int64": "I64"}[values.dtype.name]
        end = len(body) + values.nbytes
        header[name] = {"dtype": kind, "shape": values.shape, "data_offsets": [len(body), end]}
        body += values.tobytes()
    head = json.dumps(header).encode()
    (folder / "tensors").write_bytes(struct.pack("<Q", len(head)) + head + body)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    write_gguf(folder / "config.json", folder / "vocab.txt", folder / "tensors", folder / "model.gguf")
    return folder / "model.gguf"


def embedded(path: Path, text: str) -> Any:
    """What llama.cpp makes of the text."""

    async def vector() -> Sequence[float]:
        async with opened("embedder", Use(name="llamacpp", args={"path": str(path)})) as embedder:
            [found] = await embedder.embed([text])
            return list(found)

    return np.array(asyncio.run(vector()))


def forward(tensors: Tensors, tokens: list[int]) -> Any:
    """The mean of the last layer, of length one: BERT as its paper has it."""
    e = "embeddings"
    x = tensors[f"{e}.word_embeddings.weight"][tokens] + tensors[f"{e}.token_type_embeddings.weight"][0]
    x = norm(tensors, f"{e}.LayerNorm", x + tensors[f"{e}.position_embeddings.weight"][: len(tokens)])
    for at in range(LAYERS):
        layer = f"encoder.layer.{at}"
        said = linear(tensors, f"{layer}.attention.output.dense", attended(tensors, f"{layer}.attention.self", x))
        x = norm(tensors, f"{layer}.attention.output.LayerNorm", x + said)
        inner = linear(tensors, f"{layer}.intermediate.dense", x)
        inner = 0.5 * inner * (1 + np.tanh(np.sqrt(2 / np.pi) * (inner + 0.044715 * inner**3)))
        x = norm(tensors, f"{layer}.output.LayerNorm", x + linear(tensors, f"{layer}.output.dense", inner))
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def attended(tensors: Tensors, name: str, x: Any) -> Any:
    query, key, value = (
        linear(tensors, f"{name}.{part}", x).reshape(len(x), HEADS, -1).swapaxes(0, 1)
        for part in ("query", "key", "value")
    )
    weights = np.exp(query @ key.swapaxes(1, 2) / np.sqrt(WIDTH / HEADS))
    return (weights / weights.sum(-1, keepdims=True) @ value).swapaxes(0, 1).reshape(len(x), WIDTH)


def linear(tensors: Tensors, name: str, x: Any) -> Any:
    return x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]


def norm(tensors: Tensors, name: str, x: Any) -> Any:
    scaled = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
    return scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]
