"""Who is stronger, from verdicts over pairs."""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

from benchbook.engine.logistic import Fit, Trials, chance, fit
from benchbook.engine.statistics import CONFIDENCE


class Strengths(NamedTuple):
    """How strong each is, on a scale of log odds on which the last stands at 0."""

    values: list[float]
    errors: list[float]
    """Standard errors of the distance to the last."""
    style: list[float]
    """What each covariate adds to the log odds of the first."""
    deviance: float
    penalised: bool
    """Whether somebody never lost or never won, so that a slight penalty had to hold the scale together."""
    found: Fit

    def difference(self, a: int, b: int, confidence: float = CONFIDENCE) -> tuple[float, float, float]:
        """How much stronger `a` is than `b`, and the interval of that."""
        gap = self.values[a] - self.values[b]
        half = NormalDist().inv_cdf(0.5 + confidence / 2) * math.sqrt(max(0.0, self._variance(a, b)))
        return gap, gap - half, gap + half

    def _variance(self, a: int, b: int) -> float:
        last = len(self.values) - 1
        signs = {at: sign for at, sign in ((a, 1), (b, -1)) if at != last and a != b}
        return sum(x * y * self.found.covariance[i][j] for i, x in signs.items() for j, y in signs.items())


class Meeting(NamedTuple):
    """Two that met `n` times, of which the first won `won`; a tie is half a win."""

    first: int
    second: int
    won: float
    n: float = 1.0
    style: Sequence[float] = ()
    """By how much the first exceeds the second in what should not count: length, headings, lists."""


def bradley_terry(meetings: Sequence[Meeting], players: int) -> Strengths:
    """The strengths of greatest likelihood (Bradley & Terry 1952); with `style`, as if that were equal."""
    # A covariate that is always nothing says nothing, and would leave no single best fit.
    told = [at for at in range(len(meetings[0].style)) if any(one.style[at] for one in meetings)]
    trials = [Trials(_features(one, players, told), one.won, one.n) for one in meetings]
    found = fit(trials)
    effects = dict(zip(told, found.coefficients[players - 1 :], strict=True))
    style = [effects.get(at, 0.0) for at in range(len(meetings[0].style))]
    values = [*found.coefficients[: players - 1], 0.0]
    errors = [*(found.error(at) for at in range(players - 1)), 0.0]
    return Strengths(values, errors, style, found.deviance, found.penalised, found)


def _features(meeting: Meeting, players: int, told: Sequence[int]) -> list[float]:
    features = [0.0] * (players - 1) + [meeting.style[at] for at in told]
    for player, side in ((meeting.first, 1.0), (meeting.second, -1.0)):
        if player < players - 1:
            features[player] = side
    return features


def meetings_of(wins: Sequence[Sequence[float]]) -> list[Meeting]:
    """The meetings behind a matrix of wins of the row over the column."""
    pairs = [(a, b) for a in range(len(wins)) for b in range(a + 1, len(wins)) if wins[a][b] + wins[b][a]]
    return [Meeting(a, b, wins[a][b], wins[a][b] + wins[b][a]) for a, b in pairs]


class ControlledRate(NamedTuple):
    """How often the first is preferred, as it is and as it would be at equal lengths."""

    raw: float
    controlled: float
    low: float
    high: float
    slope: float
    """What a longer answer adds to the log odds; 0 if length does not count."""
    slope_error: float


def length_controlled(
    preferred: Sequence[float], differences: Sequence[float], confidence: float = CONFIDENCE
) -> ControlledRate | None:
    """The win rate of the first with the term for length set to nothing, by logistic regression.

    After Dubois et al. 2024, whose published figure also models the difficulty of each instruction: this is not *the*
    AlpacaEval length-controlled rate. None where lengths do not differ.
    """
    spread = math.sqrt(math.fsum(d * d for d in differences) / len(differences)) if differences else 0.0
    if not spread:
        return None
    trials = [Trials((1.0, math.tanh(d / spread)), won) for won, d in zip(preferred, differences, strict=True)]
    found = fit(trials)
    half = NormalDist().inv_cdf(0.5 + confidence / 2) * found.error(0)
    rate, low, high = (chance([1.0], [found.coefficients[0] + step]) for step in (0.0, -half, half))
    raw = math.fsum(preferred) / len(preferred)
    return ControlledRate(raw, rate, low, high, found.coefficients[1], found.error(1))
