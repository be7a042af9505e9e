"""Figures with known formulas. Each names its source; `tests/engine` holds them to published numbers."""

import math
from collections.abc import Sequence
from statistics import NormalDist

CONFIDENCE = 0.95


def wilson(successes: float, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The Wilson score interval of a proportion (Wilson 1927; Newcombe 1998, method 3). `n` must be positive.

    `successes` may be fractional: the sum of per-sample means where each sample was asked several times.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return (0.0 if p == 0 else centre - half), (1.0 if p == 1 else centre + half)


def mean_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """The normal interval of a mean, with n - 1 (Miller 2024); None below two values."""
    n = len(values)
    if n < 2:
        return None
    mean = math.fsum(values) / n
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    half = NormalDist().inv_cdf(0.5 + confidence / 2) * math.sqrt(variance / n)
    return mean - half, mean + half


def pass_at_k(n: int, correct: int, k: int) -> float:
    """The unbiased chance that at least one of `k` draws from `n` tries is among the `correct` (Chen et al. 2021)."""
    if n - correct < k:
        return 1.0
    return 1.0 - math.prod(1.0 - k / i for i in range(n - correct + 1, n + 1))


def percentile(values: Sequence[float], q: float) -> float:
    """The `q`-quantile (0 to 1) with linear interpolation (Hyndman & Fan, type 7). `values` must not be empty."""
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
