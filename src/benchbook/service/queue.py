"""Runs that workers carry out: queued, stopped, queued again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchbook.errors import Conflict, NotFound
from benchbook.records.jobs import Job
from benchbook.records.record import new_id
from benchbook.records.runs import Experiment, Run
from benchbook.service import costs, experiments, forecasts, runs
from benchbook.service.forecasts import Forecast
from benchbook.service.ingestion import INGESTED
from benchbook.service.runs import named
from benchbook.specs.experiments import RunSpec
from benchbook.specs.files import Source
from benchbook.specs.jobs import Turn
from benchbook.store import queue, views
from benchbook.store.cache import cache_beside
from benchbook.store.store import Store

LOG_PAGE = 256 << 10
"""Bytes of a log that are given at once."""


@dataclass(frozen=True)
class Submitted:
    """An experiment whose runs wait for workers."""

    experiment: Experiment
    runs: list[Run]
    jobs: list[Job]


@dataclass(frozen=True)
class Stopped:
    """What becomes of a run that was asked to stop."""

    run: Run
    job: Job


@dataclass(frozen=True)
class LogPage:
    """A part of what the process of a run has written."""

    attempt: int
    offset: int
    next: int
    size: int
    text: str


async def forecast(store: Store, source: Source, now: datetime) -> list[Forecast]:
    """What the experiment would ask, spend and take; every mistake in it is raised, and nothing is written."""
    prepared = experiments.prepare(source, now, store)
    return await forecasts.of_prepared(prepared, store, cache_beside(store.blobs.folder))


def submit(store: Store, source: Source, turn: Turn, now: datetime) -> Submitted:
    """The experiment, written down and its runs queued: all of it, or nothing."""
    prepared = experiments.prepare(source, now, store)
    jobs = [_job(run, prepared.experiment, turn, now) for run in prepared.runs]
    costs.check(turn.budget.over(prepared.experiment.spec.run.budget), [run.spec for run in prepared.runs])
    return Submitted(experiments.submit(store, prepared, jobs), prepared.runs, jobs)


def resume(store: Store, name: str, turn: Turn, now: datetime) -> list[Job]:
    """Queue what is left of a run, or of all runs of an experiment. Conflict if nothing is, or a run is under way."""
    found = named(store, name)
    waiting = {job.subject for job in queue.waiting_or_working(store, [run.id for run in found])}
    left = [run for run in found if run.id not in waiting and _can_go_on(store, run)]
    if not left:
        raise Conflict(f"nothing is left to do of {name}: {_standing(found, waiting)}")
    for run in left:
        if runs.under_way(run):
            process = run.environment["process"]
            raise Conflict(f"run {run.id} is being carried out by process {process}, not by a worker; end that first")
    experiment = views.experiment(store, left[0].experiment_id)
    costs.check(turn.budget.over(experiment.spec.run.budget), [run.spec for run in left])
    return queue.add(store, [_job(run, experiment, turn, now) for run in left])


def stop(store: Store, name: str, now: datetime) -> list[Stopped]:
    """Ask a run, or all runs of an experiment, to stop: what is in flight is finished and stored, and the rest can be
    resumed. Conflict if no worker has any of them."""
    found = {run.id: run for run in named(store, name)}
    waiting = queue.waiting_or_working(store, list(found))
    if not waiting:
        raise Conflict(f"{name} is not with a worker: {_standing(list(found.values()), set())}")
    return [Stopped(found[job.subject], queue.request_stop(store, job.id, now)) for job in waiting]


def log(store: Store, folder: Path, run_id: str, offset: int = 0, attempt: int | None = None) -> LogPage:
    """What the process of a run has written, from a byte on: of its last attempt unless another is named."""
    run = views.run(store, run_id)
    job = queue.of_run(store, run.id)
    chosen = attempt or (job.attempt if job else 0)
    path = log_path(folder, run.id, chosen)
    if attempt is None and not path.is_file():
        # Not a mistake of whoever asks: the run waits, or was carried out by the command line, or on another machine.
        return LogPage(chosen, 0, 0, 0, "")
    if not path.is_file():
        raise NotFound(f"run {run.id} has no log of attempt {attempt}: no worker here had it, or it was deleted")
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(min(offset, size))
        page = file.read(LOG_PAGE)
    begin = min(offset, size)
    whole = _whole_characters(page)
    return LogPage(chosen, begin, begin + len(whole), size, whole.decode("utf-8", "replace"))


def log_path(folder: Path, place: str, attempt: int) -> Path:
    """Where the process of an attempt writes."""
    return folder / place / f"{attempt}.log"


def _job(run: Run, experiment: Experiment, turn: Turn, now: datetime) -> Job:
    judging = run.spec.judging
    spec: dict[str, Any] = turn.model_dump(mode="json", include={"cache", "budget"}, exclude_defaults=True)
    bounded = turn.budget.over(experiment.spec.run.budget).bounded
    return Job(
        id=new_id("job", now),
        # In the order of the plan, where all are born at once.
        created_at=now + timedelta(microseconds=run.position),
        kind="run",
        subject=run.id,
        title=f"{run.model} on {run.task}",
        priority=turn.priority,
        not_before=turn.not_before,
        gpus=turn.gpus if turn.gpus is not None else _gpus(run.spec),
        after=(*judging.reads, *judging.panel) if judging else (),
        # What an experiment may spend is counted by one process at a time.
        alone=experiment.id if bounded else "",
        spec=spec,
    )


def _gpus(spec: RunSpec) -> int | None:
    """How many GPUs the runtime seems to need; None: one, if there is any."""
    use = spec.model.runtime
    if use.name == "hf":
        device = str(use.args.get("device", "auto"))
        return None if device == "auto" else int(device != "cpu")
    if use.name == "server" and use.args.get("gpus") is None:
        options = use.args.get("options")
        words = " ".join(map(str, options)).replace("=", " ").split() if isinstance(options, list) else []
        told = [after for word, after in pairwise(words) if word in _PARALLEL and after.isdigit()]
        return int(told[0]) if told else None
    return 0


_PARALLEL = ("--tensor-parallel-size", "-tp", "--tp")
"""How servers are told over how many GPUs a model is spread."""


def _can_go_on(store: Store, run: Run) -> bool:
    return run.status != "cancelled" and run.spec.engine.name != INGESTED and experiments.unfinished(store, run)


def _standing(found: Sequence[Run], waiting: set[str]) -> str:
    said = [f"{run.id} is {'with a worker' if run.id in waiting else run.status}" for run in found[:5]]
    return ", ".join(said) + (", …" if len(found) > 5 else "")


def _whole_characters(page: bytes) -> bytes:
    """The bytes without a character that is cut in two at their end."""
    for back in range(1, min(4, len(page)) + 1):
        byte = page[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return page[:-back] if length > back else page
    return page
