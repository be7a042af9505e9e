"""Sets of real numbers as intervals: exact ends, infinite ones included."""

import math
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

__all__ = ["ALL", "Interval", "Reals", "difference", "intersection", "point", "probes", "ray", "union"]

End = Fraction | float
"""A rational number, or plus or minus infinity."""


class Interval(NamedTuple):
    """All numbers between two ends, with these or without."""

    low: End
    high: End
    with_low: bool
    with_high: bool

    def is_empty(self) -> bool:
        """Whether there is no number in it."""
        return self.low > self.high or (self.low == self.high and not (self.with_low and self.with_high))

    def holds(self, value: Fraction) -> bool:
        """Whether the number is in it."""
        above = self.low < value or (self.low == value and self.with_low)
        return above and (value < self.high or (value == self.high and self.with_high))


Reals = tuple[Interval, ...]
"""Intervals in order, with gaps between them: equal sets are equal tuples."""

ALL: Reals = (Interval(-math.inf, math.inf, with_low=False, with_high=False),)


def point(value: Fraction) -> Reals:
    """The set of one number."""
    return (Interval(value, value, with_low=True, with_high=True),)


def ray(sign: str, end: End) -> Reals:
    """All numbers that are `<`, `<=`, `>`, `>=`, `=` or `!=` the end."""
    match sign:
        case "<" | "<=":
            return union([Interval(-math.inf, end, with_low=False, with_high=sign == "<=")])
        case ">" | ">=":
            return union([Interval(end, math.inf, with_low=sign == ">=", with_high=False)])
        case "=":
            return union([Interval(end, end, with_low=True, with_high=True)])
    return difference(ALL, ray("=", end))


def union(intervals: Iterable[Interval]) -> Reals:
    """All numbers in any of them."""
    merged = list[Interval]()
    ordered = (_open_at_infinity(each) for each in intervals if not each.is_empty())
    for each in sorted(ordered, key=lambda one: (one.low, not one.with_low)):
        last = merged[-1] if merged else None
        touches = last is not None and (
            each.low < last.high or (each.low == last.high and (each.with_low or last.with_high))
        )
        if last is None or not touches:
            merged.append(each)
            continue
        high, with_high = max((last.high, last.with_high), (each.high, each.with_high))
        merged[-1] = Interval(last.low, high, last.with_low, with_high)
    return tuple(merged)


def intersection(left: Reals, right: Reals) -> Reals:
    """All numbers in both."""
    return union(_common(one, other) for one in left for other in right)


def difference(left: Reals, right: Reals) -> Reals:
    """All numbers in the first and not in the second."""
    rest = left
    for each in right:
        below = Interval(-math.inf, each.low, with_low=False, with_high=not each.with_low)
        above = Interval(each.high, math.inf, with_low=not each.with_high, with_high=False)
        rest = intersection(rest, union([below, above]))
    return rest


def ends(reals: Reals) -> list[Fraction]:
    """Where the intervals end, in order, but for infinity."""
    return sorted({Fraction(end) for each in reals for end in (each.low, each.high) if not math.isinf(end)})


def probes(reals: Reals) -> list[Fraction]:
    """Numbers that tell this set from others: its ends, just beside them, between and beyond."""
    found = ends(reals)
    near = Fraction(1, 10**6)
    beside = [end + step for end in found for step in (-near, 0, near)]
    between = [(one + other) / 2 for one, other in pairwise(found)]
    outermost = [found[0] - 1, found[0] - 100, found[-1] + 1, found[-1] + 100] if found else []
    outermost += [Fraction(sign * 10**power) for sign in (1, -1) for power in (3, 5, 7, 9)]
    grid = [Fraction(step, 7) for step in range(-70, 71, 3)] + [Fraction(step) for step in range(-12, 13)]
    return [*beside, *between, *outermost, *grid]


def _open_at_infinity(each: Interval) -> Interval:
    return Interval(
        each.low, each.high, each.with_low and not math.isinf(each.low), each.with_high and not math.isinf(each.high)
    )


def _common(one: Interval, other: Interval) -> Interval:
    low, without_low = max((one.low, not one.with_low), (other.low, not other.with_low))
    high, with_high = min((one.high, one.with_high), (other.high, other.with_high))
    return Interval(low, high, not without_low, with_high)
