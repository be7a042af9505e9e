"""How the host, the zygote and its children talk: fixed records for control, length-prefixed frames for content.

Shared by both sides of the border, so the standard library must suffice.
"""

import os
import struct
import sys
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_LENGTH = struct.Struct("=I")
OWN_PID = 0x6F776E70
"""Stands in the filter of system calls for the pid of the process that it is for: it alone knows, and puts it in the
place of these bytes. There is no process of this number, so the filter is sound without."""


class Setup(NamedTuple):
    """What a zygote is told once, encoded as plain data."""

    syscall_filter: bytes
    """Empty where nothing is isolated."""
    namespaces: bool
    """Whether each child gets namespaces of its own; else the kernel's Landlock must do."""
    readable: list[str] | None
    """All that can be read, where there is no mount namespace that says it; None where there is."""
    scratch: str
    """The folder in which a child may write: its own file system, or a new folder below this one."""
    paths: list[str]
    """Where packages are imported from."""
    preload: list[str]
    """Packages to be imported ahead."""
    user: int | None
    """Who to be instead of root, where no user namespace makes root harmless."""
    counted: bool
    """Whether all processes of the user are of this sandbox, so that the kernel can count a program's."""


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
    open_files: int
    tasks: int
    """Processes and threads; 0 where the kernel cannot count them per sandbox."""


READY = b"ready"
"""What a zygote says once it can take orders."""
GRACE = 10.0
"""Seconds beyond the time on the clock that a program has, until a silent zygote is given up."""

CALLS, EXAM, SCRIPT, TOGETHER = range(4)
"""What is done with a program: it is called, asked by tests in another process, run, or tested in its own process."""


class Order(NamedTuple):
    """One command, as the zygote and then its children are told. Contents come as descriptors of files in memory:
    request, report, stdout, stderr; then the tests' request and their verdict (EXAM), or stdin (SCRIPT)."""

    mode: int
    bounds: Bounds

    def pack(self) -> bytes:
        """As sent."""
        return _ORDER.pack(self.mode, *self.bounds)

    @staticmethod
    def unpack(data: bytes) -> "Order":
        """As received."""
        mode, *bounds = _ORDER.unpack(data)
        return Order(mode, Bounds(*bounds))


_ORDER = struct.Struct("=BddQQQQII")

ITSELF, CPU, WALL, STOPPED, OWN_LIMIT = range(5)
"""Why a process ended: by itself, for its processor time, for the time on the clock, because its peer had ended, or by
a limit of processor time that it had set for itself."""


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
    tidying: bool = False
    """Whether what the program left is still being removed; `READY` follows once it is gone."""

    def pack(self) -> bytes:
        """As sent."""
        endings = b"".join(_ENDING.pack(*ending) for ending in self.endings)
        head = _REPORT.pack(self.wall, len(self.endings), self.tidying)
        return head + endings + self.trouble.encode("utf-8", "replace")

    @staticmethod
    def unpack(data: bytes) -> "Report":
        """As received."""
        wall, count, tidying = _REPORT.unpack_from(data)
        end = _REPORT.size + count * _ENDING.size
        endings = tuple(Ending(*fields) for fields in _ENDING.iter_unpack(data[_REPORT.size : end]))
        return Report(wall, endings, data[end:].decode("utf-8", "replace"), tidying)


_REPORT = struct.Struct("=dI?")
_ENDING = struct.Struct("=BidQ")


class Malformed(ValueError):
    """A frame is longer than allowed."""


def frame(data: bytes) -> bytes:
    """The data, with its length before it."""
    return _LENGTH.pack(len(data)) + data


def send(descriptor: int, data: bytes) -> None:
    """Write one frame, whole."""
    rest = memoryview(frame(data))
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


def each(source: BinaryIO) -> Iterator[bytes]:
    """The frames that come, until there are no more."""
    while (data := receive(source, sys.maxsize)) is not None:
        yield data


def frames(data: bytes) -> Iterator[bytes]:
    """The frames in `data`, as far as they are whole."""
    at = 0
    while at + _LENGTH.size <= len(data):
        [length] = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size + length
        if at <= len(data):
            yield data[at - length : at]
