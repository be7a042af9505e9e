"""How much two JSON values have in common, field by field; lists in whatever order."""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Fields", "compared", "leaves"]

_CELLS = 10_000
"""Pairs of list items up to which the best matching is found; beyond it, a good one."""


@dataclass(frozen=True)
class Fields:
    """How many fields are expected, given, and right."""

    expected: int
    given: int
    right: float

    @property
    def precision(self) -> float:
        """The share of the given that is right."""
        return self.right / self.given

    @property
    def recall(self) -> float:
        """The share of the expected that was given."""
        return self.right / self.expected

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        return 2 * self.right / (self.expected + self.given)

    @property
    def same(self) -> bool:
        """Whether everything is right, and nothing else is there."""
        return self.right == self.expected == self.given


def compared(expected: Any, given: Any, *, ignore_case: bool = False, in_order: bool = False) -> Fields:
    """The fields that two values have in common."""
    right = _Comparison(ignore_case, in_order).right(expected, given)
    return Fields(leaves(expected), leaves(given), right)


def leaves(value: Any) -> int:
    """The number of fields: everything that holds no other, an empty list or object too."""
    if isinstance(value, dict) and value:
        return sum(map(leaves, value.values()))
    if isinstance(value, list) and value:
        return sum(map(leaves, value))
    return 1


@dataclass(frozen=True)
class _Comparison:
    ignore_case: bool
    in_order: bool

    def right(self, expected: Any, given: Any) -> int:
        """How many fields of the one are in the other, at their places."""
        if isinstance(expected, dict) and isinstance(given, dict):
            if not expected and not given:
                return 1
            return sum(self.right(value, given[key]) for key, value in expected.items() if key in given)
        if isinstance(expected, list) and isinstance(given, list):
            return self._of_lists(expected, given)
        if isinstance(expected, dict | list) or isinstance(given, dict | list):
            return 0
        return int(self._equal(expected, given))

    def _of_lists(self, expected: Sequence[Any], given: Sequence[Any]) -> int:
        if not expected and not given:
            return 1
        if self.in_order:
            return sum(self.right(one, other) for one, other in zip(expected, given, strict=False))
        few, many = sorted((expected, given), key=len)
        gains = [[self.right(one, other) for other in many] for one in few]
        if not few:
            return 0
        return _best(gains) if len(few) * len(many) <= _CELLS else _good(gains)

    def _equal(self, expected: Any, given: Any) -> bool:
        if isinstance(expected, bool) or isinstance(given, bool):
            return expected is given
        if isinstance(expected, int | float) and isinstance(given, int | float):
            return _close(expected, given)
        if isinstance(expected, str) and isinstance(given, str):
            return self._plain(expected) == self._plain(given)
        return expected is None and given is None

    def _plain(self, text: str) -> str:
        text = " ".join(unicodedata.normalize("NFC", text).split())
        return text.casefold() if self.ignore_case else text


def _close(one: float, other: float) -> bool:
    """Whether two numbers are the same, but for the last digits of a float."""
    try:
        return one == other or math.isclose(one, other, rel_tol=1e-9)
    except OverflowError:
        return False


def _good(gains: Sequence[Sequence[int]]) -> int:
    """A matching that takes the largest gain that is left, again and again."""
    cells = sorted(
        ((gain, row, column) for row, line in enumerate(gains) for column, gain in enumerate(line) if gain),
        key=lambda cell: (-cell[0], cell[1], cell[2]),
    )
    rows, columns, total = set[int](), set[int](), 0
    for gain, row, column in cells:
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            total += gain
    return total


def _best(gains: Sequence[Sequence[int]]) -> int:
    """The matching of each row with a column of its own that gains most (Kuhn and Munkres, by shortest paths)."""
    rows, columns = len(gains), len(gains[0])
    up, down = [0.0] * (rows + 1), [0.0] * (columns + 1)
    taken = [0] * (columns + 1)
    for row in range(1, rows + 1):
        taken[0], at = row, 0
        least, before, done = [math.inf] * (columns + 1), [0] * (columns + 1), [False] * (columns + 1)
        while taken[at]:
            done[at], here, step, ahead = True, taken[at], math.inf, 0
            for column in range(1, columns + 1):
                if done[column]:
                    continue
                cost = -gains[here - 1][column - 1] - up[here] - down[column]
                if cost < least[column]:
                    least[column], before[column] = cost, at
                if least[column] < step:
                    step, ahead = least[column], column
            for column in range(columns + 1):
                if done[column]:
                    up[taken[column]] += step
                    down[column] -= step
                else:
                    least[column] -= step
            at = ahead
        while at:
            taken[at], at = taken[before[at]], before[at]
    return sum(gains[row - 1][column - 1] for column, row in enumerate(taken) if column and row)
