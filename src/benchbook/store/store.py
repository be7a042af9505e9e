"""What is written to the store, one small verb each. What is asked of it stands in `views`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, Table, bindparam, delete, func, insert, select, update

from benchbook.errors import Conflict, NotFound
from benchbook.records.artifacts import Artifact
from benchbook.records.datasets import Dataset, Sample
from benchbook.records.events import RunEvent
from benchbook.records.generations import Generation
from benchbook.records.jobs import Job
from benchbook.records.metrics import Metric
from benchbook.records.record import Record
from benchbook.records.runs import STEPS, Experiment, Run
from benchbook.records.scores import Score
from benchbook.store import database, tables
from benchbook.store.blobs import Blobs
from benchbook.store.rows import Insertion, columns_of, record_of, row_of, table_of

Place = tuple[str, int] | None
"""Where the generation of an event stands in its run: sample id and epoch."""

_HELD = (
    select(tables.runs.c.status, tables.runs.c.attempt)
    .where(tables.runs.c.id == bindparam("run"))
    .with_for_update(key_share=True)
)
_LAST_EVENT = select(func.max(tables.run_events.c.seq)).where(tables.run_events.c.run_id == bindparam("run"))

_PAGE = 500
"""Samples that are in memory while a data set is written."""

_MOVING = {"status", "attempt", "total", "stopped", "environment", "error", "started_at", "finished_at"}
"""What of a run changes in its life."""


@dataclass(frozen=True)
class Finished:
    """An experiment that was carried out elsewhere, with all that belongs to it."""

    dataset: Dataset
    samples: Sequence[Sample]
    experiment: Experiment
    runs: Sequence[Run]
    events: Sequence[RunEvent]
    generations: Sequence[Generation]
    scores: Sequence[Score]
    metrics: Sequence[Metric]


@dataclass(frozen=True)
class Kept:
    """An experiment as it is in the store."""

    dataset: Dataset
    experiment: Experiment
    runs: Sequence[Run]


class Store:
    """A database and a folder of blobs. Usable from several threads; each process opens its own."""

    def __init__(self, engine: Engine, blobs: Blobs) -> None:
        self.blobs = blobs
        self._engine = engine
        self._writer = engine.execution_options(writes=True)

    @classmethod
    def open(cls, url: str, blobs: Path) -> Self:
        """The store at `url`, with its large bodies below `blobs`; made if there is none, brought up to date if old."""
        return cls(database.opened(url), Blobs(blobs))

    @classmethod
    def missing(cls, url: str) -> Path | None:
        """The file that the store at `url` would be, where there is none yet: to open it would make it."""
        file = database.file_of(url)
        return file if file is not None and not file.exists() else None

    @property
    def address(self) -> str:
        """Where the database is, fit to be shown: without a password."""
        return database.shown(self._engine.url)

    def close(self) -> None:
        """Let go of the database."""
        database.close(self._engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that only looks."""
        with database.translated(self._engine), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that writes: all of it is kept, or none."""
        with database.translated(self._engine), self._writer.begin() as connection:
            yield connection

    def add_dataset(self, dataset: Dataset, samples: Iterable[Sample]) -> Dataset:
        """Keep a data set. If one of this version is there already, it stays as it is and is returned, and `samples`
        are not looked at."""
        with self.writing() as connection:
            return _add_dataset(connection, dataset, samples)

    def add_experiment(
        self,
        experiment: Experiment,
        runs: Sequence[Run],
        artifacts: Sequence[Artifact] = (),
        jobs: Sequence[Job] = (),
    ) -> None:
        """Keep an experiment with its planned runs, its files, and the jobs by which its runs are queued, if any."""
        with self.writing() as connection:
            for records in ([experiment], runs, artifacts, jobs):
                _add(connection, records)

    def add_finished(self, finished: Finished) -> Kept:
        """Keep an experiment that was carried out elsewhere: all of it, or nothing. If one of the same fingerprint is
        there already, it stays as it is and is returned."""
        with self.writing() as connection:
            dataset = _add_dataset(connection, finished.dataset, finished.samples)
            # Of two who bring the same at once, the second waits here until the first is done.
            held = select(tables.datasets.c.id).where(tables.datasets.c.id == dataset.id).with_for_update()
            connection.execute(held).one()
            earlier = _same_experiment(connection, finished.experiment)
            if earlier is not None:
                return Kept(dataset, earlier, _runs_of(connection, earlier))
            for records in ([finished.experiment], finished.runs, finished.metrics):
                _add(connection, records)
            named = connection.dialect.name
            first = [(generation, {"attempt": 1}) for generation in finished.generations]
            _insertion(Generation, named)(connection, first)
            _insertion(Score, named)(connection, [(score, dict[str, int]()) for score in finished.scores])
            for run in finished.runs:
                _write_events(connection, run, [event for event in finished.events if event.run_id == run.id])
        return Kept(dataset, finished.experiment, finished.runs)

    def add_artifact(self, artifact: Artifact) -> None:
        """Keep a file of an experiment; its body is in `blobs`."""
        with self.writing() as connection:
            _add(connection, [artifact])

    def step(self, run: Run, after: Run) -> Run:
        """Move `run` on to `after`, and return it as it is now. A step to `running` counts one attempt more.

        Conflict if the step is not allowed, or somebody else has moved the run on since it was read: of two who try
        the same, one succeeds.
        """
        if after.status not in STEPS[run.status]:
            allowed = ", ".join(STEPS[run.status]) or "nothing"
            raise Conflict(f"run {run.id} is {run.status} and cannot become {after.status}; allowed: {allowed}")
        moved = after.model_copy(update={"attempt": run.attempt + (after.status == "running")})
        self._replace(run, moved)
        return moved

    def update_run(self, run: Run) -> None:
        """Keep what has become known of a run (environment, error, times) in its present status and attempt."""
        self._replace(run, run)

    def record(self, run: Run, events: Sequence[RunEvent]) -> int:
        """Keep events with the generations and scores they bring, together; return how many generations were new.

        A place in a run is filled once. A generation for a place that is filled already is dropped with its scores
        and its event, unless what is there failed in an earlier attempt: that is replaced. Conflict if the run is not
        running, or an event comes from an attempt that has been superseded.
        """
        if not events:
            return 0
        try:
            return self._record(run, events, _all_written)
        except _PlaceTaken:
            return self._record(run, events, _some_written)

    def _record(self, run: Run, events: Sequence[RunEvent], write: "_WriteGenerations") -> int:
        with self.writing() as connection:
            _admit(connection, run, events)
            written = write(connection, _first_for_each_place(events))
            kept = [event for event in events if event.generation is None or written.get(_place(event)) is event]
            _write_scores(connection, kept)
            _write_events(connection, run, kept)
        return len(written)

    def add_scores(self, scores: Sequence[Score]) -> None:
        """Keep what is said of answers once their run is over: by people, or by somebody else's judges."""
        with self.writing() as connection:
            _insertion(Score, connection.dialect.name)(connection, [(score, dict[str, int]()) for score in scores])

    def save_metrics(self, run_id: str, metrics: Sequence[Metric]) -> None:
        """Keep the figures of a run in place of those it had."""
        with self.writing() as connection:
            _hold(connection, run_id)
            connection.execute(delete(tables.metrics).where(tables.metrics.c.run_id == run_id))
            _add(connection, metrics)

    def _replace(self, before: Run, after: Run) -> None:
        table = tables.runs
        unmoved = (table.c.id == before.id, table.c.status == before.status, table.c.attempt == before.attempt)
        with self.writing() as connection:
            # What is to be done changes only where a run begins or ends: then others have been heard, or it is clear.
            moves = _MOVING if after is not before else _MOVING - {"total", "stopped"}
            moving = {name: value for name, value in row_of(after).items() if name in moves}
            if connection.execute(update(table).where(*unmoved), moving).rowcount:
                return
            status, attempt = _hold(connection, before.id)
        raise Conflict(
            f"run {before.id} is {status} in attempt {attempt} by now, no longer {before.status} in attempt "
            f"{before.attempt}: somebody else has taken it up; look at it again before going on"
        )


def _add_dataset(connection: Connection, dataset: Dataset, samples: Iterable[Sample]) -> Dataset:
    table = tables.datasets
    missing = _insert(connection.dialect.name, table).on_conflict_do_nothing().returning(table.c.id)
    if connection.scalar(missing, row_of(dataset)) is not None:
        stream = iter(samples)
        while page := [(sample, dict[str, int]()) for sample in islice(stream, _PAGE)]:
            _insertion(Sample, connection.dialect.name)(connection, page)
    stored = select(*columns_of(Dataset)).where(table.c.version == dataset.version)
    return record_of(Dataset, connection.execute(stored).one())


def _same_experiment(connection: Connection, experiment: Experiment) -> Experiment | None:
    table = tables.experiments
    alike = select(*columns_of(Experiment)).where(
        table.c.name == experiment.name, table.c.fingerprint == experiment.fingerprint
    )
    values = connection.execute(alike.order_by(table.c.id).limit(1)).one_or_none()
    return None if values is None else record_of(Experiment, values)


def _runs_of(connection: Connection, experiment: Experiment) -> list[Run]:
    table = tables.runs
    question = select(*columns_of(Run)).where(table.c.experiment_id == experiment.id).order_by(table.c.position)
    return [record_of(Run, values) for values in connection.execute(question)]


def _add(connection: Connection, records: Sequence[Record]) -> None:
    """Insert records of one kind."""
    if records:
        connection.execute(insert(table_of(type(records[0]))), [row_of(record) for record in records])


def _insert(dialect: str, table: Table) -> Any:
    """An INSERT that may say what to do about a conflict: both databases spell it alike, SQLAlchemy does not."""
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)


def _hold(connection: Connection, run_id: str) -> tuple[str, int]:
    """The run's status and attempt, which stay so until the transaction ends."""
    row = connection.execute(_HELD, {"run": run_id}).one_or_none()
    if row is None:
        raise NotFound(f"there is no run {run_id}")
    return row.status, row.attempt


def _admit(connection: Connection, run: Run, events: Sequence[RunEvent]) -> None:
    """Only a running run is written to, and only by its present attempt: an orphan of an earlier one cannot."""
    status, attempt = _hold(connection, run.id)
    if status != "running":
        raise Conflict(f"run {run.id} is {status}: it takes no events; resume it to go on")
    for event in events:
        if (event.run_id, event.attempt) != (run.id, attempt):
            raise Conflict(
                f"run {run.id} is in attempt {attempt}; an event of run {event.run_id}, attempt {event.attempt}, is "
                "refused: another process has taken the run up"
            )


def _place(event: RunEvent) -> Place:
    return (event.generation.sample_id, event.generation.epoch) if event.generation else None


def _first_for_each_place(events: Sequence[RunEvent]) -> dict[Place, RunEvent]:
    """The events that bring a generation. Were two to bring the same, the first would count, as between batches."""
    return {_place(event): event for event in reversed(events) if event.generation is not None}


_Arrivals = Mapping[Place, RunEvent]
_WriteGenerations = Callable[[Connection, _Arrivals], _Arrivals]


class _PlaceTaken(Exception):
    """A generation has come for a place that is filled."""


def _all_written(connection: Connection, arrivals: _Arrivals) -> _Arrivals:
    """Write all of them; _PlaceTaken, and what was written must be taken back, if one does not find its place."""
    rows = [(event.generation, {"attempt": event.attempt}) for event in arrivals.values() if event.generation]
    if _insertion(Generation, connection.dialect.name)(connection, rows) != len(rows):
        raise _PlaceTaken
    return arrivals


def _some_written(connection: Connection, arrivals: _Arrivals) -> _Arrivals:
    """Write those that find their place empty, or filled by a failure of an earlier attempt; return these."""
    table = tables.generations
    rows = [row_of(event.generation, attempt=event.attempt) for event in arrivals.values() if event.generation]
    filling = _filling(connection.dialect.name).returning(table.c.sample_id, table.c.epoch)
    return {(sample_id, epoch): arrivals[sample_id, epoch] for sample_id, epoch in connection.execute(filling, rows)}


@cache
def _insertion(kind: type[Record], dialect: str) -> Insertion:
    # Kept, because making it takes longer than carrying it out.
    return Insertion(kind, _filling(dialect) if kind is Generation else insert(table_of(kind)), dialect)


def _filling(dialect: str) -> Any:
    table = tables.generations
    arriving = _insert(dialect, table)
    kept = ("id", "run_id", "sample_id", "epoch")
    return arriving.on_conflict_do_update(
        index_elements=["run_id", "sample_id", "epoch"],
        set_={column.name: arriving.excluded[column.name] for column in table.columns if column.name not in kept},
        where=table.c.error.is_not(None) & (table.c.attempt < arriving.excluded.attempt),
    )


def _write_scores(connection: Connection, events: Sequence[RunEvent]) -> None:
    # What an earlier attempt's failure was given goes with it.
    retried = [{"generation": event.generation.id} for event in events if event.generation and event.attempt > 1]
    if retried:
        connection.execute(
            delete(tables.scores).where(tables.scores.c.generation_id == bindparam("generation")), retried
        )
    scores = [(score, dict[str, int]()) for event in events for score in event.scores]
    _insertion(Score, connection.dialect.name)(connection, scores)


def _write_events(connection: Connection, run: Run, events: Sequence[RunEvent]) -> None:
    """Give the events the next numbers of their run."""
    if not events:
        return
    last = connection.scalar(_LAST_EVENT, {"run": run.id}) or 0
    numbered = [(event, {"seq": seq}) for seq, event in enumerate(events, last + 1)]
    _insertion(RunEvent, connection.dialect.name)(connection, numbered)
