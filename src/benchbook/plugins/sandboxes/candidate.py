"""Runs a program and answers calls into it: runs inside the sandbox, standard library only.

Once the program has begun, nothing in this process can be trusted. What is written here is the program's word: it can
claim a wrong value or a failure, never a success, because nobody here knows what would be right.
"""

import os
import random
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from types import ModuleType
from typing import BinaryIO, NoReturn

from benchbook.plugins.sandboxes import codec, wire

_FILE = "program.py"
_REASON = 500
_RESERVE = [bytearray(1 << 20)]
"""Let go when memory has run out, so that there is some to say so."""


def serve(program: str, questions: BinaryIO, answers: int, report: int, output: int) -> NoReturn:
    """Execute the program, say what it defines, then answer each question until there are no more.

    `answers` and `report` are descriptors. Whatever ends the program early goes to the report; the process ends anyway.
    """
    random.seed(0)
    namespace = _loaded(program, report)
    wire.send(answers, codec.encode(_defined(namespace), output))
    while (question := wire.receive(questions, sys.maxsize)) is not None:
        function, args, kwargs = codec.decode(question)
        called = namespace.get(function)
        if not callable(called):
            _stop(report, "error", f"the program does not define the function `{function}`")
        try:
            answer = _answer(called, args, kwargs, output)
        except MemoryError:
            _RESERVE.clear()
            _stop(report, "memory", f"the program ran out of memory in a call of `{function}`")
        except codec.TooLarge:
            _stop(report, "output_limit", f"`{function}` returned more than {output // 1024} KiB")
        flush()
        wire.send(answers, answer)
    flush()
    os._exit(0)


def parts(error: BaseException) -> tuple[str, str]:
    """The name and the text of an exception, which may be of the program's own making."""
    try:
        # A syntax error's text would repeat file and line.
        text = error.msg if isinstance(error, SyntaxError) else error
        return str(type(error).__name__), str(text)[:_REASON]
    except Exception:  # noqa: BLE001 - a text may be code that raises anything
        return "Exception", "(its text cannot be had)"


def lines_of(error: BaseException, file: str) -> range | None:
    """The lines of `file` at which the exception arose, or through which it came last."""
    if isinstance(error, SyntaxError) and error.filename == file and error.lineno:
        return range(error.lineno, error.lineno + 1)
    lines = None
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if code.co_filename == file:
            at = max(step.tb_lasti, 0) // 2
            first, last, *_ = next(islice(code.co_positions(), at, None), (None, None))
            lines = range(first or step.tb_lineno, (last or step.tb_lineno) + 1)
        step = step.tb_next
    return lines


def flush() -> None:
    """Write out what was printed."""
    for stream in (sys.stdout, sys.stderr):
        # The program may have closed or replaced it.
        with suppress(Exception):
            stream.flush()


def _loaded(program: str, report: int) -> dict[str, object]:
    module = ModuleType("solution")
    # Not `__main__`: code that is meant for the command line does not run. But what looks it up finds the program.
    sys.modules["solution"] = sys.modules["__main__"] = module
    try:
        exec(compile(program, _FILE, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - what it is all for
    except MemoryError:
        _RESERVE.clear()
        _stop(report, "memory", "the program ran out of memory while it was loaded")
    except BaseException as err:  # noqa: BLE001 - whatever a program may raise
        name, text = parts(err)
        lines = lines_of(err, _FILE)
        _stop(report, "error", f"{name}: {text}" + (f" (line {lines.start})" if lines else ""))
    flush()
    return module.__dict__


def _defined(namespace: dict[str, object]) -> tuple[list[str], list[str]]:
    """The names of what can be called, and of the modules that the program uses under their own name."""
    things = list(namespace.items())
    functions = [name for name, value in things if callable(value) and name != "__builtins__"]
    return functions, [name for name, value in things if value is sys.modules.get(name)]


def _answer(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object], output: int) -> bytes:
    try:
        value = function(*args, **kwargs)
        try:
            return codec.encode(("value", value), output)
        except codec.NotPlain as err:
            # Tests may still ask whether it is true: `assert re.match(…)` does.
            return codec.encode(("opaque", str(err), bool(value)), output)
    except (MemoryError, codec.TooLarge):
        raise
    except BaseException as err:  # noqa: BLE001 - whatever a program may raise
        return codec.encode(("error", *parts(err)), output)


def _stop(report: int, status: str, reason: str) -> NoReturn:
    flush()
    wire.send(report, codec.encode(("end", status, reason), sys.maxsize))
    os._exit(0)
