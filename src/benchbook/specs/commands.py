"""What a sandbox is asked to run, and what it reports."""

from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field

from benchbook.specs.spec import Spec

Breach = Literal["error", "timeout", "memory", "output_limit", "crash", "violation", "protocol_error"]
"""How a program can end badly by its own doing."""

ExecStatus = Literal["completed", Breach, "infra_error"]
"""How a program ended. `infra_error` is ours, and never the program's fault."""

TestStatus = Literal["passed", "failed", Breach, "skipped", "infra_error"]
"""The closed set of verdicts on a program; only `passed` scores."""


class Limits(Spec):
    """What one program may use."""

    cpu: float = Field(default=5.0, gt=0)
    """Seconds of processor time. The wall clock allows three times as much and a second, as a backstop."""
    memory: int = Field(default=512, ge=32)
    """Mebibytes of address space."""
    output: int = Field(default=1024, ge=1)
    """Kibibytes of stdout, stderr and returned values, each."""
    disk: int = Field(default=16, ge=1)
    """Mebibytes in the program's scratch folder."""
    processes: int = Field(default=16, ge=1)
    """Processes and threads at once. A sandbox that refuses new processes counts threads, if it is not run by root."""

    @property
    def wall(self) -> float:
        """Seconds on the clock after which the program is killed."""
        return 3 * self.cpu + 1


@dataclass(frozen=True)
class Call:
    """One call of a function that the program defines. Arguments are plain data."""

    function: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Command:
    """A program, and either calls into it or test code that does the calling.

    Neither holds an expected value of a call: values come out, and are compared outside. Test code runs in a second
    process, which reaches the program's functions by value only.
    """

    program: str
    calls: tuple[Call, ...] = ()
    test_code: str | None = None
    entry_point: str | None = None
    """The function that test code is about: `candidate` in it. All public functions are there under their own names."""
    limits: Limits = Limits()


@dataclass(frozen=True)
class CallResult:
    """What one call gave: a plain value, or the error it raised."""

    value: Any = None
    error: str | None = None
    """`TypeName: message` of the exception, or `TypeName is not plain data` of a value; None if the call gave one."""


@dataclass(frozen=True)
class ExecResult:
    """What became of a command."""

    status: ExecStatus
    reason: str = ""
    """Why, in a sentence, when the status is not `completed`."""
    calls: tuple[CallResult, ...] = ()
    """The results of the calls that were made, in order; shorter than asked if the program ended early."""
    test_error: str | None = None
    """With test code: the exception that ended it, with the line of the test; None if it ran to its end."""
    stdout: str = ""
    stderr: str = ""
    """The program's, not its tests': both truncated to head and tail, with a mark where text is missing."""
    cpu: float = 0.0
    wall: float = 0.0
    """Seconds."""
    peak_memory: int = 0
    """Bytes, resident."""
    sandbox: str = ""
    """Which isolation it ran under."""
