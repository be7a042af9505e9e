"""Where reviewers differ: somebody sees all votes, and decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from benchbook.engine.review_forms import checked, turned
from benchbook.errors import Conflict, Denied, NotFound, SpecError
from benchbook.records.reviews import Assignment, Review, ReviewItem
from benchbook.service.review_sheets import Sheet, is_turned, sheet
from benchbook.service.reviews import Kept, hand_over, shown_texts
from benchbook.specs.reviews import Filled, Reason
from benchbook.store import review_views
from benchbook.store import reviews as kept
from benchbook.store.reviews import Taker
from benchbook.store.store import Store


@dataclass(frozen=True)
class Vote:
    """What a reviewer said, or why nothing."""

    reviewer: str
    filled: Filled | None
    """Turned the way the responses are shown to who decides."""
    skipped: str | None
    """The reason for which it was skipped."""
    seconds: float


@dataclass(frozen=True)
class Dispute:
    """An item that somebody has to decide about."""

    item: str
    reviewers: Sequence[str]
    """Who voted."""
    skipped_by: Sequence[str]
    taken_by: str | None
    """Who is at it."""
    reasons: Sequence[Reason]
    """Why it is in the review; none if that is blind."""


@dataclass(frozen=True)
class Hearing:
    """All that there is to see for who decides."""

    sheet: Sheet
    votes: Sequence[Vote]


def disputes(store: Store, review: Review, now: datetime, limit: int = 50, after: str | None = None) -> list[Dispute]:
    """What waits for a decision: items on which votes differ, and those that were skipped; the next page comes `after`
    the last item's id."""
    items = review_views.to_decide(store, review, limit, after)
    given = review_views.assignments_of(store, [item.id for item in items])
    return [_dispute(review, item, given[item.id], now) for item in items]


def hear(store: Store, review: Review, item_id: str, adjudicator: str, now: datetime) -> Hearing:
    """Take an item to decide about it: nobody else does meanwhile. Whoever has reviewed it cannot."""
    if review.spec.adjudicators and adjudicator not in review.spec.adjudicators:
        raise Denied(f"{adjudicator} is not among those who decide in this review")
    item = review_views.item(store, review, item_id)
    taker = Taker(adjudicator, now, lambda one: is_turned(review, one, adjudicator))
    assignment = kept.claim_dispute(store, review, item, taker)
    votes = [
        _vote(review, each, assignment)
        for each in review_views.assignments_of(store, [item_id])[item_id]
        if each.role == "review" and each.status in ("done", "skipped")
    ]
    return Hearing(sheet(store, review, item, assignment), votes)


def decide(store: Store, review: Review, item_id: str, adjudicator: str, filled: Filled, now: datetime) -> Kept:
    """Hand in what is so; it stands in place of all votes, which stay as they were given."""
    before, item = _deciding(store, review, item_id, adjudicator)
    checked(filled, review.spec.whole, shown_texts(store, review, item, before))
    return hand_over(store, review, item, before, filled, now)


def uphold(store: Store, review: Review, item_id: str, adjudicator: str, reviewer: str, now: datetime) -> Kept:
    """Decide as one of the reviewers has."""
    before, item = _deciding(store, review, item_id, adjudicator)
    vote = review_views.assignment(store, item_id, reviewer)
    if vote is None or vote.status != "done" or vote.draft is None:
        raise NotFound(f"{reviewer} has not handed in anything on this item")
    filled = _vote(review, vote, before).filled
    if filled is None:
        raise SpecError(f"what {reviewer} handed in cannot be read any more; fill in the form")
    checked(filled, review.spec.whole, shown_texts(store, review, item, before))
    return hand_over(store, review, item, before, filled, now)


def _deciding(store: Store, review: Review, item_id: str, adjudicator: str) -> tuple[Assignment, ReviewItem]:
    found = review_views.assignment(store, item_id, adjudicator)
    if found is None or found.review_id != review.id or found.role != "adjudicate":
        raise NotFound(f"{adjudicator} has not taken this item to decide about it")
    if found.status != "claimed":
        raise Conflict(f"this is {found.status} already; undo that first")
    return found, review_views.item(store, review, item_id)


def _dispute(review: Review, item: ReviewItem, given: Sequence[Assignment], now: datetime) -> Dispute:
    deciding = (each for each in given if each.role == "adjudicate" and each.status == "claimed")
    return Dispute(
        item=item.id,
        reviewers=[each.reviewer for each in given if each.role == "review" and each.status == "done"],
        skipped_by=[each.reviewer for each in given if each.status == "skipped"],
        taken_by=next((each.reviewer for each in deciding if each.lease_until > now), None),
        reasons=() if review.spec.blind else item.reasons,
    )


def _vote(review: Review, vote: Assignment, seen_by: Assignment) -> Vote:
    filled = Filled.parse(vote.draft) if vote.status == "done" and vote.draft is not None else None
    if filled is not None and vote.swapped != seen_by.swapped:
        filled = turned(filled, review.spec.whole)
    return Vote(vote.reviewer, filled, vote.reason if vote.status == "skipped" else None, vote.seconds)
