"""Folding: from generations and scores to figures about a run.

| metric | what it is |
|---|---|
| `pass_rate`, `mean` | mean over samples of the mean over epochs; `pass_rate` where every value in the run is 0 or 1 |
| `pass@K`, `pass^K` | the unbiased chance that one of K tries passes, or all do, for runs with more than one epoch |
| the task's metrics | figures of many verdicts together (`bleu`, `word_perplexity`), by plugins: see corpus.py |
| `label.NAME` | how many generations got that label; `label.unscored` for those without a verdict |
| `latency_p50`, `_p95`, `_p99` | seconds a model took for one generation |
| `exec_p50`, `_p95`, `_p99` | seconds on the clock that a sandboxed program took |
| `tokens_per_second` | output tokens by the model's own seconds, over all generations |
| `busy` | seconds on the clock in which at least one sample was being worked on |
| `throughput`, `throughput_tokens` | generations, and output tokens, by these seconds |
| `cost_per_sample` | what a sample cost, all its tries together; only if there is a price |
| `clusters` | how many clusters the samples are of, where the task names such |
| `cheatable` | how many samples were tested in the program's own process, where it could cheat; only if any was |
| `unread` | how many answers of a judge could not be read, in whole or in part; only if any |
| `cached` | how many generations came from the cache of answers; only if any did |
| `saved` | what those would have cost; only if there is a price |
| `input_tokens`, `output_tokens`, `cost`, `errors`, `generations` | sums over the run |

A sample without any verdict is left out of a figure and counted in `excluded`: it is never a zero. What people say of
an answer is no figure of the run; it is what the run's figures are held against.
"""

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from benchbook.engine.corpus import Sums
from benchbook.engine.statistics import (
    in_clusters,
    mean_interval,
    pass_all_k,
    pass_at_k,
    percentile,
    percentile_interval,
    share_interval,
    wilson,
)
from benchbook.protocols import Fold
from benchbook.records.datasets import Sample
from benchbook.records.generations import Generation
from benchbook.records.metrics import Metric
from benchbook.records.record import derived_id
from benchbook.records.runs import Run
from benchbook.records.scores import Answer, Score
from benchbook.registry import build
from benchbook.specs.datasets import cluster_of
from benchbook.specs.experiments import RunSpec
from benchbook.specs.models import Price
from benchbook.specs.outputs import Output
from benchbook.specs.verdicts import Verdict

CROSSED = 100
"""Pairs of slices that have figures of their own, at most: those of the most samples."""
NUMBERS = 20
"""Values without a label that are counted one by one, as grades are; of a score with more none is."""


def fold(run: Run, answers: Iterable[Answer], now: datetime) -> list[Metric]:
    """Every figure of the run. `answers` is read once; only numbers are kept."""
    tally = Tally.of(run.spec)
    for sample, generation, scores in answers:
        tally.add(sample, generation, scores)
    return tally.metrics(run, now)


class Tally:
    """What is remembered of a run while its answers pass by, in whatever order: a few numbers of each."""

    def __init__(
        self,
        price: Price | None,
        folds: Mapping[str, Fold] | None = None,
        cluster: str | None = None,
        *,
        crossed: bool = False,
    ) -> None:
        self._price, self._folds, self._cluster, self._crossed = price, folds or {}, cluster, crossed
        self.generations = self.errors = self.unread = self.cached = self.input_tokens = self.output_tokens = 0
        self.timed_tokens = 0
        """Output tokens of answers whose seconds are known."""
        self.latencies, self.exec_walls, self.saved = array("d"), array("d"), array("d")
        self.begun, self.ended = array("d"), array("d")
        """When each generation was begun, and when it was scored."""
        self.costs = _Values()
        self.values: dict[str, _Values] = {}
        self.sums: dict[tuple[str, str], Sums] = {}
        """By score and metric."""
        self.labels: dict[str, Counter[str]] = defaultdict(Counter)
        self._numbers: dict[str, Counter[float]] = defaultdict(Counter)
        """Values without a label; once they are too many, those of the first."""
        self.slices: dict[tuple[str, ...], _Places] = {}
        """Where the samples stand that are in these slices, and in no other."""
        self.clusters: dict[int, str] = {}
        """What each sample hangs together with others by; empty unless the task names it."""
        self.cheatable = _Places()
        """Samples whose tests ran where the program could have decided them."""

    @classmethod
    def of(cls, spec: RunSpec) -> "Tally":
        """The tally of a run that is carried out so."""
        task = spec.task
        folds = {metric.name: build("metric", metric) for metric in task.metrics}
        return cls(spec.price, folds, task.cluster, crossed=task.crossed)

    def add(self, sample: Sample, generation: Generation, scores: Sequence[Score]) -> None:
        """Take in one answer."""
        self.generations += 1
        self.slices.setdefault(sample.row.slices, _Places()).add(sample.position)
        if generation.output is None:
            self.errors += 1
        else:
            if generation.output.latency is not None:
                self.latencies.append(generation.output.latency)
                self.timed_tokens += generation.output.usage.output_tokens
            self.input_tokens += generation.output.usage.input_tokens
            self.output_tokens += generation.output.usage.output_tokens
            self._add_cached(generation.output)
        if generation.cost is not None:
            self.costs.add(sample.position, generation.cost)
        begun = generation.created_at.timestamp()
        self.begun.append(begun)
        # What people say, they say days later.
        scored = [score.created_at.timestamp() for score in scores if score.author != "human"]
        self.ended.append(max(scored, default=begun + (generation.latency or 0.0)))
        if self._cluster is not None:
            row = sample.row
            self.clusters[sample.position] = cluster_of(row.metadata, self._cluster, row.key)
        self.unread += any(score.verdict.error is not None for score in scores)
        for score in scores:
            if score.author != "human":
                self._add_score(sample, score)

    def metrics(self, run: Run, now: datetime) -> list[Metric]:
        """Every figure of what was added."""
        return [
            Metric(
                id=derived_id("metric", run.id, figure.name, figure.score, figure.slice),
                created_at=now,
                run_id=run.id,
                **vars(figure),
            )
            for figure in (*_score_figures(self), *_run_figures(self, judged=run.spec.judging is not None))
        ]

    def parts(self) -> Iterator[tuple[str, list[int]]]:
        """The whole, each slice and, if they are crossed, pairs of slices: their names, and where their samples
        stand."""
        chosen: list[tuple[str, ...]] = [(), *((part,) for part in sorted({one for key in self.slices for one in key}))]
        chosen += _pairs(self.slices) if self._crossed else ()
        for part in chosen:
            wanted = {*part}
            yield (
                " × ".join(part),
                [place for key, places in self.slices.items() if wanted.issubset(key) for place in places],
            )

    def _add_sums(self, sample: Sample, verdict: Verdict) -> None:
        for name, fold in self._folds.items():
            place = verdict.name, name
            if place not in self.sums:
                self.sums[place] = Sums(name, fold)
            self.sums[place].add(sample.position, verdict)

    def labelled(self, name: str) -> Counter[str]:
        """How many generations got which label; a value without one is its own, unless there are too many."""
        labels, numbers = self.labels[name], self._numbers[name]
        if len(numbers) > NUMBERS:
            return labels + Counter({"a number": numbers.total()})
        return labels + Counter({f"{value:g}": n for value, n in numbers.items()})

    def _count(self, numbers: Counter[float], value: float) -> None:
        # Which of too many are kept decides nothing.
        kept = value if len(numbers) <= NUMBERS or value in numbers else next(iter(numbers))
        numbers[kept] += 1

    def _add_cached(self, output: Output) -> None:
        weighed = output.likelihoods and all(one.cached for one in output.likelihoods)
        if not (output.cached or weighed):
            return
        self.cached += 1
        if self._price is not None:
            self.saved.append(self._price.of(output.usage))

    def _add_score(self, sample: Sample, score: Score) -> None:
        verdict = score.verdict
        values = self.values.setdefault(verdict.name, _Values())
        if verdict.value is not None:
            values.add(sample.position, verdict.value)
            if verdict.label:
                self.labels[verdict.name][verdict.label] += 1
            else:
                self._count(self._numbers[verdict.name], verdict.value)
        if self._folds and verdict.error is None:
            self._add_sums(sample, verdict)
        if verdict.trace.get("cheatable") is True:
            self.cheatable.add(sample.position)
        wall = verdict.trace.get("wall")
        if isinstance(wall, float):
            self.exec_walls.append(wall)


def _pairs(slices: Mapping[tuple[str, ...], "_Places"]) -> list[tuple[str, ...]]:
    """Pairs of slices that some samples are in, unless one holds all of the other's; those of the most samples."""
    alone, together = Counter[str](), Counter[tuple[str, ...]]()
    for key, places in slices.items():
        own = sorted({*key})
        alone.update(dict.fromkeys(own, len(places)))
        together.update(dict.fromkeys(combinations(own, 2), len(places)))
    crossing = [pair for pair, n in together.items() if n < min(alone[one] for one in pair)]
    return sorted(sorted(crossing, key=lambda pair: (-together[pair], pair))[:CROSSED])


class _Places:
    """A set of places in a data set, a byte each."""

    def __init__(self) -> None:
        self._there = bytearray()

    def add(self, place: int) -> None:
        if place >= len(self._there):
            self._there.extend(bytes(place + 1 - len(self._there)))
        self._there[place] = 1

    def __iter__(self) -> Iterator[int]:
        return (place for place, there in enumerate(self._there) if there)

    def __len__(self) -> int:
        return sum(self._there)


class _Values:
    """The values of one score, each with the place of its sample."""

    def __init__(self) -> None:
        self._places = array("q")
        self._values = array("d")

    def __bool__(self) -> bool:
        return bool(self._places)

    def add(self, place: int, value: float) -> None:
        self._places.append(place)
        self._values.append(value)

    def values(self) -> Sequence[float]:
        """All of them."""
        return self._values

    def by_place(self) -> dict[int, list[float]]:
        """All values of each sample: those of its epochs."""
        found: dict[int, list[float]] = {}
        for place, value in zip(self._places, self._values, strict=True):
            found.setdefault(place, []).append(value)
        return found


@dataclass(frozen=True)
class _Figure:
    name: str
    value: float | None
    n: int
    score: str = ""
    slice: str = ""
    low: float | None = None
    high: float | None = None
    excluded: int = 0


def _score_figures(tally: Tally) -> Iterator[_Figure]:
    parts = list(tally.parts()) if tally.values else []
    for name, values in sorted(tally.values.items()):
        by_place = values.by_place()
        # What a metric folds is no pass or fail, even where all values are 0.
        graded = any(sums and not sums.by_slice for (score, _), sums in tally.sums.items() if score == name)
        # By the whole run: a slice in which all values happen to be 0 or 1 is told as the others are.
        binary = not graded and {*values.values()} <= {0.0, 1.0}
        for part, places in parts:
            yield from _Rates(name, part, by_place, places, tally.clusters, binary=binary).figures()
        labels = tally.labelled(name)
        scored = sum(labels.values())
        labels["unscored"] = tally.generations - scored
        yield from (_Figure(f"label.{label}", n, tally.generations, name) for label, n in sorted(labels.items()) if n)
    slices = {place: key[0] for key, places in tally.slices.items() if key for place in places}
    for (score, metric), sums in sorted(tally.sums.items()):
        numbers = sums.by_place()
        for part, places in parts if numbers else []:
            clusters = tally.clusters or None
            if sums.by_slice:
                found = sums.mean_of_slices(numbers, places, clusters, slices)
            else:
                found = sums.corpus(numbers, places, clusters)
            if found is None:
                continue
            yield _Figure(metric, score=score, slice=part, excluded=len(places) - found.n, **vars(found))


class _Rates:
    """What there is to say of the values of one score, in one part of the data."""

    def __init__(
        self,
        name: str,
        part: str,
        by_place: Mapping[int, Sequence[float]],
        places: Sequence[int],
        clusters: Mapping[int, str],
        *,
        binary: bool,
    ) -> None:
        self.name, self.part, self.samples, self.binary = name, part, len(places), binary
        self.places = [place for place in places if place in by_place]
        self.tries = [by_place[place] for place in self.places]
        self.clusters = clusters

    def figures(self) -> Iterator[_Figure]:
        """The mean over samples, and the chances of several tries where there are such."""
        kind = "pass_rate" if self.binary else "mean"
        if not self.tries:
            yield _Figure(kind, None, 0, self.name, self.part, excluded=self.samples)
            return
        means = [math.fsum(values) / len(values) for values in self.tries]
        yield self._figure(kind, self.places, means)
        most = max(map(len, self.tries))
        if self.binary and most > 1:
            for k in sorted({1, *(k for k in (2, 5, 10, 20, 50, 100) if k < most), most}):
                yield self._chance(f"pass@{k}", k, pass_at_k)
                if k > 1:
                    yield self._chance(f"pass^{k}", k, pass_all_k)

    def _chance(self, name: str, k: int, chance: Callable[[int, int, int], float]) -> _Figure:
        enough = [(at, tries) for at, tries in zip(self.places, self.tries, strict=True) if len(tries) >= k]
        chances = [chance(len(tries), int(sum(tries)), k) for _, tries in enough]
        return self._figure(name, [at for at, _ in enough], chances)

    def _figure(self, kind: str, places: Sequence[int], means: Sequence[float]) -> _Figure:
        mean = math.fsum(means) / len(means)
        low, high = self._interval(places, means)
        return _Figure(kind, mean, len(means), self.name, self.part, low, high, self.samples - len(means))

    def _interval(self, places: Sequence[int], means: Sequence[float]) -> tuple[float | None, float | None]:
        """The interval that fits: see docs/metrics.md."""
        if not all(0.0 <= mean <= 1.0 for mean in means):
            return mean_interval(self._units(places, means)) or (None, None)
        if not self.clusters and all(mean in (0.0, 1.0) for mean in means):
            return wilson(math.fsum(means), len(means))
        if len(means) == 1 and not self.binary:
            return None, None
        return share_interval(self._units(places, means))

    def _units(self, places: Sequence[int], means: Sequence[float]) -> Sequence[float]:
        return in_clusters(means, [self.clusters[place] for place in places]) if self.clusters else means


def _run_figures(tally: Tally, *, judged: bool) -> Iterator[_Figure]:
    seconds = math.fsum(tally.latencies)
    busy = _busy(tally.begun, tally.ended)
    sums: Mapping[str, float | None] = {
        "generations": tally.generations,
        "errors": tally.errors,
        "input_tokens": tally.input_tokens,
        "output_tokens": tally.output_tokens,
        "tokens_per_second": tally.timed_tokens / seconds if seconds else None,
        "busy": busy or None,
        "throughput": tally.generations / busy if busy else None,
        "throughput_tokens": tally.output_tokens / busy if busy else None,
        "cost": math.fsum(tally.costs.values()) if tally.costs else None,
    }
    yield from (_Figure(name, value, tally.generations) for name, value in sums.items())
    if tally.costs:
        each = [math.fsum(costs) for costs in tally.costs.by_place().values()]
        low, high = mean_interval(each) or (None, None)
        yield _Figure("cost_per_sample", math.fsum(each) / len(each), len(each), low=low, high=high)
    if tally.clusters:
        yield _Figure("clusters", len({*tally.clusters.values()}), len(tally.clusters))
    if tally.cheatable:
        samples = sum(len(places) for places in tally.slices.values())
        yield _Figure("cheatable", len(tally.cheatable), samples)
    if judged and tally.unread:
        yield _Figure("unread", tally.unread, tally.generations)
    if tally.cached:
        yield _Figure("cached", tally.cached, tally.generations)
    if tally.saved:
        yield _Figure("saved", math.fsum(tally.saved), tally.cached)
    for name, seconds_each in (("latency", tally.latencies), ("exec", tally.exec_walls)):
        yield from _percentiles(name, sorted(seconds_each))


def _percentiles(name: str, ordered: Sequence[float]) -> Iterator[_Figure]:
    for q in (50, 95, 99):
        value = percentile(ordered, q / 100) if ordered else None
        low, high = percentile_interval(ordered, q / 100)
        yield _Figure(f"{name}_p{q}", value, len(ordered), low=low, high=high)


def _busy(begun: Sequence[float], ended: Sequence[float]) -> float:
    """Seconds in which anything was under way: what a run waited to be taken up again does not count."""
    total, until = 0.0, -math.inf
    for begin, end in sorted(zip(begun, ended, strict=True)):
        total += max(0.0, end - max(begin, until))
        until = max(until, end)
    return total
