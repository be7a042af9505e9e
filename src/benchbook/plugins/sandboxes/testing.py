"""Finds the tests in test code and runs them: runs inside the sandbox, standard library only.

Tests are the statements themselves, `check(candidate)`, unittest's test cases, and what pytest finds by its name,
without pytest's own fixtures and parameters.
"""

import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

from benchbook.plugins.sandboxes.candidate import PROGRAM, lines_of, parts

_FILE = "tests.py"
_SOURCE = 300
_LAZY = 0x20 | 0x80 | 0x200
"""What the flags of a code object say of generators and coroutines: a call of it alone does nothing."""


class Untested(Exception):
    """The test code does not put the program to the test."""


def run(test_code: str, module: ModuleType) -> None:
    """Execute the test code in the module, and then each test that it defines. The first failure is raised."""
    before = dict(module.__dict__)
    if "unittest" in test_code:
        _keep_unittest_from_exiting()
    try:
        code = compile(test_code, _FILE, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as err:
        raise Untested(f"the test code does not compile: {described(err, test_code)}") from None
    try:
        exec(code, module.__dict__)  # noqa: S102 - the tests are code
    except _skips() as err:
        raise Untested(f"all tests were skipped: {err}") from None
    except ModuleNotFoundError as err:
        # With a name, it was an import; without a line of the program, the tests' own.
        if err.name is None or lines_of(err, PROGRAM) is not None:
            raise
        raise Untested(f"the tests import `{err.name}`, which is not offered here") from None
    skipped = list(_outcomes(test_code, module, before))
    if skipped and None not in skipped:
        raise Untested(f"all tests were skipped: {skipped[0]}")


def described(error: BaseException, test_code: str) -> str:
    """An exception that ended the tests, with the line of the test."""
    name, text = parts(error)
    return placed(f"{name}: {text}" if text else name, error, test_code)


def placed(what: str, error: BaseException, test_code: str) -> str:
    """What is said of an exception, with the line of the test."""
    lines = lines_of(error, _FILE)
    if lines is None:
        return what
    source = " ".join(" ".join(test_code.splitlines()[lines.start - 1 : lines.stop - 1]).split())
    return f"{what} (test line {lines.start}: {source[:_SOURCE]})"


def _keep_unittest_from_exiting() -> None:
    import unittest  # noqa: PLC0415 - takes long, and most tests do without

    # The tests are run anyway, and `main` would take the process with it.
    vars(unittest)["main"] = lambda *_, **__: SimpleNamespace(result=unittest.TestResult())


def _skips() -> tuple[type[Exception], ...]:
    unittest = sys.modules.get("unittest")
    return () if unittest is None else (unittest.SkipTest,)


def _outcomes(test_code: str, module: ModuleType, before: dict[str, Any]) -> Iterator[str | None]:
    """For each test, as it ends: why it was skipped, or None if it was not."""
    # What the program brings along, and what was imported, is none of the tests.
    defined = {
        name: thing
        for name, thing in list(module.__dict__.items())
        if thing is not before.get(name) and getattr(thing, "__module__", None) == module.__name__
    }
    if _is_check(defined.get("check")):
        if "candidate" not in before:
            raise Untested("the test code defines `check(candidate)`, but the command names no entry point")
        yield _skip(lambda: defined["check"](before["candidate"]))
    classes = [thing for thing in defined.values() if isinstance(thing, type)]
    cases = [thing for thing in classes if _is_case(thing)]
    yield from _outcomes_of_cases(cases) if cases else ()
    functions = [thing for name, thing in defined.items() if _is_test(name, thing, test_code)]
    yield from _outcomes_of_functions(functions, module) if functions else ()
    for one in classes:
        if one not in cases and one.__name__.startswith("Test") and _is_bare(one):
            yield from _outcomes_of_methods(one)


def _is_check(thing: object) -> bool:
    """Whether it is a test of the candidate, and not one that tests call with more than that."""
    if isinstance(thing, FunctionType) and len(_wanted(thing)) > 1:
        return False
    _demand_a_plain_call(thing, "check")
    return callable(thing)


def _demand_a_plain_call(function: Any, name: str) -> None:
    code = getattr(function, "__code__", None)
    if isinstance(code, CodeType) and code.co_flags & _LAZY:
        raise Untested(f"`{name}` is a coroutine or a generator: calling it tests nothing")


def _wanted(function: FunctionType | MethodType) -> tuple[str, ...]:
    """The parameters without which it cannot be called."""
    if isinstance(function, MethodType):
        return _wanted(function.__func__)[1:] if isinstance(function.__func__, FunctionType) else ()
    code, defaults, named = function.__code__, function.__defaults__ or (), function.__kwdefaults__ or {}
    only_by_name = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    return (
        *code.co_varnames[: code.co_argcount - len(defaults)],
        *(name for name in only_by_name if name not in named),
    )


def _skip(test: Callable[[], object]) -> str | None:
    """Why the test skips itself; None if it does not."""
    try:
        test()
    except _skips() as err:
        return str(err)
    return None


def _is_case(thing: type) -> bool:
    unittest = sys.modules.get("unittest")
    return unittest is not None and issubclass(thing, unittest.TestCase)


def _outcomes_of_cases(cases: list[Any]) -> list[str | None]:
    import unittest  # noqa: PLC0415 - has been loaded by now

    outcomes, failures = list[str | None](), list[BaseException]()

    def fail(result: unittest.TestResult, error: BaseException) -> None:
        failures.append(error)
        result.stop()

    def end_subtest(result: unittest.TestResult, _: object, __: object, error: Any) -> None:
        fail(result, error[1]) if error else outcomes.append(None)

    methods = {
        "addSuccess": lambda _, __: outcomes.append(None),
        "addExpectedFailure": lambda _, __, ___: outcomes.append(None),
        "addSkip": lambda _, __, reason: outcomes.append(reason),
        "addSubTest": end_subtest,
        "addError": lambda result, _, error: fail(result, error[1]),
        "addFailure": lambda result, _, error: fail(result, error[1]),
        "addUnexpectedSuccess": lambda result, test: fail(result, AssertionError(f"{test.id()} was expected to fail")),
    }
    load = unittest.TestLoader()
    for case in cases:
        for name in load.getTestCaseNames(case):
            if not issubclass(case, unittest.IsolatedAsyncioTestCase):
                _demand_a_plain_call(getattr(case, name), name)
    result = type("Result", (unittest.TestResult,), methods)()
    result.failfast = True
    unittest.TestSuite(map(load.loadTestsFromTestCase, cases)).run(result)
    if failures:
        raise failures[0]
    return outcomes


def _is_test(name: str, thing: object, test_code: str) -> bool:
    if not name.startswith("test_") or not isinstance(thing, FunctionType):
        return False
    # Named once more than where it is defined, it is a function that the tests themselves call.
    if _wanted(thing) and len(re.findall(rf"\b{name}\b", test_code)) > 1:
        return False
    _demand_a_test_alone(thing, name)
    return True


def _demand_a_test_alone(function: FunctionType | MethodType, name: str) -> None:
    """Refuse what only pytest itself could run."""
    if wanted := _wanted(function):
        raise Untested(f"`{name}` wants {', '.join(wanted)}: fixtures and parameters of pytest are not offered")
    if hasattr(function, "pytestmark"):
        raise Untested(f"`{name}` is marked: marks of pytest are not offered")
    _demand_a_plain_call(function, name)


def _outcomes_of_functions(functions: list[Any], module: ModuleType) -> Iterator[str | None]:
    _set_up(module, "setup_module", module)
    for function in functions:
        yield _skip(partial(_set_up_and_run, function, module, "function"))
    _set_up(module, "teardown_module", module)


def _is_bare(kind: type) -> bool:
    """Whether pytest would make one of it."""
    return all("__init__" not in vars(base) and "__new__" not in vars(base) for base in kind.__mro__[:-1])


def _outcomes_of_methods(kind: type) -> Iterator[str | None]:
    names = [name for base in reversed(kind.__mro__) for name in vars(base) if name.startswith("test_")]
    tests = [(one, getattr(one, name)) for one, name in ((kind(), name) for name in dict.fromkeys(names))]
    for _, test in tests:
        if isinstance(test, FunctionType | MethodType):
            _demand_a_test_alone(test, f"{kind.__name__}.{test.__name__}")
    _set_up(kind, "setup_class", kind)
    for one, test in tests:
        yield _skip(partial(_set_up_and_run, test, one, "method"))
    _set_up(kind, "teardown_class", kind)


def _set_up_and_run(test: Callable[[], object], owner: object, what: str) -> None:
    _set_up(owner, f"setup_{what}", test)
    test()
    _set_up(owner, f"teardown_{what}", test)


def _set_up(owner: object, name: str, about: object) -> None:
    """Call what prepares or clears up, if there is any; it may ask what for."""
    function = getattr(owner, name, None)
    if isinstance(function, FunctionType | MethodType):
        function(about) if _wanted(function) else function()
