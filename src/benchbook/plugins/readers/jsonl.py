"""Anybody's questions, one JSON object a line."""

from benchbook import Reader, register
from benchbook.plugins.readers.columns import Columns, by_columns
from benchbook.plugins.readers.files import entries, existing
from benchbook.plugins.readers.tables import Table


@register("reader")
@by_columns
def jsonl(columns: Columns, file: str) -> Reader:
    """The rows of a .jsonl file (or a .json array, or either gzipped); the arguments name the fields that hold what.

    Unless `key` names another field, `key` identifies a row, or its number where it has no such field. Fields that are
    not named become metadata.
    """
    path = existing(file, "file")
    return Table(file, "file", lambda: entries(path, "file"), columns.row)
