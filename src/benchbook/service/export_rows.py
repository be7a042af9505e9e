"""What is exported of a run: its answers as rows, and its figures as rows."""

import json
from collections.abc import Iterator, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from benchbook.errors import SpecError
from benchbook.records.runs import Run
from benchbook.records.scores import Answer
from benchbook.service.runs import metrics
from benchbook.store import views
from benchbook.store.store import Store

ASKED = ("run", "model", "task", "sample", "epoch", "slices", "tags")
ANSWERED = ("prompt", "target", "reply", "answer", "answer_rule")
MEASURED = ("stop_reason", "input_tokens", "output_tokens", "latency", "cached", "cost", "error")
SAID = ("value", "label", "explanation", "error")
FIGURES = ("run", "model", "task", "metric", "score", "slice", "value", "low", "high", "n", "excluded")

FORMULAS = "=+-@\t\r\n＝＋－＠"
"""Text that begins with one of these is what a spreadsheet may run; some take the wide ones for the narrow."""


def rows(store: Store, runs: Sequence[Run]) -> Iterator[dict[str, Any]]:
    """Every answer with its scores, as plain data."""
    return (_row(run, answer) for run in runs for answer in views.generations(store, run.id))


def columns(store: Store, runs: Sequence[Run]) -> list[str]:
    """The columns of flat rows: each score of any of the runs has a few."""
    names = views.score_names(store, [run.id for run in runs])
    return [*ASKED, *ANSWERED, *MEASURED, *(f"{name}.{part}" for name in names for part in SAID)]


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """The row with texts and numbers alone."""
    scores = row.pop("scores")
    said = {f"{score['name']}.{part}": score[part] for score in scores for part in SAID}
    listed = {name: " ".join(row[name]) for name in ("slices", "tags")}
    return {name: _plain(value) for name, value in {**row, **listed, **said}.items()}


def figures(store: Store, runs: Sequence[Run]) -> Iterator[dict[str, Any]]:
    """Every figure of the runs."""
    for run in runs:
        for metric in metrics(store, run):
            yield {
                "run": run.id,
                "model": run.model,
                "task": run.task,
                "metric": metric.name,
                **{name: getattr(metric, name) for name in FIGURES[4:]},
            }


def library(name: str, extra: str, what: str) -> ModuleType:
    """A module of an optional extra; SpecError says what to install."""
    try:
        return import_module(name)
    except ModuleNotFoundError as err:
        if err.name != name.partition(".")[0]:
            raise
        raise SpecError(f"{what} needs {err.name}: pip install 'benchbook[{extra}]'") from None


def _row(run: Run, answer: Answer) -> dict[str, Any]:
    sample, generation, scores = answer
    prompt, output = generation.prompt, generation.output
    return {
        "run": run.id,
        "model": run.spec.model.name,
        "task": run.spec.task.name,
        "sample": sample.key,
        "epoch": generation.epoch,
        "slices": list(sample.row.slices),
        "tags": list(sample.row.tags),
        "prompt": prompt if isinstance(prompt, str) else [message.model_dump() for message in prompt],
        "target": sample.target,
        "reply": output.text if output else None,
        "answer": output.answer if output else None,
        "answer_rule": output.answer_rule if output else None,
        "stop_reason": output.stop_reason if output else None,
        "input_tokens": output.usage.input_tokens if output else None,
        "output_tokens": output.usage.output_tokens if output else None,
        "latency": output.latency if output else None,
        "cached": output.cached if output else None,
        "cost": generation.cost,
        "error": generation.error,
        "scores": [
            {"author": score.author, "author_id": score.author_id, **score.verdict.model_dump(mode="json")}
            for score in scores
        ],
    }


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value
