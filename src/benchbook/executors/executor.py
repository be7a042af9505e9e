"""What moves work: the one interface, and the words it speaks in. Which work there is, the queue alone knows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from benchbook.store.queue import Node


@dataclass(frozen=True)
class Handle:
    """One attempt at something, wherever it is being made."""

    place: str
    """The id of the run, or of the job that is none."""
    attempt: int
    process: str = ""
    """Who makes it, as far as that is known."""


@dataclass(frozen=True)
class Pending:
    """Not known to have begun."""


@dataclass(frozen=True)
class Running:
    """It is alive."""


@dataclass(frozen=True)
class Exited:
    """It has ended, with a code; a negative one is that of a signal."""

    code: int


@dataclass(frozen=True)
class Lost:
    """It is there no more, and nobody has seen how it ended."""


State = Pending | Running | Exited | Lost


class Executor(Protocol):
    """Starts processes and ends them; what they do, and whether they are to be started again, is not its business."""

    def capacity(self) -> list[Node]:
        """Each machine that there is, with what it has room for."""

    def submit(
        self, place: str, attempt: int, argv: Sequence[str], slots: Sequence[str], env: Mapping[str, str]
    ) -> Handle:
        """Start a process with these GPUs, and this over our environment. The same attempt twice is one process."""

    def poll(self, handle: Handle) -> State:
        """How it is getting on."""

    def stop(self, handle: Handle, grace: float) -> None:
        """Ask it to end; called again after `grace` seconds, make it drop what it does, and at last end it by force.
        It returns at once."""

    def log(self, handle: Handle, offset: int) -> bytes:
        """What it has written, from a byte on; a negative one is counted from the end."""

    def tidy(self, kept: Collection[str], seconds: float) -> int:
        """Delete what was written longer ago than so many seconds, but for these places; how many files that were."""
