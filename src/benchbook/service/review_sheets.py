"""What is laid before a reviewer, and nothing more: of a blind review neither model, run, file nor reason, and no hint
at which answer is which."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, JsonValue

from benchbook.engine.review_forms import exchanged, turned
from benchbook.records.datasets import Sample
from benchbook.records.generations import Generation
from benchbook.records.reviews import Assignment, AssignmentStatus, Review, ReviewItem
from benchbook.records.scores import Score
from benchbook.specs.models import Prompt
from benchbook.specs.reviews import Answered, Filled, Passage, Reason, TextName
from benchbook.specs.rubric_forms import JsonObject, form, sources
from benchbook.specs.verdicts import Span
from benchbook.store import review_views, views
from benchbook.store.store import Store

_REFERENCES = ("ideal_response", "final_answer")
"""What of a sample's metadata a reviewer may see."""
_LONGEST = 20_000
"""Characters of a judge's reason."""
_MOST = 100
"""Passages of a form."""
_HALVES = re.compile("[\ud800-\udfff]")


class Told(BaseModel):
    """Something that is shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sheet(Told):
    """An item as its reviewer sees it."""

    item: str
    assignment: str | None
    """None for one that is only shown beforehand."""
    decides: bool = False
    """Whether it is to be decided about, rather than reviewed."""
    lease_until: datetime | None = None
    prompt: Prompt
    responses: tuple[str, ...]
    """One, or two in the order of this reviewer."""
    references: dict[str, str] = {}
    """What is known to be right."""
    draft: dict[str, JsonValue] | None = None
    """What this reviewer has filled in so far."""
    suggestion: Filled | None = None
    """What the judge says, turned the way the responses are shown; None while it is hidden."""
    suggests: bool = False
    """Whether there is a suggestion that comes with the first choice, or is there."""
    models: tuple[str, ...] = ()
    """Who wrote the responses; empty if the review is blind."""
    reasons: tuple[Reason, ...] = ()
    """Why it is here; empty if the review is blind."""


class Receipt(Told):
    """What a reviewer is told of something handed in or skipped."""

    item: str
    status: AssignmentStatus
    rounds: int
    """How often it was handed in."""
    seconds: float


class Form(Told):
    """What there is to fill in, the same for all items of a review."""

    review: str
    """The id."""
    form: JsonObject
    suggestion: str
    """When the judge's word is shown: `shown`, `after_choice`, `never`."""
    blind: bool
    lease_minutes: float


def form_of(review: Review) -> Form:
    """The form of the review. Its name is not told: it may be that of a model."""
    spec = review.spec
    return Form(
        review=review.id,
        form=form(spec.whole),
        suggestion=spec.suggests,
        blind=spec.blind,
        lease_minutes=spec.lease_minutes,
    )


def sheet(store: Store, review: Review, item: ReviewItem, assignment: Assignment) -> Sheet:
    """The item on the table of its reviewer."""
    laid = _laid(store, review, item, swapped=assignment.swapped)
    return laid.model_copy(
        update={
            "assignment": assignment.id,
            "decides": assignment.role == "adjudicate",
            "lease_until": assignment.lease_until,
            "draft": assignment.draft,
            "suggestion": (
                _shown(store, review, item, swapped=assignment.swapped) if sees(review, assignment) else None
            ),
        }
    )


def glimpse(store: Store, review: Review, item: ReviewItem, reviewer: str) -> Sheet:
    """An item that is likely to come next, as the reviewer will see it, so that nobody waits for it."""
    swapped = is_turned(review, item, reviewer)
    laid = _laid(store, review, item, swapped=swapped)
    if review.spec.suggests != "shown":
        return laid
    return laid.model_copy(update={"suggestion": _shown(store, review, item, swapped=swapped)})


def is_turned(review: Review, item: ReviewItem, reviewer: str) -> bool:
    """Whether this reviewer sees the second of the two first: as good as a coin, and the same each time."""
    if item.other_generation_id is None or not review.spec.blind:
        return False
    drawn = hashlib.sha256(f"{review.id} {review.spec.seed} {item.id} {reviewer}".encode()).digest()
    return drawn[0] % 2 == 1


def sees(review: Review, assignment: Assignment) -> bool:
    """Whether the reviewer may see what the judge says."""
    shown = review.spec.suggests
    return shown == "shown" or (shown == "after_choice" and assignment.first is not None)


def texts_of(store: Store, review: Review, item: ReviewItem) -> dict[str, str]:
    """The texts of an item, by their names in the order in which they are stored."""
    answers = [answer for _, answer in _answers(store, item)]
    return dict(zip(sources(review.spec.whole), (_text(answer) for answer in answers), strict=False))


def suggested(store: Store, review: Review, item: ReviewItem) -> dict[str, Score]:
    """What the judge of the review says of the item, by the names of its scores."""
    if review.spec.judge is None:
        return {}
    version = review.spec.whole.version
    said = review_views.said_by(store, review.spec.judge, item)
    names = {
        review.spec.whole.score_name(),
        *(review.spec.whole.score_name(path) for path, _ in review.spec.whole.paths),
    }
    return {score.name: score for score in said if score.rubric == version and score.name in names}


def as_form(review: Review, scores: Mapping[str, Score], texts: Mapping[str, str]) -> Filled | None:
    """Scores as the form that they came from, or could have, turned the way the answers are stored; None without any
    answer."""
    rubric = review.spec.whole
    said = {path: score for path, _ in rubric.leaves if (score := scores.get(rubric.score_name(path))) is not None}
    items = {
        path: Answered(answer=score.verdict.label, note=_reason(score), confidence=score.verdict.confidence)
        for path, score in said.items()
        if score.verdict.label is not None and not score.withdraws
    }
    if not items:
        return None
    whole = scores.get(rubric.score_name())
    passages = list(_passages(whole, "", review, texts)) if whole else []
    for path, score in said.items():
        if score is not whole:
            passages += _passages(score, path, review, texts)
    critique = _reason(whole) if whole and not rubric.compares else ""
    return Filled(items=items, passages=tuple(passages[:_MOST]), critique=critique)


def _laid(store: Store, review: Review, item: ReviewItem, *, swapped: bool) -> Sheet:
    found = _answers(store, item)
    sample, answers = found[0][0], [answer for _, answer in found]
    if swapped:
        answers.reverse()
    blind = review.spec.blind
    return Sheet(
        item=item.id,
        assignment=None,
        prompt=sample.row.input,
        responses=tuple(_text(answer) for answer in answers),
        references=_references(sample),
        suggests=review.spec.suggests != "never",
        models=() if blind else tuple(views.run(store, answer.run_id).spec.model.name for answer in answers),
        reasons=() if blind else item.reasons,
    )


def _reason(score: Score) -> str:
    return _writable(score.verdict.explanation)[:_LONGEST]


def _answers(store: Store, item: ReviewItem) -> list[tuple[Sample, Generation]]:
    ids = [one for one in (item.generation_id, item.other_generation_id) if one is not None]
    found = views.answers_of(store, ids)
    return [found[one] for one in ids]


def _text(answer: Generation) -> str:
    return _writable(answer.output.text) if answer.output else ""


def _writable(text: str) -> str:
    """The text with a mark for each half of a character, which JSON cannot carry; all places stay the same."""
    return _HALVES.sub("\ufffd", text)


def _references(sample: Sample) -> dict[str, str]:
    known = {name: sample.row.metadata.get(name) for name in _REFERENCES} | {"reference": sample.target}
    return {
        name: _writable(str(value))
        for name, value in known.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip()
    }


def _shown(store: Store, review: Review, item: ReviewItem, *, swapped: bool) -> Filled | None:
    """The judge's form as the reviewer sees it."""
    scores = suggested(store, review, item)
    found = as_form(review, scores, texts_of(store, review, item))
    if found is None or item.other_generation_id is None:
        return found
    shown = turned(found, review.spec.whole) if swapped else found
    reworded = {
        path: said.model_copy(update={"note": exchanged(said.note)})
        for path, said in shown.items.items()
        if _written_turned(scores.get(review.spec.whole.score_name(path))) != swapped
    }
    return shown.model_copy(update={"items": {**shown.items, **reworded}})


def _written_turned(score: Score | None) -> bool:
    """Whether the judge saw the second first when it wrote its reasons: those of the first ballot that says so."""
    ballots = score.verdict.trace.get("ballots") if score else None
    told = [ballot for ballot in ballots if isinstance(ballot, dict)] if isinstance(ballots, list) else []
    agreeing = [ballot for ballot in told if score and ballot.get("said") == score.verdict.label]
    return next((ballot.get("order") == "second_first" for ballot in agreeing or told), False)


def _passages(score: Score, item: str, review: Review, texts: Mapping[str, str]) -> Sequence[Passage]:
    names: Sequence[TextName] = ("response_1", "response_2") if review.spec.whole.compares else ("response",)
    return [
        passage
        for span in score.verdict.spans
        if (passage := _passage(span, names[-1] if span.other else names[0], item, review, texts)) is not None
    ]


def _passage(span: Span, source: TextName, item: str, review: Review, texts: Mapping[str, str]) -> Passage | None:
    words = texts.get(source, "")[span.start : span.end]
    if not words:
        return None
    kind, _, note = span.note.partition(":")
    if kind not in review.spec.whole.issues:
        kind, note = "", span.note
    return Passage(
        source=source, start=span.start, end=span.end, quote=words, kind=kind, note=_writable(note.strip()), item=item
    )
