"""The header of a GGUF file is read without trusting it."""

import contextlib
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbook import PluginError
from benchbook.plugins.runtimes.gguf import Header, read_header
from benchbook.settings import Settings
from benchbook.specs.weights import weights


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def entry(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def gguf(*entries: bytes, tensors: int = 1, offset: int = 0, version: int = 3) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", version, tensors, len(entries))
    tensor = text("token_embd.weight") + struct.pack("<IQQIQ", 2, 4, 4, 0, offset)
    return head + b"".join(entries) + tensor + bytes(64)


NAMED = entry("general.architecture", 8, text("llama"))


def read(folder: Path, content: bytes) -> Header:
    path = folder / "model.gguf"
    path.write_bytes(content)
    return read_header(path)


def test_a_real_file_says_what_it_is(embedded_model_home: Settings) -> None:
    path = weights("smollm2-135m").path(embedded_model_home.models)
    assert read_header(path) == Header("llama", "Q4_1", 8192, has_chat_template=True, first_token=1, last_token=2)


def test_what_is_not_written_is_unknown(tmp_path: Path) -> None:
    assert read(tmp_path, gguf()) == Header("unknown", "unknown", 0, has_chat_template=False)


def test_arrays_are_stepped_over(tmp_path: Path) -> None:
    tokens = entry("tokens", 9, struct.pack("<IQ", 8, 2) + text("a") + text("b"))
    scores = entry("scores", 9, struct.pack("<IQ", 6, 3) + bytes(12))
    context = entry("llama.context_length", 4, struct.pack("<I", 2048))
    header = read(tmp_path, gguf(tokens, scores, NAMED, context, entry("tokenizer.chat_template", 8, text("{{x}}"))))
    assert (header.architecture, header.context_length, header.has_chat_template) == ("llama", 2048, True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"<html>not found</html>", "does not begin with GGUF"),
        (gguf(version=9), "version 9"),
        (gguf(NAMED)[:40], "ends too early"),
        (gguf(offset=1 << 40), "ends too early"),
        (gguf(tensors=0), "no tensors"),
        (gguf(entry("x", 77, b"")), "value type 77"),
        (gguf(entry("x", 9, struct.pack("<IQ", 9, 1))), "value type 9"),
        (gguf(entry("x", 9, struct.pack("<IQ", 8, 1 << 60))), "ends too early"),
        (gguf(struct.pack("<Q", 1 << 62)), "ends too early"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(PluginError, match=f"model.gguf is not a whole GGUF file .*{message}.*; fetch it again"):
        read(tmp_path, content)


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=200), at=st.integers(0, 100), flip=st.integers(1, 255))
def test_no_bytes_do_more_than_be_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, at: int, flip: int
) -> None:
    good = bytearray(gguf(NAMED, entry("x", 9, struct.pack("<IQ", 8, 1) + text("a"))) + content)
    good[at] ^= flip
    with contextlib.suppress(PluginError):
        read(tmp_path_factory.getbasetemp(), bytes(good))
