"""One run as a page shows it: what was asked, how far it is, what came of it, what went wrong, how to do it again."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from pydantic import JsonValue

from benchbook.records.datasets import Dataset
from benchbook.records.metrics import Metric
from benchbook.records.runs import Run
from benchbook.service import live, overview
from benchbook.service.ingestion import INGESTED
from benchbook.service.run_lines import RunLine
from benchbook.store import comparisons, pages, views
from benchbook.store.pages import FailureCount, RunRow, ScoreCount
from benchbook.store.store import Store


@dataclass(frozen=True)
class Attempt:
    """One time that a run was taken up."""

    attempt: int
    started_at: datetime
    environment: Mapping[str, JsonValue]
    """Versions, machine, model facts."""
    budget: Mapping[str, JsonValue]
    ready: Mapping[str, JsonValue]
    """What model, scorers and sandbox said of themselves."""
    traffic: Mapping[str, JsonValue]
    """What the requests came to, once they were over."""
    finished_at: datetime | None
    status: str | None
    """How it ended; None if it is under way, or was killed."""
    error: str | None


@dataclass(frozen=True)
class ScoreFacet:
    """What a score of the run says, for filters."""

    name: str
    n: int
    labels: Mapping[str, int]
    """How often each label was given, the most frequent first."""
    low: float | None
    high: float | None
    """The least and the greatest value."""


@dataclass(frozen=True)
class RunWhole:
    """A run with all that belongs to it but its answers."""

    run: Run
    """With spec and environment."""
    row: RunLine
    """With progress and cost."""
    rate: float | None
    """Samples a second, while it is under way."""
    seconds_left: float | None
    dataset: Dataset
    metrics: Sequence[Metric]
    scores: Sequence[ScoreFacet]
    attempts: Sequence[Attempt]
    failures: Sequence[FailureCount]
    warnings: Sequence[str]
    reads: Sequence[RunRow]
    """The runs whose answers it judges."""
    judges: Sequence[RunRow]
    """The runs that judge its answers."""
    reproduce: str | None
    """The command that carries it out once more; None if it was carried out elsewhere."""


@dataclass(frozen=True)
class Curve:
    """The mean of a score over the first so many answers, in the order of the data set: whether it has settled."""

    score: str
    answers: Sequence[int]
    means: Sequence[float]


def whole(store: Store, name: str) -> RunWhole:
    """The run of that id, or of the beginning or end of it."""
    run = views.run(store, name)
    row = pages.run_row(store, run.id)
    pace = overview.active(store, row)
    reads = run.spec.judging.reads if run.spec.judging else ()
    warnings = [str(event.body.get("message", "")) for event in views.events_of(store, run.id, "warning")]
    return RunWhole(
        run=run,
        row=pace.run,
        rate=pace.rate,
        seconds_left=pace.seconds_left,
        dataset=views.dataset(store, run.dataset_id),
        metrics=live.metrics(store, row),
        scores=facets(pages.score_counts(store, run.id)),
        attempts=_attempts(store, run),
        failures=pages.failure_counts(store, run.id),
        warnings=list(dict.fromkeys(warnings)),
        reads=[pages.run_row(store, one) for one in reads],
        judges=pages.judges_of(store, run.id),
        reproduce=None if run.spec.engine.name == INGESTED else f"benchbook reproduce {run.id}",
    )


def curve(store: Store, name: str, score: str) -> Curve:
    """How the mean of that score went over the run's answers; of a run that does not have it, nothing."""
    values = comparisons.in_order(store, views.run(store, name), score)
    sums = list(accumulate(values))
    step = math.ceil(len(values) / _POINTS)
    answers = [*range(step, len(values), step), len(values)] if values else []
    return Curve(score, answers, [sums[n - 1] / n for n in answers])


_POINTS = 200
"""Of a curve."""


def facets(counts: Sequence[ScoreCount]) -> list[ScoreFacet]:
    """What can be filtered by, of each score."""
    return [_facet(name, [one for one in counts if one.name == name]) for name in dict.fromkeys(c.name for c in counts)]


def _facet(name: str, counts: Sequence[ScoreCount]) -> ScoreFacet:
    labels: dict[str, int] = {}
    for one in counts:
        if one.label is not None:
            labels[one.label] = labels.get(one.label, 0) + one.n
    values = [one.value for one in counts if one.value is not None]
    return ScoreFacet(
        name=name,
        n=sum(one.n for one in counts),
        labels=dict(sorted(labels.items(), key=lambda pair: (-pair[1], pair[0]))[:_LABELS]),
        low=min(values, default=None),
        high=max(values, default=None),
    )


_LABELS = 50
"""Labels of one score that are offered as filters."""


def _attempts(store: Store, run: Run) -> list[Attempt]:
    begun = views.events_of(store, run.id, "run_started")
    ready = {event.attempt: event.body for event in views.events_of(store, run.id, "parts_ready")}
    done = {event.attempt: event.body for event in views.events_of(store, run.id, "parts_done")}
    ended = {event.attempt: event for event in views.events_of(store, run.id, "run_finished")}
    return [
        Attempt(
            attempt=event.attempt,
            started_at=event.created_at,
            environment=_mapping(event.body.get("environment")),
            budget=_mapping(event.body.get("budget")),
            ready=ready.get(event.attempt, {}),
            traffic=done.get(event.attempt, {}),
            finished_at=end.created_at if (end := ended.get(event.attempt)) else None,
            status=str(end.body.get("status")) if end else None,
            error=str(end.body["error"]) if end and end.body.get("error") else None,
        )
        for event in begun
    ]


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}
