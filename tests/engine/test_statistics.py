"""Every figure against a number that somebody published."""

import math
import random

import pytest

from benchbook.engine.statistics import (
    bernoulli_error,
    beta_interval,
    beta_quantile,
    clopper_pearson,
    clustered_error,
    in_clusters,
    mean_interval,
    pass_all_k,
    pass_at_k,
    percentile,
    percentile_interval,
    share_interval,
    standard_error,
    student_quantile,
    wilson,
)


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
    values = [1, 2, 3, 4, 5]  # symmetric: nothing to move the interval by
    low, high = mean_interval(values) or (0, 0)
    assert (high - low) / 2 == pytest.approx(student_quantile(0.975, 4) * standard_error(values))
    assert (low + high) / 2 == pytest.approx(3)


def test_the_longer_side_of_an_interval_is_where_the_outliers_are() -> None:
    low, high = mean_interval([0.1, 0.2, 0.2, 0.3, 5.0]) or (0, 0)
    mean = 5.8 / 5
    assert high - mean > 1.5 * (mean - low)


@pytest.mark.parametrize(
    ("q", "freedom", "quantile"),
    [(0.975, 1, 12.7062047), (0.975, 4, 2.7764451), (0.975, 30, 2.0422725), (0.995, 10, 3.1692727)],
)
def test_students_quantiles_are_those_of_the_tables(q: float, freedom: int, quantile: float) -> None:
    assert student_quantile(q, freedom) == pytest.approx(quantile, abs=1e-6)


@pytest.mark.parametrize(("ones", "n"), [(1, 10), (5, 10), (49, 50), (3, 100)])
def test_shares_that_are_all_or_nothing_have_an_interval_of_the_beta_distribution(ones: int, n: int) -> None:
    # Half a failure more at the lower end, half a success more at the upper one.
    exact = beta_quantile(0.025, ones, n - ones + 0.5), beta_quantile(0.975, ones + 0.5, n - ones)
    assert share_interval([1.0] * ones + [0.0] * (n - ones)) == pytest.approx(exact, abs=0.001)
    assert share_interval([0.0] * n) == wilson(0, n)


def test_the_interval_of_a_mean_of_shares_is_that_of_the_values_weighed_at_random() -> None:
    chance, values = random.Random(1), [0.2, 0.9, 0.9, 1.0, 0.6, 0.97, 0.3, 1.0]
    for at, imagined in enumerate((0.0, 1.0)):
        drawn = []
        for _ in range(20_000):
            weights = [*(chance.expovariate(1) for _ in values), chance.gammavariate(0.5, 1)]
            drawn.append(sum(w * x for w, x in zip(weights, [*values, imagined], strict=True)) / sum(weights))
        assert share_interval(values)[at] == pytest.approx(percentile(drawn, (0.025, 0.975)[at]), abs=0.01)


def test_equal_shares_keep_an_interval() -> None:
    for n in range(2, 40):
        assert all(high - low > 0.05 for value in (0.1, 1 / 3, 0.7) for low, high in [share_interval([value] * n)])


def test_the_interval_of_very_many_shares_is_near_students() -> None:
    values = [random.Random(at).betavariate(2, 2) for at in range(3000)]
    assert share_interval(values) == pytest.approx(mean_interval(values), abs=1e-3)


def test_clusters_have_the_error_that_statsmodels_gives() -> None:
    units = in_clusters([1, 1, 0, 1, 0, 0, 1, 1, 1, 0], [0, 0, 0, 1, 1, 1, 2, 2, 3, 3])
    assert math.fsum(units) / len(units) == pytest.approx(0.6)
    assert standard_error(units) == pytest.approx(0.1346600658, abs=1e-10)


def test_every_value_its_own_cluster_is_no_cluster() -> None:
    assert in_clusters([1.0, 4.0, 2.0], "abc") == pytest.approx([1.0, 4.0, 2.0])


def test_the_interval_of_a_median_lies_between_the_values_that_the_tables_name() -> None:
    # n = 20: from the 6th to the 15th value (David & Nagaraja 2003; covers 95.9 %).
    assert percentile_interval(range(1, 21), 0.5) == (6, 15)


def test_nobody_knows_how_high_a_percentile_is_that_no_value_is_above() -> None:
    assert percentile_interval(range(50), 0.99)[1] is None
    assert percentile_interval([3.0], 0.5) == (None, None)


def test_one_value_has_no_interval() -> None:
    assert mean_interval([1.0]) is None


def test_percentiles_interpolate() -> None:
    assert [percentile([4, 1, 3, 2], q) for q in (0, 0.5, 0.95, 1)] == pytest.approx([1, 2.5, 3.85, 4])


MARKS = [1, 1, 0, 1, 0, 0, 1, 1, 1, 0]


def test_standard_errors_agree_with_miller_2024() -> None:
    assert standard_error(MARKS) == pytest.approx(0.1632993162, abs=1e-10)
    assert bernoulli_error(0.6, 10) == pytest.approx(0.1549193338, abs=1e-10)


def test_the_clustered_error_is_the_plain_sandwich_of_statsmodels() -> None:
    clusters = [0, 0, 0, 1, 1, 1, 2, 2, 3, 3]
    plain = clustered_error(MARKS, clusters)
    assert plain == pytest.approx(0.1166190379, abs=1e-10)
    # What others make of it: a correction for few clusters, or the first term with n - 1.
    assert plain * math.sqrt(4 / 3) == pytest.approx(0.1346600658, abs=1e-10)
    first = standard_error(MARKS) ** 2 - clustered_error(MARKS, range(10)) ** 2
    assert math.sqrt(plain**2 + first) == pytest.approx(0.1275408431, abs=1e-10)


def test_clusters_of_one_are_no_clusters() -> None:
    assert clustered_error(MARKS, range(10)) == pytest.approx(bernoulli_error(0.6, 10))


def test_pass_all_k_agrees_with_tau_bench() -> None:
    assert pass_all_k(10, 8, 2) == pytest.approx(0.6222222, abs=5e-8)
    assert pass_all_k(10, 1, 2) == 0


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2527367, 0.3676219), (0, 20, 0.0, 0.1684335), (8, 10, 0.4439045, 0.9747893), (20, 20, 0.8315665, 1.0)],
)
def test_clopper_and_pearson_agree_with_newcombe_1998(successes: int, n: int, low: float, high: float) -> None:
    assert clopper_pearson(successes, n) == pytest.approx((low, high), abs=5e-8)


def test_the_interval_for_small_n_agrees_with_scipy() -> None:
    # scipy.stats.beta.ppf([.025, .975], 9, 3) and (300, 40), scipy 1.17.1
    assert beta_interval(8, 10) == pytest.approx((0.48224415, 0.93978227), abs=5e-9)
    assert (beta_quantile(0.025, 300, 40), beta_quantile(0.975, 300, 40)) == pytest.approx(
        (0.84609888, 0.91435091), abs=5e-9
    )


def test_answers_that_vary_only_within_questions_vary_less_the_more_there_are() -> None:
    # Miller 2024: the variance of a mean of K answers falls as 1/K in its conditional part alone.
    dice = random.Random(3)
    chances = [0.2 if at % 2 else 0.8 for at in range(4000)]
    for answers in (1, 4):
        means = [sum(dice.random() < p for _ in range(answers)) / answers for p in chances]
        expected = 0.3**2 + 0.16 / answers
        assert standard_error(means) ** 2 * 4000 == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize(("degrees", "place"), [(1, 12.7062), (9, 2.262157), (30, 2.042272), (5000, 1.959964)])
def test_places_of_student_agree_with_the_tables(degrees: int, place: float) -> None:
    assert student_quantile(0.975, degrees) == pytest.approx(place, rel=1e-6)
