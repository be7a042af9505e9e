"""Runs beside each other: how much they differ by a score, and whether that can be chance."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from benchbook.engine.multiplicity import benjamini_hochberg
from benchbook.engine.paired import (
    Noise,
    anytime_p,
    difference_error,
    discordant_interval,
    mcnemar,
    moved,
    permutation_p,
    smallest_difference,
    summed,
)
from benchbook.engine.statistics import CONFIDENCE, student_quantile
from benchbook.errors import SpecError
from benchbook.records.runs import Run
from benchbook.specs.spec import unknown
from benchbook.store import comparisons, pages, views
from benchbook.store.comparisons import RIGHT, Beside, Compared, ComparedFilter, ComparedRow, Pairs, beside
from benchbook.store.pages import Page, RunRow
from benchbook.store.store import Store

_MOST = 8
"""Runs beside each other."""

Test = Literal["mcnemar-exact", "permutation", "paired-z", "e-value"]
_PERMUTED = 200
"""Samples or clusters up to which signs are permuted; of more the mean is as good as normal."""


@dataclass(frozen=True)
class Difference:
    """How the second of two runs differs from the first, over the samples that both have a value of."""

    n: int
    """Samples."""
    base: float | None
    """The mean of the first."""
    other: float | None
    difference: float | None
    """Of the means: above zero, the second is better."""
    low: float | None
    high: float | None
    """The 95 % interval of the difference."""
    p: float | None
    test: Test | None
    """`mcnemar-exact` of yes and no; of other values, several epochs and clusters `permutation` of signs, or of more
    than two hundred samples or clusters `paired-z`; `e-value` where one of both ended early, and then there is no
    interval: none of the others holds for whoever stops when it suits."""
    deviation: float | None = None
    """The standard deviation of the difference from sample to sample."""
    correlation: float | None = None
    """Of the two, from sample to sample; None where one of them never varies."""
    unpaired_deviation: float | None = None
    """What the deviation would be of different questions."""
    error: float | None = None
    """The standard error of the difference: from cluster to cluster, where the task names such."""
    clusters: int | None = None
    """How many clusters the samples are of, where the task names such: tests and intervals count these."""

    @property
    def noise(self) -> float:
        """The variance of the difference on one question; of clusters what makes their standard error of so many."""
        if self.deviation is None or self.error is None:
            return 0.0
        return self.deviation**2 if self.clusters is None else self.n * self.error**2

    @property
    def effect(self) -> float | None:
        """The difference in its own standard deviations (Cohen's d of pairs)."""
        return self.difference / self.deviation if self.difference is not None and self.deviation else None

    def interval(self, confidence: float) -> tuple[float, float] | None:
        """The interval of the difference."""
        if self.difference is None or self.deviation is None or self.error is None or self.test == "e-value":
            return None
        if self.test == "mcnemar-exact":
            # Of yes and no, the squares of the differences count what flipped.
            flipped = round(self.deviation**2 * (self.n - 1) + self.n * self.difference**2)
            gained = round((flipped + self.n * self.difference) / 2)
            return discordant_interval(gained, flipped - gained, self.n, confidence)
        half = student_quantile(0.5 + confidence / 2, (self.clusters or self.n) - 1) * self.error
        return self.difference - half, self.difference + half

    def smallest(self, alpha: float = 0.05, power: float = 0.8) -> float | None:
        """The smallest difference that so many samples of such noise let one see."""
        if not self.noise or self.test == "e-value":
            return None
        return smallest_difference(self.n, Noise(self.noise), alpha, power)


@dataclass(frozen=True)
class Flips:
    """Places by what both runs made of them; right is a value of at least one half."""

    both_right: int
    regressed: int
    """Right in the first, wrong in the second."""
    fixed: int
    both_wrong: int


@dataclass(frozen=True)
class SliceDifference:
    """The difference within a slice."""

    slice: str
    difference: Difference
    flips: Flips
    p_corrected: float | None
    """By Benjamini and Hochberg, over all slices."""


@dataclass(frozen=True)
class Pair:
    """Two runs."""

    base: RunRow
    other: RunRow
    whole: Difference
    flips: Flips
    slices: Sequence[SliceDifference]
    excluded: Mapping[str, int]
    """Places that are in no figure, by the reason: `no_value`, `only_base`, `only_other`; on different data `changed`
    questions."""


@dataclass(frozen=True)
class Comparison:
    """The first of several runs beside each of the others."""

    score: str
    scores: Sequence[str]
    """The scores that all of them have."""
    base: RunRow
    pairs: Sequence[Pair]
    smaller_is_better: bool = False
    """Whether less of this score is better."""


def comparison(store: Store, names: Sequence[str], score: str | None = None) -> Comparison:
    """The first run beside each of the others, by that score, or by the first that all of them have."""
    runs = chosen(store, names)
    scores = comparisons.common_scores(store, [run.id for run in runs])
    named = _named(runs[0], scores, score)
    rows = [pages.run_row(store, run.id) for run in runs]
    return Comparison(
        score=named,
        scores=scores,
        base=rows[0],
        pairs=[
            pair_of(beside(store, Compared(runs[0], run, named)), rows[0], row)
            for run, row in zip(runs[1:], rows[1:], strict=True)
        ],
        smaller_is_better=any(named in run.spec.task.smaller_is_better for run in runs),
    )


def samples(
    store: Store, names: Sequence[str], score: str | None, wanted: ComparedFilter, limit: int, after: str | None
) -> Page[ComparedRow]:
    """The places that two runs have answered, and what became of each."""
    runs = chosen(store, names)
    if len(runs) != 2:
        raise SpecError("samples are listed of two runs: the first, and one beside it", field=["runs"])
    named = _named(runs[0], comparisons.common_scores(store, [run.id for run in runs]), score)
    return comparisons.samples(store, Compared(runs[0], runs[1], named), wanted, limit, after)


def chosen(store: Store, names: Sequence[str]) -> list[Run]:
    """The runs of these names; SpecError unless they may be compared."""
    if not 2 <= len(set(names)) <= _MOST:
        raise SpecError(f"name 2 to {_MOST} different runs, e.g. runs=A,B", field=["runs"])
    runs = [views.run(store, name) for name in names]
    for run in runs[1:]:
        if run.dataset_id != runs[0].dataset_id:
            raise SpecError(
                f"run {runs[0].id} and run {run.id} are on different data: compare runs of the same task on the same "
                "data set",
                field=["runs"],
            )
        if run.spec.judging or runs[0].spec.judging:
            raise SpecError("verdicts of judges are looked at on the page of the judge, not compared", field=["runs"])
    return runs


def _named(base: Run, scores: Sequence[str], score: str | None) -> str:
    if score is not None and score not in scores:
        raise SpecError(unknown("score", score, scores), field=["score"])
    if not scores:
        raise SpecError("the runs have no score in common: there is nothing to compare them by", field=["runs"])
    first = [scorer.name for scorer in base.spec.task.scorers if scorer.name in scores]
    return score or (first or scores)[0]


def pair_of(beside: Beside, base: RunRow, other: RunRow) -> Pair:
    """How the second run differs from the first, as a whole and slice by slice."""
    both, left_out = beside.pairs()
    early = any(run.stopped is not None for run in (beside.compared.base, beside.compared.other))
    by_slice: dict[str, list[Pairs]] = defaultdict(list)
    for pair in both:
        for name in pair.slices:
            by_slice[name].append(pair)
    within = {name: _difference(by_slice[name], early=early) for name in sorted(by_slice)}
    return Pair(
        base=base,
        other=other,
        whole=_difference(both, early=early),
        flips=_flips(both),
        slices=_of_slices(within, by_slice),
        excluded=left_out,
    )


def _of_slices(within: Mapping[str, Difference], pairs: Mapping[str, Sequence[Pairs]]) -> list[SliceDifference]:
    tested = [name for name, one in within.items() if one.p is not None]
    # Slices are many, and are looked at to find where to look further: a share of false alarms is fine.
    corrected = dict(zip(tested, benjamini_hochberg([within[name].p or 0.0 for name in tested]), strict=True))
    return [SliceDifference(name, one, _flips(pairs[name]), corrected.get(name)) for name, one in within.items()]


def _flips(pairs: Iterable[Pairs]) -> Flips:
    counts: Counter[tuple[bool, bool]] = Counter()
    for pair in pairs:
        counts[pair.base >= RIGHT, pair.other >= RIGHT] += pair.n
    return Flips(counts[True, True], counts[True, False], counts[False, True], counts[False, False])


def _difference(pairs: Sequence[Pairs], *, early: bool) -> Difference:
    """By samples: the mean over its epochs is one value of a sample."""
    samples = _by_sample(pairs)
    n = sum(one.times for one in samples)
    if not n:
        return Difference(0, None, None, None, None, None, None, None)
    base, other = (math.fsum(getattr(one, side) * one.times for one in samples) / n for side in ("base", "other"))
    mean = other - base
    clusters = len({one.cluster for one in samples}) if samples[0].cluster is not None else None
    if (clusters or n) < 2:
        return Difference(n, base, other, mean, None, None, None, None, clusters=clusters)
    # With n - 1 (Miller 2024), as `engine.paired` has it of listed values.
    of_base, of_other, together = (
        math.fsum(square(one.base, one.other) * one.times for one in samples) / (n - 1)
        for square in (
            lambda first, _: (first - base) ** 2,
            lambda _, second: (second - other) ** 2,
            lambda first, second: (second - first - mean) ** 2,
        )
    )
    correlation = (of_base + of_other - together) / 2 / math.sqrt(of_base * of_other) if of_base * of_other else None
    error = math.sqrt(together / n) if _is_yes_or_no(samples) else _error(samples)
    p, test = _anytime(samples, mean) if early else _tested(samples, mean, error)
    found = Difference(
        n, base, other, mean, None, None, p, test, math.sqrt(together), correlation, math.sqrt(of_base + of_other),
        error, clusters,
    )  # fmt: skip
    low, high = found.interval(CONFIDENCE) or (None, None)
    return replace(found, low=low, high=high)


class _Values(NamedTuple):
    """The values of both, how many samples have them, and their cluster."""

    base: float
    other: float
    times: int
    cluster: str | None


def _by_sample(pairs: Sequence[Pairs]) -> list[_Values]:
    if all(pair.sample_id is None for pair in pairs):
        return [_Values(pair.base, pair.other, pair.n, pair.cluster) for pair in pairs]
    epochs: dict[str | None, list[Pairs]] = defaultdict(list)
    for pair in pairs:
        epochs[pair.sample_id].append(pair)
    return [_mean(those) for those in epochs.values()]


def _mean(epochs: Sequence[Pairs]) -> _Values:
    n = sum(pair.n for pair in epochs)
    base, other = (math.fsum(getattr(pair, side) * pair.n for pair in epochs) / n for side in ("base", "other"))
    return _Values(base, other, 1, epochs[0].cluster)


def _is_yes_or_no(samples: Sequence[_Values]) -> bool:
    """Whether flips are all that there is to count."""
    return samples[0].cluster is None and all({one.base, one.other} <= {0.0, 1.0} for one in samples)


def _each(samples: Sequence[_Values]) -> list[_Values]:
    """Every sample by itself."""
    return [one for one in samples for _ in range(one.times)]


def _error(samples: Sequence[_Values]) -> float:
    every = _each(samples)
    clusters = None if samples[0].cluster is None else [one.cluster for one in every]
    return difference_error([one.other for one in every], [one.base for one in every], clusters)


def _anytime(samples: Sequence[_Values], mean: float) -> tuple[float, Test]:
    """By how many changed which way; nothing is shown by it where the mean went the other way."""
    every = _each(samples)
    clusters = range(len(every)) if samples[0].cluster is None else [one.cluster for one in every]
    along, against = moved([one.other - one.base for one in every], clusters, mean)
    return anytime_p(along, against) if along > against else 1.0, "e-value"


def _tested(samples: Sequence[_Values], mean: float, error: float) -> tuple[float, Test]:
    if _is_yes_or_no(samples):
        regressed = sum(one.times for one in samples if one.base > one.other)
        fixed = sum(one.times for one in samples if one.base < one.other)
        return mcnemar(regressed, fixed).exact, "mcnemar-exact"
    every = _each(samples)
    units = [one.other - one.base for one in every]
    if samples[0].cluster is not None:
        units = summed(units, [one.cluster for one in every])
    if len(units) <= _PERMUTED:
        return permutation_p(units), "permutation"
    if error == 0:
        return float(mean == 0), "paired-z"
    return math.erfc(abs(mean) / error / math.sqrt(2)), "paired-z"
