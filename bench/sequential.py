"""Ending early and gates, by simulation: how often the truth is ruled out though one looks after every sample, how
often intervals hold it, how soon what is clear is seen; and how often gates fail for a model that is as good as its
baseline. All at alpha = 0.05; no machine time is in these tables, so they are the same anywhere."""

import random
from collections.abc import Callable, Sequence
from statistics import fmean, median

from bench.timing import table
from benchbook.engine.gates import Snapshot, failed, hold
from benchbook.engine.paired import even_odds
from benchbook.engine.sequential import Bets
from benchbook.specs.gates import Thresholds

TIMES = 2000
N = 500


def measure() -> str:
    """The tables."""
    kinds: list[tuple[str, Callable[[random.Random], float]]] = [
        ("yes or no, 5 %", lambda chance: float(chance.random() < 0.05)),
        ("yes or no, 50 %", lambda chance: float(chance.random() < 0.5)),
        ("yes or no, 80 %", lambda chance: float(chance.random() < 0.8)),
        ("shares about 0.6", lambda chance: min(1.0, max(0.0, chance.gauss(0.6, 0.25)))),
        ("0.9 or nothing", lambda chance: 0.9 * (chance.random() < 0.3)),
    ]
    whole = table(
        ["500 samples, looked at after each", "truth ruled out", "interval holds it at 100", "its half width at 100"],
        [_coverage(name, draw, seed) for seed, (name, draw) in enumerate(kinds)],
    )
    early = table(
        ["of 1,000, is it below 0.5?", "right", "wrong", "median asked"],
        [_early(share, seed) for seed, share in enumerate((0.2, 0.3, 0.4, 0.45, 0.5))],
    )
    gates = table(
        ["3 `no_regression` gates, no difference", "false alarms", "and of a drop by 0.1, found"],
        [
            _gates(*each)
            for each in (("50 yes or no", 50, True), ("400 yes or no", 400, True), ("300 shares", 300, False))
        ],
    )
    return f"{whole}\n\n{early}\n\n{gates}\n\n{_odds()}"


def _coverage(name: str, draw: Callable[[random.Random], float], seed: int) -> list[str]:
    chance, ruled_out, held, widths = random.Random(seed), 0, 0, []
    for _ in range(TIMES):
        values = [draw(chance) for _ in range(N)]
        mean, bets = fmean(values), Bets(N)
        games = [bets.doubted(mean, above=above) for above in (True, False)]
        for at, value in enumerate(values):
            bets.add(value)
            if at == 99:
                low, high = bets.interval()
                held += low <= mean <= high
                widths.append((high - low) / 2)
        ruled_out += any(game.won for game in games)
    return [name, f"{ruled_out / TIMES:.1%}", f"{held / TIMES:.1%}", f"{fmean(widths):.3f}"]


def _early(share: float, seed: int) -> list[str]:
    chance, right, wrong, asked = random.Random(seed), 0, 0, []
    for _ in range(TIMES // 4):
        values = [1.0] * int(1000 * share) + [0.0] * (1000 - int(1000 * share))
        chance.shuffle(values)
        bets = Bets(1000)
        below, above = bets.doubted(0.5, above=False), bets.doubted(0.5, above=True)
        for value in values:
            bets.add(value)
            if below.won or above.won:
                break
        truth = below.won if share < 0.5 else False
        right += truth
        wrong += (below.won or above.won) and not truth
        asked.append(len(bets.seen))
    times = TIMES // 4
    return [f"{share:.0%} are right", f"{right / times:.1%}", f"{wrong / times:.1%}", f"{median(asked):,.0f}"]


def _gates(name: str, n: int, binary: bool) -> list[str]:  # noqa: FBT001 - of a table
    chance = random.Random(n)
    slices = [("odd",) if at % 2 else ("even",) for at in range(n)]
    thresholds = Thresholds.parse(
        {"gates": [{"no_regression": True, **part} for part in ({}, {"slice": "odd"}, {"slice": "even"})]}
    )

    def run(skills: Sequence[float], drop: float = 0.0) -> Snapshot:
        if binary:
            said = [float(chance.random() < skill - drop) for skill in skills]
        else:
            said = [min(1.0, max(0.0, chance.gauss(skill - drop, 0.2))) for skill in skills]
        values = {f"q{at}": value for at, value in enumerate(said)}
        return Snapshot("r", "m", "t", "d", [], {"s": values}, {f"q{at}": parts for at, parts in enumerate(slices)})

    alarms = found = 0
    times = TIMES // 2
    for _ in range(times):
        skills = [chance.random() for _ in range(n)]
        base = run(skills)
        alarms += bool(failed(hold(thresholds, [(run(skills), base)])))
        found += bool(failed(hold(thresholds, [(run(skills, 0.1), base)])))
    return [name, f"{alarms / times:.1%}", f"{found / times:.1%}"]


def _odds() -> str:
    """The e-value of discordant pairs, looked at after each of 500."""
    chance, alarms = random.Random(9), 0
    for _ in range(TIMES):
        first = 0
        for n in range(1, 501):
            first += chance.random() < 0.5
            if even_odds(first, n) >= 20:
                alarms += 1
                break
    return f"e-value of discordant pairs, looked at after each of 500: {alarms / TIMES:.1%} false alarms."
