"""The host's end of one zygote."""

import asyncio
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from benchbook import SandboxUnavailable
from benchbook.plugins.sandboxes.bubblewrap import remedy
from benchbook.plugins.sandboxes.wire import Bounds, Report

_START = 30.0
_GRACE = 10.0
"""Seconds beyond the time on the clock that a program has, until a silent zygote is given up."""

ZygoteCommand = Callable[[int, int], list[str]]
"""The command that starts a zygote, given the descriptors for control and for facts about the process."""


class ZygoteDied(Exception):
    """The zygote is gone, or could not do its work: not the program's fault."""


@dataclass(frozen=True)
class Worker:
    """A zygote that waits for commands."""

    control: socket.socket
    process: subprocess.Popen[bytes]
    handle: int
    """A pidfd of the zygote, the first process of its namespace."""

    async def carry_out(self, bounds: Bounds, descriptors: Sequence[int]) -> Report:
        """Have one command carried out."""
        try:
            socket.send_fds(self.control, [bounds.pack()], descriptors)
            async with asyncio.timeout(bounds.wall + _GRACE):
                data = await asyncio.get_running_loop().sock_recv(self.control, 1 << 12)
        except TimeoutError:
            raise ZygoteDied("the zygote does not answer") from None
        except OSError as err:
            raise ZygoteDied(f"the zygote has ended: {err}") from None
        if not data:
            raise ZygoteDied("the zygote has ended")
        report = Report.unpack(data)
        if report.trouble:
            raise ZygoteDied(report.trouble)
        return report

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


async def start(command: ZygoteCommand, syscall_filter: bytes) -> Worker:
    """A new zygote; SandboxUnavailable if it does not come up."""
    with os.fdopen(os.memfd_create("complaints"), "w+b") as complaints:
        worker = _spawned(command, complaints)
        ready = False
        try:
            ready = await _ready(worker, syscall_filter)
        finally:
            if not ready:
                worker.end()
        if not ready:
            raise _unavailable(complaints)
    return worker


def _spawned(command: ZygoteCommand, complaints: BinaryIO) -> Worker:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(0)
    told, tell = os.pipe()
    with theirs, os.fdopen(told, "rb") as facts:
        try:
            process = _process(command, (theirs.fileno(), tell), complaints)
        except OSError as err:
            ours.close()
            raise SandboxUnavailable(f"bubblewrap cannot be run: {err}") from None
        finally:
            os.close(tell)
        said = facts.read()
    try:
        return Worker(ours, process, os.pidfd_open(json.loads(said)["child-pid"]))
    except (ValueError, ProcessLookupError):
        ours.close()
        process.wait()
        raise _unavailable(complaints) from None


def _process(command: ZygoteCommand, passed: tuple[int, int], complaints: BinaryIO) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(*passed),
        pass_fds=passed,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=complaints,
        cwd="/",
        # Ctrl-C at the terminal is for us to handle.
        start_new_session=True,
    )


async def _ready(worker: Worker, syscall_filter: bytes) -> bool:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_START):
            await loop.sock_sendall(worker.control, syscall_filter)
            return bool(await loop.sock_recv(worker.control, 64))
    except OSError:
        # TimeoutError is one, too.
        return False


def _unavailable(complaints: BinaryIO) -> SandboxUnavailable:
    complaints.seek(0)
    said = " ".join(complaints.read(2000).decode("utf-8", "replace").split()) or "it did not start, and said nothing"
    return SandboxUnavailable(f"the sandbox cannot start: {said}; {remedy(said)}")
