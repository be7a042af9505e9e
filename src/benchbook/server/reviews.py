"""Human review. Who reviews is who asks; of a blind review they are told nothing of models, runs and judges."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from fastapi import Depends, Query
from pydantic import BaseModel, Field, JsonValue, model_validator

from benchbook.errors import Denied, NotFound
from benchbook.records.reviews import Review
from benchbook.server.access import Caller, Who, scope
from benchbook.server.given import After, Asked, Limit, Stored, routes
from benchbook.service import review_disputes, review_pages, reviews
from benchbook.service.review_disputes import Dispute, Hearing
from benchbook.service.review_pages import Agreeing, ReviewEstimate, ReviewRow, ReviewWhole
from benchbook.service.review_sheets import Form, Receipt, Sheet, form_of
from benchbook.service.reviews import Handed
from benchbook.service.runs import utc_now
from benchbook.specs.files import Source, read_text
from benchbook.specs.reviews import Filled, ReviewSpec
from benchbook.store.pages import Page
from benchbook.store.store import Store

router = routes("reviews")

ANYBODY = "anybody"
"""Who reviews where nobody logs in."""


class Opening(Asked):
    """A review, as YAML or as plain data: one of the two."""

    yaml: str | None = None
    spec: dict[str, JsonValue] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.yaml is None) == (self.spec is None):
            raise ValueError("give the review as `yaml` or as `spec`, one of the two")
        return self

    @property
    def source(self) -> Source:
        """As a file would be read."""
        if self.yaml is not None:
            return read_text("review.yaml", self.yaml)
        return Source("spec", json.dumps(self.spec, indent=2), dict(self.spec or {}), {})


class FilledIn(Filled, Asked):
    """A form, filled in as it is shown."""


class Accepted(Asked):
    """How long it took to agree with the judge, and how sure the reviewer is."""

    seconds: float | None = Field(default=None, ge=0)
    confidence: float | None = Field(default=None, ge=0, le=1)


class Skipped(Asked):
    """Why an item is left to others."""

    reason: str = Field(max_length=2000)


class TakenBack(Asked):
    """What is taken back: the last thing unless an item is named."""

    item: str | None = Field(default=None, max_length=200)


class Upheld(Asked):
    """With whom it is decided."""

    reviewer: str = Field(max_length=200)


class Lease(BaseModel):
    """Until when an item is kept."""

    lease_until: datetime


class Extended(BaseModel):
    """How many items came in."""

    new: int


def _reviewer(
    caller: Who,
    named: Annotated[
        str | None, Query(alias="as", max_length=100, description="Who reviews, where nobody logs in.")
    ] = None,
) -> str:
    if caller.user is not None:
        if named is not None and named != caller.user.name:
            raise Denied(f"you review as {caller.user.name}: `as` is for servers on which nobody logs in")
        return caller.user.name
    return (named or "").strip() or ANYBODY


def _review(store: Stored, review_id: str) -> Review:
    try:
        return reviews.named(store, review_id)
    except NotFound:
        # The name that it might have been is not told: it may be that of a model.
        raise NotFound(f"there is no review {review_id[:100]!r}; GET /api/reviews lists what there is") from None


Reviewer = Annotated[str, Depends(_reviewer)]
Reviewed = Annotated[Review, Depends(_review)]


@router.get("/reviews", dependencies=[scope("read")])
def list_reviews(store: Stored, caller: Who, limit: Limit = 50, after: After = None) -> Page[ReviewRow]:
    """The newest reviews, and how far they are."""
    return review_pages.page(store, limit, after, utc_now(), told=_told(caller))


@router.post("/reviews", status_code=201, dependencies=[scope("write")])
def open_review(store: Stored, opening: Opening) -> ReviewRow:
    """Open a review with every answer that its rules pick."""
    source = opening.source
    with source.locating():
        review = reviews.open_review(store, ReviewSpec.parse(source.data), utc_now())
    return _row(store, review)


@router.get("/reviews/{review_id}", dependencies=[scope("read")])
def get_review(store: Stored, caller: Who, review: Reviewed) -> ReviewWhole:
    """A review: what it was opened with, how far it is, what each person has done."""
    return review_pages.whole(store, review, utc_now(), told=_told(caller))


@router.get("/reviews/{review_id}/agreement", dependencies=[scope("read")])
def get_review_agreement(store: Stored, caller: Who, review: Reviewed) -> Sequence[Agreeing]:
    """How far reviewers agree among themselves, and the judge with them."""
    return review_pages.agreement(store, review, utc_now(), told=_told(caller))


@router.get("/reviews/{review_id}/estimate", dependencies=[scope("read")])
def get_review_estimate(store: Stored, review: Reviewed) -> ReviewEstimate:
    """What the labels tell of all answers in the review, and how much each narrowed it."""
    return review_pages.estimate(store, review)


@router.post("/reviews/{review_id}/extend", dependencies=[scope("write")])
def extend_review(store: Stored, review: Reviewed) -> Extended:
    """Take in what the rules pick by now."""
    return Extended(new=reviews.extend(store, review, utc_now()))


@router.post("/reviews/{review_id}/close", dependencies=[scope("write")])
def close_review(store: Stored, review: Reviewed) -> ReviewRow:
    """End a review, finished or not; nothing is lost."""
    return _row(store, reviews.close(store, review, utc_now()))


@router.post("/reviews/{review_id}/reopen", dependencies=[scope("write")])
def reopen_review(store: Stored, review: Reviewed) -> ReviewRow:
    """Go on with a review that was closed."""
    return _row(store, reviews.reopen(store, review))


@router.get("/reviews/{review_id}/form", dependencies=[scope("review")])
def get_review_form(review: Reviewed) -> Form:
    """What there is to fill in, the same for all items."""
    return form_of(review)


@router.post("/reviews/{review_id}/claim", dependencies=[scope("review")])
def claim_item(store: Stored, review: Reviewed, reviewer: Reviewer) -> Handed:
    """What the reviewer has on the table, or the next item, and what is likely to come after it."""
    return reviews.claim(store, review, reviewer, utc_now())


@router.put("/reviews/{review_id}/items/{item_id}/draft", dependencies=[scope("review")])
def save_draft(store: Stored, review: Reviewed, item_id: str, reviewer: Reviewer, filled: FilledIn) -> Lease:
    """Keep what is filled in so far; the item is kept for as much longer."""
    return Lease(lease_until=reviews.save_draft(store, review, item_id, reviewer, filled, utc_now()))


@router.post("/reviews/{review_id}/items/{item_id}/choose", dependencies=[scope("review")])
def choose(store: Stored, review: Reviewed, item_id: str, reviewer: Reviewer, filled: FilledIn) -> Sheet:
    """Keep the first choice, and show what the judge says."""
    return reviews.choose(store, review, item_id, reviewer, filled, utc_now())


@router.post("/reviews/{review_id}/items/{item_id}/submit", dependencies=[scope("review")])
def submit_item(store: Stored, review: Reviewed, item_id: str, reviewer: Reviewer, filled: FilledIn) -> Receipt:
    """Hand in the form. What is otherwise than a judge's word that was seen overrides it."""
    return reviews.submit(store, review, item_id, reviewer, filled, utc_now()).receipt


@router.post("/reviews/{review_id}/items/{item_id}/accept", dependencies=[scope("review")])
def accept_item(store: Stored, review: Reviewed, item_id: str, reviewer: Reviewer, accepted: Accepted) -> Receipt:
    """Hand in what the judge says as the reviewer's own word."""
    agreed = reviews.Agreed(accepted.seconds, accepted.confidence)
    return reviews.accept(store, review, item_id, reviewer, utc_now(), agreed).receipt


@router.post("/reviews/{review_id}/items/{item_id}/skip", dependencies=[scope("review")])
def skip_item(store: Stored, review: Reviewed, item_id: str, reviewer: Reviewer, skipped: Skipped) -> Receipt:
    """Leave the item to others, and say why."""
    return reviews.skip(store, review, item_id, reviewer, skipped.reason, utc_now()).receipt


@router.post("/reviews/{review_id}/undo", dependencies=[scope("review")])
def undo_item(store: Stored, review: Reviewed, reviewer: Reviewer, taken_back: TakenBack | None = None) -> Sheet:
    """Take back what was handed in or skipped; it is on the table again, filled in as it was."""
    item = taken_back.item if taken_back else None
    return reviews.undo(store, review, reviewer, utc_now(), item)


@router.get("/reviews/{review_id}/disputes", dependencies=[scope("review")])
def list_disputes(store: Stored, review: Reviewed, limit: Limit = 50, after: After = None) -> Page[Dispute]:
    """What waits for a decision: items on which votes differ, and those that were skipped."""
    found = review_disputes.disputes(store, review, utc_now(), limit + 1, after)
    return Page(found[:limit], found[limit - 1].item if len(found) > limit else None)


@router.post("/reviews/{review_id}/disputes/{item_id}/hear", dependencies=[scope("review")])
def hear_dispute(store: Stored, review: Reviewed, item_id: str, reviewer: Reviewer) -> Hearing:
    """Take an item to decide about it, with all votes on it; whoever has reviewed it cannot."""
    return review_disputes.hear(store, review, item_id, reviewer, utc_now())


@router.post("/reviews/{review_id}/disputes/{item_id}/decide", dependencies=[scope("review")])
def decide_dispute(store: Stored, review: Reviewed, item_id: str, reviewer: Reviewer, filled: FilledIn) -> Receipt:
    """Hand in what is so: it stands in place of all votes."""
    return review_disputes.decide(store, review, item_id, reviewer, filled, utc_now()).receipt


@router.post("/reviews/{review_id}/disputes/{item_id}/uphold", dependencies=[scope("review")])
def uphold_vote(store: Stored, review: Reviewed, item_id: str, reviewer: Reviewer, upheld: Upheld) -> Receipt:
    """Decide as one of the reviewers has."""
    return review_disputes.uphold(store, review, item_id, reviewer, upheld.reviewer, utc_now()).receipt


def _told(caller: Caller) -> bool:
    """Whether they are more than reviewers: those who open reviews know what is in them."""
    return "write" in caller.scopes or "review" not in caller.scopes


def _row(store: Store, review: Review) -> ReviewRow:
    return review_pages.whole(store, review, utc_now(), told=True).row
