"""Figures of many answers together: sums over samples, and what chance could have made of them.

The interval is the expanded percentile bootstrap (Hesterberg 2015): samples, or whole clusters, are drawn anew a
thousand times, and the percentiles are set as far out as few samples ask for, or the few that decide the figure; or
within each slice, where the figure is the mean of theirs. Equal answers give equal intervals.
"""

import math
import random
from array import array
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from statistics import NormalDist

from benchbook.engine.statistics import CONFIDENCE, percentile, student_quantile
from benchbook.errors import PluginError
from benchbook.protocols import Fold
from benchbook.specs.verdicts import LARGEST, Verdict, beyond

DRAWS = 1000
UNITS = 1000
"""Of more samples, random groups are drawn: as good, and as quick."""
FEWEST = 10
"""Of more samples in a slice, that many random groups at least."""
DEFINED = 0.9
"""The share of draws in which the figure must have a value, for its interval to mean anything."""


@dataclass(frozen=True)
class Corpus:
    """A figure of all samples that there are numbers of."""

    value: float | None
    low: float | None
    high: float | None
    n: int


class Sums:
    """What one metric remembers of one score: some numbers of each sample."""

    def __init__(self, name: str, fold: Fold) -> None:
        self._name, self._fold, self.by_slice = name, fold, fold.by_slice
        self._places = array("q")
        self._numbers = array("d")
        self._width = 0

    def __bool__(self) -> bool:
        return bool(self._places)

    def add(self, place: int, verdict: Verdict) -> None:
        """Take in one verdict, if it is one of those that the metric is about."""
        numbers = self._fold.numbers(verdict)
        if numbers is None:
            return
        if self._width not in (0, len(numbers)) or not numbers or any(map(beyond, numbers)):
            raise PluginError(
                f"metric {self._name!r}: it gave {list(numbers)!r:.200} of one verdict; every verdict takes as many "
                f"numbers, all of them finite and none beyond {LARGEST:g}"
            )
        self._width = len(numbers)
        self._places.append(place)
        self._numbers.extend(numbers)

    def by_place(self) -> dict[int, list[float]]:
        """The numbers of each sample, summed over its epochs, in the order of the data set."""
        found: dict[int, list[float]] = {}
        for at, place in enumerate(self._places):
            numbers = self._numbers[at * self._width : (at + 1) * self._width].tolist()
            known = found.get(place)
            found[place] = numbers if known is None else [one + more for one, more in zip(known, numbers, strict=True)]
        return dict(sorted(found.items()))

    def corpus(
        self, numbers: Mapping[int, Sequence[float]], places: Iterable[int], clusters: Mapping[int, Hashable] | None
    ) -> Corpus:
        """The figure of the samples at these places; `numbers` are those of `by_place`."""
        here = sorted(place for place in places if place in numbers)
        if not here:
            return Corpus(None, None, None, 0)
        rows = [numbers[place] for place in here]
        value = _of(self._fold, _summed(rows))
        units = _grouped(rows, None if clusters is None else [clusters[place] for place in here], UNITS)
        low, high = _interval(self._fold, units) if value is not None and len(units) > 1 else (None, None)
        return Corpus(value, low, high, len(here))

    def mean_of_slices(
        self,
        numbers: Mapping[int, Sequence[float]],
        places: Iterable[int],
        clusters: Mapping[int, Hashable] | None,
        slices: Mapping[int, str],
    ) -> Corpus | None:
        """The mean of the figures of the slices that the samples at these places are of; None unless there are
        several."""
        parts: dict[str, list[int]] = {}
        for place in sorted(place for place in places if place in numbers and place in slices):
            parts.setdefault(slices[place], []).append(place)
        if len(parts) < 2:
            return None
        units = [
            _grouped(
                [numbers[place] for place in part],
                None if clusters is None else [clusters[place] for place in part],
                max(FEWEST, UNITS // len(parts)),
            )
            for part in parts.values()
        ]
        value = _mean([_of(self._fold, _summed(part)) for part in units])
        low, high = (None, None) if value is None else _interval_by_slice(self._fold, units)
        return Corpus(value, low, high, sum(map(len, parts.values())))


def _grouped(rows: Sequence[Sequence[float]], clusters: Sequence[Hashable] | None, most: int) -> list[list[float]]:
    """What varies on its own: samples, clusters, or random groups of either where there are many."""
    names: Sequence[Hashable] = range(len(rows)) if clusters is None else clusters
    known = list(dict.fromkeys(names))
    if len(known) > most:
        random.Random(0).shuffle(known)  # noqa: S311 - no secret
    group = {name: at % most for at, name in enumerate(known)}
    parts: dict[int, list[Sequence[float]]] = {}
    for name, row in zip(names, rows, strict=True):
        parts.setdefault(group[name], []).append(row)
    return [_summed(part) for _, part in sorted(parts.items())]


def _summed(rows: Iterable[Sequence[float]]) -> list[float]:
    return [math.fsum(column) for column in zip(*rows, strict=True)]


def _interval(fold: Fold, units: Sequence[Sequence[float]]) -> tuple[float | None, float | None]:
    n, chance = len(units), random.Random(0)  # noqa: S311 - no secret
    columns = list(zip(*units, strict=True))
    drawn = []
    for _ in range(DRAWS):
        pick = itemgetter(*chance.choices(range(n), k=n))
        drawn.append(_of(fold, [math.fsum(pick(column)) for column in columns]))
    return _between(drawn, math.sqrt(n / (n - 1)) * student_quantile(0.5 + CONFIDENCE / 2, _degrees(fold, units)))


def _degrees(fold: Fold, units: Sequence[Sequence[float]]) -> int:
    """Of freedom, by how unevenly the figure hangs on the units (Satterthwaite 1946): one long text among twenty
    decides how far all seem to vary."""
    n, sums = len(units), _summed(units)
    without = [_of(fold, [total - one for total, one in zip(sums, unit, strict=True)]) for unit in units]
    known = [value for value in without if value is not None]
    centre = math.fsum(known) / len(known) if known else 0.0
    largest = max((abs(value - centre) for value in known), default=0.0)
    if len(known) < n or not largest:
        return n - 1
    squares = [((value - centre) / largest) ** 2 for value in known]
    kurtosis = n * math.fsum(one * one for one in squares) / math.fsum(squares) ** 2
    # Normal values of equal weight have a kurtosis of 3, and are worth as much as they are many.
    return max(2, min(n - 1, round(3 * n / kurtosis) - 1))


def _interval_by_slice(fold: Fold, slices: Sequence[Sequence[Sequence[float]]]) -> tuple[float | None, float | None]:
    """Drawn anew within each slice, one less than it has (Rao and Wu 1988): so small ones vary as they should."""
    if min(map(len, slices)) < 2:
        return None, None
    chance = random.Random(0)  # noqa: S311 - no secret
    drawn = [
        _mean([_of(fold, _summed(chance.choices(units, k=len(units) - 1))) for units in slices]) for _ in range(DRAWS)
    ]
    if len({*drawn}) == 1:
        return None, None  # all alike: of what was never seen nothing is drawn
    return _between(drawn, student_quantile(0.5 + CONFIDENCE / 2, sum(len(units) - 1 for units in slices)))


def _between(drawn: Sequence[float | None], far: float) -> tuple[float | None, float | None]:
    """The percentiles that lie so many standard deviations out."""
    known = [value for value in drawn if value is not None]
    if len(known) < DEFINED * DRAWS:
        return None, None
    tail = NormalDist().cdf(-far)
    return percentile(known, tail), percentile(known, 1 - tail)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if len(known) == len(values) else None


def _of(fold: Fold, sums: Sequence[float]) -> float | None:
    try:
        value = fold.figure(sums)
    except ArithmeticError:
        return None
    return None if value is None or beyond(value) else value
