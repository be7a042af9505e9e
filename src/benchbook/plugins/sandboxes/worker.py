"""The host's end of one zygote."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from benchbook import SandboxUnavailable
from benchbook.plugins.sandboxes import codec, scratch
from benchbook.plugins.sandboxes.bubblewrap import UNKNOWN, remedy
from benchbook.plugins.sandboxes.exchange import exchange
from benchbook.plugins.sandboxes.wire import GRACE, READY, Order, Report, Setup

_START = 30.0
_TIDYING = 300.0
"""Seconds for what a program has made in its time."""
_MOMENT = 0.2
"""Seconds that the removal of a folder is waited for."""


@dataclass(frozen=True)
class Launch:
    """How a zygote is started."""

    command: Callable[[int, int], list[str]]
    """The command, given the descriptors for control and for facts about the process."""
    setup: Setup
    environment: Mapping[str, str] | None = None
    """Ours, unless given."""
    scratch: Path | None = None
    """Its folder, where it has no file system of its own; removed with it."""
    wrapped: bool = True
    """Whether the command is bubblewrap, and the zygote below it; else it is the zygote itself."""


class ZygoteDied(Exception):
    """The zygote is gone, or could not do its work: not the program's fault."""


class Outcome(NamedTuple):
    """What came of an order: how its processes ended, and what is in the files that they wrote."""

    report: Report
    written: tuple[bytes, ...]
    """Report, stdout and stderr; with tests, their verdict. Each is cut where it exceeds the limit by far."""


class Worker(Protocol):
    """A zygote that waits for orders, near or far."""

    async def carry_out(self, order: Order, inputs: Sequence[bytes]) -> Outcome:
        """Have one order carried out. The inputs are the request, and the tests or what comes on stdin."""

    def kill(self) -> None:
        """Kill the zygote and everything below it, and wait until all of it is gone."""

    def end(self) -> None:
        """Kill the zygote and let go of it."""


@dataclass
class LocalWorker:
    """A zygote on this machine; contents pass as files in memory, which the zygote itself never reads."""

    control: socket.socket
    process: subprocess.Popen[bytes]
    handle: int
    """A pidfd of the zygote: the first process of its namespace, if it has one."""
    complaints: BinaryIO
    """What it writes to stderr: its last words, should it die."""
    scratch: Path | None = None
    """Its folder, where it has no file system of its own."""
    tidying: bool = False
    """Whether it still removes what the last program left."""

    async def carry_out(self, order: Order, inputs: Sequence[bytes]) -> Outcome:
        """Have one order carried out."""
        with exchange(order, inputs) as files:
            report = await self._ask(order, files.handed)
            return Outcome(report, files.contents())

    async def _ask(self, order: Order, descriptors: Sequence[int]) -> Report:
        if self.tidying and await self._heard(_TIDYING) != READY:
            raise ZygoteDied("the zygote does not get rid of what a program left")
        try:
            socket.send_fds(self.control, [order.pack()], descriptors)
        except OSError as err:
            raise ZygoteDied(f"the zygote has ended: {err}") from None
        report = Report.unpack(await self._heard(order.bounds.wall + GRACE))
        if report.trouble:
            raise ZygoteDied(report.trouble)
        self.tidying = report.tidying
        return report

    async def _heard(self, seconds: float) -> bytes:
        """What the zygote says within that time. If it is this process that is late, it has said it all the same."""
        loop = asyncio.get_running_loop()
        told = asyncio.Event()
        loop.add_reader(self.control, told.set)
        try:
            async with asyncio.timeout(seconds):
                await told.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(self.control)
        try:
            data = self.control.recv(1 << 12)
        except BlockingIOError:
            raise ZygoteDied("the zygote does not answer") from None
        except OSError as err:
            raise ZygoteDied(f"the zygote has ended: {err}") from None
        if not data:
            raise ZygoteDied(f"the zygote has ended: {_said(self.complaints)[-500:] or 'it said nothing'}")
        return data

    def kill(self) -> None:
        """Kill the zygote and everything below it, and wait until all of it is gone."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """Kill the zygote and let go of it."""
        self.kill()
        self.control.close()
        os.close(self.handle)
        self.complaints.close()
        if self.scratch is not None:
            _remove(self.scratch)


def _remove(folder: Path) -> None:
    """Remove a folder; where it is full, that goes on beside what is done meanwhile."""

    def remove() -> None:
        with suppress(OSError):
            scratch.clear(str(folder))
            folder.rmdir()

    removal = threading.Thread(target=remove)
    removal.start()
    removal.join(_MOMENT)


async def start(launch: Launch) -> LocalWorker:
    """A new zygote; SandboxUnavailable if it does not come up."""
    complaints = os.fdopen(os.memfd_create("complaints"), "w+b")
    try:
        worker = _spawned(launch, complaints)
    except SandboxUnavailable:
        complaints.close()
        raise
    word = b""
    try:
        word = await _first_word(worker, launch.setup)
        if word != READY:
            raise _unavailable(launch, complaints, word)
    finally:
        if word != READY:
            worker.end()
    return worker


def _spawned(launch: Launch, complaints: BinaryIO) -> LocalWorker:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(0)
    told, tell = os.pipe()
    with theirs, os.fdopen(told, "rb") as facts:
        try:
            process = _process(launch, (theirs.fileno(), tell), complaints)
        except OSError as err:
            ours.close()
            raise SandboxUnavailable(f"the sandbox cannot be run: {err}") from None
        finally:
            os.close(tell)
        said = facts.read()
    try:
        zygote = json.loads(said)["child-pid"] if launch.wrapped else process.pid
        return LocalWorker(ours, process, os.pidfd_open(zygote), complaints, launch.scratch)
    except (ValueError, ProcessLookupError):
        ours.close()
        process.wait()
        raise _unavailable(launch, complaints) from None


def _process(launch: Launch, passed: tuple[int, int], complaints: BinaryIO) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        launch.command(*passed),
        pass_fds=passed,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=complaints,
        cwd="/",
        env=launch.environment,
        # Ctrl-C at the terminal is for us to handle.
        start_new_session=True,
    )


async def _first_word(worker: LocalWorker, setup: Setup) -> bytes:
    """`ready`, or what is wrong; nothing if the zygote does not speak."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_START):
            await loop.sock_sendall(worker.control, codec.encode(tuple(setup), 1 << 17))
            return await loop.sock_recv(worker.control, 1 << 10)
    except OSError:
        # TimeoutError is one, too.
        return b""


def _unavailable(launch: Launch, complaints: BinaryIO, word: bytes = b"") -> SandboxUnavailable:
    said = " ".join([*word.decode("utf-8", "replace").split(), _said(complaints)[:2000]]).strip()
    # Bubblewrap guesses what may be the matter; we look.
    said = said.partition(", likely because")[0] or "it did not start, and said nothing"
    return SandboxUnavailable(f"the sandbox cannot start: {said}; {remedy(said) if launch.wrapped else UNKNOWN}")


def _said(complaints: BinaryIO) -> str:
    complaints.seek(0)
    return " ".join(complaints.read().decode("utf-8", "replace").split())
