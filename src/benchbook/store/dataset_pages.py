"""The samples of a data set, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from benchbook.errors import NotFound
from benchbook.records.datasets import Sample
from benchbook.store import tables
from benchbook.store.pages import Page, cut, opened
from benchbook.store.rows import columns_of, record_of
from benchbook.store.sample_pages import beginning_of_row, question_in
from benchbook.store.store import Store


@dataclass(frozen=True)
class SampleBrief:
    """A sample in the list of its data set."""

    id: str
    position: int
    key: str
    slices: Sequence[str]
    input: str
    """The beginning of the question."""


def samples(store: Store, dataset_id: str, limit: int = 50, after: str | None = None) -> Page[SampleBrief]:
    """The samples, in their order."""
    table = tables.samples.c
    question = select(table.id, table.position, table.key, table.slices, beginning_of_row())
    question = question.where(table.dataset_id == dataset_id).order_by(table.position).limit(limit + 1)
    if after is not None:
        question = question.where(table.position > opened(after, int)[0])
    with store.reading() as connection:
        found = [
            SampleBrief(row[0], row[1], row[2], row[3], question_in(row[4])) for row in connection.execute(question)
        ]
    return cut(found, limit, lambda sample: (sample.position,))


def sample(store: Store, dataset_id: str, position: int) -> Sample:
    """The sample at that position."""
    table = tables.samples.c
    question = select(*columns_of(Sample)).where(table.dataset_id == dataset_id, table.position == position)
    with store.reading() as connection:
        found = connection.execute(question).one_or_none()
    if found is None:
        raise NotFound(f"the data set {dataset_id} has no sample at position {position} (from 0)")
    return record_of(Sample, found)
