"""What a run would find in the cache of answers, and why not the rest."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchbook.engine.cache import key_of, key_of_reading, key_of_weighing, name_of, source_of
from benchbook.engine.rehearsal import Rehearsed, rehearse
from benchbook.errors import NotFound, SpecError
from benchbook.protocols import Key, Request, Runtime
from benchbook.records.runs import Run
from benchbook.specs.models import ModelSpec, PromptStyle
from benchbook.specs.outputs import Output
from benchbook.specs.spec import canonical_json
from benchbook.store import views
from benchbook.store.cache import Known, cache_beside, kept, known_like
from benchbook.store.store import Store

_FACT = "model."
"""What the names of a model's facts begin with, among the facts of its run."""


@dataclass(frozen=True)
class Question:
    """A question of a run, and whether its answer is known."""

    sample: str
    epoch: int
    key: Key
    known: bool
    why: str
    """Why not; empty if it is."""


def explained(store: Store, run: Run, sample: str | None = None) -> list[Question]:
    """Every question of the run, or of one of its samples. NotFound if it has no such sample."""
    if run.spec.judging:
        raise SpecError(f"run {run.id} is a judge's: what it asks depends on answers, and is not foreseen")
    task = run.spec.task
    samples = views.samples_of(store, run.dataset_id, task.slices, task.limit)
    wanted = [one for one in samples if sample in (None, one.key)]
    if not wanted:
        raise NotFound(f"run {run.id} has no sample {sample!r}; `benchbook show {run.id}` lists them")
    path = cache_beside(store.blobs.folder)
    source = _source_of_run(path, run)
    places = [(one, epoch) for epoch in range(1, task.epochs + 1) for one in wanted]

    async def questions() -> list[Question]:
        asked = rehearse(run.spec, places, style_of(source))
        return [_question(path, one, key) async for one in asked for key in keys_of(source, one)]

    return asyncio.run(questions())


def keys_of(source: str, rehearsed: Rehearsed) -> Iterator[Key]:
    """What the answers to a sample's questions are found under."""
    yield from (key_of(source, request) for request in rehearsed.requests)
    yield from (key_of_weighing(source, *texts) for texts in rehearsed.weighings)
    yield from (key_of_reading(source, *reading) for reading in rehearsed.readings)


def source_like(path: Path, model: ModelSpec) -> str | None:
    """Who answered last when a model of this spec was asked, by the word of the cache; None if it never was."""
    wanted = json.loads(source_of(model, Runtime(_nothing)))
    told = ("form", "model", "args")
    alike = [one for one in kept(path) if all(one.source.get(name) == wanted[name] for name in told)]
    newest = max(alike, key=lambda one: one.newest or 0.0, default=None)
    return canonical_json(newest.source) if newest else None


def style_of(source: str) -> PromptStyle:
    """How the model of a source is asked unless its spec says otherwise."""
    return "completion" if json.loads(source)["prompt_style"] == "completion" else "chat"


def _source_of_run(path: Path, run: Run) -> str:
    """Who answered the run: it kept the name; the cache has the rest, or else what the model said of itself."""
    facts = {name.removeprefix(_FACT): text for name, text in run.environment.items() if name.startswith(_FACT)}
    styles: tuple[PromptStyle, ...] = ("chat", "completion")
    told = [source_of(run.spec.model, Runtime(_nothing, prompt_style=style, facts=facts)) for style in styles]
    kept_ones = [canonical_json(one.source) for one in kept(path)]
    named = [source for source in (*kept_ones, *told) if name_of(source) == run.environment.get("cache")]
    if named:
        return named[0]
    return next((source for source in told if source in kept_ones), told[0])


def _question(path: Path, rehearsed: Rehearsed, key: Key) -> Question:
    known, others = known_like(path, key)
    return Question(rehearsed.sample.key, rehearsed.epoch, key, known, "" if known else _why(key, others))


def _why(key: Key, others: Sequence[Known]) -> str:
    """What sets the key apart from that of the most similar answer to the same prompt."""
    here = {**_flat(json.loads(key.source)), **_flat(json.loads(key.parameters))}
    apart = [_differences(here, {**_flat(one.source), **_flat(one.parameters)}) for one in others]
    if not apart:
        return "no answer to this prompt is kept"
    nearest = min(apart, key=len)
    return f"kept for another key: {'; '.join(nearest)}"


def _differences(here: dict[str, Any], there: dict[str, Any]) -> list[str]:
    names = [name for name in dict.fromkeys([*here, *there]) if here.get(name) != there.get(name)]
    return [f"{name} is {_shown(here.get(name))}, there {_shown(there.get(name))}" for name in names]


def _flat(parts: dict[str, Any]) -> dict[str, Any]:
    """Nested parts by the names people know: `args.base_url`."""
    found: dict[str, Any] = {}
    for name, value in parts.items():
        inner = value.items() if isinstance(value, dict) else [("", value)]
        found |= {f"{name}.{part}".rstrip("."): each for part, each in inner}
    return found


def _shown(value: object) -> str:
    return "not given" if value is None else json.dumps(value)


async def _nothing(_: Request) -> Output:
    raise NotImplementedError
