"""Baselines in the store: appended; and what a run says of each sample, which others are held against."""

from collections import defaultdict
from collections.abc import Iterable
from statistics import fmean
from typing import NamedTuple

from sqlalchemy import and_, insert, select

from benchbook.records.baselines import Baseline
from benchbook.store import tables
from benchbook.store.rows import columns_of, record_of, row_of
from benchbook.store.store import Store


class Valued(NamedTuple):
    """What a score says of one answer, or that there is one."""

    sample_id: str
    key: str
    slices: tuple[str, ...]
    score: str | None
    """None where nothing was said."""
    value: float | None


def add(store: Store, entries: Iterable[Baseline]) -> None:
    """Keep what was said of baselines."""
    with store.writing() as connection:
        for entry in entries:
            connection.execute(insert(tables.baselines).values(row_of(entry)))


def history(store: Store, name: str | None = None) -> list[Baseline]:
    """Everything that was ever said of the baselines of that name, or of all, oldest first."""
    table = tables.baselines.c
    question = select(*columns_of(Baseline)).order_by(table.id)
    if name is not None:
        question = question.where(table.name == name)
    with store.reading() as connection:
        return [record_of(Baseline, values) for values in connection.execute(question)]


def values(store: Store, run_id: str) -> list[Valued]:
    """What the run's own scores say of each of its answers, in the order of the data set."""
    sample, score, generation = tables.samples.c, tables.scores.c, tables.generations.c
    own = and_(score.generation_id == generation.id, score.run_id == run_id, score.author != "human")
    answers = tables.generations.join(tables.samples, sample.id == generation.sample_id)
    question = (
        select(sample.id, sample.key, sample.slices, score.name, score.value)
        .select_from(answers.outerjoin(tables.scores, own))
        .where(generation.run_id == run_id)
        .order_by(sample.position, generation.epoch, score.name)
    )
    with store.reading() as connection:
        return [Valued(one, key, tuple(parts), *rest) for one, key, parts, *rest in connection.execute(question)]


def means(store: Store, run_id: str) -> tuple[dict[str, dict[str, float]], dict[str, tuple[str, ...]]]:
    """Of each score, by the key of the sample, the mean over epochs; and the slices of each sample that was asked."""
    tries: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    slices: dict[str, tuple[str, ...]] = {}
    for one in values(store, run_id):
        slices[one.key] = one.slices
        if one.score is not None and one.value is not None:
            tries[one.score][one.key].append(one.value)
    return {score: {key: fmean(some) for key, some in each.items()} for score, each in tries.items()}, slices
