"""One command: what is handed to the sandbox, and what is made of what comes back."""

import os
import platform
import signal
from contextlib import ExitStack
from typing import Any, NamedTuple

from benchbook import CallResult, Command, ExecResult, ExecStatus, Limits, SpecError
from benchbook.plugins.sandboxes import codec
from benchbook.plugins.sandboxes.wire import CPU, STOPPED, WALL, Bounds, Ending, Report, frames, send
from benchbook.plugins.sandboxes.worker import Worker

KEPT = 8192
"""Bytes of stdout and of stderr that are kept from the beginning, and as many from the end."""
_KIB, _MIB = 1 << 10, 1 << 20
_ROOM = 4 * _KIB
"""How far a file may grow beyond the limit of output, so that exceeding it shows."""
_COUNTED = (5, 14)
"""Since this Linux, processes are counted per user namespace; before, together with all the user's others."""
_OURS = 2
"""Processes that are counted with the program's: the zygote, and the program's tests."""


async def execute(command: Command, worker: Worker, sandbox: str) -> ExecResult:
    """Have the worker carry out the command, and say what became of it."""
    with ExitStack() as stack:
        files = _files(command, stack)
        report = await worker.carry_out(_bounds(command.limits), [file for file in files if file is not None])
        fate, calls, test_error = _judged(command, report, files)
        program = report.endings[0]
        return ExecResult(
            status=fate.status,
            reason=fate.reason,
            calls=calls,
            test_error=test_error,
            stdout=_shown(files.stdout),
            stderr=_shown(files.stderr),
            cpu=program.cpu,
            wall=report.wall,
            peak_memory=program.memory,
            sandbox=sandbox,
        )


class _Files(NamedTuple):
    """Files in memory, as descriptors. Nothing blocks on them, and the limit on file size bounds them."""

    request: int
    """The program's text and the calls into it. The program can read it: it holds no expected value."""
    report: int
    """What the program's process says: the answers to calls, and what ended it early."""
    stdout: int
    stderr: int
    tests: int | None = None
    """The test code. Only the tests' process has this one and the next."""
    verdict: int | None = None


class _Fate(NamedTuple):
    status: ExecStatus
    reason: str = ""


_COMPLETED = _Fate("completed")


def _files(command: Command, stack: ExitStack) -> _Files:
    def new(*contents: bytes) -> int:
        file = os.memfd_create("benchbook")
        stack.callback(os.close, file)
        for content in contents:
            send(file, content)
        os.lseek(file, 0, os.SEEK_SET)
        return file

    program = _encoded((command.program,), "the program")
    if command.test_code is not None:
        tests = _encoded((command.test_code, command.entry_point), "the test code")
        return _Files(new(program), new(), new(), new(), new(tests), new())
    calls = [
        _encoded((call.function, call.args, call.kwargs), f"call {number} (of `{call.function}`)")
        for number, call in enumerate(command.calls, 1)
    ]
    return _Files(new(program, *calls), new(), new(), new())


def _encoded(value: object, what: str) -> bytes:
    try:
        return codec.encode(value, 1 << 31)
    except codec.NotPlain as err:
        raise SpecError(f"{what} cannot be handed to a sandbox: {err}") from None


def _bounds(limits: Limits) -> Bounds:
    output, disk = limits.output * _KIB, limits.disk * _MIB
    return Bounds(
        cpu=limits.cpu,
        wall=limits.wall,
        memory=limits.memory * _MIB,
        file=max(disk, output + _ROOM),
        output=output,
        scratch=disk,
        tasks=limits.processes + _OURS if _linux() >= _COUNTED else 0,
    )


def _linux() -> tuple[int, ...]:
    return tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2] if part.isdigit())


def _judged(command: Command, report: Report, files: _Files) -> tuple[_Fate, tuple[CallResult, ...], str | None]:
    excess = _excess(files, command.limits)
    said = _Said.parse(files.report, command.limits)
    if files.verdict is None:
        return excess or _called(command, report, said), said.results[: len(command.calls)], None
    fate, test_error = _tested(command, report, said, files.verdict)
    return (excess, (), None) if excess else (fate, (), test_error)


def _excess(files: _Files, limits: Limits) -> _Fate | None:
    most = limits.output * _KIB
    for what, file in (("stdout", files.stdout), ("stderr", files.stderr), ("returned values", files.report)):
        if os.fstat(file).st_size > most:
            return _Fate("output_limit", f"more than {limits.output} KiB of {what}")
    return None


class _Said(NamedTuple):
    """What the program's process reported. It is the program's word, and is believed in nothing but failures."""

    loaded: bool
    results: tuple[CallResult, ...]
    end: _Fate | None
    """What ended it early."""

    @staticmethod
    def parse(file: int, limits: Limits) -> "_Said":
        """What is in the report, up to the first thing that does not belong there."""
        loaded, results = False, list[CallResult]()
        for frame in frames(os.pread(file, limits.output * _KIB + _ROOM, 0)):
            match _decoded(frame):
                case ("end", "error" | "memory" | "output_limit" as status, str(reason)):
                    return _Said(loaded, tuple(results), _Fate(status, reason))
                case ([*_], [*_]) if not loaded:
                    loaded = True
                case ("value", value) if loaded:
                    results.append(CallResult(value=value))
                case ("opaque", str(text), bool()) if loaded:
                    results.append(CallResult(error=text))
                case ("error", str(kind), str(text)) if loaded:
                    results.append(CallResult(error=": ".join(part for part in (kind, text) if part)))
                case _:
                    return _Said(loaded, tuple(results), _Fate("protocol_error", "its report cannot be read"))
        return _Said(loaded, tuple(results), None)


def _decoded(frame: bytes) -> Any:
    try:
        return codec.decode(frame)
    except codec.Undecodable:
        return None


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


def _tested(command: Command, report: Report, said: _Said, verdict: int) -> tuple[_Fate, str | None]:
    program, tests = report.endings
    if early := _breach(program, command.limits) or said.end:
        return early, None
    # Whatever the tests said: it is the program's fault if it ended before them.
    if program.cause != STOPPED:
        return _Fate("error", f"the program ended itself ({_exit(program)})"), None
    if breach := _breach(tests, command.limits):
        return breach._replace(reason=f"the tests: {breach.reason}"), None
    content = os.pread(verdict, os.fstat(verdict).st_size, 0)
    match [_decoded(frame) for frame in frames(content)]:
        case [("passed", "")]:
            return _COMPLETED, None
        case [("failed", str(text))]:
            return _COMPLETED, text
        case [("missing", str(text))]:
            return _Fate("error", text), None
        case [("malformed" | "gone", str(text))]:
            return _Fate("protocol_error", text or "the program no longer answers"), None
    return _Fate("error", f"the tests ended without a verdict ({_exit(tests)})"), None


def _breach(ending: Ending, limits: Limits) -> _Fate | None:
    """Which limit or rule a process broke; None if it ended in an orderly way, or with its peer."""
    if ending.cause == CPU:
        return _Fate("timeout", f"more than {limits.cpu:g} s of processor time")
    if ending.cause == WALL:
        return _Fate("timeout", f"more than {limits.wall:g} s on the clock")
    if ending.cause == STOPPED or not os.WIFSIGNALED(ending.status):
        return None
    number = os.WTERMSIG(ending.status)
    if number == signal.SIGSYS:
        return _Fate("violation", "a system call that no honest program makes")
    if number in {signal.SIGKILL, signal.SIGXCPU}:
        # The kernel's own limit on processor time counts whole seconds; who is killed below it was short of memory.
        over = ending.cpu >= limits.cpu
        return _Fate("timeout", "processor time") if over else _Fate("memory", "killed when memory ran out")
    return _Fate("crash", f"ended by {signal.Signals(number).name}")


def _exit(ending: Ending) -> str:
    return f"exit code {os.waitstatus_to_exitcode(ending.status)}"


def _shown(file: int) -> str:
    """The beginning and the end of a file, with a mark where text is missing."""
    size = os.fstat(file).st_size
    if size <= 2 * KEPT:
        return os.pread(file, size, 0).decode("utf-8", "replace")
    head, tail = os.pread(file, KEPT, 0), os.pread(file, KEPT, size - KEPT)
    mark = f"\n… {size - 2 * KEPT} bytes left out …\n"
    return head.decode("utf-8", "replace") + mark + tail.decode("utf-8", "replace")
