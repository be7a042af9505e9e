"""Strengths and win rates from pairs, against published numbers."""

import math
import random

import pytest

from benchbook.engine.logistic import Trials, fit
from benchbook.engine.ranking import Meeting, bradley_terry, connected, length_controlled, meetings_of, strengths_over

# Agresti, Categorical Data Analysis: Milwaukee, Detroit, Toronto, New York, Boston, Cleveland, Baltimore.
BASEBALL_1987 = [
    [0, 7, 9, 7, 7, 9, 11],
    [6, 0, 7, 5, 11, 9, 9],
    [4, 6, 0, 7, 7, 8, 12],
    [6, 8, 6, 0, 6, 7, 10],
    [6, 2, 6, 7, 0, 7, 12],
    [4, 4, 5, 6, 6, 0, 6],
    [2, 4, 1, 3, 1, 7, 0],
]


def test_strengths_agree_with_agresti() -> None:
    found = bradley_terry(meetings_of(BASEBALL_1987), 7)
    assert found.values == pytest.approx([1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839, 0], abs=5e-5)
    assert found.errors == pytest.approx([0.3433, 0.3396, 0.3367, 0.3359, 0.3339, 0.3319, 0], abs=5e-5)
    assert found.deviance == pytest.approx(15.7365, abs=5e-5)
    assert not found.penalised


def test_a_difference_has_an_interval_of_its_own() -> None:
    found = bradley_terry(meetings_of(BASEBALL_1987), 7)
    gap, low, high = found.difference(0, 6)
    assert (gap, high - gap) == pytest.approx((found.values[0], 1.959964 * found.errors[0]))
    gap, low, high = found.difference(0, 1)
    assert low < 0 < gap < high
    assert found.difference(2, 2) == (0, 0, 0)


def test_covariates_that_are_nothing_change_nothing() -> None:
    plain = bradley_terry(meetings_of(BASEBALL_1987), 7)
    styled = [one._replace(style=(0.0,)) for one in meetings_of(BASEBALL_1987)]
    found = bradley_terry(styled, 7)
    assert (found.values, found.errors, found.style) == (plain.values, plain.errors, [0.0])


def test_style_is_told_from_strength() -> None:
    dice = random.Random(4)
    meetings = []
    for _ in range(4000):
        longer = dice.gauss(0, 1)
        won = dice.random() < 1 / (1 + math.exp(-(0.5 + 0.8 * longer)))
        meetings.append(Meeting(0, 1, float(won), 1, (longer,)))
    found = bradley_terry(meetings, 2)
    assert (found.values[0], found.style[0]) == pytest.approx((0.5, 0.8), abs=0.1)


def test_who_was_never_beaten_has_a_strength_that_says_it_is_made_up() -> None:
    found = bradley_terry([Meeting(0, 1, 5, 5), Meeting(1, 2, 2, 4)], 3)
    assert found.penalised
    assert 2 < found.values[0] < 20
    assert found.errors[0] > 3


def test_logistic_regression_agrees_with_statsmodels() -> None:
    # GLM with family Binomial, statsmodels 0.15.0.
    features = [(1, 0.5), (1, -0.3), (1, 1.2), (1, -1.5), (1, 0.1), (1, 0.9), (1, -0.7), (1, 0.4)]
    found = fit([Trials(x, y) for x, y in zip(features, [1, 0, 1, 0, 1, 0, 1, 0], strict=True)])
    assert found.coefficients == pytest.approx([-0.05147043, 0.61535081], abs=1e-8)
    assert [found.error(0), found.error(1)] == pytest.approx([0.73459364, 0.92013741], rel=1e-5)
    assert found.deviance == pytest.approx(10.609855941, abs=1e-8)


def test_a_judge_that_counts_words_is_corrected_for_length() -> None:
    dice = random.Random(8)
    gaps = [dice.gauss(300, 200) for _ in range(3000)]
    preferred = [float(dice.random() < 1 / (1 + math.exp(-2 * math.tanh(gap / 360)))) for gap in gaps]
    found = length_controlled(preferred, gaps)
    assert found is not None
    assert found.raw > 0.7
    assert found.low <= 0.5 <= found.high
    assert found.slope > 1


def test_a_judge_that_does_not_see_length_keeps_its_rate() -> None:
    dice = random.Random(9)
    gaps = [dice.gauss(300, 200) for _ in range(3000)]
    found = length_controlled([float(dice.random() < 0.6) for _ in gaps], gaps)
    assert found is not None
    assert found.controlled == pytest.approx(0.6, abs=0.06)
    assert abs(found.slope) < 3 * found.slope_error
    assert length_controlled([1.0, 0.0], [0, 0]) is None


def test_strengths_over_prompts_are_those_of_all_meetings_with_intervals_of_their_own() -> None:
    games = [
        [Meeting(one.first, one.second, float(at < one.won))]
        for one in meetings_of(BASEBALL_1987)
        for at in range(round(one.n))
    ]
    board = strengths_over(games, 7, seed=1, draws=200)
    found = [1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839, 0]
    mean = sum(found) / 7
    assert [value for value, _, _ in board.strengths] == pytest.approx([value - mean for value in found], abs=5e-5)
    assert all(low < value < high for value, low, high in board.strengths)
    # The first six of that season can hardly be told apart; the last one can.
    assert board.ranks[6] == (7, 7)
    assert board.ranks[0][0] == 1
    assert board.ranks[0][1] >= 3
    assert not board.penalised


def test_prompts_that_were_judged_often_are_no_more_prompts() -> None:
    chance = random.Random(2)
    prompts = [[Meeting(0, 1, float(chance.random() < 0.6))] for _ in range(60)]
    once = strengths_over(prompts, 2, draws=200)
    often = strengths_over([one * 5 for one in prompts], 2, draws=200)
    widths = [high - low for _, low, high in (once.strengths[0], often.strengths[0])]
    assert widths[1] == pytest.approx(widths[0], rel=0.05)


def test_who_never_met_is_in_another_group() -> None:
    met = [Meeting(0, 1, 1.0), Meeting(3, 4, 0.5), Meeting(1, 2, 0.0), Meeting(5, 3, 1.0)]
    assert connected(met) == [[0, 1, 2], [3, 4, 5]]
    assert connected([*met, Meeting(2, 5, 0.5)]) == [[0, 1, 2, 3, 4, 5]]
