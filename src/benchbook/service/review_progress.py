"""How far a review has got, how far its reviewers agree, and what their labels tell of all answers."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from benchbook.engine.agreement import Rules
from benchbook.engine.agreement import agreement as agreement_of
from benchbook.engine.review_order import Candidate, Label, Narrowing, narrowing
from benchbook.records.reviews import Review
from benchbook.records.scores import Score
from benchbook.service.agreement_text import AgreementReport
from benchbook.service.ratings import of_scores
from benchbook.store import review_views
from benchbook.store.review_views import Counted, Counting, Worked
from benchbook.store.store import Store


@dataclass(frozen=True)
class Person:
    """What one person has done."""

    name: str
    done: int
    skipped: int
    claimed: int
    decided: int
    seconds: float
    """Of work, all together."""

    @property
    def seconds_each(self) -> float | None:
        """Of work on one item."""
        finished = self.done + self.decided
        return self.seconds / finished if finished else None


@dataclass(frozen=True)
class Progress:
    """How far a review has got."""

    items: Counted
    people: Sequence[Person]
    seconds_each: float | None
    """Of work on one item, over all people."""
    seconds_left: float | None
    """Of work that is left, if it goes on like this; None before anybody has finished anything."""

    @property
    def all_done(self) -> bool:
        """Whether every vote is in, and nobody has to decide anything."""
        return self.items.open == 0 and self.items.disputed == 0


@dataclass(frozen=True)
class Estimated:
    """What the labels tell of all answers in the review, or why they do not."""

    narrowing: Narrowing | None
    undecided: int
    """Items that people have looked at and could not tell: they are in no figure."""
    why: str = ""
    """Why there is no estimate."""


def progress(store: Store, review: Review, now: datetime) -> Progress:
    """How far the review has got, as a whole and by person."""
    counted = review_views.progress(store, review, now)
    people = [_person(worked) for worked in review_views.workers(store, review)]
    finished = sum(one.done + one.decided for one in people)
    each = math.fsum(one.seconds for one in people) / finished if finished else None
    left = counted.wanted - counted.votes + counted.disputed
    return Progress(counted, people, each, each * max(0, left) if each is not None else None)


def agreement(store: Store, review: Review, now: datetime, rules: Rules = Rules()) -> AgreementReport:
    """How far the reviewers agree among themselves, and the review's judge with them; of this review's items alone.

    Where somebody has decided, the judge is held against that; among themselves reviewers are as they voted.
    """
    ratings = of_scores(store, list(_said(store, review)))
    return AgreementReport([f"review {review.name}"], agreement_of(ratings, "human", rules), now)


def estimate(store: Store, review: Review) -> Estimated:
    """The mean of what people would say of all answers in the review, and how it narrowed label by label.

    It is of the answers that are in the review: with rules that pick only some, of those.
    """
    counted = review_views.counting(store, review)
    values = _values(store, review, counted)
    undecided = {one.id for one in counted if one.status in ("done", "settled") and one.id not in values}
    if review.spec.order == "fixed":
        why = "the order is fixed: what was labelled is no random part of all; use `random` or `informative`"
        return Estimated(None, len(undecided), why)
    everything = [_candidate(one) for one in counted if one.id not in undecided]
    found = narrowing(everything, _labels(counted, values))
    if found.estimate is not None:
        return Estimated(found, len(undecided))
    short = found.labelled < 3
    why = "too few labels yet" if short else "of the items that came in last none has a label yet"
    return Estimated(found, len(undecided), why)


def labels_of(store: Store, review: Review, counted: Sequence[Counting]) -> list[Label]:
    """What people say of the items that are finished, in the order in which they were drawn."""
    return _labels(counted, _values(store, review, counted))


def _labels(counted: Sequence[Counting], values: dict[str, float]) -> list[Label]:
    return [Label(one.id, values[one.id], one.chance) for one in counted if one.id in values and one.chance is not None]


def _values(store: Store, review: Review, counted: Sequence[Counting]) -> dict[str, float]:
    """The label of each finished item: what was decided, or the mean of those who could tell."""
    finished = {one.id: one.status for one in counted if one.status in ("done", "settled")}
    wholes: dict[str, list[str]] = defaultdict(list)
    for vote in review_views.votes(store, review):
        counts = vote.role == ("adjudicate" if finished.get(vote.item_id) == "settled" else "review")
        if vote.item_id in finished and counts:
            # The whole comes first.
            wholes[vote.item_id].append(vote.score_ids[0])
    worth = review_views.values_of(store, [one for ids in wholes.values() for one in ids])
    found = {item: [value for one in ids if (value := worth[one]) is not None] for item, ids in wholes.items()}
    return {item: math.fsum(values) / len(values) for item, values in found.items() if values}


def _candidate(one: Counting) -> Candidate:
    return Candidate(one.id, one.judged, one.unsure, one.sample_id, one.wave)


def _person(worked: Worked) -> Person:
    return Person(*worked)


def _said(store: Store, review: Review) -> Iterator[Score]:
    """What the judge says of the items, and what people handed in here: nothing that leaks in from elsewhere."""
    if review.spec.judge is not None:
        version = review.spec.whole.version
        said = review_views.said_in(store, review.spec.judge, review)
        yield from (score for score in said if score.rubric == version)
    ids = [score_id for vote in review_views.votes(store, review) for score_id in vote.score_ids]
    yield from review_views.scores_of(store, ids)
