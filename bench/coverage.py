"""How often the 95 % intervals hold the truth: simulated runs whose true figures are known.

Every row is folded by the code that folds runs. The truth should lie within in 95 of 100, give or take the noise of so
many runs (`±`: two standard errors); "above" and "below" are where it was missed.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from benchbook.engine.corpus import Sums
from benchbook.engine.paired import difference_interval
from benchbook.engine.statistics import (
    in_clusters,
    mean_interval,
    pass_all_k,
    pass_at_k,
    percentile_interval,
    share_interval,
    wilson,
)
from benchbook.protocols import Fold
from benchbook.specs.verdicts import Verdict

Interval = tuple[float | None, float | None]
Draw = Callable[[random.Random], Interval]

RUNS = 4000
FEWER = 600
"""Where an interval takes a thousand resamples."""


class Case(NamedTuple):
    """One kind of run: what it is, its true figure, and how one of them comes out."""

    name: str
    truth: float
    draw: Draw
    runs: int = RUNS


class Covered(NamedTuple):
    """How often the truth was within, below and above the interval."""

    within: float
    below: float
    above: float
    noise: float


def measure() -> str:
    lines = ["| figure | covered | truth below | truth above | ± |", "|---|---|---|---|---|"]
    for case in cases():
        found = covered(case)
        shown = " | ".join(f"{100 * share:.1f} %" for share in found)
        lines.append(f"| {case.name} | {shown} |")
    return "\n".join(lines)


def covered(case: Case, runs: int | None = None, seed: int = 1) -> Covered:
    """What becomes of so many runs."""
    chance, n = random.Random(seed), runs or case.runs
    below = above = 0
    for _ in range(n):
        low, high = case.draw(chance)
        below += low is not None and case.truth < low - 1e-12
        above += high is not None and case.truth > high + 1e-12
    within = 1 - (below + above) / n
    return Covered(within, below / n, above / n, 2 * math.sqrt(within * (1 - within) / n))


def cases() -> Iterator[Case]:
    """Small runs, rare passes, several tries, clusters, two runs, skewed values, corpora."""
    for n in (10, 30, 100):
        yield Case(f"pass rate, any rate, n = {n}", 0.0, _any_rate(n))
    yield Case("pass rate 2 %, n = 200", 0.02, _passes(200, 0.02))
    yield Case("pass rate 95 %, n = 50", 0.95, _passes(50, 0.95))
    for n in (10, 30):
        yield Case(f"pass rate of 5 tries, samples differ, n = {n}", 0.5, _tries(n, 5, (0.5, 0.5), lambda s: s / 5))
    alike, hard, near = (2.0, 2.0), (0.4, 1.6), (3.0, 0.3)
    for n in (10, 20, 50, 200):
        at_five = _tries(n, 10, near, lambda s: pass_at_k(10, s, 5))
        yield Case(f"pass@5 of 10 tries, nearly perfect, n = {n}", _chance(near, 5), at_five)
    for n in (10, 20, 30):
        at_five = _tries(n, 10, alike, lambda s: pass_at_k(10, s, 5))
        yield Case(f"pass@5 of 10 tries, n = {n}", _chance(alike, 5), at_five)
    for n in (50, 200):
        never = 0.99 * _chance((8.0, 2.0), 5)
        yield Case(f"pass@5 of 10 tries, 1 in 100 is never passed, n = {n}", never, _rarely_never(n))
    yield Case("mean of shares (F1) around 0.9, n = 30", 0.9, _shares_around(30))
    yield Case(
        "pass@3 of 10 tries, hard, n = 50", _chance(hard, 3), _tries(50, 10, hard, lambda s: pass_at_k(10, s, 3))
    )
    yield Case("pass^3 of 10 tries, n = 30", _all(alike, 3), _tries(30, 10, alike, lambda s: pass_all_k(10, s, 3)))
    yield Case("mean of shares (F1), many zeros, n = 30", 0.3, _shares(30))
    yield Case("mean, normal, n = 10", 3.0, _means(10, lambda chance: chance.gauss(3, 2)))
    yield Case("mean, exponential, n = 20", 2.0, _means(20, lambda chance: 2 * chance.expovariate(1)))
    yield Case("mean, exponential, n = 100", 2.0, _means(100, lambda chance: 2 * chance.expovariate(1)))
    yield Case(
        "mean, log-normal, n = 100", math.exp(0.5) + 1, _means(100, lambda chance: 1 + chance.lognormvariate(0, 1))
    )
    yield Case("pass rate, 30 clusters of 5", 0.5, _clusters(30, lambda _: 5))
    yield Case("pass rate, 15 clusters of 1 to 9", 0.5, _clusters(15, lambda chance: chance.randint(1, 9)))
    yield from _differences()
    yield Case("median of latency, n = 50", math.log(2), _percentiles(50, 0.5))
    yield Case("95th percentile of latency, n = 200", math.log(20), _percentiles(200, 0.95))
    for n in (20, 50):
        yield Case(f"BLEU of a corpus, n = {n}", _truth(BLEU, _sentence), _corpora(BLEU, _sentence, n), FEWER)
    for n in (10, 20, 50):
        yield Case(
            f"word perplexity, texts of 20 to 2,000 words, n = {n}", math.exp(3), _corpora(PERPLEXITY, _text, n), FEWER
        )
    yield Case("F1 of all fields, n = 30", _truth(F1, _fields), _corpora(F1, _fields, 30), FEWER)


def _differences() -> Iterator[Case]:
    """Two runs over the same samples."""
    for n in (10, 30, 100):
        yield Case(f"difference of pass rates, one in six flips, n = {n}", 0.1, _flips(n, 1 / 8, 1 / 40))
    yield Case("difference of pass rates, one in fifty flips, n = 100", 0.0, _flips(100, 0.01, 0.01))
    for n in (10, 30, 100):
        yield Case(f"difference of grades, n = {n}", 0.1, _graded(n, 1.0))
    for n in (30, 100):
        yield Case(f"difference of grades, one in twenty differs, n = {n}", 0.005, _graded(n, 0.05))
    for n in (15, 40):
        yield Case(f"difference of pass rates, {n} clusters of 5", 0.1, _clusters_beside(n, 1.0))
    yield Case("difference of pass rates, 40 clusters of 5, one in ten differs", 0.01, _clusters_beside(40, 0.1))


def _any_rate(n: int) -> Draw:
    """The rate is another each time: its distance from the interval is what counts, so the truth is 0."""

    def draw(chance: random.Random) -> Interval:
        rate = chance.random()
        low, high = wilson(sum(chance.random() < rate for _ in range(n)), n)
        return low - rate, high - rate

    return draw


def _passes(n: int, rate: float) -> Draw:
    return lambda chance: wilson(sum(chance.random() < rate for _ in range(n)), n)


def _tries(n: int, tries: int, beta: tuple[float, float], figure: Callable[[int], float]) -> Draw:
    def draw(chance: random.Random) -> Interval:
        rates = [chance.betavariate(*beta) for _ in range(n)]
        return share_interval([figure(sum(chance.random() < rate for _ in range(tries))) for rate in rates])

    return draw


def _chance(beta: tuple[float, float], k: int) -> float:
    """The true pass@k: 1 less the mean of (1 - p)^k."""
    a, b = beta
    return 1 - math.prod((b + i) / (a + b + i) for i in range(k))


def _all(beta: tuple[float, float], k: int) -> float:
    a, b = beta
    return math.prod((a + i) / (a + b + i) for i in range(k))


def _shares(n: int) -> Draw:
    return lambda chance: share_interval([chance.betavariate(3, 2) if chance.random() < 0.5 else 0.0 for _ in range(n)])


def _rarely_never(n: int) -> Draw:
    def draw(chance: random.Random) -> Interval:
        rates = [0.0 if chance.random() < 0.01 else chance.betavariate(8, 2) for _ in range(n)]
        return share_interval([pass_at_k(10, sum(chance.random() < rate for _ in range(10)), 5) for rate in rates])

    return draw


def _shares_around(n: int) -> Draw:
    return lambda chance: share_interval([chance.betavariate(9, 1) for _ in range(n)])


def _means(n: int, value: Callable[[random.Random], float]) -> Draw:
    return lambda chance: mean_interval([value(chance) for _ in range(n)]) or (None, None)


def _clusters(n: int, size: Callable[[random.Random], int]) -> Draw:
    def draw(chance: random.Random) -> Interval:
        values, names = [], []
        for name in range(n):
            rate = chance.betavariate(1, 1)
            for _ in range(size(chance)):
                values.append(float(chance.random() < rate))
                names.append(name)
        return share_interval(in_clusters(values, names))

    return draw


def _flips(n: int, gained: float, lost: float) -> Draw:
    def draw(chance: random.Random) -> Interval:
        before, now = [], []
        for _ in range(n):
            drawn = chance.random()
            stays = float(chance.random() < 0.6)
            before.append(0.0 if drawn < gained else 1.0 if drawn < gained + lost else stays)
            now.append(1.0 if drawn < gained else 0.0 if drawn < gained + lost else stays)
        return difference_interval(now, before) or (None, None)

    return draw


def _graded(n: int, differing: float) -> Draw:
    """Grades from 0 to 1; of those that differ, the second is better by 0.1 on average."""

    def draw(chance: random.Random) -> Interval:
        before = [chance.betavariate(3, 3) for _ in range(n)]
        now = [value + chance.gauss(0.1, 0.2) if chance.random() < differing else value for value in before]
        return difference_interval(now, before) or (None, None)

    return draw


def _clusters_beside(n: int, differing: float) -> Draw:
    """What is asked of one passage flips together, as far as it flips."""

    def draw(chance: random.Random) -> Interval:
        before, now, names = [], [], []
        for name in range(n):
            gain = chance.betavariate(2, 2) * 0.4 - 0.1 if chance.random() < differing else 0.0
            for _ in range(5):
                drawn = chance.random()
                before.append(float(drawn < 0.5))
                now.append(float(drawn < 0.5 + gain))
                names.append(name)
        return difference_interval(now, before, clusters=names) or (None, None)

    return draw


def _percentiles(n: int, q: float) -> Draw:
    return lambda chance: percentile_interval(sorted(chance.expovariate(1) for _ in range(n)), q)


def _numbers(verdict: Verdict) -> list[float]:
    return verdict.trace["numbers"]  # type: ignore[return-value]


def _bleu(sums: Sequence[float]) -> float:
    shares = [max(match, 0.5) / total for match, total in zip(sums[:4], sums[4:8], strict=True)]
    return math.exp(min(0.0, 1 - sums[9] / sums[8]) + sum(map(math.log, shares)) / 4)


BLEU = Fold(_numbers, _bleu)
PERPLEXITY = Fold(_numbers, lambda sums: math.exp(-sums[0] / sums[1]))
F1 = Fold(_numbers, lambda sums: 2 * sums[0] / (sums[1] + sums[2]))


def _sentence(chance: random.Random) -> list[float]:
    """What BLEU counts: sentences differ in how good they are."""
    good, length = chance.betavariate(2, 2), chance.randint(8, 35)
    totals = [length - order for order in range(4)]
    matches = [sum(chance.random() < good ** (order + 1) for _ in range(n)) for order, n in enumerate(totals)]
    return [*matches, *totals, length, length + chance.randint(-3, 3)]


def _text(chance: random.Random) -> list[float]:
    words = int(math.exp(chance.uniform(math.log(20), math.log(2000))))
    return [-words * chance.gauss(3, 0.4), words]


def _fields(chance: random.Random) -> list[float]:
    wanted, good = chance.randint(1, 8), chance.betavariate(0.8, 0.5)
    right = sum(chance.random() < good for _ in range(wanted))
    return [right, right + chance.randint(0, 2), wanted]


def _truth(fold: Fold, numbers: Callable[[random.Random], list[float]]) -> float:
    chance = random.Random(0)
    columns = zip(*(numbers(chance) for _ in range(100_000)), strict=True)
    return fold.figure([math.fsum(column) for column in columns]) or 0.0


def _corpora(fold: Fold, numbers: Callable[[random.Random], list[float]], n: int) -> Draw:
    def draw(chance: random.Random) -> Interval:
        sums = Sums("simulated", fold)
        for place in range(n):
            sums.add(place, Verdict(value=0.0, trace={"numbers": [*numbers(chance)]}))
        found = sums.corpus(sums.by_place(), range(n), None)
        return found.low, found.high

    return draw
