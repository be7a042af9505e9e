"""Where values are lower than elsewhere: slices searched for in one half of the samples, and proven on the other.

The search may look at as many slices as it likes: what it finds is judged by samples that it has not seen. There the
slices are few, and the chance of a single false alarm among them is held by the largest of all their statistics under
permutation (Westfall & Young 1993). Samples that hang together are in one half, and what lies below or above the mean
of all is turned round a whole cluster at a time (the wild bootstrap: Cameron, Gelbach & Miller 2008).
"""

import hashlib
import math
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from operator import mul
from statistics import NormalDist
from typing import NamedTuple

from benchbook.engine.statistics import CONFIDENCE

_SUSPECTS = 12
"""Slices that are taken from the search to the proof."""
_SUSPICIOUS = 1.5
"""Standard errors by which a slice must lie below the rest to be taken there."""
_PAIRED = 60
"""The worst features, of which pairs are looked at."""
_ALIKE = 0.7
"""The share of common samples from which on two slices are one."""
_LEVELS = 255
"""Steps in which values are told apart in the search."""

Feature = tuple[str, str]
"""What is looked at, and what it is: `("tag", "dates")`."""
_Statistics = Callable[[Sequence[float]], list[float]]


class Item(NamedTuple):
    """A sample with all that may set it apart."""

    key: str
    value: float
    features: frozenset[Feature]
    cluster: str | None = None
    """What it hangs together with others by, if that is known; of all or of none."""


@dataclass(frozen=True)
class Rules:
    """How slices are looked for."""

    alpha: float = 0.05
    """The chance of a single false alarm."""
    least: int = 20
    """Samples that a slice has, in both halves together."""
    seed: int = 0
    draws: int = 999
    permuted: int = 3000
    """Samples up to which values are permuted; of more, sums are as good as normal."""
    embedder: str | None = None
    """The model that topics are made by; None: they are made by words."""


@dataclass(frozen=True)
class Slice:
    """A slice that looked worse in the search, and what became of it on the other half."""

    features: tuple[Feature, ...]
    """One, or two that meet."""
    n: int
    """Samples of it, in both halves."""
    n_proof: int
    """Those of them that the search has not seen: the figures below are of these."""
    mean: float
    rest: float
    """The mean of all others there."""
    gap: float
    """How far the slice lies below the rest; above zero, it is worse."""
    low: float
    high: float
    """The 95 % interval of the gap."""
    p: float
    """Adjusted for all slices that were put to the proof."""
    proven: bool
    keys: tuple[str, ...]
    """Its samples, in both halves."""


@dataclass(frozen=True)
class Search:
    """What was looked at, and what was found."""

    n: int
    features: int
    candidates: int
    """Slices that were looked at in the search."""
    slices: Sequence[Slice]
    """Those that were put to the proof, the proven first."""


def search(items: Sequence[Item], rules: Rules = Rules()) -> Search:
    """The slices in which values are lower than elsewhere."""
    seen, unseen = _halves(items, rules.seed)
    looked = _Half(seen)
    least = max(2, rules.least // 2)
    candidates = looked.candidates(least)
    proof = _Half(unseen)
    suspects = [
        one for one in _suspects(candidates) if least <= proof.mask(one.features).bit_count() <= len(unseen) - 2
    ]
    found = _proven(proof, suspects, looked, rules) if suspects else []
    return Search(len(items), len(looked.masks), len(candidates), found)


def _halves(items: Sequence[Item], seed: int) -> tuple[list[Item], list[Item]]:
    """By their keys or clusters alone: the same samples are in the same half whatever was answered."""
    halves: tuple[list[Item], list[Item]] = ([], [])
    for item in items:
        name = item.key if item.cluster is None else item.cluster
        halves[hashlib.sha256(f"{seed}\n{name}".encode(errors="backslashreplace")).digest()[0] & 1].append(item)
    return halves


class _Candidate(NamedTuple):
    features: tuple[Feature, ...]
    mask: int
    below: float
    """By how many standard errors the slice lies below what chance would pick."""


class _Half:
    """Samples as bits: slices are whole numbers, and meet by `&`."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items
        self.n = len(items)
        self.masks = _masks(items)
        self._values = [item.value for item in items]
        self._mean = math.fsum(self._values) / self.n if items else 0.0
        squares = math.fsum((value - self._mean) ** 2 for value in self._values)
        self._variance = squares / (self.n - 1) if self.n > 1 else 0.0
        low, high = min(self._values, default=0.0), max(self._values, default=0.0)
        self._low, self._step = low, (high - low) / _LEVELS or 1.0
        levels = [round((value - low) / self._step) for value in self._values]
        # Each bit of the levels is a mask of its own, so that a sum over a slice is eight counts of bits.
        self._planes = [_mask([at for at, level in enumerate(levels) if level >> bit & 1]) for bit in range(8)]

    def mask(self, features: Sequence[Feature]) -> int:
        """The samples that have all of these."""
        found = (1 << self.n) - 1
        for feature in features:
            found &= self.masks.get(feature, 0)
        return found

    def candidates(self, least: int) -> list[_Candidate]:
        """Every feature that enough samples have and lack; and of the worst of them the pairs."""
        singles = [
            _Candidate((feature,), mask, self._below(mask))
            for feature, mask in sorted(self.masks.items())
            if least <= mask.bit_count() <= self.n - least
        ]
        worst = sorted(singles, key=lambda one: -one.below)[:_PAIRED]
        pairs = [
            _Candidate((*first.features, *second.features), mask, self._below(mask))
            for first, second in combinations(worst, 2)
            if first.features[0][0] != second.features[0][0]
            and least <= (mask := first.mask & second.mask).bit_count()
            and mask not in (first.mask, second.mask)
        ]
        return singles + pairs

    def _below(self, mask: int) -> float:
        n = mask.bit_count()
        spread = self.spread(n)
        return (self._mean - self._sum(mask) / n) / spread if spread else 0.0

    def spread(self, n: int) -> float:
        """The standard error of the mean of `n` that chance picks."""
        return math.sqrt(self._variance / n * (1 - n / self.n))

    def _sum(self, mask: int) -> float:
        levels = sum((mask & plane).bit_count() << bit for bit, plane in enumerate(self._planes))
        return self._low * mask.bit_count() + self._step * levels

    def values(self) -> list[float]:
        """In the order of the bits."""
        return list(self._values)

    def clusters(self) -> list[str] | None:
        """Likewise; None where none are known."""
        found = [item.cluster for item in self.items if item.cluster is not None]
        return found if found and len(found) == self.n else None


def _masks(items: Sequence[Item]) -> dict[Feature, int]:
    places: dict[Feature, list[int]] = {}
    for at, item in enumerate(items):
        for feature in item.features:
            places.setdefault(feature, []).append(at)
    return {feature: _mask(each) for feature, each in places.items()}


def _mask(places: Sequence[int]) -> int:
    bits = bytearray(places[-1] // 8 + 1 if places else 0)
    for place in places:
        bits[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(bits, "little")


def _places(mask: int) -> list[int]:
    return [at for at, bit in enumerate(reversed(f"{mask:b}")) if bit == "1"]


def _suspects(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The worst, each unlike those before it; a pair only where it is worse than what it is made of."""
    alone = {one.features[0]: one.below for one in candidates if len(one.features) == 1}
    kept: list[_Candidate] = []
    for one in sorted(candidates, key=lambda one: (-one.below, one.features)):
        if one.below < _SUSPICIOUS or len(kept) == _SUSPECTS:
            break
        if len(one.features) > 1 and one.below < 1 + max(alone[feature] for feature in one.features):
            continue
        if all((one.mask & other.mask).bit_count() < _ALIKE * (one.mask | other.mask).bit_count() for other in kept):
            kept.append(one)
    return kept


def _proven(proof: _Half, suspects: Sequence[_Candidate], looked: _Half, rules: Rules) -> list[Slice]:
    slices = [proof.mask(one.features) for one in suspects]
    ps = _adjusted(proof, slices, rules)
    values = proof.values()
    found = []
    for one, mask, p in zip(suspects, slices, ps, strict=True):
        inside = _places(mask)
        outside = _places(((1 << proof.n) - 1) & ~mask)
        mean, others = (math.fsum(values[at] for at in part) / len(part) for part in (inside, outside))
        half = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) * _gap_error(proof, inside, outside)
        keys = (*(looked.items[at].key for at in _places(one.mask)), *(proof.items[at].key for at in inside))
        found.append(
            Slice(
                features=one.features,
                n=len(keys),
                n_proof=len(inside),
                mean=mean,
                rest=others,
                gap=others - mean,
                low=others - mean - half,
                high=others - mean + half,
                p=p,
                proven=p <= rules.alpha,
                keys=keys,
            )
        )
    return sorted(found, key=lambda one: (one.p, -one.gap, one.features))


def _gap_error(proof: _Half, inside: Sequence[int], outside: Sequence[int]) -> float:
    """The standard error of the difference of two means."""
    values, clusters = proof.values(), proof.clusters()
    sides = [[values[at] for at in part] for part in (inside, outside)]
    plain = math.hypot(*map(_error, sides))
    if clusters is None:
        return plain
    sums: dict[str, float] = defaultdict(float)
    for part, side, sign in zip((inside, outside), sides, (1, -1), strict=True):
        mean = math.fsum(side) / len(side)
        for at, value in zip(part, side, strict=True):
            sums[clusters[at]] += sign * (value - mean) / len(part)
    k = len(sums)
    return max(plain, math.sqrt(math.fsum(one * one for one in sums.values()) * k / (k - 1)) if k > 1 else 1.0)


def _error(values: Sequence[float]) -> float:
    """The standard error of a mean; of a single value, that of the whole range."""
    n = len(values)
    mean = math.fsum(values) / n
    if n < 2:
        return 1.0
    # As if one more of either had been seen: what never varies is not certain.
    floor = 1 / (n + 2) ** 2
    return math.sqrt((math.fsum((value - mean) ** 2 for value in values) / (n - 1) + floor) / n)


def _adjusted(proof: _Half, slices: Sequence[int], rules: Rules) -> list[float]:
    """The one-sided p of each slice, by how often chance makes the worst of all of them as bad."""
    chance = random.Random(rules.seed)  # noqa: S311 - no secret
    spreads = [proof.spread(mask.bit_count()) for mask in slices]
    if not all(spreads):
        return [1.0] * len(slices)
    places = [_places(mask) for mask in slices]
    values, clusters = proof.values(), proof.clusters()
    mean = math.fsum(values) / len(values)
    if clusters is not None:
        return _turned_round([value - mean for value in values], clusters, places, chance, rules.draws)

    def worst_of(shuffled: Sequence[float]) -> list[float]:
        return [
            (mean - sum(map(shuffled.__getitem__, part)) / len(part)) / spread
            for part, spread in zip(places, spreads, strict=True)
        ]

    seen = worst_of(values)
    if proof.n <= rules.permuted:
        draws = _permuted(values, worst_of, chance, rules.draws)
    else:
        draws = _normal(slices, proof.n, chance, 10 * rules.draws)
    return _shares_above(seen, draws)


def _shares_above(seen: Sequence[float], draws: Sequence[float]) -> list[float]:
    return [(1 + sum(most >= one - 1e-9 for most in draws)) / (1 + len(draws)) for one in seen]


def _turned_round(
    above: Sequence[float], clusters: Sequence[str], slices: Sequence[Sequence[int]], chance: random.Random, draws: int
) -> list[float]:
    """The same, where the signs of whole clusters are drawn: what each adds to the gap of each slice."""
    names = {name: at for at, name in enumerate(dict.fromkeys(clusters))}
    whole = [0.0] * len(names)
    for value, cluster in zip(above, clusters, strict=True):
        whole[names[cluster]] += value / len(above)
    parts = []
    for places in slices:
        own = list(whole)
        for at in places:
            own[names[clusters[at]]] -= above[at] / len(places)
        size = math.sqrt(math.fsum(one * one for one in own))
        parts.append([one / size if size else 0.0 for one in own])
    drawn = []
    for _ in range(draws):
        signs = [chance.choice((-1, 1)) for _ in names]
        drawn.append(max(math.fsum(map(mul, signs, own)) for own in parts))
    return _shares_above([math.fsum(own) for own in parts], drawn)


def _permuted(values: Sequence[float], worst_of: _Statistics, chance: random.Random, draws: int) -> list[float]:
    shuffled = list(values)
    found = []
    for _ in range(draws):
        chance.shuffle(shuffled)
        found.append(max(worst_of(shuffled)))
    return found


def _normal(slices: Sequence[int], n: int, chance: random.Random, draws: int) -> list[float]:
    """The same of many samples: normal, and as correlated as the slices overlap."""
    sizes = [mask.bit_count() for mask in slices]
    spreads = [math.sqrt(size * (1 - size / n)) for size in sizes]
    shared = [
        [
            ((a & b).bit_count() - sizes[i] * sizes[j] / n) / (spreads[i] * spreads[j])
            for j, b in enumerate(slices)
        ]
        for i, a in enumerate(slices)
    ]  # fmt: skip
    root = _root(shared)
    found = []
    for _ in range(draws):
        independent = [chance.gauss(0, 1) for _ in slices]
        found.append(max(sum(x * y for x, y in zip(row, independent, strict=False)) for row in root))
    return found


def _root(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """The lower triangle whose square the matrix is (Cholesky)."""
    rows: list[list[float]] = []
    for i, row in enumerate(matrix):
        mine: list[float] = []
        for j in range(i):
            rest = row[j] - sum(x * y for x, y in zip(mine, rows[j], strict=False))
            mine.append(rest / rows[j][j] if rows[j][j] > 1e-6 else 0.0)
        mine.append(math.sqrt(max(0.0, row[i] - sum(x * x for x in mine))))
        rows.append(mine)
    return rows


def binned(field: str, values: Mapping[str, float], bins: int = 4) -> dict[str, Feature]:
    """The part of its range that each value is in, of parts with about as many; nothing where all are alike."""
    ordered = sorted(values.values())
    cuts = sorted({ordered[len(ordered) * part // bins] for part in range(1, bins)}) if ordered else []
    cuts = [cut for cut in cuts if cut > ordered[0]]
    if not cuts:
        return {}
    told = [f"{cut:g}" for cut in cuts]
    if len({*told}) < len(cuts):
        # Moments and other long numbers, whose first digits are the same.
        told = [f"{cut:.17g}" for cut in cuts]
    names = [f"< {told[0]}", *(f"{a} to {b}" for a, b in pairwise(told)), f"≥ {told[-1]}"]
    return {key: (field, names[sum(value >= cut for cut in cuts)]) for key, value in values.items()}
