"""Named questions about reviews."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select

from benchbook.errors import NotFound
from benchbook.records.record import Record
from benchbook.records.reviews import Assignment, ItemStatus, Review, ReviewItem
from benchbook.records.scores import Score
from benchbook.store import tables
from benchbook.store.rows import AnyRecord, columns_of, record_of
from benchbook.store.store import Store

PAGE = 500

_ITEM, _GIVEN, _SCORE = tables.review_items.c, tables.assignments.c, tables.scores.c


class Counted(NamedTuple):
    """How far a review has got."""

    total: int = 0
    open: int = 0
    done: int = 0
    disputed: int = 0
    settled: int = 0
    wanted: int = 0
    """Votes that it takes."""
    votes: int = 0
    claimed: int = 0
    """Items on somebody's table right now."""
    passed_on: int = 0
    """Open items that somebody has skipped."""


class Worked(NamedTuple):
    """What one person has done in a review."""

    reviewer: str
    done: int
    skipped: int
    claimed: int
    decided: int
    """Disputes."""
    seconds: float
    """Of work on what is done."""


class Counting(NamedTuple):
    """An item, as far as figures need it."""

    id: str
    sample_id: str
    wave: int
    position: int | None
    chance: float | None
    judged: float | None
    unsure: float
    status: ItemStatus


class Vote(NamedTuple):
    """Something handed in: by whom, about which item, and what the whole was worth."""

    item_id: str
    assignment_id: str
    reviewer: str
    role: str
    done_at: datetime
    score_ids: tuple[str, ...]


def reviews(store: Store, limit: int = 50, before: str | None = None) -> list[Review]:
    """The newest reviews; the next page begins `before` the id of the last."""
    table = tables.reviews
    question = _select(Review).order_by(table.c.id.desc()).limit(limit)
    return _all(store, Review, question if before is None else question.where(table.c.id < before))


def review(store: Store, name: str) -> Review:
    """The review of that name or id."""
    table = tables.reviews
    found = _all(store, Review, _select(Review).where(or_(table.c.name == name, table.c.id == name)))
    if found:
        return found[0]
    with store.reading() as connection:
        known = list(connection.scalars(select(table.c.name).order_by(table.c.id.desc()).limit(PAGE)))
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`benchbook reviews` lists what there is"
    raise NotFound(f"there is no review {name!r}; {hint}")


def item(store: Store, review: Review, item_id: str) -> ReviewItem:
    """The item of that id in the review."""
    found = _all(store, ReviewItem, _select(ReviewItem).where(_ITEM.id == item_id, _ITEM.review_id == review.id))
    if not found:
        raise NotFound(f"this review has no item {item_id}")
    return found[0]


def assignment(store: Store, item_id: str, reviewer: str) -> Assignment | None:
    """What a person has to do with an item."""
    found = _all(store, Assignment, _select(Assignment).where(_GIVEN.item_id == item_id, _GIVEN.reviewer == reviewer))
    return found[0] if found else None


def last_of(store: Store, review: Review, reviewer: str) -> Assignment | None:
    """What the reviewer has handed in or skipped last."""
    mine = _select(Assignment).where(
        _GIVEN.review_id == review.id, _GIVEN.reviewer == reviewer, _GIVEN.status.in_(("done", "skipped"))
    )
    return next(iter(_all(store, Assignment, mine.order_by(_GIVEN.done_at.desc(), _GIVEN.id).limit(1))), None)


def assignments_of(store: Store, item_ids: Sequence[str]) -> dict[str, list[Assignment]]:
    """Everybody's, by item, in the order in which they came to it."""
    found: dict[str, list[Assignment]] = defaultdict(list)
    for page in _pages(item_ids):
        question = _select(Assignment).where(_GIVEN.item_id.in_(page)).order_by(_GIVEN.created_at, _GIVEN.reviewer)
        for each in _all(store, Assignment, question):
            found[each.item_id].append(each)
    return found


def item_ids(store: Store, review: Review) -> set[str]:
    """The ids of all items."""
    with store.reading() as connection:
        return set(connection.scalars(select(_ITEM.id).where(_ITEM.review_id == review.id)))


def to_decide(store: Store, review: Review, limit: int = 50, after: str | None = None) -> list[ReviewItem]:
    """Items that reviewers differ about, or have left to others; the next page comes `after` the last id."""
    waiting = or_(_ITEM.status == "disputed", and_(_ITEM.status == "open", _skipped()))
    question = _select(ReviewItem).where(_ITEM.review_id == review.id, waiting).order_by(_ITEM.id).limit(limit)
    return _all(store, ReviewItem, question if after is None else question.where(_ITEM.id > after))


def progress(store: Store, review: Review, now: datetime) -> Counted:
    """How far the review has got."""
    on_the_table = exists().where(_GIVEN.item_id == _ITEM.id, _GIVEN.status == "claimed", _GIVEN.lease_until > now)

    def number(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    statuses: tuple[ItemStatus, ...] = ("open", "done", "disputed", "settled")
    question = select(
        func.count(),
        *(number(_ITEM.status == status) for status in statuses),
        func.coalesce(func.sum(_ITEM.wanted), 0),
        func.coalesce(func.sum(_ITEM.votes), 0),
        number(on_the_table),
        number(and_(_ITEM.status == "open", _skipped())),
    ).where(_ITEM.review_id == review.id)
    with store.reading() as connection:
        return Counted(*(int(value) for value in connection.execute(question).one()))


def workers(store: Store, review: Review) -> list[Worked]:
    """What each person has done, by name."""

    def number(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((and_(*conditions), 1), else_=0))

    by_review, done = _GIVEN.role == "review", _GIVEN.status == "done"
    question = (
        select(
            _GIVEN.reviewer,
            number(by_review, done),
            number(by_review, _GIVEN.status == "skipped"),
            number(_GIVEN.status == "claimed"),
            number(~by_review, done),
            func.sum(case((done, _GIVEN.seconds), else_=0.0)),
        )
        .where(_GIVEN.review_id == review.id)
        .group_by(_GIVEN.reviewer)
        .order_by(_GIVEN.reviewer)
    )
    with store.reading() as connection:
        rows = list(connection.execute(question))
    return [Worked(name, int(a), int(b), int(c), int(d), float(spent)) for name, a, b, c, d, spent in rows]


def done_by(store: Store, review: Review, reviewer: str) -> tuple[int, int]:
    """How many items a person has handed in and skipped."""
    question = select(_GIVEN.status, func.count()).where(
        _GIVEN.review_id == review.id, _GIVEN.reviewer == reviewer, _GIVEN.role == "review"
    )
    with store.reading() as connection:
        found = {status: int(number) for status, number in connection.execute(question.group_by(_GIVEN.status))}
    return found.get("done", 0), found.get("skipped", 0)


def size(store: Store, review: Review) -> int:
    """How many items there are."""
    with store.reading() as connection:
        return connection.scalar(select(func.count()).where(_ITEM.review_id == review.id)) or 0


def labelled(store: Store, review: Review) -> int:
    """How many items have a label: all votes that they want, or a decision."""
    question = select(func.count()).where(_ITEM.review_id == review.id, _ITEM.status.in_(("done", "settled")))
    with store.reading() as connection:
        return connection.scalar(question) or 0


def counting(store: Store, review: Review) -> list[Counting]:
    """All items in their order, without what figures do not need; those not drawn yet at the end."""
    columns = (_ITEM.id, _ITEM.sample_id, _ITEM.wave, _ITEM.position, _ITEM.chance, _ITEM.judged, _ITEM.unsure)
    question = select(*columns, _ITEM.status).where(_ITEM.review_id == review.id)
    drawn_first = (case((_ITEM.position.is_(None), 1), else_=0), _ITEM.position, _ITEM.id)
    with store.reading() as connection:
        return [Counting(*row) for row in connection.execute(question.order_by(*drawn_first))]


def votes(store: Store, review: Review) -> list[Vote]:
    """Everything that was handed in and not taken back, oldest first."""
    columns = (_GIVEN.item_id, _GIVEN.id, _GIVEN.reviewer, _GIVEN.role, _GIVEN.done_at, _GIVEN.score_ids)
    question = select(*columns).where(_GIVEN.review_id == review.id, _GIVEN.status == "done")
    with store.reading() as connection:
        rows = connection.execute(question.order_by(_GIVEN.done_at, _GIVEN.id))
        return [Vote._make((*place, tuple(ids))) for *place, ids in rows]


def values_of(store: Store, score_ids: Sequence[str]) -> dict[str, float | None]:
    """What these scores are worth."""
    found: dict[str, float | None] = {}
    for page in _pages(score_ids):
        with store.reading() as connection:
            question = select(_SCORE.id, _SCORE.value).where(_SCORE.id.in_(page))
            found.update((score_id, value) for score_id, value in connection.execute(question))
    return found


def scores_of(store: Store, score_ids: Sequence[str]) -> list[Score]:
    """These scores, by name."""
    return [
        score
        for page in _pages(score_ids)
        for score in _all(store, Score, _select(Score).where(_SCORE.id.in_(page)).order_by(_SCORE.name, _SCORE.id))
    ]


def said_by(store: Store, run_id: str, item: ReviewItem) -> list[Score]:
    """What a run says of the item, by name."""
    mine = (_SCORE.generation_id == item.generation_id) & (_SCORE.run_id == run_id)
    other = _SCORE.other_generation_id
    pair = other.is_(None) if item.other_generation_id is None else other == item.other_generation_id
    return _all(store, Score, _select(Score).where(mine, pair).order_by(_SCORE.name, _SCORE.id))


def said_in(store: Store, run_id: str, review: Review) -> Iterator[Score]:
    """What a run says of the items of a review."""
    same = (_SCORE.generation_id == _ITEM.generation_id) & (
        func.coalesce(_SCORE.other_generation_id, "") == func.coalesce(_ITEM.other_generation_id, "")
    )
    question = (
        _select(Score)
        .join_from(tables.scores, tables.review_items, same)
        .where(_SCORE.run_id == run_id, _ITEM.review_id == review.id)
        .order_by(_SCORE.created_at, _SCORE.name, _SCORE.id)
    )
    with store.reading() as connection, connection.execute(question.execution_options(yield_per=PAGE)) as rows:
        for values in rows:
            yield record_of(Score, values)


def _skipped() -> ColumnElement[bool]:
    return exists().where(_GIVEN.item_id == _ITEM.id, _GIVEN.status == "skipped")


def _pages(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    yield from (ids[at : at + PAGE] for at in range(0, len(ids), PAGE))


def _select(kind: type[Record]) -> Select[*tuple[object, ...]]:
    return select(*columns_of(kind))


def _all(store: Store, kind: type[AnyRecord], question: Select[*tuple[object, ...]]) -> list[AnyRecord]:
    with store.reading() as connection:
        return [record_of(kind, values) for values in connection.execute(question)]
