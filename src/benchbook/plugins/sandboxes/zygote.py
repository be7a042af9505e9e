"""A warm interpreter that forks a child for each program: runs inside the sandbox, standard library only.

The zygote itself is ours and runs nothing of anyone's. It hears from the host over one socket: first how it is set up,
then for each command an order, and the descriptors of what is to be run and of where results go. What a program is,
only its own child reads. Children are forked and confined ahead, while others work, and wait for their order. Each has
its own namespaces, where there are any, and is killed with everything it has started when it ends, when its time is
over, or when the host hangs up.
"""

import contextlib
import gc
import io
import math
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
from typing import NamedTuple, NoReturn

sys.path.append(sys.argv[2])

from benchbook.plugins.sandboxes import (
    candidate,
    codec,
    confinement,
    examiner,
    in_process,
    landlock,
    scratch,
    script,
    wire,
)

_WANTED = "bisect collections copy functools heapq itertools operator random re string typing"
"""Most programs import some of these: they are loaded once, here."""
_DESCRIPTORS = 4096
_NUMBER = struct.Struct("=i")
_ROOM = socket.CMSG_SPACE(8 * _NUMBER.size)
"""For the descriptors of an order."""
_FEWEST, _STOCK = 2, 6
"""Children that wait: at the least a program and its tests."""
_PAUSE = 0.02
"""Seconds without an order after which there is time to fork some more."""
_CLEARING = 0.5
"""Seconds for what a program leaves; a program can make hundreds of thousands of folders in its time."""
_USUAL_SCRATCH = 16 << 20
_SHORTEST, _LONGEST = 0.005, 60.0
"""Seconds between two looks at a program's clock."""
_PROGRAM, _TESTS = b"p", b"t"
"""The parts that there are to play."""
_REHEARSAL = "def rehearse(numbers):\n    return sorted(numbers)\n"
_PARTS: tuple[object, ...] = ((_REHEARSAL, {}), ("rehearse", ([3, 1, 2],), {}))
_REHEARSED = b"".join(wire.frame(codec.encode(part, 1 << 10)) for part in _PARTS)
"""A program of ours and a call into it, as a request holds them."""


def main(number: int) -> NoReturn:
    """Carry out orders until the host hangs up; `number` is the descriptor of the socket to it."""
    control = _only(number)
    setup = wire.Setup(*codec.decode(control.recv(1 << 18)))
    _prepare(setup)
    zygote = _Zygote(setup, control)
    control.send(zygote.trouble() or wire.READY)
    while True:
        if not select.select([control], [], [], _PAUSE)[0]:
            zygote.restock(_STOCK)
        data, descriptors, _, _ = socket.recv_fds(control, 1 << 10, 6)
        if not data:
            zygote.hang_up([])
        control.send(zygote.carry_out(wire.Order.unpack(data), descriptors).pack())
        # Once the host has its answer.
        zygote.finish_tidying()
        zygote.restock(_FEWEST)


def _only(number: int) -> socket.socket:
    """The socket under a low number, with nothing else open: whatever is open here, children must know how to close."""
    os.dup2(number, 3)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    os.closerange(4, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(_DESCRIPTORS, hard), min(_DESCRIPTORS, hard)))
    return socket.socket(fileno=3)


def _prepare(setup: wire.Setup) -> None:
    """Load what programs want, leave nothing for them to find that is not theirs, and freeze what they share."""
    sys.path.remove(sys.argv[2])
    sys.path.extend(setup.paths)
    for name in (*_WANTED.split(), *setup.preload):
        __import__(name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "benchbook"]:
        del sys.modules[name]
    sys.argv = [""]
    os.environ.clear()
    if setup.namespaces:
        confinement.protect_devices()
    if setup.user is not None:
        confinement.become(setup.user)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    _rehearse()
    os.umask(0o077)
    confinement.renounce()
    # A collection would touch, and so copy, what children share.
    gc.disable()
    gc.collect()
    gc.freeze()


def _rehearse() -> None:
    """Go the way of every program once: what the interpreter makes at first use is made, and memory is at hand."""
    said = wire.frames(_REHEARSED)
    program, _ = codec.decode(next(said))
    candidate.rehearse(program, codec.decode(next(said)))


class _Child(NamedTuple):
    """A child that waits, confined, for its part of an order."""

    pid: int
    line: socket.socket
    """Here the child says that it is confined, or why it could not be, and is told what to do."""
    folder: str
    """Where it may write."""


class _Player(NamedTuple):
    """A child that has its part of an order."""

    child: _Child
    before: float
    """Seconds of processor time that it had used by then."""
    trouble: str

    @property
    def cpu(self) -> float:
        """Seconds of processor time since then."""
        return _cpu(self.child.pid) - self.before


class _Zygote:
    """Keeps a stock of children, and has them carry out orders."""

    def __init__(self, setup: wire.Setup, control: socket.socket) -> None:
        self.setup = setup
        self.control = control
        self.pid = os.getpid()
        self.own = os.pidfd_open(self.pid) if setup.namespaces else None
        self.deaths = _deaths()
        self.processors = len(os.sched_getaffinity(0))
        """As many times faster than the clock can a program's threads spend its time."""
        self.ruleset = landlock.ruleset_within_namespaces() if setup.namespaces and landlock.abi() else None
        self.filter = confinement.Filter(setup.syscall_filter)
        self.scratch = _USUAL_SCRATCH
        self.untidy: list[str] = []
        """Folders of programs that left more than is removed in a moment."""
        self.stock: list[_Child] = []
        self.restock(_STOCK)

    def hang_up(self, players: list[_Player]) -> NoReturn:
        """End, and all that is here with this process."""
        if not self.setup.namespaces:
            for player in players:
                _ended(player, wire.STOPPED)
            self.discard()
            scratch.clear(self.setup.scratch)
            with contextlib.suppress(OSError):
                os.rmdir(self.setup.scratch)
        os._exit(0)

    def trouble(self) -> bytes:
        """Why children cannot be confined, if they cannot."""
        said = self.stock[0].line.recv(1 << 10, socket.MSG_PEEK)
        return b"" if said == wire.READY else said or b"a child ended before it was confined"

    def carry_out(self, order: wire.Order, descriptors: list[int]) -> wire.Report:
        """Have one order carried out, and say how that ended."""
        began = time.monotonic()
        if order.bounds.scratch != self.scratch:
            self.discard()
            self.scratch = order.bounds.scratch
        players, open_pipes = self.cast(order, descriptors)
        causes = self.watched(players, order.bounds, began + order.bounds.wall)
        ended = [_ended(player, cause) for player, cause in zip(players, causes, strict=True)]
        wall = time.monotonic() - began
        _close(open_pipes)
        for player in players:
            self.tidy(player.child)
        trouble = " ".join(text for _, text in ended if text)
        return wire.Report(wall, tuple(ending for ending, _ in ended), trouble, bool(self.untidy))

    def cast(self, order: wire.Order, descriptors: list[int]) -> tuple[list[_Player], list[int]]:
        """The children that play, program first, and the pipes that must stay open until all have ended."""
        request, report, out, err, *more = descriptors
        if order.mode != wire.EXAM:
            player = self.hand(_PROGRAM, order, [request, report, out, err, *more])
            _close(descriptors)
            return [player], []
        test_request, verdict = more
        questions, ask = os.pipe()
        answers, answer = os.pipe()
        program = self.hand(_PROGRAM, order, [request, report, questions, answer, out, err])
        # The tests must see that the program is no more; the program never sees that the tests are: it is killed then.
        _close([answer, *descriptors[:4]])
        tests = self.hand(_TESTS, order, [test_request, verdict, ask, answers])
        _close(more)
        return [program, tests], [questions, ask, answers]

    def hand(self, part: bytes, order: wire.Order, descriptors: list[int]) -> _Player:
        """Give a part to a child of the stock."""
        if not self.stock:
            self.stock.append(self.born())
        child = self.stock.pop(0)
        said = child.line.recv(1 << 10)
        before = _cpu(child.pid)
        if said == wire.READY:
            socket.send_fds(child.line, [part + order.pack()], descriptors)
            return _Player(child, before, "")
        return _Player(child, before, said.decode("utf-8", "replace") or "a child ended before it was confined")

    def restock(self, fewest: int) -> None:
        """Fork several children at once if there are fewer: what a fork costs the zygote in copies of its own memory,
        it then costs once for all of them."""
        if len(self.stock) < fewest:
            while len(self.stock) < _STOCK:
                self.stock.append(self.born())

    def discard(self) -> None:
        """Let go of all children that wait."""
        for child in self.stock:
            _ended(_Player(child, 0.0, ""), wire.STOPPED)
            self.tidy(child)
        self.stock.clear()

    def born(self) -> _Child:
        """A new child, which makes itself ready."""
        folder = self.setup.scratch
        if self.setup.readable is not None:
            # Only Landlock keeps the program and its tests apart: to each its own.
            folder = f"{folder}/{os.urandom(8).hex()}"
            os.mkdir(folder, 0o700)
        line, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pid = os.fork() if self.own is None else confinement.fork_apart(self.own)
        if pid == 0:
            self.live(end, folder)
        end.close()
        return _Child(pid, line, folder)

    def tidy(self, child: _Child) -> None:
        """Leave nothing of what the child has written; what takes longer, once the host has its answer."""
        if child.folder == self.setup.scratch:
            if not self.setup.namespaces:
                scratch.clear(child.folder)
        elif scratch.clear(child.folder, time.monotonic() + _CLEARING):
            os.rmdir(child.folder)
        else:
            self.untidy.append(child.folder)

    def finish_tidying(self) -> None:
        """Remove what took longer, and tell the host, which may have gone."""
        if not self.untidy:
            return
        while self.untidy:
            folder = self.untidy.pop()
            scratch.clear(folder)
            os.rmdir(folder)
        with contextlib.suppress(OSError):
            self.control.send(wire.READY)

    def live(self, line: socket.socket, folder: str) -> NoReturn:
        """The life of a child."""
        try:
            self.let_go(line)
            try:
                self.confine(folder)
                _rehearse()
                line.send(wire.READY)
                # `socket.recv_fds` touches, and so copies, more.
                data, sent, _, _ = line.recvmsg(1 << 10, _ROOM)
                if not data:
                    os._exit(0)
                descriptors = [number for *_, numbers in sent for (number,) in _NUMBER.iter_unpack(numbers)]
                order = wire.Order.unpack(data[1:])
                confinement.limit(order.bounds, counted=self.setup.counted)
            except (OSError, ValueError) as err:
                line.send(f"cannot confine a program: {err}".encode())
                os._exit(1)
            line.close()
            gc.enable()
            _play(data[:1], order, descriptors)
        finally:
            os._exit(70)

    def let_go(self, line: socket.socket) -> None:
        """Close all that a child has inherited but its line and the ruleset; its stdin is /dev/null."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # Opened here: what is set on a description that children share would outlast them.
        os.dup2(os.open("/dev/null", os.O_RDWR), 0)
        low, high = sorted((line.fileno(), self.ruleset or 2))
        os.closerange(3, low)
        os.closerange(low + 1, high)
        os.closerange(high + 1, _DESCRIPTORS)

    def confine(self, folder: str) -> None:
        """Give up everything that a program does not need."""
        ruleset = self.ruleset
        if self.setup.namespaces:
            confinement.move_apart(folder, self.scratch)
        else:
            confinement.die_with(self.pid)
        if self.setup.readable is not None:
            ruleset = landlock.ruleset(self.setup.readable, [folder, "/dev/null"])
        os.chdir(folder)
        confinement.confine(self.filter, ruleset)

    def watched(self, players: list[_Player], bounds: wire.Bounds, deadline: float) -> list[int]:
        """Wait until one player has ended or must end; why each of them ends."""
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(self.deaths, select.POLLIN)
        while True:
            left = min(bounds.cpu - player.cpu for player in players) / self.processors
            patience = min(deadline - time.monotonic(), max(left, _SHORTEST), _LONGEST)
            happened = {descriptor for descriptor, _ in poll.poll(max(0, math.ceil(patience * 1000)))}
            if self.control.fileno() in happened:
                # The host never speaks while it waits: it has hung up.
                self.hang_up(players)
            if self.deaths in happened:
                os.read(self.deaths, 1 << 10)
                causes = [_cause(player.child.pid, bounds) for player in players]
                if any(cause != wire.STOPPED for cause in causes):
                    return causes
            over = [player.cpu >= bounds.cpu for player in players]
            if any(over):
                return [wire.CPU if spent else wire.STOPPED for spent in over]
            if time.monotonic() >= deadline:
                return [wire.WALL] * len(players)


def _deaths() -> int:
    """A descriptor that can be read from when a child may have ended. Not every kernel has pidfds."""
    told, tell = os.pipe2(os.O_NONBLOCK)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    # What is ignored wakes nobody.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return told


def _cause(pid: int, bounds: wire.Bounds) -> int:
    """Why a child that nobody has ended is gone; if it is not, its peer may be."""
    end = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if end is None:
        return wire.STOPPED
    by_limit = end.si_code != os.CLD_EXITED and _limited_itself(pid, end.si_status, bounds)
    return wire.OWN_LIMIT if by_limit else wire.ITSELF


def _limited_itself(pid: int, number: int, bounds: wire.Bounds) -> bool:
    """Whether that signal tells of a smaller limit of processor time, which the child has set itself and reached."""
    if number not in (signal.SIGKILL, signal.SIGXCPU):
        return False
    # Not every kernel still knows the limits of what has ended.
    with contextlib.suppress(OSError):
        soft, hard = resource.prlimit(pid, resource.RLIMIT_CPU)
        # The kernel adds a second to the soft limit as it sends its signal.
        limit = hard if number == signal.SIGKILL else soft - 1
        # It counts in ticks, which may be half as much again.
        return 0 <= limit < confinement.most_cpu(bounds) and 2 * _cpu(pid) >= limit
    return False


def _play(part: bytes, order: wire.Order, descriptors: list[int]) -> NoReturn:
    """Do what was ordered."""
    request, report, *more = descriptors
    said = wire.frames(os.pread(request, os.fstat(request).st_size, 0))
    words = codec.decode(next(said, b""))
    output = order.bounds.output
    if part == _TESTS:
        os.dup2(0, 1)
        os.dup2(0, 2)
        (test_code, entry_point), (ask, answers) = words, more
        asked = examiner.Program(ask, os.fdopen(answers, "rb"), output)
        examiner.examine(test_code, entry_point, asked, report)
    program, files = words[:2]
    pipes, streams = (more[:2], more[2:]) if order.mode == wire.EXAM else ([], more)
    for descriptor, number in zip(streams, (1, 2, 0), strict=False):
        os.dup2(descriptor, number)
        os.close(descriptor)
    try:
        candidate.place(files)
    except (OSError, ValueError, RecursionError) as err:
        candidate.stop(report, "error", f"the solution's files cannot be put into its working folder: {err}")
    match order.mode:
        case wire.EXAM:
            questions, answers = pipes
            candidate.serve(program, wire.each(os.fdopen(questions, "rb")), answers, report, output)
        case wire.SCRIPT:
            script.run(program, report)
        case wire.TOGETHER:
            test_code, entry_point = words[2:]
            in_process.examine(program, test_code, entry_point, report)
        case _:
            candidate.serve(program, said, report, report, output)


def _cpu(pid: int) -> float:
    """Seconds of processor time that the process has used."""
    # The clock of another process, as clock_getcpuclockid(3) spells it.
    return time.clock_gettime((~pid << 3) | 2)


def _ended(player: _Player, cause: int) -> tuple[wire.Ending, str]:
    """End the child with all its offspring; how it ended, and what kept it from beginning."""
    child = player.child
    # The first process of a pid namespace takes the whole namespace with it. Elsewhere a filter refuses new processes;
    # without one, this gets those that have not left the child's session.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    os.kill(child.pid, signal.SIGKILL)
    _, status, used = os.wait4(child.pid, 0)
    said = _last_word(child.line)
    child.line.close()
    cpu = max(0.0, used.ru_utime + used.ru_stime - player.before)
    return wire.Ending(cause, status, cpu, used.ru_maxrss * 1024), player.trouble or said


def _last_word(line: socket.socket) -> str:
    """What a child that is gone has said of itself."""
    try:
        return line.recv(1 << 10).decode("utf-8", "replace")
    except ConnectionResetError:
        # It was ended before it had even read its order.
        return ""


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


if __name__ == "__main__":
    main(int(sys.argv[1]))
