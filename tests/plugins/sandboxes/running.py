"""What the tests of the sandbox say often."""

import os
from collections.abc import Callable
from pathlib import Path

from benchbook import Call, Command, ExecResult, Limits
from benchbook.plugins.sandboxes.self_test import descendants

Run = Callable[[Command], ExecResult]

SMALL = Limits(cpu=0.5, memory=256, output=64, disk=1)


def calls(program: str, *called: Call, limits: Limits = SMALL) -> Command:
    """A program, and calls into it."""
    return Command(program, called, limits=limits)


def exam(program: str, test_code: str, entry_point: str | None = "f") -> Command:
    """A program, and code that tests it."""
    return Command(program, test_code=test_code, entry_point=entry_point, limits=SMALL)


def passes(result: ExecResult) -> bool:
    """Whether a scorer would let it pass."""
    return result.status == "completed" and result.test_error is None


def sandboxed() -> set[int]:
    """The processes of all sandboxes that are open in this process."""
    return {pid for pid in descendants([os.getpid()]) if _name(pid).startswith(("bwrap", "python"))}


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""
