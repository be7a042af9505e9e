"""Questions, frozen: a run never reads a moving source."""

from typing import Any

from benchbook.records.record import Record
from benchbook.specs.datasets import Row
from benchbook.specs.use import Use


class Dataset(Record):
    """The rows a reader gave, kept under the hash of their content."""

    name: str
    version: str
    """SHA-256 over the canonical JSON of all rows."""
    reader: Use
    size: int
    slices: tuple[str, ...] = ()


class Sample(Record):
    """A Row in its Dataset."""

    dataset_id: str
    position: int
    """Its place in the data set, from 0."""
    row: Row

    @property
    def key(self) -> str:
        """The row's key."""
        return self.row.key

    @property
    def target(self) -> Any:
        """What a scorer knows of the right answer."""
        return self.row.target
