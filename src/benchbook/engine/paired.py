"""Two that were asked the same: differences, their tests, and how many questions it takes to see one."""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from statistics import NormalDist
from typing import NamedTuple

from benchbook.engine.statistics import CONFIDENCE, beta_share, in_clusters, standard_error, student_quantile

_COUNTED = 1000
"""Up to so many, chances are counted one by one; of more they are read off the incomplete beta function."""
_MOST_SUMS = 50_000
"""Sums that are counted before choices are drawn instead."""
_DRAWS = 4_999


class Difference(NamedTuple):
    """The mean difference of two, question by question."""

    mean: float
    error: float
    """Its standard error."""
    unpaired_error: float
    """What it would be if the questions had been different ones."""
    correlation: float | None
    """None where one of them never varies."""


def paired_difference(a: Sequence[float], b: Sequence[float]) -> Difference:
    """`a` minus `b` (Miller 2024). There must be two of each."""
    differences = [one - other for one, other in zip(a, b, strict=True)]
    errors = standard_error(a), standard_error(b)
    together = standard_error(differences)
    shared = (errors[0] ** 2 + errors[1] ** 2 - together**2) / 2
    correlation = shared / errors[0] / errors[1] if errors[0] and errors[1] else None
    return Difference(math.fsum(differences) / len(a), together, math.hypot(*errors), correlation)


class McNemar(NamedTuple):
    """How likely discordant pairs are to be so uneven by chance."""

    statistic: float
    p: float
    corrected: float
    """With the correction for continuity."""
    exact: float
    """The exact p, by the binomial distribution: the one to trust for few pairs."""


def mcnemar(only_first: int, only_second: int) -> McNemar:
    """Of pairs of yes or no: how many were yes only in the first, and only in the second (McNemar 1947)."""
    n, gap = only_first + only_second, abs(only_first - only_second)
    if n == 0:
        return McNemar(0.0, 1.0, 0.0, 1.0)
    statistic = gap * gap / n
    return McNemar(statistic, math.erfc(math.sqrt(statistic / 2)), max(0, gap - 1) ** 2 / n, sign_test(only_first, n))


def sign_test(successes: int, n: int) -> float:
    """The exact two-sided p of `successes` of `n` at even chances."""
    fewer = min(successes, n - successes)
    if n > _COUNTED:
        return min(1.0, 2 * beta_share(0.5, n - fewer, fewer + 1))
    tail = sum(math.comb(n, k) for k in range(fewer + 1))
    return min(1.0, 2 * tail / (1 << n)) if n else 1.0


def permutation_test(differences: Sequence[float]) -> float:
    """The two-sided p of a mean difference among all choices of signs (Fisher 1935), exact.

    The sums are counted, not listed: quick where differences take few values, as marks do.
    """
    counted = _counted_test(_scaled(differences), math.inf, abs)
    assert counted is not None  # noqa: S101 - nothing is too much
    return counted


def permutation_p(differences: Sequence[float], seed: int = 0, *, one_sided: bool = False) -> float:
    """The same, within a moment: exact where the sums are few, else by five thousand choices of signs; one-sided, the p
    of a mean so far above zero.

    The seen choice is counted among them, so that the p is never too small (Phipson & Smyth 2010).
    """
    scaled, side = _scaled(differences), (float if one_sided else abs)
    counted = _counted_test(scaled, _MOST_SUMS, side)
    return _drawn_test(scaled, random.Random(seed), side) if counted is None else counted  # noqa: S311 - no secret


_Side = Callable[[float], float]
"""What of a sum is held against the seen one."""


def _scaled(differences: Sequence[float]) -> list[float]:
    """Those that are not zero, in units in which the largest is about 1; powers of two, so that nothing is rounded."""
    _, exponent = math.frexp(max(map(abs, differences), default=0.0))
    return [math.ldexp(one, -exponent) for one in differences if one]


def _counted_test(differences: Sequence[float], most: float, side: _Side) -> float | None:
    """None where it would take more than `most` sums."""
    sums = Counter({0.0: 1})
    taken = 0
    for size in map(abs, differences):
        taken += len(sums)
        if taken > most:
            return None
        wider: Counter[float] = Counter()
        for total, ways in sums.items():
            # Rounded, so that equal sums meet however they came about.
            wider[round(total + size, 11)] += ways
            wider[round(total - size, 11)] += ways
        sums = wider
    seen = _seen(differences, side)
    return sum(ways for total, ways in sums.items() if side(total) >= seen) / (1 << len(differences))


def _drawn_test(differences: Sequence[float], chance: random.Random, side: _Side) -> float:
    sizes = [abs(difference) for difference in differences]
    # Eight signs at a time: a byte of chance picks their sum.
    tables = [_signed(sizes[at : at + 8]) for at in range(0, len(sizes), 8)]
    seen = _seen(differences, side)
    hits = sum(
        side(sum(table[byte] for table, byte in zip(tables, chance.randbytes(len(tables)), strict=True))) >= seen
        for _ in range(_DRAWS)
    )
    return (1 + hits) / (1 + _DRAWS)


def _signed(sizes: Sequence[float]) -> list[float]:
    return [sum(size if byte >> at & 1 else -size for at, size in enumerate(sizes)) for byte in range(256)]


def _seen(differences: Sequence[float], side: _Side) -> float:
    return side(math.fsum(differences)) - 1e-9 * max(1.0, math.fsum(map(abs, differences)))


def discordant_interval(gained: int, lost: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval of a difference of two shares of the same `n`: adjusted Wald (Bonett & Price 2012).

    It keeps a width where nothing or everything flipped, and holds its confidence from a dozen questions on.
    """
    up, down = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    half = NormalDist().inv_cdf(0.5 + confidence / 2) * math.sqrt((up + down - (up - down) ** 2) / (n + 2))
    return max(-1.0, up - down - half), min(1.0, up - down + half)


def difference_interval(
    now: Sequence[float],
    before: Sequence[float],
    confidence: float = CONFIDENCE,
    clusters: Sequence[Hashable] | None = None,
) -> tuple[float, float] | None:
    """The interval of the mean of `now` less that of `before`: adjusted Wald of yes and no, Student's of other values
    and of clusters; None below two."""
    n = len(now) if clusters is None else len({*clusters})
    if n < 2:
        return None
    if clusters is None and {*now, *before} <= {0.0, 1.0}:
        sides = list(zip(now, before, strict=True))
        return discordant_interval(sum(a > b for a, b in sides), sum(a < b for a, b in sides), n, confidence)
    mean = (math.fsum(now) - math.fsum(before)) / len(now)
    half = student_quantile(0.5 + confidence / 2, n - 1) * difference_error(now, before, clusters)
    return mean - half, mean + half


def difference_error(
    now: Sequence[float], before: Sequence[float], clusters: Sequence[Hashable] | None = None
) -> float:
    """The standard error of a mean difference, of as many clusters as there are. There must be two.

    Where hardly any differ, those that do say little of those that might: up to two more are imagined, as far apart as
    any are, the fewer the more differ. Bonett and Price do so for yes and no.
    """
    differences = [one - other for one, other in zip(now, before, strict=True)]
    units = differences if clusters is None else in_clusters(differences, clusters)
    parts = differences if clusters is None else summed(differences, clusters)
    n, mean = len(units), math.fsum(units) / len(units)
    changed = [abs(part) * n / len(now) for part in parts] if clusters is not None else list(map(abs, parts))
    imagined = 2 * sum(part == 0 for part in changed) / n
    squares = math.fsum((unit - mean) ** 2 for unit in units)
    farthest = max(changed) or _span(now, before)
    variance = max(squares / (n - 1), (squares + imagined * farthest**2) / (n - 1 + imagined))
    return math.sqrt(variance / n)


def _span(now: Sequence[float], before: Sequence[float]) -> float:
    """How far apart two values may be: shares by one, others as far as any two that there are."""
    low, high = min(*now, *before), max(*now, *before)
    return 1.0 if low >= 0 and high <= 1 else high - low


def summed(differences: Sequence[float], clusters: Sequence[Hashable]) -> list[float]:
    """The sum of each cluster: what chance might have turned round as a whole."""
    sums: dict[Hashable, float] = defaultdict(float)
    for difference, cluster in zip(differences, clusters, strict=True):
        sums[cluster] += difference
    return [*sums.values()]


def even_odds(successes: int, n: int) -> float:
    """The e-value of `successes` of `n` discordant pairs against even chances, mixed over all chances.

    One may look after every pair, and stop at 1 / alpha (Howard et al. 2021; Waudby-Smith & Ramdas 2024).
    """
    log = math.lgamma(successes + 1) + math.lgamma(n - successes + 1) - math.lgamma(n + 2)
    return math.exp(min(700.0, log + n * math.log(2)))


def anytime_p(gained: int, lost: int) -> float:
    """The two-sided p of so many that changed for the better and for the worse, by their e-value: it holds whenever one
    looked, and stopped."""
    return min(1.0, 1 / even_odds(gained, gained + lost))


def moved(differences: Sequence[float], clusters: Sequence[Hashable], way: float) -> tuple[int, int]:
    """How many clusters changed in the direction of `way`, and how many did not, for `anytime_p`.

    Of a cluster only the first sample that changed may count: the others may well follow it. Which that was is not
    known here, so a cluster that changed both ways counts against.
    """
    ways: dict[Hashable, set[bool]] = defaultdict(set)
    for difference, cluster in zip(differences, clusters, strict=True):
        if difference:
            ways[cluster].add(difference * way > 0)
    along = sum(found == {True} for found in ways.values())
    return along, len(ways) - along


class Noise(NamedTuple):
    """The variances that a comparison has to do with (Miller 2024)."""

    between: float
    """Of the expected difference, from question to question."""
    within_a: float = 0.0
    """Of one answer of the first about its expectation."""
    within_b: float = 0.0
    answers_a: int = 1
    """Answers to each question by the first."""
    answers_b: int = 1

    @property
    def variance(self) -> float:
        """Of the difference on one question."""
        return self.between + self.within_a / self.answers_a + self.within_b / self.answers_b


def sample_size(difference: float, noise: Noise, alpha: float = 0.05, power: float = 0.8) -> float:
    """Questions that it takes to see a difference (Miller 2024, equation 9); to be rounded up."""
    return _reach(alpha, power) ** 2 * noise.variance / difference**2


def smallest_difference(n: int, noise: Noise, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest difference that `n` questions let one see."""
    return _reach(alpha, power) * math.sqrt(noise.variance / n)


def power_at(difference: float, n: int, noise: Noise, alpha: float = 0.05) -> float:
    """The chance that `n` questions show that difference."""
    if not noise.variance:
        return 1.0
    normal = NormalDist()
    return normal.cdf(difference / math.sqrt(noise.variance / n) - normal.inv_cdf(1 - alpha / 2))


def noise_of_shares(rate: float, correlation: float) -> Noise:
    """The noise between two shares of about that rate, of questions answered once."""
    return Noise(2 * rate * (1 - rate) * (1 - correlation))


def _reach(alpha: float, power: float) -> float:
    return NormalDist().inv_cdf(1 - alpha / 2) + NormalDist().inv_cdf(power)


_FEW = 100
"""Differences up to which signs are flipped; the sum of more is as good as normal."""


def drop_p(now: Sequence[float], before: Sequence[float], clusters: Sequence[Hashable] | None = None) -> float:
    """The one-sided p of `now` being less than `before`, question by question: how often chance alone would make it so.

    Of yes and no it is McNemar's exact test. Of other values each difference might as well have been the other way
    round, or each cluster: signs are flipped, or where there are many, the p is read off the normal distribution.
    """
    each = [other - one for one, other in zip(now, before, strict=True)]
    differences = _scaled(each if clusters is None else summed(each, clusters))
    if not differences:
        return 1.0
    sizes = {abs(difference) for difference in differences}
    if max(sizes) - min(sizes) <= 1e-9 * max(sizes):
        return _one_sided(sum(difference > 0 for difference in differences), len(differences))
    if len(differences) > _FEW:
        return math.erfc(math.fsum(differences) / math.sqrt(2 * math.fsum(one * one for one in differences))) / 2
    return permutation_p(differences, one_sided=True)


def _one_sided(successes: int, n: int) -> float:
    """The exact chance of so many successes or more at even chances."""
    if n > _COUNTED:
        return beta_share(0.5, successes, n - successes + 1) if successes else 1.0
    return sum(math.comb(n, k) for k in range(successes, n + 1)) / (1 << n)
