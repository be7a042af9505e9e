"""Runs test code against a program that it cannot touch: runs inside the sandbox, standard library only.

The program's functions are calls to another process, by value. Only this process writes the verdict. What tests cannot
do this way: see that an argument was changed in place, compare identities, or use the program's own classes.
"""

import builtins
import importlib
import os
import random
import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any, BinaryIO, NamedTuple, NoReturn

from benchbook.plugins.sandboxes import codec, wire
from benchbook.plugins.sandboxes.candidate import lines_of, parts

_FILE = "tests.py"
_PATIENCE = 1.0
_SOURCE = 300


class Program(NamedTuple):
    """The program, as the tests can reach it."""

    there: int
    """A descriptor, for questions."""
    back: BinaryIO
    output: int
    """Bytes that an answer may have."""


def examine(test_code: str, entry_point: str | None, program: Program, verdict: int) -> NoReturn:
    """Run the test code, and its `check(candidate)` if it defines one; write how it went and end the process.

    `verdict` is a descriptor. The verdict is a kind (`passed`, `failed`, `missing`, `malformed`, `gone`) and a text.
    """
    random.seed(0)
    kind, text = _examined(test_code, entry_point, program)
    wire.send(verdict, codec.encode((kind, text), sys.maxsize))
    os._exit(0)


# Not Exceptions: no test may swallow what ends it.
class _Malformed(BaseException):
    """The program answered with something that is no answer."""


class _Gone(BaseException):
    """The program has ended, or at least no longer answers."""


def _examined(test_code: str, entry_point: str | None, program: Program) -> tuple[str, str]:
    try:
        functions, modules = _defined(_hear(program))
        if entry_point is not None and entry_point not in functions:
            return "missing", f"the program does not define the function `{entry_point}`"
        names: dict[str, Any] = {name: _proxy(program, name) for name in functions if _is_public(name)}
        names |= {name: _module(name) for name in modules if name in sys.stdlib_module_names and name in test_code}
        if entry_point is not None:
            names[entry_point] = names["candidate"] = _proxy(program, entry_point)
        _run(test_code, names)
    except _Malformed as err:
        return "malformed", str(err)
    except _Gone:
        # Its channel closes before the program has quite ended: time for the zygote to see how it ended.
        time.sleep(_PATIENCE)
        return "gone", ""
    except BaseException as err:  # noqa: BLE001 - whatever ends the tests, they have not passed
        return "failed", _described(err, test_code)
    return "passed", ""


def _defined(said: object) -> tuple[list[str], list[str]]:
    """The functions and modules that the program says it has."""
    match said:
        case (list(functions), list(modules)) if all(isinstance(name, str) for name in (*functions, *modules)):
            return functions, modules
        case _:
            raise _Malformed("no list of functions")


def _is_public(name: str) -> bool:
    """Whether tests may find it without asking for it: a program's own `set` must not come between them and theirs."""
    return not name.startswith("_") and name not in vars(builtins)


def _module(name: str) -> ModuleType | None:
    """The tests' own copy of a module that the program has imported."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _proxy(program: Program, name: str) -> Callable[..., Any]:
    """A function that asks the program."""

    def call(*args: object, **kwargs: object) -> object:
        try:
            wire.send(program.there, codec.encode((name, args, kwargs), sys.maxsize))
        except codec.NotPlain as err:
            raise TypeError(f"an argument of `{name}` cannot be handed to the program: {err}") from None
        except BrokenPipeError:
            raise _Gone from None
        match _hear(program):
            case ("value", value):
                return value
            case ("opaque", str(text), bool(truth)):
                return _Opaque(text, truth)
            case ("error", str(kind), str(text)):
                raise _exception(kind, text)
            case _:
                raise _Malformed("no such answer")

    call.__name__ = call.__qualname__ = name
    return call


def _hear(program: Program) -> Any:
    try:
        answer = wire.receive(program.back, program.output)
        if answer is None:
            raise _Gone
        return codec.decode(answer)
    except (wire.Malformed, codec.Undecodable) as err:
        raise _Malformed(str(err)) from None


class _Opaque:
    """A value that does not cross. Tests can ask whether it is true, and nothing else."""

    def __init__(self, text: str, truth: bool) -> None:  # noqa: FBT001 - whether it is true is all it says
        self._text, self._truth = text, truth

    def __bool__(self) -> bool:
        return self._truth

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(self._text)

    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __iter__ = __len__ = __getitem__ = __contains__ = __call__ = _refuse
    __getattr__ = __add__ = __radd__ = __sub__ = __rsub__ = __abs__ = __float__ = __int__ = __hash__ = _refuse


def _exception(kind: str, text: str) -> Exception:
    """The built-in exception of that name; a RuntimeError for any other."""
    found = vars(builtins).get(kind)
    # The end of an iteration would cut a loop of the tests short.
    if isinstance(found, type) and issubclass(found, Exception) and not issubclass(found, _ENDS):
        try:
            return found(text)
        except TypeError:
            # UnicodeDecodeError and a few more want other arguments.
            pass
    return RuntimeError(f"{kind}: {text}")


_ENDS = (StopIteration, StopAsyncIteration)


def _run(test_code: str, names: dict[str, Any]) -> None:
    namespace: dict[str, Any] = {"__name__": "tests", **names}
    exec(compile(test_code, _FILE, "exec", dont_inherit=True), namespace)  # noqa: S102 - the tests are code
    check = namespace.get("check")
    # A `check` of the program's own is none of the tests.
    if not callable(check) or check is names.get("check"):
        return
    if "candidate" not in names:
        raise LookupError("the test code defines `check(candidate)`, but the command names no entry point")
    check(names["candidate"])


def _described(error: BaseException, test_code: str) -> str:
    name, text = parts(error)
    what = f"{name}: {text}" if text else name
    lines = lines_of(error, _FILE)
    if lines is None:
        return what
    source = " ".join(" ".join(test_code.splitlines()[lines.start - 1 : lines.stop - 1]).split())
    return f"{what} (test line {lines.start}: {source[:_SOURCE]})"
