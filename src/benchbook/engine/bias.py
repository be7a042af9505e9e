"""What moves a judge of pairs that should not: the place of an answer, its length, who wrote it.

A verdict is 1 where the first of the pair is preferred, 0 where the second is, and 0.5 for a tie.
"""

import math
import re
from collections import Counter
from collections.abc import Hashable, Sequence
from statistics import NormalDist
from typing import NamedTuple

from benchbook.engine.concordance import cohen
from benchbook.engine.paired import sign_test
from benchbook.engine.ranking import ControlledRate, length_controlled
from benchbook.engine.statistics import CONFIDENCE, clustered_error, wilson


class Rate(NamedTuple):
    """A share or a difference of shares, with its interval and what it is of."""

    value: float
    low: float
    high: float
    n: int


class Position(NamedTuple):
    """What a judge says of pairs that it saw in both orders."""

    pairs: int
    unread: int
    """Pairs of which a verdict could not be read. Here, that is an answer of its own."""
    consistent: Rate
    """Pairs with the same verdict in both orders."""
    kappa: float | None
    """Cohen's, between the orders."""
    first: Rate | None
    """How often the answer in the first place is preferred, of verdicts that prefer one."""
    both_first: int
    """Pairs of which the first place is preferred whichever answer stands there."""
    both_second: int
    p: float
    """How likely these two are so uneven by chance (sign test, exact)."""


Orders = tuple[float | None, float | None]
"""The verdict on a pair in each order, both seen from the same answer; None where it could not be read."""


def position(orders: Sequence[Orders]) -> Position | None:
    """Of pairs that were shown in both orders; None without any."""
    if not orders:
        return None
    # In the second order, the answer that is seen from stands in the second place.
    read = [(one, 1 - other) for one, other in orders if one is not None and other is not None]
    places = [place for pair in read for place in pair if place != 0.5]
    firsts, seconds = (Counter(read)[place, place] for place in (1.0, 0.0))
    return Position(
        len(orders),
        len(orders) - len(read),
        _share(sum(one == other for one, other in orders), len(orders)),
        cohen(Counter((_word(one), _word(other)) for one, other in orders)),
        _share(sum(places), len(places)) if places else None,
        firsts,
        seconds,
        sign_test(firsts, firsts + seconds),
    )


def _word(verdict: float | None) -> float | str:
    return "unread" if verdict is None else verdict


class Sided(NamedTuple):
    """A verdict on a pair, with what should not count."""

    verdict: float
    reference: float | None
    """What somebody else said of the same pair: people, or other judges."""
    cluster: Hashable
    lengths: tuple[int, int] | None = None
    models: tuple[str, str] | None = None


class Length(NamedTuple):
    """How a judge treats the longer of two answers."""

    longer: Rate
    """How often it is preferred."""
    excess: Rate | None
    """How much more often than by the reference, over the pairs that both gave a verdict on."""
    controlled: ControlledRate | None
    """The win rate of the model that comes first in every pair, if there is one."""
    model: str = ""
    """That model."""


def length(verdicts: Sequence[Sided]) -> Length | None:
    """Over pairs whose answers differ in length; None without such."""
    uneven = [one for one in verdicts if one.lengths and one.lengths[0] != one.lengths[1]]
    if not uneven:
        return None
    sides = [_turned(one, lengths[0] > lengths[1]) for one in uneven if (lengths := one.lengths)]
    return Length(_rate(sides), _excess(sides), *_controlled(uneven))


class SelfPreference(NamedTuple):
    """How a judge treats answers of its own family against those of others."""

    family: str
    own: Rate
    """How often its own family's is preferred."""
    excess: Rate | None
    """How much more often than by the reference."""


def self_preference(judge: str, verdicts: Sequence[Sided]) -> SelfPreference | None:
    """Over pairs of which one answer is of the judge's family; None without such."""
    mine = family(judge)
    sides = [
        _turned(one, own[0])
        for one in verdicts
        if one.models and sum(own := [family(model) == mine for model in one.models]) == 1
    ]
    return SelfPreference(mine, _rate(sides), _excess(sides)) if mine and sides else None


def family(model: str) -> str:
    """What models of one house have in common: the first letters of their names, as in `gpt` or `claude`."""
    name = model.rpartition("/")[2].lower()
    found = re.match(r"[^\W\d_]+", name)
    return found[0] if found else ""


def _turned(one: Sided, first: bool) -> Sided:  # noqa: FBT001 - which of the two
    """The verdict seen from the first answer, or from the second."""
    if first:
        return one
    return one._replace(verdict=1 - one.verdict, reference=None if one.reference is None else 1 - one.reference)


def _controlled(uneven: Sequence[Sided]) -> tuple[ControlledRate | None, str]:
    models = {frozenset(one.models) for one in uneven if one.models}
    if len(models) != 1 or len(both := sorted(next(iter(models)))) != 2 or not all(one.models for one in uneven):
        return None, ""
    sides = [
        (_turned(one, first), first, one.lengths)
        for one in uneven
        if one.models
        for first in [one.models[0] == both[0]]
    ]
    gaps = [(lengths[0] - lengths[1]) * (1 if first else -1) for _, first, lengths in sides if lengths]
    return length_controlled([one.verdict for one, *_ in sides], gaps), both[0]


def _rate(sides: Sequence[Sided]) -> Rate:
    return _mean([one.verdict for one in sides], [one.cluster for one in sides])


def _excess(sides: Sequence[Sided]) -> Rate | None:
    both = [(one.verdict - one.reference, one.cluster) for one in sides if one.reference is not None]
    return _mean([gap for gap, _ in both], [cluster for _, cluster in both]) if both else None


def _mean(values: Sequence[float], clusters: Sequence[Hashable]) -> Rate:
    """The mean with its normal interval, by clusters."""
    mean = math.fsum(values) / len(values)
    half = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * clustered_error(values, clusters)
    return Rate(mean, mean - half, mean + half, len(values))


def _share(hits: float, n: int) -> Rate:
    return Rate(hits / n, *wilson(hits, n), n)
