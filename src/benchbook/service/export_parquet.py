"""Answers as Parquet: typed columns, nested where the data is, a row group in memory at a time."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchbook.records.runs import Run
from benchbook.service.export_rows import library, rows
from benchbook.store import views
from benchbook.store.store import Store

_ROWS = 5_000
"""In a row group, at most."""
_CHARACTERS = 16 << 20
"""Of prompts and replies in a row group, about."""
_FLAT = ("value", "label")


def write(store: Store, runs: Sequence[Run], path: Path) -> int:
    """Write a row for each answer; how many there were. Besides the list `scores`, each score has its own columns."""
    arrow = library("pyarrow", "parquet", "the form parquet")
    parquet = library("pyarrow.parquet", "parquet", "the form parquet")
    names = views.score_names(store, [run.id for run in runs])
    schema = _schema(arrow, names)
    count = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as out:
        for group in _groups(store, runs):
            out.write_table(arrow.Table.from_pylist(group, schema))
            count += len(group)
    return count


def _schema(arrow: Any, names: Sequence[str]) -> Any:
    text, number, whole = arrow.string(), arrow.float64(), arrow.int64()
    message = arrow.struct([("role", text), ("content", text)])
    said = dict.fromkeys(("author", "author_id", "name", "label", "explanation", "error", "trace", "spans"), text)
    score = arrow.struct([*said.items(), ("value", number), ("confidence", number)])
    kinds = {
        **dict.fromkeys(("run", "model", "task", "sample"), text),
        "epoch": arrow.int32(),
        **dict.fromkeys(("slices", "tags"), arrow.list_(text)),
        "prompt": arrow.list_(message),
        **dict.fromkeys(("target", "reply", "answer", "answer_rule", "stop_reason"), text),
        **dict.fromkeys(("input_tokens", "output_tokens"), whole),
        "latency": number,
        "cached": arrow.bool_(),
        "cost": number,
        "error": text,
        "scores": arrow.list_(score),
        **{f"{name}.{part}": number if part == "value" else text for name in names for part in _FLAT},
    }
    return arrow.schema(list(kinds.items()))


def _groups(store: Store, runs: Sequence[Run]) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    characters = 0
    for row in rows(store, runs):
        group.append(_sound(_shaped(row)))
        characters += len(row["reply"] or "") + sum(len(turn["content"]) for turn in row["prompt"])
        if len(group) == _ROWS or characters >= _CHARACTERS:
            yield group
            group, characters = [], 0
    if group:
        yield group


def _shaped(row: dict[str, Any]) -> dict[str, Any]:
    """The row with one type a column: a bare prompt is a turn of nobody, and what may be anything is JSON."""
    if isinstance(row["prompt"], str):
        row["prompt"] = [{"role": None, "content": row["prompt"]}]
    if not isinstance(row["target"], str | None):
        row["target"] = json.dumps(row["target"])
    for score in row["scores"]:
        row |= {f"{score['name']}.{part}": score[part] for part in _FLAT}
        score |= {name: json.dumps(score[name]) if score[name] else None for name in ("trace", "spans")}
    return row


def _sound(value: Any) -> Any:
    """The same with lone surrogates, which UTF-8 cannot say, written out."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {name: _sound(each) for name, each in value.items()}
    return [_sound(each) for each in value] if isinstance(value, list) else value
