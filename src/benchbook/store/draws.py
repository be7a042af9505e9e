"""Samples that are asked for by their ids, in whatever order, and what the scores say of those that were answered."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import and_, select

from benchbook.records.datasets import Sample
from benchbook.store import tables
from benchbook.store.rows import columns_of, record_of
from benchbook.store.store import Store


def ids(store: Store, dataset_id: str, slices: Sequence[str], limit: int | None) -> dict[str, str]:
    """The samples in these slices (all if none), at most so many, in the order of the data set: ids with keys."""
    table, wanted = tables.samples.c, set(slices)
    question = select(table.id, table.key, table.slices).where(table.dataset_id == dataset_id).order_by(table.position)
    with store.reading() as connection:
        rows = connection.execute(question).all()
    chosen = [(one, key) for one, key, parts in rows if not wanted or not wanted.isdisjoint(parts)]
    return dict(chosen[:limit])


def samples(store: Store, wanted: Sequence[str]) -> list[Sample]:
    """The samples of these ids, in this order."""
    question = select(*columns_of(Sample)).where(tables.samples.c.id.in_(wanted))
    with store.reading() as connection:
        found = {sample.id: sample for sample in (record_of(Sample, row) for row in connection.execute(question))}
    return [found[one] for one in wanted]


def answered(store: Store, run_id: str) -> Mapping[tuple[str, int], Mapping[str, float]]:
    """By sample and epoch, what the run's own scores say of its answers."""
    score, generation = tables.scores.c, tables.generations.c
    own = and_(score.generation_id == generation.id, score.run_id == run_id, score.author == "code")
    question = (
        select(generation.sample_id, generation.epoch, score.name, score.value)
        .select_from(tables.generations.join(tables.scores, own))
        .where(generation.run_id == run_id, score.value.is_not(None))
    )
    found: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    with store.reading() as connection:
        for sample_id, epoch, name, value in connection.execute(question):
            found[sample_id, epoch][name] = value
    return found
