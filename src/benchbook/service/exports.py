"""Data out: one row a generation, exact as JSONL, flat as CSV."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, TextIO

from benchbook.records.runs import Run
from benchbook.records.scores import Answer
from benchbook.service.files import written_whole
from benchbook.store import views
from benchbook.store.store import Store

Format = Literal["jsonl", "csv"]

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
_FLAT = ("run", "model", "task", "sample", "epoch", "slices", "tags", "prompt", "reply", "answer", "answer_rule")
_MEASURED = ("stop_reason", "input_tokens", "output_tokens", "latency", "cached", "cost", "error")
_SAID = ("value", "label", "explanation", "error")


def write(store: Store, runs: list[Run], form: Format, path: Path) -> int:
    """Write the answers of `runs` to `path`, whole or not at all; how many there were."""
    with written_whole(path) as out:
        return WRITERS[form](store, runs, out)


def write_jsonl(store: Store, runs: list[Run], out: TextIO) -> int:
    """Every answer with its scores, one JSON object a line, nothing left out."""
    count = 0
    for count, row in enumerate(rows(store, runs), 1):  # noqa: B007 - the last number is the count
        out.write(json.dumps(row) + "\n")
    return count


def write_csv(store: Store, runs: list[Run], out: TextIO) -> int:
    """Every answer on a row, with columns for each score.

    Text that a spreadsheet would run as a formula gets an apostrophe in front; JSONL is exact.
    """
    names = sorted({score.name for run in runs for score in views.scores(store, run.id)})
    columns = [*_FLAT, *_MEASURED, *(f"{name}.{part}" for name in names for part in _SAID)]
    table = csv.DictWriter(out, columns, restval="")
    table.writeheader()
    count = 0
    for count, row in enumerate(rows(store, runs), 1):  # noqa: B007 - the last number is the count
        table.writerow({name: _cell(value) for name, value in _flat(row).items()})
    return count


def rows(store: Store, runs: list[Run]) -> Iterator[dict[str, Any]]:
    """Every answer with its scores, as plain data."""
    return (_row(run, answer) for run in runs for answer in views.generations(store, run.id))


WRITERS: dict[Format, Callable[[Store, list[Run], TextIO], int]] = {"jsonl": write_jsonl, "csv": write_csv}


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


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    scores = row.pop("scores")
    said = {f"{score['name']}.{part}": score[part] for score in scores for part in _SAID}
    return {**row, "slices": " ".join(row["slices"]), "tags": " ".join(row["tags"]), **said}


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return json.dumps(value)
    if isinstance(value, str) and value[:1] in "=+-@\t\r" and value and not _NUMBER.fullmatch(value):
        return "'" + value
    return value
