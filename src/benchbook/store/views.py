"""Named questions to the store. Lists come in pages, and without large bodies where nobody asks for them."""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import NamedTuple

from pydantic import JsonValue
from sqlalchemy import Connection, Select, Text, case, exists, func, literal_column, or_, select, tuple_, type_coerce

from benchbook.errors import NotFound
from benchbook.protocols import Matter
from benchbook.records.artifacts import Artifact
from benchbook.records.datasets import Dataset, Sample
from benchbook.records.events import EventKind, RunEvent
from benchbook.records.generations import Generation
from benchbook.records.metrics import Metric
from benchbook.records.runs import Experiment, Run
from benchbook.records.scores import Answer, Said, Score
from benchbook.specs.verdicts import WITHDRAWN
from benchbook.store import tables
from benchbook.store.columns import AnyText, JsonText, meant
from benchbook.store.rows import AnyRecord, columns_of, record_of, table_of
from benchbook.store.store import Store

_SPOKEN = (tables.scores.c.created_at, tables.scores.c.name, tables.scores.c.id)
"""The order in which things were said."""

PAGE = 200
"""Generations read at once: what a whole run takes in memory at most."""


class Progress(NamedTuple):
    """How far a run has got, in generations."""

    total: int
    done: int
    """Answered."""
    failed: int
    """Given up: a resumed run tries these again."""


class Spending(NamedTuple):
    """What a run has spent."""

    run_id: str = ""
    cost: float = 0.0
    tokens: int = 0
    most_cost: float = 0.0
    """Of its dearest sample."""
    most_tokens: int = 0
    seconds: float = 0.0
    """Of work, all attempts together."""

    def longer(self, seconds: float) -> "Spending":
        """With one more attempt."""
        return self._replace(seconds=self.seconds + seconds)

    def dearer(self, cost: float, tokens: int) -> "Spending":
        """With one more sample."""
        most = (max(self.most_cost, cost), max(self.most_tokens, tokens))
        return Spending(self.run_id, self.cost + cost, self.tokens + tokens, *most, self.seconds)


class Marked(NamedTuple):
    """A score without its body: what comparisons and tables need of it."""

    sample_id: str
    epoch: int
    name: str
    value: float | None
    label: str | None
    error: str | None


class Asked(NamedTuple):
    """Where a generation stands."""

    run_id: str
    sample: str
    """The sample's key."""
    epoch: int


class Told(NamedTuple):
    """What one score says of an answer and what stands behind it, without texts; of an answer without a score, that
    there is one."""

    position: int
    epoch: int
    name: str | None
    value: float | None
    author: str
    author_id: str
    author_version: str
    trace: Mapping[str, JsonValue]
    """Only of a program that was executed."""


def experiments(store: Store, limit: int = 50, before: str | None = None) -> list[Experiment]:
    """The newest experiments; the next page begins `before` the id of the last."""
    table = tables.experiments
    question = _select(Experiment).order_by(table.c.id.desc()).limit(limit)
    return _all(store, Experiment, question if before is None else question.where(table.c.id < before))


def experiment(store: Store, name: str) -> Experiment:
    """The experiment with that id, or with an id that only it begins or ends with, or the newest of that name."""
    table = tables.experiments
    named = _select(Experiment).where(table.c.name == name).order_by(table.c.id.desc()).limit(1)
    return _by_id(store, Experiment, name) or _first(store, Experiment, named) or _only(store, Experiment, name)


def runs(store: Store, limit: int = 50, after: str | None = None) -> list[Run]:
    """The runs of the newest experiments, each in the order of its plan; the next page comes `after` the last id."""
    table = tables.runs
    question = _select(Run).order_by(table.c.experiment_id.desc(), table.c.position).limit(limit)
    if after is None:
        return _all(store, Run, question)
    last = run(store, after)
    same = (table.c.experiment_id == last.experiment_id) & (table.c.position > last.position)
    return _all(store, Run, question.where(or_(table.c.experiment_id < last.experiment_id, same)))


def run(store: Store, name: str) -> Run:
    """The run with that id, or with an id that only it begins or ends with."""
    return _by_id(store, Run, name) or _only(store, Run, name)


def runs_of(store: Store, experiment_id: str) -> list[Run]:
    """The runs of an experiment, in the order of its plan."""
    table = tables.runs
    question = _select(Run).where(table.c.experiment_id == experiment_id).order_by(table.c.position)
    return _all(store, Run, question)


def artifacts_of(store: Store, experiment_id: str) -> list[Artifact]:
    """The files of an experiment, oldest first."""
    table = tables.artifacts
    question = _select(Artifact).where(table.c.experiment_id == experiment_id)
    return _all(store, Artifact, question.order_by(table.c.created_at, table.c.id))


def dataset(store: Store, dataset_id: str) -> Dataset:
    """The data set with that id."""
    found = _by_id(store, Dataset, dataset_id)
    if found is None:
        raise NotFound(f"there is no data set {dataset_id}")
    return found


def dataset_named(store: Store, name: str) -> Dataset:
    """The data set with that id, or that version, or one that only it begins or ends with."""
    table = tables.datasets
    versions = _select(Dataset).where(table.c.version.startswith(name, autoescape=True)).limit(2)
    found = _all(store, Dataset, versions) if name else []
    return found[0] if len(found) == 1 else _by_id(store, Dataset, name) or _only(store, Dataset, name)


@dataclass(frozen=True)
class Samples:
    """Samples that are read as they are asked for, a page in memory at a time, each time anew."""

    store: Store
    dataset_id: str
    slices: frozenset[str]
    limit: int | None
    after: int
    """The position that they begin after."""

    def __iter__(self) -> Iterator[Sample]:
        return islice(self._chosen(), self.limit)

    def _chosen(self) -> Iterator[Sample]:
        table, last = tables.samples, self.after
        question = select(table.c.position, table.c.slices, *columns_of(Sample)).order_by(table.c.position).limit(PAGE)
        while True:
            page = question.where(table.c.dataset_id == self.dataset_id, table.c.position > last)
            with self.store.reading() as connection:
                rows = list(connection.execute(page))
            for position, within, *values in rows:
                last = position
                if not self.slices or not self.slices.isdisjoint(within):
                    yield record_of(Sample, values)
            if len(rows) < PAGE:
                return


def samples_of(
    store: Store, dataset_id: str, slices: Sequence[str] = (), limit: int | None = None, after: int = -1
) -> Samples:
    """The samples of a data set in their order: those in any of the slices, or all; at most so many of them, and only
    those `after` a position."""
    return Samples(store, dataset_id, frozenset(slices), limit, after)


def done_pairs(store: Store, run_id: str) -> set[tuple[str, int]]:
    """The (sample id, epoch) pairs that a resumed run skips: those that were answered. Failures it tries again."""
    table = tables.generations
    question = select(table.c.sample_id, table.c.epoch).where(table.c.run_id == run_id, table.c.error.is_(None))
    with store.reading() as connection:
        return {(sample_id, epoch) for sample_id, epoch in connection.execute(question)}


def progress(store: Store, run_id: str) -> Progress:
    """How far the run has got."""
    table = tables.generations
    mine = select(func.count()).select_from(table).where(table.c.run_id == run_id)
    with store.reading() as connection:
        stored = connection.scalar(mine) or 0
        failed = connection.scalar(mine.where(table.c.error.is_not(None))) or 0
        total = connection.scalar(select(tables.runs.c.total).where(tables.runs.c.id == run_id)) or 0
    return Progress(total, stored - failed, failed)


def answer(store: Store, run_id: str, position: int, epoch: int) -> Answer:
    """The answer of a run to the sample at that position of its data set."""
    found = _answers_after(store, run(store, run_id), (position, epoch - 1), limit=1)
    if not found or (found[0][0].position, found[0][1].epoch) != (position, epoch):
        raise NotFound(f"run {run_id} has no answer to the sample at position {position} (from 0), epoch {epoch}")
    return found[0]


def generations(store: Store, run_id: str) -> Iterator[Answer]:
    """All answers of a run, by sample and epoch, each with the scores that this run brought: of a judge run what it
    wrote, and its verdicts. They are read as they are asked for, a page in memory at a time."""
    whose = run(store, run_id)
    after = (-1, 0)
    while page := _answers_after(store, whose, after):
        yield from page
        sample, generation, _ = page[-1]
        after = (sample.position, generation.epoch)


def judged_by(store: Store, run_id: str) -> list[Run]:
    """The other runs whose answers this run gave scores to."""
    score, generation = tables.scores.c, tables.generations.c
    others = (
        select(generation.run_id)
        .join_from(tables.scores, tables.generations, score.generation_id == generation.id)
        .where(score.run_id == run_id, generation.run_id != run_id)
        .distinct()
    )
    return _all(store, Run, _select(Run).where(tables.runs.c.id.in_(others)).order_by(tables.runs.c.id))


def said_of(store: Store, run_id: str) -> Iterator[Said]:
    """Everything that anybody said of a run's answers, alone or beside another, oldest first; a page in memory."""
    table = tables.scores.c
    mine = select(tables.generations.c.id).where(tables.generations.c.run_id == run_id)
    about = or_(table.generation_id.in_(mine), table.other_generation_id.in_(mine))
    ids = (table.id, table.run_id, table.generation_id, table.other_generation_id)
    rest = (table.author, table.author_id, table.name, table.value, table.label, table.rubric, table.supersedes)
    # As plain text: to look through every word of every row takes longer than all the rest.
    columns = [type_coerce(one, Text) if isinstance(one.type, AnyText) else one for one in (*ids, *rest)]
    question = select(*columns, type_coerce(table.verdict, Text)).where(about)
    question = question.order_by(table.created_at, table.name, table.id).execution_options(yield_per=PAGE)
    with store.reading() as connection, connection.execute(question) as rows:
        for *known, author, author_id, name, value, label, rubric, supersedes, verdict in rows:
            whole = json.loads(verdict) if author == "human" or known[-1] is not None else None
            sure, trace = (_confidence(verdict), {}) if whole is None else (whole["confidence"], whole["trace"])
            words = (author, meant(author_id), meant(name), value, meant(label), rubric, supersedes)
            yield Said._make((*known, *words, sure, trace))


def sample_ids(store: Store, run_id: str) -> dict[str, str]:
    """The sample of every answer of a run, by the answer."""
    table = tables.generations.c
    question = select(type_coerce(table.id, Text), type_coerce(table.sample_id, Text)).where(table.run_id == run_id)
    with store.reading() as connection:
        return {row.id: row.sample_id for row in connection.execute(question)}


def answer_lengths(store: Store, run_id: str) -> Iterator[tuple[str, int | None]]:
    """How many characters every answer of a run has."""
    table = tables.generations.c
    question = select(table.id, table.output).where(table.run_id == run_id)
    with store.reading() as connection, connection.execute(question.execution_options(yield_per=PAGE)) as rows:
        for generation_id, output in rows:
            yield generation_id, None if output is None else len(output["text"])


def runs_with(store: Store, generation_ids: Sequence[str]) -> list[Run]:
    """The runs that these answers are of."""
    generation = tables.generations.c
    found: set[str] = set()
    with store.reading() as connection:
        for at in range(0, len(generation_ids), PAGE):
            some = select(generation.run_id).where(generation.id.in_(generation_ids[at : at + PAGE]))
            found.update(connection.scalars(some.distinct()))
    return _all(store, Run, _select(Run).where(tables.runs.c.id.in_(sorted(found))).order_by(tables.runs.c.id))


def matters(store: Store, judge_run: Run, samples: Sequence[Sample]) -> list[Matter]:
    """What a judge run is asked about these samples, in all of their epochs."""
    judging = judge_run.spec.judging
    if judging is None or not samples:
        return []
    chosen = [sample.id for sample in samples]
    with store.reading() as connection:
        answers = [_generations_of(connection, run_id, chosen) for run_id in judging.reads]
        ids = [[answer.id for answer in of_run.values()] for of_run in answers]
        scores = [_scores_of(connection, run_id, of_run) for run_id, of_run in zip(judging.reads, ids, strict=True)]
        opinions: dict[str, list[Score]] = defaultdict(list)
        for member in judging.panel:
            for generation_id, given in _scores_of(connection, member, ids[0]).items():
                opinions[generation_id] += given
    return [
        Matter(
            sample=sample,
            epoch=epoch,
            answers=(found := tuple(of_run.get((sample.id, epoch)) for of_run in answers)),
            scores=tuple(
                tuple(given[answer.id]) if answer else () for answer, given in zip(found, scores, strict=True)
            ),
            opinions=tuple(opinions[found[0].id]) if found[0] else (),
        )
        for epoch in range(1, judge_run.spec.task.epochs + 1)
        for sample in samples
    ]


def common_places(store: Store, run_ids: Sequence[str], epochs: int) -> int:
    """How many (sample, epoch) places all of the runs have filled, up to so many epochs."""
    table = tables.generations.c
    filled = (
        select(table.sample_id)
        .where(table.run_id.in_(run_ids), table.epoch <= epochs)
        .group_by(table.sample_id, table.epoch)
        .having(func.count() == len(set(run_ids)))
    )
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(filled.subquery())) or 0


def opinions(store: Store, generation_id: str) -> list[Score]:
    """Everything that is said of an answer, by whomever and in whichever run, oldest first."""
    table = tables.scores
    about = or_(table.c.generation_id == generation_id, table.c.other_generation_id == generation_id)
    return _all(store, Score, _select(Score).where(about).order_by(table.c.created_at, table.c.name, table.c.id))


def scores(store: Store, run_id: str) -> list[Marked]:
    """The scores of a run, by sample and epoch, without what they weigh."""
    score, generation, sample = tables.scores.c, tables.generations.c, tables.samples.c
    question = (
        select(generation.sample_id, generation.epoch, score.name, score.value, score.label, score.error)
        .join_from(tables.scores, tables.generations, score.generation_id == generation.id)
        .join(tables.samples, generation.sample_id == sample.id)
        .where(score.run_id == run_id)
        .order_by(sample.position, generation.epoch, score.created_at, score.name, score.id)
    )
    with store.reading() as connection:
        return [Marked(*row) for row in connection.execute(question)]


def score_names(store: Store, run_ids: Sequence[str]) -> list[str]:
    """What is looked at in these runs."""
    table = tables.scores.c
    question = select(table.name).where(table.run_id.in_(run_ids)).distinct().order_by(table.name)
    with store.reading() as connection:
        return list(connection.scalars(question))


def flagged(store: Store, run_id: str, review: str) -> Iterator[tuple[str, Score]]:
    """The scores called `review` by which a judge run says that a person should look, each with the key of its sample,
    by sample; a page in memory at a time."""
    score, generation, sample = tables.scores.c, tables.generations.c, tables.samples.c
    question = (
        select(sample.key, *columns_of(Score))
        .join_from(tables.scores, tables.generations, score.generation_id == generation.id)
        .join(tables.samples, generation.sample_id == sample.id)
        .where(score.run_id == run_id, score.name == review, score.value == 0)
        .order_by(sample.position, generation.epoch)
    )
    with store.reading() as connection, connection.execute(question.execution_options(yield_per=PAGE)) as rows:
        for key, *values in rows:
            yield key, record_of(Score, values)


def comparisons(store: Store, run_ids: Collection[str]) -> list[Score]:
    """What anyone has said of two answers: verdicts that one of the runs brought, and those over two of their own."""
    score, first, second = tables.scores.c, tables.generations.alias("first"), tables.generations.alias("second")
    both = first.c.run_id.in_(run_ids) & second.c.run_id.in_(run_ids)
    question = (
        _select(Score)
        .join_from(tables.scores, first, score.generation_id == first.c.id)
        .join(second, score.other_generation_id == second.c.id)
        .where(or_(score.run_id.in_(run_ids), both))
        .order_by(score.created_at, score.name, score.id)
    )
    return _all(store, Score, question)


def superseded(store: Store) -> frozenset[str]:
    """The ids of the scores that count no longer: another stands in their place, and was not itself taken back; or they
    only take one back."""
    score, taken_back = tables.scores.c, tables.scores.alias("taken_back").c
    withdrawal = taken_back.supersedes.is_not(None) & (taken_back.label == WITHDRAWN) & taken_back.value.is_(None)
    question = select(score.id, score.supersedes, score.label, score.value).where(
        score.supersedes.is_not(None), ~exists().where(taken_back.supersedes == score.id, withdrawal)
    )
    found: set[str] = set()
    with store.reading() as connection:
        for score_id, earlier, label, value in connection.execute(question):
            found.add(earlier)
            if label == WITHDRAWN and value is None:
                found.add(score_id)
    return frozenset(found)


def answers_of(store: Store, generation_ids: Sequence[str]) -> dict[str, tuple[Sample, Generation]]:
    """The generations of these ids, each with its sample."""
    sample, generation = tables.samples.c, tables.generations.c
    width = len(columns_of(Sample))
    question = select(*columns_of(Sample), *columns_of(Generation)).join_from(
        tables.samples, tables.generations, generation.sample_id == sample.id
    )
    found: dict[str, tuple[Sample, Generation]] = {}
    for begin in range(0, len(generation_ids), PAGE):
        page = question.where(generation.id.in_(generation_ids[begin : begin + PAGE]))
        with store.reading() as connection:
            for values in connection.execute(page):
                answered = record_of(Generation, values[width:])
                found[answered.id] = (record_of(Sample, values[:width]), answered)
    return found


def discussed(store: Store, run_id: str) -> Iterator[Answer]:
    """All answers of a run, by sample and epoch, each with everything that anyone says of it, in whichever run; a page
    in memory at a time."""
    table = tables.scores
    stream = generations(store, run_id)
    while page := list(islice(stream, PAGE)):
        about = table.c.generation_id.in_([generation.id for _, generation, _ in page])
        said: dict[str, list[Score]] = defaultdict(list)
        for score in _all(store, Score, _select(Score).where(about).order_by(*_SPOKEN)):
            said[score.generation_id].append(score)
        yield from ((sample, generation, tuple(said[generation.id])) for sample, generation, _ in page)


def brought(store: Store, run_id: str, but: Container[str] = ()) -> Iterator[Score]:
    """The scores that a run brought, oldest first, without those of the ids `but`; a page in memory at a time."""
    question = _select(Score).where(tables.scores.c.run_id == run_id).order_by(*_SPOKEN)
    with store.reading() as connection, connection.execute(question.execution_options(yield_per=PAGE)) as rows:
        for values in rows:
            if values.id not in but:
                yield record_of(Score, values)


def places_of(store: Store, generation_ids: Sequence[str]) -> dict[str, Asked]:
    """Where the generations of these ids stand."""
    sample, generation = tables.samples.c, tables.generations.c
    question = select(generation.id, generation.run_id, sample.key, generation.epoch).join_from(
        tables.samples, tables.generations, generation.sample_id == sample.id
    )
    found: dict[str, Asked] = {}
    for begin in range(0, len(generation_ids), PAGE):
        page = question.where(generation.id.in_(generation_ids[begin : begin + PAGE]))
        with store.reading() as connection:
            found |= {name: Asked(*place) for name, *place in connection.execute(page)}
    return found


def judged_runs(store: Store, run_ids: Collection[str]) -> dict[str, set[str]]:
    """Of each run that brought verdicts on the answers of others, whose answers these are."""
    score, generation = tables.scores.c, tables.generations.c
    question = (
        select(score.run_id, generation.run_id)
        .join_from(tables.scores, tables.generations, score.generation_id == generation.id)
        .where(score.run_id.in_(run_ids), score.run_id != generation.run_id)
        .distinct()
    )
    compared = (
        select(score.run_id, generation.run_id)
        .join_from(tables.scores, tables.generations, score.other_generation_id == generation.id)
        .where(score.run_id.in_(run_ids), score.run_id != generation.run_id)
        .distinct()
    )
    found: dict[str, set[str]] = defaultdict(set)
    with store.reading() as connection:
        for judge, judged in connection.execute(question):
            found[judge].add(judged)
        # Of two that were compared by somebody in the first one's run, nobody is a judge.
        for judge, judged in connection.execute(compared):
            if judge in found:
                found[judge].add(judged)
    return dict(found)


def told(store: Store, run_id: str) -> Iterator[Told]:
    """What the scores of a run say, by sample and epoch; a page in memory at a time."""
    score, generation, sample = tables.scores.c, tables.generations.c, tables.samples.c
    whose = run(store, run_id)
    executed = case((score.verdict.cast(Text).contains('"sandbox":'), score.verdict))
    who = (score.author, score.author_id, score.author_version)
    told_about = tables.generations.join(tables.samples, generation.sample_id == sample.id)
    about = generation.id
    if whose.spec.judging:
        # What a judge run says, it says of the answer of another run in the same place.
        judged = tables.generations.alias("judged")
        same_place = (judged.c.sample_id == generation.sample_id) & (judged.c.epoch == generation.epoch)
        told_about = told_about.outerjoin(judged, same_place & (judged.c.run_id == whose.spec.judging.reads[0]))
        about = judged.c.id
    question = (
        select(sample.position, generation.epoch, score.name, score.value, *who, type_coerce(executed, JsonText))
        .select_from(told_about)
        .outerjoin(tables.scores, (score.generation_id == about) & (score.run_id == run_id))
        .where(generation.run_id == run_id)
        .order_by(sample.position, generation.epoch, score.created_at, score.name, score.id)
        .execution_options(yield_per=PAGE)
    )
    with store.reading() as connection, connection.execute(question) as rows:
        for *said, verdict in rows:
            yield Told._make((*said, verdict["trace"] if verdict else {}))


def spending(store: Store, experiment_id: str) -> list[Spending]:
    """What each run of an experiment has spent until now, in all of its attempts."""
    event, run = tables.run_events.c, tables.runs.c
    mine = select(run.id).where(run.experiment_id == experiment_id)
    spans = (
        select(event.run_id, func.min(event.created_at), func.max(event.created_at))
        .where(event.run_id.in_(mine))
        .group_by(event.run_id, event.attempt)
    )
    bodies = select(event.run_id, event.body).where(event.run_id.in_(mine), event.kind == "sample_done")
    found: dict[str, Spending] = defaultdict(Spending)
    with store.reading() as connection:
        for run_id, began, ended in connection.execute(spans):
            found[run_id] = found[run_id].longer((ended - began).total_seconds())
        for run_id, body in connection.execute(bodies.execution_options(yield_per=PAGE)):
            if "tokens" in body:
                found[run_id] = found[run_id].dearer(body.get("cost") or 0.0, body["tokens"])
    return [spent._replace(run_id=run_id) for run_id, spent in found.items()]


def metrics_of(store: Store, run_id: str) -> list[Metric]:
    """The figures of a run: by name, score and slice, the whole before its slices."""
    table = tables.metrics
    question = _select(Metric).where(table.c.run_id == run_id)
    return _all(store, Metric, question.order_by(table.c.name, table.c.score, table.c.slice))


def events_after(store: Store, run_id: str, seq: int = 0, limit: int = 1000) -> list[tuple[int, RunEvent]]:
    """What has happened in a run since the event `seq`, with the number of each."""
    table = tables.run_events
    question = select(table.c.seq, *columns_of(RunEvent)).where(table.c.run_id == run_id, table.c.seq > seq)
    with store.reading() as connection:
        rows = connection.execute(question.order_by(table.c.seq).limit(limit))
        return [(number, record_of(RunEvent, values)) for number, *values in rows]


def heads(store: Store, run_ids: Sequence[str]) -> dict[str, int]:
    """The number of the last event of each of these runs, of those that have any."""
    table = tables.run_events
    found: dict[str, int] = {}
    with store.reading() as connection:
        for run_id in run_ids:
            # One by one: each is the end of an index.
            last = connection.scalar(select(func.max(table.c.seq)).where(table.c.run_id == run_id))
            if last is not None:
                found[run_id] = last
    return found


def has_any(store: Store, run_id: str, events: Sequence[RunEvent]) -> bool:
    """Whether one of these events of a run is stored; they are looked for among all of it."""
    table = tables.run_events
    question = select(table.c.seq).where(table.c.run_id == run_id, table.c.id.in_([event.id for event in events]))
    with store.reading() as connection:
        return connection.execute(question.limit(1)).first() is not None


def events_of(store: Store, run_id: str, kind: EventKind) -> list[RunEvent]:
    """The events of one kind of a run: `run_started` comes with every attempt, `parts_done` with those that ended."""
    table = tables.run_events
    question = _select(RunEvent).where(table.c.run_id == run_id, table.c.kind == kind)
    if kind != "sample_done":
        # Follows from the second condition; written out, it says that the index of these will do.
        question = question.where(table.c.kind != literal_column("'sample_done'"))
    return _all(store, RunEvent, question.order_by(table.c.seq))


def _answers_after(store: Store, whose: Run, after: tuple[int, int], limit: int = PAGE) -> list[Answer]:
    sample, generation = tables.samples.c, tables.generations.c
    width = len(columns_of(Sample))
    question = (
        select(*columns_of(Sample), *columns_of(Generation))
        .join_from(tables.samples, tables.generations, generation.sample_id == sample.id)
        .where(generation.run_id == whose.id, sample.dataset_id == whose.dataset_id)
        # The second condition follows from the first, and lets the database begin in the right place.
        .where(tuple_(sample.position, generation.epoch) > after, sample.position >= after[0])
        .order_by(sample.position, generation.epoch)
        .limit(limit)
    )
    with store.reading() as connection:
        pairs = [
            (record_of(Sample, values[:width]), record_of(Generation, values[width:]))
            for values in connection.execute(question)
        ]
        about = {generation.id: generation.id for _, generation in pairs}
        if whose.spec.judging:
            judged = _generations_of(connection, whose.spec.judging.reads[0], [sample.id for sample, _ in pairs])
            places = {place: answer.id for place, answer in judged.items()}
            about = {each.id: places.get((each.sample_id, each.epoch), "") for _, each in pairs}
        given = _scores_of(connection, whose.id, list(about.values()))
    return [(sample, generation, tuple(given[about[generation.id]])) for sample, generation in pairs]


_CONFIDENCE = re.compile(r'"confidence":([-+.0-9eE]+)?')


def _confidence(verdict: str) -> float | None:
    """What stands in a verdict's body. Within texts quotes are escaped: the first of these words is no part of one."""
    found = _CONFIDENCE.search(verdict)
    return float(found[1]) if found and found[1] else None


def _generations_of(
    connection: Connection, run_id: str, sample_ids: Sequence[str]
) -> dict[tuple[str, int], Generation]:
    """The answers of a run to these samples, by their place."""
    table = tables.generations
    question = _select(Generation).where(table.c.run_id == run_id, table.c.sample_id.in_(sample_ids))
    found = (record_of(Generation, values) for values in connection.execute(question))
    return {(generation.sample_id, generation.epoch): generation for generation in found}


def _scores_of(connection: Connection, run_id: str, generation_ids: Sequence[str]) -> dict[str, list[Score]]:
    """What a run says of answers: never what others say of the same."""
    table = tables.scores
    question = _select(Score).where(table.c.generation_id.in_(generation_ids), table.c.run_id == run_id)
    given: dict[str, list[Score]] = defaultdict(list)
    for values in connection.execute(question.order_by(table.c.created_at, table.c.name, table.c.id)):
        score = record_of(Score, values)
        given[score.generation_id].append(score)
    return given


def _select(kind: type[AnyRecord]) -> Select[*tuple[object, ...]]:
    return select(*columns_of(kind))


def _all(store: Store, kind: type[AnyRecord], question: Select[*tuple[object, ...]]) -> list[AnyRecord]:
    with store.reading() as connection:
        return [record_of(kind, values) for values in connection.execute(question)]


def _first(store: Store, kind: type[AnyRecord], question: Select[*tuple[object, ...]]) -> AnyRecord | None:
    return next(iter(_all(store, kind, question)), None)


def _by_id(store: Store, kind: type[AnyRecord], name: str) -> AnyRecord | None:
    return _first(store, kind, _select(kind).where(table_of(kind).c.id == name))


def _only(store: Store, kind: type[AnyRecord], part: str) -> AnyRecord:
    """The one record whose id begins or ends with `part`: ids begin with their time, so the end tells them apart."""
    table = table_of(kind)
    noun = kind.__name__.lower()
    alike = or_(table.c.id.startswith(part, autoescape=True), table.c.id.endswith(part, autoescape=True))
    found = _all(store, kind, _select(kind).where(alike).order_by(table.c.id.desc()).limit(5)) if part else []
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(record.id for record in found)
        raise NotFound(f"several {noun}s are called {part!r} for short: {ids}; write more of the id")
    raise NotFound(f"there is no {noun} {part!r}{_nearest(store, kind, part)}")


def _nearest(store: Store, kind: type[AnyRecord], name: str) -> str:
    # Whoever asks for runs may name their experiment.
    called = table_of(Experiment if kind is Run else kind).c
    with store.reading() as connection:
        names = connection.scalars(select(called.name).order_by(called.id.desc()).limit(PAGE)).all()
        ids = connection.scalars(select(table_of(kind).c.id).order_by(table_of(kind).c.id.desc()).limit(PAGE)).all()
    if near := get_close_matches(name, [*ids, *names], n=1):
        return f"; did you mean {near[0]!r}?"
    where = "datasets" if kind is Dataset else "runs"
    newest = ", ".join(list(dict.fromkeys(names))[:_NEWEST])
    return f"; `benchbook {where}` lists what there is, lately of {newest}" if newest else "; there is none yet"


_NEWEST = 8
"""Names that are told to whoever has named none of them."""
