"""Data sets, frozen before a run reads them."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from benchbook import registry
from benchbook.engine.keys import Keys
from benchbook.errors import SpecError
from benchbook.protocols import Reader
from benchbook.records.datasets import Dataset, Sample
from benchbook.records.record import derived_id
from benchbook.specs.datasets import Row
from benchbook.specs.spec import canonical_json, unchecked
from benchbook.specs.tasks import TaskSpec
from benchbook.specs.use import Use


@dataclass(frozen=True)
class Frozen:
    """A task's data set, known by the hash of its content. Where it is large, its rows stay where they are until they
    are stored."""

    dataset: Dataset
    sizes: Mapping[tuple[str, ...], int]
    """How many samples are in these slices, and in no other."""
    rows: Iterable[Row]
    """In their order, as often as they are asked for; SpecError at their end if they are not those that were hashed."""

    def samples(self) -> Iterator[Sample]:
        """The samples in their order."""
        for at, row in enumerate(self.rows):
            yield unchecked(
                Sample,
                id=derived_id("sample", self.dataset.version, row.key),
                created_at=self.dataset.created_at,
                dataset_id=self.dataset.id,
                position=at,
                row=row,
            )


@dataclass(frozen=True)
class _ReadAgain:
    """Rows that are too many to be kept in memory."""

    read: Reader
    dataset: Dataset

    def __iter__(self) -> Iterator[Row]:
        content = _Content()
        for row in islice(self.read(), self.dataset.size):
            content.add(row)
            yield row
        if content.version() != self.dataset.version:
            raise SpecError(
                f"the data of {self.dataset.name!r} have changed while they were read; evaluate again once they are "
                "written"
            )


def frozen(task: TaskSpec, now: datetime) -> Frozen:
    """The task's data set under the hash of its content; SpecError if there is nothing, or a sample is named twice.

    Of a data set that is larger than HEAD, a task with a limit takes no more than the head that it needs.
    """
    assert task.dataset is not None, "tasks are completed before they are frozen"  # noqa: S101 - for the type checker
    read: Reader = registry.build("reader", task.dataset)
    content, sizes, keys, size, cut = _Content(), Counter[tuple[str, ...]](), Keys(), 0, False
    kept: list[Row] = []
    for row in read():
        if cut := size >= HEAD and size % _STEP == 0 and _enough(task, sizes):
            break
        content.add(row)
        if content.length <= KEPT:
            kept.append(row)
        sizes[row.slices] += 1
        if task.cluster is not None and task.cluster not in row.metadata:
            raise SpecError(_no_cluster(task, row), field=["cluster"])
        keys.add(row.key)
        size += 1
    if not size:
        raise SpecError(f"task {task.name!r}: the data set is empty", field=["dataset"])
    if twice := keys.twice():
        _see_that_each_is_once(task, islice(read(), size), twice)
    version = content.version()
    dataset = Dataset(
        id=derived_id("data", version),
        created_at=now,
        name=f"{_called(task.dataset)} (first {size:,} rows)" if cut else _called(task.dataset),
        version=version,
        reader=_pinned(task.dataset, read),
        size=size,
        slices=tuple(dict.fromkeys(part for parts in sizes for part in parts)),
    )
    return Frozen(dataset, sizes, kept if content.length <= KEPT else _ReadAgain(read, dataset))


def _called(use: Use) -> str:
    """What lists call it: its file or folder, or its place on the hub, where the reader reads any; else the reader."""
    given = registry.check("reader", use)
    place = given.get("file") or given.get("path")
    if not isinstance(place, str):
        return use.name
    is_of_the_hub = "path" in given and not Path(place).exists()
    return place if is_of_the_hub else Path(place).stem


def _no_cluster(task: TaskSpec, row: Row) -> str:
    has = ", ".join(row.metadata) or "none"
    return (
        f"task {task.name!r}: `cluster` names a field of the samples' metadata, and sample {row.key!r} has no "
        f"{task.cluster!r}; it has: {has}"
    )


KEPT = 16 << 20
"""Characters of JSON that a data set may have to be kept in memory between its hashing and its storing."""
HEAD = 20_000
"""So many rows of a data set are taken in any case: runs over a few of them and over all are then on the same data."""
_STEP = 1000
"""Rows after which it is asked again whether they are enough."""


def _enough(task: TaskSpec, sizes: Mapping[tuple[str, ...], int]) -> bool:
    """Whether the task asks for no more than what was read."""
    if task.limit is None or any(all(part not in parts for parts in sizes) for part in task.slices):
        return False
    return _chosen(task, sizes) >= task.limit


def _see_that_each_is_once(task: TaskSpec, rows: Iterable[Row], marks: AbstractSet[int]) -> None:
    """SpecError if two of the rows whose keys have these marks have the same key."""
    numbers: dict[str, int] = {}
    for number, row in enumerate(rows, 1):
        if hash(row.key) not in marks:
            continue
        if row.key in numbers:
            both = f"rows {numbers[row.key]:,} and {number:,}"
            raise SpecError(
                f"task {task.name!r}: two samples have the key {row.key!r}, those of {both}", field=["dataset"]
            )
        numbers[row.key] = number


def _pinned(use: Use, read: Reader) -> Use:
    """The reader with what it says for ever what it reads (a revision), where the spec leaves that open."""
    pinned = getattr(read, "pinned", {})
    return use.model_copy(update={"args": {**use.args, **pinned}}) if pinned else use


def number_chosen(task: TaskSpec, frozen: Frozen) -> int:
    """How many samples are in the task's slices and within its limit; SpecError for a slice that is not there."""
    for part in task.slices:
        if part not in frozen.dataset.slices:
            names = ", ".join(frozen.dataset.slices) or "none"
            raise SpecError(f"task {task.name!r} has no slice {part!r}; it has: {names}", field=["slices"])
    wanted = _chosen(task, frozen.sizes)
    return wanted if task.limit is None else min(wanted, task.limit)


def _chosen(task: TaskSpec, sizes: Mapping[tuple[str, ...], int]) -> int:
    """How many samples are in the task's slices."""
    return sum(number for parts, number in sizes.items() if not task.slices or not set(task.slices).isdisjoint(parts))


@dataclass(frozen=True)
class Checked:
    """What a reader finds in a data file."""

    rows: int
    slices: Mapping[str, int]
    mistakes: Sequence[str]
    complete: bool
    """Whether these are all; else the reader told the first alone, or there were too many."""


def checked(use: Use, most: int) -> Checked:
    """What the reader finds: every mistake up to `most`, or where there is none the rows, by slices."""
    read: Reader = registry.build("reader", use)
    every = getattr(read, "mistakes", None)
    mistakes = [err.message for err in islice(every(), most + 1)] if every else []
    if mistakes:
        return Checked(0, {}, mistakes[:most], len(mistakes) <= most)
    rows, slices = 0, Counter[str]()
    try:
        for row in read():
            rows += 1
            slices.update(row.slices)
    except SpecError as err:
        return Checked(0, {}, [err.message], complete=False)
    # No run would begin on it.
    nothing = [] if rows else [f"{next(iter(use.args.values()), use.name)} is empty"]
    return Checked(rows, slices, nothing, complete=True)


def reader_of(file: Path) -> str:
    """The reader of anybody's data that goes by the file's ending."""
    ending = Path(file.name.removesuffix(".gz")).suffix
    name = "hf" if file.is_dir() else _READERS.get(ending)
    if name is None:
        raise SpecError(f"{file}: no reader goes by the ending {ending!r}; say which with `--reader`")
    return name


def file_argument(reader: str) -> str:
    """The argument of the reader that names what it reads: its first."""
    names = list(registry.arguments_schema("reader", reader).get("properties", {}))
    if not names:
        raise SpecError(f"the reader {reader!r} reads no file")
    return str(names[0])


_READERS = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".json": "jsonl", ".parquet": "parquet"}


class _Content:
    """The hash of rows that pass by: SHA-256 over their canonical JSON, a line each."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._between = ""
        self.length = 0
        """In characters."""

    def add(self, row: Row) -> None:
        turns = row.input if isinstance(row.input, str) else [vars(turn) for turn in row.input]
        line = f"{self._between}{canonical_json({**vars(row), 'input': turns})}"
        self._hash.update(line.encode())
        self._between = "\n"
        self.length += len(line)

    def version(self) -> str:
        return self._hash.hexdigest()
