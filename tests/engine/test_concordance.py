"""Agreement beyond chance, against published numbers."""

import random
from collections import Counter

import pytest

from benchbook.engine.concordance import (
    Level,
    accuracy,
    brennan_prediger,
    cohen,
    fleiss,
    gwet,
    krippendorff,
)
from benchbook.engine.confusion import Confusion
from benchbook.engine.correlation import kendall, spearman

N = None
KRIPPENDORFF_2011 = Counter(
    zip(
        [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
        [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
        strict=True,
    )
)
FLEISS_1971 = [
    *((0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1)),
    *((7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7)),
]


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743421), ("ordinal", 0.815388), ("interval", 0.849107), ("ratio", 0.797403)]
)
def test_alpha_agrees_with_krippendorff_2011(level: Level, alpha: float) -> None:
    assert krippendorff(KRIPPENDORFF_2011, level) == pytest.approx(alpha, abs=5e-7)


def test_ac1_and_its_kin_agree_with_gwet_2008() -> None:
    assert gwet(KRIPPENDORFF_2011) == pytest.approx(0.77544, abs=5e-6)
    assert fleiss(KRIPPENDORFF_2011) == pytest.approx(0.76117, abs=5e-6)
    assert brennan_prediger(KRIPPENDORFF_2011) == pytest.approx(0.77273, abs=5e-6)


def test_kappa_agrees_with_cohen_1960_and_1968() -> None:
    assert cohen({(1, 1): 20, (1, 0): 5, (0, 1): 10, (0, 0): 15}) == pytest.approx(0.4)
    marks = Counter(zip([1, 2, 3, 4, 5, 3], [1, 2, 3, 5, 4, 1], strict=True))
    assert cohen(marks, "linear") == pytest.approx(0.5862069, abs=5e-8)
    assert cohen(marks, "quadratic") == pytest.approx(0.75)


def test_fleiss_kappa_agrees_with_fleiss_1971() -> None:
    ratings = Counter(tuple(at for at, n in enumerate(row) for _ in range(n)) for row in FLEISS_1971)
    assert fleiss(ratings) == pytest.approx(0.2099307, abs=5e-8)


def test_ac2_agrees_with_irrcac() -> None:
    # irrCAC 0.4.4 for Python, complete raters, quadratic and linear weights.
    marks = Counter(zip([1, 2, 3, 4, 5, 3, 2, 2, 4, 1], [1, 2, 3, 5, 4, 1, 2, 3, 4, 1], strict=True))
    assert gwet(marks, weights="quadratic") == pytest.approx(0.83431953, abs=5e-9)
    assert gwet(marks, weights="linear") == pytest.approx(0.69604863, abs=5e-9)


def test_ac1_is_steady_where_kappa_is_not() -> None:
    # The paradox of Feinstein & Cicchetti 1990: 90 % agreement, and kappa near nothing.
    pairs = {(1, 1): 90, (1, 0): 5, (0, 1): 5, (0, 0): 0}
    assert cohen(pairs) == pytest.approx(-0.0526316, abs=5e-8)
    assert gwet(pairs) == pytest.approx(0.8895028, abs=5e-8)


def test_what_everybody_always_says_has_no_agreement_beyond_chance() -> None:
    same = {(1, 1): 10}
    assert (cohen(same), fleiss(same), krippendorff(same), gwet(same)) == (None, None, None, None)
    assert gwet(same, (0, 1)) == 1
    assert accuracy(same) == 1


def test_figures_are_of_those_who_answered() -> None:
    pairs = {(1, 1): 20, (1, 0): 5, (0, 1): 10, (0, 0): 15, (1, None): 7, (None, 0): 3, (None, None): 2}
    assert cohen(pairs) == pytest.approx(0.4)
    assert accuracy(pairs) == 0.7
    assert krippendorff(pairs) == krippendorff({pair: n for pair, n in pairs.items() if None not in pair})
    assert (accuracy({}), cohen({}), krippendorff({}), gwet({}), fleiss({})) == (None,) * 5


def test_alpha_over_many_values_is_the_sum_over_all_pairs() -> None:
    dice = random.Random(2)
    units = Counter(tuple(dice.choice([None, dice.random(), dice.random()]) for _ in range(3)) for _ in range(40))
    whole = [[x for x in unit if x is not None] for unit in units.elements()]
    whole = [unit for unit in whole if len(unit) > 1]
    every = [x for unit in whole for x in unit]
    seen = sum(sum((x - y) ** 2 for x in unit for y in unit) / (len(unit) - 1) for unit in whole) / len(every)
    expected = sum((x - y) ** 2 for x in every for y in every) / (len(every) * (len(every) - 1))
    assert krippendorff(units, "interval") == pytest.approx(1 - seen / expected)


def test_words_have_no_distance() -> None:
    with pytest.raises(TypeError, match="only nominal figures take words"):
        cohen({("good", "bad"): 1, ("bad", "bad"): 1}, "linear")


def test_a_judges_errors_by_kind() -> None:
    found = Confusion.of({(1, 1): 4, (0, 1): 2, (0, 0): 3, (1, 0): 1})
    assert found.mcc == pytest.approx(0.4082483, abs=5e-8)
    assert (found.sensitivity, found.specificity) == pytest.approx((2 / 3, 0.75))
    assert (found.precision, found.f1) == pytest.approx((0.8, 8 / 11))
    assert Confusion.of({}).mcc is None


def test_rank_correlations_agree_with_scipy() -> None:
    rising = Counter(zip([1.0, 2, 3, 4, 5], [5.0, 6, 7, 8, 7], strict=True))
    assert spearman(rising) == pytest.approx(0.8207827, abs=5e-8)
    assert kendall(Counter(zip([12.0, 2, 1, 12, 2], [1.0, 4, 7, 1, 0], strict=True))) == pytest.approx(
        -0.4714045, abs=5e-8
    )
    assert spearman({(1, 1): 5}) is None
    assert kendall({(1, 1): 5}) is None
