"""Experiments in which judges take part, and what came of them."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchbook.records.runs import Run
from benchbook.service.experiments import Terms, carry_out, prepare, submit
from benchbook.service.runs import Watch, utc_now
from benchbook.specs.files import read_text
from benchbook.store import views
from benchbook.store.store import Store


def answered(store: Store, folder: Path, answers: Mapping[str, list[str]], targets: list[str]) -> list[Run]:
    """A run for each model: it has answered the questions so, and `targets` would have been right."""
    data = folder / f"answered-{len(targets)}.jsonl"
    rows = [{"key": f"k{at}", "input": f"question {at}", "target": target} for at, target in enumerate(targets)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    models = [
        {"model": f"mock/{name}", "name": name, "args": {"by_sample": {f"k{at}": each for at, each in enumerate(said)}}}
        for name, said in answers.items()
    ]
    task = {"name": "t", "dataset": {"jsonl": {"file": str(data)}}, "scorers": ["exact-match"]}
    return judged(store, {"name": "answers", "models": models, "tasks": [task]})


def judged(store: Store, config: Mapping[str, Any], terms: Terms = Terms()) -> list[Run]:
    """The runs of an experiment, carried out."""
    experiment = submit(store, prepare(read_text("e.yaml", json.dumps(config)), utc_now(), store))
    assert asyncio.run(carry_out(store, experiment, Watch(), terms)) == []
    return views.runs_of(store, experiment.id)


def scores_of(store: Store, run: Run) -> dict[tuple[str, str], str | None]:
    """The label of every verdict of a judge run, by sample and name."""
    return {
        (sample.key, score.name): score.verdict.label
        for sample, _, scores in views.generations(store, run.id)
        for score in scores
    }


def form(**answers: Any) -> str:
    """A form, filled in."""
    items = {
        path: {"justification": f"it is plainly so: {one}", "answer": one, "confidence": 0.9}
        for path, one in answers.items()
    }
    return json.dumps({"items": items})
