"""What the tests see of a program in another process, and what a hostile one can do to them."""

import pytest

from plugins.sandboxes.inside import OUTPUT, examined, examined_in_process, examined_of_answers, frame

HELLO = frame((["f"], []))


def test_arguments_that_the_program_changes_are_changed_for_the_tests() -> None:
    program = """
def f(items, table, *, chosen):
    items.sort(); items[0].append('x'); table.pop('a'); chosen.add(True); return len(items)
"""
    tests = """
from collections import Counter
items, table, chosen = [[2], [1]], Counter(a=1, b=2), {0}
same = items, table, chosen
assert f(items, table, chosen=chosen) == 2
assert same == ([[1, 'x'], [2]], {'b': 2}, {0, 1}), same
assert type(table) is Counter
"""
    assert examined(program, tests) == ("passed", "")


def test_what_the_program_hides_in_an_argument_stays_with_it() -> None:
    program = "def f(memo):\n    memo['key'] = object()\n    return 1"
    assert examined(program, "memo = {}\nassert f(memo) == 1 and memo == {}") == ("passed", "")
    grown = "def f(x):\n    x += [0] * 100_000\n    return 1"
    assert examined(grown, "assert f([]) == 1")[0] == "gone"
    swollen = "def f(x):\n    x.append(x); x.append(x)\n    return 1"
    assert examined(swollen, "x = []\nassert f(x) == 1 and x == []") == ("passed", "")


def test_large_arguments_may_come_back_unchanged() -> None:
    assert examined("def f(x): return x[-1]", f"assert f([1] * {OUTPUT}) == 1") == ("passed", "")


def test_exceptions_cross_with_their_name_their_text_and_the_built_in_one_that_they_are() -> None:
    program = """
import json
class Own(ValueError): pass
class Odd(Exception):
    def __str__(self): return 'odd'
def f(x):
    if x == 1: raise KeyError('k')
    if x == 2: raise Own('mine')
    if x == 3: raise UnicodeDecodeError('utf-8', b'', 0, 1, 'bad')
    if x == 4: raise Odd
    if x == 5: json.loads('{')
    if x == 6: raise SystemExit(3)
    if x == 7: raise KeyError(object)
    assert x != 8, 'eight'
    if x == 9: raise FileNotFoundError(2, 'no such file')
"""
    tests = """
def raised(x):
    try: f(x)
    except BaseException as err: return err
assert type(raised(1)) is KeyError and raised(1).args == ('k',)
assert isinstance(raised(2), ValueError) and str(raised(2)) == 'mine' and type(raised(2)).__name__ == 'Own'
assert type(raised(3)) is UnicodeDecodeError and raised(3).reason == 'bad'
assert type(raised(4)).__bases__ == (Exception,) and str(raised(4)) == 'odd'
assert isinstance(raised(5), ValueError) and 'column 2' in str(raised(5))
assert type(raised(6)) is SystemExit and raised(6).code == 3
assert type(raised(7)) is KeyError and 'object' in str(raised(7))
assert type(raised(8)) is AssertionError and str(raised(8)) == 'eight'
assert raised(9).errno == 2
"""
    assert examined(program, tests) == ("passed", "")
    kind, text = examined(program, "f(2)")
    assert (kind, text) == ("failed", "Own: mine (test line 1: f(2))")


@pytest.mark.parametrize("name", ["StopIteration", "StopAsyncIteration", "GeneratorExit"])
def test_an_exception_cannot_cut_a_loop_of_the_tests_short(name: str) -> None:
    tests = "for x in map(f, [1]): pass\nlist(map(f, [1, 2]))\nasked = [x for x in (f(y) for y in [1])]"
    kind, text = examined(f"def f(x): raise {name}", tests)
    assert (kind, text.partition(" (")[0]) == ("failed", f"RuntimeError: {name}: ")
    own = f"class Own({name}): pass\ndef f(x): raise Own"
    assert examined(own, tests)[0] == "failed"


@pytest.mark.parametrize("name", ["SystemExit", "KeyboardInterrupt", "AssertionError", "SkipTest", "Untested"])
def test_no_exception_of_the_program_ends_the_tests_well(name: str) -> None:
    program = f"kind = type('{name}', (Exception,), {{}})\ndef f(x): raise vars(__builtins__).get('{name}', kind)"
    program = program.replace("vars(__builtins__)", "__import__('builtins').__dict__")
    case = "import unittest\nclass T(unittest.TestCase):\n    def test_f(self): f(1)"
    for tests in ("f(1)", "def test_f(): f(1)", "def check(candidate): candidate(1)", case):
        assert examined(program, tests)[0] == "failed"


def test_the_program_can_be_imported_as_solution() -> None:
    program = "def f(x): return _g(x)\ndef _g(x): return x"
    for tests in ("from solution import f, _g\nassert _g(1) == 1", "import solution\nassert solution.f(1) == 1"):
        assert examined(program, tests) == ("passed", "")
        assert examined_in_process(program, tests) == ("passed", "")


def test_what_is_imported_all_at_once_does_not_come_between_tests_and_their_builtins() -> None:
    program = "def f(x): return 2.0\ndef abs(x): return 0.0\n__all__ = ['abs']"
    assert examined(program, "from solution import *\nassert abs(f(1) - 1.0) < 1e-6")[0] == "failed"
    assert examined(program, "from solution import abs\nassert abs(-1) == 0") == ("passed", "")


def test_threads_of_the_tests_get_their_own_answers() -> None:
    tests = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(4) as pool:
    assert list(pool.map(f, range(200))) == list(range(200))
"""
    assert examined("def f(x): return x", tests) == ("passed", "")


SWALLOWED = "for x in range(3):\n    try: f([1])\n    except: pass\n"
IN_A_CASE = """
import unittest
class T(unittest.TestCase):
    @unittest.expectedFailure
    def test_f(self): f([1])
"""


@pytest.mark.parametrize(
    "said",
    [
        frame("value"),
        frame(("passed", "")),
        frame(("value", 1)),
        frame(("value", 1, [])),
        frame(("value", 1, {0: (1,)})),
        frame(("value", 1, {1: [1]})),
        frame(("value", 1, {"x": [1]})),
        frame(("value", 1, {None: [1]})),
        frame(("opaque", "text", 1, {})),
        frame(("error", "ValueError", "text")),
        frame(("error", "ValueError", 1, "ValueError", ())),
        frame(("error", "ValueError", "text", "ValueError", [])),
        b"\xff" * 8,
        b"\0\0\0\0",
        (30_000).to_bytes(4, "little") + b"[" * 30_000,
        (8).to_bytes(4, "little") + b'["d",[],1'[:8],
        (OUTPUT + 1).to_bytes(4, "little"),
    ],
)
def test_an_answer_that_is_none_is_the_programs_fault_whatever_the_tests_make_of_it(said: bytes) -> None:
    assert examined_of_answers(HELLO + said * 2, SWALLOWED)[0] == "malformed"
    assert examined_of_answers(HELLO + said, IN_A_CASE)[0] == "malformed"


@pytest.mark.parametrize(
    "said",
    [
        frame(("error", kind, "text", base, made_of))
        for kind in ("ValueError", "é", "a b", "", "\0", "\ud800", "__class__", "KeyError")
        for base, made_of in (("ValueError", ()), ("print", (1,)), ("", ()), ("UnicodeDecodeError", (1,)), ("\0", ()))
    ][::3],
)
def test_an_exception_of_any_name_is_a_failure(said: bytes) -> None:
    assert examined_of_answers(HELLO + said, "f(1)")[0] == "failed"


def test_a_flood_of_answers_is_a_claim_for_each_question_and_no_more() -> None:
    flood = HELLO + frame(("value", 1, {})) * 1000
    assert examined_of_answers(flood, "assert f(1) == f(2) == 1") == ("passed", "")
    assert examined_of_answers(flood, "assert f(1) == 1 and f(2) == 2")[0] == "failed"


@pytest.mark.parametrize("said", [b"", b"\1", HELLO, HELLO + b"\xff\0\0\0text"])
def test_a_program_that_says_no_more_is_gone(said: bytes) -> None:
    assert examined_of_answers(said, SWALLOWED) == ("gone", "")


@pytest.mark.parametrize("said", [1, ["f"], (["f"], [1]), ({"f"}, []), (["f"], ["g"], [])])
def test_a_program_must_say_what_it_defines(said: object) -> None:
    assert examined_of_answers(frame(said), "assert True") == ("malformed", "no list of functions")
