"""Comparisons of two, against published numbers."""

import math
import random

import pytest

from benchbook.engine.multiplicity import benjamini_hochberg, benjamini_yekutieli, bonferroni, holm
from benchbook.engine.paired import (
    Noise,
    anytime_p,
    difference_error,
    difference_interval,
    discordant_interval,
    drop_p,
    even_odds,
    mcnemar,
    moved,
    noise_of_shares,
    paired_difference,
    permutation_p,
    permutation_test,
    power_at,
    sample_size,
    sign_test,
    smallest_difference,
)
from benchbook.engine.statistics import standard_error

A = [1, 1, 0, 1, 1, 0, 1, 1, 1, 1]
B = [1, 0, 0, 1, 0, 0, 1, 1, 0, 1]
BENJAMINI_HOCHBERG_1995 = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
]


@pytest.mark.parametrize("size", [1e60, 1e-160, 5e-324])
def test_differences_of_any_size_are_tested(size: float) -> None:
    a, b = [size * at for at in (1, 0, -1, 1)], [size * at for at in (0, 1, 1, 0)]
    assert 0 < permutation_p([one - other for one, other in zip(a, b, strict=True)]) <= 1
    assert 0 < drop_p(a, b) <= 1
    assert 0 < drop_p([*a, *[0.0] * 150], [*b, *[size, 2 * size] * 75]) <= 1
    assert math.isfinite(paired_difference(a, b).error)
    low, high = difference_interval(a, b) or (1, 0)
    assert low <= high


def test_a_paired_difference_agrees_with_miller_2024() -> None:
    found = paired_difference(A, B)
    assert found[:3] == pytest.approx((0.3, 0.1527525232, 0.2134374746), abs=1e-10)
    assert found.correlation == pytest.approx(0.5)


def test_two_of_which_one_never_varies_have_no_correlation() -> None:
    assert paired_difference([1, 1, 1], [0, 1, 1]).correlation is None


def test_questions_that_a_difference_takes_agree_with_miller_2024() -> None:
    assert sample_size(0.03, Noise(1 / 9)) == pytest.approx(968.9975, abs=5e-5)
    assert math.ceil(sample_size(0.03, Noise(1 / 9))) == 969
    assert sample_size(0.03, Noise(1 / 9, 1 / 6, 1 / 6)) == pytest.approx(3875.99, abs=5e-3)
    assert smallest_difference(969, Noise(1 / 9)) == pytest.approx(0.03, abs=1e-6)


def test_mcnemar_agrees_with_agresti() -> None:
    found = mcnemar(86, 150)
    assert (found.statistic, found.corrected) == pytest.approx((17.35593, 16.81780), abs=5e-6)
    assert found.p == pytest.approx(3.0993e-05, abs=5e-10)
    assert found.exact == pytest.approx(3.71594e-05, abs=5e-11)
    assert mcnemar(2, 9).exact == 0.0654296875
    assert mcnemar(0, 0).exact == 1


def test_the_permutation_test_counts_every_choice_of_signs() -> None:
    assert permutation_test([a - b for a, b in zip(A, B, strict=True)]) == 0.25
    assert permutation_test([0.0, 0.0]) == 1
    assert permutation_test([0.1] * 3 + [0.2] * 3) == pytest.approx(2 / 64)


def test_adjusted_ps_agree_with_benjamini_and_hochberg_1995() -> None:
    rejected = [
        sum(p <= 0.05 for p in adjusted(BENJAMINI_HOCHBERG_1995))
        for adjusted in (bonferroni, holm, benjamini_hochberg, benjamini_yekutieli)
    ]
    assert rejected == [3, 3, 4, 3]
    assert benjamini_hochberg(BENJAMINI_HOCHBERG_1995)[:5] == pytest.approx([0.0015, 0.003, 0.0095, 0.035625, 0.0603])


def test_adjusted_ps_stay_in_place() -> None:
    mixed = [0.04, 0.001, 0.03]
    assert holm(mixed) == pytest.approx([0.06, 0.003, 0.06])
    assert benjamini_hochberg(mixed) == pytest.approx([0.04, 0.003, 0.04])
    assert bonferroni(mixed) == pytest.approx([0.12, 0.003, 0.09])


def test_e_values_are_those_of_the_beta_mixture() -> None:
    assert even_odds(60, 80) == pytest.approx(4221.690, abs=5e-4)
    assert even_odds(50, 80) == pytest.approx(1.682371, abs=5e-7)
    assert even_odds(45, 80) == pytest.approx(0.257769, abs=5e-7)


def test_looking_after_every_pair_raises_no_more_false_alarms_than_alpha() -> None:
    dice = random.Random(5)
    alarms = 0
    for _ in range(500):
        wins = 0
        for n in range(1, 201):
            wins += dice.getrandbits(1)
            if even_odds(wins, n) >= 20:
                alarms += 1
                break
    assert alarms / 500 <= 0.05


def test_samples_that_hang_together_raise_no_more_false_alarms_either() -> None:
    dice, alarms = random.Random(6), {"by clusters": 0, "one by one": 0}
    for _ in range(300):
        order = [cluster for cluster in range(40) for _ in range(5)]
        dice.shuffle(order)
        ways = [dice.choice((-1.0, 1.0)) for _ in range(40)]
        differences = [ways[cluster] for cluster in order]
        for name, clusters in (("by clusters", order), ("one by one", range(200))):
            looks = (moved(differences[:n], clusters[:n], sum(differences[:n])) for n in range(1, 201, 4))
            alarms[name] += any(along > against and anytime_p(along, against) <= 0.05 for along, against in looks)
    assert alarms["by clusters"] / 300 <= 0.05
    assert alarms["one by one"] / 300 > 0.1


def test_a_cluster_that_went_both_ways_counts_against_what_is_to_be_shown() -> None:
    differences, clusters = [1.0, 1.0, 0.0, 1.0, -1.0, -1.0], ["a", "a", "b", "c", "c", "d"]
    assert [moved(differences, clusters, way) for way in (1, -1, 0)] == [(1, 2), (1, 2), (0, 3)]


@pytest.mark.parametrize(("successes", "n"), [(480, 1001), (2400, 5000), (2500, 5000), (700, 2000), (0, 1500)])
def test_the_sign_test_of_many_is_that_of_counting(successes: int, n: int) -> None:
    counted = 2 * sum(math.comb(n, k) for k in range(successes + 1)) / (1 << n)
    assert sign_test(successes, n) == pytest.approx(min(1.0, counted), rel=1e-9)


def test_an_interval_of_a_difference_of_shares_holds_its_confidence() -> None:
    chance = random.Random(3)
    for n, gain, loss in ((20, 0.2, 0.1), (60, 0.1, 0.1), (300, 0.05, 0.02)):
        held = 0
        for _ in range(1500):
            draws = [chance.random() for _ in range(n)]
            gained, lost = sum(draw < gain for draw in draws), sum(draw > 1 - loss for draw in draws)
            low, high = discordant_interval(gained, lost, n)
            held += low <= gain - loss <= high
        assert 0.93 <= held / 1500 <= 0.975


def test_nothing_that_flipped_is_no_certainty() -> None:
    low, high = discordant_interval(0, 0, 10)
    assert (low, high) == pytest.approx((-high, high))
    assert high > 0.1
    assert discordant_interval(10, 0, 10)[1] <= 1


def test_signs_are_drawn_where_there_are_too_many_to_count() -> None:
    chance = random.Random(1)
    few = [chance.gauss(0.5, 1) for _ in range(14)]
    assert permutation_p(few) == permutation_test(few)
    many = [chance.gauss(0.2, 1) for _ in range(60)]
    found = paired_difference(many, [0.0] * 60)
    normal = math.erfc(abs(found.mean / found.error) / math.sqrt(2))
    assert permutation_p(many) == pytest.approx(normal, abs=0.03)
    assert permutation_p(many) == permutation_p(many)


def test_signs_drawn_for_pairs_alike_raise_no_more_alarms_than_stated() -> None:
    chance = random.Random(8)
    alarms = sum(permutation_p([chance.uniform(-1, 1) for _ in range(30)], seed) <= 0.05 for seed in range(25))
    assert alarms <= 5


def test_the_stated_power_is_reached() -> None:
    chance = random.Random(6)
    noise = noise_of_shares(0.7, 0.5)
    n = math.ceil(sample_size(0.1, noise))
    # Of two shares so correlated, the flips are as many as the noise and the difference ask for.
    flips = noise.between + 0.1**2
    seen = 0
    for _ in range(600):
        draws = [chance.random() for _ in range(n)]
        fixed = sum(draw < (flips + 0.1) / 2 for draw in draws)
        lost = sum(draw > 1 - (flips - 0.1) / 2 for draw in draws)
        low, _ = discordant_interval(fixed, lost, n)
        seen += low > 0
    assert 0.74 <= seen / 600 <= 0.86
    assert power_at(0.1, n, noise) == pytest.approx(0.8, abs=0.005)


@pytest.mark.parametrize(("n", "same"), [(10, 0.8), (20, 0.95), (20, 0.5), (50, 0.8)])
def test_where_most_answers_are_worth_the_same_the_interval_holds_nevertheless(n: int, same: float) -> None:
    """Grades of two runs of which the second changes some: by the changes that were seen alone it is 35 to 90 %."""
    chance, held = random.Random(3), 0
    for _ in range(400):
        before = [float(chance.random() < 0.7) * chance.random() for _ in range(n)]
        now = [one if chance.random() < same else chance.random() for one in before]
        low, high = difference_interval(now, before) or (1, 0)
        held += low <= (1 - same) * (0.5 - 0.35) <= high
    assert held >= 0.93 * 400


def test_equal_grades_are_no_certainty() -> None:
    low, high = difference_interval([0.5] * 20, [0.5] * 20) or (0.0, 0.0)
    assert high == -low > 0.1
    same = [0.5] * 20
    assert difference_interval(same, same, clusters=[at // 5 for at in range(20)]) != (0.0, 0.0)
    # Where all differ nothing is imagined.
    assert difference_error([0.1, 0.3, 0.5], [0.0, 0.0, 0.0]) == pytest.approx(standard_error([0.1, 0.3, 0.5]))
