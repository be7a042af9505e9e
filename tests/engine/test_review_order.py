"""What is drawn first, and that what is drawn tells of all: by simulation, with seeds."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from benchbook.engine.review_order import (
    Candidate,
    Label,
    Signals,
    expected_error,
    informative,
    narrowing,
    shuffled,
)

SIZE = 1000
WORLDS = 60
RATE = 0.65
"""How often the answer is right."""


@dataclass(frozen=True)
class World:
    """Items, and what people would say of each."""

    items: list[Candidate]
    truth: dict[str, float]

    @property
    def mean(self) -> float:
        return math.fsum(self.truth.values()) / len(self.truth)


def world(seed: int, size: int = SIZE) -> World:
    """A judge that is nearly always right where it is sure, and says yes too often where it is not. What it is not sure
    of is more often wrong."""
    dice = random.Random(f"world {seed}")
    items, truth = [], {}
    for at in range(size):
        sure = dice.random() < 0.75
        right = float(dice.random() < (0.75 if sure else 0.35))
        judged = right if dice.random() < (0.97 if sure else 0.3) else 1.0
        items.append(Candidate(f"k{at}", judged, expected_error(Signals(confidence=0.98 if sure else 0.6))))
        truth[f"k{at}"] = right
    return World(items, truth)


def labels(one: World, order: str, seed: int, n: int) -> list[Label]:
    """The labels of the first `n`, thought over every 10."""
    if order == "random":
        return [Label(key, one.truth[key], chance) for key, chance in shuffled(list(one.truth), seed)[:n]]
    found: list[Label] = []
    while len(found) < n:
        known = {label.key for label in found}
        left = [item for item in one.items if item.key not in known]
        drawn = informative(left, one.items, found, seed, min(10, n - len(found)))
        found += [Label(key, one.truth[key], chance) for key, chance in drawn]
    return found


@dataclass(frozen=True)
class Trials:
    """What came out in many worlds."""

    width: float
    covered: float
    bias: float
    error: float
    """Of the bias."""
    off: float
    """Root of the mean squared distance from what all labels would say."""
    naive: float
    """The bias of the plain mean of the labels."""


def trials(order: str, n: int) -> Trials:
    widths, hits, away, naive = [], [], [], []
    for seed in range(WORLDS):
        one = world(seed)
        given = labels(one, order, seed, n)
        found = narrowing(one.items, given, ()).estimate
        assert found is not None
        widths.append(found.high - found.low)
        hits.append(found.low <= RATE <= found.high)
        away.append(found.value - one.mean)
        naive.append(_mean([label.value for label in given]) - one.mean)
    bias = _mean(away)
    spread = math.sqrt(_mean([(each - bias) ** 2 for each in away]))
    root = math.sqrt(_mean([each**2 for each in away]))
    return Trials(_mean(widths), _mean(hits), bias, spread / math.sqrt(WORLDS), root, _mean(naive))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def test_an_informative_order_needs_fewer_labels_and_does_not_bias() -> None:
    informed, chance, more = trials("informative", 100), trials("random", 100), trials("random", 120)
    # With 100 labels it is narrower than with 120 at random.
    assert informed.width < more.width < chance.width
    assert informed.off < chance.off
    for one in (informed, chance):
        assert abs(one.bias) < 3.5 * one.error
        assert one.covered >= 0.85
    # Without the weights it would be wrong, and by far more than its error.
    assert abs(informed.naive) > 5 * informed.error
    assert abs(informed.naive) > 5 * abs(informed.bias)


def test_a_judge_that_knows_nothing_costs_nothing() -> None:
    dice = random.Random(3)
    items = [Candidate(f"k{at}", float(dice.random() < 0.5), 0.3) for at in range(300)]
    truth = {one.key: float(dice.random() < 0.5) for one in items}
    drawn = informative(items, items, [], 1, 100)
    found = narrowing(items, [Label(key, truth[key], chance) for key, chance in drawn]).estimate
    assert found is not None
    assert found.tuning is not None
    assert found.tuning < 0.3
    assert 0.08 < (found.high - found.low) / 2 < 0.14


def test_with_all_labels_the_estimate_is_their_mean() -> None:
    one = world(1, size=40)
    given = labels(one, "informative", 1, 40)
    found = narrowing(one.items, given)
    assert found.estimate is not None
    assert found.estimate.value == pytest.approx(one.mean)
    spread = math.sqrt(one.mean * (1 - one.mean) / 40)
    assert found.estimate.high - found.estimate.low == pytest.approx(2 * 1.959964 * spread, rel=1e-4)
    assert found.ahead == []


def test_a_random_order_weighs_all_alike() -> None:
    """Farquhar, Gal & Rainforth 2021: with uniform draws the weights are one."""
    drawn = shuffled([f"k{at}" for at in range(10)], 5)
    assert [chance for _, chance in drawn] == pytest.approx([1 / (10 - at) for at in range(10)])
    items = [Candidate(f"k{at}", None, 0.5) for at in range(10)]
    values = [1.0, 0.0, 1.0, 1.0]
    found = narrowing(items, [Label(key, y, chance) for (key, chance), y in zip(drawn, values, strict=False)]).estimate
    assert found is not None
    assert found.value == pytest.approx(0.75)


def test_an_interval_does_not_vanish_because_nobody_has_erred_yet() -> None:
    items = [Candidate(f"k{at}", 1.0, 0.1) for at in range(1000)]
    drawn = informative(items, items, [], 0, 5)
    found = narrowing(items, [Label(key, 1.0, chance) for key, chance in drawn]).estimate
    assert found is not None
    assert found.low < 0.7
    assert narrowing(items, [Label(key, 1.0, chance) for key, chance in drawn[:2]]).estimate is None


def test_every_step_and_what_more_labels_would_bring_is_told() -> None:
    one = world(7)
    found = narrowing(one.items, labels(one, "informative", 7, 60))
    assert [step.n for step in found.steps][:3] == [3, 4, 5]
    assert found.steps[-1].n == found.labelled == 60
    assert found.population == SIZE
    widths = [half for _, half in found.ahead]
    assert [k for k, _ in found.ahead] == [10, 25, 50, 100, SIZE - 60]
    assert widths == sorted(widths, reverse=True)
    now = (found.steps[-1].high - found.steps[-1].low) / 2
    assert widths[0] < now
    later = narrowing(one.items, labels(one, "informative", 7, 160)).steps[-1]
    assert (later.high - later.low) / 2 == pytest.approx(found.ahead[3][1], rel=0.3)


def test_what_is_doubtful_comes_first_and_labels_change_what_is() -> None:
    items = [Candidate(f"k{at}", 1.0, 0.02 if at < 200 else 0.5) for at in range(400)]
    first = [int(key[1:]) for key, _ in informative(items, items, [], 2, 100)]
    assert sum(at >= 200 for at in first) > 65
    # The judge turns out to be wrong where it was sure, and right where it was not.
    known = [Label(f"k{at}", float(at >= 200), 0.01) for at in (*range(80), *range(200, 280))]
    labelled = {label.key for label in known}
    left = [item for item in items if item.key not in labelled]
    then = [int(key[1:]) for key, _ in informative(left, items, known, 2, 100)]
    assert sum(at < 200 for at in then) > 50


def test_a_wave_without_labels_leaves_no_estimate() -> None:
    items = [Candidate(f"k{at}", 1.0, 0.3, wave=1 + at // 50) for at in range(100)]
    early = [item for item in items if item.wave == 1]
    drawn = informative(early, early, [], 0, 20)
    given = [Label(key, 1.0, chance) for key, chance in drawn]
    assert narrowing(early, given).estimate is not None
    assert narrowing(items, given).estimate is None


def test_items_of_one_question_vary_together() -> None:
    items = [Candidate(f"k{at}", float(at % 4 < 2), 0.3, cluster=at // 2) for at in range(200)]
    order = shuffled([one.key for one in items], 1)[:100]
    drawn = [Label(key, float(int(key[1:]) % 4 < 2), chance) for key, chance in order]
    alone = narrowing([item._replace(cluster=None) for item in items], drawn).estimate
    together = narrowing(items, drawn).estimate
    assert alone is not None
    assert together is not None
    assert together.high - together.low > 1.2 * (alone.high - alone.low)


@pytest.mark.parametrize(
    ("more", "less"),
    [
        (Signals(confidence=0.5), Signals(confidence=0.9)),
        (Signals(confidence=0.9, contradicted=True), Signals(confidence=0.9, flipped=True)),
        (Signals(confidence=0.99, flagged=True), Signals(confidence=0.99)),
        (Signals(confidence=0.9, apart=0.5), Signals(confidence=0.9, apart=0.1)),
        (Signals(unread=True), Signals()),
    ],
)
def test_what_hints_at_a_mistake_raises_the_doubt(more: Signals, less: Signals) -> None:
    assert expected_error(more) > expected_error(less)
