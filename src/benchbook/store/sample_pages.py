"""The samples of a run as the API lists them: filtered, searched and sorted, a page at a time.

In the order of the data set a page looks for a moment at most, and then says where to go on: nobody waits for a search
through everything. What is long is cut where it is read; the texts of other answers are not opened.
"""

import json
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Join,
    Select,
    Text,
    and_,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    type_coerce,
)

from benchbook.errors import SpecError
from benchbook.records.generations import Generation
from benchbook.records.runs import Run
from benchbook.records.scores import Score
from benchbook.specs.verdicts import Author
from benchbook.store import tables
from benchbook.store.pages import LARGEST, Page, closed, opened
from benchbook.store.rows import columns_of, record_of
from benchbook.store.store import Store
from benchbook.store.views import PAGE

EXCERPT = 200
"""Characters of a text that a list shows."""
_PATIENCE = 0.07
"""Seconds that a page looks for samples that fit."""
_FEW = 2000
"""Samples that are looked up one by one; where more fit, they are met on the way."""
_STRIDE, _LONGEST_STRIDE = 1000, 4000
"""Places of a data set that are looked through at once: few at first, for where much fits."""
_STEP = 125
"""Weights that are looked through at once, at first; `_FEW` at most."""


@dataclass(frozen=True)
class Mark:
    """What was said of an answer, without reasons."""

    value: float | None
    label: str | None
    error: str | None
    author: Author
    author_id: str


@dataclass(frozen=True)
class SampleRow:
    """A sample with its answer in a list."""

    position: int
    key: str
    epoch: int
    slices: Sequence[str]
    generation_id: str
    input: str
    """The beginning of the question."""
    output: str
    """The beginning of the answer."""
    scores: Mapping[str, Mark]
    """The last word of each name."""
    error: str | None
    stop_reason: str | None
    latency_s: float | None
    cost: float | None
    cached: bool
    tokens: int | None
    """Of question and answer."""


Order = Literal["position", "latency", "cost", "score"]


@dataclass(frozen=True)
class SampleFilter:
    """Which samples of a run are listed, and in which order."""

    slice: str | None = None
    score: str | None = None
    """The name of the score that the next three, and the order by score, are about."""
    at_least: float | None = None
    at_most: float | None = None
    label: str | None = None
    failed: bool | None = None
    """Only what the model gave no answer to; or only what it did."""
    text: str | None = None
    """In question or answer, in small or capital letters."""
    sort: Order = "position"
    descending: bool = False

    @property
    def about_score(self) -> bool:
        """Whether a score decides who is listed."""
        return self.at_least is not None or self.at_most is not None or self.label is not None


@dataclass(frozen=True)
class Place:
    """Where an answer stands in its run."""

    position: int
    epoch: int


@dataclass(frozen=True)
class Standing:
    """Where an answer is found."""

    run_id: str
    position: int
    epoch: int
    key: str


@dataclass(frozen=True)
class Neighbours:
    """What stands before and after an answer, in the order of the data set."""

    previous: Place | None
    next: Place | None


def samples(
    store: Store, run: Run, wanted: SampleFilter = SampleFilter(), limit: int = 50, after: str | None = None
) -> Page[SampleRow]:
    """The answers of a run that fit."""
    if wanted.score is None and (wanted.about_score or wanted.sort == "score"):
        raise SpecError("say which score is meant: score=NAME", field=["score"])
    with store.reading() as connection:
        search = _Search(connection, run, wanted)
        found, onwards = search.in_order(limit, after) if wanted.sort == "position" else search.weighed(limit, after)
        return Page(_rows(connection, run, search.truly(found)), onwards)


def sample_rows(store: Store, run: Run, generation_ids: Sequence[str]) -> list[SampleRow]:
    """Those answers of a run, as lists show them."""
    with store.reading() as connection:
        return _rows(connection, run, generation_ids)


def neighbours(store: Store, run: Run, place: Place) -> Neighbours:
    """What stands before and after that place."""
    sample, generation = tables.samples.c, tables.generations.c
    answers = select(sample.position, generation.epoch).select_from(_joined(run))
    answers = answers.where(generation.run_id == run.id, sample.dataset_id == run.dataset_id)
    same = sample.position == place.position
    before = or_(sample.position < place.position, and_(same, generation.epoch < place.epoch))
    later = or_(sample.position > place.position, and_(same, generation.epoch > place.epoch))
    # The bound of the position follows, and lets the database begin in the right place.
    backwards = answers.where(before, sample.position <= place.position)
    onwards = answers.where(later, sample.position >= place.position)
    backwards = backwards.order_by(sample.position.desc(), generation.epoch.desc()).limit(1)
    onwards = onwards.order_by(sample.position, generation.epoch).limit(1)
    with store.reading() as connection:
        found = [connection.execute(question).one_or_none() for question in (backwards, onwards)]
    return Neighbours(*(None if row is None else Place(*row) for row in found))


def standing(store: Store, generation_ids: Sequence[str]) -> dict[str, Standing]:
    """Where these answers stand."""
    sample, generation = tables.samples.c, tables.generations.c
    question = select(generation.id, generation.run_id, sample.position, generation.epoch, sample.key).join_from(
        tables.samples, tables.generations, generation.sample_id == sample.id
    )
    found: dict[str, Standing] = {}
    with store.reading() as connection:
        for begin in range(0, len(generation_ids), PAGE):
            some = question.where(generation.id.in_(generation_ids[begin : begin + PAGE]))
            found |= {row[0]: Standing(*row[1:]) for row in connection.execute(some)}
    return found


def flagged(store: Store, run: Run, most: int = 5000) -> list[tuple[Standing, Mapping[str, Any]]]:
    """The answers whose verdicts a judge's run wants looked at, each with how that came about."""
    if run.rubric is None:
        return []
    score, sample, generation = tables.scores.c, tables.samples.c, tables.generations.c
    question = (
        select(generation.run_id, sample.position, generation.epoch, sample.key, score.verdict)
        .join_from(tables.scores, tables.generations, score.generation_id == generation.id)
        .join(tables.samples, generation.sample_id == sample.id)
        .where(score.run_id == run.id, score.name == f"{run.rubric}/review", score.value == 0.0)
        .order_by(sample.position, generation.epoch)
        .limit(most)
    )
    with store.reading() as connection:
        return [(Standing(*place), verdict["trace"]) for *place, verdict in connection.execute(question)]


def beside(store: Store, whose: Run, generation: Generation, limit: int) -> list[Generation]:
    """What other runs answered to the same sample the same time, the newest first; not what judges wrote."""
    table, run = tables.generations.c, tables.runs.c
    others = select(run.id).where(run.dataset_id == whose.dataset_id, run.rubric.is_(None), run.id != whose.id)
    found: list[Generation] = []
    with store.reading() as connection:
        names = connection.scalars(others.order_by(run.id.desc())).all()
        for begin in range(0, len(names), PAGE):
            # The id of an answer follows from its place: no index by samples is needed.
            ids = [Generation.id_for(name, generation.sample_id, generation.epoch) for name in names[begin:][:PAGE]]
            question = select(*columns_of(Generation)).where(table.id.in_(ids)).order_by(table.run_id.desc())
            rows = connection.execute(question.limit(limit - len(found)))
            found += [record_of(Generation, values) for values in rows]
            if len(found) == limit:
                break
    return found


def scores_of(store: Store, generation_ids: Sequence[str]) -> list[Score]:
    """Everything that is said of these answers, oldest first."""
    table = tables.scores.c
    question = select(*columns_of(Score)).where(table.generation_id.in_(generation_ids))
    with store.reading() as connection:
        rows = connection.execute(question.order_by(table.created_at, table.name, table.id))
        return [record_of(Score, values) for values in rows]


def beginning_of_row() -> ColumnElement[str | None]:
    """As much of a sample's row as its question begins in."""
    return _beginning(tables.samples.c.row, _LONG_KEY + 13 * EXCERPT)


def question_in(row: str) -> str:
    """The beginning of a row's input, of which `row` is the beginning: what the first turn asks that is no rule."""
    key = _STRING.match(row, len('{"key":'))
    at = (key.end() if key else 0) + len('","input":')
    if row[at : at + 1] != "[":
        return _text_at(row, at)
    turns = [(turn[1], turn.end()) for turn in _TURN.finditer(row, at)]
    asked = next((place for role, place in turns if role != "system"), turns[0][1] if turns else len(row))
    return _text_at(row, asked)


class _Found(NamedTuple):
    """An answer that fits."""

    position: int
    epoch: int
    generation_id: str
    weight: float | None = None
    """What the order is by, if not by the position."""


_Half = tuple[list[_Found], str | None]
"""What a page has, and where the next begins."""


class _Here(NamedTuple):
    """How far a data set has been gone through."""

    position: int
    epoch: int


class _Weighed(NamedTuple):
    """How far weights have been gone through, and among what weighs the same, the data set."""

    weight: float
    position: int
    epoch: int


_NO_EPOCH = LARGEST
"""Later than every epoch."""
_FIRST, _END = _Here(-1, 0), _Here(LARGEST, _NO_EPOCH)


class _Search:
    """The answers of a run that fit."""

    def __init__(self, connection: Connection, run: Run, wanted: SampleFilter) -> None:
        self._connection, self._run, self._wanted = connection, run, wanted
        self._about = _about(run)
        self._deadline = time.monotonic() + _PATIENCE

    def in_order(self, limit: int, after: str | None) -> _Half:
        """In the order of the data set."""
        sample, generation = tables.samples.c, tables.generations.c
        here = _FIRST if after is None else _Here(*opened(after, int, int))
        columns = (sample.position, generation.epoch, generation.id)
        few = self._few()
        if few is not None:
            # Few enough to be looked up by themselves: told to keep an order, a database would go through all.
            question = self._fitting(*columns, one_by_one=True).where(few)
            found = sorted(self._read(question) if few is not _NONE else [])
            return _cut([one for one in found if one[:2] > here], limit)
        found, onwards = self._on_the_way(self._fitting(*columns), here, limit)
        return _cut(found, limit) if onwards is None else (found, closed(*onwards))

    def weighed(self, limit: int, after: str | None) -> _Half:
        """By time, cost or score, for a moment; what has none is left out. A lot of the next weights is sorted at a
        time, and what is alike by the hundred, as verdicts are, is met on the way through the data set."""
        here = None if after is None else _Weighed(*opened(after, float, int, int))
        few = self._few()
        if few is not None:
            return _cut(self._sorted(few, here, None, limit) if few is not _NONE else [], limit)
        found, step = list[_Found](), _STEP
        while len(found) <= limit:
            lot = self._next(here, step)
            first, last = (lot[0][0], lot[-1][0]) if len(lot) > step else (None, None)
            if last is None or first != last:
                among = self._key().in_([key for weight, key in lot if weight != last])
                found += self._sorted(among, here, last, limit)
                if last is None:
                    break
                here = _Weighed(last, *_FIRST)
            elif step == _FEW:
                begin = _Here(*here[1:]) if here and here.weight == last else _FIRST
                alike, onwards = self._on_the_way(self._alike(last), begin, limit - len(found))
                found += [one._replace(weight=last) for one in alike]
                if onwards is not None:
                    return found, closed(last, *onwards)
                here = _Weighed(last, *_END)
            step = min(4 * step, _FEW)
            if here is not None and len(found) <= limit and self._is_late():
                return found, closed(*here)
        return _cut(found, limit)

    def _on_the_way(self, fitting: Select[Any], here: _Here, limit: int) -> tuple[list[_Found], _Here | None]:
        """Met while the data set is gone through, stride by stride, for a moment; and where to go on if that was too
        short."""
        question = fitting.order_by(tables.samples.c.position, tables.generations.c.epoch).limit(limit + 1)
        stride, last = _STRIDE, self._last()
        found: list[_Found] = []
        while here.position <= last and len(found) <= limit:
            end = here.position + stride
            found += self._read(question.where(*_later(*here), tables.samples.c.position < end))
            here, stride = _Here(end - 1, _NO_EPOCH), min(2 * stride, _LONGEST_STRIDE)
            if end <= last and len(found) <= limit and self._is_late():
                return found, here
        return found, None

    def _next(self, here: _Weighed | None, step: int) -> list[tuple[float, str]]:
        """The next weights and whose they are, and one more."""
        weight = self._weight()
        question = select(weight, self._key(stored=True)).where(weight.is_not(None), *self._weighed_here())
        if here is not None:
            question = question.where(self._onwards(weight, here.weight, or_equal=here.position < LARGEST))
        question = question.order_by(weight.desc() if self._wanted.descending else weight).limit(step + 1)
        return [(row[0], row[1]) for row in self._connection.execute(question)]

    def _sorted(self, among: ColumnElement[bool], here: _Weighed | None, end: float | None, limit: int) -> list[_Found]:
        """Those among some that fit, by their weights, to where the next lot begins."""
        sample, generation, weight = tables.samples.c, tables.generations.c, self._weight()
        question = self._fitting(sample.position, generation.epoch, generation.id, weight, one_by_one=True)
        question = question.where(among, weight.is_not(None))
        if here is not None:
            alike = and_(*_later(here.position, here.epoch))
            question = question.where(self._onwards(weight, here.weight), or_(weight != here.weight, alike))
        if end is not None:
            question = question.where(not_(self._onwards(weight, end)))
        by = weight.desc() if self._wanted.descending else weight
        return self._read(question.order_by(by, sample.position, generation.epoch).limit(limit + 1))

    def _alike(self, value: float) -> Select[Any]:
        """Those that fit and have this weight."""
        sample, generation = tables.samples.c, tables.generations.c
        columns = (sample.position, generation.epoch, generation.id)
        if self._wanted.sort == "score":
            return self._fitting(*columns, alike=value)
        # A sum, for SQLite not to take the index of weights: as many are alike, it would lead through all of them.
        return self._fitting(*columns).where(self._weight() + 0.0 == value)

    def _weight(self) -> ColumnElement[Any]:
        generation = tables.generations.c
        weights = {"latency": generation.latency, "cost": generation.cost, "score": tables.scores.c.value}
        return weights[self._wanted.sort]

    def _key(self, *, stored: bool = False) -> ColumnElement[str]:
        """Whose a weight is."""
        if self._wanted.sort != "score":
            return tables.generations.c.id
        return tables.scores.c.generation_id if stored else self._about

    def _weighed_here(self) -> Iterator[ColumnElement[bool]]:
        """Which weights are the run's."""
        if self._wanted.sort != "score":
            return iter([tables.generations.c.run_id == self._run.id])
        return self._said()

    def _onwards(self, weight: ColumnElement[Any], value: float, *, or_equal: bool = True) -> ColumnElement[bool]:
        if self._wanted.descending:
            return weight <= value if or_equal else weight < value
        return weight >= value if or_equal else weight > value

    def _is_late(self) -> bool:
        return time.monotonic() > self._deadline

    def truly(self, found: Sequence[_Found]) -> list[str]:
        """Those that say what is searched for in a text of theirs, and not in a word of ours around it."""
        ids = [one.generation_id for one in found]
        if not self._wanted.text:
            return ids
        table, wanted = tables.generations.c, self._wanted.text.casefold()
        rows = self._connection.execute(select(table.id, table.prompt, table.output).where(table.id.in_(ids)))
        say = {key for key, prompt, output in rows if any(wanted in text.casefold() for text in _texts(prompt, output))}
        return [key for key in ids if key in say]

    def _read(self, question: Select[Any]) -> list[_Found]:
        return [_Found(*row) for row in self._connection.execute(question)]

    def _last(self) -> int:
        table = tables.samples.c
        last = select(func.max(table.position)).where(table.dataset_id == self._run.dataset_id)
        found = self._connection.scalar(last)
        return -1 if found is None else found

    def _few(self) -> ColumnElement[bool] | None:
        """Which those are that fit by score or failure, if they are few."""
        score, generation = tables.scores.c, tables.generations.c
        if self._wanted.failed:
            failed = select(generation.id).where(generation.run_id == self._run.id, generation.error.is_not(None))
            return self._among(generation.id, failed)
        if self._wanted.about_score:
            return self._among(self._about, select(score.generation_id).where(*self._said()))
        return None

    def _among(self, column: ColumnElement[str], question: Select[Any]) -> ColumnElement[bool] | None:
        ids = self._connection.scalars(question.limit(_FEW + 1)).all()
        if not ids:
            return _NONE
        return column.in_(ids) if len(ids) <= _FEW else None

    def _fitting(
        self, *columns: ColumnElement[Any], one_by_one: bool = False, alike: float | None = None
    ) -> Select[Any]:
        """Answers that fit: `one_by_one`, of those that are named; `alike`, of those whose score is just that."""
        sample, generation, wanted = tables.samples.c, tables.generations.c, self._wanted
        by_score = wanted.sort == "score" and alike is None
        joined = _joined(self._run)
        if by_score:
            joined = joined.join(tables.scores, tables.scores.c.generation_id == self._about)
        mine = (generation.run_id, self._run.id), (sample.dataset_id, self._run.dataset_id)
        question = select(*columns).select_from(joined)
        question = question.where(*(self._equal(*pair, by_index=not one_by_one) for pair in mine))
        if wanted.slice is not None:
            question = question.where(self._holds(sample.slices, f'"{_written(wanted.slice)}"'))
        if wanted.failed is not None:
            question = question.where(generation.error.is_not(None) if wanted.failed else generation.error.is_(None))
        if by_score:
            question = question.where(*self._said(of_one=one_by_one))
        elif wanted.about_score or alike is not None:
            said = exists().where(tables.scores.c.generation_id == self._about, *self._said(of_one=True))
            question = question.where(said if alike is None else said.where(tables.scores.c.value == alike))
        if wanted.text:
            # Only of ASCII do databases know what is large and small.
            others = () if wanted.text.isascii() else (wanted.text.lower(), wanted.text.upper())
            forms = {_written(form) for form in (wanted.text, *others)}
            bodies = (generation.output, generation.prompt)
            question = question.where(or_(*(self._holds(body, form) for body in bodies for form in sorted(forms))))
        return question

    def _said(self, *, of_one: bool = False) -> Iterator[ColumnElement[bool]]:
        """What a score that fits says. `of_one` answer there are few scores, and the index of all is no help."""
        score, wanted = tables.scores.c, self._wanted
        for pair in ((score.run_id, self._run.id), (score.name, wanted.score)):
            yield self._equal(*pair, by_index=not of_one)
        if wanted.at_least is not None:
            yield score.value >= wanted.at_least
        if wanted.at_most is not None:
            yield score.value <= wanted.at_most
        if wanted.label is not None:
            yield score.label == wanted.label

    def _equal(self, column: ColumnElement[str], value: str | None, *, by_index: bool) -> ColumnElement[bool]:
        return column == value if by_index else checked(self._connection, column, value)

    def _holds(self, body: ColumnElement[Any], written: str) -> ColumnElement[bool]:
        """Whether a body has these characters in it, in small or capital letters."""
        pattern = "%" + re.sub("[!%_]", r"!\g<0>", written) + "%"
        text = type_coerce(body, Text)
        # SQLite's LIKE knows no other way; told to, SQLAlchemy would make a small copy of every body first.
        is_sqlite = self._connection.dialect.name == "sqlite"
        return text.like(pattern, escape="!") if is_sqlite else text.ilike(pattern, escape="!")


_NONE = false()
"""Fits nothing."""
_JUDGED = tables.generations.alias("judged")


def checked(connection: Connection, column: ColumnElement[str], value: str | None) -> ColumnElement[bool]:
    """That a column has a value, to be checked of what was found otherwise: SQLite, which knows nothing of how many
    rows have it, takes no index of the column for that. PostgreSQL knows, and is told nothing that it cannot weigh."""
    return (func.coalesce(column, "") if connection.dialect.name == "sqlite" else column) == value


def _joined(run: Run) -> Join:
    """Answers with their samples; of a judge's run, also with the answer that was judged."""
    sample, generation = tables.samples.c, tables.generations.c
    joined = tables.samples.join(tables.generations, generation.sample_id == sample.id)
    if not run.spec.judging:
        return joined
    place = and_(_JUDGED.c.sample_id == generation.sample_id, _JUDGED.c.epoch == generation.epoch)
    return joined.outerjoin(_JUDGED, and_(place, _JUDGED.c.run_id == run.spec.judging.reads[0]))


def _about(run: Run) -> ColumnElement[str]:
    """The answer that the run's scores are about."""
    return _JUDGED.c.id if run.spec.judging else tables.generations.c.id


def _later(position: int, epoch: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    sample, generation = tables.samples.c, tables.generations.c
    # The first follows from the second, and lets the database begin in the right place.
    return sample.position >= position, or_(sample.position > position, generation.epoch > epoch)


def _cut(found: Sequence[_Found], limit: int) -> _Half:
    page = list(found[:limit])
    if len(found) <= limit:
        return page, None
    last = page[-1]
    place = (last.position, last.epoch)
    return page, closed(*place) if last.weight is None else closed(float(last.weight), *place)


def _written(text: str) -> str:
    """A text as it stands in a body."""
    return json.dumps(text)[1:-1]


def _texts(prompt: Any, output: Any) -> Iterator[str]:
    """What an answer and its question say."""
    yield from [prompt] if isinstance(prompt, str) else [turn["content"] for turn in prompt]
    if output is not None:
        yield output["text"]
        yield output.get("reasoning") or ""


def _rows(connection: Connection, run: Run, generation_ids: Sequence[str]) -> list[SampleRow]:
    sample, generation = tables.samples.c, tables.generations.c
    question = select(
        *(sample.position, sample.key, sample.slices, generation.id, generation.epoch, generation.error),
        *(generation.stop_reason, generation.latency, generation.cost, generation.cached),
        *(generation.input_tokens, generation.output_tokens, _about(run).label("about")),
        beginning_of_row().label("question"),
        _beginning(generation.output, 13 * EXCERPT).label("answer"),
    )
    mine = question.select_from(_joined(run)).where(generation.id.in_(generation_ids))
    found = connection.execute(mine).all()
    marks = _marks(connection, run, [row.about for row in found if row.about is not None])
    rows = {row.id: _row(row, marks.get(row.about, {})) for row in found}
    return [rows[key] for key in generation_ids if key in rows]


def _row(row: Any, marks: Mapping[str, Mark]) -> SampleRow:
    tokens = [number for number in (row.input_tokens, row.output_tokens) if number is not None]
    return SampleRow(
        position=row.position,
        key=row.key,
        epoch=row.epoch,
        slices=row.slices,
        generation_id=row.id,
        input=question_in(row.question),
        output=_text_at(row.answer or "", len('{"text":')),
        scores=marks,
        error=row.error,
        stop_reason=row.stop_reason,
        latency_s=row.latency,
        cost=row.cost,
        cached=bool(row.cached),
        tokens=sum(tokens) if tokens else None,
    )


def _marks(connection: Connection, run: Run, generation_ids: Iterable[str]) -> dict[str, dict[str, Mark]]:
    """The last word of each name, by the answer."""
    score = tables.scores.c
    question = select(
        score.generation_id, score.name, score.value, score.label, score.error, score.author, score.author_id
    ).where(score.generation_id.in_(list(generation_ids)), score.run_id == run.id)
    found: dict[str, dict[str, Mark]] = defaultdict(dict)
    for generation_id, name, *said in connection.execute(question.order_by(score.created_at, score.name, score.id)):
        found[generation_id][name] = Mark(*said)
    return found


_LONG_KEY = 2000
"""What is read of a row before its question, at most."""
_STRING = re.compile(r'"((?:[^"\\]|\\u[0-9a-f]{4}|\\[^u])*)')
_TURN = re.compile(r'[\[,]\{"role":"(\w+)","content":')


def _beginning(body: ColumnElement[Any], characters: int) -> ColumnElement[str | None]:
    return func.substr(type_coerce(body, Text), 1, characters, type_=Text)


def _text_at(body: str, at: int) -> str:
    """The beginning of the text that stands there in a body that may have been cut."""
    found = _STRING.match(body, at)
    text: str = json.loads(f'"{found[1]}"') if found else ""
    return text[:EXCERPT]
