"""Runs a program as a script: runs inside the sandbox, standard library only.

Like `python program.py`, down to its last flush. What it prints is its answer, and is judged elsewhere.
"""

import gc
import io
import os
import random
import sys
from contextlib import suppress
from types import ModuleType
from typing import NoReturn

from benchbook.plugins.sandboxes.candidate import PROGRAM, Source, flush, reason, tell


def run(program: str, report: int) -> NoReturn:
    """Execute the program as `__main__`, and end the process with its exit code.

    Its input is descriptor 0. The exception that ended it goes to stderr, as ever, and in short to the report.
    """
    random.seed(0)
    _open_streams()
    _lay_down(program)
    code = _exit_code(program, report)
    _wind_up()
    os._exit(code)


def _open_streams() -> None:
    # The zygote's own stdin has read the end of another file.
    stdin = io.BufferedReader(io.FileIO(0, closefd=False))
    sys.stdin = io.TextIOWrapper(stdin, encoding="utf-8", errors="surrogateescape", newline="\n")
    vars(sys)["__stdin__"] = sys.stdin
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=False)
    sys.argv = [PROGRAM]


def _lay_down(program: str) -> None:
    """Put the program where it is said to be, if it may look there: each file costs a tenth of a millisecond."""
    if "__file__" not in program and "argv" not in program:
        return
    with suppress(OSError, UnicodeEncodeError), open(PROGRAM, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123
        file.write(program)


def _exit_code(program: str, report: int) -> int:
    module = sys.modules["__main__"] = ModuleType("__main__")
    module.__file__ = PROGRAM
    vars(module)["__loader__"] = Source(program)
    try:
        exec(compile(program, PROGRAM, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - what it is all for
    except SystemExit as end:
        return _asked_for(end.code)
    except MemoryError:
        tell(report, "memory", "the program ran out of memory")
        return _asked_for("MemoryError")
    except BaseException as err:  # noqa: BLE001 - whatever a program may raise
        tell(report, "error", reason(err))
        _complain(err, program)
        return 1
    return 0


def _asked_for(code: object) -> int:
    """The exit code that `sys.exit` means."""
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    with suppress(Exception):
        sys.stderr.write(f"{code}\n")
    return 1


def _complain(error: BaseException, program: str) -> None:
    """Print the traceback, without the one frame of ours."""
    import linecache  # noqa: PLC0415 - for the few that fail
    import traceback  # noqa: PLC0415

    lines = [f"{line}\n" for line in program.split("\n")]
    linecache.cache[PROGRAM] = len(program), None, lines, PROGRAM
    error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
    with suppress(BaseException):
        if sys.excepthook is sys.__excepthook__:
            traceback.print_exception(error)
        else:
            sys.excepthook(type(error), error, error.__traceback__)


def _wind_up() -> None:
    """Do what an interpreter does at its end: wait for threads, call what is registered, let go of everything."""
    import atexit  # noqa: PLC0415

    # Where either fails, an interpreter complains and goes on.
    with suppress(BaseException):
        if "threading" in sys.modules:
            vars(sys.modules["threading"])["_shutdown"]()
    with suppress(BaseException):
        vars(atexit)["_run_exitfuncs"]()
    flush()
    # Files that the program has not closed are written, and its destructors are called.
    sys.modules.pop("__main__", None)
    gc.collect()
    flush()
