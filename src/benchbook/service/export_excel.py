"""Answers and figures as a workbook for Excel: two sheets, no formula in them, a row in memory at a time."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchbook.errors import SpecError
from benchbook.records.runs import Run
from benchbook.service.export_rows import FIGURES, FORMULAS, columns, figures, flat, library, rows
from benchbook.store.store import Store

MOST_CHARACTERS = 32_767
"""In a cell, counted as UTF-16 does."""
MOST_ROWS = 1_048_576

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What XML has no place for, or what makes a text read otherwise than it is."""


def write(store: Store, runs: Sequence[Run], path: Path) -> tuple[int, int]:
    """Write the sheets `samples` and `metrics`; how many answers there were, and how many texts had to be cut."""
    made = library("xlsxwriter", "excel", "the form xlsx")
    try:
        with made.Workbook(str(path), {"constant_memory": True, "strings_to_urls": False}) as book:
            samples = _Sheet(book, "samples", columns(store, runs))
            samples.fill(flat(row) for row in rows(store, runs))
            _Sheet(book, "metrics", FIGURES).fill(figures(store, runs))
    except made.exceptions.FileCreateError as err:
        raise err.args[0] from None  # an OSError, as of any other file
    except made.exceptions.FileSizeError:
        raise SpecError("a workbook has no more than 4 GiB; export as parquet or csv, or fewer runs") from None
    return samples.filled, samples.cut


class _Sheet:
    """One sheet, filled from top to bottom."""

    def __init__(self, book: Any, name: str, names: Sequence[str]) -> None:
        self.filled = self.cut = 0
        self._names = names
        self._sheet = book.add_worksheet(name)
        # Excel then takes what begins with an equals sign as text even where somebody edits the cell.
        self._literal = book.add_format({"quote_prefix": True})
        self._sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for at, title in enumerate(names):
            self._sheet.write_string(0, at, self._fitting(title), bold)

    def fill(self, table: Iterable[Mapping[str, Any]]) -> None:
        for row in table:
            self.filled += 1
            if self.filled >= MOST_ROWS:
                raise SpecError(f"a sheet has no more than {MOST_ROWS:,} rows; export as parquet or csv, or fewer runs")
            for at, name in enumerate(self._names):
                self._write(at, row.get(name))

    def _write(self, at: int, value: Any) -> None:
        if isinstance(value, bool):
            self._sheet.write_boolean(self.filled, at, value)
        elif isinstance(value, int | float):
            self._sheet.write_number(self.filled, at, value)
        elif isinstance(value, str) and value:
            form = self._literal if value[0] in FORMULAS else None
            self._sheet.write_string(self.filled, at, self._fitting(value), form)

    def _fitting(self, text: str) -> str:
        text = _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
        if _length(text) <= MOST_CHARACTERS:
            return text
        self.cut += 1
        told = f"… [cut: {len(text):,} characters]"
        kept = text.encode("utf-16-le")[: 2 * (MOST_CHARACTERS - len(told))]
        return kept.decode("utf-16-le", "ignore") + told


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
