"""Reviews: what people look at, and who has what on the table."""

from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from benchbook.records.record import Record, derived_id
from benchbook.specs.reviews import Reason, ReviewSpec

ReviewStatus = Literal["open", "closed"]
ItemStatus = Literal["open", "done", "disputed", "settled"]
"""Votes are missing; all are there; they differ, and nobody has decided yet; somebody has."""
AssignmentStatus = Literal["claimed", "done", "skipped", "expired"]
AssignmentRole = Literal["review", "adjudicate"]


class Review(Record):
    """A queue for people."""

    name: str
    spec: ReviewSpec
    """With every name resolved: a rubric in full, runs by their ids."""
    status: ReviewStatus = "open"
    closed_at: datetime | None = None
    learnt: int = 0
    """How many labels were known when its order was last thought over."""
    waves: int = 1
    """How often items came in."""


class ReviewItem(Record):
    """An answer, or two, in a review."""

    review_id: str
    generation_id: str
    other_generation_id: str | None = None
    sample_id: str
    wave: int = 1
    """With which of the review's waves it came."""
    reasons: tuple[Reason, ...] = ()
    wanted: int
    """How many people are to look at it."""
    votes: int = 0
    """How many have."""
    status: ItemStatus = "open"
    position: int | None = None
    """Its place in the order; None until it is drawn."""
    chance: float | None = None
    """How likely it was to be drawn in its turn, among those of its wave that were left; None in a fixed order."""
    judged: float | None = None
    """The judge's value."""
    unsure: float = 0.5
    """How likely the judge is thought to be wrong about it."""

    @staticmethod
    def id_for(review_id: str, generation_id: str, other: str | None) -> str:
        """The id follows from the place, so nothing comes in twice."""
        return derived_id("item", review_id, generation_id, other or "")


class Assignment(Record):
    """An item on a person's table."""

    review_id: str
    item_id: str
    reviewer: str
    role: AssignmentRole = "review"
    status: AssignmentStatus = "claimed"
    lease_until: datetime
    """Until when nobody else gets its place."""
    swapped: bool = False
    """Whether the second of the two is shown first."""
    rounds: int = 0
    """How often it was handed in."""
    opened_at: datetime
    """When it was last taken up."""
    done_at: datetime | None = None
    seconds: float = Field(default=0.0)
    """Of work, all rounds together."""
    reason: str | None = None
    """Why it was skipped."""
    draft: dict[str, JsonValue] | None = None
    """What is filled in so far, or was handed in; as it was shown."""
    first: dict[str, JsonValue] | None = None
    """What was chosen before the judge's word was seen."""
    score_ids: tuple[str, ...] = ()
    """What it came to."""

    @staticmethod
    def id_for(item_id: str, reviewer: str) -> str:
        """A person has an item once."""
        return derived_id("asg", item_id, reviewer)
