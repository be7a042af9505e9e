"""What is written of reviews, one transaction a verb. Whoever changes a review holds it: nobody else can meanwhile."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import NamedTuple

from sqlalchemy import Connection, ScalarSelect, Select, case, exists, func, insert, select, update

from benchbook.errors import Conflict, Denied, NotFound
from benchbook.records.reviews import Assignment, AssignmentRole, ItemStatus, Review, ReviewItem
from benchbook.records.scores import Score
from benchbook.store import tables
from benchbook.store.rows import AnyRecord, Insertion, columns_of, record_of, row_of, table_of
from benchbook.store.store import Store

AHEAD = 2
"""Items that are shown beforehand, so that nobody waits for the next."""

_ITEM, _GIVEN = tables.review_items.c, tables.assignments.c


class Claimed(NamedTuple):
    """What a reviewer got, and what is likely to come next."""

    assignment: Assignment | None
    item: ReviewItem | None
    ahead: list[ReviewItem]


class Undrawn(NamedTuple):
    """An item that nobody has had on the table yet."""

    id: str
    sample_id: str
    wave: int
    judged: float | None
    unsure: float


class Turn(NamedTuple):
    """When an item comes, and how likely that was."""

    item_id: str
    chance: float | None


class Taker(NamedTuple):
    """Somebody who takes an item."""

    name: str
    now: datetime
    turned: Callable[[ReviewItem], bool]
    """Which items are shown with the second of the two first."""


Decide = Callable[[Sequence[Sequence[Score]]], ItemStatus]
"""Whether the votes on an item, each with its scores, are at one (`done`) or not (`disputed`)."""


def add_review(store: Store, review: Review, items: Sequence[ReviewItem]) -> None:
    """Keep a review with its items; Conflict if there is one of that name."""
    with store.writing() as connection:
        connection.execute(insert(tables.reviews), row_of(review))
        _insertion(ReviewItem, connection.dialect.name)(connection, [(item, dict[str, int]()) for item in items])


def add_items(store: Store, review: Review, items: Sequence[ReviewItem]) -> int:
    """Keep a further wave of items behind those that are there; how many were new."""
    with store.writing() as connection:
        current = _held(connection, review.id)
        begin = _next_position(connection, review.id)
        moved = [
            item.model_copy(update={"position": None if item.position is None else begin + item.position})
            for item in items
        ]
        rows = [(item, dict[str, int]()) for item in moved]
        new = _insertion(ReviewItem, connection.dialect.name)(connection, rows)
        if new:
            _write(connection, current.model_copy(update={"waves": max(item.wave for item in items)}))
    return new


def arrange(store: Store, review: Review, plan: Callable[[list[Undrawn]], list[Turn]], learnt: int) -> None:
    """Put what nobody has had on the table yet into the order of `plan`; what it leaves out has to wait."""
    untouched = ~exists().where(_GIVEN.item_id == _ITEM.id)
    mine = (_ITEM.review_id == review.id) & (_ITEM.status == "open") & untouched
    with store.writing() as connection:
        current = _held(connection, review.id)
        question = select(_ITEM.id, _ITEM.sample_id, _ITEM.wave, _ITEM.judged, _ITEM.unsure).where(mine)
        turns = plan([Undrawn(*row) for row in connection.execute(question.order_by(_ITEM.id))])
        table = tables.review_items
        connection.execute(update(table).where(mine, _ITEM.position.is_not(None)).values(position=None, chance=None))
        begin = _next_position(connection, review.id)
        for at, turn in enumerate(turns, begin):
            connection.execute(update(table).where(_ITEM.id == turn.item_id).values(position=at, chance=turn.chance))
        _write(connection, current.model_copy(update={"learnt": learnt}))


def step(store: Store, review: Review, after: Review) -> None:
    """Close a review, or open it again; Conflict if somebody has done so already."""
    with store.writing() as connection:
        if _held(connection, review.id).status != review.status:
            raise Conflict(f"this review is {after.status} already")
        _write(connection, after)


def claim(store: Store, review: Review, taker: Taker) -> Claimed:
    """What the reviewer has on the table already, or the next that has room for one more, until the lease runs out.

    Nobody gets an item twice, and no item goes to more people than it is wanted from.
    """
    reviewer, now, _ = taker
    with store.writing() as connection:
        _open(_held(connection, review.id))
        held = _on_the_table(connection, review, reviewer, now)
        if held is not None:
            assignment, item = held
            if assignment.lease_until <= now:
                _expire(connection, item, reviewer, now)
            kept = assignment.model_copy(update={"lease_until": _lease(review, now)})
            _write(connection, kept)
            ahead = _free(connection, review, reviewer, now, AHEAD + 1)
            return Claimed(kept, item, [each for each in ahead if each.id != item.id][:AHEAD])
        free = _free(connection, review, reviewer, now, 1 + AHEAD)
        if not free:
            return Claimed(None, None, [])
        item = free[0]
        _expire(connection, item, reviewer, now)
        return Claimed(_given(connection, review, item, taker), item, free[1:])


def claim_dispute(store: Store, review: Review, item: ReviewItem, taker: Taker) -> Assignment:
    """The item on the table of somebody who decides; Conflict if it is on another's, Denied for who has reviewed it."""
    adjudicator, now, _ = taker
    with store.writing() as connection:
        _open(_held(connection, review.id))
        current = _one(connection, ReviewItem, item.id)
        others = _all(connection, Assignment, _select(Assignment).where(_GIVEN.item_id == item.id))
        if current.status != "disputed" and not _passed_on(current, others):
            raise Conflict(f"there is nothing to decide: the item is {current.status}")
        mine = next((each for each in others if each.reviewer == adjudicator), None)
        if mine is not None and mine.role == "review":
            raise Denied(f"{adjudicator} has had this item as a reviewer: somebody else decides")
        deciding = [each for each in others if each.role == "adjudicate" and each.reviewer != adjudicator]
        taken = next((each for each in deciding if each.status == "claimed" and each.lease_until > now), None)
        if taken is not None:
            raise Conflict(f"{taken.reviewer} is deciding about this item, until {taken.lease_until:%H:%M} UTC")
        return _given(connection, review, current, taker, role="adjudicate")


def save_draft(store: Store, before: Assignment, after: Assignment, now: datetime) -> None:
    """Keep what is filled in so far, and the lease for as much longer; Conflict once it was handed in."""
    unfinished = (_GIVEN.id == before.id, _GIVEN.status.in_(("claimed", "expired")), _GIVEN.rounds == before.rounds)
    lease = case((_GIVEN.lease_until > now, after.lease_until), else_=_GIVEN.lease_until)
    changed = {"draft": after.draft, "first": after.first}
    with store.writing() as connection:
        _open(_held(connection, before.review_id))
        kept = update(tables.assignments).where(*unfinished).values(**changed, lease_until=lease)
        if not connection.execute(kept).rowcount:
            raise Conflict("this was handed in or skipped already; undo that first")


def hand_in(
    store: Store, before: Assignment, after: Assignment, scores: Sequence[Score], decide: Decide, now: datetime
) -> ReviewItem:
    """Move an assignment on together with the scores that come of it; the item as it stands then.

    Conflict if somebody has moved it meanwhile, if its place has gone to another once the lease ran out, or if a vote
    is taken back that a decision rests on.
    """
    with store.writing() as connection:
        _open(_held(connection, before.review_id))
        current, item = _one(connection, Assignment, before.id), _one(connection, ReviewItem, before.item_id)
        if (current.status, current.rounds, current.role) != (before.status, before.rounds, before.role):
            raise Conflict(f"this is {current.status} by now, in round {current.rounds}; look at it again")
        _see_to_room(connection, current, after, item, now)
        rows = [(score, dict[str, int]()) for score in scores]
        _insertion(Score, connection.dialect.name)(connection, rows)
        _write(connection, after)
        counted = _counted(connection, item, decide)
        _write(connection, counted)
    return counted


def _see_to_room(
    connection: Connection, current: Assignment, after: Assignment, item: ReviewItem, now: datetime
) -> None:
    if current.role == "adjudicate":
        if after.status == "done" and item.status == "settled":
            raise Conflict("somebody else has decided about this item already")
        return
    if current.status in ("done", "skipped") and item.status == "settled":
        raise Conflict("somebody has decided about this item; that has to be taken back first")
    if after.status != "done" and current.status != "skipped":
        return
    if item.status != "open" or item.votes + _others(connection, item, current.reviewer, now) >= item.wanted:
        raise Conflict("others have this item now; what you filled in is kept")


def _counted(connection: Connection, item: ReviewItem, decide: Decide) -> ReviewItem:
    """The item as its assignments make it."""
    done = _select(Assignment).where(_GIVEN.item_id == item.id, _GIVEN.status == "done").order_by(_GIVEN.id)
    finished = _all(connection, Assignment, done)
    votes = [each for each in finished if each.role == "review"]
    status: ItemStatus = "open"
    if len(votes) < len(finished):
        status = "settled"
    elif len(votes) >= item.wanted:
        status = decide([_scores(connection, vote) for vote in votes])
    return item.model_copy(update={"votes": len(votes), "status": status})


def _scores(connection: Connection, vote: Assignment) -> list[Score]:
    question = _select(Score).where(tables.scores.c.id.in_(vote.score_ids)).order_by(tables.scores.c.name)
    return _all(connection, Score, question)


def _passed_on(item: ReviewItem, assignments: Sequence[Assignment]) -> bool:
    """Whether a reviewer has left the item to others, and nobody has finished it."""
    return item.status == "open" and any(each.status == "skipped" for each in assignments)


def _on_the_table(
    connection: Connection, review: Review, reviewer: str, now: datetime
) -> tuple[Assignment, ReviewItem] | None:
    """The reviewer's own claim, if the item still has room for it; otherwise it has expired."""
    mine = _select(Assignment).where(
        _GIVEN.review_id == review.id,
        _GIVEN.reviewer == reviewer,
        _GIVEN.status == "claimed",
        _GIVEN.role == "review",
    )
    for assignment in _all(connection, Assignment, mine.order_by(_GIVEN.opened_at, _GIVEN.id)):
        item = _one(connection, ReviewItem, assignment.item_id)
        if item.status == "open" and item.votes + _others(connection, item, reviewer, now) < item.wanted:
            return assignment, item
        _write(connection, assignment.model_copy(update={"status": "expired"}))
    return None


def _free(connection: Connection, review: Review, reviewer: str, now: datetime, limit: int) -> list[ReviewItem]:
    """The next items with room for the reviewer, who has not been through with them."""
    finished = (_GIVEN.status.in_(("done", "skipped"))) | (_GIVEN.role == "adjudicate")
    mine = exists().where(_GIVEN.item_id == _ITEM.id, _GIVEN.reviewer == reviewer, finished)
    question = _select(ReviewItem).where(
        _ITEM.review_id == review.id,
        _ITEM.status == "open",
        _ITEM.position.is_not(None),
        ~mine,
        _ITEM.votes + _live(reviewer, now) < _ITEM.wanted,
    )
    return _all(connection, ReviewItem, question.order_by(_ITEM.position).limit(limit))


def _live(reviewer: str, now: datetime) -> ScalarSelect[int]:
    """How many others have the item on the table."""
    return (
        select(func.count())
        .select_from(tables.assignments)
        .where(
            _GIVEN.item_id == _ITEM.id,
            _GIVEN.role == "review",
            _GIVEN.status == "claimed",
            _GIVEN.lease_until > now,
            _GIVEN.reviewer != reviewer,
        )
        .correlate(tables.review_items)
        .scalar_subquery()
    )


def _others(connection: Connection, item: ReviewItem, reviewer: str, now: datetime) -> int:
    return connection.scalar(select(_live(reviewer, now)).where(_ITEM.id == item.id)) or 0


def _expire(connection: Connection, item: ReviewItem, reviewer: str, now: datetime) -> None:
    """Say so of claims on the item that have run out."""
    over = (_GIVEN.status == "claimed") & (_GIVEN.lease_until <= now) & (_GIVEN.reviewer != reviewer)
    connection.execute(update(tables.assignments).where(_GIVEN.item_id == item.id, over).values(status="expired"))


def _given(
    connection: Connection, review: Review, item: ReviewItem, taker: Taker, role: AssignmentRole = "review"
) -> Assignment:
    """The item on the taker's table: with the draft, and the sides, of last time if it was there before."""
    now, lease = taker.now, _lease(review, taker.now)
    question = _select(Assignment).where(_GIVEN.item_id == item.id, _GIVEN.reviewer == taker.name)
    earlier = next(iter(_all(connection, Assignment, question)), None)
    if earlier is not None:
        fresh = {"opened_at": now} if earlier.status != "claimed" or earlier.lease_until <= now else {}
        kept = earlier.model_copy(update={"status": "claimed", "lease_until": lease, **fresh})
        _write(connection, kept)
        return kept
    new = Assignment(
        id=Assignment.id_for(item.id, taker.name),
        created_at=now,
        review_id=review.id,
        item_id=item.id,
        reviewer=taker.name,
        role=role,
        lease_until=lease,
        swapped=taker.turned(item),
        opened_at=now,
    )
    connection.execute(insert(tables.assignments), row_of(new))
    return new


def _lease(review: Review, now: datetime) -> datetime:
    return now + timedelta(minutes=review.spec.lease_minutes)


def _held(connection: Connection, review_id: str) -> Review:
    """The review, which nobody else changes until the transaction ends."""
    question = _select(Review).where(tables.reviews.c.id == review_id).with_for_update()
    found = next(iter(_all(connection, Review, question)), None)
    if found is None:
        raise NotFound(f"there is no review {review_id}")
    return found


def _open(review: Review) -> None:
    if review.status != "open":
        raise Conflict("this review is closed; open it again to go on")


def _next_position(connection: Connection, review_id: str) -> int:
    last = connection.scalar(select(func.max(_ITEM.position)).where(_ITEM.review_id == review_id))
    return 0 if last is None else last + 1


def _write(connection: Connection, record: Review | ReviewItem | Assignment) -> None:
    table = table_of(type(record))
    connection.execute(update(table).where(table.c.id == record.id), row_of(record))


def _select(kind: type[AnyRecord]) -> Select[*tuple[object, ...]]:
    return select(*columns_of(kind))


def _all(connection: Connection, kind: type[AnyRecord], question: Select[*tuple[object, ...]]) -> list[AnyRecord]:
    return [record_of(kind, values) for values in connection.execute(question)]


def _one(connection: Connection, kind: type[AnyRecord], record_id: str) -> AnyRecord:
    found = _all(connection, kind, _select(kind).where(table_of(kind).c.id == record_id))
    if not found:
        raise NotFound(f"there is no {kind.__name__.lower()} {record_id}")
    return found[0]


@cache
def _insertion(kind: type[Score | ReviewItem], dialect: str) -> Insertion:
    # Kept, because making it takes longer than carrying it out.
    statement = import_module(f"sqlalchemy.dialects.{dialect}").insert(table_of(kind))
    return Insertion(kind, statement.on_conflict_do_nothing() if kind is ReviewItem else statement, dialect)
