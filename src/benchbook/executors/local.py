"""Runs on this machine: each a process group of its own, so that a crash stays contained and leaves nothing behind."""

import os
import resource
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from benchbook import settings
from benchbook.errors import Conflict, SpecError
from benchbook.executors.executor import Exited, Handle, Lost, Running, State
from benchbook.service.environment import lives, node, process_of
from benchbook.service.queue import log_path
from benchbook.store.queue import Node

FORCE = 10.0
"""Seconds between asking a second time and ending it by force."""
_OTHERS = 2
_MARK = "BENCHBOOK_ATTEMPT"
"""The variable by which a process is known that has not reported yet."""


class _Member(NamedTuple):
    """A process, as the kernel tells."""

    pid: int
    group: int
    session: int
    born: int


@dataclass
class _Stopping:
    """Since when something is asked to end, and what was tried."""

    since: float
    asked: int = 1


@dataclass(frozen=True)
class Limits:
    """What each run gets of this machine; None: all that there is."""

    cpus: int | None = None
    """Processors."""
    memory: int | None = None
    """Bytes of each of its processes, but for files that it has mapped."""

    def check(self) -> None:
        """SpecError if the machine cannot keep to them."""
        if self.cpus is not None and not hasattr(os, "sched_setaffinity"):
            raise SpecError("--cpus: this system cannot bind processes to processors; leave it out")
        if self.cpus is not None and self.cpus > settings.cores():
            raise SpecError(f"--cpus {self.cpus}: there are {settings.cores()} processors here")
        if self.memory is not None and not hasattr(resource, "prlimit"):
            raise SpecError("--memory: this system cannot limit the memory of another process; leave it out")
        if self.memory is not None and self.memory < _LEAST_MEMORY:
            raise SpecError(f"--memory: no run can begin in {self.memory} bytes; give it 256MiB at least")


_LEAST_MEMORY = 256 << 20


@dataclass
class LocalExecutor:
    """Starts processes here, and finds those again that another has started before it."""

    logs: Path
    runs: int = field(default_factory=settings.cores)
    """At once."""
    gpus: tuple[str, ...] = field(default_factory=settings.gpus)
    limits: Limits = Limits()
    _children: dict[tuple[str, int], tuple[Handle, "subprocess.Popen[bytes]", tuple[str, ...]]] = field(
        default_factory=dict, init=False
    )
    _bound: dict[tuple[str, int], frozenset[int]] = field(default_factory=dict, init=False)
    """The processors that living children have, where they are counted out."""
    _codes: dict[tuple[str, int], int] = field(default_factory=dict, init=False)
    """How those ended that were children."""
    _stopping: dict[Handle, _Stopping] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.limits.check()

    def capacity(self) -> list[Node]:
        """This machine."""
        kept = {slot for _, child, slots in self._children.values() if child.poll() is None for slot in slots}
        return [Node(node(), self.runs, _OTHERS, self.gpus, tuple(sorted(kept)))]

    def submit(
        self, place: str, attempt: int, argv: Sequence[str], slots: Sequence[str], env: Mapping[str, str]
    ) -> Handle:
        """Start a process in a group of its own. It sees these GPUs and no others, where there are any."""
        if (place, attempt) in self._children:
            return self._children[place, attempt][0]
        path = log_path(self.logs, place, attempt)
        path.parent.mkdir(parents=True, exist_ok=True)
        seen = {"CUDA_VISIBLE_DEVICES": ",".join(slots)} if self.gpus else {}
        try:
            # That there is a log says that somebody has begun: of two, one makes it.
            log = path.open("xb")
        except FileExistsError:
            raise Conflict(f"attempt {attempt} at {place} was begun before: {path} is there") from None
        with log:
            child = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=settings.environment(**env, **seen, **{_MARK: f"{place}/{attempt}"}),
                start_new_session=True,
            )
        # What it starts itself is bound by the same; it has not begun to do so yet.
        self._bind(place, attempt, child.pid)
        handle = Handle(place, attempt, process_of(child.pid))
        self._children[place, attempt] = (handle, child, tuple(slots))
        return handle

    def poll(self, handle: Handle) -> State:
        """How it is getting on; what it has left behind in its group is ended once it is gone itself."""
        known = self._children.get((handle.place, handle.attempt))
        if known is not None:
            code = known[1].poll()
            if code is None:
                return Running()
            self._codes[handle.place, handle.attempt] = code
            self._clear(known[0])
        if (handle.place, handle.attempt) in self._codes:
            return Exited(self._codes[handle.place, handle.attempt])
        process = handle.process or _found(handle)
        if process and lives(process):
            return Running()
        self._clear(replace(handle, process=process))
        return Lost()

    def stop(self, handle: Handle, grace: float) -> None:
        """TERM to the process; once more after `grace` seconds, and KILL to its whole group ten seconds later. Without
        any grace, KILL at once."""
        known = self._children.get((handle.place, handle.attempt))
        target = known[0] if known else replace(handle, process=handle.process or _found(handle))
        if not lives(target.process):
            return
        stopping = self._stopping.get(target)
        waited = time.monotonic() - stopping.since if stopping else 0.0
        if grace <= 0 or waited > grace + FORCE:
            _signal_group(target.process, signal.SIGKILL)
        elif stopping is None:
            self._stopping[target] = _Stopping(time.monotonic())
            _signal(target.process, signal.SIGTERM)
        elif waited > grace and stopping.asked == 1:
            stopping.asked = 2
            _signal(target.process, signal.SIGTERM)

    def log(self, handle: Handle, offset: int) -> bytes:
        """What it has written; nothing if there is no log."""
        try:
            with log_path(self.logs, handle.place, handle.attempt).open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size + offset) if offset < 0 else offset)
                return file.read()
        except OSError:
            return b""

    def tidy(self, kept: Collection[str], seconds: float) -> int:
        """Delete logs that nobody has written to for so long, but for these places; how many that were."""
        before, gone = time.time() - seconds, 0
        for path in self.logs.glob("*/*.log"):
            with suppress(OSError):
                if path.parent.name not in kept and path.stat().st_mtime < before:
                    path.unlink()
                    gone += 1
                    # The last one takes the folder along; as long as there are others, that is refused.
                    path.parent.rmdir()
        return gone

    def _bind(self, place: str, attempt: int, pid: int) -> None:
        """To the processors that fewest others have, and to so much memory."""
        # One that has ended at once is bound to nothing.
        with suppress(ProcessLookupError):
            if self.limits.cpus is not None:
                taken = Counter(cpu for cpus in self._bound.values() for cpu in cpus)
                free = sorted(os.sched_getaffinity(0), key=lambda cpu: (taken[cpu], cpu))
                self._bound[place, attempt] = frozenset(free[: self.limits.cpus])
                os.sched_setaffinity(pid, self._bound[place, attempt])
            if self.limits.memory is not None:
                hard = resource.prlimit(pid, resource.RLIMIT_DATA)[1]
                most = self.limits.memory if hard == resource.RLIM_INFINITY else min(hard, self.limits.memory)
                resource.prlimit(pid, resource.RLIMIT_DATA, (most, most))

    def _clear(self, handle: Handle) -> None:
        self._bound.pop((handle.place, handle.attempt), None)
        self._children.pop((handle.place, handle.attempt), None)
        self._stopping.pop(handle, None)
        _signal_group(handle.process, signal.SIGKILL)


def _signal(process: str, number: signal.Signals) -> None:
    """To the one process, if it is still the one that was meant: its number may be another's by now."""
    if lives(process):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(_pid(process), number)


def _signal_group(process: str, number: signal.Signals) -> None:
    """To the group that the process leads or led, member by member, each only if it can be one of it."""
    pid = _pid(process)
    if not pid or (process_of(pid) and not lives(process)):
        # The number is another's by now; as long as one of the group is left, it is given to nobody.
        return
    for member in list(_members(pid)):
        if member.born >= _birth(process):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(member.pid, number)


def _members(group: int) -> Iterator[_Member]:
    """The living processes of a group that is a session of its own."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                words = (folder / "stat").read_text().rpartition(")")[2].split()
                found = _Member(int(folder.name), int(words[2]), int(words[3]), int(words[19]))
                if (found.group, found.session) == (group, group) and words[0] != "Z":
                    yield found


def _found(handle: Handle) -> str:
    """The process that was started for the handle by somebody who could not tell any more; empty if there is none."""
    mark = f"{_MARK}={handle.place}/{handle.attempt}".encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                leads = os.getsid(int(folder.name)) == int(folder.name)
                if leads and mark in (folder / "environ").read_bytes().split(b"\0"):
                    return process_of(int(folder.name))
    return ""


def _pid(process: str) -> int:
    word = process.partition(" ")[0]
    return int(word) if word.isdigit() else 0


def _birth(process: str) -> int:
    digits = "".join(character for character in process.partition("(")[2] if character.isdigit())
    return int(digits or 0)
