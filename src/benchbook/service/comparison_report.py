"""Runs compared by all of their scores, with what may be said of them once all are taken together."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from benchbook.engine.multiplicity import benjamini_hochberg, holm
from benchbook.errors import SpecError
from benchbook.records.runs import Run
from benchbook.service import runs as runs_
from benchbook.service.agreement import plain
from benchbook.service.baselines import runs_named
from benchbook.service.comparisons import Difference, Flips, pair_of
from benchbook.specs.spec import unknown
from benchbook.store import comparisons, pages, views
from benchbook.store.comparisons import Compared, ComparedRow
from benchbook.store.pages import RunRow
from benchbook.store.store import Store

Conclusion = Literal["better", "worse", "no evidence of a difference", "nothing to compare"]


@dataclass(frozen=True)
class Question:
    """What is asked of the runs."""

    scores: Sequence[str] = ()
    """All that two runs have in common unless given."""
    alpha: float = 0.05
    """The chance of a false alarm among all scores and runs."""
    flips: int = 20
    """Flipped answers of each direction that are shown."""


@dataclass(frozen=True)
class SliceFinding:
    """The difference within a slice."""

    slice: str
    difference: Difference
    flips: Flips
    p_adjusted: float | None = None
    """By Benjamini and Hochberg, over all slices of the report."""
    conclusion: Conclusion = "nothing to compare"


@dataclass(frozen=True)
class Finding:
    """A run beside its base, by one score."""

    base: RunRow
    other: RunRow
    score: str
    difference: Difference
    flips: Flips
    slices: Sequence[SliceFinding]
    excluded: dict[str, int]
    """Places that are in no figure, by the reason."""
    smallest: float | None
    """The smallest difference that one would see with such samples four times of five."""
    effect: float | None
    """The difference in its own standard deviations."""
    flipped: Sequence[ComparedRow]
    """Some of those that flipped: first those that regressed, then those that were fixed."""
    smaller_is_better: bool = False
    p_adjusted: float | None = None
    """By Holm, over all scores and runs."""
    low_adjusted: float | None = None
    high_adjusted: float | None = None
    """The interval at the confidence that Holm's step asks for."""
    conclusion: Conclusion = "nothing to compare"


@dataclass(frozen=True)
class Took:
    """What the answers of a run took."""

    run: RunRow
    base: RunRow | None
    """What it is compared with; None of a base."""
    figures: dict[str, float | None]
    """`cost_per_sample`, `latency_p50`, `latency_p95`, `output_tokens_per_answer`, `errors`."""
    currency: str = ""


@dataclass(frozen=True)
class ComparisonReport:
    """Runs beside their bases."""

    findings: Sequence[Finding]
    took: Sequence[Took]
    unmatched: Sequence[RunRow]
    """Runs that have no counterpart."""
    notes: Sequence[str]
    alpha: float
    generated_at: datetime


def gather(store: Store, names: Sequence[str], question: Question, now: datetime) -> ComparisonReport:
    """How the runs of the later names differ from those of the first, task by task."""
    matches, lone = matched(store, names)
    rows = {run.id: pages.run_row(store, run.id) for pair in matches for run in pair}
    notes = list(dict.fromkeys(note for match in matches for note in _notes(store, *match)))
    findings = [
        _finding(store, Compared(base, other, score), rows, question)
        for base, other in matches
        for score in _scores(store, base, other, question)
    ]
    return ComparisonReport(
        findings=_with_slices_concluded(_concluded(findings, question.alpha), question.alpha),
        took=[_took(store, run, rows) for run in _in_turn(matches)],
        unmatched=[pages.run_row(store, run.id) for run in lone],
        notes=notes,
        alpha=question.alpha,
        generated_at=now,
    )


def document(report: ComparisonReport) -> dict[str, Any]:
    """The report for machines."""
    found: dict[str, Any] = json.loads(json.dumps(plain(report), default=str))
    return found


_Match = tuple[Run, Run]


def matched(store: Store, names: Sequence[str]) -> tuple[list[_Match], list[Run]]:
    """Each run beside its base; and who has no counterpart.

    A name is a baseline, a run or an experiment. Runs of experiments meet by their task, and where a task has several
    by the name of the model. Of a single experiment the first run of each task is the base of the others.
    """
    given = [_comparable(store, name) for name in names]
    if len(names) == 1:
        matches = _within(given[0])
        lone: list[Run] = []
    else:
        bases = given[0]
        others = {run.id: run for runs in given[1:] for run in runs if run.id not in {base.id for base in bases}}
        found = [(base_of(run, bases), run) for run in others.values()]
        matches = [(base, run) for base, run in found if base is not None]
        met = {base.id for base, _ in matches}
        lone = [run for base, run in found if base is None] + [base for base in bases if base.id not in met]
    if not matches:
        raise SpecError(
            "there is nothing to compare: name two different runs of the same task, two experiments, or one experiment "
            "with several runs of a task"
        )
    for base, other in matches:
        _same_questions(store, base, other)
    return matches, lone


def _comparable(store: Store, name: str) -> list[Run]:
    runs = runs_named(store, name)
    answering = [run for run in runs if run.spec.judging is None]
    if not answering:
        raise SpecError(
            f"{name!r} judges: its verdicts are scores of the runs that it read; compare those with `benchbook "
            "leaderboard`, or look at `benchbook agreement`"
        )
    return answering


def _within(runs: Sequence[Run]) -> list[_Match]:
    first: dict[str, Run] = {}
    for run in runs:
        first.setdefault(run.task, run)
    return [(first[run.task], run) for run in runs if first[run.task] is not run]


def base_of(run: Run, bases: Sequence[Run]) -> Run | None:
    """The one of several runs that a run is held against; None if that is not clear."""
    if len(bases) == 1:
        return bases[0]
    same_task = [base for base in bases if base.task == run.task]
    if len(same_task) > 1:
        same_task = [base for base in same_task if base.model == run.model]
    return same_task[0] if len(same_task) == 1 else None


def _same_questions(store: Store, base: Run, other: Run) -> None:
    if base.dataset_id == other.dataset_id:
        return
    mine, theirs = (views.dataset(store, run.dataset_id).name for run in (base, other))
    if mine != theirs:
        raise SpecError(
            f"run {base.id} is on the data set {mine!r} and run {other.id} on {theirs!r}: compare runs on the same data"
        )


def _notes(store: Store, base: Run, other: Run) -> Iterator[str]:
    for run in (base, other):
        if run.status != "completed":
            progress = views.progress(store, run.id)
            yield f"run {run.id} is {run.status}: {progress.done} of {run.total} samples are answered"
        if run.stopped is not None:
            yield (
                f"run {run.id} {run.stopped.told}: its p-values are by e-values, which hold whenever one stops; of "
                "its differences no interval does"
            )
    if base.dataset_id != other.dataset_id:
        versions = [views.dataset(store, run.dataset_id).version[:12] for run in (base, other)]
        yield (
            f"runs {base.id} and {other.id} are on versions {versions[0]} and {versions[1]} of their data: questions "
            "are paired by key, and those that were changed are left out"
        )
    if base.spec.task.epochs != other.spec.task.epochs:
        yield f"runs {base.id} and {other.id} have different epochs: only those that both have are compared"
    if base.spec.task.name == other.spec.task.name and base.spec.task.scorers != other.spec.task.scorers:
        yield f"runs {base.id} and {other.id} were scored with other settings"


def _scores(store: Store, base: Run, other: Run, question: Question) -> list[str]:
    common = comparisons.common_scores(store, [base.id, other.id])
    for score in question.scores:
        if score not in common:
            raise SpecError(f"--score: {unknown('score', score, common)}")
    if not common:
        raise SpecError(f"runs {base.id} and {other.id} have no score in common: there is nothing to compare them by")
    return list(question.scores) or common


def _finding(store: Store, compared: Compared, rows: dict[str, RunRow], question: Question) -> Finding:
    beside = comparisons.beside(store, compared)
    if not beside.both:
        raise SpecError(
            f"runs {compared.base.id} and {compared.other.id} have answered no question in common: there is nothing to "
            "pair"
        )
    pair = pair_of(beside, rows[compared.base.id], rows[compared.other.id])
    return Finding(
        base=pair.base,
        other=pair.other,
        score=compared.score,
        difference=pair.whole,
        flips=pair.flips,
        slices=[SliceFinding(one.slice, one.difference, one.flips) for one in pair.slices],
        excluded=dict(pair.excluded),
        smallest=pair.whole.smallest(question.alpha),
        effect=pair.whole.effect,
        flipped=comparisons.flips(store, beside, question.flips) if question.flips else (),
        smaller_is_better=compared.score in compared.other.spec.task.smaller_is_better,
    )


def _concluded(findings: Sequence[Finding], alpha: float) -> list[Finding]:
    """With p-values and intervals that allow for how many there are."""
    ps = [one.difference.p for one in findings if one.difference.p is not None]
    adjusted = iter(holm(ps))
    done = []
    for one in findings:
        p = one.difference.p
        if p is None:
            done.append(one)
            continue
        left = len(ps) - sum(other < p for other in ps)
        low, high = one.difference.interval(1 - alpha / left) or (None, None)
        p_adjusted = next(adjusted)
        said = concluded(p_adjusted <= alpha, _gain(one, *_ends(one.difference, low, high)))
        done.append(replace(one, p_adjusted=p_adjusted, low_adjusted=low, high_adjusted=high, conclusion=said))
    return done


def _with_slices_concluded(findings: Sequence[Finding], alpha: float) -> list[Finding]:
    ps = [part.difference.p for one in findings for part in one.slices if part.difference.p is not None]
    adjusted = benjamini_hochberg(ps)
    # As many as are raised decide how wide the intervals of those are (Benjamini & Yekutieli 2005).
    confidence = 1 - alpha * max(1, sum(p <= alpha for p in adjusted)) / max(1, len(ps))
    in_turn = iter(adjusted)
    return [
        replace(one, slices=[_slice_concluded(one, part, in_turn, alpha, confidence) for part in one.slices])
        for one in findings
    ]


def _slice_concluded(
    whole: Finding, part: SliceFinding, adjusted: Iterator[float], alpha: float, confidence: float
) -> SliceFinding:
    if part.difference.p is None:
        return part
    p = next(adjusted)
    interval = part.difference.interval(confidence) or (None, None)
    said = concluded(p <= alpha, _gain(whole, *_ends(part.difference, *interval)))
    return replace(part, p_adjusted=p, conclusion=said)


def _ends(of: Difference, low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """The interval; where no interval holds because a run ended early, the difference itself says the direction."""
    return (of.difference, of.difference) if of.test == "e-value" else (low, high)


def _gain(of: Finding, low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """The interval of what is won: of scores of which less is better, the other way round."""
    if not of.smaller_is_better or low is None or high is None:
        return low, high
    return -high, -low


def concluded(unlikely: bool, interval: tuple[float | None, float | None]) -> Conclusion:  # noqa: FBT001 - one fact
    """What may be said: better or worse only if the interval is on one side of zero, too."""
    low, high = interval
    if low is None or high is None:
        return "nothing to compare"
    if unlikely and low > 0:
        return "better"
    return "worse" if unlikely and high < 0 else "no evidence of a difference"


def _in_turn(matches: Sequence[_Match]) -> list[tuple[Run, Run | None]]:
    """Each base, then those beside it."""
    bases = {base.id: base for base, _ in matches}
    found: list[tuple[Run, Run | None]] = []
    for base in bases.values():
        found += [(base, None), *((other, base) for mine, other in matches if mine.id == base.id)]
    return found


def _took(store: Store, runs: tuple[Run, Run | None], rows: dict[str, RunRow]) -> Took:
    run, base = runs
    known = {metric.name: metric.value for metric in runs_.metrics(store, run) if not metric.score and not metric.slice}
    answers = known.get("generations")

    def each(name: str) -> float | None:
        value = known.get(name)
        return value / answers if value is not None and answers else None

    return Took(
        run=rows[run.id],
        base=rows[base.id] if base else None,
        figures={
            "cost_per_sample": known.get("cost_per_sample"),
            "latency_p50": known.get("latency_p50"),
            "latency_p95": known.get("latency_p95"),
            "output_tokens_per_answer": each("output_tokens"),
            "errors": known.get("errors"),
        },
        currency=run.spec.price.currency if run.spec.price else "",
    )
