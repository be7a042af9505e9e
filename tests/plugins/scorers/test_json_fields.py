"""Fields are counted one by one, and lists compared in the order that suits best."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbook.plugins.scorers.json_fields import _best, _good, compared, leaves

_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b", "ab"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)


@given(_VALUES)
def test_a_value_is_the_same_as_itself(value: Any) -> None:
    fields = compared(value, json.loads(json.dumps(value)))
    assert fields.same
    assert (fields.precision, fields.recall, fields.f1) == (1.0, 1.0, 1.0)


@given(_VALUES, _VALUES)
def test_shares_are_shares_and_the_other_way_round_they_change_places(one: Any, other: Any) -> None:
    there, back = compared(one, other), compared(other, one)
    assert 0.0 <= there.f1 <= 1.0
    assert (there.precision, there.recall, there.f1) == (back.recall, back.precision, back.f1)


@given(st.lists(_VALUES, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_lists_does_not_count(value: list[Any], chance: Any) -> None:
    mixed = chance.sample(value, len(value))
    assert compared(value, mixed).same


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=width, max_size=width)
    )
)
def test_the_matching_is_the_best_there_is(gains: list[list[int]]) -> None:
    best = max(
        sum(gains[row][column] for row, column in enumerate(columns))
        for columns in itertools.permutations(range(4), len(gains))
    )
    assert _best(gains) == best
    assert best / 2 <= _good(gains) <= best


@pytest.mark.parametrize(
    ("expected", "given_", "right", "total"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, 1, 2),
        ({"a": 1}, {"a": 1.0}, 1, 1),
        ({"a": 6080.52}, {"a": 6080.520000000001}, 1, 1),
        ({"a": 1}, {"a": True}, 0, 1),
        ({"a": 1}, {"a": "1"}, 0, 1),
        ({"a": None}, {"a": None}, 1, 1),
        ({"a": None}, {}, 0, 1),
        ({"a": []}, {"a": []}, 1, 1),
        ({"a": []}, {"a": ["x"]}, 0, 1),
        ({"a": "Ann  Lee\n"}, {"a": "Ann Lee"}, 1, 1),
        ({"a": "Ann"}, {"a": "ann"}, 0, 1),
        ([{"n": 1, "m": 1}, {"n": 2, "m": 2}], [{"n": 2, "m": 9}, {"n": 1, "m": 1}], 3, 4),
        ({"a": {"b": [1, 2, 3]}}, {"a": {"b": [3, 1]}}, 2, 3),
        ({"a": 10**400}, {"a": 0.5}, 0, 1),
    ],
)
def test_what_counts_as_right(expected: Any, given_: Any, right: int, total: int) -> None:
    fields = compared(expected, given_)
    assert (fields.right, fields.expected) == (right, total)


def test_order_and_case_count_as_is_said() -> None:
    assert compared([1, 2], [2, 1], in_order=True).right == 0
    assert compared(["Ann"], ["ANN"], ignore_case=True).same


def test_long_lists_are_matched_in_good_time() -> None:
    numbers: list[Any] = [{"n": number} for number in range(600)]
    assert compared(numbers, numbers[::-1]).same
    assert leaves(numbers) == 600
