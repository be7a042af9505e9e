"""The synthetic data sets: drawn from a seed as they are read, or from a file of `benchbook datasets generate`."""

from collections.abc import Callable, Iterator
from typing import Any

from benchbook import Reader, Row, SpecError, synthetic
from benchbook.plugins.readers.files import Entry, existing, records, rows

__all__ = ["drawn_or_read"]


def drawn_or_read(name: str, row_of: Callable[[Entry], Row], data: str | None, **drawn: Any) -> Reader:
    """The rows of the file `data`; or without one, of the data set of that name, with what is `drawn` as it says."""
    given = {key: value for key, value in drawn.items() if value is not None}
    if data is None:
        return lambda: rows(_entries(name, given), row_of)
    if given:
        stray = next(iter(given))
        raise SpecError(f"`data` is a file, which has no {stray}; leave one of them out", field=[stray])
    path = existing(data, "data")
    return lambda: rows(records(path, "data"), row_of)


def _entries(name: str, given: dict[str, Any]) -> Iterator[Entry]:
    for number, fields in enumerate(synthetic(name, **given), 1):
        yield Entry(f"{name}, sample {number}", number, "data", fields)
