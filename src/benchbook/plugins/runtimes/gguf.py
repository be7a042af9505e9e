"""The header of a GGUF file: what a model says of itself. Read without loading it, and without trusting it."""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchbook import PluginError

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING = 8
_ARRAY = 9
_QUANTISATIONS = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip


@dataclass(frozen=True)
class Header:
    """What we want to know before a model is loaded."""

    architecture: str
    quantisation: str
    context_length: int
    """Tokens the model was trained for; 0 if the file does not say."""
    has_chat_template: bool
    first_token: int | None = None
    """The token that texts begin with, or else the one they end with."""
    last_token: int | None = None
    """The token that texts end with."""


def read_header(path: Path) -> Header:
    """The header of the file at `path`; PluginError if it is no GGUF file, or a broken one."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            cursor = _Cursor(content)
            fields = dict(_fields(cursor))
            cursor.check_tensors()
    except ValueError as err:
        raise PluginError(f"{path} is not a whole GGUF file ({err}); fetch it again") from None
    except OSError as err:
        raise PluginError(f"{path} cannot be read: {err.strerror}") from None
    architecture = str(fields.get("general.architecture", "unknown"))
    file_type = fields.get("general.file_type")
    context_length = fields.get(f"{architecture}.context_length")
    last_token = fields.get("tokenizer.ggml.eos_token_id")
    first_token = fields.get("tokenizer.ggml.bos_token_id", last_token)
    return Header(
        architecture=architecture,
        quantisation=_QUANTISATIONS.get(file_type, str(file_type)) if isinstance(file_type, int) else "unknown",
        context_length=context_length if isinstance(context_length, int) else 0,
        has_chat_template=bool(fields.get("tokenizer.chat_template")),
        first_token=first_token if isinstance(first_token, int) else None,
        last_token=last_token if isinstance(last_token, int) else None,
    )


class _Cursor:
    """A place in the file; ValueError where the file is not what it should be."""

    def __init__(self, content: mmap.mmap) -> None:
        self.content = content
        self.at = 0
        if content[:4] != b"GGUF":
            raise ValueError("it does not begin with GGUF")
        self.at = 4
        version = self.scalar("I")
        if version not in (2, 3):
            raise ValueError(f"version {version} of the format is unknown")
        self.tensors: int = self.scalar("Q")
        self.fields: int = self.scalar("Q")

    def scalar(self, code: str) -> Any:
        start = self.at
        self.skip(struct.calcsize(code))
        (value,) = struct.unpack_from(f"<{code}", self.content, start)
        return value

    def string(self) -> bytes:
        length = self.scalar("Q")
        self.skip(length)
        return self.content[self.at - length : self.at]

    def skip(self, length: int) -> None:
        self.at += length
        if self.at > len(self.content):
            raise ValueError("it ends too early")

    def value(self, kind: int) -> Any:
        """A number or a text; None for an array, which is only stepped over."""
        if kind == _STRING:
            return self.string().decode("utf-8", "replace")
        if kind != _ARRAY:
            return self.scalar(_code(kind))
        inner, length = self.scalar("I"), self.scalar("Q")
        if inner == _STRING:
            for _ in range(length):
                self.skip(self.scalar("Q"))
        else:
            self.skip(length * struct.calcsize(_code(inner)))
        return None

    def check_tensors(self) -> None:
        """ValueError unless every tensor begins within the file."""
        begins = [self._tensor_offset() for _ in range(self.tensors)]
        if not begins:
            raise ValueError("it holds no tensors")
        self.skip(max(begins))

    def _tensor_offset(self) -> int:
        self.string()
        dimensions = self.scalar("I")
        self.skip(dimensions * 8 + 4)
        offset: int = self.scalar("Q")
        return offset


def _fields(cursor: _Cursor) -> Iterator[tuple[str, Any]]:
    for _ in range(cursor.fields):
        key = cursor.string().decode("utf-8", "replace")
        yield key, cursor.value(cursor.scalar("I"))


def _code(kind: int) -> str:
    if kind not in _SCALARS:
        raise ValueError(f"value type {kind} is unknown")
    return _SCALARS[kind]
