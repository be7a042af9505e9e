"""Data out: one row a generation or a figure, in the forms that other tools read."""

import csv
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TextIO

from benchbook.errors import SpecError
from benchbook.records.runs import Run
from benchbook.service import export_excel, export_parquet, export_prometheus, inspect_logs
from benchbook.service.export_rows import FIGURES, FORMULAS, columns, figures, flat, rows
from benchbook.service.files import whole, written_whole
from benchbook.store.store import Store

Format = Literal["jsonl", "csv", "parquet", "xlsx", "metrics-csv", "prometheus", "inspect"]

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")


class Exported(NamedTuple):
    """What was written."""

    paths: tuple[Path, ...]
    written: int
    what: str = "answers"
    note: str = ""
    """What a reader of it should know."""


def write(store: Store, runs: Sequence[Run], form: Format, path: Path) -> Exported:
    """Write the runs to `path`, whole or not at all; several Inspect logs into the folder `path`."""
    if form == "inspect":
        logs = inspect_logs.write(store, runs, path)
        return Exported(tuple(logs), sum(logs.values()))
    if form == "xlsx":
        with whole(path) as unfinished:
            count, cut = export_excel.write(store, runs, unfinished)
        note = f"{cut} texts did not fit into a cell and are cut; --format jsonl has them whole" if cut else ""
        return Exported((path,), count, note=note)
    if form == "parquet":
        with whole(path) as unfinished:
            return Exported((path,), export_parquet.write(store, runs, unfinished))
    with written_whole(path) as out:
        return Exported((path,), WRITERS[form](store, runs, out), "figures" if form in FIGURED else "answers")


def write_text(store: Store, runs: Sequence[Run], form: Format, out: TextIO) -> int:
    """Write the runs to an open file, in one of the forms that are text; how many rows there were."""
    if form not in WRITERS:
        raise SpecError(f"the form {form} is no text: name a file with --output")
    return WRITERS[form](store, runs, out)


def write_jsonl(store: Store, runs: Sequence[Run], out: TextIO) -> int:
    """Every answer with its scores, one JSON object a line, nothing left out."""
    count = 0
    for count, row in enumerate(rows(store, runs), 1):  # noqa: B007 - the last number is the count
        out.write(json.dumps(row) + "\n")
    return count


def write_csv(store: Store, runs: Sequence[Run], out: TextIO) -> int:
    """Every answer on a row, with columns for each score.

    Text that a spreadsheet would run as a formula gets an apostrophe in front; JSONL is exact.
    """
    names = columns(store, runs)
    table = csv.DictWriter(out, names, restval="")
    # Scores are called what their authors say, so titles are text of strangers, too.
    table.writerow({name: _cell(name) for name in names})
    count = 0
    for count, row in enumerate(rows(store, runs), 1):  # noqa: B007 - the last number is the count
        table.writerow({name: _cell(value) for name, value in flat(row).items()})
    return count


def write_metrics(store: Store, runs: Sequence[Run], out: TextIO) -> int:
    """Every figure on a row, with its interval and what it is made from."""
    table = csv.DictWriter(out, FIGURES, restval="")
    table.writeheader()
    count = 0
    for count, row in enumerate(figures(store, runs), 1):  # noqa: B007 - the last number is the count
        table.writerow({name: _cell(value) for name, value in row.items()})
    return count


WRITERS: dict[Format, Callable[[Store, Sequence[Run], TextIO], int]] = {
    "jsonl": write_jsonl,
    "csv": write_csv,
    "metrics-csv": write_metrics,
    "prometheus": export_prometheus.write,
}
"""The forms that are text."""

FIGURED: tuple[Format, ...] = ("metrics-csv", "prometheus")
"""The forms that have no answers in them."""


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in FORMULAS and value and not _NUMBER.fullmatch(value):
        return "'" + value
    return value
