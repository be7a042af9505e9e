"""How runs were made, and how to make them again."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from benchbook.records.datasets import Dataset, Sample
from benchbook.records.events import RunEvent
from benchbook.records.runs import Experiment, Run
from benchbook.service import environment
from benchbook.service.report_figures import UNISOLATED, RunReport
from benchbook.service.report_text import count, seconds
from benchbook.service.stopping import said
from benchbook.specs.judging import JudgePolicy, Judging
from benchbook.specs.use import Use

Facts = list[tuple[str, list[str]]]

_UNTOLD = {*environment.WHERE, "sandbox"}
"""What a report does not tell of a run's environment: it travels, and has a place of its own for the sandbox."""


def facts(runs: Sequence[RunReport]) -> Facts:
    """What is known of how each run was made: a name, and a value for each run."""
    columns = [
        {
            "run": run.run.id,
            "status": run.unfinished or run.run.status,
            **dict(asked(run.run, run.dataset)),
            **dict(_happened(run)),
            **dict(traffic(run.run, run.traffic)),
            **_where(run),
        }
        for run in runs
    ]
    names = dict.fromkeys(name for column in columns for name in column)
    return [(name, [column.get(name, "–") for column in columns]) for name in names]


def asked(run: Run, dataset: Dataset) -> Iterator[tuple[str, str]]:
    """What was asked for, down to seed, price and the hashes of config and data."""
    spec, generate = run.spec, run.spec.generate
    if run.reproduces:
        yield "reproduces", run.reproduces
    yield "model", spec.model.model
    if spec.model.args:
        yield "model arguments", json.dumps(spec.model.args, sort_keys=True)
    yield "task", spec.task.name
    if spec.judging:
        yield from _judged(spec.judging)
    else:
        yield "solver", _spelt(spec.task.solver)
        yield "scorers", ", ".join(_spelt(scorer) for scorer in spec.task.scorers)
    yield "data", f"{_spelt(dataset.reader)}, {count(dataset.size)} samples"
    yield "data version", dataset.version
    yield "samples × epochs", f"{count(run.total // spec.task.epochs)} × {spec.task.epochs}"
    if early := said(run):
        yield "stopped", early
    yield "seed", str(generate.seed)
    yield "temperature", str(generate.temperature)
    yield "max tokens", str(generate.max_tokens)
    if generate.top_p is not None:
        yield "top p", str(generate.top_p)
    if generate.stop:
        yield "stop", ", ".join(repr(stop) for stop in generate.stop)
    if spec.price:
        as_of = f", as of {spec.price.as_of}" if spec.price.as_of else ""
        source = f" ({spec.price.source})" if spec.price.source else ""
        per = f"{spec.price.input:g} / {spec.price.output:g} {spec.price.currency} per million tokens"
        yield "price", f"{per}{as_of}{source}"
    yield "config fingerprint", run.fingerprint


def traffic(run: Run, ends: Sequence[RunEvent]) -> Iterator[tuple[str, str]]:
    """What it took to get the answers, by what our engine told at the ends of the run's attempts, all together."""
    told = [event.body for event in ends if "answers" in event.body]
    if not told:
        return
    names = ("answers", "refusals", "failures", "retries")
    answers, refusals, failures, retries = (count(sum(_figures(told, name))) for name in names)
    part = f" (in {len(told)} of {run.attempt} attempts)" if len(told) < run.attempt else ""
    yield "requests", f"{answers} answered, {refusals} refused, {failures} failed; {retries} tried again{part}"
    peak, lowest = max(_figures(told, "peak_concurrency")), min(_figures(told, "lowest_limit"))
    shrunk = f"; down to {count(lowest)} while the server refused more"
    yield "requests at once", f"{count(peak)} at most{shrunk if lowest < max(_figures(told, 'ceiling')) else ''}"
    paused, held = sum(_figures(told, "paused_seconds")), sum(_figures(told, "held_seconds"))
    if paused or held:
        together = f"; nobody was let through for {seconds(held)}" if held else ""
        yield "waiting", f"{seconds(paused)} between tries, all requests together{together}"


def _judged(judging: Judging) -> Iterator[tuple[str, str]]:
    """What a judge run reads, and by which rules it judges."""
    yield "judges", " against ".join(judging.reads)
    yield "rubric", f"{judging.rubric.name}, {judging.rubric.version}"
    yield "prompt", judging.prompt.fingerprint()
    if judging.panel:
        yield "panel", ", ".join(judging.panel)
    policy = judging.model_dump(mode="json", include=set(JudgePolicy.model_fields))
    yield "policy", json.dumps(policy, sort_keys=True)


def config(experiment: Experiment) -> str:
    """The experiment's config, its tasks written out: JSON, which is YAML too."""
    spec = experiment.spec
    document = spec.model_dump(mode="json", exclude_defaults=True)
    # What a task leaves open is taken from the registered task: even the default has to be said.
    choices = [task.model_dump(mode="json", include={"slices", "limit", "epochs"}) for task in spec.tasks]
    tasks = [
        {**said, "solver": task.solver.model_dump(mode="json", exclude_defaults=True), **chosen}
        for said, task, chosen in zip(document.get("tasks", ()), spec.tasks, choices, strict=True)
    ]
    return json.dumps({**document, **({"tasks": tasks} if tasks else {})}, indent=2, ensure_ascii=False)


def repeat_command(experiment: Experiment) -> str:
    """The command that carries out the config once more."""
    return f"benchbook eval {experiment.name}.json"


def resume_command(experiment: Experiment) -> str:
    """The command that does what is left of the experiment."""
    return f"benchbook eval --resume {experiment.id}"


def show_command(run: Run, sample: Sample) -> str:
    """The command that prints all of a sample's answers in a run."""
    return f"benchbook show {run.id} --sample {shlex.quote(sample.key)}"


def moment(time: datetime) -> str:
    """A time, to the second, with its zone."""
    return f"{time:%Y-%m-%d %H:%M:%S} {time.tzname() or ''}".strip()


def _figures(told: Sequence[Mapping[str, JsonValue]], name: str) -> list[float]:
    """A figure of every attempt; an engine of somebody else's may tell others."""
    return [value for body in told if isinstance(value := body.get(name), int | float)] or [0]


def _happened(run: RunReport) -> Iterator[tuple[str, str]]:
    began, ended = run.run.started_at, run.run.finished_at
    if began:
        yield "started", moment(began)
    if began and ended:
        yield "took", seconds((ended - began).total_seconds())
    yield "attempts", str(run.run.attempt)
    who = {f"{one.author_id} {one.author_version} ({one.author})" for one in run.whole.witnesses}
    yield "scored by", ", ".join(sorted(who)) or "–"
    if run.sandboxes:
        yield "sandbox", ", ".join(map(_isolation, run.sandboxes))
    if any(one.sandbox for one in run.whole.witnesses):
        yield "comparison", ", ".join(sorted({one.rule for one in run.whole.witnesses if one.rule})) or "–"


def _spelt(use: Use) -> str:
    """A plugin as a config spells it."""
    arguments = use.first if use.first is not None else use.args
    return f"{use.name} {json.dumps(arguments, sort_keys=True)}" if arguments not in (None, {}) else use.name


def _where(run: RunReport) -> dict[str, str]:
    """Versions and machine."""
    return {name: value for name, value in run.run.environment.items() if name not in _UNTOLD}


def _isolation(sandbox: str) -> str:
    return f"{sandbox} (no isolation)" if sandbox == UNISOLATED else sandbox
