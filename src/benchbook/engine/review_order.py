"""In which order people look at answers, and what their labels tell of all of them.

The estimate is a judge's mean over all items, corrected by the judge's errors on those that people have labelled. What
is drawn because the judge is thought to err there would bias it, so every draw keeps its probability, and each error is
weighted by it. The weights are those of Farquhar, Gal & Rainforth 2021 ("On Statistical Bias in Active Learning",
R_LURE; Kossen et al. 2021 use it for testing models): exact for draws without replacement whose probabilities depend on
whatever was seen before. That an estimate is surest if items are drawn in proportion to the judge's expected error is
Neyman's, and the form of the interval is that of active statistical inference (Zrnic & Candès 2024), which is
prediction-powered inference (Angelopoulos et al. 2023) with chances of one's own.
"""

import math
import random
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

from benchbook.engine.correction import Estimate
from benchbook.engine.statistics import CONFIDENCE

LEAST = 3
"""Labels that it takes for an interval."""
_BINS = 5
"""Groups of items that the judge is about as unsure of."""
_PRIOR = 6.0
"""Labels that what is thought of a group beforehand is worth."""
_EVEN = 0.25
"""The share of the chance that all items have alike, so that no weight becomes too great."""


class Candidate(NamedTuple):
    """An item that people may label."""

    key: str
    judged: float | None
    """What the judge says, from 0 to 1."""
    unsure: float
    """How likely the judge is thought to be wrong about it."""
    cluster: Hashable = None
    """What it varies together with; None if nothing."""
    wave: int = 1
    """Items that came in together: those of a later wave could not be drawn before."""


class Label(NamedTuple):
    """What people say of an item, and how likely it was to be drawn in its turn."""

    key: str
    value: float
    chance: float


class Signals(NamedTuple):
    """What hints that a judge is wrong."""

    confidence: float | None = None
    unread: bool = False
    """There is no verdict."""
    flipped: bool = False
    contradicted: bool = False
    """Tests and other checks say otherwise."""
    apart: float = 0.0
    """The share of other judges who say otherwise."""
    flagged: bool = False


class Step(NamedTuple):
    """The estimate after so many labels."""

    n: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Narrowing:
    """What labels have told so far, and what more of them would."""

    population: int
    labelled: int
    judge: float | None
    """The judge's mean over all."""
    estimate: Estimate | None
    """The mean label of all; None with too few labels."""
    steps: Sequence[Step]
    """How it narrowed."""
    ahead: Sequence[tuple[int, float]]
    """After how many labels more which half width of the interval is expected."""


def expected_error(signals: Signals) -> float:
    """How likely a judge is thought to be wrong, before anybody has looked. Only an order: labels correct it."""
    doubt = 0.3 if signals.confidence is None else min(max(1 - signals.confidence, 0.02), 0.6)
    hints = (
        (0.5, signals.unread),
        (0.5, signals.flipped),
        (0.7, signals.contradicted),
        (0.35, signals.flagged),
        (min(0.2 + signals.apart, 0.6), signals.apart > 0),
    )
    return max([doubt, *(worth for worth, given in hints if given)])


def shuffled(keys: Sequence[str], seed: int) -> list[tuple[str, float]]:
    """The items in a random order, each with the chance that it had in its turn."""
    order = list(keys)
    random.Random(seed).shuffle(order)  # noqa: S311 - no secret
    return [(key, 1 / (len(order) - at)) for at, key in enumerate(order)]


def informative(
    left: Sequence[Candidate], everything: Sequence[Candidate], labels: Sequence[Label], seed: int, most: int
) -> list[tuple[str, float]]:
    """The next items, at most so many, each with the chance that it had in its turn among those of its wave.

    They are drawn, not picked: the likelier, the further the judge is expected to be off, after all labels until now.
    """
    pull = _pulls(left, everything, labels)
    chance = random.Random(f"{seed}:{len(labels)}:{len(left)}")  # noqa: S311 - no secret
    # The smallest of exponential times is a draw in proportion to their rates, and so is the next (Efraimidis 2006).
    times = {one.key: chance.expovariate(1.0) / pull[one.key] for one in left}
    totals: dict[int, float] = defaultdict(float)
    for one in left:
        totals[one.wave] += pull[one.key]
    drawn = []
    for one in sorted(left, key=lambda one: times[one.key])[:most]:
        drawn.append((one.key, min(1.0, pull[one.key] / totals[one.wave])))
        totals[one.wave] -= pull[one.key]
    return drawn


def narrowing(
    everything: Sequence[Candidate], labels: Sequence[Label], more: Sequence[int] = (10, 25, 50, 100)
) -> Narrowing:
    """What the labels, in the order in which they were drawn, tell of the mean of all items."""
    judged = [one.judged for one in everything if one.judged is not None]
    found = _estimated(everything, labels)
    points = _points(len(labels))
    steps = [_step(everything, labels[:n]) for n in points]
    left = len(everything) - len(labels)
    ahead = [(k, found.half_width(len(labels) + k)) for k in more if k < left] if found else []
    if found and left > 0:
        ahead.append((left, found.half_width(len(everything))))
    return Narrowing(
        population=len(everything),
        labelled=len(labels),
        judge=math.fsum(judged) / len(judged) if judged else None,
        estimate=_within(found.estimate) if found else None,
        steps=[step for step in steps if step is not None],
        ahead=ahead,
    )


def _pulls(left: Sequence[Candidate], everything: Sequence[Candidate], labels: Sequence[Label]) -> dict[str, float]:
    """How far each item is expected to pull the estimate: the root of the judge's expected squared error."""
    squares = {one.key: max(one.unsure, 0.01) for one in everything}
    groups = _groups(everything)
    model = _model(everything, labels, [1.0] * len(labels))
    seen: dict[int, list[float]] = defaultdict(list)
    for label in labels:
        seen[groups[label.key]].append((label.value - model.of(label.key)) ** 2)
    thought: dict[int, list[float]] = defaultdict(list)
    for one in everything:
        thought[groups[one.key]].append(squares[one.key])
    scale = {}
    for group, those in thought.items():
        before = math.fsum(those) / len(those)
        after = (_PRIOR * before + math.fsum(seen[group])) / (_PRIOR + len(seen[group]))
        scale[group] = after / before
    raw = {one.key: math.sqrt(squares[one.key] * scale[groups[one.key]]) for one in left}
    mean = math.fsum(raw.values()) / len(raw) if raw else 1.0
    return {key: (1 - _EVEN) * pull / mean + _EVEN for key, pull in raw.items()}


def _groups(everything: Sequence[Candidate]) -> dict[str, int]:
    """Items that the judge is about as unsure of, together."""
    levels = sorted(one.unsure for one in everything)
    ends = [levels[min(len(levels) - 1, len(levels) * part // _BINS)] for part in range(1, _BINS)]
    return {one.key: sum(one.unsure > end for end in ends) for one in everything}


class _Model(NamedTuple):
    """What an item's label is thought to be, from the judge's word for it."""

    base: float
    trust: float
    judged: Mapping[str, float]

    def of(self, key: str) -> float:
        return self.base + self.trust * self.judged[key]


def _model(everything: Sequence[Candidate], labels: Sequence[Label], weights: Sequence[float]) -> _Model:
    """The straight line through the labels, by least squares; a judge that knows nothing is not heard."""
    known = [one.judged for one in everything if one.judged is not None]
    middle = math.fsum(known) / len(known) if known else 0.5
    judged = {one.key: middle if one.judged is None else one.judged for one in everything}
    total = math.fsum(weights)
    if not total:
        return _Model(0.0, 1.0, judged)
    x = math.fsum(w * judged[label.key] for w, label in zip(weights, labels, strict=True)) / total
    y = math.fsum(w * label.value for w, label in zip(weights, labels, strict=True)) / total
    spread = math.fsum(w * (judged[label.key] - x) ** 2 for w, label in zip(weights, labels, strict=True))
    both = math.fsum(w * (judged[label.key] - x) * (label.value - y) for w, label in zip(weights, labels, strict=True))
    # With next to no spread, the slope is that of a judge who is believed.
    trust = min(max(both / spread, 0.0), 1.0) if spread > 1e-9 else float(bool(known))
    return _Model(y - trust * x, trust, judged)


class _Found(NamedTuple):
    """An estimate, and what its uncertainty is made of."""

    estimate: Estimate
    fixed: float
    """The part of the variance that is of the questions, which no label takes away."""
    drawn: float
    """The part that falls as labels come: times their number."""
    population: int

    def half_width(self, n: int) -> float:
        """What is expected once there are so many labels."""
        left = self.drawn * (1 / n - 1 / self.population)
        return NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * math.sqrt(self.fixed + max(0.0, left))


def _estimated(everything: Sequence[Candidate], labels: Sequence[Label]) -> _Found | None:
    """The mean label of all items: what the model says of each, and of those with a label how wrong that is, weighted.

    None while a wave of items has no label at all, for nothing is known then of the judge's errors there.
    """
    waves = {one.key: one.wave for one in everything}
    if len(labels) < LEAST or set(waves.values()) - {waves[label.key] for label in labels}:
        return None
    size, n = len(everything), len(labels)
    weights = _weights(waves, labels)
    model = _model(everything, labels, weights)
    pulls = {one.key: model.of(one.key) for one in everything}
    for label, weight in zip(labels, weights, strict=True):
        pulls[label.key] += weight * (label.value - model.of(label.key))
    value = math.fsum(pulls.values()) / size
    spread = _spread(everything, pulls, value)
    missing = 1 - n / size
    squares = math.fsum(
        (weight * (label.value - model.of(label.key))) ** 2 for label, weight in zip(labels, weights, strict=True)
    )
    # Two parameters were fitted; and as if one label more had been wholly off, so that an interval does not vanish
    # only because nobody has found a mistake yet.
    unseen = missing * (squares / size**2 * 2 / max(1, n - 2) + 1 / n**2)
    half = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * math.sqrt(spread + unseen)
    drawn = n * (squares / size**2 + 1 / n**2)
    fixed = max(0.0, spread + unseen - drawn * (1 / n - 1 / size))
    return _Found(Estimate(value, value - half, value + half, model.trust), fixed, drawn, size)


def _weights(waves: Mapping[str, int], labels: Sequence[Label]) -> list[float]:
    """For how many items each labelled one stands."""
    sizes: dict[int, int] = defaultdict(int)
    for wave in waves.values():
        sizes[wave] += 1
    labelled: dict[int, int] = defaultdict(int)
    for label in labels:
        labelled[waves[label.key]] += 1
    turn: dict[int, int] = defaultdict(int)
    weights = []
    for label in labels:
        wave = waves[label.key]
        turn[wave] += 1
        weights.append(_weight(turn[wave], label.chance, labelled[wave], sizes[wave]))
    return weights


def _weight(m: int, chance: float, labelled: int, size: int) -> float:
    """That of the m-th draw (Farquhar, Gal & Rainforth 2021, equation 9), for the sum of all instead of their mean."""
    if labelled == size:
        return 1.0
    gain = (size - labelled) / (size - m) * (1 / ((size - m + 1) * chance) - 1)
    return (1 + gain) * size / labelled


def _spread(everything: Sequence[Candidate], pulls: Mapping[str, float], value: float) -> float:
    """The variance of the mean, where what is of one cluster varies together (the plain sandwich)."""
    sums: dict[Hashable, float] = defaultdict(float)
    for one in everything:
        sums[one.key if one.cluster is None else ("cluster", one.cluster)] += pulls[one.key] - value
    return math.fsum(total * total for total in sums.values()) / len(everything) ** 2


def _points(n: int) -> list[int]:
    """After how many labels the estimate is told: at first after each, then some forty times in all."""
    stride = max(1, n // 40)
    return sorted({*range(LEAST, n + 1, stride), *range(max(LEAST, n - 1), n + 1)})


def _step(everything: Sequence[Candidate], labels: Sequence[Label]) -> Step | None:
    found = _estimated(everything, labels)
    return Step(len(labels), *_within(found.estimate)[:3]) if found else None


def _within(estimate: Estimate) -> Estimate:
    """Values are from 0 to 1, and so is their mean."""
    value, low, high = (min(max(x, 0.0), 1.0) for x in estimate[:3])
    return Estimate(value, low, high, estimate.tuning)
