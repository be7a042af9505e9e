"""Carrying out one run: the engine's events into the store, and to whoever watches."""

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from pydantic import JsonValue

from benchbook import registry
from benchbook.engine.budget import Account
from benchbook.engine.lookout import at_any_time
from benchbook.engine.metrics import Tally, fold
from benchbook.engine.sample import describe
from benchbook.errors import NotFound, StoreError
from benchbook.protocols import Cache, Context, Engine, Matter
from benchbook.records.datasets import Sample
from benchbook.records.events import RunEvent
from benchbook.records.metrics import Metric
from benchbook.records.runs import Run, RunStatus, Stopped
from benchbook.service import environment, stopping
from benchbook.service.costs import STOPPED
from benchbook.service.outage import PATIENCE, Result, outlast
from benchbook.specs.spec import unknown
from benchbook.store import draws, queue, views
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
    account: Account | None = None
    """What may be spent; None if nobody counts."""
    patience: float = PATIENCE
    """Seconds that a run waits for a database that is away."""


_under_way: set[str] = set()
"""The runs that this process works on. The store cannot always tell: it may be what has gone."""


async def execute(store: Store, run: Run, watch: Watch) -> Run:
    """Carry out what is left of the run; the run as it stands afterwards.

    A run that breaks is marked as failed, with the reason, and the error goes on to the caller.
    """
    begun = {
        "status": "running",
        "environment": environment.facts(run.spec),
        "started_at": watch.now(),
        "error": None,
        "stopped": None,
        "total": await waited_for(partial(_total, store, run), run, watch),
    }
    run = await _step(store, run, run.model_copy(update=begun), watch)
    _under_way.add(run.id)
    try:
        return await _carried_through(store, run, watch)
    finally:
        _under_way.discard(run.id)


def under_way(run: Run) -> bool:
    """Whether a process works on the run, as far as this machine can tell."""
    if run.status != "running" or not environment.alive(run.environment):
        return False
    return run.id in _under_way or not environment.ours(run.environment)


def broken_off(store: Store, run: Run) -> bool:
    """Whether the run's process is gone, without having brought it to an end, and no worker will take it up: nobody
    works on it until it is resumed. Of the processes of other machines this one cannot tell."""
    if run.status != "running" or run.id in _under_way or not environment.gone(run.environment):
        return False
    return not queue.waiting_or_working(store, [run.id])


def abandoned(store: Store, run: Run, status: RunStatus, reason: str, now: datetime) -> Run:
    """The run of a process that is gone, brought to an end with the figures of what there is."""
    if run.status == "queued" and status == "failed":
        run = store.step(run, run.model_copy(update={"status": "running", "started_at": now}))
    if run.status != "running":
        return run
    store.record(run, [RunEvent.of(run, "run_finished", {"status": status, "error": reason}, now)])
    store.save_metrics(run.id, fold(run, views.generations(store, run.id), now))
    return store.step(run, run.model_copy(update={"status": status, "finished_at": now, "error": reason}))


async def waited_for(
    act: Callable[[], Result], run: Run, watch: Watch, again: Callable[[], Result] | None = None
) -> Result:
    """What `act` returns, if need be once the run's database is back; `again` where a second try is not the same."""

    def tell(message: str) -> None:
        _tell(run, [RunEvent.of(run, "warning", {"message": message}, watch.now())], watch)

    return await outlast(act, again or act, watch.patience, tell)


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


async def _carried_through(store: Store, run: Run, watch: Watch) -> Run:
    await _record(store, run, [RunEvent.of(run, "run_started", _circumstances(run, watch), watch.now())], watch)
    tally = Tally.of(run.spec)
    try:
        stopped = await _record_all(store, run, tally, watch)
    except asyncio.CancelledError:
        await _end(store, run, tally, "interrupted", replace(watch, patience=0))
        raise
    except StoreError as err:
        # Where nothing can be written the run stays as it is: nobody works on it, and it can be taken up.
        with suppress(StoreError):
            await _end(store, run, tally, "failed", replace(watch, patience=0), describe(err))
        raise
    except Exception as err:
        await _end(store, run, tally, "failed", watch, describe(err))
        raise
    progress = await waited_for(lambda: views.progress(store, run.id), run, watch)
    asked = progress.done + progress.failed
    if stopped is not None:
        run = run.model_copy(update={"stopped": stopped, "total": asked if stopped.clear else run.total})
    if asked >= run.total:
        await _record(store, run, _unheeded(run, tally, watch), watch)
        return await _end(store, run, tally, "completed", watch)
    reason = watch.account.reason if watch.account else None
    return await _end(store, run, tally, "interrupted", watch, f"{STOPPED}{reason}" if reason else None)


def _circumstances(run: Run, watch: Watch) -> dict[str, JsonValue]:
    """Of this attempt: where it is carried out, and what may be spent."""
    budget = watch.account.budget.model_dump(mode="json", exclude_defaults=True) if watch.account else {}
    return {
        "attempt": run.attempt,
        "environment": dict(run.environment),
        **({"budget": budget} if budget else {}),
    }


def _total(store: Store, run: Run) -> int:
    """How many answers the run will have. A judge's was planned before one knew what others would leave out."""
    reads = [views.run(store, one) for one in run.spec.judging.reads] if run.spec.judging else []
    if any(one.stopped is not None and one.status == "completed" for one in reads):
        return views.common_places(store, [one.id for one in reads], run.spec.task.epochs)
    return run.total


async def _record_all(store: Store, run: Run, tally: Tally, watch: Watch) -> Stopped | None:
    """Until the engine is done; what it says if it is before all was asked."""
    stopped = None
    begun = await waited_for(partial(_events, store, run, watch), run, watch)
    async with aclosing(begun) as stream:
        async for events in stream:
            run = await _with_facts(store, run, events, watch)
            changed = await _changed(store, run, events, watch)
            await _record(store, run, [*events, *changed, *_troubles(run, watch)], watch)
            for event in events:
                if event.kind == "stopped":
                    stopped = Stopped.parse(event.body)
                if event.sample is not None and event.generation is not None:
                    tally.add(event.sample, event.generation, event.scores)
    if watch.cache is not None:
        await asyncio.to_thread(watch.cache.flush)
        await _record(store, run, _troubles(run, watch), watch)
    return stopped


async def _changed(store: Store, run: Run, events: Sequence[RunEvent], watch: Watch) -> list[RunEvent]:
    """A warning where the model is not what it was in the attempt before: one run then holds the answers of both."""
    ready = next((event.body for event in events if event.kind == "parts_ready"), None)
    if ready is None or run.attempt < 2:
        return []
    earlier = await waited_for(partial(views.events_of, store, run.id, "parts_ready"), run, watch)
    before = earlier[-1].body if earlier else {}
    names = (name for name in ready if name.startswith("model.") and name not in environment.OF_THE_MOMENT)
    moved = [name for name in names if name in before and before[name] != ready[name]]
    message = (
        f"the model is not what it was in the attempt before ({', '.join(moved)}): this run will hold answers of both; "
        "to ask all of them anew, evaluate the config once more"
    )
    return [RunEvent.of(run, "warning", {"message": message}, watch.now())] if moved else []


def _troubles(run: Run, watch: Watch) -> list[RunEvent]:
    """What went wrong with the cache by now."""
    said = watch.cache.troubles() if watch.cache else []
    return RunEvent.warnings(run, said, watch.now())


def _unheeded(run: Run, tally: Tally, watch: Watch) -> list[RunEvent]:
    """What the task names and no verdict has, once all have been seen: mostly it is misspelt."""
    task = run.spec.task
    if run.spec.judging is not None or not tally.values or tally.generations < run.total:
        return []
    said = [
        f"`smaller_is_better` names a score that no answer has: {unknown('score', name, tally.values)}"
        for name in task.smaller_is_better
        if name not in tally.values
    ]
    folded = {metric for (_, metric), sums in tally.sums.items() if sums}
    said += [
        f"the metric {metric.name!r} has no figure: no verdict has what it is made of; is its scorer among `scorers`?"
        for metric in task.metrics
        if metric.name not in folded
    ]
    return RunEvent.warnings(run, said, watch.now())


async def _record(store: Store, run: Run, events: Sequence[RunEvent], watch: Watch) -> None:
    if not events:
        return

    def again() -> int:
        # A batch is stored whole or not at all.
        return 0 if views.has_any(store, run.id, events) else store.record(run, events)

    await waited_for(lambda: store.record(run, events), run, watch, again)
    _tell(run, events, watch)


def _tell(run: Run, events: Sequence[RunEvent], watch: Watch) -> None:
    for sink in watch.sinks:
        sink(run, events)


async def _step(store: Store, run: Run, after: Run, watch: Watch) -> Run:
    def again() -> Run:
        stands = views.run(store, run.id)
        if (stands.status, stands.attempt) == (run.status, run.attempt):
            return store.step(run, after)
        ours = stands == after.model_copy(update={"attempt": stands.attempt})
        return stands if ours else store.step(run, after)

    return await waited_for(lambda: store.step(run, after), run, watch, again)


def _events(store: Store, run: Run, watch: Watch) -> AsyncGenerator[Sequence[RunEvent], None]:
    samples: _Samples | _Drawn = _Samples(store, run, watch, run.total // run.spec.task.epochs)
    outlook = None
    if run.spec.task.stop is not None and run.spec.judging is None:
        order = stopping.order(store, run)
        samples = _Drawn(store, run, watch, order[: run.total // run.spec.task.epochs])
        outlook = stopping.outlook(store, run, order)
    context = Context(
        samples=samples,
        outlook=outlook,
        done=views.done_pairs(store, run.id),
        now=watch.now,
        stop=watch.stop,
        cache=watch.cache,
        purse=watch.account.purse(run) if watch.account else None,
        matters=_Matters(store, run, watch) if run.spec.judging else None,
    )
    engine: Engine = registry.build("engine", run.spec.engine)
    return engine(run, context)


@dataclass(frozen=True)
class _Samples:
    """What the run is about: read a page at a time, if need be once the database is back."""

    store: Store
    run: Run
    watch: Watch
    most: int

    async def __aiter__(self) -> AsyncIterator[Sample]:
        async with aclosing(self.pages()) as pages:
            async for page in pages:
                for sample in page:
                    yield sample

    async def pages(self) -> AsyncGenerator[list[Sample], None]:
        """As many at a time as are read at once."""
        left, after = self.most, -1
        while page := await waited_for(partial(self._page, after, min(left, views.PAGE)), self.run, self.watch):
            yield page
            left, after = left - len(page), page[-1].position

    def _page(self, after: int, most: int) -> list[Sample]:
        return list(views.samples_of(self.store, self.run.dataset_id, self.run.spec.task.slices, most, after))


@dataclass(frozen=True)
class _Drawn:
    """What the run is about, in random order."""

    store: Store
    run: Run
    watch: Watch
    ids: Sequence[str]

    async def __aiter__(self) -> AsyncIterator[Sample]:
        for start in range(0, len(self.ids), views.PAGE):
            some = self.ids[start : start + views.PAGE]
            for sample in await waited_for(partial(draws.samples, self.store, some), self.run, self.watch):
                yield sample


@dataclass(frozen=True)
class _Matters:
    """What a judge is asked about: every answer of the run that it reads, or pair of answers, a page at a time.

    What a completed run has not been asked is nothing to judge; what one that broke off has not been asked is missing.
    """

    store: Store
    run: Run
    watch: Watch

    async def __aiter__(self) -> AsyncIterator[Matter]:
        whole = await waited_for(self._whole, self.run, self.watch)
        samples = _Samples(self.store, self.run, self.watch, self.run.spec.task.limit or sys.maxsize)
        async with aclosing(samples.pages()) as pages:
            async for page in pages:
                for matter in await self._page(page, whole):
                    yield matter

    async def _page(self, samples: list[Sample], whole: bool) -> list[Matter]:  # noqa: FBT001 - of one call
        found = await waited_for(partial(views.matters, self.store, self.run, samples), self.run, self.watch)
        return [matter for matter in found if None not in matter.answers] if whole else found

    def _whole(self) -> bool:
        judging = self.run.spec.judging
        return judging is not None and all(views.run(self.store, one).status == "completed" for one in judging.reads)


async def _with_facts(store: Store, run: Run, events: Sequence[RunEvent], watch: Watch) -> Run:
    """The run, knowing what its model and its scorers said of themselves once they were ready."""
    said = {name: str(value) for event in events if event.kind == "parts_ready" for name, value in event.body.items()}
    new = {name: value for name, value in said.items() if name not in run.environment}
    if not new:
        return run
    known = run.model_copy(update={"environment": {**run.environment, **new}})
    await waited_for(lambda: store.update_run(known), run, watch)
    return known


async def _end(store: Store, run: Run, tally: Tally, status: RunStatus, watch: Watch, error: str | None = None) -> Run:
    """Keep the figures of what there is, and say how the run ended."""
    body: dict[str, JsonValue] = {"status": status, "error": error}
    await _record(store, run, [RunEvent.of(run, "run_finished", body, watch.now())], watch)
    await waited_for(lambda: store.save_metrics(run.id, _figures(store, run, tally, watch.now())), run, watch)
    current = await waited_for(lambda: views.run(store, run.id), run, watch)
    ended = {
        "status": status,
        "finished_at": watch.now(),
        "error": error,
        "stopped": run.stopped,
        "total": run.total,
    }
    # From `run`, not from `current`: an attempt that has been superseded must not end the one that took over.
    return await _step(store, run, current.model_copy(update=ended), watch)


def _figures(store: Store, run: Run, tally: Tally, now: datetime) -> list[Metric]:
    """From what has passed by, if that is all there is. A resumed run is read again, and so is one whose engine gave
    an answer twice."""
    stored = views.progress(store, run.id)
    if tally.generations == stored.done + stored.failed:
        return at_any_time(tally.metrics(run, now), run.stopped)
    return at_any_time(fold(run, views.generations(store, run.id), now), run.stopped)
