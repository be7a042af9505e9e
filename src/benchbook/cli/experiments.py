"""`benchbook eval`: the whole way from a config, or from flags, to the table and the reports."""

import asyncio
import gc
import json
import re
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import uvloop

from benchbook import registry, settings
from benchbook.cli.arguments import pairs
from benchbook.cli.budgets import budget_of, budget_options, options_of, print_forecasts
from benchbook.cli.gates import left, print_gates, telling_options, told
from benchbook.cli.isolation import asked_for, isolation_options
from benchbook.cli.output import existing_store, json_option, note, opened_store, print_json
from benchbook.cli.progress import Follow, title
from benchbook.cli.tables import print_figures, run_document
from benchbook.cli.text import printable
from benchbook.errors import Interrupted, NotFound, SpecError, StoreError, TooManyErrors
from benchbook.records.metrics import Metric
from benchbook.records.runs import Experiment, Run
from benchbook.service import batches, costs, forecasts, gates, reports
from benchbook.service.datasets import file_argument, reader_of
from benchbook.service.experiments import Broken, Prepared, Terms, carry_out, prepare, submit, unfinished
from benchbook.service.files import folder_ready
from benchbook.service.runs import Sink, Watch, metrics, utc_now
from benchbook.specs.files import Source, read
from benchbook.store import views
from benchbook.store.cache import cache_beside
from benchbook.store.store import Store


@click.command()
@click.argument("config", required=False, type=click.Path(path_type=Path))
@click.option("--task", "-t", multiple=True, help="A registered task, instead of a config; may be repeated.")
@click.option("--model", "-m", multiple=True, help="A model as runtime/name, instead of a config; may be repeated.")
@click.option("--data", help="The task's data file, where it reads one (humaneval, mbpp); without --task, your own.")
@click.option("--input", help="Of your own data: the field to ask, or a template, as 'Question: {question}'.")
@click.option("--target", help="Of your own data: the field with the right answer; `target` unless given.")
@click.option("--scorer", help="Of your own data: how answers are scored; exact-match unless given.")
@click.option(
    "--task-arg", "-T", multiple=True, metavar="KEY=VALUE", help="An argument of every task; lists as [a, b]."
)
@click.option("--model-arg", "-M", multiple=True, metavar="KEY=VALUE", help="An argument of every model's runtime.")
@click.option("--slice", "slices", multiple=True, help="Only samples of this slice; may be repeated.")
@click.option("--limit", type=click.IntRange(min=1), help="Only so many samples of each task.")
@click.option("--epochs", type=click.IntRange(min=1), help="Ask each sample so many times.")
@click.option("--set", "changes", multiple=True, metavar="FIELD=VALUE", help="Change a field, e.g. tasks.0.epochs=3.")
@click.option("--resume", metavar="EXPERIMENT", help="Go on with an experiment: by id, the start of an id, or name.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Folder for the reports.")
@click.option("--no-cache", is_flag=True, help="Ask every question, also those that were answered before.")
@budget_options
@click.option("--dry-run", is_flag=True, help="Say what it would ask, cost and take; ask, write and spend nothing.")
@isolation_options
@telling_options
@json_option
def evaluate(config: Path | None, resume: str | None, output: Path | None, as_json: bool, **flags: Any) -> None:
    """Run models on tasks, score what they answer, and report.

    Either with a config file, or with --task and --model:

    \b
      benchbook eval configs/eval_v1.yaml
      benchbook eval --task python-coding --model llamacpp/smollm2-135m --limit 5
      benchbook eval --data qa.csv --input "{question}" --target answer --model llamacpp/smollm2-135m
      benchbook eval --task humaneval --data HumanEval.jsonl.gz --model replay/mine -M file=completions.jsonl
      benchbook eval configs/eval_v1.yaml --dry-run
      benchbook eval --resume eval_v1
      benchbook eval --resume eval_v1 --max-cost 5
    """
    telling = {name: flags.pop(name) for name in ("junit", "annotations")}
    terms = _terms(flags)
    dry = flags.pop("dry_run")
    given = [name for name, value in flags.items() if value not in (None, (), False)]
    if resume and (config or given):
        raise SpecError(
            "--resume goes on with an experiment as it was written; leave the other options out, but for --max-cost, "
            "--max-tokens, --max-time, --no-cache and --dry-run"
        )
    prepared = None if resume else _prepared(config, flags, terms)
    if dry:
        _forecast(prepared, str(resume), as_json=as_json)
        return
    folder = output or settings.load().reports
    folder_ready(folder)
    with opened_store() as store:
        planned = prepared.experiment if prepared else views.experiment(store, str(resume))
        if any(telling.values()) and planned.spec.gates is None:
            raise SpecError("--junit and --annotations tell of gates, and there are none: add `gates` to the config")
        experiment = submit(store, prepared) if prepared else planned
        del prepared  # and with it the rows, which are stored
        note(f"Experiment {experiment.id} ({experiment.name})")
        broken = carried_out(store, experiment, terms)
        runs = views.runs_of(store, experiment.id)
        figures = {run.id: metrics(store, run) for run in runs}
        if not as_json:
            print_figures(store, runs, figures)
        held = gates.of_experiment(store, experiment, Path())
        if held and not as_json:
            print_gates(held)
        written = reports.write(store, experiment, folder, utc_now())
        if as_json:
            print_json(_document(store, experiment, runs, figures, written) | (gates.document(held) if held else {}))
        for path in () if as_json else written:
            click.echo(f"Report: {path}")
        told(held, **telling)
        raised(experiment, broken)
        allowed(store, experiment, runs, figures)
        left(held)


def _terms(flags: dict[str, Any]) -> Terms:
    """What is said of cache and budget, taken out of the flags: that may be otherwise at each resume."""
    budget = budget_of(flags.pop("max_cost"), flags.pop("max_tokens"), flags.pop("max_time"))
    return Terms(cache=False if flags.pop("no_cache") else None, budget=budget)


def _forecast(prepared: Prepared | None, resume: str, *, as_json: bool) -> None:
    cache = cache_beside(settings.load().blobs)
    with existing_store() as store:
        if prepared is not None:
            found = asyncio.run(forecasts.of_prepared(prepared, store, cache))
            print_forecasts(prepared.experiment.name, found, as_json=as_json)
            return
        if store is None:
            raise NotFound(f"there is no experiment {resume!r}: nothing is stored yet")
        experiment = views.experiment(store, resume)
        found = asyncio.run(forecasts.of_the_rest(store, experiment.id, cache))
        print_forecasts(experiment.name, found, as_json=as_json)


def _prepared(config: Path | None, flags: dict[str, Any], terms: Terms) -> Prepared:
    source = _source(config, flags)
    budget = terms.budget.model_dump(exclude_none=True)
    laid = [f"run.budget.{name}={value}" for name, value in budget.items()]
    for change in (*flags["changes"], *laid, *(["run.cache=false"] if terms.cache is False else [])):
        source = source.changed(change)
    if use := asked_for(flags["sandbox"], no_isolation=flags["no_isolation"]):
        spelt = use.model_dump(mode="json", exclude_defaults=True)
        run = source.data.get("run") or {}
        if isinstance(run, dict):
            source = source.amended({**source.data, "run": {**run, "sandbox": spelt}}, f"--sandbox {use.name}")
    if not source.data.get("judges") and not any(map(_against_a_run, source.data.get("tasks") or [])):
        return prepare(source, utc_now())
    with existing_store() as store:
        return prepare(source, utc_now(), store)


def _against_a_run(task: Any) -> bool:
    stop = task.get("stop") if isinstance(task, dict) else None
    return isinstance(stop, dict) and bool(stop.get("against"))


def _source(config: Path | None, flags: dict[str, Any]) -> Source:
    """The config file, or what the flags say in its place."""
    asked = {name: flags[name] for name in ("task", "model", "data", "task_arg", "model_arg", *_OWN) if flags[name]}
    if config is not None:
        if asked:
            stray = ", ".join(f"--{name.replace('_', '-')}" for name in asked)
            raise SpecError(f"{stray}: give a config file or these options, not both; --set changes a config")
        if not config.exists() and str(config) in registry.names("task"):
            raise SpecError(f"there is no file {config}; for the task say --task {config} --model MODEL")
        return _narrowed(read(config), flags)
    missing = [f"--{name}" for name in ("task", "model") if not flags[name] and not (name == "task" and flags["data"])]
    if missing:
        raise SpecError(
            f"nothing to evaluate: give a config file, or --task and --model (missing: {', '.join(missing)})"
        )
    if files := [task for task in flags["task"] if task.endswith((".yaml", ".yml"))]:
        raise SpecError(f"--task {files[0]}: a config stands alone: `benchbook eval {files[0]}`")
    model_args = pairs("--model-arg", flags["model_arg"])
    tasks = _tasks(flags) if flags["task"] else [_own(Path(flags["data"]), flags)]
    data = {
        "name": flags["task"][0] if flags["task"] else tasks[0]["name"],
        "models": [{"model": model, "args": model_args} for model in flags["model"]],
        "tasks": tasks,
    }
    return _narrowed(Source("command line", json.dumps(data, indent=2), data, {}), flags)


_OWN = ("input", "target", "scorer")
"""Options that are only said of data of one's own."""


def _tasks(flags: dict[str, Any]) -> list[dict[str, Any]]:
    """The registered tasks that are named."""
    if stray := [f"--{name}" for name in _OWN if flags[name]]:
        raise SpecError(f"{', '.join(stray)}: a registered task knows that; leave --task out for data of your own")
    args = {**pairs("--task-arg", flags["task_arg"]), **({"data": flags["data"]} if flags["data"] else {})}
    return [{"task": {"name": task, "args": args}} for task in flags["task"]]


def _own(file: Path, flags: dict[str, Any]) -> dict[str, Any]:
    """A task over data of one's own; what --task-arg says is for its reader."""
    reader = reader_of(file)
    fields = {name: flags[name] for name in ("input", "target") if flags[name]}
    args = {file_argument(reader): str(file), **fields, **pairs("--task-arg", flags["task_arg"])}
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", file.name.partition(".")[0]).strip("-._") or "data"
    return {"name": name, "dataset": {reader: args}, "scorers": flags["scorer"] or "exact-match"}


def _narrowed(source: Source, flags: dict[str, Any]) -> Source:
    """The source with --limit, --epochs and --slice laid over each of its tasks."""
    wanted = {"limit": flags["limit"], "epochs": flags["epochs"], "slices": list(flags["slices"])}
    given = {name: value for name, value in wanted.items() if value}
    tasks = source.data.get("tasks")
    if not given or not isinstance(tasks, list):
        return source
    whole = [{**({"task": task} if isinstance(task, str) else task), **given} for task in tasks]
    return source.amended({**source.data, "tasks": whole}, f"every task: {json.dumps(given)}")


def carried_out(store: Store, experiment: Experiment, terms: Terms = Terms()) -> list[Broken]:
    """Carry out what is left of the experiment; the runs that broke. Ctrl-C ends it in good order."""
    planned = views.runs_of(store, experiment.id)
    if not any(unfinished(store, run) for run in planned):
        note("Nothing is left to do: every run is completed.")
    already = {run.id: views.progress(store, run.id).done for run in planned}
    batch = batches.of(store, experiment, settings.load().batches) if any(map(_judges, planned)) else None
    with Follow(already) as follow:
        work = _interruptibly(store, experiment, terms, follow, [batch] if batch else [])
        # Its loop takes a third less of the machine for each request than Python's own.
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            broken = runner.run(work)
    if any(isinstance(each.error, StoreError) for each in broken):
        # There is nothing to read the figures from, or nowhere to write a report.
        raised(experiment, [each for each in broken if isinstance(each.error, StoreError)])
    runs = views.runs_of(store, experiment.id)
    if batch is not None:
        note(f"Batch: {batch.finish(runs).final_results.parent}")
        if batch.trouble:
            note(f"warning: {batch.trouble}; the files of the batch are complete now, its logs are not")
    if any(run.status == "interrupted" or (run.status == "queued" and not broken) for run in runs):
        stored = sum(views.progress(store, run.id).done for run in runs)
        so_far = f"{stored} of {sum(run.total for run in runs)} generations stored"
        if reached := costs.reached(store, experiment, terms.budget):
            raise Interrupted(
                f"stopped by the budget: {reached.why}, with {so_far}; go on with a larger one:\n"
                f"  benchbook eval --resume {experiment.id} {options_of(reached.enough)}"
            )
        raise Interrupted(f"stopped with {so_far}; go on with:\n  benchbook eval --resume {experiment.id}")
    return broken


def _judges(run: Run) -> bool:
    """Whether the run says something of the answers of another."""
    return run.spec.engine.name == "judge"


async def _interruptibly(
    store: Store, experiment: Experiment, terms: Terms, follow: Follow, others: Sequence[Sink]
) -> list[Broken]:
    gc.freeze()
    watch = Watch(sinks=(follow, *others))
    work = asyncio.ensure_future(carry_out(store, experiment, watch, terms))

    def interrupt() -> None:
        if watch.stop.is_set():
            work.cancel()
            return
        watch.stop.set()
        follow.say("Stopping: what is in flight is finished and stored. Press Ctrl-C again to drop it.")

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    try:
        return await work
    except asyncio.CancelledError:
        follow.say("Dropped what was in flight.")
        return []


def raised(experiment: Experiment, broken: list[Broken]) -> None:
    """Leave with the error of the first run that broke, if one did."""
    if broken:
        run, error = broken[0].run, broken[0].error
        raise type(error)(f"{title(run)} (run {run.id}): {error}\n{_again(experiment)}")


def allowed(store: Store, experiment: Experiment, runs: list[Run], figures: dict[str, list[Metric]]) -> None:
    """Leave with an error if more samples failed than the spec allows."""
    for run in runs:
        unanswered, unscored = _missing(run, figures[run.id])
        if unscored > experiment.spec.run.allowed_error_rate * run.total:
            broke = "The scorer broke: mend it and evaluate anew (stored answers are not scored again)"
            if run.spec.judging:
                broke = (
                    "What the judge wrote could not be read: take another, or raise `run.allowed_error_rate` "
                    "(`--allow-unscored` of `benchbook judge`)"
                )
            raise TooManyErrors(
                f"{title(run)}: {unscored} of {run.total} generations have no verdict, and "
                f"`run.allowed_error_rate` is {experiment.spec.run.allowed_error_rate:.0%}; "
                f"`benchbook show {run.id}` lists the reasons, such as: {_reason(store, run)}\n"
                f"{_again(experiment) if unanswered else broke}"
            )


def _reason(store: Store, run: Run) -> str:
    """The first of them."""
    for _, generation, scores in views.generations(store, run.id):
        found = (generation.error, *(score.verdict.error for score in scores))
        if told := next(filter(None, found), None):
            return printable(told).strip().partition("\n")[0][:200]
    return "no scorer gave a verdict"


def _missing(run: Run, figures: Sequence[Metric]) -> tuple[int, int]:
    """How many samples have no answer, and how many no verdict. That a judge cannot tell is a verdict."""
    facts = {m.name: int(m.value or 0) for m in figures if m.name in ("errors", "unread", "label.unscored")}
    if run.spec.judging:
        return facts.get("errors", 0), facts.get("errors", 0) + facts.get("unread", 0)
    return facts.get("errors", 0), max(facts.values(), default=0)


def _again(experiment: Experiment) -> str:
    return f"`benchbook eval --resume {experiment.id}` goes on with it"


def _document(
    store: Store, experiment: Experiment, runs: list[Run], figures: dict[str, list[Metric]], written: list[Path]
) -> dict[str, Any]:
    return {
        "experiment": experiment.model_dump(mode="json"),
        "runs": [run_document(store, run, figures[run.id]) for run in runs],
        "reports": [str(path) for path in written],
    }
