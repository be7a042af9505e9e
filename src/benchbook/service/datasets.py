"""Data sets, frozen before a run reads them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from benchbook import registry
from benchbook.errors import SpecError
from benchbook.records.datasets import Dataset, Sample
from benchbook.records.record import derived_id
from benchbook.specs.datasets import Row
from benchbook.specs.spec import canonical_json
from benchbook.specs.tasks import TaskSpec
from benchbook.specs.use import Use


@dataclass(frozen=True)
class Frozen:
    """A task's data set as records, whole."""

    dataset: Dataset
    samples: list[Sample]


def frozen(task: TaskSpec, now: datetime) -> Frozen:
    """The task's data set, read once and kept under the hash of its content."""
    assert task.dataset is not None, "tasks are completed before they are frozen"  # noqa: S101 - for the type checker
    rows = _read(task, task.dataset)
    version = hashlib.sha256(
        "\n".join(canonical_json(row.model_dump(mode="json")) for row in rows).encode()
    ).hexdigest()
    dataset = Dataset(
        id=derived_id("data", version),
        created_at=now,
        name=task.dataset.name,
        version=version,
        reader=task.dataset,
        size=len(rows),
        slices=tuple(dict.fromkeys(part for row in rows for part in row.slices)),
    )
    samples = [
        Sample(id=derived_id("sample", version, row.key), created_at=now, dataset_id=dataset.id, position=at, row=row)
        for at, row in enumerate(rows)
    ]
    return Frozen(dataset, samples)


def number_chosen(task: TaskSpec, frozen: Frozen) -> int:
    """How many samples are in the task's slices and within its limit; SpecError for a slice that is not there."""
    for part in task.slices:
        if part not in frozen.dataset.slices:
            names = ", ".join(frozen.dataset.slices) or "none"
            raise SpecError(f"task {task.name!r} has no slice {part!r}; it has: {names}", field=["slices"])
    slices = set(task.slices)
    wanted = sum(not slices or not slices.isdisjoint(sample.row.slices) for sample in frozen.samples)
    return wanted if task.limit is None else min(wanted, task.limit)


def _read(task: TaskSpec, reader: Use) -> list[Row]:
    """All rows; SpecError if there are none or a sample is named twice."""
    rows = list(registry.build("reader", reader)())
    if not rows:
        raise SpecError(f"task {task.name!r}: the data set is empty", field=["dataset"])
    seen: set[str] = set()
    for row in rows:
        if row.key in seen:
            raise SpecError(f"task {task.name!r}: two samples have the key {row.key!r}", field=["dataset"])
        seen.add(row.key)
    return rows
