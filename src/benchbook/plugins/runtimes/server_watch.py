"""Beside a server: stops it when its owner closes the pipe, on purpose or by dying.

A script of its own: `python -I server_watch.py GRACE COMMAND…`. Standard input is the pipe; the server's output goes
where ours goes. The server's children belong to us once it is gone, and go with it.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

_SET_DEATH_SIGNAL, _SET_CHILD_SUBREAPER = 1, 36
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""We end when the server has ended, and not before."""


def main(grace: float, command: list[str]) -> int:
    """Run the command until it ends or is no longer wanted; its exit code."""
    _prctl(_SET_CHILD_SUBREAPER, 1)
    server = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_become_server,  # noqa: PLW1509 - there is no thread yet
    )
    threading.Thread(target=_stop_when_unwanted, args=(server, grace), daemon=True).start()
    code = server.wait()
    _kill_group(server.pid, signal.SIGKILL)
    while orphans := _children():
        for pid in orphans:
            _kill(pid, signal.SIGKILL)
        time.sleep(0.02)
        _bury()
    return code


def _become_server() -> None:
    """Heed what we ignore; and should somebody kill us, the server is not left behind."""
    for number in _IGNORED:
        signal.signal(number, signal.SIG_DFL)
    _prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)


def _stop_when_unwanted(server: "subprocess.Popen[bytes]", grace: float) -> None:
    while os.read(0, 4096):
        pass
    _kill_group(server.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while server.returncode is None and time.monotonic() < deadline:
        time.sleep(0.05)
    if server.returncode is None:
        _kill_group(server.pid, signal.SIGKILL)


def _prctl(option: int, value: int) -> None:
    """Linux only; elsewhere the pipe has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _children() -> list[int]:
    """Who is left to us."""
    try:
        return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except OSError:
        return []


def _bury() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _kill_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _kill(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]) & 0xFF)
