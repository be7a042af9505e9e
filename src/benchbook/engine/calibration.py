"""Whether a judge that says 90 % is right nine times of ten."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from benchbook.engine.logistic import Trials, fit
from benchbook.engine.statistics import wilson

BINS = 10

Claim = tuple[float, float]
"""How sure somebody was (0 to 1), and whether that was right (1 or 0)."""
Claims = Mapping[Claim, int]
"""How often each was made."""


class Bin(NamedTuple):
    """Claims about as sure as each other."""

    low: float
    high: float
    n: int
    confidence: float
    """Its mean."""
    rate: float
    """How many were right."""
    rate_low: float
    """Wilson's interval of the rate."""
    rate_high: float


def brier(claims: Claims) -> float:
    """The mean squared distance of confidence and outcome (Brier 1950): 0 at best, 0.25 for always saying 0.5."""
    total = math.fsum(times * (sure - right) ** 2 for (sure, right), times in claims.items())
    return total / sum(claims.values())


def ece(claims: Claims, bins: int = BINS) -> float:
    """The expected calibration error (Naeini et al. 2015), over bins of equal width.

    Few claims make it too large: chance alone moves every bin.
    """
    gaps = [0.0] * bins
    for (sure, right), times in claims.items():
        gaps[_place(sure, bins)] += times * (right - sure)
    return math.fsum(map(abs, gaps)) / sum(claims.values())


def reliability(claims: Claims, bins: int = BINS) -> list[Bin]:
    """The bins of a reliability diagram that hold any claims (DeGroot & Fienberg 1983); each includes its upper end."""
    parts: dict[int, list[tuple[Claim, int]]] = defaultdict(list)
    for claim, times in claims.items():
        parts[_place(claim[0], bins)].append((claim, times))
    return [_bin(at, bins, those) for at, those in sorted(parts.items())]


def temperature(claims: Claims) -> float:
    """By what to divide log odds, so that they fit best (Guo et al. 2017): above 1 for who is too sure."""
    return (
        1
        / fit(
            [Trials((_log_odds(sure),), times * right, times) for (sure, right), times in claims.items()]
        ).coefficients[0]
    )


def cooled(confidence: float, temperature: float) -> float:
    """The confidence at that temperature."""
    return 1 / (1 + math.exp(-_log_odds(confidence) / temperature))


def isotonic(claims: Claims) -> list[Claim]:
    """The best rising curve from confidence to rate (Zadrozny & Elkan 2002): where its steps begin, and how high."""
    steps: list[tuple[float, float, int]] = []
    for sure in sorted({sure for sure, _ in claims}):
        hits, n = claims.get((sure, 1.0), 0), claims.get((sure, 1.0), 0) + claims.get((sure, 0.0), 0)
        steps.append((sure, hits / n, n))
        # A step that does not rise is one with the step before it.
        while len(steps) > 1 and steps[-2][1] >= steps[-1][1]:
            (start, rate, n), (_, other, m) = steps[-2:]
            steps[-2:] = [(start, (rate * n + other * m) / (n + m), n + m)]
    return [(start, rate) for start, rate, _ in steps]


def lifted(confidence: float, curve: Sequence[Claim]) -> float:
    """The rate that the curve has for that confidence."""
    return next((rate for start, rate in reversed(curve) if start <= confidence), curve[0][1])


def _place(confidence: float, bins: int) -> int:
    return min(max(math.ceil(confidence * bins) - 1, 0), bins - 1)


def _bin(at: int, bins: int, claims: Sequence[tuple[Claim, int]]) -> Bin:
    n = sum(times for _, times in claims)
    right = math.fsum(times * right for (_, right), times in claims)
    sure = math.fsum(times * sure for (sure, _), times in claims) / n
    return Bin(at / bins, (at + 1) / bins, n, sure, right / n, *wilson(right, n))


def _log_odds(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return math.log(p / (1 - p))
