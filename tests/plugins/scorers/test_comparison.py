"""When values match: the section "Comparison" of docs/python-coding.md, line by line."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbook.plugins.scorers.comparison import Comparison

STRICT = Comparison()


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


def test_the_tolerance_is_the_tasks() -> None:
    assert Comparison(rel_tolerance=0.01).matches(100.5, 100.0)
    assert not Comparison(rel_tolerance=0, abs_tolerance=0).matches(0.1 + 0.2, 0.3)


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
