"""From what somebody wrote to runs that are ready, and through them."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchbook import registry, settings
from benchbook.errors import BenchbookError, Conflict, Interrupted, SpecError, StoreError, under
from benchbook.records.artifacts import Artifact
from benchbook.records.jobs import Job
from benchbook.records.metrics import Metric
from benchbook.records.record import derived_id, new_id
from benchbook.records.runs import Experiment, Run
from benchbook.service import baselines, costs, datasets, environment, judging, runs
from benchbook.service.datasets import Frozen
from benchbook.service.runs import Watch, utc_now
from benchbook.specs.budgets import Budget
from benchbook.specs.experiments import ExperimentSpec
from benchbook.specs.files import Source, read
from benchbook.specs.models import ModelSpec, PromptStyle
from benchbook.specs.plan import plan
from benchbook.specs.tasks import TaskSpec
from benchbook.specs.use import Use
from benchbook.store import queue, views
from benchbook.store.cache import Answers, cache_beside
from benchbook.store.store import Store


@dataclass(frozen=True)
class Evaluation:
    """An experiment that was carried out: its runs, and the figures of each by the run's id."""

    experiment: Experiment
    runs: list[Run]
    metrics: dict[str, list[Metric]]


@dataclass(frozen=True)
class Broken:
    """A run that could not be carried out."""

    run: Run
    error: BenchbookError


@dataclass(frozen=True)
class Terms:
    """What is otherwise this time than the experiment says."""

    cache: bool | None = None
    budget: Budget = Budget()
    """Laid over the experiment's own."""


@dataclass(frozen=True)
class Prepared:
    """An experiment that is checked, read and planned, and of which nothing is written yet."""

    experiment: Experiment
    runs: list[Run]
    datasets: list[Frozen]
    config: bytes
    """The config as it was written, comments and all."""


def evaluate(config: str | Path | Mapping[str, Any]) -> Evaluation:
    """Carry out an experiment, here and now, and return its figures.

    `config` is a file, or what a config says as a dict. Everything is kept in the data folder; reports are written by
    `benchbook report`. What is wrong is raised as an error of ours (errors.py); that samples failed is no error here,
    but stands in the figures.
    """
    with suppress(RuntimeError):
        asyncio.get_running_loop()
        raise SpecError("an event loop is running here (as in a notebook): use `await evaluate_async(…)`")
    return asyncio.run(evaluate_async(config))


async def evaluate_async(config: str | Path | Mapping[str, Any]) -> Evaluation:
    """`evaluate`, for those who are in an event loop already."""
    place = settings.load()
    with Store.open(place.database_url, place.blobs) as store:
        source = _spelt(config) if isinstance(config, Mapping) else read(Path(config))
        experiment = submit(store, prepare(source, utc_now(), store))
        broken = await carry_out(store, experiment, Watch())
        if broken:
            raise broken[0].error
        done = views.runs_of(store, experiment.id)
        return Evaluation(experiment, done, {run.id: runs.metrics(store, run) for run in done})


def _spelt(config: Mapping[str, Any]) -> Source:
    """A config that was never a file; paths may be Paths."""
    try:
        text = json.dumps(config, indent=2, allow_nan=False, default=_path)
    except (TypeError, ValueError) as err:
        raise SpecError(f"a config holds texts, numbers, lists and dicts: {err}", at="config") from None
    return Source("config", text, json.loads(text), {})


def _path(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{value!r} is none of them")


def prepare(source: Source, now: datetime, store: Store | None = None) -> Prepared:
    """Find every mistake before anything is written or spent: spec, plugins, models, data. `store` has the earlier runs
    that a judge may read."""
    with source.locating():
        spec = judging.completed(completed(ExperimentSpec.parse(source.data)))
        spec = costs.priced(spec, now.date())
        costs.check(spec.run.budget, plan(spec))
        preflight(spec)
        judging.preflight(spec)
        frozen = {task.name: _frozen(task, at, now) for at, task in enumerate(spec.tasks)}
        totals = {task.name: _total(task, at, frozen[task.name]) for at, task in enumerate(spec.tasks)}
    experiment = Experiment(
        id=new_id("exp", now), created_at=now, name=spec.name, spec=spec, fingerprint=spec.fingerprint()
    )
    with source.locating():
        specs = [baselines.settled(run_spec, frozen[run_spec.task.name].dataset, store) for run_spec in plan(spec)]
    planned = [
        Run.planned(experiment, at, run_spec, frozen[run_spec.task.name].dataset.id, totals[run_spec.task.name])
        for at, run_spec in enumerate(specs)
    ]
    with source.locating():
        judged = judging.planned(experiment, planned, store)
        costs.check(spec.run.budget, [run.spec for run in judged])
    return Prepared(experiment, [*planned, *judged], list(frozen.values()), source.text.encode())


def submit(store: Store, prepared: Prepared, jobs: Sequence[Job] = ()) -> Experiment:
    """Write what was prepared; its runs wait for whoever carries them out, or with `jobs` for a worker."""
    for frozen in prepared.datasets:
        store.add_dataset(frozen.dataset, frozen.samples())
    store.add_experiment(prepared.experiment, prepared.runs, [_config(store, prepared)], jobs)
    return prepared.experiment


async def carry_out(store: Store, experiment: Experiment, watch: Watch, terms: Terms = Terms()) -> list[Broken]:
    """What is left of the experiment's runs, one after the other; those that broke, and why.

    A run that breaks does not keep the others from their turn. Conflict if a run is being worked on elsewhere.
    """
    with _provided(store, experiment, watch, terms) as provided:
        return await _carried_out(store, experiment, provided)


async def carry_out_run(store: Store, run: Run, watch: Watch, terms: Terms = Terms()) -> Run:
    """What is left of one run, for whom it was handed out to by the queue; the run as it stands afterwards."""
    experiment = views.experiment(store, run.experiment_id)
    with _provided(store, experiment, watch, terms) as provided:
        if provided.stop.is_set() or not unfinished(store, run):
            return run
        if provided.account and provided.account.exhausted():
            raise Interrupted(f"{costs.STOPPED}{provided.account.reason}; resume it with a larger one")
        _taken_up(run)
        return await runs.execute(store, run, provided)


@contextmanager
def _provided(store: Store, experiment: Experiment, watch: Watch, terms: Terms) -> Iterator[Watch]:
    """The watch with the answers of earlier runs and what may be spent, as experiment and terms have it."""
    cached = experiment.spec.run.cache if terms.cache is None else terms.cache
    account = costs.account(store, experiment, terms.budget.over(experiment.spec.run.budget))
    with Answers(cache_beside(store.blobs.folder)) if cached else nullcontext() as cache:
        yield replace(watch, cache=cache, account=account)


async def _carried_out(store: Store, experiment: Experiment, watch: Watch) -> list[Broken]:
    broken: list[Broken] = []
    for planned in views.runs_of(store, experiment.id):
        try:
            # As it is by now: the runs before it may have taken hours.
            run, left = await runs.waited_for(partial(_left, store, planned.id), planned, watch)
            if watch.stop.is_set() or not left or (watch.account and watch.account.exhausted()):
                continue
            _not_queued(store, run)
            _taken_up(run)
            await runs.execute(store, run, watch)
        except StoreError as err:
            # Neither could any other be stored.
            return [*broken, Broken(planned, err)]
        except BenchbookError as err:
            broken.append(Broken(planned, err))
    return broken


def unfinished(store: Store, run: Run) -> bool:
    """Whether anything of the run is left to do: samples never asked, or asked in vain."""
    return run.status != "completed" or views.progress(store, run.id).done < run.total


def _left(store: Store, run_id: str) -> tuple[Run, bool]:
    run = views.run(store, run_id)
    return run, unfinished(store, run)


def completed(spec: ExperimentSpec) -> ExperimentSpec:
    """The spec with its tasks written out in full and every plugin argument checked."""
    for at, model in enumerate(spec.models):
        with under("models", at, "model" if model.runtime.name not in registry.names("runtime") else "args"):
            registry.check("runtime", model.runtime)
    sandbox = spec.run.sandbox
    if sandbox is not None:
        with under("run", "sandbox"):
            registry.check("sandbox", sandbox)
    tasks = tuple(_completed(task, at, sandbox) for at, task in enumerate(spec.tasks))
    names = [task.name for task in tasks]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise SpecError(f"two tasks are called {name!r}; give one another `name`", field=["tasks", at])
    return spec.model_copy(update={"tasks": tasks})


def preflight(spec: ExperimentSpec) -> None:
    """Find out before any sample is spent whether models and scorers can start."""
    for at, model in enumerate(spec.models):
        with under("models", at):
            for run in plan(spec):
                if run.model == model:
                    registry.vet(model.runtime, run.generate, _style(model))
            registry.preflight("runtime", model.runtime)
    if spec.run.sandbox is not None:
        with under("run", "sandbox"):
            registry.preflight("sandbox", spec.run.sandbox)
    for at, task in enumerate(spec.tasks):
        for number, scorer in enumerate(task.scorers):
            with under("tasks", at, "scorers", number):
                registry.preflight("scorer", scorer)


def _style(model: ModelSpec) -> PromptStyle:
    """How a model is asked that says nothing of itself: by chat."""
    return "chat" if model.prompt_style == "auto" else model.prompt_style


def _completed(task: TaskSpec, at: int, sandbox: Use | None) -> TaskSpec:
    if task.task is not None:
        with under("tasks", at, "task", task.task.name):
            task = task.over(registry.build("task", task.task))
    assert task.dataset is not None, "a task without `task:` has been checked to be whole"  # noqa: S101 - for the type checker
    with under("tasks", at, "dataset", task.dataset.name):
        registry.check("reader", task.dataset)
    with under("tasks", at, "solver", task.solver.name):
        registry.build("solver", task.solver)
    for number, scorer in enumerate(task.scorers):
        with under("tasks", at, "scorers", number, scorer.name):
            registry.check("scorer", scorer)
        if scorer.name in (other.name for other in task.scorers[:number]):
            raise SpecError(f"the scorer {scorer.name!r} is named twice", field=["tasks", at, "scorers", number])
    for number, metric in enumerate(task.metrics):
        with under("tasks", at, "metrics", number, metric.name):
            registry.build("metric", metric)
        if metric.name in (other.name for other in task.metrics[:number]):
            raise SpecError(f"the metric {metric.name!r} is named twice", field=["tasks", at, "metrics", number])
    task = _with_metrics(task)
    return task if sandbox is None else _sandboxed(task, sandbox)


def _with_metrics(task: TaskSpec) -> TaskSpec:
    """The task with the metrics that its scorers bring, where it does not name them itself."""
    brought = (name for scorer in task.scorers for name in registry.plugin("scorer", scorer.name).metrics)
    named = {metric.name: metric for metric in task.metrics}
    every = {**{name: Use(name=name) for name in brought}, **named}
    return task.model_copy(update={"metrics": tuple(every.values())}) if len(every) > len(named) else task


def _sandboxed(task: TaskSpec, sandbox: Use) -> TaskSpec:
    """The task whose scorers use that sandbox, where they use one and name none."""
    spelt = sandbox.model_dump(mode="json", exclude_defaults=True)
    scorers = [registry.with_default("scorer", scorer, "sandbox", spelt) for scorer in task.scorers]
    return task.model_copy(update={"scorers": tuple(scorers)})


def _frozen(task: TaskSpec, at: int, now: datetime) -> Frozen:
    written = ("task", task.task.name) if task.task else ("dataset",)
    with under("tasks", at, *written):
        return datasets.frozen(task, now)


def _total(task: TaskSpec, at: int, frozen: Frozen) -> int:
    with under("tasks", at):
        return datasets.number_chosen(task, frozen) * task.epochs


def _config(store: Store, prepared: Prepared) -> Artifact:
    experiment = prepared.experiment
    return Artifact(
        id=derived_id("file", experiment.id, "config"),
        created_at=experiment.created_at,
        experiment_id=experiment.id,
        name="config.yaml",
        media_type="application/yaml",
        sha256=store.blobs.put(prepared.config),
        size=len(prepared.config),
    )


def _not_queued(store: Store, run: Run) -> None:
    """See to it that no worker carries the run out, or will."""
    for job in queue.waiting_or_working(store, [run.id]):
        doing = "waits for a worker" if job.status == "queued" else f"is carried out by a worker on {job.node}"
        raise Conflict(f"run {run.id} {doing} ({job.id}); stop that first, or leave it to the worker")


def _taken_up(run: Run) -> None:
    """See to it that nobody else works on the run, and that its model can still start: it may be another day."""
    if runs.under_way(run):
        raise Conflict(f"run {run.id} is being carried out by process {run.environment['process']}; stop that first")
    if run.attempt:
        with environment.as_begun(run.environment):
            registry.preflight("runtime", run.spec.model.runtime)
