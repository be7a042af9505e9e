"""Every figure against a number that somebody published."""

import pytest

from benchbook.engine.statistics import mean_interval, pass_at_k, percentile, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2552885, 0.3662096),
        (15, 148, 0.0623864, 0.1604872),
        (0, 20, 0.0, 0.1611252),
        (1, 29, 0.0061132, 0.1717552),
        (20, 20, 1 - 0.1611252, 1.0),
    ],
)
def test_wilson_agrees_with_newcombe_1998(successes: int, n: int, low: float, high: float) -> None:
    assert wilson(successes, n) == pytest.approx((low, high), abs=5e-8)


@pytest.mark.parametrize(
    ("n", "correct", "k", "chance"),
    [(10, 3, 5, 0.9166666667), (200, 20, 10, 0.6602256238), (5, 0, 3, 0.0), (5, 3, 5, 1.0), (6, 3, 1, 0.5)],
)
def test_pass_at_k_agrees_with_chen_et_al_2021(n: int, correct: int, k: int, chance: float) -> None:
    assert pass_at_k(n, correct, k) == pytest.approx(chance, abs=1e-10)


def test_the_interval_of_a_mean_uses_the_standard_error_of_miller_2024() -> None:
    low, high = mean_interval([1, 1, 0, 1, 0, 0, 1, 1, 1, 0]) or (0, 0)
    assert (high - low) / 2 == pytest.approx(1.959963985 * 0.1632993162, abs=1e-8)
    assert (low + high) / 2 == pytest.approx(0.6)


def test_one_value_has_no_interval() -> None:
    assert mean_interval([1.0]) is None


def test_percentiles_interpolate() -> None:
    assert [percentile([4, 1, 3, 2], q) for q in (0, 0.5, 0.95, 1)] == pytest.approx([1, 2.5, 3.85, 4])
