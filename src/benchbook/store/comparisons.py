"""Two runs that were asked the same: what a score says of both, counted by the database."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from statistics import fmean
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Text, and_, func, or_, select, text, type_coerce

from benchbook.records.generations import Generation
from benchbook.records.runs import Run
from benchbook.specs.datasets import cluster_of
from benchbook.store import tables
from benchbook.store.pages import LARGEST, Page, cut, opened
from benchbook.store.sample_pages import SampleRow, checked, sample_rows, standing
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
    cluster: str | None = None
    """What they hang together with others by, if the task names it."""


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
_BY_PEOPLE = text("author = 'human'")
"""In the words of the index of these."""


def common_scores(store: Store, run_ids: Sequence[str]) -> list[str]:
    """The scores that all of these runs have, as metrics know them: what people alone say is none."""
    with store.reading() as connection:
        found = [set(_names(connection, run_id)) for run_id in run_ids]
    return sorted(set.intersection(*found)) if found else []


def clusters(store: Store, run: Run) -> dict[str, str]:
    """The cluster of each sample of the run's data, by its key; empty unless the task names such."""
    with store.reading() as connection:
        return _clusters(connection, run.dataset_id, run.spec.task.cluster, tables.samples.c.key)


def pairs(store: Store, compared: Compared) -> tuple[list[Pairs], dict[str, int]]:
    """The values of the score in both runs, as often as they occur together; and how many places are in none of these,
    by the reason."""
    return beside(store, compared).pairs()


@dataclass(frozen=True)
class Beside:
    """What a score says of two runs, place by place; all by the samples of the first."""

    compared: Compared
    of_base: "_Values"
    of_other: "_Values"
    twins: Mapping[str, str]
    """The samples of the second run's data that are not called as in the first's, by the first's."""
    slices: Mapping[str, str]
    clusters: Mapping[str, str]
    """What each sample hangs together with others by; empty unless a task names it."""
    both: int
    """Places that both have filled."""
    left_out: Mapping[str, int]

    def pairs(self) -> tuple[list[Pairs], dict[str, int]]:
        """The values, as often as they occur together; and how many places are in none of these, by the reason."""
        repeated = max(run.spec.task.epochs for run in (self.compared.base, self.compared.other)) > 1
        times = Counter[tuple[str, str | None, str | None, float, float]]()
        for epoch in self.of_base.keys() & self.of_other.keys():
            first, second = self.of_base[epoch], self.of_other[epoch]
            valued = [key for key in first if key in second]
            names: Iterable[str | None] = valued if repeated else repeat(None, len(valued))
            values = (map(each.__getitem__, valued) for each in (first, second))
            groups = map(self.clusters.get, valued) if self.clusters else repeat(None, len(valued))
            times.update(zip(map(self.slices.__getitem__, valued), names, groups, *values, strict=True))
        known: dict[str, list[str]] = {text: json.loads(text) for text in {text for text, *_ in times}}
        found = [
            Pairs(known[text], sample, first, second, n, cluster)
            for (text, sample, cluster, first, second), n in times.items()
        ]
        return found, {"no_value": self.both - times.total(), **self.left_out}

    def flipped(self) -> Iterator[tuple[str, int, bool]]:
        """Every place where one is right and the other is not: sample, epoch, and whether the second is right."""
        for epoch in sorted(self.of_base.keys() & self.of_other.keys()):
            second = self.of_other[epoch]
            for key, value in self.of_base[epoch].items():
                other = second.get(key)
                if other is not None and (value >= RIGHT) != (other >= RIGHT):
                    yield key, epoch, other >= RIGHT


def beside(store: Store, compared: Compared) -> Beside:
    """What the score says of both runs. Read from indexes alone: of a hundred thousand answers there is no time to open
    one. Runs on different data meet in the questions that are called the same, and are."""
    base, other = compared.base, compared.other
    with store.reading() as connection:
        mine, theirs = _places(connection, base.id), _places(connection, other.id)
        of_base = _values(connection, base, compared.score, mine)
        of_other = _values(connection, other, compared.score, theirs)
        slices = _slices(connection, base.dataset_id)
        clusters = _clusters(connection, base.dataset_id, base.spec.task.cluster or other.spec.task.cluster)
        same = base.dataset_id == other.dataset_id
        met = _Met({}, frozenset()) if same else _met(connection, base.dataset_id, other.dataset_id)
    if not same:
        names = {theirs: mine for mine, theirs in met.twins.items()}
        theirs = {epoch: [names.get(key, key) for key in keys] for epoch, keys in theirs.items()}
        of_other = {epoch: {names.get(key, key): value for key, value in of.items()} for epoch, of in of_other.items()}
    both = sum(len({*mine[epoch]}.intersection(theirs[epoch])) for epoch in mine.keys() & theirs.keys())
    left_out = {
        "only_base": sum(map(len, mine.values())) - both - met.changed_in(mine),
        "only_other": sum(map(len, theirs.values())) - both - met.changed_in(theirs),
        **({} if same else {"changed": met.changed_in(mine)}),
    }
    return Beside(compared, of_base, of_other, met.twins, slices, clusters, both, left_out)


def in_order(store: Store, run: Run, name: str) -> list[float]:
    """What a score of the run says of each answer, in the order of the data set; of a judge's run, of what it read."""
    judging, sample = run.spec.judging, tables.samples.c
    ordered = select(sample.id, sample.position).where(sample.dataset_id == run.dataset_id)
    with store.reading() as connection:
        said = _said(connection, run, name)
        at = {row.id: row.position for row in connection.execute(ordered)}
        found = [
            (at[key], epoch, said[answer])
            for run_id in (judging.reads if judging else (run.id,))
            for epoch, keys in _places(connection, run_id).items()
            for key, answer in zip(keys, Generation.ids_for(run_id, keys, epoch), strict=True)
            if answer in said and key in at
        ]
    return [value for *_, value in sorted(found)]


def flips(store: Store, beside: Beside, most: int) -> list[ComparedRow]:
    """The first `most` places of each direction where one run is right and the other is not, in the data's order."""
    base, other = beside.compared.base, beside.compared.other
    found: dict[bool, list[tuple[str, str]]] = {False: [], True: []}
    for key, epoch, fixed in beside.flipped():
        twin = beside.twins.get(key, key)
        found[fixed].append((Generation.id_for(base.id, key, epoch), Generation.id_for(other.id, twin, epoch)))
    where = standing(store, [first for those in found.values() for first, _ in those])
    chosen = [
        pair
        for those in found.values()
        for pair in sorted(those, key=lambda pair: (where[pair[0]].position, where[pair[0]].epoch))[:most]
    ]
    rows = [
        {row.generation_id: row for row in sample_rows(store, run, [pair[at] for pair in chosen])}
        for at, run in enumerate((base, other))
    ]
    return [ComparedRow(rows[0][first], rows[1][second]) for first, second in chosen]


def _names(connection: Connection, run_id: str) -> Iterator[str]:
    """The names of a run's scores: of each the first is looked up, and the rest passed over."""
    score = tables.scores.c
    counted = select(score.name, func.count()).where(score.run_id == run_id).group_by(score.name)
    by_people = {row[0]: row[1] for row in connection.execute(counted.where(_BY_PEOPLE))}
    name = ""
    while True:
        later = select(func.min(score.name)).where(score.run_id == run_id, score.name > name)
        found = connection.scalar(later)
        if found is None:
            return
        name = found
        of_all = select(func.count()).where(score.run_id == run_id, score.name == name)
        if name not in by_people or connection.scalar(of_all) > by_people[name]:
            yield name


_Places = dict[int, list[str]]
"""The samples of each epoch."""
_Values = dict[int, dict[str, float]]
"""By epoch and sample: what a score says."""


def _places(connection: Connection, run_id: str) -> _Places:
    """Every place that the run has filled."""
    table = tables.generations.c
    question = select(table.epoch, _listed(table.sample_id)).where(table.run_id == run_id).group_by(table.epoch)
    return {epoch: keys.split(_BETWEEN) for epoch, keys in connection.execute(question)}


def _values(connection: Connection, run: Run, name: str, places: _Places) -> _Values:
    """What a score of the run says at each place."""
    said = _said(connection, run, name)
    values: _Values = {}
    for epoch, samples_ in places.items():
        # The id of an answer follows from its place: it need not be read.
        found = map(said.get, Generation.ids_for(run.id, samples_, epoch))
        values[epoch] = {sample: value for sample, value in zip(samples_, found, strict=True) if value is not None}
    return values


def _said(connection: Connection, run: Run, name: str) -> dict[str, float]:
    """What a score of the run says of each answer; of several the mean. As in metrics, people have no part in it."""
    score = tables.scores.c
    question = select(score.value, _listed(score.generation_id)).where(score.run_id == run.id, score.name == name)
    question = question.where(score.value.is_not(None)).group_by(score.value)
    given = {value: keys.split(_BETWEEN) for value, keys in connection.execute(question)}
    # The index of all scores does not know who gave them, and those of people are few: they are taken out again.
    for value, keys in connection.execute(question.where(_BY_PEOPLE)):
        given[value] = list((Counter(given.get(value)) - Counter(keys.split(_BETWEEN))).elements())
    return _means(list(given.items()))


def _means(given: Sequence[tuple[float, Sequence[str]]]) -> dict[str, float]:
    """The value of each key, from the keys of each value; of several the mean."""
    said = {key: value for value, keys in given for key in keys}
    if len(said) == sum(len(keys) for _, keys in given):
        return said
    several: dict[str, list[float]] = defaultdict(list)
    for value, keys in given:
        for key in keys:
            several[key].append(value)
    return {key: fmean(values) for key, values in several.items()}


def _slices(connection: Connection, dataset_id: str) -> dict[str, str]:
    """The slices of each sample, as they are written."""
    table = tables.samples.c
    slices = type_coerce(table.slices, Text)
    question = select(slices, _listed(table.id)).where(table.dataset_id == dataset_id).group_by(slices)
    return {key: text for text, keys in connection.execute(question) for key in keys.split(_BETWEEN)}


def _clusters(
    connection: Connection, dataset_id: str, field: str | None, name: ColumnElement[str] = tables.samples.c.id
) -> dict[str, str]:
    """The cluster of each sample, by that field of its metadata; a sample without it is one by itself."""
    if field is None:
        return {}
    question = select(name, tables.samples.c.row).where(tables.samples.c.dataset_id == dataset_id)
    return {sample: cluster_of(row.get("metadata", {}), field, sample) for sample, row in connection.execute(question)}


_BETWEEN = "\n"


class _Met(NamedTuple):
    """How the samples of two data sets are related."""

    twins: Mapping[str, str]
    """The same question in the second, by that in the first."""
    changed: frozenset[str]
    """Those, of either, that have only their name in common."""

    def changed_in(self, places: "_Places") -> int:
        """How many of the places are about such."""
        return sum(key in self.changed for keys in places.values() for key in keys)


def _met(connection: Connection, base: str, other: str) -> _Met:
    table = tables.samples.c
    question = select(table.key, table.id, table.row)
    mine = {key: (id_, _asked(row)) for key, id_, row in connection.execute(question.where(table.dataset_id == base))}
    twins, changed = {}, set[str]()
    for key, id_, row in connection.execute(question.where(table.dataset_id == other)):
        if key not in mine:
            continue
        if mine[key][1] == _asked(row):
            twins[mine[key][0]] = id_
        else:
            changed |= {mine[key][0], id_}
    return _Met(twins, frozenset(changed))


def _asked(row: Mapping[str, Any]) -> bytes:
    """What a sample asks and what is right, as a hash: slices and notes may be others."""
    asked = [row.get(name) for name in ("input", "target", "choices")]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).digest()


def _listed(ids: ColumnElement[str]) -> ColumnElement[str]:
    """Ids as one text: a hundred thousand of them are read in no time, as many rows are not."""
    return func.aggregate_strings(type_coerce(ids, Text), _BETWEEN)


def samples(
    store: Store,
    compared: Compared,
    wanted: ComparedFilter = ComparedFilter(),
    limit: int = 50,
    after: str | None = None,
) -> Page[ComparedRow]:
    """The places that both have answered, in the order of the data set."""
    sample, epoch = tables.samples.c, _BASE.c.epoch
    position, last = (-1, 0) if after is None else opened(after, int, int)
    with store.reading() as connection:
        question = _compared(connection, compared).where(*_wanted(wanted)).order_by(sample.position, epoch)
        question = question.where(or_(sample.position > position, epoch > last))
        rows: list[Any] = []
        begin = position
        # PostgreSQL would look at everything of a kind before it sorts out the first fifty: most often they are near.
        for end in (begin + _NEAR, begin + 10 * _NEAR, LARGEST):
            near = question.where(sample.position >= begin, sample.position < end).limit(limit + 1 - len(rows))
            rows += connection.execute(near).all()
            if len(rows) > limit:
                break
            begin = end
    found = cut(rows, limit, lambda row: (row.position, row.epoch))
    base, other = (
        {row.generation_id: row for row in sample_rows(store, run, [place[at] for place in found.items])}
        for run, at in ((compared.base, 2), (compared.other, 3))
    )
    return Page([ComparedRow(base[place[2]], other[place[3]]) for place in found.items], found.next)


_NEAR = 1000
"""Samples that are looked through first."""


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
    return and_(score.c.generation_id == generation.c.id, score.c.author != "human", *mine)


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
