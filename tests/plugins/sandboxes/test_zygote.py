"""What the zygote does that no program can be made to bring about at will; the rest is shown through the pool."""

import asyncio
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType

import pytest

from benchbook import Call, Command, ExecResult, Limits, Use, opened
from benchbook.plugins.sandboxes import scratch
from benchbook.plugins.sandboxes.worker import LocalWorker, ZygoteDied


@pytest.fixture
def zygote(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, which is made to be run: it takes the place of its siblings from the command line."""
    monkeypatch.setattr(sys, "argv", ["zygote", "3", os.devnull])
    monkeypatch.setattr(sys, "path", list(sys.path))
    from benchbook.plugins.sandboxes import zygote  # noqa: PLC0415

    return zygote


def test_a_child_killed_short_of_its_own_limit_of_time_has_not_reached_it(zygote: ModuleType) -> None:
    bounds = zygote.wire.Bounds(cpu=100.0, wall=100.0, memory=0, file=0, output=0, scratch=0, open_files=0, tasks=0)
    program = "import resource, os; resource.setrlimit(resource.RLIMIT_CPU, (60, 60)); os.kill(os.getpid(), 9)"
    child = subprocess.Popen([sys.executable, "-c", program])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert zygote._cause(child.pid, bounds) == zygote.wire.ITSELF
    assert child.wait() == -signal.SIGKILL


def test_a_child_that_is_ended_before_it_has_read_its_order_ends_as_any_other(zygote: ModuleType) -> None:
    line, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)"], {})
    line.send(b"an order")
    end.close()
    ending, trouble = zygote._ended(zygote._Player(zygote._Child(pid, line, ""), 0.0, ""), zygote.wire.STOPPED)
    assert (ending.cause, os.WTERMSIG(ending.status), trouble) == (zygote.wire.STOPPED, 9, "")


def test_a_folder_is_emptied_in_pieces_of_time(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number}/a/b").mkdir(parents=True)
        (tmp_path / f"{number}/a/file").touch()
    assert not scratch.clear(str(tmp_path), until=time.monotonic())
    assert [*tmp_path.iterdir()]
    assert scratch.clear(str(tmp_path), until=time.monotonic() + 60)
    assert [*tmp_path.iterdir()] == []


FOLDERS = """
import os
def f():
    number = 0
    while True:
        number += 1
        os.mkdir(hex(number))
        os.mkdir(hex(number) + '/a')
"""


def test_who_leaves_folders_by_the_ten_thousand_has_an_answer_and_nothing_stays() -> None:
    places = [Path("/dev/shm"), Path(tempfile.gettempdir())]
    before = {folder for place in places for folder in place.glob("benchbook-*")}

    async def both() -> tuple[ExecResult, ExecResult]:
        async with opened("sandbox", Use(name="landlock", args={"workers": 1})) as run:
            left = await run(Command(FOLDERS, (Call("f"),), limits=Limits(cpu=3)))
            return left, await run(Command("def f(): return 1", (Call("f"),)))

    left, right = asyncio.run(both())
    assert (left.status, [call.value for call in right.calls]) == ("timeout", [1])
    assert {folder for place in places for folder in place.glob("benchbook-*")} <= before


def test_an_answer_counts_though_it_is_the_host_that_is_late() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    worker = LocalWorker(ours, subprocess.Popen(["true"]), 0, io.BytesIO())

    async def late() -> bytes:
        loop = asyncio.get_running_loop()
        loop.call_later(0.01, theirs.send, b"said")
        loop.call_later(0.01, time.sleep, 0.5)
        return await worker._heard(0.1)

    with ours, theirs:
        assert asyncio.run(late()) == b"said"
        with pytest.raises(ZygoteDied, match="does not answer"):
            asyncio.run(worker._heard(0.01))
    worker.process.wait()
