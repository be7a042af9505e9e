"""Records that become rows: read as a stream, and where one is no row, that is said with its place."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from benchbook import Keys, Row, SpecError
from benchbook.plugins.readers.files import Entry

__all__ = ["Table"]


@dataclass(frozen=True)
class Table:
    """A reader that can also tell every mistake, not only the first."""

    source: str
    """What is read, as errors name it."""
    argument: str
    """The reader's argument that named it."""
    entries: Callable[[], Iterator[Entry | SpecError]]
    row: Callable[[Entry], Row | None]
    """None if the record is left out."""
    pinned: Mapping[str, JsonValue] = field(default_factory=dict)
    """Arguments that say for ever what is read, where they were left open."""

    def __call__(self) -> Iterator[Row]:
        """The rows; SpecError at the first that is none, or at the end if a key came twice."""
        for found in self._found():
            if isinstance(found, SpecError):
                raise found
            yield found

    def mistakes(self) -> Iterator[SpecError]:
        """Everything that is wrong, in the order in which it is found."""
        return (found for found in self._found() if isinstance(found, SpecError))

    def _found(self) -> Iterator[Row | SpecError]:
        keys, records, rows = Keys(), 0, 0
        for records, entry in enumerate(self.entries(), 1):  # noqa: B007 - how many there were
            found = self._row(entry)
            if isinstance(found, Row):
                keys.add(found.key)
                rows += 1
            if found is not None:
                yield found
        if not records:
            yield SpecError(f"{self.source} is empty", field=[self.argument])
        elif not rows:
            yield SpecError(f"of {records:,} records in {self.source} none is a row", field=[self.argument])
        if twice := keys.twice():
            yield from self._again(twice)

    def _row(self, entry: Entry | SpecError) -> Row | SpecError | None:
        if isinstance(entry, SpecError):
            return entry
        try:
            return self.row(entry)
        except SpecError as err:
            return err

    def _again(self, marks: frozenset[int]) -> Iterator[SpecError]:
        """The rows whose keys are taken, found by reading once more."""
        places: dict[str, str] = {}
        for entry in self.entries():
            row = self._row(entry)
            if not isinstance(entry, Entry) or not isinstance(row, Row) or hash(row.key) not in marks:
                continue
            if row.key in places:
                yield entry.mistake(
                    f"the key {row.key!r} is taken by {places[row.key]}; every row needs a key of its own"
                )
            else:
                places[row.key] = entry.place
