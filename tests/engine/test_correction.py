"""A judge's rates corrected by labels on a part, against published numbers and by simulation."""

import random

import pytest

from benchbook.engine.correction import Judged, Rated, Share, corrected, prediction_powered, rogan_gladen

LABELLED = [Rated(float(y), float(j)) for y, j in zip("1011011011", "1010011111", strict=True)]
REST = [Judged(float(j)) for j in "110111011011101111011101111101"]


def test_the_rate_of_rogan_and_gladen_1978() -> None:
    assert corrected(0.55, 0.9, 0.8) == pytest.approx(0.5)
    found = rogan_gladen(Share(55, 100), Share(90, 100), Share(80, 100))
    assert found is not None
    assert found.value == pytest.approx(0.5)
    # The interval of Lang & Reiczigel 2014 as we compute it; its coverage is tested below.
    assert (found.low, found.high) == pytest.approx((0.33916, 0.65319), abs=5e-6)


def test_a_corrected_rate_stays_a_rate_and_chance_corrects_nothing() -> None:
    low = rogan_gladen(Share(5, 100), Share(90, 100), Share(80, 100))
    assert low is not None
    assert (low.value, low.low) == (0, 0)
    assert rogan_gladen(Share(55, 100), Share(50, 100), Share(50, 100)) is None


def test_the_interval_knows_how_badly_the_errors_are_known() -> None:
    few, many = (rogan_gladen(Share(550, 1000), Share(9 * n, 10 * n), Share(8 * n, 10 * n)) for n in (2, 200))
    assert few is not None
    assert many is not None
    assert few.high - few.low > 3 * (many.high - many.low)


@pytest.mark.parametrize(
    ("tuning", "expected"),
    [
        (1.0, (0.7666667, 0.4508571, 1.0824762)),
        (0.0, (0.7, 0.4159742, 0.9840258)),
        (None, (0.7286, 0.4766527, 0.9805472)),
    ],
)
def test_the_estimates_of_angelopoulos_2023(tuning: float | None, expected: tuple[float, ...]) -> None:
    found = prediction_powered(LABELLED, REST, tuning)
    assert found[:3] == pytest.approx(expected, abs=2e-7)


def test_a_judge_that_knows_nothing_is_not_heard() -> None:
    dice = random.Random(1)
    noise = [Rated(float(dice.random() < 0.7), 1.0) for _ in range(50)]
    assert prediction_powered(noise, [Judged(1.0)] * 500).tuning == 0


def test_clusters_of_one_are_no_clusters_and_copies_are_no_news() -> None:
    alone = [one._replace(cluster=at) for at, one in enumerate(LABELLED)]
    rest = [one._replace(cluster=100 + at) for at, one in enumerate(REST)]
    plain = prediction_powered(LABELLED, REST)
    assert prediction_powered(alone, rest)[:3] == pytest.approx(plain[:3])
    copied = prediction_powered([*alone, *alone], [*rest, *rest], plain.tuning)
    assert copied[:3] == pytest.approx(plain[:3])


def test_nineteen_of_twenty_corrected_intervals_hold_the_truth() -> None:
    dice, held, narrower = random.Random(3), [0, 0], 0
    for _ in range(200):
        labels = [dice.random() < 0.7 for _ in range(100)]
        rated = [Rated(float(y), float(dice.random() < (0.9 if y else 0.2))) for y in labels]
        rest = [Judged(float(dice.random() < (0.9 if dice.random() < 0.7 else 0.2))) for _ in range(900)]
        powered, people = prediction_powered(rated, rest), prediction_powered(rated, rest, 0.0)
        yes = [one.judged for one in rated if one.label]
        no = [one.judged for one in rated if not one.label]
        positive = Share(int(sum(one.judged for one in rest)), 900)
        rates = rogan_gladen(positive, Share(int(sum(yes)), len(yes)), Share(len(no) - int(sum(no)), len(no)))
        assert rates is not None
        held = [held[0] + (powered.low <= 0.7 <= powered.high), held[1] + (rates.low <= 0.7 <= rates.high)]
        narrower += powered.high - powered.low < people.high - people.low
    assert all(0.9 <= one / 200 <= 0.995 for one in held)
    assert narrower > 195
