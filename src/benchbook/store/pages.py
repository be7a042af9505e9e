"""Lists of the API: a page at a time, by keys, and without bodies."""

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Select, and_, func, or_, select

from benchbook.errors import NotFound, SpecError
from benchbook.records.artifacts import Artifact
from benchbook.records.datasets import Dataset
from benchbook.records.runs import RunStatus
from benchbook.store import tables
from benchbook.store.rows import columns_of, record_of
from benchbook.store.store import Store

T = TypeVar("T")

LARGEST = (1 << 31) - 1
"""The largest number that a column of whole numbers takes."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """Part of a list. `next` is where it goes on; with a search there may be more although few fitted until there."""

    items: Sequence[T]
    next: str | None = None


@dataclass(frozen=True)
class RunRow:
    """A run in a list."""

    id: str
    created_at: datetime
    experiment_id: str
    experiment: str
    position: int
    model: str
    task: str
    rubric: str | None
    """What it judges by, of a judge's run."""
    dataset_id: str
    status: RunStatus
    attempt: int
    total: int
    error: str | None
    started_at: datetime | None
    finished_at: datetime | None
    done: int = 0
    failed: int = 0
    cost: float | None = None


@dataclass(frozen=True)
class ExperimentRow:
    """An experiment in a list."""

    id: str
    created_at: datetime
    name: str
    runs: int
    statuses: Mapping[str, int]
    """How many of its runs are in which status."""
    total: int
    done: int
    failed: int
    cost: float | None


@dataclass(frozen=True)
class ScoreCount:
    """How often a score of a run said the same."""

    name: str
    value: float | None
    label: str | None
    n: int


@dataclass(frozen=True)
class FailureCount:
    """How often a model gave no answer for the same reason, and where that is seen."""

    error: str
    n: int
    position: int
    epoch: int


@dataclass(frozen=True)
class ModelUse:
    """A model that was asked."""

    name: str
    model: str
    """As `runtime/name`."""
    runs: int
    newest_run: str


@dataclass(frozen=True)
class RunFilter:
    """Which runs are listed."""

    status: RunStatus | None = None
    model: str | None = None
    task: str | None = None
    experiment: str | None = None
    """Its id."""


def runs(store: Store, wanted: RunFilter = RunFilter(), limit: int = 50, after: str | None = None) -> Page[RunRow]:
    """The runs of the newest experiments, each in the order of its plan."""
    run = tables.runs.c
    question = _run_rows(wanted).order_by(run.experiment_id.desc(), run.position).limit(limit + 1)
    if after is not None:
        experiment_id, position = opened(after, str, int)
        later = and_(run.experiment_id == experiment_id, run.position > position)
        question = question.where(or_(run.experiment_id < experiment_id, later))
    with store.reading() as connection:
        found = _with_progress(connection, [RunRow(*values) for values in connection.execute(question)])
    return cut(found, limit, lambda row: (row.experiment_id, row.position))


def newest_runs(store: Store, statuses: Sequence[RunStatus], limit: int) -> list[RunRow]:
    """The newest runs in any of these statuses."""
    run = tables.runs.c
    question = _run_rows(RunFilter()).where(run.status.in_(statuses)).order_by(run.id.desc()).limit(limit)
    with store.reading() as connection:
        return _with_progress(connection, [RunRow(*values) for values in connection.execute(question)])


def run_row(store: Store, run_id: str) -> RunRow:
    """One run as lists show it."""
    with store.reading() as connection:
        found = connection.execute(_run_rows(RunFilter()).where(tables.runs.c.id == run_id)).one()
        return _with_progress(connection, [RunRow(*found)])[0]


def run_rows(store: Store, run_ids: Sequence[str]) -> dict[str, RunRow]:
    """Runs as lists show them, by their ids."""
    question = _run_rows(RunFilter()).where(tables.runs.c.id.in_(run_ids))
    with store.reading() as connection:
        rows = _with_progress(connection, [RunRow(*values) for values in connection.execute(question)])
    return {row.id: row for row in rows}


def experiments(
    store: Store, limit: int = 50, after: str | None = None, name: str | None = None
) -> Page[ExperimentRow]:
    """The newest experiments; those whose name has `name` in it."""
    experiment = tables.experiments.c
    question = select(experiment.id, experiment.created_at, experiment.name).order_by(experiment.id.desc())
    if after is not None:
        question = question.where(experiment.id < opened(after, str)[0])
    if name is not None:
        question = question.where(experiment.name.icontains(name, autoescape=True))
    with store.reading() as connection:
        rows = connection.execute(question.limit(limit + 1)).all()
        mine = _run_rows(RunFilter()).where(tables.runs.c.experiment_id.in_([row.id for row in rows]))
        theirs = _with_progress(connection, [RunRow(*values) for values in connection.execute(mine)])
    by_experiment: dict[str, list[RunRow]] = defaultdict(list)
    for one in theirs:
        by_experiment[one.experiment_id].append(one)
    return cut([_experiment_row(*row, by_experiment[row.id]) for row in rows], limit, lambda row: (row.id,))


def datasets(store: Store, limit: int = 50, after: str | None = None) -> Page[Dataset]:
    """The data sets that were read, newest first."""
    table = tables.datasets.c
    question = select(*columns_of(Dataset)).order_by(table.created_at.desc(), table.id.desc()).limit(limit + 1)
    if after is not None:
        created_at, dataset_id = opened(after, str, str)
        moment = datetime.fromisoformat(created_at)
        same = and_(table.created_at == moment, table.id < dataset_id)
        question = question.where(or_(table.created_at < moment, same))
    with store.reading() as connection:
        found = [record_of(Dataset, values) for values in connection.execute(question)]
    return cut(found, limit, lambda one: (one.created_at.isoformat(), one.id))


def pace(store: Store, run_id: str, among: int = 200) -> float | None:
    """Samples a second of a run, by the newest of its events; None if there are too few."""
    event = tables.run_events.c
    question = select(event.created_at).where(event.run_id == run_id, event.kind == "sample_done")
    with store.reading() as connection:
        times = connection.scalars(question.order_by(event.seq.desc()).limit(among)).all()
    seconds = (times[0] - times[-1]).total_seconds() if times else 0.0
    return (len(times) - 1) / seconds if seconds > 0 else None


def statuses(store: Store) -> dict[str, int]:
    """How many runs are in which status."""
    status = tables.runs.c.status
    with store.reading() as connection:
        return _pairs(connection, select(status, func.count()).group_by(status))


def judges_of(store: Store, run_id: str) -> list[RunRow]:
    """The runs that judge the answers of a run, newest first."""
    run = tables.runs.c
    judging = select(run.id, run.spec).where(run.rubric.is_not(None)).order_by(run.id.desc())
    with store.reading() as connection:
        mine = [key for key, spec in connection.execute(judging) if run_id in spec["judging"]["reads"]]
        rows = [RunRow(*values) for values in connection.execute(_run_rows(RunFilter()).where(run.id.in_(mine)))]
        return sorted(_with_progress(connection, rows), key=lambda row: row.id, reverse=True)


def said_around(store: Store, run_id: str) -> dict[str, int]:
    """How many scores there are in the run, in those that judge it or that it judges, in those that judge these,
    and so on. Scores are only ever added: while this stays the same, so does all that is said of its answers."""
    run, score = tables.runs.c, tables.scores.c
    with store.reading() as connection:
        specs = connection.execute(select(run.id, run.spec).where(run.rubric.is_not(None)))
        groups = [{key, *spec["judging"]["reads"], *spec["judging"].get("panel", ())} for key, spec in specs]
        around = {run_id}
        while touching := [group for group in groups if group & around and not group <= around]:
            around = around.union(*touching)
        counts = select(score.run_id, func.count()).where(score.run_id.in_(sorted(around))).group_by(score.run_id)
        return _pairs(connection, counts)


def runs_on(store: Store, dataset_id: str, limit: int) -> list[RunRow]:
    """The newest runs that were asked a data set."""
    run = tables.runs.c
    question = _run_rows(RunFilter()).where(run.dataset_id == dataset_id).order_by(run.id.desc()).limit(limit)
    with store.reading() as connection:
        return _with_progress(connection, [RunRow(*values) for values in connection.execute(question)])


def models_asked(store: Store) -> list[ModelUse]:
    """The models that runs have asked, the newest first."""
    run = tables.runs.c
    newest = func.max(run.id).label("newest")
    question = select(run.model, func.count(), newest).group_by(run.model).order_by(newest.desc()).limit(500)
    with store.reading() as connection:
        uses = connection.execute(question).all()
        specs = select(run.id, run.spec).where(run.id.in_([use.newest for use in uses]))
        models = {key: spec["model"]["model"] for key, spec in connection.execute(specs)}
    return [ModelUse(name or "", models[key], number, key) for name, number, key in uses]


def score_counts(store: Store, run_id: str) -> list[ScoreCount]:
    """What the scores of a run say, by name."""
    score = tables.scores.c
    alike = (score.name, score.value, score.label)
    question = select(*alike, func.count()).where(score.run_id == run_id).group_by(*alike).order_by(*alike)
    with store.reading() as connection:
        return [ScoreCount(*row) for row in connection.execute(question)]


def failure_counts(store: Store, run_id: str, limit: int = 20) -> list[FailureCount]:
    """Why a model gave no answers, the most frequent reasons first."""
    sample, generation = tables.samples.c, tables.generations.c
    number = func.count().label("number")
    question = (
        select(generation.error, number, func.min(sample.position), func.min(generation.epoch))
        .join_from(tables.generations, tables.samples, generation.sample_id == sample.id)
        .where(generation.run_id == run_id, generation.error.is_not(None))
        .group_by(generation.error)
        .order_by(number.desc(), generation.error)
        .limit(limit)
    )
    with store.reading() as connection:
        return [FailureCount(*row) for row in connection.execute(question)]


def artifact(store: Store, artifact_id: str) -> Artifact:
    """The file of that id."""
    question = select(*columns_of(Artifact)).where(tables.artifacts.c.id == artifact_id)
    with store.reading() as connection:
        found = connection.execute(question).one_or_none()
    if found is None:
        raise NotFound(f"there is no file {artifact_id}")
    return record_of(Artifact, found)


def samples_done(store: Store) -> int:
    """Answers of all runs, failures included; of completed runs as many as they have."""
    run, generation = tables.runs.c, tables.generations.c
    completed = select(func.sum(run.total)).where(run.status == "completed")
    begun = select(run.id).where(run.status != "completed", run.attempt > 0)
    others = select(func.count()).select_from(tables.generations).where(generation.run_id.in_(begun))
    with store.reading() as connection:
        return (connection.scalar(completed) or 0) + (connection.scalar(others) or 0)


def cut(found: Sequence[T], limit: int, key: Callable[[T], Sequence[str | float | None]]) -> Page[T]:
    """The first `limit` of one more."""
    page = list(found[:limit])
    return Page(page, closed(*key(page[-1])) if len(found) > limit else None)


def closed(*parts: str | float | None) -> str:
    """A cursor, fit for an address."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def opened(cursor: str, *kinds: type) -> list[Any]:
    """The parts of a cursor; SpecError if we did not make it."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        parts = None
    if not isinstance(parts, list) or [type(part) for part in parts] != list(kinds):
        raise _no_cursor()
    if any(isinstance(part, int) and abs(part) > LARGEST for part in parts):
        raise _no_cursor()
    return parts


def _no_cursor() -> SpecError:
    return SpecError("this is no cursor of this list; give what `next` said, or leave it out", field=["after"])


def _run_rows(wanted: RunFilter) -> Select[Any]:
    run, experiment = tables.runs.c, tables.experiments.c
    question = select(
        run.id, run.created_at, run.experiment_id, experiment.name, run.position, run.model, run.task, run.rubric,
        run.dataset_id, run.status, run.attempt, run.total, run.error, run.started_at, run.finished_at,
    ).join_from(tables.runs, tables.experiments, run.experiment_id == experiment.id)  # fmt: skip
    pairs = {run.status: wanted.status, run.model: wanted.model, run.task: wanted.task}
    pairs[run.experiment_id] = wanted.experiment
    return question.where(*(column == value for column, value in pairs.items() if value is not None))


def _with_progress(connection: Connection, rows: Sequence[RunRow]) -> list[RunRow]:
    """The rows, with what is done, failed and spent."""
    generation, metric = tables.generations.c, tables.metrics.c
    begun = [row.id for row in rows if row.attempt]
    under_way = [row.id for row in rows if row.attempt and row.status != "completed"]
    if not begun:
        return list(rows)
    failures = select(generation.run_id, func.count()).where(
        generation.run_id.in_(begun), generation.error.is_not(None)
    )
    answers = select(generation.run_id, func.count()).where(generation.run_id.in_(under_way))
    spent = select(generation.run_id, func.sum(generation.cost)).where(
        generation.run_id.in_(under_way), generation.cost.is_not(None)
    )
    known = select(metric.run_id, metric.value).where(metric.run_id.in_(begun), metric.name == "cost")
    failed = _pairs(connection, failures.group_by(generation.run_id))
    stored, paid = (
        _pairs(connection, question.group_by(generation.run_id)) if under_way else {} for question in (answers, spent)
    )
    costs = {**_pairs(connection, known.where(metric.score == "", metric.slice == "")), **paid}
    return [
        replace(
            row,
            done=(stored.get(row.id, 0) if row.status != "completed" else row.total) - failed.get(row.id, 0),
            failed=failed.get(row.id, 0),
            cost=costs.get(row.id),
        )
        for row in rows
    ]


def _pairs(connection: Connection, question: Select[Any]) -> dict[str, Any]:
    return {row[0]: row[1] for row in connection.execute(question)}


def _experiment_row(experiment_id: str, created_at: datetime, name: str, runs: Sequence[RunRow]) -> ExperimentRow:
    costs = [run.cost for run in runs if run.cost is not None]
    return ExperimentRow(
        id=experiment_id,
        created_at=created_at,
        name=name,
        runs=len(runs),
        statuses=Counter(run.status for run in runs),
        total=sum(run.total for run in runs),
        done=sum(run.done for run in runs),
        failed=sum(run.failed for run in runs),
        cost=sum(costs) if costs else None,
    )
