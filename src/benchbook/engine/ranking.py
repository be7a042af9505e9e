"""Who is stronger, from verdicts over pairs."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

from benchbook.engine.logistic import Fit, Trials, chance, fit
from benchbook.engine.resampling import resamples
from benchbook.engine.statistics import CONFIDENCE, percentile


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


class Board(NamedTuple):
    """Strengths against the mean of all, with what resampling the prompts makes of them."""

    strengths: list[tuple[float, float, float]]
    """Each with its 95 % interval."""
    ranks: list[tuple[int, int]]
    """The best and the worst of the middle 95 %."""
    penalised: bool


def strengths_over(prompts: Sequence[Sequence[Meeting]], players: int, seed: int = 0, draws: int = 500) -> Board:
    """The strengths by the meetings over prompts, which vary together and are resampled together."""
    units = Counter(tuple(sorted(those)) for those in prompts)
    whole = bradley_terry(_together(units), players)
    values = _centred(whole.values)
    drawn = [_centred(bradley_terry(_together(one), players).values) for one in resamples(units, seed, draws)]
    tail = (1 - CONFIDENCE) / 2
    strengths, ranks = [], []
    for at, value in enumerate(values):
        seen = [one[at] for one in drawn]
        strengths.append((value, percentile(seen, tail), percentile(seen, 1 - tail)))
        places = [1 + sum(other > one[at] for other in one) for one in drawn]
        ranks.append((round(percentile(places, tail)), round(percentile(places, 1 - tail))))
    return Board(strengths, ranks, whole.penalised)


def connected(meetings: Iterable[Meeting]) -> list[list[int]]:
    """Players that met, if only by way of others: between any two of these groups nothing is known."""
    groups: list[set[int]] = []
    for one in meetings:
        touching = [group for group in groups if one.first in group or one.second in group]
        groups = [group for group in groups if group not in touching]
        groups.append({one.first, one.second}.union(*touching))
    return sorted(map(sorted, groups))


def _together(units: Mapping[tuple[Meeting, ...], int]) -> list[Meeting]:
    """All meetings of the same two as one."""
    won: dict[tuple[int, int], float] = defaultdict(float)
    met: dict[tuple[int, int], float] = defaultdict(float)
    for meetings, times in units.items():
        for one in meetings:
            won[one.first, one.second] += times * one.won
            met[one.first, one.second] += times * one.n
    return [Meeting(*pair, won[pair], met[pair]) for pair in sorted(met)]


def _centred(values: Sequence[float]) -> list[float]:
    mean = math.fsum(values) / len(values)
    return [value - mean for value in values]


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
