"""Tests that are code run where the program cannot reach them."""

import asyncio
from pathlib import Path

import pytest

from benchbook import Command, ExecResult, Limits, Use, build, opened
from plugins.sandboxes.running import Run, exam, passes

DOUBLE = "def f(x):\n    return x + x"


def test_a_right_program_passes_and_a_wrong_one_fails_with_the_line_that_says_so(run: Run) -> None:
    tests = (
        "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(\n        'a') == 'aa', 'text, too'"
    )
    assert passes(run(exam(DOUBLE, tests)))
    failed = run(exam("def f(x):\n    return 2 * int(x, 36) if x == 'a' else 2", tests))
    assert failed.status == "completed"
    assert failed.test_error == "AssertionError: text, too (test line 3: assert candidate( 'a') == 'aa', 'text, too')"


def test_statements_are_tests_too(run: Run) -> None:
    assert passes(run(exam(DOUBLE, "import math\nassert f(2) == 4\nassert candidate(math.inf) == math.inf")))
    failed = run(exam(DOUBLE, "assert f(2) == 4\nassert f(2) == 5"))
    assert failed.test_error == "AssertionError (test line 2: assert f(2) == 5)"


def test_without_an_entry_point_tests_find_the_public_functions(run: Run) -> None:
    program = "def f(x): return 2 * x\ndef g(x): return f(x) + 1"
    assert passes(run(exam(program, "assert g(f(1)) == 5", entry_point=None)))


def test_a_missing_entry_point_is_said_so(run: Run) -> None:
    result = run(exam(DOUBLE, "assert True", entry_point="g"))
    assert (result.status, result.reason) == ("error", "the program does not define the function `g`")


def test_the_programs_own_check_is_not_taken_for_the_tests(run: Run) -> None:
    assert passes(run(exam("def check(x): raise ValueError\ndef f(x): return 1", "assert f(0) == 1")))


def test_exceptions_cross_by_name(run: Run) -> None:
    program = "class Own(ValueError): pass\ndef f(x):\n    if x: raise KeyError('k')\n    raise Own('mine')"
    tests = """
import unittest
class Errors(unittest.TestCase):
    def test_both(self):
        with self.assertRaisesRegex(KeyError, "^'k'$"): f(1)
        with self.assertRaisesRegex(ValueError, '^mine$'): f(0)
"""
    assert passes(run(exam(program, tests)))
    assert run(exam(program, "f(1)")).test_error == "KeyError: 'k' (test line 1: f(1))"


def test_tests_that_are_defined_are_run(run: Run) -> None:
    case = "import unittest\nclass T(unittest.TestCase):\n    def test_f(self): self.assertEqual(f(1), {})\n"
    for tests in (case, case + "unittest.main()", "def test_f():\n    assert f(1) == {}"):
        assert passes(run(exam(DOUBLE, tests.format(2))))
        assert (run(exam(DOUBLE, tests.format(3))).test_error or "").startswith("AssertionError")


@pytest.mark.parametrize("tests", ["", "assert True", "def test_f(fixture): f(1)", "def check(candidate): candidate()"])
def test_tests_that_ask_the_program_nothing_do_not_pass(run: Run, tests: str) -> None:
    assert not passes(run(exam(DOUBLE, tests, entry_point=None)))


def test_tests_see_arguments_change_in_place(run: Run) -> None:
    program = "def f(grid):\n    grid[:] = [list(row) for row in zip(*grid)]"
    assert passes(run(exam(program, "grid = [[1, 2], [3, 4]]\nf(grid)\nassert grid == [[1, 3], [2, 4]]")))


def test_what_does_not_cross_can_still_be_true(run: Run) -> None:
    program = "import re\ndef f(x): return re.match('a', x)"
    assert passes(run(exam(program, "assert f('a')\nassert not f('b')")))
    failed = run(exam(program, "assert f('a') == 'a'"))
    assert (failed.test_error or "").startswith("what `f` returned cannot reach the tests: Match is not plain data")


def test_what_cannot_say_whether_it_is_true_raised_nothing(run: Run) -> None:
    program = "class Array:\n    def __bool__(self): raise ValueError\ndef f(x): return Array()"
    assert passes(run(exam(program, "assert f('a') is not None")))
    failed = run(exam(program, "assert f('a')"))
    assert (failed.test_error or "").startswith("what `f` returned cannot reach the tests: Array is not plain data")


@pytest.mark.parametrize(
    "looks",
    [
        "assert not equal(f(1), [1])",
        "assert not isinstance(f(1), list)",
        "assert str(f(1)) != '[1]' and f'{f(1)}' != '[1]'",
        "assert hasattr(f(1), '__iter__')",
        "try: f(1) * 2\nexcept TypeError: pass",
        "try: f(1)()\nexcept BaseException: pass",
        "assert callable(f(1))",
        "assert not any(callable(x) for x in [f(1)])",
        "import builtins\nassert builtins.callable(f(1))",
        "from builtins import callable as c\nassert c(f(1))",
        "from collections.abc import Hashable\nassert isinstance(f(1), Hashable)",
        "try: {f(1)}\nexcept TypeError: pass",
        "import unittest\nclass T(unittest.TestCase):\n    def test_f(self): self.assertNotIsInstance(f(1), list)",
    ],
)
def test_what_does_not_cross_is_no_wrong_answer_whatever_the_tests_make_of_it(run: Run, looks: str) -> None:
    equal = """
def equal(a, b):
    try: return list(a) == b
    except Exception: return False
"""
    result = run(exam("import array\ndef f(x): return array.array('i', [1])", f"{equal}\n{looks}"))
    assert result.status == "completed"
    assert (result.test_error or "").startswith("what `f` returned cannot reach the tests: array is not plain data; ")
    assert "(test line " in (result.test_error or "")


def test_tests_can_ask_what_else_can_be_called(run: Run) -> None:
    assert passes(run(exam(DOUBLE, "assert callable(f) and callable(len) and not callable(f(1))")))
    assert passes(run(exam(DOUBLE, "class T:\n    asks = callable\nassert T().asks(f) and not T().asks(f(1))")))


@pytest.mark.parametrize(
    ("program", "tests"),
    [
        ("def f(x): return object()", "f([f(1)])"),
        ("def f(x): return [x]", "x = 1\nfor _ in range(99): x = f(x)"),
    ],
)
def test_a_program_cannot_have_its_tests_skipped_by_what_it_returns(run: Run, program: str, tests: str) -> None:
    result = run(exam(program, tests))
    assert result.status == "completed"
    assert "is not plain data" in (result.test_error or "")


def test_tests_have_the_modules_that_the_program_uses(run: Run) -> None:
    assert passes(run(exam("import sys\ndef f(x): return sys.getsizeof(x)", "assert f('a') == sys.getsizeof('a')")))


def test_the_tests_output_is_not_the_programs(run: Run) -> None:
    result = run(exam("def f(x):\n    print('program')\n    return x", "print('tests')\nassert f(1) == 1"))
    assert passes(result)
    assert result.stdout == "program\n"


SWALLOWS = "for x in range(3):\n    try: f(x)\n    except Exception: pass\n"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("os._exit(0)", "error"),
        ("os.close(6); __import__('time').sleep(9)", "protocol_error"),
        ("os.write(6, b'garbage')", "protocol_error"),
        ("os.write(6, b'\\xff' * 8)", "protocol_error"),
        ("while True: pass", "timeout"),
        ("return bytearray(1 << 30)", "memory"),
        ("return 'x' * 100_000", "output_limit"),
        ("ctypes.string_at(0)", "crash"),
        ("ctypes.CDLL(None).unshare(0x10000000)", "violation"),
    ],
)
def test_what_the_program_breaches_is_said_even_if_the_tests_swallow_everything(
    run: Run, body: str, status: str
) -> None:
    result = run(exam(f"import os, ctypes\ndef f(x):\n    {body}", SWALLOWS))
    assert (result.status, result.test_error) == (status, None), result


def test_more_names_than_may_cross_are_said(run: Run) -> None:
    result = run(exam("globals().update({f'name{i}': print for i in range(10_000)})\ndef f(x): return x", "f(1)"))
    assert (result.status, result.reason) == (
        "output_limit",
        "the names that the program defines take more than 64 KiB",
    )


def test_a_program_that_fails_while_it_is_loaded_never_meets_the_tests(run: Run) -> None:
    result = run(exam("import nowhere", "assert True", entry_point=None))
    assert (result.status, result.reason) == ("error", "ModuleNotFoundError: No module named 'nowhere' (line 1)")


@pytest.mark.parametrize(
    ("tests", "status", "said"),
    [
        ("while True: pass", "timeout", "the tests: more than 0.5 s of processor time"),
        ("import os\nos._exit(0)", "error", "the tests ended without a verdict (exit code 0)"),
        ("import sys\nsys.exit(0)", "completed", "SystemExit: 0"),
        ("raise KeyboardInterrupt", "completed", "KeyboardInterrupt"),
        ("assert (", "skipped", "the test code does not compile: SyntaxError"),
        (
            "try: f(object())\nexcept TypeError: pass",
            "skipped",
            "an argument of `f` cannot be handed to the program: object is not plain data; with `in_process`, "
            "tests hand over any value (test line 1: ",
        ),
    ],
)
def test_tests_that_do_not_come_to_their_end_have_not_passed(run: Run, tests: str, status: str, said: str) -> None:
    result = run(exam(DOUBLE, tests))
    assert not passes(result)
    assert result.status == status
    assert said in (result.reason or result.test_error or "")


def test_the_tests_are_nowhere_in_the_programs_process(run: Run) -> None:
    program = """
import gc, os, sys
def f():
    seen = []
    gc.unfreeze()
    for descriptor in range(3, 64):
        try: seen.append(os.pread(descriptor, 1 << 20, 0))
        except OSError: pass
    frame = sys._getframe()
    while frame:
        seen.append(repr(frame.f_locals).encode()); frame = frame.f_back
    seen += [thing.encode('utf-8', 'replace') for thing in gc.get_objects() if type(thing) is str]
    seen += [repr(thing).encode('utf-8', 'replace') for thing in gc.get_objects() if type(thing) in (list, dict, tuple)]
    needle = b' '.join([b'the', b'expected', b'value'])
    return any(needle in text for text in seen), len(seen) > 1000
"""
    assert passes(run(exam(program, "expected = 'the expected value'\nassert f() == (False, True), f()")))


def test_a_program_cannot_hand_its_own_names_to_the_tests(run: Run) -> None:
    program = """
def set(x): return 0
def sorted(x): return 0
def len(x): return 3
def __import__(*args): return None
def __builtins__(*args): return None
def f(x): return [3, 1]
"""
    for test in ("assert set(f(0)) == set([1, 2])", "assert sorted(f(0)) == [1, 2]", "assert len(f(0)) == 3"):
        assert not passes(run(exam(program, test)))


@pytest.mark.parametrize(
    ("reader", "file", "count"),
    [("humaneval", "humaneval/HumanEval.jsonl.gz", 164), ("mbpp", "mbpp/sanitized-mbpp.json", 427)],
)
def test_the_published_solutions_pass_their_published_tests(
    shared_data: Path, reader: str, file: str, count: int
) -> None:
    rows = list(build("reader", Use(name=reader, args={"data": str(shared_data / file)}))())
    # As the task `mbpp` has it: one of its solutions works for seconds.
    commands = [Command(row.metadata["solution"], **row.target, limits=Limits(cpu=10)) for row in rows]

    async def results() -> list[ExecResult]:
        async with opened("sandbox", Use(name="ns")) as run:
            return list(await asyncio.gather(*(run(command) for command in commands)))

    failed = [(row.key, result) for row, result in zip(rows, asyncio.run(results()), strict=True) if not passes(result)]
    assert (len(rows), failed) == (count, [])
