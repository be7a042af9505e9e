"""One command: what is handed to the sandbox, and what is made of what comes back."""

import os
import platform
import signal
from typing import Any, NamedTuple

from benchbook import CallResult, Command, ExecResult, ExecStatus, Limits, SpecError
from benchbook.plugins.sandboxes import codec
from benchbook.plugins.sandboxes.exchange import ROOM
from benchbook.plugins.sandboxes.wire import (
    CALLS,
    CPU,
    EXAM,
    OWN_LIMIT,
    SCRIPT,
    STOPPED,
    TOGETHER,
    WALL,
    Bounds,
    Ending,
    Order,
    Report,
    frame,
    frames,
)
from benchbook.plugins.sandboxes.worker import Worker

KEPT = 8192
"""Bytes of stdout and of stderr that are kept from the beginning, and as many from the end."""
_LONGEST = 2000
"""Characters of an error or a reason that are kept."""
_KIB, _MIB = 1 << 10, 1 << 20
_COUNTED = (5, 14)
"""Since this Linux, processes are counted per user namespace; before, together with all the user's others."""
_OURS = 2
"""Processes that are counted with the program's: the zygote, and the program's tests."""


async def execute(command: Command, worker: Worker, sandbox: str) -> ExecResult:
    """Have the worker carry out the command, and say what became of it."""
    order, inputs = _order(command), _inputs(command)
    report, (said, stdout, stderr, *verdict) = await worker.carry_out(order, inputs)
    written = _Written(said, stdout, stderr, *verdict)
    fate, calls, test_error = _judged(command, report, written)
    program = report.endings[0]
    return ExecResult(
        status=fate.status,
        reason=fate.reason,
        calls=calls,
        test_error=test_error,
        stdout=_text(stdout[: order.bounds.output]) if order.mode == SCRIPT else _shown(stdout),
        stderr=_shown(stderr),
        cpu=program.cpu,
        wall=report.wall,
        peak_memory=program.memory,
        sandbox=sandbox,
        cheatable=order.mode == TOGETHER,
    )


class _Written(NamedTuple):
    """What the processes wrote."""

    report: bytes
    """What the program's process says: the answers to calls, and what ended it early."""
    stdout: bytes
    stderr: bytes
    verdict: bytes = b""
    """What the tests' process says."""


class _Fate(NamedTuple):
    status: ExecStatus
    reason: str = ""


_COMPLETED = _Fate("completed")


def _inputs(command: Command) -> list[bytes]:
    """What the processes read. The program can read its own: it holds no expected value."""
    program = (command.program, dict(command.files))
    if command.test_code is not None:
        tests = (command.test_code, command.entry_point)
        if command.in_process:
            return [_frame((*program, *tests), "the program")]
        return [_frame(program, "the program"), _frame(tests, "the test code")]
    if command.stdin is not None:
        return [_frame(program, "the program"), command.stdin.encode("utf-8", "surrogatepass")]
    calls = [
        _frame((call.function, call.args, call.kwargs), f"call {number} (of `{call.function}`)")
        for number, call in enumerate(command.calls, 1)
    ]
    return [b"".join([_frame(program, "the program"), *calls])]


def _frame(value: object, what: str) -> bytes:
    try:
        return frame(codec.encode(value, 1 << 31))
    except codec.NotPlain as err:
        raise SpecError(f"{what} cannot be handed to a sandbox: {err}") from None


def _order(command: Command) -> Order:
    limits = command.limits
    output, disk = limits.output * _KIB, limits.disk * _MIB
    file = disk if limits.file_size is None else limits.file_size * _MIB
    bounds = Bounds(
        cpu=limits.cpu,
        wall=limits.clock,
        memory=limits.memory * _MIB,
        file=max(file, output + ROOM),
        output=output,
        scratch=disk,
        open_files=limits.open_files,
        tasks=limits.processes + _OURS if _linux() >= _COUNTED else 0,
    )
    return Order(_mode(command), bounds)


def _mode(command: Command) -> int:
    if command.test_code is not None:
        return TOGETHER if command.in_process else EXAM
    return CALLS if command.stdin is None else SCRIPT


def _linux() -> tuple[int, ...]:
    return tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2] if part.isdigit())


def _judged(command: Command, report: Report, written: _Written) -> tuple[_Fate, tuple[CallResult, ...], str | None]:
    # Who writes too much is refused more of it, so that a call may raise: which one it was, nobody can say.
    if excess := _excess(written, command.limits):
        return excess, (), None
    said = _Said.parse(written.report)
    mode = _mode(command)
    if mode == CALLS:
        return _called(command, report, said), said.results[: len(command.calls)], None
    if mode == SCRIPT:
        return _ran(command, report, said), (), None
    if mode == TOGETHER:
        fate, test_error = _tested_together(command, report, written.report)
    else:
        fate, test_error = _tested(command, report, said, written.verdict)
    return fate, (), test_error


def _excess(written: _Written, limits: Limits) -> _Fate | None:
    most = limits.output * _KIB
    content = (("stdout", written.stdout), ("stderr", written.stderr), ("returned values", written.report))
    for what, data in content:
        if len(data) > most:
            return _Fate("output_limit", f"more than {limits.output} KiB of {what}")
    return None


class _Said(NamedTuple):
    """What the program's process reported. It is the program's word, and is believed in nothing but failures."""

    loaded: bool
    results: tuple[CallResult, ...]
    end: _Fate | None
    """What ended it early."""

    @staticmethod
    def parse(report: bytes) -> "_Said":
        """What is in the report, up to the first thing that does not belong there."""
        loaded, results = False, list[CallResult]()
        for data in frames(report):
            match _decoded(data):
                case ("end", "error" | "memory" | "output_limit" as status, str(reason)):
                    return _Said(loaded, tuple(results), _Fate(status, _plain(reason)))
                case ([*_], [*_]) if not loaded:
                    loaded = True
                case ("value", value) if loaded:
                    results.append(CallResult(value=value))
                case ("opaque", str(text), bool() | None) if loaded:
                    results.append(CallResult(error=_plain(text), opaque=True))
                case ("error", str(kind), str(text)) if loaded:
                    results.append(CallResult(error=_plain(": ".join(part for part in (kind, text) if part))))
                case _:
                    return _Said(loaded, tuple(results), _Fate("protocol_error", "its report cannot be read"))
        return _Said(loaded, tuple(results), None)


def _decoded(data: bytes) -> Any:
    try:
        return codec.decode(data)
    except codec.Undecodable:
        return None


def _plain(text: str) -> str:
    """Words of the program about itself: bounded, and of a kind that can be written to any file."""
    return text[:_LONGEST].encode("utf-8", "backslashreplace").decode("utf-8")


def _called(command: Command, report: Report, said: _Said) -> _Fate:
    [program] = report.endings
    asked, made = len(command.calls), len(said.results)
    if early := _breach(program, command.limits) or said.end:
        return early
    if made > asked:
        return _Fate("protocol_error", f"{made} results of {asked} calls")
    if made < asked or not said.loaded or program.status != 0:
        when = f"in call {made + 1} of {asked}" if said.loaded else "while it was loaded"
        return _Fate("error", f"the program ended itself ({_exit(program)}) {when}")
    return _COMPLETED


def _ran(command: Command, report: Report, said: _Said) -> _Fate:
    [program] = report.endings
    if early := _breach(program, command.limits) or said.end:
        return early
    return _Fate("error", f"the program ended with {_exit(program)}") if program.status != 0 else _COMPLETED


def _tested(command: Command, report: Report, said: _Said, verdict: bytes) -> tuple[_Fate, str | None]:
    program, tests = report.endings
    if early := _breach(program, command.limits) or said.end:
        return early, None
    # Whatever the tests said: it is the program's fault if it ended before them.
    if program.cause != STOPPED:
        return _Fate("error", f"the program ended itself ({_exit(program)})"), None
    if breach := _breach(tests, command.limits):
        return breach._replace(reason=f"the tests: {breach.reason}"), None
    return _verdict(verdict) or (_Fate("error", f"the tests ended without a verdict ({_exit(tests)})"), None)


def _tested_together(command: Command, report: Report, verdict: bytes) -> tuple[_Fate, str | None]:
    [program] = report.endings
    if breach := _breach(program, command.limits):
        return breach, None
    return _verdict(verdict) or (_Fate("error", f"the program ended itself ({_exit(program)})"), None)


def _verdict(said: bytes) -> tuple[_Fate, str | None] | None:
    """What the tests found, if they say so."""
    match [_decoded(data) for data in frames(said)]:
        case [("passed", "")]:
            return _COMPLETED, None
        case [("end", "error" | "memory" as status, str(text))]:
            return _Fate(status, _plain(text)), None
        case [("failed", str(text))]:
            return _COMPLETED, _plain(text)
        case [("untested", str(text))]:
            return _Fate("skipped", _plain(text)), None
        case [("missing", str(text))]:
            return _Fate("error", _plain(text)), None
        case [("malformed" | "gone", str(text))]:
            return _Fate("protocol_error", _plain(text) or "the program no longer answers"), None
    return None


def _breach(ending: Ending, limits: Limits) -> _Fate | None:
    """Which limit or rule a process broke; None if it ended in an orderly way, or with its peer."""
    if ending.cause == CPU:
        return _Fate("timeout", f"more than {limits.cpu:g} s of processor time")
    if ending.cause == WALL:
        return _Fate("timeout", f"more than {limits.clock:g} s on the clock")
    if ending.cause == OWN_LIMIT:
        return _Fate("timeout", "more processor time than it allowed itself")
    if ending.cause == STOPPED:
        return None
    if ending.cpu >= limits.cpu:
        # Also if it ended by itself before anyone looked.
        return _Fate("timeout", f"more than {limits.cpu:g} s of processor time")
    if not os.WIFSIGNALED(ending.status):
        return None
    number = os.WTERMSIG(ending.status)
    if number == signal.SIGSYS:
        return _Fate("violation", "a system call that no honest program makes")
    if number == signal.SIGKILL:
        # Nobody of ours did it: the kernel was short of memory.
        return _Fate("memory", "killed when memory ran out")
    if number == signal.SIGSEGV:
        # Of the first process of a namespace the kernel wants no SIGABRT, and `abort` goes on to fault.
        return _Fate("crash", "ended by a segmentation fault, or by `abort()`")
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    return _Fate("crash", f"ended by {name}")


def _exit(ending: Ending) -> str:
    return f"exit code {os.waitstatus_to_exitcode(ending.status)}"


def _shown(content: bytes) -> str:
    """The beginning and the end, with a mark where text is missing."""
    missing = len(content) - 2 * KEPT
    if missing <= 0:
        return _text(content)
    return f"{_text(content[:KEPT])}\n… {missing} bytes left out …\n{_text(content[-KEPT:])}"


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
