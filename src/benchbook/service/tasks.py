"""The registered tasks: what they measure, where their data come from, and how they ask."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from benchbook import registry
from benchbook.engine.rehearsal import rehearse
from benchbook.errors import BenchbookError, SpecError
from benchbook.records.datasets import Sample
from benchbook.records.record import derived_id
from benchbook.service.runs import utc_now
from benchbook.specs.datasets import Row
from benchbook.specs.experiments import ExperimentSpec, RunSpec
from benchbook.specs.models import PromptStyle
from benchbook.specs.plan import plan
from benchbook.specs.tasks import TaskSpec
from benchbook.specs.use import Use

_DATA = "Data: "
"""The paragraph of a task's docstring that says where its data come from."""


@dataclass(frozen=True)
class TaskFacts:
    """A registered task."""

    name: str
    about: str
    """What it measures."""
    data: str
    """Where its data come from."""
    arguments: Mapping[str, JsonValue]
    """The JSON schema of its arguments."""
    error: str | None
    """Why it cannot be used."""


@dataclass(frozen=True)
class Example:
    """A sample of a task, and what a model is asked of it."""

    row: Row
    asked: Sequence[str | Sequence[Mapping[str, str]]]
    """Prompts: texts, or turns of a chat."""
    weighed: Sequence[tuple[str, str]]
    """Contexts and continuations whose likelihood is asked."""


@dataclass(frozen=True)
class TaskWhole:
    """A registered task with its arguments put in, and its first sample."""

    facts: TaskFacts
    text: str
    """All that it says of itself."""
    spec: TaskSpec | None
    example: Example | None
    lacking: str | None
    """Why there is no spec or no example: mostly, that it needs a file."""


def tasks() -> list[TaskFacts]:
    """Every registered task."""
    return [_facts(name) for name in registry.names("task")]


async def task(name: str, args: Mapping[str, Any], style: PromptStyle) -> TaskWhole:
    """The task with these arguments, and what a model of that style is asked of its first sample."""
    text = inspect.getdoc(registry.plugin("task", name).factory) or ""
    try:
        spec = registry.build("task", Use(name=name, args=dict(args)))
        return TaskWhole(_facts(name), text, spec, await _example(spec, style), None)
    except SpecError as err:
        if args:
            raise
        return TaskWhole(_facts(name), text, None, None, err.message)


def _facts(name: str) -> TaskFacts:
    try:
        factory = registry.plugin("task", name).factory
    except BenchbookError as err:
        return TaskFacts(name, "", "", {}, str(err))
    paragraphs = [each.replace("\n", " ") for each in (inspect.getdoc(factory) or "").split("\n\n")]
    data = next((each.removeprefix(_DATA) for each in paragraphs if each.startswith(_DATA)), None)
    schema = registry.arguments_schema("task", name)
    return TaskFacts(name, paragraphs[0], data or _source(name), schema, None)


def _source(name: str) -> str:
    """Of a task that does not say where its data come from: what its reader says of itself, or what it lacks."""
    try:
        spec: TaskSpec = registry.build("task", Use(name=name))
    except SpecError as err:
        return err.message
    assert spec.dataset is not None, "registered tasks are whole"  # noqa: S101 - for the type checker
    about = inspect.getdoc(registry.plugin("reader", spec.dataset.name).factory) or spec.dataset.name
    return about.partition("\n\n")[0].replace("\n", " ")


async def _example(spec: TaskSpec, style: PromptStyle) -> Example | None:
    assert spec.dataset is not None, "registered tasks are whole"  # noqa: S101 - for the type checker
    rows = registry.build("reader", spec.dataset)()
    row: Row | None = next(
        (row for row in rows if not spec.slices or not set(spec.slices).isdisjoint(row.slices)), None
    )
    if row is None:
        return None
    sample = Sample(
        id=derived_id("sample", row.key), created_at=utc_now(), dataset_id="data-example", position=0, row=row
    )
    async for found in rehearse(_run(spec), [(sample, 1)], style):
        return Example(row, [_shown(request.prompt) for request in found.requests], found.weighings)
    return None


def _run(spec: TaskSpec) -> RunSpec:
    model = {"model": "mock/example"}
    [run] = plan(ExperimentSpec.parse({"name": "example", "models": [model], "tasks": [spec.model_dump(mode="json")]}))
    return run


def _shown(prompt: Any) -> str | list[Mapping[str, str]]:
    return prompt if isinstance(prompt, str) else [turn.model_dump() for turn in prompt]
