"""When values and texts match: the section "When a value matches" of docs/sandbox.md, line by line."""

import math
from collections import Counter
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbook import SpecError
from benchbook.specs.comparison import Comparison, TextComparison, TextRule, TooManySteps

STRICT = Comparison()


class Point(NamedTuple):
    x: int
    y: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (10**400, 10**400),
        (0.1 + 0.2, 0.3),
        (1e300 * 1e10, math.inf),
        (1e-13, 0.0),
        ("é", "é"),
        (b"a", b"a"),
        ([1, [2.0, (3,)]], [1, [2.0000000000001, (3,)]]),
        ({"b": 2, "a": [0.3]}, {"a": [0.1 + 0.2], "b": 2}),
        ({1, (2, 3)}, {(2, 3), 1}),
        (frozenset({0.1 + 0.2}), frozenset({0.3})),
        ({0.3: 1}, {0.1 + 0.2: 1}),
        ([], []),
        (2 + 1j, 2 + 1j),
    ],
)
def test_equal_values_of_equal_types_match(value: Any, expected: Any) -> None:
    assert STRICT.matches(value, expected)
    assert STRICT.matches(expected, value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, 1),
        (0, False),
        (1, 1.0),
        (None, 0),
        ("1", 1),
        ("a", b"a"),
        ([1, 2], (1, 2)),
        ({1}, frozenset({1})),
        ({1}, [1]),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ({True: "x"}, {1: "x"}),
        ({1.0}, {1}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": 1}, {"a": True}),
        (0.3001, 0.3),
        (math.nan, math.nan),
        ([math.nan], [math.nan]),
        (math.inf, -math.inf),
        (1e308, math.inf),
    ],
)
def test_all_else_does_not(value: Any, expected: Any) -> None:
    assert not STRICT.matches(value, expected)
    assert not STRICT.matches(expected, value)


def test_an_int_is_a_float_only_where_the_task_says_so() -> None:
    lenient = Comparison(int_equals_float=True)
    assert lenient.matches([2, 2.0], [2.0, 2])
    assert not lenient.matches(True, 1.0)
    assert not lenient.matches(10**400, 1.0)
    assert "int = float" in lenient.rule
    assert lenient.rule != STRICT.rule


def test_a_float_that_stands_for_an_int_has_the_tolerance() -> None:
    lenient = Comparison(int_equals_float=True)
    assert lenient.matches(0.1 * 30, 3)
    assert not lenient.matches(3.1, 3)
    assert not lenient.matches(10**17, 10**17 + 1)


def test_the_tolerance_is_the_tasks() -> None:
    assert Comparison(rel_tolerance=0.01).matches(100.5, 100.0)
    assert not Comparison(rel_tolerance=0, abs_tolerance=0).matches(0.1 + 0.2, 0.3)


def test_a_complex_number_is_two_floats() -> None:
    assert STRICT.matches(complex(0.1 + 0.2, 1), complex(0.3, 1))
    assert not STRICT.matches(complex(0.3, 1), complex(0.3, 2))
    assert not STRICT.matches(complex(1, 0), 1.0)


def test_subclasses_count_as_what_they_extend() -> None:
    assert STRICT.matches({"a": 2}, Counter("aa"))
    assert STRICT.matches((1, 2), Point(1, 2))


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("nan_equals_nan", [math.nan, 1], [math.nan, 1]),
        ("nan_equals_nan", {math.nan}, {math.nan}),
        ("unordered", [3, 1, 2, 1], [1, 1, 2, 3]),
        ("unordered", {"a": [[1, 2], [3]]}, {"a": [[3], [2, 1]]}),
        ("unordered", [0.1 + 0.2, "a"], ["a", 0.3]),
        ("tuples_equal_lists", [(1, [2]), ()], ([1, (2,)], [])),
        ("json_keys", {1: "a", None: "b", False: "c", 0.5: "d"}, {"1": "a", "null": "b", "false": "c", "0.5": "d"}),
        ("json_keys", {"a": {2: 1}}, {"a": {"2": 1}}),
        ("json_keys", {(1, 2): 3}, {(1, 2): 3}),
        ("json_keys", {0.1 + 0.2: 1}, {0.3: 1}),
        ("int_equals_float", {1: 2.0, 2: {3.0}}, {1.0: 2, 2: {3}}),
    ],
)
def test_what_is_declared_is_laxer_and_named_in_the_rule(field: str, value: Any, expected: Any) -> None:
    lax = Comparison.parse({field: True})
    assert lax.matches(value, expected)
    assert lax.matches(expected, value)
    assert lax.rule != STRICT.rule
    if value not in ({(1, 2): 3}, {0.1 + 0.2: 1}):
        assert not STRICT.matches(value, expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, 1),
        ({1: 0, "1": 0}, {"1": 0}),
        ({"01": 0}, {1: 0}),
        ({True: 0}, {1: 0}),
        ({"1.00": 0}, {1.0: 0}),
        ({"3.1400000000001": 2}, {"3.14": 2}),
        ({"1.0": 2}, {"1": 2}),
        ({"1e+16": 2}, {"10000000000000001": 2}),
        ({"1e-13": 1}, {"0": 1}),
        ({"1e-13": "a", "2e-13": "b"}, {"0": "b", "1e-13": "a"}),
        ({"0.0": 1}, {"-0.0": 1}),
        ({1: 0, 2: 0}, {"1": 0, "3": 0}),
        ([1, 1, 2], [1, 2, 2]),
        ([[1, 2]], [[1], [2]]),
        ({1, 2}, [1, 2]),
        ("1", 1),
    ],
)
def test_even_the_laxest_rule_keeps_apart_what_differs(value: Any, expected: Any) -> None:
    laxest = Comparison(
        int_equals_float=True, nan_equals_nan=True, unordered=True, tuples_equal_lists=True, json_keys=True
    )
    assert not laxest.matches(value, expected)
    assert not laxest.matches(expected, value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([{1: 0}, {1: 0}], [{"1": 0}, {"1.0": 0}]),
        ([{0.3: 0}, {0.3: 0}], [{"0.3": 0}, {"0.30000000000000004": 0}]),
        ({10**3700: 1}, {str(10**3700): 1}),
        ({"1": 0}, {1.0: 0}),
        ([{"1.0": 2}, {"1": 1}], [{"1.0": 2}, {1: 1}]),
    ],
)
def test_a_key_that_is_a_number_is_any_text_that_reads_as_it(value: Any, expected: Any) -> None:
    lax = Comparison(json_keys=True, int_equals_float=True)
    assert lax.matches(value, expected)
    assert lax.matches(expected, value)


def test_partners_are_found_though_sorting_misses_them() -> None:
    near = 0.1 + 0.2
    assert STRICT.matches({(near, 1.0), (0.3, 5.0)}, {(near, 5.0), (0.3, 1.0)})
    assert STRICT.matches({frozenset({(near, 1.0), (0.3, 5.0)})}, {frozenset({(near, 5.0), (0.3, 1.0)})})
    assert not STRICT.matches({(near, 1.0), (0.3, 5.0)}, {(near, 5.0), (0.3, 5.5)})


def test_partners_are_found_though_the_first_choice_is_anothers() -> None:
    coarse = Comparison(abs_tolerance=1.1, rel_tolerance=0, unordered=True)
    assert coarse.matches([(2.0, 9.0), (1.0, 9.5), (3.0, 8.5)], [(2.0, 8.6), (3.0, 9.4), (1.5, 9.1)])
    assert not coarse.matches([(0.0, 0.0), (0.5, 0.5), (9.0, 9.0)], [(0.0, 0.0), (9.0, 9.0), (9.5, 9.5)])


def test_nobody_partners_twice() -> None:
    coarse = Comparison(abs_tolerance=1, unordered=True)
    assert not coarse.matches([1.0, 1.1, 5.0], [1.0, 5.0, 5.1])


@pytest.mark.parametrize("size", [3000, 10_000])
def test_what_would_take_for_ever_is_given_up(size: int) -> None:
    wanted = {(at * 1e-13, float(at % 7)) for at in range(size)}
    given = {(at * 1e-13, float((at + 1) % 7)) for at in range(size)}
    with pytest.raises(TooManySteps):
        Comparison(abs_tolerance=1e-3).matches(given, wanted)


def test_large_values_that_match_are_no_effort() -> None:
    many = [(at, at / 3, str(at)) for at in range(20_000)]
    assert STRICT.matches(list(many), many)
    assert STRICT.matches(set(many), set(many))
    assert STRICT.matches(dict.fromkeys(many), dict.fromkeys(reversed(many)))
    assert Comparison(unordered=True).matches(many[::-1], many)
    assert not STRICT.matches({at / 3 for at in range(20_000)}, {at / 3 for at in range(1, 20_001)})


def test_colliding_hashes_do_not_slow_a_comparison_down() -> None:
    colliding = [at * (2**61 - 1) for at in range(20_000)]
    assert Comparison(unordered=True).matches(colliding[::-1], colliding)


def test_the_work_can_be_bounded() -> None:
    assert STRICT.matches([1, 2], [1, 2], steps=10)
    with pytest.raises(TooManySteps):
        STRICT.matches([1] * 100, [1] * 100, steps=10)


def test_what_is_no_plain_data_cannot_be_compared() -> None:
    with pytest.raises(SpecError, match="object is not plain data"):
        STRICT.matches(object(), 1)


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("exact", "a \n", "a \n"),
        ("lines", "a \nb\t\n\n \n", "a\nb"),
        ("lines", "a\r\nb\r\n", "a\nb\n"),
        ("lines", "\n", ""),
        ("tokens", "1  2\n3", "1 2 3\n"),
        ("numbers", "x 0.30000004 1e3", "x 0.3 1000"),
        ("numbers", "1" + "0" * 5000, "+01" + "0" * 5000),
        ("numbers", "1e999", "1e999"),
    ],
)
def test_texts_match_by_their_rule(rule: TextRule, text: str, expected: str) -> None:
    assert TextComparison(rule=rule).difference(text, expected) is None


@pytest.mark.parametrize(
    ("rule", "text", "expected", "difference"),
    [
        ("exact", "a \n", "a\n", "line 1 is 'a ', not 'a'"),
        ("exact", "a", "a\n", "it ends before line 2, ''"),
        ("lines", " a", "a", "line 1 is ' a', not 'a'"),
        ("lines", "a\nb", "a\nc", "line 2 is 'b', not 'c'"),
        ("lines", "a\n\nb", "a\nb", "line 2 is '', not 'b'"),
        ("lines", "a", "a\nb", "it ends before line 2, 'b'"),
        ("tokens", "1 2 3", "1 2", "it goes on with word 3, '3'"),
        ("tokens", "1.0", "1", "word 1 is '1.0', not '1'"),
        ("numbers", "0.31", "0.3", "word 1 is '0.31', not '0.3'"),
        ("numbers", "1" + "0" * 400, "1" + "0" * 401, "word 1 is '1000"),
        ("numbers", "1e999", "2e999", "word 1 is '1e999', not '2e999'"),
        ("numbers", "nan", "inf", "word 1 is 'nan', not 'inf'"),
        ("numbers", "-1", "1", "word 1 is '-1', not '1'"),
    ],
)
def test_a_text_that_differs_is_told_where(rule: TextRule, text: str, expected: str, difference: str) -> None:
    assert str(TextComparison(rule=rule).difference(text, expected)).startswith(difference)


def test_a_rule_for_texts_has_a_short_spelling() -> None:
    assert TextComparison.parse("tokens") == TextComparison(rule="tokens")
    assert (
        TextComparison.parse({"rule": "numbers", "abs_tolerance": 0.5}).name == "text/1 (numbers, rel 1e-06, abs 0.5)"
    )
    with pytest.raises(SpecError, match="did you mean 'tokens'"):
        TextComparison.parse("token")


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(plain, plain)
@settings(max_examples=60, deadline=None)
def test_it_is_reflexive_symmetric_and_never_laxer_than_python(one: Any, other: Any) -> None:
    exact = Comparison(rel_tolerance=0, abs_tolerance=0)
    assert exact.matches(one, one)
    assert exact.matches(one, other) == exact.matches(other, one)
    assert not exact.matches(one, other) or one == other


@pytest.mark.parametrize("end", ["x", ".5x", "e", "e5x"])
def test_long_words_that_are_nearly_numbers_are_read_once(end: str) -> None:
    word = "1" * 500_000 + end
    assert TextComparison(rule="numbers").difference(word, "5") is not None
    assert not Comparison(json_keys=True).matches({word: 0, f"{word}y": 0}, {"1": 0, "2": 0})
    assert not Comparison(json_keys=True).matches({f"{word[-3990:]}{at}": 0 for at in range(200)}, {"1": 0})
