"""The bootstrap: what figures would have been, had chance picked other units of the same kind.

Units that look the same are interchangeable, so a resample is a draw of how often each kind comes: a handful of
binomial numbers instead of thousands of picks. Equal seeds give equal intervals, on any machine.
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from statistics import NormalDist
from typing import TypeVar

from benchbook.engine.statistics import CONFIDENCE, percentile

Unit = TypeVar("Unit", bound=Hashable)
Counts = Mapping[Unit, int]
Interval = tuple[float, float]

DRAWS = 2000
DEFINED = 0.9
"""The share of resamples in which a figure must have a value, for its interval to mean anything."""


def bootstrap(
    units: Counts[Unit],
    figures: Callable[[Counts[Unit]], Mapping[str, float | None]],
    seed: int = 0,
    draws: int = DRAWS,
    confidence: float = CONFIDENCE,
) -> dict[str, Interval | None]:
    """The percentile interval (Efron & Tibshirani 1993) of each figure of independent units, from one set of resamples.

    A unit is whatever varies on its own: an item, or where items come in clusters, a whole cluster.
    """
    seen = [figures(resample) for resample in resamples(units, seed, draws)]
    names = seen[0] if seen else {}
    return {name: _interval([one[name] for one in seen], confidence) for name in names}


def bca(
    values: Sequence[float], estimate: float, jackknife: Sequence[float], confidence: float = CONFIDENCE
) -> Interval:
    """The bias-corrected and accelerated interval (Efron 1987) of an estimate.

    `values` are those of resamples, `jackknife` those with each unit left out in turn.
    """
    normal = NormalDist()
    below = sum(value < estimate for value in values) + sum(value == estimate for value in values) / 2
    bias = normal.inv_cdf(min(max(below / len(values), 1e-9), 1 - 1e-9))
    centre = sum(jackknife) / len(jackknife)
    spread = math.sqrt(sum((centre - value) ** 2 for value in jackknife))
    skew = sum(((centre - value) / spread) ** 3 for value in jackknife) / 6 if spread else 0.0
    ends = (bias + normal.inv_cdf(0.5 + side * confidence / 2) for side in (-1, 1))
    low, high = (normal.cdf(bias + end / (1 - skew * end)) for end in ends)
    return percentile(values, low), percentile(values, high)


def resamples(units: Counts[Unit], seed: int = 0, draws: int = DRAWS) -> Iterator[Counts[Unit]]:
    """As many units as there are, picked with replacement, again and again."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    # In an order of their own: intervals do not depend on who was read first.
    kinds = sorted(units.items(), key=repr)
    total = sum(units.values())
    if 25 * len(kinds) < total:
        for _ in range(draws):
            yield _drawn(kinds, total, chance)
        return
    pool = [unit for unit, times in kinds for _ in range(times)]
    for _ in range(draws):
        yield Counter(chance.choices(pool, k=total))


def binomial(n: int, part: int, whole: int, chance: random.Random) -> int:
    """How many of `n` fall within `part` of `whole`: exact, by comparing random bits with those of the fraction.

    All that are undecided get a bit at once. Where the fraction's next bit is 1, those with a 0 are below it; where it
    is 0, those with a 1 are above.
    """
    if part >= whole:
        return n
    below = 0
    while n and part:
        part *= 2
        ones = chance.getrandbits(n).bit_count()
        if part >= whole:
            part -= whole
            below += n - ones
            n = ones
        else:
            n -= ones
    return below


def _drawn(kinds: Sequence[tuple[Unit, int]], total: int, chance: random.Random) -> dict[Unit, int]:
    left, weight = total, total
    drawn = {}
    for unit, times in kinds:
        number = binomial(left, times, weight, chance)
        if number:
            drawn[unit] = number
        left -= number
        weight -= times
        if not left:
            break
    return drawn


def _interval(values: Sequence[float | None], confidence: float) -> Interval | None:
    known = [value for value in values if value is not None]
    if len(known) < DEFINED * len(values):
        return None
    tail = (1 - confidence) / 2
    return percentile(known, tail), percentile(known, 1 - tail)
