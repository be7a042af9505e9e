"""Reviews for the tests: two runs that answered the same, a judge of them, and people."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchbook.records.reviews import Review
from benchbook.records.runs import Run
from benchbook.service import reviews
from benchbook.service.review_sheets import Sheet
from benchbook.service.reviews import Kept
from benchbook.specs.reviews import Filled, ReviewSpec
from benchbook.store.store import Store
from service.judged import answered, judged

NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)

PAIR: dict[str, Any] = {
    "name": "pair",
    "compares": True,
    "passes": None,
    "instructions": "Look closely.",
    "issues": {"wrong": "It is wrong.", "vague": "It says nothing."},
    "items": [{"name": "better", "kind": "choice", "question": "Which is better?", "cites": ["response"]}],
}
ONE: dict[str, Any] = {
    "name": "one",
    "issues": {"wrong": "It is wrong."},
    "items": [
        {"name": "right", "question": "Is it right?", "settled_by": "checks", "parts": [
            {"name": "result", "question": "Is the result right?"},
            {"name": "unit", "question": "Is the unit right?"},
        ]},
        {"name": "style", "kind": "scale", "question": "How well is it written?"},
    ],
}  # fmt: skip


def minutes(number: float) -> datetime:
    """So many minutes after the beginning."""
    return NOW + timedelta(minutes=number)


def two_runs(store: Store, folder: Path, size: int = 4) -> tuple[Run, Run]:
    """Two models that answered; the first is always right, and says so at length."""
    targets = [f"answer {at}" for at in range(size)]
    both = {"secret-alpha": targets, "secret-beta": [f"guess {at}" for at in range(size)]}
    first, second = answered(store, folder, both, targets)
    return first, second


def pair_judge(store: Store, runs: tuple[Run, Run], label: str = "second", **item: Any) -> Run:
    """A judge that always says the same of two answers, in whichever order it is asked."""
    said = {"justification": "Response 1 is worse than response 2, plainly", "answer": label, "confidence": 0.9, **item}
    issues = [{"in": "response_2", "quote": "guess", "kind": "vague", "note": "only a guess"}]
    reply = json.dumps({"items": {"better": said}, "issues": issues, "critique": "so it is"})
    model = {"model": "mock/judge", "name": "secret-judge", "args": {"replies": reply}}
    spec = {"rubric": PAIR, "model": model, "runs": [run.id for run in runs], "orders": "one"}
    [judge] = judged(store, {"name": "judging", "judges": [spec]})
    return judge


def opened(store: Store, spec: Mapping[str, Any], now: datetime = NOW) -> Review:
    """A review, by the spec as it is written."""
    return reviews.open_review(store, ReviewSpec.parse({"name": "first-look", **spec}), now)


def next_of(store: Store, review: Review, reviewer: str, at: float = 0) -> Sheet:
    """What the reviewer gets, of which there must be something."""
    handed = reviews.claim(store, review, reviewer, minutes(at))
    assert handed.sheet is not None, handed.rest
    return handed.sheet


def form(**fields: Any) -> Filled:
    """A form, filled in."""
    return Filled.parse(fields)


def prefers(sheet: Sheet, text: str) -> str:
    """The answer that prefers the response in which the text stands."""
    return "first" if text in sheet.responses[0] else "second"


def voted(store: Store, review: Review, reviewer: str, text: str, at: float = 0) -> Kept:
    """The reviewer takes the next item and prefers the response in which the text stands."""
    sheet = next_of(store, review, reviewer, at)
    filled = form(items={"better": prefers(sheet, text)})
    return reviews.submit(store, review, sheet.item, reviewer, filled, minutes(at + 1))
