"""How the host, the zygote and its children talk: fixed records for control, length-prefixed frames for content.

Shared by both sides of the border, so the standard library must suffice.
"""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_LENGTH = struct.Struct("=I")


class Bounds(NamedTuple):
    """What a program may use, as the zygote is told."""

    cpu: float
    wall: float
    """Seconds."""
    memory: int
    file: int
    output: int
    scratch: int
    """Bytes: address space, one file, one frame, the scratch folder."""
    tasks: int
    """Processes and threads; 0 where the kernel cannot count them per sandbox."""

    def pack(self) -> bytes:
        """As sent."""
        return _BOUNDS.pack(*self)

    @staticmethod
    def unpack(data: bytes) -> "Bounds":
        """As received."""
        return Bounds(*_BOUNDS.unpack(data))


_BOUNDS = struct.Struct("=ddQQQQI")

ITSELF, CPU, WALL, STOPPED = range(4)
"""Why a process ended: by itself, for its processor time, for the time on the clock, or because its peer had ended."""


class Ending(NamedTuple):
    """How one process ended, as the zygote saw it."""

    cause: int
    status: int
    """As wait() gives it."""
    cpu: float
    memory: int
    """Bytes, resident, at the peak."""


class Report(NamedTuple):
    """What the zygote answers: one ending for each process, program first."""

    wall: float
    endings: tuple[Ending, ...]
    trouble: str
    """What went wrong on our side, if anything."""

    def pack(self) -> bytes:
        """As sent."""
        endings = b"".join(_ENDING.pack(*ending) for ending in self.endings)
        return _REPORT.pack(self.wall, len(self.endings)) + endings + self.trouble.encode("utf-8", "replace")

    @staticmethod
    def unpack(data: bytes) -> "Report":
        """As received."""
        wall, count = _REPORT.unpack_from(data)
        end = _REPORT.size + count * _ENDING.size
        endings = tuple(Ending(*fields) for fields in _ENDING.iter_unpack(data[_REPORT.size : end]))
        return Report(wall, endings, data[end:].decode("utf-8", "replace"))


_REPORT = struct.Struct("=dI")
_ENDING = struct.Struct("=BidQ")


class Malformed(ValueError):
    """A frame is longer than allowed."""


def send(descriptor: int, data: bytes) -> None:
    """Write one frame, whole."""
    rest = memoryview(_LENGTH.pack(len(data)) + data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def receive(source: BinaryIO, limit: int) -> bytes | None:
    """Read one frame; None at the end of the stream, even in the middle of a frame: its writer died."""
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    [length] = _LENGTH.unpack(head)
    if length > limit:
        raise Malformed("a frame is longer than allowed")
    data = source.read(length)
    return data if len(data) == length else None


def frames(data: bytes) -> Iterator[bytes]:
    """The frames in `data`, as far as they are whole."""
    at = 0
    while at + _LENGTH.size <= len(data):
        [length] = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size + length
        if at <= len(data):
            yield data[at - length : at]
