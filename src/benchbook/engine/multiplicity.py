"""p-values of several comparisons, adjusted so that each can be held against alpha as if it were alone."""

from collections.abc import Sequence
from itertools import accumulate


def bonferroni(ps: Sequence[float]) -> list[float]:
    """Against one false alarm among all."""
    return [min(1.0, p * len(ps)) for p in ps]


def holm(ps: Sequence[float]) -> list[float]:
    """Against one false alarm among all, step by step: never weaker than Bonferroni (Holm 1979)."""
    order = _ascending(ps)
    steps = accumulate(((len(ps) - at) * ps[place] for at, place in enumerate(order)), max)
    return _in_place(order, list(steps))


def benjamini_hochberg(ps: Sequence[float]) -> list[float]:
    """Against a share of false alarms among those raised (Benjamini & Hochberg 1995)."""
    return _stepped_up(ps, 1.0)


def benjamini_yekutieli(ps: Sequence[float]) -> list[float]:
    """The same, however the comparisons depend on each other (Benjamini & Yekutieli 2001)."""
    return _stepped_up(ps, sum(1 / k for k in range(1, len(ps) + 1)))


def _stepped_up(ps: Sequence[float], factor: float) -> list[float]:
    order = _ascending(ps)
    raised = [ps[place] * len(ps) * factor / rank for rank, place in enumerate(order, 1)]
    return _in_place(order, list(accumulate(reversed(raised), min))[::-1])


def _ascending(ps: Sequence[float]) -> list[int]:
    return sorted(range(len(ps)), key=ps.__getitem__)


def _in_place(order: Sequence[int], values: Sequence[float]) -> list[float]:
    placed = dict(zip(order, values, strict=True))
    return [min(1.0, placed[at]) for at in range(len(order))]
