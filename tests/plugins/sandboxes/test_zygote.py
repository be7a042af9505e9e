"""What the zygote does that no program can be made to bring about at will; the rest is shown through the pool."""

import os
import signal
import socket
import subprocess
import sys
from types import ModuleType

import pytest


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
