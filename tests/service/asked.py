"""Experiments that ask a server on loopback, and what came of them."""

import asyncio
import json
from pathlib import Path
from typing import Any

from benchbook import Generate, Message, Output, Sample, Solver, register
from benchbook.records.generations import Generation
from benchbook.records.runs import Experiment, Run
from benchbook.service.experiments import Terms, carry_out, prepare, submit
from benchbook.service.runs import Watch, metrics, utc_now
from benchbook.specs.files import read_text
from benchbook.specs.models import GenerateConfig
from benchbook.store import views
from benchbook.store.cache import cache_beside
from benchbook.store.store import Store
from counting import Counting


@register("solver", "thrice")
def thrice() -> Solver:
    """Asks the same three times, and says all that it was told."""

    async def solve(sample: Sample, generate: Generate) -> Output:
        question = (Message(role="user", content=str(sample.row.input)),)
        said = [await generate(question, GenerateConfig(max_tokens=7)) for _ in range(3)]
        return said[-1].model_copy(update={"text": " ".join(output.text for output in said)})

    return solve


def config(tmp_path: Path, server: Counting, prompts: tuple[str, ...] = ("a", "b", "c"), **more: Any) -> str:
    """An experiment that asks `prompts` of the server."""
    rows = [{"key": f"k{at}", "input": prompt, "target": prompt} for at, prompt in enumerate(prompts)]
    data = tmp_path / f"data-{len(prompts)}.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    model = {"model": "openai-compatible/x", "args": {"base_url": server.url}} | more.pop("model", {})
    task = {"name": "t", "dataset": {"jsonl": {"file": str(data)}}, "scorers": ["exact-match"]} | more.pop("task", {})
    return json.dumps({"name": "e", "models": [model], "tasks": [task], **more})


def done(store: Store, text: str, terms: Terms = Terms()) -> tuple[Experiment, Run]:
    """The experiment, carried out, and its run."""
    experiment = submit(store, prepare(read_text("e.yaml", text), utc_now()))
    assert asyncio.run(carry_out(store, experiment, Watch(), terms)) == []
    [run] = views.runs_of(store, experiment.id)
    return experiment, run


def answers(store: Store, run: Run) -> list[Generation]:
    return [generation for _, generation, _ in views.generations(store, run.id)]


def outputs(store: Store, run: Run) -> list[Output]:
    return [generation.output for generation in answers(store, run) if generation.output]


def figures(store: Store, run: Run) -> dict[str, float | None]:
    return {metric.name: metric.value for metric in metrics(store, run)}


def warned(store: Store, run: Run) -> list[str]:
    return [str(event.body["message"]) for _, event in views.events_after(store, run.id) if event.kind == "warning"]


def path_of(store: Store) -> Path:
    return cache_beside(store.blobs.folder)
