"""Figures with known formulas. Each names its source; `tests/engine` holds them to published numbers."""

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from functools import cache
from statistics import NormalDist

CONFIDENCE = 0.95
_MANY = 1000
"""Degrees of freedom from which on Student's distribution is the normal one, to three digits."""


def wilson(successes: float, n: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The Wilson score interval of a proportion (Wilson 1927; Newcombe 1998, method 3). `n` must be positive.

    `successes` may be fractional: the sum of per-sample means where each sample was asked several times; and so may
    `n`, where what was counted is worth less than its number.
    """
    p, z = successes / n, NormalDist().inv_cdf(0.5 + confidence / 2)
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return (0.0 if p == 0 else centre - half), (1.0 if p == 1 else centre + half)


def share_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval of a mean of shares, values between 0 and 1: the Bayesian bootstrap's (Rubin 1981), each of whose
    ends knows of half a value more, as far out as values can be: what is rare was perhaps not seen.

    A whole one would make it Gaffke's (2004), which is to this as Clopper and Pearson's is to Jeffreys's.
    """
    n = len(values)
    mean = math.fsum(values) / n
    if n < 2 or not 1e-100 < mean < 1:  # of what is smaller the squares are nothing
        return wilson(mean * n, n, confidence)
    tail = (1 - confidence) / 2
    return max(0.0, _least_share(values, tail)), min(1.0, 1 - _least_share([1 - value for value in values], tail))


def _least_share(values: Sequence[float], tail: float) -> float:
    """What the mean of the values and half a zero falls below in such a share of all ways to weigh them (Dirichlet's
    distribution, by Lugannani and Rice 1980): the more a lean, the rarer."""
    least, total, z = min(0.0, *values), len(values) + 0.5, NormalDist().inv_cdf(tail)
    scale = total / math.fsum(value - least for value in values)
    kinds = [((value - least) * scale, times) for value, times in _neighbours(values)]
    low, high, mean = -20.0, 40.0, 0.0
    for _ in range(45):
        middle = (low + high) / 2
        lean = math.exp(middle)
        weights = [times / (1 + lean * value) for value, times in kinds]
        mean = math.fsum(w * value for w, (value, _) in zip(weights, kinds, strict=True)) / (0.5 + math.fsum(weights))
        rest = math.fsum(times * math.log1p(lean * value) for value, times in kinds)
        far = math.sqrt(2 * (rest - total * math.log1p(lean * mean)))
        squares = math.fsum(times * ((value - mean) / (1 + lean * value)) ** 2 for value, times in kinds)
        slope = lean * math.sqrt(squares + mean * mean / 2)
        low, high = (low, middle) if -far - math.log(slope / far) / far < z else (middle, high)
    return least + mean / scale


def _neighbours(values: Sequence[float]) -> list[tuple[float, int]]:
    """The values with how often each comes; where too many differ, the means of those that lie side by side."""
    kinds = Counter(values)
    if len(kinds) <= _MANY:
        return list(kinds.items())
    ordered, size = sorted(values), math.ceil(len(values) / _MANY)
    parts = [ordered[at : at + size] for at in range(0, len(ordered), size)]
    return [(math.fsum(part) / len(part), len(part)) for part in parts]


def mean_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Student's interval of a mean, moved by the skewness of the values (Hall 1992); None below two values.

    Where values are symmetric it is the plain one; where a few are far out, its longer side is theirs.
    """
    n = len(values)
    if n < 2:
        return None
    mean = math.fsum(values) / n
    squares = math.fsum((value - mean) ** 2 for value in values)
    error = math.sqrt(squares / (n - 1) / n)
    if not error:
        return mean, mean
    t = student_quantile(0.5 + confidence / 2, n - 1)
    a = math.fsum(((value - mean) / error) ** 3 for value in values) / n**3
    return mean - _unskewed(t, a) * error, mean - _unskewed(-t, a) * error


def _unskewed(t: float, a: float) -> float:
    """Where Hall's cubic transformation comes to `t`, for a skewness of `a` times the root of n."""
    return 3 * (math.cbrt(1 + a * (t - a / 6)) - 1) / a if abs(a) > 1e-9 else t


def in_clusters(values: Sequence[float], clusters: Sequence[Hashable]) -> list[float]:
    """As many values as there are clusters, with the same mean, and with the standard error of a mean whose values vary
    together within a cluster (Miller 2024), corrected for few clusters."""
    n, mean = len(values), math.fsum(values) / len(values)
    parts: dict[Hashable, list[float]] = defaultdict(list)
    for value, cluster in zip(values, clusters, strict=True):
        parts[cluster].append(value - mean)
    return [mean + math.fsum(part) * len(parts) / n for part in parts.values()]


def percentile_interval(
    ordered: Sequence[float], q: float, confidence: float = CONFIDENCE
) -> tuple[float | None, float | None]:
    """The interval of the `q`-quantile between two of the sorted values (David & Nagaraja 2003): never too short.

    None for an end that lies beyond all values: of fifty, nobody knows how high the 99th percentile is.
    """
    n, tail = len(ordered), (1 - confidence) / 2
    # How many values lie below the quantile is binomial; P(at most k of n) = 1 - beta_share(q, k + 1, n - k).
    low = bisect_right(range(n), tail, key=lambda k: 1 - beta_share(q, k + 1, n - k))
    high = bisect_left(range(n), 1 - tail, key=lambda k: 1 - beta_share(q, k + 1, n - k))
    return (ordered[low - 1] if low else None), (ordered[high] if high < n else None)


def standard_error(values: Sequence[float]) -> float:
    """The standard error of a mean, with n - 1 (Miller 2024). There must be two values."""
    n = len(values)
    mean = math.fsum(values) / n
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1) / n)


def bernoulli_error(p: float, n: int) -> float:
    """The standard error of a share `p` of `n` (Miller 2024)."""
    return math.sqrt(p * (1 - p) / n)


def clustered_error(values: Sequence[float], clusters: Sequence[Hashable]) -> float:
    """The standard error of a mean whose values come in clusters that vary together (Miller 2024).

    It is the plain sandwich, without a correction for few clusters; do not trust it below about thirty.
    """
    mean, units = math.fsum(values) / len(values), in_clusters(values, clusters)
    return math.sqrt(math.fsum((unit - mean) ** 2 for unit in units)) / len(units)


def pass_at_k(n: int, correct: int, k: int) -> float:
    """The unbiased chance that at least one of `k` draws from `n` tries is among the `correct` (Chen et al. 2021)."""
    if n - correct < k:
        return 1.0
    return 1.0 - math.prod(1.0 - k / i for i in range(n - correct + 1, n + 1))


def pass_all_k(n: int, correct: int, k: int) -> float:
    """The unbiased chance that all of `k` draws from `n` tries are `correct`: pass^k (Yao et al. 2024, tau-bench)."""
    return math.comb(correct, k) / math.comb(n, k)


def clopper_pearson(successes: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The exact interval of a proportion (Clopper & Pearson 1934; Newcombe 1998, method 5): never too short."""
    tail = (1 - confidence) / 2
    low = 0.0 if successes == 0 else beta_quantile(tail, successes, n - successes + 1)
    high = 1.0 if successes == n else beta_quantile(1 - tail, successes + 1, n - successes)
    return low, high


def beta_interval(successes: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The credible interval of a proportion under a flat prior, for small `n` (Bowyer et al. 2025)."""
    tail = (1 - confidence) / 2
    a, b = 1 + successes, 1 + n - successes
    return beta_quantile(tail, a, b), beta_quantile(1 - tail, a, b)


@cache
def student_quantile(q: float, degrees: int) -> float:
    """Where Student's distribution has `q` (at least one half) below it; of many degrees the normal one's place."""
    if degrees > _MANY:
        return NormalDist().inv_cdf(q)
    x = beta_quantile(2 * (1 - q), degrees / 2, 0.5)
    return math.sqrt(degrees * (1 - x) / x)


def beta_quantile(q: float, a: float, b: float) -> float:
    """Where the beta distribution has `q` below it, by halving."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if beta_share(middle, a, b) < q else (low, middle)
    return (low + high) / 2


def beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function (Press et al. 2007, 6.4): the share of the distribution below `x`."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(1 - x, b, a)
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log) * _continued(x, a, b) / a


def _continued(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, 10_000):
        for part in (
            m * (b - m) / ((a - 1 + 2 * m) * (a + 2 * m)),
            -(a + m) * (a + b + m) / ((a + 2 * m) * (a + 1 + 2 * m)),
        ):
            d = 1 / (1 + part * x * d)
            c = 1 + part * x / c
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value


def percentile(values: Sequence[float], q: float) -> float:
    """The `q`-quantile (0 to 1) with linear interpolation (Hyndman & Fan, type 7). `values` must not be empty."""
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
