"""Carrying out one run: the engine's events into the store, and to whoever watches."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import JsonValue

from benchbook import registry
from benchbook.engine.metrics import Tally, fold
from benchbook.engine.sample import describe
from benchbook.errors import NotFound
from benchbook.protocols import Cache, Context, Engine
from benchbook.records.events import RunEvent
from benchbook.records.metrics import Metric
from benchbook.records.runs import Run, RunStatus
from benchbook.service import environment
from benchbook.store import views
from benchbook.store.store import Store

Sink = Callable[[Run, Sequence[RunEvent]], None]
"""Told of events once they are stored."""


def utc_now() -> datetime:
    """The clock of this process."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Watch:
    """Who follows along, who can stop the work, and which clock it goes by."""

    sinks: tuple[Sink, ...] = ()
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    now: Callable[[], datetime] = utc_now
    cache: Cache | None = None
    """Answers of earlier runs."""


async def execute(store: Store, run: Run, watch: Watch) -> Run:
    """Carry out what is left of the run; the run as it stands afterwards.

    A run that breaks is marked as failed, with the reason, and the error goes on to the caller.
    """
    begun = {"status": "running", "environment": environment.facts(run.spec), "started_at": watch.now(), "error": None}
    run = store.step(run, run.model_copy(update=begun))
    circumstances: dict[str, JsonValue] = {"attempt": run.attempt, "environment": dict(run.environment)}
    _record(store, run, [RunEvent.of(run, "run_started", circumstances, watch.now())], watch)
    tally = Tally(run.spec.price)
    try:
        await _record_all(store, run, tally, watch)
    except asyncio.CancelledError:
        _end(store, run, tally, "interrupted", watch)
        raise
    except Exception as err:
        _end(store, run, tally, "failed", watch, describe(err))
        raise
    stored = views.progress(store, run.id)
    return _end(store, run, tally, "completed" if stored.done + stored.failed >= run.total else "interrupted", watch)


def metrics(store: Store, run: Run) -> list[Metric]:
    """The figures of the run; folded afresh while it is under way, or was killed in it."""
    if run.status in ("completed", "interrupted", "failed"):
        return views.metrics_of(store, run.id)
    return fold(run, views.generations(store, run.id), run.created_at)


def named(store: Store, name: str) -> list[Run]:
    """The run of that id, or all runs of the experiment of that name or id."""
    try:
        return [views.run(store, name)]
    except NotFound as no_run:
        try:
            return views.runs_of(store, views.experiment(store, name).id)
        except NotFound:
            raise no_run from None


async def _record_all(store: Store, run: Run, tally: Tally, watch: Watch) -> None:
    async with aclosing(_events(store, run, watch)) as stream:
        async for events in stream:
            run = _with_facts(store, run, events)
            _record(store, run, [*events, *_troubles(run, watch)], watch)
            for event in events:
                if event.sample is not None and event.generation is not None:
                    tally.add(event.sample, event.generation, event.scores)
    if watch.cache is not None:
        await asyncio.to_thread(watch.cache.flush)
        _record(store, run, _troubles(run, watch), watch)


def _troubles(run: Run, watch: Watch) -> list[RunEvent]:
    """What went wrong with the cache by now."""
    said = watch.cache.troubles() if watch.cache else []
    return [RunEvent.of(run, "warning", {"message": message}, watch.now()) for message in said]


def _record(store: Store, run: Run, events: Sequence[RunEvent], watch: Watch) -> None:
    if not events:
        return
    store.record(run, events)
    for sink in watch.sinks:
        sink(run, events)


def _events(store: Store, run: Run, watch: Watch) -> AsyncGenerator[Sequence[RunEvent], None]:
    task = run.spec.task
    context = Context(
        samples=views.samples_of(store, run.dataset_id, task.slices, task.limit),
        done=views.done_pairs(store, run.id),
        now=watch.now,
        stop=watch.stop,
        cache=watch.cache,
    )
    engine: Engine = registry.build("engine", run.spec.engine)
    return engine(run, context)


def _with_facts(store: Store, run: Run, events: Sequence[RunEvent]) -> Run:
    """The run, knowing what its model and its scorers said of themselves once they were ready."""
    said = {name: str(value) for event in events if event.kind == "parts_ready" for name, value in event.body.items()}
    new = {name: value for name, value in said.items() if name not in run.environment}
    if not new:
        return run
    run = run.model_copy(update={"environment": {**run.environment, **new}})
    store.update_run(run)
    return run


def _end(store: Store, run: Run, tally: Tally, status: RunStatus, watch: Watch, error: str | None = None) -> Run:
    """Keep the figures of what there is, and say how the run ended."""
    _record(store, run, [RunEvent.of(run, "run_finished", {"status": status, "error": error}, watch.now())], watch)
    store.save_metrics(run.id, _figures(store, run, tally, watch.now()))
    current = views.run(store, run.id)
    ended = {"status": status, "finished_at": watch.now(), "error": error}
    # From `run`, not from `current`: an attempt that has been superseded must not end the one that took over.
    return store.step(run, current.model_copy(update=ended))


def _figures(store: Store, run: Run, tally: Tally, now: datetime) -> list[Metric]:
    """From what has passed by, if that is all there is. A resumed run is read again, and so is one whose engine gave
    an answer twice."""
    stored = views.progress(store, run.id)
    if tally.generations == stored.done + stored.failed:
        return tally.metrics(run, now)
    return fold(run, views.generations(store, run.id), now)
