"""Calibration, against published numbers and on held-out halves."""

import random
from collections import Counter

import pytest

from benchbook.engine.calibration import brier, cooled, ece, isotonic, lifted, reliability, temperature

CLAIMS = Counter(
    zip([0.95, 0.92, 0.93, 0.85, 0.82, 0.35, 0.38, 0.12, 0.61, 0.68], [1.0, 1, 0, 1, 0, 0, 1, 0, 1, 1], strict=True)
)


def test_the_score_of_brier_1950() -> None:
    assert brier(Counter(zip([0.1, 0.9, 0.8, 0.3], [0.0, 1, 1, 0], strict=True))) == pytest.approx(0.0375)


def test_the_expected_calibration_error_of_naeini_2015() -> None:
    assert ece(CLAIMS) == pytest.approx(0.257)


def test_bins_hold_their_upper_end_and_sum_to_the_error() -> None:
    bins = reliability(CLAIMS)
    assert [part.n for part in bins] == [1, 2, 2, 2, 3]
    assert sum(part.n * abs(part.rate - part.confidence) for part in bins) / 10 == pytest.approx(0.257)
    [edge] = reliability({(0.9, 1.0): 3})
    assert (edge.low, edge.high, edge.rate) == (0.8, 0.9, 1)
    assert [part.low for part in reliability({(0.0, 0.0): 1, (1.0, 1.0): 1})] == [0, 0.9]


def overconfident(seed: int) -> Counter[tuple[float, float]]:
    """Who says 95 % where it is right four times of five."""
    dice = random.Random(seed)
    made = Counter[tuple[float, float]]()
    for _ in range(2000):
        truth = dice.choice([0.55, 0.65, 0.75, 0.85])
        made[round(cooled(truth, 0.4), 3), float(dice.random() < truth)] += 1
    return made


def test_temperature_lowers_the_error_on_the_other_half() -> None:
    half, other = overconfident(1), overconfident(2)
    found = temperature(half)
    assert found == pytest.approx(2.5, rel=0.2)
    better = Counter[tuple[float, float]]()
    for (sure, right), times in other.items():
        better[cooled(sure, found), right] += times
    assert ece(better) < 0.4 * ece(other)


def test_a_rising_curve_lowers_the_error_on_the_other_half() -> None:
    half, other = overconfident(1), overconfident(2)
    curve = isotonic(half)
    better = Counter[tuple[float, float]]()
    for (sure, right), times in other.items():
        better[lifted(sure, curve), right] += times
    assert ece(better) < 0.4 * ece(other)


def test_the_rising_curve_agrees_with_scikit_learn() -> None:
    sure = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]
    curve = isotonic(Counter(zip(sure, [0.0, 1, 0, 0, 1, 0, 1, 1], strict=True)))
    assert [lifted(x, curve) for x in sure] == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3, 0.5, 0.5, 1, 1])
