"""Resamples are those that chance would draw, and intervals hold what they promise."""

import math
import random
from collections import Counter
from collections.abc import Mapping
from itertools import product

import pytest

from benchbook.engine.resampling import bca, binomial, bootstrap, resamples


def mean(counts: Mapping[float, int]) -> float:
    return sum(x * n for x, n in counts.items()) / sum(counts.values())


def test_the_error_of_a_mean_is_that_of_all_27_resamples() -> None:
    # Efron & Tibshirani 1993: three values have 27 resamples.
    every = [mean(Counter(those)) for those in product([1, 2, 4], repeat=3)]
    centre = sum(every) / 27
    assert math.sqrt(sum((one - centre) ** 2 for one in every) / 27) == pytest.approx(0.7200823, abs=5e-8)
    drawn = [mean(one) for one in resamples({1.0: 1, 2.0: 1, 4.0: 1}, seed=1, draws=20_000)]
    middle = sum(drawn) / len(drawn)
    assert math.sqrt(sum((one - middle) ** 2 for one in drawn) / len(drawn)) == pytest.approx(0.7200823, abs=0.01)


def test_few_kinds_of_many_units_are_drawn_like_many() -> None:
    few = [mean(one) for one in resamples({0.0: 300, 1.0: 700}, seed=4, draws=4000)]
    assert sum(few) / 4000 == pytest.approx(0.7, abs=0.002)
    assert math.sqrt(sum((x - 0.7) ** 2 for x in few) / 4000) == pytest.approx(math.sqrt(0.21 / 1000), rel=0.05)


@pytest.mark.parametrize(("n", "part", "whole"), [(10, 1, 3), (7, 1, 2), (5, 99, 100), (3, 5, 5), (4, 0, 9)])
def test_binomial_numbers_have_their_distribution(n: int, part: int, whole: int) -> None:
    chance, p = random.Random(9), part / whole
    seen = Counter(binomial(n, part, whole, chance) for _ in range(20_000))
    for k in range(n + 1):
        assert seen[k] / 20_000 == pytest.approx(math.comb(n, k) * p**k * (1 - p) ** (n - k), abs=0.012)


def test_equal_seeds_give_equal_intervals() -> None:
    units = {(0, 1): 40, (1, 1): 60, (1, 0): 17}

    def figures(counts: Mapping[tuple[int, int], int]) -> dict[str, float | None]:
        return {"first": counts.get((0, 1), 0) / sum(counts.values())}

    one, same, other = (bootstrap(units, figures, seed=seed, draws=200) for seed in (3, 3, 4))
    assert one == same
    assert one != other


def test_what_is_seldom_defined_has_no_interval() -> None:
    def figures(counts: Mapping[str, int]) -> dict[str, float | None]:
        return {"rare": None if counts.get("a", 0) < 2 else 1.0, "never": None}

    assert bootstrap({"a": 1, "b": 3}, figures, draws=100) == {"rare": None, "never": None}


def test_nineteen_of_twenty_intervals_hold_the_truth_and_shrink_with_the_root_of_n() -> None:
    dice, widths = random.Random(6), list[float]()
    for n in (100, 400):
        held = 0.0
        for at in range(150):
            units = Counter(float(dice.random() < 0.6) for _ in range(n))
            interval = bootstrap(units, lambda counts: {"p": mean(counts)}, seed=at, draws=300)["p"] or (0, 0)
            held += interval[0] <= 0.6 <= interval[1]
            widths.append(interval[1] - interval[0])
        assert 0.88 <= held / 150 <= 0.99
    assert sum(widths[:150]) / sum(widths[150:]) == pytest.approx(2, rel=0.06)


def test_bca_agrees_with_scipy() -> None:
    # scipy.stats.bootstrap, method BCa, 200,000 resamples, of these ten values.
    values = [9.6, 10.4, 13.0, 15.0, 16.6, 17.2, 17.3, 21.8, 24.0, 33.8]
    drawn = [mean(one) for one in resamples(Counter(values), seed=2, draws=20_000)]
    left_out = [(sum(values) - x) / 9 for x in values]
    assert bca(drawn, sum(values) / 10, left_out) == pytest.approx((14.48, 23.32), abs=0.15)
