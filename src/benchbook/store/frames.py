"""Runs read by the column: what tables of a hundred thousand answers are made of."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, String, select, type_coerce

from benchbook.records.runs import Run
from benchbook.store import tables
from benchbook.store.store import Store

PAGE = 5_000
"""Rows read at once."""

_ANSWERED = ("epoch", "stop_reason", "input_tokens", "output_tokens", "latency", "cached", "cost", "error")
_VERDICT = ("explanation", "confidence")

SAMPLES = ("sample", "slices", "tags", "target", *_ANSWERED, "prompt", "reply", "answer")
SCORES = ("sample", "epoch", "score", "value", "label", "error", "author", "author_id", *_VERDICT)


def answers(store: Store, run: Run) -> Iterator[list[tuple[Any, ...]]]:
    """The columns `SAMPLES` of a run's answers, by sample and epoch, as many at a time as are read at once."""
    sample, generation = tables.samples.c, tables.generations.c
    question = (
        select(
            *(sample.key, _raw(sample.row), *(generation[name] for name in _ANSWERED)),
            *(_raw(generation.prompt), _raw(generation.output)),
        )
        .join_from(tables.samples, tables.generations, generation.sample_id == sample.id)
        .where(generation.run_id == run.id)
        .order_by(sample.position, generation.epoch)
    )
    for page in _pages(store, question):
        yield list(zip(*map(_answer, page), strict=True))


def scores(store: Store, run: Run) -> Iterator[list[tuple[Any, ...]]]:
    """The columns `SCORES` of what a run says, by sample and epoch, as many at a time as are read at once."""
    sample, generation, score = tables.samples.c, tables.generations.c, tables.scores.c
    question = (
        select(sample.key, generation.epoch, score.name, score.value, score.label, score.error)
        .add_columns(score.author, score.author_id, _raw(score.verdict))
        .join_from(tables.scores, tables.generations, score.generation_id == generation.id)
        .join(tables.samples, generation.sample_id == sample.id)
        .where(score.run_id == run.id)
        .order_by(sample.position, generation.epoch, score.created_at, score.name, score.id)
    )
    for page in _pages(store, question):
        yield list(zip(*map(_score, page), strict=True))


def _raw(column: Any) -> Any:
    """The text of a body: it is read here, and only what is wanted of it is kept."""
    return type_coerce(column, String)


def _pages(store: Store, question: Select[Any]) -> Iterator[list[Any]]:
    with store.reading() as connection, connection.execute(question.execution_options(yield_per=PAGE)) as rows:
        yield from map(list, rows.partitions())


def _answer(row: Any) -> tuple[Any, ...]:
    key, body, *measured, asked, replied = row
    sample = json.loads(body)
    output = json.loads(replied) if replied else {}
    own = (key, sample.get("slices", []), sample.get("tags", []), sample.get("target"))
    return *own, *measured, _text(json.loads(asked)), output.get("text"), output.get("answer")


def _text(prompt: Any) -> str:
    if isinstance(prompt, str):
        return prompt
    return "\n\n".join(turn["content"] for turn in prompt) if len(prompt) > 1 else prompt[0]["content"]


def _score(row: Any) -> tuple[Any, ...]:
    *said, body = row
    verdict = json.loads(body)
    return *said, verdict.get("explanation", ""), verdict.get("confidence")
