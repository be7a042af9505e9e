"""Looking at any time: coverage, false alarms, and what is known when all is seen."""

import random

import pytest

from benchbook.engine.sequential import Bets

ALPHA = 0.1


def drawn(population: list[float], seed: int) -> list[float]:
    return random.Random(seed).sample(population, len(population))


def fed(population: list[float], seed: int, looks: int) -> tuple[Bets, bool]:
    """Bets on a whole, and whether its true mean was ever ruled out within so many draws."""
    bets, mean = Bets(len(population), ALPHA), sum(population) / len(population)
    games = [bets.doubted(mean, above=above) for above in (True, False)]
    for value in drawn(population, seed)[:looks]:
        bets.add(value)
    return bets, any(game.won for game in games)


@pytest.mark.parametrize("kind", ["rare", "even", "shares"])
def test_the_truth_is_hardly_ever_ruled_out_however_often_one_looks(kind: str) -> None:
    chance, wrong, times = random.Random(5), 0, 300
    for seed in range(times):
        share = {"rare": 0.05, "even": 0.5, "shares": 0.3}[kind]
        whole = [float(chance.random() < share) for _ in range(120)]
        if kind == "shares":
            whole = [min(1.0, max(0.0, chance.gauss(0.6, 0.3))) for _ in range(120)]
        wrong += fed(whole, seed, 120)[1]
    assert wrong / times <= ALPHA + 3 * (ALPHA * (1 - ALPHA) / times) ** 0.5


def test_the_interval_holds_the_mean_of_the_whole_and_shrinks_to_it() -> None:
    chance = random.Random(6)
    whole = [float(chance.random() < 0.4) for _ in range(200)]
    mean, missed = sum(whole) / 200, 0
    for seed in range(40):
        widths = []
        for looks in (30, 100, 190):
            low, high = fed(whole, seed, looks)[0].interval()
            missed += not low <= mean <= high
            widths.append(high - low)
        assert widths == sorted(widths, reverse=True)
    assert missed / 120 <= ALPHA
    assert list(fed(whole, 1, 200)[0].interval()) == pytest.approx([mean, mean])


def test_what_the_rest_cannot_make_up_for_is_ruled_out() -> None:
    bets = Bets(10)
    below, above = bets.doubted(0.75, above=False), bets.doubted(0.25, above=True)
    for _ in range(3):
        bets.add(0.0)
    # 3 of 10 are wrong: no more than 7 can be right.
    assert below.won
    assert not above.won
    assert bets.interval()[1] <= 0.7 + 1e-3


def test_a_clear_difference_is_seen_long_before_the_end() -> None:
    chance, asked = random.Random(8), []
    for seed in range(50):
        whole = [float(chance.random() < 0.25) for _ in range(1000)]
        bets = Bets(1000)
        game = bets.doubted(0.5, above=False)
        for value in drawn(whole, seed):
            bets.add(value)
            if game.won:
                break
        asked.append(len(bets.seen))
    assert sum(asked) / 50 < 120


def test_a_game_that_begins_late_knows_what_was_seen() -> None:
    bets = Bets(100)
    early = bets.doubted(0.5, above=True)
    for at in range(10):
        bets.add(float(at % 5 != 0))
    late = bets.doubted(0.5, above=True)
    assert not late.won
    assert late._capital == pytest.approx(early._capital)


def test_those_without_a_value_make_the_whole_smaller() -> None:
    bets = Bets(4)
    for value in (1.0, 0.0, 1.0):
        bets.add(value)
    bets.miss()
    assert list(bets.interval()) == pytest.approx([2 / 3, 2 / 3])
