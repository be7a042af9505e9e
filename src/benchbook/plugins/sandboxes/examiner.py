"""Runs test code against a program that it cannot touch: runs inside the sandbox, standard library only.

The program's functions are calls to another process, by value. Only this process writes the verdict. What tests cannot
do this way: compare identities, hand functions to the program, or use its own classes.
"""

import builtins
import importlib
import os
import random
import sys
import time
from _thread import allocate_lock
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, BinaryIO, NamedTuple, NoReturn

from benchbook.plugins.sandboxes import codec, testing, wire

_PATIENCE = 1.0


class Program(NamedTuple):
    """The program, as the tests can reach it."""

    there: int
    """A descriptor, for questions."""
    back: BinaryIO
    output: int
    """Bytes that an answer may have."""


def examine(test_code: str, entry_point: str | None, program: Program, verdict: int) -> NoReturn:
    """Run the test code, and the tests that it defines; write how it went and end the process.

    `verdict` is a descriptor. The verdict is a kind and a text. The kinds: `passed`, `failed`, `missing` (the program
    lacks the entry point), `untested` (by no fault of the program, nothing was tried), `malformed` and `gone` (the
    program does not answer, or not as it should).
    """
    random.seed(0)
    # Here, where `import builtins` finds it, too. Like the real one it becomes no method of a class that holds it.
    vars(builtins)["callable"] = staticmethod(_callable)
    answers = _Answers(program)
    kind, text = _examined(test_code, entry_point, answers)
    # Whatever the tests made of it.
    if answers.trouble is not None:
        kind, text = answers.trouble.verdict
        if kind in ("failed", "untested"):
            text = testing.placed(text, answers.trouble, test_code)
    if kind == "gone":
        # Its channel closes before the program has quite ended: time for the zygote to see how it ended.
        time.sleep(_PATIENCE)
    wire.send(verdict, codec.encode((kind, text), sys.maxsize))
    os._exit(0)


# Not an Exception: tests that swallow those must not swallow this.
class _Trouble(BaseException):
    """The program has ended or no longer answers, or its answer is none, or none that tests can use."""

    def __init__(self, kind: str, text: str = "") -> None:
        self.verdict = kind, text


class _Answers:
    """What the program says, one answer to a question. After the first trouble there are no more."""

    def __init__(self, program: Program) -> None:
        self._program, self._turn = program, allocate_lock()
        self.asked = 0
        self.trouble: _Trouble | None = None

    def next(self, question: bytes | None = None) -> Any:
        """The answer to a question, or the first thing that the program says of itself."""
        with self._turn:
            if self.trouble is not None:
                raise self.trouble
            try:
                return self._heard(question)
            except (wire.Malformed, codec.Undecodable) as err:
                self.trouble = _Trouble("malformed", str(err))
            except BrokenPipeError:
                self.trouble = _Trouble("gone")
            raise self.trouble

    def refused(self, text: str) -> _Trouble:
        """What is raised when that was no answer."""
        self.trouble = _Trouble("malformed", text)
        return self.trouble

    def unfit(self, text: str, kind: str = "failed") -> _Trouble:
        """What is raised when tests want more of a value than crosses: what they make of it is no verdict."""
        self.trouble = self.trouble or _Trouble(kind, text)
        return self.trouble

    def _heard(self, question: bytes | None) -> Any:
        if question is not None:
            wire.send(self._program.there, question)
            self.asked += 1
        answer = wire.receive(self._program.back, self._program.output)
        if answer is None:
            raise BrokenPipeError
        return codec.decode(answer)


def _examined(test_code: str, entry_point: str | None, answers: _Answers) -> tuple[str, str]:
    try:
        functions, modules = _defined(answers)
        if entry_point is not None and entry_point not in functions:
            return "missing", f"the program does not define the function `{entry_point}`"
        testing.run(test_code, _module_of_tests(test_code, entry_point, functions, modules, answers))
    except testing.Untested as err:
        return "untested", str(err)
    except BaseException as err:  # noqa: BLE001 - whatever ends the tests, they have not passed
        return "failed", testing.described(err, test_code)
    return ("passed", "") if answers.asked else ("untested", "the tests never called the program")


def _defined(answers: _Answers) -> tuple[list[str], list[str]]:
    """The functions and modules that the program says it has."""
    match answers.next():
        case (list(functions), list(modules)) if all(isinstance(name, str) for name in (*functions, *modules)):
            return functions, modules
    raise answers.refused("no list of functions")


def _module_of_tests(
    test_code: str, entry_point: str | None, functions: list[str], modules: list[str], answers: _Answers
) -> ModuleType:
    """A module where the test code finds the program's functions under their names."""
    asking = {name: _asking(answers, name) for name in functions}
    names: dict[str, Any] = {name: function for name, function in asking.items() if _is_public(name)}
    names |= {name: _imported(name) for name in modules if name in sys.stdlib_module_names and name in test_code}
    if entry_point is not None:
        names[entry_point] = names["candidate"] = asking[entry_point]
    if "solution" in test_code:
        _new_module("solution", {**asking, "__all__": [name for name in asking if _is_public(name)]})
    return _new_module("tests", names)


def _asking(answers: _Answers, name: str) -> Callable[..., Any]:
    """A function that asks the program."""

    def call(*args: object, **kwargs: object) -> object:
        try:
            question = codec.encode((name, args, kwargs, "closely"), sys.maxsize)
        except codec.NotPlain as err:
            kind, what = _blamed(err)
            raise answers.unfit(f"an argument of `{name}` cannot be handed to the program: {what}", kind) from None
        match answers.next(question):
            case ("value", value, dict(changes)):
                pass
            case ("opaque", str(text), (bool() | None) as truth, dict(changes)):
                value = _Opaque(lambda: answers.unfit(f"what `{name}` returned cannot reach the tests: {text}"), truth)
            case ("error", str(kind), str(text), str(base), tuple(made_of)):
                raise _exception(kind, text, base, made_of)
            case _:
                raise answers.refused("no such answer")
        if not _is_changed(dict([*enumerate(args), *kwargs.items()]), changes):
            raise answers.refused("no such arguments")
        return value

    call.__name__ = call.__qualname__ = name
    return call


def _blamed(error: codec.NotPlain) -> tuple[str, str]:
    """The kind of verdict, and why: what the program has made is its fault, what its tests have is not."""
    if error.kind is _Opaque:
        return "failed", "a value that the program returned is not plain data"
    if error.kind is None:
        return "failed", str(error)
    return "untested", f"{error}; with `in_process`, tests hand over any value"


def _is_changed(given: Mapping[Any, Any], changes: Mapping[Any, Any]) -> bool:
    """Change the arguments in place, as the program has changed its own; False if they cannot be changed so."""
    for key, value in changes.items():
        match given.get(key), value:
            case list(ours), list():
                ours[:] = value
            case (dict(ours), dict()) | (set(ours), set()):
                ours.clear()
                ours.update(value)
            case _:
                return False
    return True


class _Opaque:
    """A value that does not cross. Tests can ask whether it is true, if it can say that, and nothing else."""

    def __init__(self, trouble: Callable[[], _Trouble], truth: bool | None) -> None:  # noqa: FBT001 - all that it says
        self._trouble, self._truth = trouble, truth

    def __bool__(self) -> bool:
        truth: bool | None = object.__getattribute__(self, "_truth")
        return _refuse(self) if truth is None else truth


def _refuse(value: _Opaque, *_: object, **__: object) -> NoReturn:
    trouble = object.__getattribute__(value, "_trouble")
    raise trouble()


# Whatever has a default, or would be a TypeError without, which tests and what they use may take for an answer.
_BINARY = "add sub mul matmul truediv floordiv mod divmod pow lshift rshift and xor or"
_OTHERS = """
    getattribute repr str format bytes hash eq ne lt le gt ge call dir reduce_ex copy deepcopy fspath
    len length_hint iter next reversed contains getitem setitem delitem enter exit await aiter anext aenter aexit
    neg pos abs invert int float complex index round trunc floor ceil
"""
for _name in (*_BINARY.split(), *(f"r{name}" for name in _BINARY.split()), *_OTHERS.split()):
    setattr(_Opaque, f"__{_name}__", _refuse)


_can_be_called = callable


def _callable(value: object, /) -> bool:
    """What tests find as `callable`, which looks at the type alone, and refusing a call counts as having one."""
    return _refuse(value) if type(value) is _Opaque else _can_be_called(value)


def _exception(kind: str, text: str, base: str, made_of: tuple[object, ...]) -> BaseException:
    """An exception of that name, which is that built-in one; a RuntimeError where it would not be noticed."""
    found = vars(builtins).get(base)
    if not (isinstance(found, type) and issubclass(found, BaseException)) or issubclass(found, _UNNOTICED):
        return RuntimeError(f"{kind}: {text}")
    if kind != base and kind.isidentifier():
        found = type(kind, (found,), {"__str__": lambda _: text})
    try:
        error: BaseException = found(*made_of)
    except Exception:  # noqa: BLE001 - each exception wants arguments of its own
        return RuntimeError(f"{kind}: {text}")
    return error


# The end of an iteration would cut a loop of the tests short.
_UNNOTICED = (StopIteration, StopAsyncIteration, GeneratorExit)


def _is_public(name: str) -> bool:
    """Whether tests may find it without asking for it: a program's own `set` must not come between them and theirs."""
    return not name.startswith("_") and name not in vars(builtins)


def _imported(name: str) -> ModuleType | None:
    """The tests' own copy of a module that the program has imported."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _new_module(name: str, names: Mapping[str, object]) -> ModuleType:
    module = sys.modules[name] = ModuleType(name)
    module.__dict__.update(names)
    return module
