"""Anybody's questions, one JSON object a line."""

from typing import Any

from benchbook import Reader, Row, register
from benchbook.plugins.readers.files import Entry, existing, records, rows

_KEY = "key"


@register("reader")
def jsonl(
    file: str,
    key: str | None = None,
    input: str = "input",  # noqa: A002 - what the YAML calls it
    target: str | None = "target",
    slice: str | None = None,  # noqa: A002 - what a spec calls it
) -> Reader:
    """The rows of a .jsonl file (or a .json array, or either gzipped); the arguments name the fields that hold what.

    Unless `key` names another field, `key` identifies a row, or its number where it has no such field. Fields that are
    not named become metadata.
    """
    path = existing(file, "file")
    named = {key or _KEY, input, target, slice}

    def row(entry: Entry) -> Row:
        return entry.row(
            key=str(entry.number) if key is None and _KEY not in entry.fields else entry.key(key or _KEY),
            input=entry.value(input),
            target=None if target is None else entry.value(target),
            slices=[] if slice is None else _listed(entry.value(slice)),
            metadata={name: value for name, value in entry.fields.items() if name not in named},
        )

    return lambda: rows(records(path, "file"), row)


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]
