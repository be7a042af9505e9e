"""Carrying out runs once more: the same frozen specs, on the same stored data, with nothing remembered."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from benchbook import registry
from benchbook.errors import BenchbookError, SpecError
from benchbook.records.record import new_id
from benchbook.records.runs import Experiment, Run
from benchbook.service import environment
from benchbook.service.experiments import Prepared
from benchbook.service.ingestion import INGESTED
from benchbook.service.report_facts import config
from benchbook.specs.budgets import Budget
from benchbook.specs.experiments import ExperimentSpec, RunSpec
from benchbook.store import views
from benchbook.store.store import Store

ENDING = "-reproduced"
"""What is added to an experiment's name: the name alone still means the first."""


def again(store: Store, runs: Sequence[Run], limit: int | None, now: datetime) -> Prepared:
    """An experiment that carries out these runs, all of one experiment, once more; nothing is written yet.

    The data is what is stored: no source is read. With `limit`, only the first so many samples of each are asked. What
    a run needs and is not there any more is raised: a plugin, weights, a file of recorded answers.
    """
    for run in runs:
        if not run.attempt:
            raise SpecError(f"run {run.id} has not been carried out yet: there is nothing to reproduce")
        if run.spec.engine.name == INGESTED:
            raise SpecError(f"run {run.id} was ingested: its answers were recorded elsewhere, once and for all")
        with _of(run), environment.as_begun(run.environment):
            _preflight(run.spec)
    first = views.experiment(store, runs[0].experiment_id)
    spec = _narrowed(first.spec, runs, limit, _last_budget(store, runs))
    experiment = Experiment(
        id=new_id("exp", now), created_at=now, name=spec.name, spec=spec, fingerprint=spec.fingerprint()
    )
    planned = [_once_more(run, experiment, at, limit) for at, run in enumerate(runs)]
    return Prepared(experiment, planned, [], config(experiment).encode())


def _preflight(spec: RunSpec) -> None:
    """Find out whether all parts are there and could start."""
    registry.preflight("runtime", spec.model.runtime)
    registry.check("engine", spec.engine)
    registry.check("solver", spec.task.solver)
    for scorer in spec.task.scorers:
        registry.preflight("scorer", scorer)


def _last_budget(store: Store, runs: Sequence[Run]) -> Budget:
    """What the runs might spend when they were completed: each time they were resumed it may have been more."""
    last = max(
        (event for run in runs for event in views.events_of(store, run.id, "run_started")),
        key=lambda event: event.created_at,
    )
    return Budget.parse(last.body.get("budget") or {})


def _narrowed(spec: ExperimentSpec, runs: Sequence[Run], limit: int | None, budget: Budget) -> ExperimentSpec:
    """The experiment's spec, with the models and tasks of these runs alone."""
    names = {run.spec.model.name for run in runs}, {run.spec.task.name for run in runs}
    models = tuple(model for model in spec.models if model.name in names[0])
    tasks = tuple(task.model_copy(update=_limited(task.limit, limit)) for task in spec.tasks if task.name in names[1])
    called = {*names[0], *(model.model for model in models)}
    prices = {name: price for name, price in spec.prices.items() if name in called}
    name = spec.name.removesuffix(ENDING)[: 100 - len(ENDING)] + ENDING
    # Of the experiment alone: what its runs are asked stays what it was, and they are resumed without the cache, too.
    settings = spec.run.model_copy(update={"cache": False, "budget": budget})
    changed = {"name": name, "models": models, "tasks": tasks, "prices": prices, "run": settings}
    return spec.model_copy(update=changed)


def _limited(before: int | None, limit: int | None) -> dict[str, int | None]:
    return {"limit": before if limit is None else min(limit, before or limit)}


def _once_more(run: Run, experiment: Experiment, at: int, limit: int | None) -> Run:
    task = run.spec.task.model_copy(update=_limited(run.spec.task.limit, limit))
    # Of samples in random order the first few are no longer those, once they are drawn from others.
    spec = run.spec if limit is None or task.stop is not None else run.spec.model_copy(update={"task": task})
    total = run.total if limit is None else min(run.total, limit * task.epochs)
    return Run.planned(experiment, at, spec, run.dataset_id, total).model_copy(update={"reproduces": run.id})


@contextmanager
def _of(run: Run) -> Iterator[None]:
    """Within, an error says which run it is about."""
    try:
        yield
    except BenchbookError as err:
        raise type(err)(f"run {run.id} cannot be carried out again: {err}") from err
