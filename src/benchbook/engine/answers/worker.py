"""A process that does algebra, out of the way: started warm, limited in memory and time, and killed without regret.

The process that the host starts imports sympy once, and forks a child that does the work. A child that takes too much
time is ended by its own alarm, one that takes too much memory says so and ends; the next is forked at once.

    host ── {"gold": …, "pred": …, "policy": {…}} ──▶ first process ──▶ child
    host ◀── {"verdict": …, "rule": …, "reason": …} ──────────────────────┘
"""

import json
import os
import resource
import select
import signal
import socket
import sys
from typing import IO, Any, NoReturn

from benchbook.engine.answers import algebra
from benchbook.engine.answers.comparison import compared
from benchbook.specs.answers import Policy

_GRACE = 0.2
"""Seconds that a child may take beyond its alarm."""


def main(seconds: float, megabytes: int) -> NoReturn:
    """Carry out orders, a line each, until the host hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    algebra.rehearse()
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    child = _Child(seconds, megabytes)
    _say(answers, b'{"ready": true}\n')
    for order in orders:
        answer = child.ask(order, seconds)
        if answer is None:
            reason = child.end(seconds, megabytes)
            child = _Child(seconds, megabytes)
            answer = _doubt(reason)
        _say(answers, answer)
    child.end(seconds, megabytes)
    os._exit(0)


class _Child:
    """A forked process, and the line to it."""

    def __init__(self, seconds: float, megabytes: int) -> None:
        ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            ours.close()
            _live(theirs, seconds, megabytes)
        theirs.close()
        self.line = ours
        self.words = ours.makefile("rb")

    def ask(self, order: bytes, seconds: float) -> bytes | None:
        """Its answer; None if it gives none in time."""
        try:
            self.line.sendall(order)
            ready, _, _ = select.select([self.line], [], [], seconds + _GRACE)
            answer = self.words.readline() if ready else b""
        except OSError:
            return None
        return answer if answer.endswith(b"\n") and b'"ended"' not in answer[:12] else None

    def end(self, seconds: float, megabytes: int) -> str:
        """Kill it; why it gave no answer."""
        self.line.close()
        self.words.close()
        os.kill(self.pid, signal.SIGKILL)
        _, status, used = os.wait4(self.pid, 0)
        if os.WIFEXITED(status) or used.ru_maxrss > megabytes * 900:
            return f"it takes more than {megabytes} MB"
        return f"it takes longer than {seconds:g} s"


def _live(line: socket.socket, seconds: float, megabytes: int) -> NoReturn:
    """The life of a child."""
    try:
        _limit(megabytes)
        with line.makefile("rb") as orders, line.makefile("wb") as answers:
            for order in orders:
                signal.setitimer(signal.ITIMER_REAL, seconds)
                answer = _answer(json.loads(order))
                signal.setitimer(signal.ITIMER_REAL, 0)
                _say(answers, answer)
    finally:
        # Out of memory, most likely: nothing more can be said.
        os._exit(1)


def _limit(megabytes: int) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.setrecursionlimit(3_000)


def _answer(order: dict[str, Any]) -> bytes:
    algebra.forget()
    try:
        found = compared(order["gold"], order["pred"], Policy(**order["policy"]), algebra.Points())
    except MemoryError:
        raise
    except Exception as err:  # noqa: BLE001 - whatever an expression makes of sympy, it is no verdict
        return _doubt(f"algebra failed: {type(err).__name__}: {str(err)[:200]}")
    return json.dumps(found._asdict()).encode() + b"\n"


def _doubt(reason: str) -> bytes:
    return json.dumps({"verdict": "undecided", "rule": "expression", "reason": reason}).encode() + b"\n"


def _say(answers: IO[bytes], line: bytes) -> None:
    answers.write(line)
    answers.flush()


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
