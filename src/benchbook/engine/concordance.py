"""How far raters agree beyond chance. Every figure is of *ratings*: how often each combination of answers was given.

A combination is a tuple with a place for each rater, and None where a rater has not answered: `Counter(zip(a, b))` for
two raters who answered all. Answers are numbers, or any words for nominal figures. A figure is None where it has no
value: nobody disagrees about what everybody always says.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Mapping
from functools import lru_cache
from typing import Literal, TypeVar

Answer = Hashable
Item = TypeVar("Item", bound=tuple[Answer | None, ...])
Ratings = Mapping[Item, int]
Weights = Literal["none", "linear", "quadratic"]
"""How much of an agreement two different numbers are: none, or the more the nearer they are."""
Level = Literal["nominal", "ordinal", "interval", "ratio"]


def accuracy(pairs: Ratings[Item]) -> float | None:
    """The share of items that two raters answered alike, of those that both answered."""
    both = _complete(pairs)
    n = sum(both.values())
    return sum(times for (a, b), times in both.items() if a == b) / n if n else None


def cohen(pairs: Ratings[Item], weights: Weights = "none") -> float | None:
    """Cohen's kappa of two raters (Cohen 1960), weighted for numbers (Cohen 1968), over items that both answered."""
    both = _complete(pairs)
    n = sum(both.values())
    firsts, seconds = Counter[Answer](), Counter[Answer]()
    for (a, b), times in both.items():
        firsts[a] += times
        seconds[b] += times
    apart = _apart(weights)
    expected = _between(weights, firsts, seconds)
    seen = math.fsum(apart(a, b) * times for (a, b), times in both.items())
    return 1 - n * seen / expected if expected else None


def fleiss(ratings: Ratings[Item]) -> float | None:
    """Fleiss' kappa (Fleiss 1971), for any number of answers an item (Gwet 2014)."""
    return _beyond(ratings, lambda shares, _: math.fsum(p * p for p in shares.values()))


def brennan_prediger(ratings: Ratings[Item], categories: Collection[Answer] = ()) -> float | None:
    """The coefficient of Brennan & Prediger (1981): chance picks among the categories evenly."""
    return _beyond(ratings, lambda _, q: 1 / q, categories)


def gwet(ratings: Ratings[Item], categories: Collection[Answer] = (), weights: Weights = "none") -> float | None:
    """Gwet's AC1 (Gwet 2008), or AC2 with weights: steady where nearly all answers are the same, as kappa is not.

    `categories` are those that could be given; those that were, unless said.
    """
    known = frozenset(_categories(ratings, categories))
    if len(known) < 2:
        return None
    most, closeness = _extent(weights, known)
    distance = _apart(weights)

    def apart(a: Answer, b: Answer) -> float:
        return distance(a, b) / most

    def chance(shares: Mapping[Answer, float], _: int) -> float:
        return closeness * math.fsum(p * (1 - p) for p in shares.values())

    return _beyond(ratings, chance, known, apart)


def krippendorff(ratings: Ratings[Item], level: Level = "nominal") -> float | None:
    """Krippendorff's alpha (Krippendorff 2011), of any number of raters who may leave items out."""
    units = [(*_counted(item), times) for item, times in ratings.items()]
    totals = Counter[Answer]()
    for given, m, times in units:
        if m > 1:
            for answer, number in given.items():
                totals[answer] += times * number
    n = sum(totals.values())
    spread = _spread(level, totals)
    expected = spread(totals) if n else 0.0
    seen = math.fsum(times * spread(given) / (m - 1) for given, m, times in units if m > 1 and len(given) > 1)
    return 1 - (n - 1) * seen / expected if expected else None


_Distance = Callable[[Answer, Answer], float]
_Chance = Callable[[Mapping[Answer, float], int], float]


def _apart(weights: Weights) -> _Distance:
    if weights == "none":
        return lambda a, b: float(a != b)
    if weights == "linear":
        return lambda a, b: abs(_number(a) - _number(b))
    return lambda a, b: (_number(a) - _number(b)) ** 2


def _between(weights: Weights, firsts: Mapping[Answer, int], seconds: Mapping[Answer, int]) -> float:
    """The sum of all distances from one side to the other."""
    if weights == "quadratic":
        # From sums alone: there may be hundreds of numbers on each side.
        (n, a, aa), (m, b, bb) = (_moments(side) for side in (firsts, seconds))
        return m * aa - 2 * a * b + n * bb
    apart = _apart(weights)
    return math.fsum(apart(a, b) * m * k for a, m in firsts.items() for b, k in seconds.items())


def _moments(counts: Mapping[Answer, int]) -> tuple[int, float, float]:
    """How many, their sum, and that of their squares."""
    numbers = [(_number(answer), times) for answer, times in counts.items()]
    total = math.fsum(x * times for x, times in numbers)
    return sum(counts.values()), total, math.fsum(x * x * times for x, times in numbers)


@lru_cache(maxsize=64)
def _extent(weights: Weights, categories: frozenset[Answer]) -> tuple[float, float]:
    """The greatest distance between two categories, and by how much they are nearer on the mean."""
    apart, q = _apart(weights), len(categories)
    distances = [apart(a, b) for a in categories for b in categories]
    most = max(distances)
    return most, (q * q - math.fsum(distances) / most) / (q * (q - 1))


def _beyond(
    ratings: Ratings[Item], chance: _Chance, categories: Collection[Answer] = (), apart: _Distance | None = None
) -> float | None:
    """Agreement within items that have two answers, beyond what `chance` makes of the shares of the categories."""
    known = _categories(ratings, categories)
    apart = apart or _apart("none")
    shares = dict.fromkeys(known, 0.0)
    items, rated, agreed = 0, 0, 0.0
    for item, times in ratings.items():
        given, m = _counted(item)
        if not m:
            continue
        items += times
        for answer, number in given.items():
            shares[answer] += times * number / m
        if m > 1:
            rated += times
            agreed += times * (1 - _disagreement(given, apart) / (m * (m - 1))) if len(given) > 1 else times
    if not rated or len(known) < 2:
        return None
    expected = chance({answer: share / items for answer, share in shares.items()}, len(known))
    return (agreed / rated - expected) / (1 - expected) if expected < 1 else None


def _disagreement(given: Mapping[Answer, int], apart: _Distance) -> float:
    """Over all ordered pairs of answers."""
    return math.fsum(m * k * apart(a, b) for a, m in given.items() for b, k in given.items() if a != b)


def _spread(level: Level, totals: Mapping[Answer, int]) -> Callable[[Mapping[Answer, int]], float]:
    """What sums up the differences over all ordered pairs of answers."""
    if level == "nominal":
        return lambda given: sum(given.values()) ** 2 - sum(m * m for m in given.values())
    if level == "ratio":
        return lambda given: _disagreement(given, _ratio)
    place = _number if level == "interval" else _midranks(totals).__getitem__
    return lambda given: _squares(given, place)


def _squares(given: Mapping[Answer, int], place: Callable[[Answer], float]) -> float:
    """All squared differences, from sums alone."""
    places = [(place(answer), m) for answer, m in given.items()]
    n = sum(m for _, m in places)
    centre = math.fsum(x * m for x, m in places) / n
    return 2 * n * math.fsum(m * (x - centre) ** 2 for x, m in places)


def _midranks(totals: Mapping[Answer, int]) -> dict[Answer, float]:
    """Where answers stand on an ordinal scale: in the middle of all that are the same."""
    ranks: dict[Answer, float] = {}
    before = 0
    for answer in sorted(totals, key=_number):
        ranks[answer] = before + totals[answer] / 2
        before += totals[answer]
    return ranks


def _ratio(a: Answer, b: Answer) -> float:
    x, y = _number(a), _number(b)
    return ((x - y) / (x + y)) ** 2


def _number(answer: Answer) -> float:
    if not isinstance(answer, int | float):
        raise TypeError(f"{answer!r} is no number: only nominal figures take words")
    return answer


def _categories(ratings: Ratings[Item], said: Collection[Answer]) -> Collection[Answer]:
    return {*said, *(answer for item in ratings for answer in item if answer is not None)}


def _complete(ratings: Ratings[Item]) -> dict[Item, int]:
    return {item: times for item, times in ratings.items() if None not in item}


@lru_cache(maxsize=20_000)
def _counted(item: tuple[Answer | None, ...]) -> tuple[Mapping[Answer, int], int]:
    """How often each answer was given, and how many there are. Kept, because resamples ask for the same again."""
    given = Counter(answer for answer in item if answer is not None)
    return given, given.total()
