"""Whether two orders go together. Like `concordance`, of how often each pair of numbers was given."""

import math
from collections import Counter
from collections.abc import Mapping

Pairs = Mapping[tuple[float, float], int]


def spearman(pairs: Pairs) -> float | None:
    """Spearman's rank correlation, tied values at their middle rank; None where one never varies."""
    ranks = [midranks(_side(pairs, at)) for at in (0, 1)]
    return pearson({(ranks[0][a], ranks[1][b]): times for (a, b), times in pairs.items()})


def pearson(pairs: Pairs) -> float | None:
    """The product-moment correlation; None where one never varies."""
    n = sum(pairs.values())
    if n < 2:
        return None
    centre_a, centre_b = (math.fsum(pair[at] * times for pair, times in pairs.items()) / n for at in (0, 1))
    spread_a = math.fsum((a - centre_a) ** 2 * times for (a, _), times in pairs.items())
    spread_b = math.fsum((b - centre_b) ** 2 * times for (_, b), times in pairs.items())
    together = math.fsum((a - centre_a) * (b - centre_b) * times for (a, b), times in pairs.items())
    return together / math.sqrt(spread_a * spread_b) if spread_a and spread_b else None


def kendall(pairs: Pairs) -> float | None:
    """Kendall's tau-b, which allows for ties (Kendall 1945); None where one never varies."""
    distinct = list(pairs.items())
    order = sum(
        times * others * _sign((a - c) * (b - d))
        for at, ((a, b), times) in enumerate(distinct)
        for (c, d), others in distinct[:at]
    )
    n = sum(pairs.values())
    untied = [_twos(n) - sum(map(_twos, _side(pairs, at).values())) for at in (0, 1)]
    return order / math.sqrt(untied[0] * untied[1]) if untied[0] and untied[1] else None


def midranks(counts: Mapping[float, int]) -> dict[float, float]:
    """The rank of each number, from 1; those that are tied share the middle of theirs."""
    ranks: dict[float, float] = {}
    before = 0
    for value, times in sorted(counts.items()):
        ranks[value] = before + (times + 1) / 2
        before += times
    return ranks


def _side(pairs: Pairs, at: int) -> Counter[float]:
    side = Counter[float]()
    for pair, times in pairs.items():
        side[pair[at]] += times
    return side


def _twos(n: int) -> int:
    return n * (n - 1) // 2


def _sign(x: float) -> int:
    return (x > 0) - (x < 0)
