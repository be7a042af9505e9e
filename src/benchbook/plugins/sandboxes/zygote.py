"""A warm interpreter that forks one child for each program: runs inside the sandbox, standard library only.

The zygote itself is ours and runs nothing of anyone's. It hears from the host over one socket: first the filter of
system calls, then for each command the bounds, and the descriptors of what is to be run and of where results go. What
a program is, only its own child reads. Each child gets new pid, mount and ipc namespaces, is confined, and is killed
with everything it has started when it ends, when its time is over, or when the host hangs up.
"""

import fcntl
import gc
import io
import math
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple, NoReturn

sys.path.append("/benchbook")

from benchbook.plugins.sandboxes import candidate, codec, confinement, examiner, wire

_WANTED = "bisect collections copy functools heapq itertools operator random re string typing"
"""Most programs import some of these: they are loaded once, here."""
_READY = b"ready"
_DESCRIPTORS = 256
_REQUEST, _REPORT, _FIRST_PIPE, _SECOND_PIPE = 3, 4, 5, 6
"""What a child's descriptors are, after the three that everyone has."""
_FIRST_FREE = 64
"""Descriptors are gathered above it before they get their final numbers."""
_SHORTEST = 0.005
"""Seconds between two looks at a program's clock."""


def main(number: int) -> NoReturn:
    """Carry out commands until the host hangs up; `number` is the descriptor of the socket to it."""
    control = _only(number)
    syscall_filter = control.recv(1 << 16)
    _prepare()
    own = os.pidfd_open(os.getpid())
    control.send(_READY)
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 1 << 10, 6)
        if not data:
            os._exit(0)
        command = _Command(wire.Bounds.unpack(data), descriptors, syscall_filter, own)
        control.send(_carried_out(command, control).pack())
        _close(descriptors)


class _Command(NamedTuple):
    bounds: wire.Bounds
    descriptors: list[int]
    """Of the program: request, report, stdout, stderr. With test code, of the tests: request, report."""
    syscall_filter: bytes
    own: int
    """A pidfd of the zygote."""


class _Child(NamedTuple):
    pid: int
    handle: int
    """A pidfd: readable once the child has ended."""
    ready: int
    """A pipe: here the child says that it is confined, or why it could not be."""


def _only(number: int) -> socket.socket:
    """The socket under a low number, with nothing else open: whatever is open here, children must know how to close."""
    os.dup2(number, 3)
    os.closerange(4, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (_DESCRIPTORS, _DESCRIPTORS))
    return socket.socket(fileno=3)


def _prepare() -> None:
    """Load what programs want, leave nothing for them to find that is not theirs, and freeze what they share."""
    for name in _WANTED.split():
        __import__(name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "benchbook"]:
        del sys.modules[name]
    sys.path.remove("/benchbook")
    sys.argv = [""]
    os.environ.clear()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    gc.collect()
    gc.freeze()


def _carried_out(command: _Command, control: socket.socket) -> wire.Report:
    began = time.monotonic()
    children, pipes = _program(command) if len(command.descriptors) == 4 else _program_and_tests(command)
    causes = _watched(children, command.bounds, control, began + command.bounds.wall)
    ended = [_ended(child, cause) for child, cause in zip(children, causes, strict=True)]
    _close(pipes)
    trouble = " ".join(text for _, text in ended if text)
    return wire.Report(time.monotonic() - began, tuple(ending for ending, _ in ended), trouble)


def _program(command: _Command) -> tuple[list[_Child], list[int]]:
    """A program that finds the calls behind its text, and puts the answers into its report."""
    request, report, out, err = command.descriptors

    def run() -> NoReturn:
        source = os.fdopen(_REQUEST, "rb")
        [program] = _read(source)
        candidate.serve(program, source, _REPORT, _REPORT, command.bounds.output)

    return [_born(command, [None, out, err, request, report], run)], []


def _program_and_tests(command: _Command) -> tuple[list[_Child], list[int]]:
    """A program that is asked by the tests, and the pipes that must stay open until both have ended."""
    request, report, out, err, test_request, verdict = command.descriptors
    questions, ask = os.pipe()
    answers, answer = os.pipe()

    def run() -> NoReturn:
        [program] = _read(os.fdopen(_REQUEST, "rb"))
        candidate.serve(program, os.fdopen(_FIRST_PIPE, "rb"), _SECOND_PIPE, _REPORT, command.bounds.output)

    def test() -> NoReturn:
        test_code, entry_point = _read(os.fdopen(_REQUEST, "rb"))
        asked = examiner.Program(_FIRST_PIPE, os.fdopen(_SECOND_PIPE, "rb"), command.bounds.output)
        examiner.examine(test_code, entry_point, asked, _REPORT)

    program = _born(command, [None, out, err, request, report, questions, answer], run)
    # The tests must see that the program is no more; the program never sees that the tests are: it is killed then.
    os.close(answer)
    tests = _born(command, [None, None, None, test_request, verdict, ask, answers], test)
    return [program, tests], [questions, ask, answers]


def _read(request: BinaryIO) -> Any:
    return codec.decode(wire.receive(request, sys.maxsize) or b"")


def _born(command: _Command, descriptors: list[int | None], run: Callable[[], NoReturn]) -> _Child:
    """A new child that has `descriptors` as 0, 1, 2 …, with /dev/null for None, and no others."""
    ready, say_ready = os.pipe()
    pid = confinement.fork(command.own)
    if pid == 0:
        _live(command, [*descriptors, say_ready], run)
    os.close(say_ready)
    return _Child(pid, os.pidfd_open(pid), ready)


def _live(command: _Command, descriptors: list[int | None], run: Callable[[], NoReturn]) -> NoReturn:
    try:
        say_ready = _keep_only(descriptors)
        try:
            confinement.confine(command.bounds, command.syscall_filter)
        except (OSError, ValueError) as err:
            os.write(say_ready, f"cannot confine a program: {err}".encode())
            os._exit(1)
        os.write(say_ready, _READY)
        os.close(say_ready)
        run()
    finally:
        os._exit(70)


def _keep_only(descriptors: list[int | None]) -> int:
    """Renumber the descriptors from 0 and close all others; the last one's number."""
    # Opened here: what is set on a description that children share would outlast them.
    nothing = os.open("/dev/null", os.O_RDWR)
    kept = [nothing if descriptor is None else descriptor for descriptor in descriptors]
    gathered = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, _FIRST_FREE) for descriptor in kept]
    for number, descriptor in enumerate(gathered):
        os.dup2(descriptor, number)
    os.closerange(len(descriptors), _DESCRIPTORS)
    return len(descriptors) - 1


def _watched(children: list[_Child], bounds: wire.Bounds, control: socket.socket, deadline: float) -> list[int]:
    """Wait until one child has ended or must end; why each of them ends."""
    poll = select.poll()
    for descriptor in (control.fileno(), *(child.handle for child in children)):
        poll.register(descriptor, select.POLLIN)
    while True:
        left = min(bounds.cpu - _cpu(child.pid) for child in children)
        patience = min(deadline - time.monotonic(), max(left, _SHORTEST))
        happened = {descriptor for descriptor, _ in poll.poll(max(0, math.ceil(patience * 1000)))}
        if control.fileno() in happened:
            # The host never speaks while it waits: it has hung up, and all that is here ends with this process.
            os._exit(0)
        if any(child.handle in happened for child in children):
            return [wire.ITSELF if child.handle in happened else wire.STOPPED for child in children]
        over = [_cpu(child.pid) >= bounds.cpu for child in children]
        if any(over):
            return [wire.CPU if spent else wire.STOPPED for spent in over]
        if time.monotonic() >= deadline:
            return [wire.WALL] * len(children)


def _cpu(pid: int) -> float:
    """Seconds of processor time that the process has used."""
    # The clock of another process, as clock_getcpuclockid(3) spells it.
    return time.clock_gettime((~pid << 3) | 2)


def _ended(child: _Child, cause: int) -> tuple[wire.Ending, str]:
    """End the child with all its offspring; how it ended, and what kept it from beginning."""
    # The first process of a pid namespace takes the whole namespace with it.
    signal.pidfd_send_signal(child.handle, signal.SIGKILL)
    _, status, used = os.wait4(child.pid, 0)
    said = os.read(child.ready, 1 << 10)
    _close([child.handle, child.ready])
    ending = wire.Ending(cause, status, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)
    if said == _READY or cause == wire.STOPPED:
        return ending, ""
    return ending, said.decode("utf-8", "replace") or "a program ended before it was confined"


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


if __name__ == "__main__":
    main(int(sys.argv[1]))
