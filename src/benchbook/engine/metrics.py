"""Folding: from generations and scores to figures about a run.

| metric | what it is |
|---|---|
| `pass_rate`, `mean` | mean over samples of the mean over epochs; `pass_rate` where every value is 0 or 1 |
| `pass@K` | the unbiased chance that one of K tries passes, for runs with more than one epoch |
| `label.NAME` | how many generations got that label; `label.unscored` for those without a verdict |
| `latency_p50`, `latency_p95` | seconds a model took for one generation |
| `exec_p50`, `exec_p95` | seconds on the clock that a sandboxed program took |
| `tokens_per_second` | output tokens by the model's own seconds, over all generations |
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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from benchbook.engine.statistics import mean_interval, pass_at_k, percentile, wilson
from benchbook.records.datasets import Sample
from benchbook.records.generations import Generation
from benchbook.records.metrics import Metric
from benchbook.records.record import derived_id
from benchbook.records.runs import Run
from benchbook.records.scores import Answer, Score
from benchbook.specs.models import Price
from benchbook.specs.outputs import Output


def fold(run: Run, answers: Iterable[Answer], now: datetime) -> list[Metric]:
    """Every figure of the run. `answers` is read once; only numbers are kept."""
    tally = Tally(run.spec.price)
    for sample, generation, scores in answers:
        tally.add(sample, generation, scores)
    return tally.metrics(run, now)


class Tally:
    """What is remembered of a run while its answers pass by, in whatever order: a few numbers of each."""

    def __init__(self, price: Price | None) -> None:
        self._price = price
        self.generations = self.errors = self.unread = self.cached = self.input_tokens = self.output_tokens = 0
        self.latencies, self.exec_walls, self.costs, self.saved = array("d"), array("d"), array("d"), array("d")
        self.values: dict[str, _Values] = {}
        self.labels: dict[str, Counter[str]] = defaultdict(Counter)
        self.slices: dict[tuple[str, ...], _Places] = {}
        """Where the samples stand that are in these slices, and in no other."""
        self.cheatable = _Places()
        """Samples whose tests ran where the program could have decided them."""

    def add(self, sample: Sample, generation: Generation, scores: Sequence[Score]) -> None:
        """Take in one answer."""
        self.generations += 1
        self.slices.setdefault(sample.row.slices, _Places()).add(sample.position)
        if generation.output is None:
            self.errors += 1
        else:
            self.latencies.append(generation.output.latency)
            self.input_tokens += generation.output.usage.input_tokens
            self.output_tokens += generation.output.usage.output_tokens
            self._add_cached(generation.output)
        if generation.cost is not None:
            self.costs.append(generation.cost)
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
            self.labels[verdict.name][verdict.label or f"{verdict.value:g}"] += 1
        if verdict.trace.get("cheatable") is True:
            self.cheatable.add(sample.position)
        wall = verdict.trace.get("wall")
        if isinstance(wall, float):
            self.exec_walls.append(wall)


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

    def add(self, place: int, value: float) -> None:
        self._places.append(place)
        self._values.append(value)

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
    for name, values in sorted(tally.values.items()):
        by_place = values.by_place()
        for part in ("", *sorted({part for parts in tally.slices for part in parts})):
            places = (place for parts, those in tally.slices.items() if not part or part in parts for place in those)
            yield from _rates(name, part, [by_place.get(place, []) for place in places])
        labels = tally.labels[name]
        scored = sum(labels.values())
        labels["unscored"] = tally.generations - scored
        yield from (_Figure(f"label.{label}", n, tally.generations, name) for label, n in sorted(labels.items()) if n)


def _rates(name: str, part: str, tries: Sequence[Sequence[float]]) -> Iterator[_Figure]:
    """The mean of a score over samples, and pass@k where samples were tried more than once."""
    scored = [values for values in tries if values]
    excluded = len(tries) - len(scored)
    means = [math.fsum(values) / len(values) for values in scored]
    binary = all(value in (0.0, 1.0) for values in scored for value in values)
    kind = "pass_rate" if binary else "mean"
    if not means:
        yield _Figure(kind, None, 0, name, part, excluded=excluded)
        return
    total = math.fsum(means)
    low, high = (wilson(total, len(means)) if binary else mean_interval(means)) or (None, None)
    if low is not None and high is not None and all(0.0 <= value <= 1.0 for value in means):
        low, high = max(0.0, low), min(1.0, high)  # of shares, the mean is one, too
    yield _Figure(kind, total / len(means), len(means), name, part, low, high, excluded)
    if binary:
        yield from _pass_at_ks(name, part, scored, len(tries))


def _pass_at_ks(name: str, part: str, scored: Sequence[Sequence[float]], samples: int) -> Iterator[_Figure]:
    most = max(len(values) for values in scored)
    if most == 1:
        return
    for k in sorted({1, *(k for k in (2, 5, 10, 20, 50, 100) if k < most), most}):
        chances = [pass_at_k(len(values), int(sum(values)), k) for values in scored if len(values) >= k]
        total = math.fsum(chances)
        # Chances vary less than the ones and zeros Wilson has in mind, so the interval is on the safe side.
        low, high = wilson(total, len(chances))
        yield _Figure(f"pass@{k}", total / len(chances), len(chances), name, part, low, high, samples - len(chances))


def _run_figures(tally: Tally, *, judged: bool) -> Iterator[_Figure]:
    seconds = math.fsum(tally.latencies)
    sums: Mapping[str, float | None] = {
        "generations": tally.generations,
        "errors": tally.errors,
        "input_tokens": tally.input_tokens,
        "output_tokens": tally.output_tokens,
        "tokens_per_second": tally.output_tokens / seconds if seconds else None,
        "cost": math.fsum(tally.costs) if tally.costs else None,
    }
    yield from (_Figure(name, value, tally.generations) for name, value in sums.items())
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
        for q in (50, 95):
            value = percentile(seconds_each, q / 100) if seconds_each else None
            yield _Figure(f"{name}_p{q}", value, len(seconds_each))
