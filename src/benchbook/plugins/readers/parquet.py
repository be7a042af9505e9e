"""Anybody's questions in Parquet."""

import math
from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchbook import PluginError, Reader, SpecError, register
from benchbook.plugins.readers.columns import Columns, by_columns
from benchbook.plugins.readers.files import Entry, existing
from benchbook.plugins.readers.tables import Table

__all__ = ["columnar", "installed", "parquet"]

_BATCH = 1024


@register("reader")
@by_columns
def parquet(columns: Columns, file: str) -> Reader:
    """The rows of a .parquet file; the arguments name the columns that hold what. Needs benchbook[parquet]."""
    path = existing(file, "file")
    installed()
    return Table(file, "file", lambda: columnar(path, "file"), columns.row)


def installed() -> None:
    """PluginError if what reads Parquet is not there."""
    try:
        import pyarrow.parquet  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise PluginError(
            "Parquet is read by pyarrow, which is not installed: pip install 'benchbook[parquet]'"
        ) from None


def columnar(file: Path, argument: str) -> Iterator[Entry | SpecError]:
    """The records of the file, a batch at a time."""
    import pyarrow as arrow  # noqa: PLC0415 - an extra
    from pyarrow import parquet as files  # noqa: PLC0415

    number = 0
    try:
        with files.ParquetFile(file, pre_buffer=False) as table:
            for batch in table.iter_batches(_BATCH, use_threads=False):
                for record in batch.to_pylist():
                    number += 1
                    fields = {name: _plain(value) for name, value in record.items()}
                    yield Entry(f"{file}, row {number:,}", number, argument, fields)
    except (OSError, arrow.ArrowException) as err:
        yield SpecError(f"cannot read {file} after row {number:,}: {err}", field=[argument])


def _plain(value: Any) -> Any:
    """The value as JSON has it."""
    match value:
        case None | str() | bool() | int():
            return value
        case float():
            return None if math.isnan(value) else value
        case list():
            return [_plain(each) for each in value]
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case date() | time():
            return value.isoformat()
        case Decimal() | timedelta():
            return str(value)
        case bytes():
            return f"{len(value):,} bytes"
    return str(value)
