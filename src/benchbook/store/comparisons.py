"""Two runs that were asked the same: what a score says of both, counted by the database."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Text, and_, or_, select, type_coerce

from benchbook.records.generations import Generation
from benchbook.records.runs import Run
from benchbook.store import tables
from benchbook.store.pages import Page, cut, opened
from benchbook.store.sample_pages import SampleRow, checked, sample_rows
from benchbook.store.store import Store

Outcome = Literal["regressed", "fixed", "both_wrong", "both_right"]
"""From the first run to the second, by whether a value is at least one half."""


class Pairs(NamedTuple):
    """Places of the same slices where the two runs have the same values; of several epochs, each sample apart."""

    slices: Sequence[str]
    sample_id: str | None
    base: float
    other: float
    n: int


@dataclass(frozen=True)
class Compared:
    """Two runs on the same data, by a score."""

    base: Run
    other: Run
    score: str


@dataclass(frozen=True)
class ComparedFilter:
    """Which places of two runs are listed."""

    only: Outcome | None = None
    slice: str | None = None


@dataclass(frozen=True)
class ComparedRow:
    """A place that both runs have answered."""

    base: SampleRow
    other: SampleRow


RIGHT = 0.5
"""What a value is at least where an answer counts as right."""
_BASE, _OTHER = tables.generations.alias("base"), tables.generations.alias("other")
_OF_BASE, _OF_OTHER = tables.scores.alias("of_base"), tables.scores.alias("of_other")


def common_scores(store: Store, run_ids: Sequence[str]) -> list[str]:
    """The scores that all of these runs have."""
    score = tables.scores.c
    found: list[set[str]] = []
    with store.reading() as connection:
        for run_id in run_ids:
            names = select(score.name).where(score.run_id == run_id).distinct()
            found.append(set(connection.scalars(names)))
    return sorted(set.intersection(*found)) if found else []


def pairs(store: Store, compared: Compared) -> tuple[list[Pairs], dict[str, int]]:
    """The values of the score in both runs, as often as they occur together; and how many places are in none of these,
    by the reason. Read from indexes alone: of a hundred thousand answers there is no time to open one."""
    with store.reading() as connection:
        base, other = (_places(connection, run) for run in (compared.base, compared.other))
        of_base = _values(connection, compared.base, compared.score, base)
        of_other = _values(connection, compared.other, compared.score, other)
        table = tables.samples.c
        within = select(table.id, type_coerce(table.slices, Text)).where(table.dataset_id == compared.base.dataset_id)
        slices = {row[0]: row[1] for row in connection.execute(within)}
    repeated = max(run.spec.task.epochs for run in (compared.base, compared.other)) > 1
    times = Counter(
        (slices[place[0]], place[0] if repeated else None, value, of_other[place])
        for place, value in of_base.items()
        if place in of_other
    )
    known: dict[str, list[str]] = {text: json.loads(text) for text in {text for text, *_ in times}}
    both = base.keys() & other.keys()
    left_out = {
        "no_value": len(both) - times.total(),
        "only_base": len(base) - len(both),
        "only_other": len(other) - len(both),
    }
    found = [Pairs(known[text], sample, first, second, n) for (text, sample, first, second), n in times.items()]
    return found, left_out


_Spot = tuple[str, int]
"""A sample's id, and an epoch."""


def _places(connection: Connection, run: Run) -> dict[_Spot, str]:
    """Every place that the run has filled, and the id of the answer there, which follows from it."""
    table = tables.generations.c
    question = select(table.sample_id, table.epoch).where(table.run_id == run.id)
    return {(row[0], row[1]): Generation.id_for(run.id, row[0], row[1]) for row in connection.execute(question)}


def _values(connection: Connection, run: Run, name: str, places: Mapping[_Spot, str]) -> dict[_Spot, float]:
    """What a score of the run says at each place; of several the mean."""
    score = tables.scores.c
    question = select(score.generation_id, score.value).where(score.run_id == run.id, score.name == name)
    said: dict[str, list[float]] = defaultdict(list)
    for row in connection.execute(question.where(score.value.is_not(None))):
        said[row[0]].append(row[1])
    return {spot: fmean(values) for spot, key in places.items() if (values := said.get(key))}


def samples(
    store: Store, compared: Compared, wanted: ComparedFilter = ComparedFilter(), limit: int = 50,
    after: str | None = None,
) -> Page[ComparedRow]:  # fmt: skip
    """The places that both have answered, in the order of the data set."""
    sample, epoch = tables.samples.c, _BASE.c.epoch
    position, last = (-1, 0) if after is None else opened(after, int, int)
    with store.reading() as connection:
        question = _compared(connection, compared).where(*_wanted(wanted)).order_by(sample.position, epoch)
        # The first follows from the second, and lets the database begin in the right place.
        question = question.where(sample.position >= position, or_(sample.position > position, epoch > last))
        rows = connection.execute(question.limit(limit + 1)).all()
    found = cut(rows, limit, lambda row: (row.position, row.epoch))
    base, other = (
        {row.generation_id: row for row in sample_rows(store, run, [place[at] for place in found.items])}
        for run, at in ((compared.base, 2), (compared.other, 3))
    )
    return Page([ComparedRow(base[place[2]], other[place[3]]) for place in found.items], found.next)


def _compared(connection: Connection, compared: Compared) -> Select[Any]:
    """Every place that both have filled, with what the score says of either."""
    sample = tables.samples.c
    joined = (
        tables.samples.join(_BASE, and_(_BASE.c.sample_id == sample.id, _BASE.c.run_id == compared.base.id))
        .join(_OTHER, and_(_OTHER.c.sample_id == sample.id, _OTHER.c.run_id == compared.other.id))
        .outerjoin(_OF_BASE, _given(connection, (_OF_BASE, _BASE), compared.base, compared.score))
        .outerjoin(_OF_OTHER, _given(connection, (_OF_OTHER, _OTHER), compared.other, compared.score))
    )
    places = select(sample.position, _BASE.c.epoch, _BASE.c.id, _OTHER.c.id).select_from(joined)
    return places.where(sample.dataset_id == compared.base.dataset_id, _BASE.c.epoch == _OTHER.c.epoch)


def _given(connection: Connection, sides: tuple[FromClause, FromClause], run: Run, name: str) -> ColumnElement[bool]:
    score, generation = sides
    # Of one answer there are few scores: an index of all that the run has is no help, so it is kept from being taken.
    mine = (checked(connection, score.c.run_id, run.id), checked(connection, score.c.name, name))
    return and_(score.c.generation_id == generation.c.id, *mine)


def _wanted(wanted: ComparedFilter) -> Iterator[ColumnElement[bool]]:
    first, second = _OF_BASE.c.value, _OF_OTHER.c.value
    sides: dict[Outcome, tuple[bool, bool]] = {
        "regressed": (True, False),
        "fixed": (False, True),
        "both_wrong": (False, False),
        "both_right": (True, True),
    }
    if wanted.only is not None:
        for value, is_right in zip((first, second), sides[wanted.only], strict=True):
            yield value >= RIGHT if is_right else value < RIGHT
    if wanted.slice is not None:
        # Slices are kept as a JSON list of ASCII texts.
        pattern = f'"{json.dumps(wanted.slice)[1:-1]}"'
        yield type_coerce(tables.samples.c.slices, Text).contains(pattern, autoescape=True)
