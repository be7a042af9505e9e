"""What a person's form comes to: Scores, beside those of everybody else. Nothing is ever changed or deleted.

A score names the one that it stands in place of, and that one stays: what counts for exports is what no standing score
supersedes; what is held against each other for agreement is what each one said last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from benchbook.engine.review_forms import verdicts_of
from benchbook.records.record import derived_id
from benchbook.records.reviews import Assignment, Review, ReviewItem
from benchbook.records.scores import Score
from benchbook.specs.reviews import Filled
from benchbook.specs.verdicts import WITHDRAWN, Verdict

How = Literal["accepted", "overridden", "given", "adjudicated", "withdrawn"]
"""As the judge that was seen says; otherwise; without having seen one; where reviewers differed; taken back."""


@dataclass(frozen=True)
class Giving:
    """Somebody's word on an item."""

    review: Review
    item: ReviewItem
    run_id: str
    """The run of the answer, or of the first of two."""
    assignment: Assignment
    how: How
    now: datetime

    def score(self, score_id: str, verdict: Verdict, supersedes: str | None) -> Score:
        """A score of this reviewer."""
        return Score(
            id=score_id,
            created_at=self.now,
            run_id=self.run_id,
            generation_id=self.item.generation_id,
            other_generation_id=self.item.other_generation_id,
            author="human",
            author_id=self.assignment.reviewer,
            author_version="",
            rubric=self.review.spec.whole.version,
            supersedes=supersedes,
            verdict=verdict,
        )

    def told(self) -> dict[str, JsonValue]:
        """How the verdict came about."""
        assignment = self.assignment
        found: dict[str, JsonValue] = {
            "review": self.review.id,
            "item": self.item.id,
            "how": self.how,
            "round": assignment.rounds,
            "suggestion": self.review.spec.suggests,
        }
        if self.review.spec.picks:
            found["picked"] = True
        if self.item.other_generation_id is not None:
            found["order"] = "second_first" if assignment.swapped else "first_second"
        return {**found, "first_choice": assignment.first} if assignment.first is not None else found


def given(giving: Giving, filled: Filled, earlier: Sequence[Mapping[str, Score]]) -> list[Score]:
    """The scores of a form that is turned the way the answers are stored. Each stands in place of the score of the same
    name of each of the `earlier` ones: once for every one of them, or once if there are none."""
    return [
        score
        for verdict in verdicts_of(filled, giving.review.spec.whole)
        for score in _each(giving, verdict, [those[verdict.name].id for those in earlier if verdict.name in those])
    ]


def withdrawn(giving: Giving, scores: Sequence[Score]) -> list[Score]:
    """Scores that take these back: they say nothing in their place."""
    return [
        giving.score(
            derived_id("score", score.id, WITHDRAWN),
            Verdict(name=score.name, label=WITHDRAWN, trace={"review": giving.told()}),
            score.id,
        )
        for score in scores
    ]


def whole_id(assignment_id: str, rounds: int, name: str) -> str:
    """The id of an assignment's score of that name, in the round."""
    return derived_id("score", assignment_id, rounds, name)


def _each(giving: Giving, verdict: Verdict, earlier: Sequence[str]) -> list[Score]:
    told = verdict.model_copy(update={"trace": {**verdict.trace, "review": giving.told()}})
    first = whole_id(giving.assignment.id, giving.assignment.rounds, verdict.name)
    if not earlier:
        return [giving.score(first, told, None)]
    ids = [first, *(derived_id("score", first, other) for other in earlier[1:])]
    return [giving.score(score_id, told, other) for score_id, other in zip(ids, earlier, strict=True)]
