"""What people would have said of everything, from a judge's verdicts on all of it and people's on a part."""

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from statistics import NormalDist
from typing import NamedTuple

from benchbook.engine.statistics import CONFIDENCE


class Estimate(NamedTuple):
    """A mean with its interval."""

    value: float
    low: float
    high: float
    tuning: float | None = None
    """How much the judge was trusted, from 0 (only the labels count) to 1."""


class Rated(NamedTuple):
    """An item that people labelled and the judge judged."""

    label: float
    judged: float
    cluster: Hashable = None
    """What it varies together with; None if nothing."""


class Judged(NamedTuple):
    """An item that only the judge has seen."""

    judged: float
    cluster: Hashable = None


class Share(NamedTuple):
    """`hits` of `n`."""

    hits: int
    n: int

    @property
    def rate(self) -> float:
        """The share."""
        return self.hits / self.n


def rogan_gladen(
    positive: Share, sensitivity: Share, specificity: Share, confidence: float = CONFIDENCE
) -> Estimate | None:
    """A rate of yes, corrected for a judge's errors (Rogan & Gladen 1978), within 0 to 1; None for a judge no better
    than chance.

    The interval is that of Lang & Reiczigel 2014, which also allows for not knowing sensitivity and specificity well.
    """
    value = corrected(positive.rate, sensitivity.rate, specificity.rate)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    n, n_se, n_sp = positive.n + z * z, sensitivity.n + 2, specificity.n + 2
    rate = (positive.hits + z * z / 2) / n
    se, sp = (sensitivity.hits + 1) / n_se, (specificity.hits + 1) / n_sp
    centre = corrected(rate, se, sp)
    if value is None or centre is None:
        return None
    missed, alarmed = se * (1 - se) / n_se, sp * (1 - sp) / n_sp
    shift = 2 * z * z * (centre * missed - (1 - centre) * alarmed)
    spread = math.sqrt(rate * (1 - rate) / n + centre**2 * missed + (1 - centre) ** 2 * alarmed)
    half = z * spread / (se + sp - 1)
    return Estimate(*(_clipped(x) for x in (value, centre + shift - half, centre + shift + half)))


def corrected(rate: float, sensitivity: float, specificity: float) -> float | None:
    """The true rate behind what a judge with these errors says (Rogan & Gladen 1978); None if it knows nothing."""
    gain = sensitivity + specificity - 1
    return (rate + specificity - 1) / gain if gain > 0 else None


def prediction_powered(
    rated: Sequence[Rated], judged: Sequence[Judged], tuning: float | None = None, confidence: float = CONFIDENCE
) -> Estimate:
    """The mean label of all, from the judge's mean and its errors on those that have labels (Angelopoulos et al. 2023).

    Unless given, `tuning` is what makes the interval shortest (PPI++, Angelopoulos, Duchi & Zrnic 2023): a judge that
    knows nothing is not heard. The labelled must be a random part of all. Clusters are respected, by the sandwich.
    """
    power = _power(rated, judged) if tuning is None else tuning
    rectified = [Judged(one.label - power * one.judged, one.cluster) for one in rated]
    weighed = [Judged(power * one.judged, one.cluster) for one in judged]
    value = _mean(rectified) + _mean(weighed)
    half = NormalDist().inv_cdf(0.5 + confidence / 2) * math.sqrt(_variance(rectified, weighed))
    return Estimate(value, value - half, value + half, power)


def _power(rated: Sequence[Rated], judged: Sequence[Judged]) -> float:
    """The tuning of least variance, between 0 and 1."""
    n = len(rated)
    label, verdict = (math.fsum(side) / n for side in zip(*((one.label, one.judged) for one in rated), strict=True))
    together = math.fsum((one.label - label) * (one.judged - verdict) for one in rated) / n
    seen = [*(one.judged for one in rated), *(one.judged for one in judged)]
    centre = math.fsum(seen) / len(seen)
    spread = math.fsum((value - centre) ** 2 for value in seen) / (len(seen) - 1)
    return _clipped(together / ((1 + n / len(judged)) * spread)) if spread else 0.0


def _variance(*parts: Sequence[Judged]) -> float:
    """Of the sum of the parts' means, where what is of one cluster varies together, within parts and across them."""
    alone = 0.0
    sums: dict[Hashable, float] = defaultdict(float)
    for part in parts:
        mean, n = _mean(part), len(part)
        for one in part:
            pull = (one.judged - mean) / n
            if one.cluster is None:
                alone += pull * pull
            else:
                sums[one.cluster] += pull
    return alone + math.fsum(pull * pull for pull in sums.values())


def _mean(part: Sequence[Judged]) -> float:
    return math.fsum(one.judged for one in part) / len(part)


def _clipped(x: float) -> float:
    return min(max(x, 0.0), 1.0)
