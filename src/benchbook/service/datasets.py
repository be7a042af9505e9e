"""Data sets, frozen before a run reads them."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from benchbook import registry
from benchbook.errors import SpecError
from benchbook.protocols import Reader
from benchbook.records.datasets import Dataset, Sample
from benchbook.records.record import derived_id
from benchbook.specs.datasets import Row
from benchbook.specs.spec import canonical_json
from benchbook.specs.tasks import TaskSpec


@dataclass(frozen=True)
class Frozen:
    """A task's data set, known by the hash of its content. Its rows stay where they are until they are stored."""

    dataset: Dataset
    sizes: Mapping[tuple[str, ...], int]
    """How many samples are in these slices, and in no other."""
    read: Reader

    def samples(self) -> Iterator[Sample]:
        """The samples in their order, read once more; SpecError at their end if they are not those that were hashed."""
        content = _Content()
        for at, row in enumerate(self.read()):
            content.add(row)
            yield Sample(
                id=derived_id("sample", self.dataset.version, row.key),
                created_at=self.dataset.created_at,
                dataset_id=self.dataset.id,
                position=at,
                row=row,
            )
        if content.version() != self.dataset.version:
            raise SpecError(
                f"the data of {self.dataset.name!r} have changed while they were read; evaluate again once they are "
                "written"
            )


def frozen(task: TaskSpec, now: datetime) -> Frozen:
    """The task's data set under the hash of its content; SpecError if there is nothing, or a sample is named twice."""
    assert task.dataset is not None, "tasks are completed before they are frozen"  # noqa: S101 - for the type checker
    read: Reader = registry.build("reader", task.dataset)
    content, sizes, keys = _Content(), Counter[tuple[str, ...]](), set[str]()
    for row in read():
        content.add(row)
        sizes[row.slices] += 1
        if row.key in keys:
            raise SpecError(f"task {task.name!r}: two samples have the key {row.key!r}", field=["dataset"])
        keys.add(row.key)
    if not keys:
        raise SpecError(f"task {task.name!r}: the data set is empty", field=["dataset"])
    version = content.version()
    dataset = Dataset(
        id=derived_id("data", version),
        created_at=now,
        name=task.dataset.name,
        version=version,
        reader=task.dataset,
        size=len(keys),
        slices=tuple(dict.fromkeys(part for parts in sizes for part in parts)),
    )
    return Frozen(dataset, sizes, read)


def number_chosen(task: TaskSpec, frozen: Frozen) -> int:
    """How many samples are in the task's slices and within its limit; SpecError for a slice that is not there."""
    for part in task.slices:
        if part not in frozen.dataset.slices:
            names = ", ".join(frozen.dataset.slices) or "none"
            raise SpecError(f"task {task.name!r} has no slice {part!r}; it has: {names}", field=["slices"])
    wanted = sum(
        number for parts, number in frozen.sizes.items() if not task.slices or not set(task.slices).isdisjoint(parts)
    )
    return wanted if task.limit is None else min(wanted, task.limit)


class _Content:
    """The hash of rows that pass by: SHA-256 over their canonical JSON, a line each."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._between = ""

    def add(self, row: Row) -> None:
        turns = row.input if isinstance(row.input, str) else [vars(turn) for turn in row.input]
        self._hash.update(f"{self._between}{canonical_json({**vars(row), 'input': turns})}".encode())
        self._between = "\n"

    def version(self) -> str:
        return self._hash.hexdigest()
