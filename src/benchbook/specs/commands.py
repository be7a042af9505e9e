"""What a sandbox is asked to run, and what it reports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field

from benchbook.specs.spec import Spec

Breach = Literal["error", "timeout", "memory", "output_limit", "crash", "violation", "protocol_error"]
"""How a program can end badly by its own doing."""

ExecStatus = Literal["completed", Breach, "skipped", "infra_error"]
"""How a program ended. `skipped`: its tests tested nothing. `infra_error` is ours, and never the program's fault."""

TestStatus = Literal["passed", "failed", Breach, "skipped", "infra_error"]
"""The closed set of verdicts on a program; only `passed` scores."""


_DAY = 86_400
_TEBIBYTE = 1 << 20
"""In mebibytes."""


class Limits(Spec):
    """What one program may use."""

    cpu: float = Field(default=5.0, gt=0, le=_DAY)
    """Seconds of processor time."""
    wall: float | None = Field(default=None, gt=0, le=_DAY)
    """Seconds on the clock; unless given, three times the processor time and a second, as a backstop."""
    memory: int = Field(default=512, ge=32, le=_TEBIBYTE)
    """Mebibytes of address space."""
    output: int = Field(default=1024, ge=1, le=1 << 20)
    """Kibibytes of stdout, stderr and returned values, each."""
    disk: int = Field(default=16, ge=1, le=_TEBIBYTE)
    """Mebibytes in the program's scratch folder."""
    file_size: int | None = Field(default=None, ge=1, le=_TEBIBYTE)
    """Mebibytes that one file may have; `disk` unless given."""
    open_files: int = Field(default=256, ge=16, le=4096)
    """Descriptors at once."""
    processes: int = Field(default=16, ge=1, le=1 << 16)
    """Processes and threads at once. A sandbox that refuses new processes counts threads, if it is not run by root."""

    @property
    def clock(self) -> float:
        """Seconds on the clock after which the program is killed."""
        return min(3 * self.cpu + 1, _DAY) if self.wall is None else self.wall


@dataclass(frozen=True)
class Call:
    """One call of a function that the program defines. Arguments are plain data."""

    function: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Command:
    """A program, and one of: calls into it, test code that does the calling, or what it reads from standard input.

    None holds an expected value of a call or an output: values come out, and are compared outside. Test code runs in
    a second process, which reaches the program's functions by value only.
    """

    program: str
    calls: tuple[Call, ...] = ()
    test_code: str | None = None
    entry_point: str | None = None
    """The function that test code is about: `candidate` in it. All public functions are there under their own names."""
    stdin: str | None = None
    """Run the program as a script, as `__main__`, with this on its standard input; nothing is called."""
    files: Mapping[str, str] = field(default_factory=dict)
    """More files of the solution, by path in its working folder: it can import and open them."""
    in_process: bool = False
    """Run test code in the program's own process. It can then use the program's classes, and the program can cheat."""
    limits: Limits = Limits()


@dataclass(frozen=True)
class CallResult:
    """What one call gave: a plain value, or the error it raised."""

    value: Any = None
    error: str | None = None
    """`TypeName: message` of the exception, or `TypeName is not plain data` of a value; None if the call gave one."""
    opaque: bool = False
    """Whether nothing was raised, and the error is of the value."""


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
    """The program's, not its tests': both truncated to head and tail, with a mark where text is missing. What a script
    writes to stdout is its answer, and kept whole."""
    cpu: float = 0.0
    wall: float = 0.0
    """Seconds."""
    peak_memory: int = 0
    """Bytes, resident."""
    sandbox: str = ""
    """Which isolation it ran under."""
    cheatable: bool = False
    """Whether the program could have decided itself how its tests end: they ran in its process."""
