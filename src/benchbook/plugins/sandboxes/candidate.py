"""Runs a program and answers calls into it: runs inside the sandbox, standard library only.

Once the program has begun, nothing in this process can be trusted. What is written here is the program's word: it can
claim a wrong value or a failure, never a success, because nobody here knows what would be right.
"""

import builtins
import os
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from types import ModuleType
from typing import NoReturn

from benchbook.plugins.sandboxes import codec, wire

PROGRAM = "program.py"
"""The file that the program's lines are said to be in."""
_REASON = 500
_LOADED = codec.encode(([], []), 1 << 10)
_MUTABLE = (list, dict, set)
_RESERVE = [bytes(1 << 20)]
"""Let go when memory has run out, so that there is some to say so."""


def serve(program: str, questions: Iterator[bytes], answers: int, report: int, output: int) -> NoReturn:
    """Execute the program, say what it defines, then answer each question until there are no more.

    `answers` and `report` are descriptors. Whatever ends the program early goes to the report; the process ends anyway.
    A question is a function's name, arguments and keyword arguments. Tests add a fourth part, whatever it is: the
    answer then also tells which arguments were changed, and more of an exception.
    """
    random.seed(0)
    namespace = load(program, report).__dict__
    try:
        # Whoever has only calls to make knows what to call.
        loaded = _LOADED if answers == report else codec.encode(_defined(namespace), output)
    except codec.TooLarge:
        stop(report, "output_limit", f"the names that the program defines take more than {output // 1024} KiB")
    wire.send(answers, loaded)
    for question in questions:
        try:
            function, args, kwargs, *closely = codec.decode(question)
        except MemoryError:
            stop(report, "memory", "the arguments of a call take more memory than there is")
        called = namespace.get(function)
        if not callable(called):
            stop(report, "error", f"the program does not define the function `{function}`")
        try:
            answer = (_close_answer if closely else _answer)(called, args, kwargs, max(output, len(question)))
        except MemoryError:
            stop(report, "memory", f"the program ran out of memory in a call of `{function}`")
        except codec.TooLarge:
            answer = b""
        if not answer or len(answer) > output:
            stop(report, "output_limit", f"`{function}` returned more than {output // 1024} KiB")
        flush()
        wire.send(answers, answer)
    flush()
    os._exit(0)


def place(files: Mapping[str, str]) -> None:
    """Write the program's other files into its working folder, where it can import them."""
    if not files:
        return
    from pathlib import Path  # noqa: PLC0415 - most programs are alone

    for name, text in files.items():
        path = Path(name)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"`{name}` is not a path inside the working folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    sys.path.insert(0, str(Path.cwd()))


def rehearse(program: str, question: tuple[str, tuple[object, ...], dict[str, object]]) -> None:
    """Do what is done with a program of ours, and leave nothing of it: what memory it takes is at hand then."""
    namespace = ModuleType("solution").__dict__
    exec(compile(program, PROGRAM, "exec", dont_inherit=True), namespace)  # noqa: S102 - our own text
    function, args, kwargs = question
    _answer(namespace[function], args, kwargs, 1 << 10)
    flush()


class Source:
    """Shows the program's lines to `inspect` and to tracebacks, which ask a module's loader where there is no file."""

    def __init__(self, program: str) -> None:
        self._program = program

    def get_source(self, _: str) -> str:
        """All of them."""
        return self._program


def load(program: str, report: int) -> ModuleType:
    """The program as a module; what ends it early goes to the report, and ends the process."""
    module = ModuleType("solution")
    vars(module)["__loader__"] = Source(program)
    # Not `__main__`: code that is meant for the command line does not run. But what looks it up finds the program.
    sys.modules["solution"] = sys.modules["__main__"] = module
    try:
        exec(compile(program, PROGRAM, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - what it is all for
    except MemoryError:
        stop(report, "memory", "the program ran out of memory while it was loaded")
    except BaseException as err:  # noqa: BLE001 - whatever a program may raise
        stop(report, "error", reason(err))
    flush()
    return module


def reason(error: BaseException) -> str:
    """The exception that ended the program, with the line of it."""
    name, text = parts(error)
    lines = lines_of(error, PROGRAM)
    return ": ".join(part for part in (name, text) if part) + (f" (line {lines.start})" if lines else "")


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


def stop(report: int, status: str, reason: str) -> NoReturn:
    """Say what ended the program early, and end its process."""
    tell(report, status, reason)
    flush()
    os._exit(0)


def tell(report: int, status: str, reason: str) -> None:
    """Say what ended the program early."""
    _RESERVE.clear()
    wire.send(report, codec.encode(("end", status, reason), sys.maxsize))


def _defined(namespace: dict[str, object]) -> tuple[list[str], list[str]]:
    """The names of what can be called, and of the modules that the program uses under their own name."""
    things = list(namespace.items())
    functions = [name for name, value in things if callable(value) and name != "__builtins__"]
    return functions, [name for name, value in things if value is sys.modules.get(name)]


def _answer(function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object], limit: int) -> bytes:
    try:
        return _given(function(*args, **kwargs), (), limit)
    except (MemoryError, codec.TooLarge):
        raise
    except BaseException as err:  # noqa: BLE001 - whatever a program may raise
        return codec.encode(("error", *parts(err)), limit)


def _close_answer(
    function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object], limit: int
) -> bytes:
    watched = {key: value for key, value in (*enumerate(args), *kwargs.items()) if type(value) in _MUTABLE}
    before = {key: _bytes(value, limit) for key, value in watched.items()}
    try:
        value = function(*args, **kwargs)
        changed = {key: now for key, now in watched.items() if _bytes(now, limit) not in {None, before[key]}}
        return _given(value, (changed,), limit)
    except (MemoryError, codec.TooLarge):
        raise
    except BaseException as err:  # noqa: BLE001 - whatever a program may raise
        return _raised(err, limit)


def _given(value: object, more: tuple[object, ...], limit: int) -> bytes:
    try:
        return codec.encode(("value", value, *more), limit)
    except codec.NotPlain as err:
        # Tests may still ask whether it is true: `assert re.match(…)` does.
        return codec.encode(("opaque", str(err), _truth(value), *more), limit)


def _truth(value: object) -> bool | None:
    """Whether it counts as true; None of what cannot say, like an array of several numbers."""
    try:
        return bool(value)
    except MemoryError:
        raise
    except BaseException:  # noqa: BLE001 - it may be code of the program's
        return None


def _bytes(value: object, limit: int) -> bytes | None:
    """What would cross; None if the program has put something into it that does not."""
    try:
        return codec.encode(value, limit)
    except codec.NotPlain:
        return None


def _raised(error: BaseException, limit: int) -> bytes:
    """An exception by its name, its text, the built-in exception that it is, and what that was made of."""
    name, text = parts(error)
    base = next(kind.__name__ for kind in type(error).__mro__ if vars(builtins).get(kind.__name__) is kind)
    try:
        return codec.encode(("error", name, text, base, error.args), limit)
    except Exception:  # noqa: BLE001 - what it was made of may be code, too, or too large
        return codec.encode(("error", name, text, base, (text,)), limit)
