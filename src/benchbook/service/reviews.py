"""Human review: queues of answers, worked by several people at once, whose word becomes Scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from benchbook.engine.review_forms import checked, differ, turned
from benchbook.engine.review_order import Candidate, informative
from benchbook.errors import Conflict, Denied, NotFound, SpecError, under
from benchbook.records.record import new_id
from benchbook.records.reviews import Assignment, ItemStatus, Review, ReviewItem
from benchbook.records.runs import Run
from benchbook.records.scores import Score
from benchbook.service.review_items import items_of
from benchbook.service.review_progress import labels_of
from benchbook.service.review_scores import Giving, How, given, withdrawn
from benchbook.service.review_sheets import (
    Receipt,
    Sheet,
    as_form,
    glimpse,
    is_turned,
    sees,
    sheet,
    suggested,
    texts_of,
)
from benchbook.service.runs import named as runs_named
from benchbook.specs.reviews import Filled, ReviewSpec
from benchbook.specs.rubrics import Rubric, rubric
from benchbook.store import review_views, views
from benchbook.store import reviews as kept
from benchbook.store.reviews import Taker, Turn, Undrawn
from benchbook.store.store import Store

Rest = Literal["more", "all_done", "with_others", "passed_on", "closed"]
"""There is something to do; nothing is left for anybody; others have the rest, on their tables or still to come; of
that this reviewer has skipped some; nobody may go on."""


_SELDOM = 500
"""The order of so many items is thought over after each label at most."""


@dataclass(frozen=True)
class Handed:
    """What a reviewer gets."""

    sheet: Sheet | None
    """None if there is nothing for this reviewer now; `rest` says why."""
    ahead: list[Sheet]
    """What is likely to come next."""
    rest: Rest
    done: int
    """Items that this reviewer has handed in."""
    skipped: int


@dataclass(frozen=True)
class Kept:
    """What became of something that was handed in, skipped or taken back."""

    assignment: Assignment
    item: ReviewItem
    scores: list[Score]

    @property
    def receipt(self) -> Receipt:
        """What the reviewer may be told of it: who knows the rest is not blind any more."""
        mine = self.assignment
        return Receipt(item=mine.item_id, status=mine.status, rounds=mine.rounds, seconds=mine.seconds)


def open_review(store: Store, spec: ReviewSpec, now: datetime) -> Review:
    """Make a review with all that its rules pick; SpecError if that is nothing, or names what is not there."""
    review = Review(id=new_id("review", now), created_at=now, name=spec.name, spec=resolved(store, spec))
    items = items_of(store, review, 1, set(), now)
    if not items:
        raise SpecError(
            "the rules pick nothing: there is no answer, or no two that differ, that one of them is about",
            field=["select"],
        )
    kept.add_review(store, review, items)
    _learn(store, review)
    return latest(store, review)


def extend(store: Store, review: Review, now: datetime) -> int:
    """Take in what the rules pick by now, as runs grow and judges go on; how many items are new."""
    current = _open(store, review)
    items = items_of(store, current, current.waves + 1, review_views.item_ids(store, current), now)
    new = kept.add_items(store, current, items) if items else 0
    if new:
        _learn(store, latest(store, current))
    return new


def resolved(store: Store, spec: ReviewSpec) -> ReviewSpec:
    """The spec with its rubric in full and its runs by their ids."""
    judge = _judge(store, spec)
    judging = judge.spec.judging if judge else None
    with under("rubric"):
        form = rubric(spec.rubric) if isinstance(spec.rubric, str) else spec.rubric
    form = form or (judging.rubric if judging else None)
    assert form is not None, "the spec sees to it"  # noqa: S101 - for the type checker
    if judging and form.version != judging.rubric.version:
        raise SpecError(
            f"the judge has filled in {judging.rubric.name!r} {judging.rubric.version[:12]}, which is not this rubric: "
            "leave it out, or name a judge that has filled in this one",
            field=["rubric"],
        )
    runs = [run.id for at, name in enumerate(spec.runs) for run in _runs(store, name, at)]
    if judging and set(runs) not in (set(), set(judging.reads)):
        raise SpecError(f"the judge has read {' and '.join(judging.reads)}: leave `runs` out", field=["runs"])
    if judging:
        # In the judge's order, so that its `first` is ours.
        runs = list(judging.reads)
    _see_to_number(form, runs)
    update = {"rubric": form, "runs": tuple(runs), "judge": judge.id if judge else None}
    return ReviewSpec.parse(spec.model_copy(update=update).model_dump())


def listing(store: Store, limit: int = 50, before: str | None = None) -> list[Review]:
    """The newest reviews; the next page begins `before` the id of the last."""
    return review_views.reviews(store, limit, before)


def named(store: Store, name: str) -> Review:
    """The review of that name or id."""
    return review_views.review(store, name)


def latest(store: Store, review: Review) -> Review:
    """The review as it is by now."""
    return review_views.review(store, review.id)


def claim(store: Store, review: Review, reviewer: str, now: datetime) -> Handed:
    """What the reviewer has on the table already, or the next item, for as long as the lease says.

    An item never goes to more people than it is wanted from, whatever happens at the same time.
    """
    _may(review, reviewer)
    if latest(store, review).status == "closed":
        return _handed(store, review, reviewer, None, [], now)
    taker = Taker(reviewer, now, lambda item: is_turned(review, item, reviewer))
    claimed = kept.claim(store, review, taker)
    if claimed.item is None and review.spec.order == "informative":
        # Only the next items have a place in the order; there may be more.
        _learn(store, review)
        claimed = kept.claim(store, review, taker)
    found = sheet(store, review, claimed.item, claimed.assignment) if claimed.item and claimed.assignment else None
    ahead = [glimpse(store, review, item, reviewer) for item in claimed.ahead]
    return _handed(store, review, reviewer, found, ahead, now)


def save_draft(store: Store, review: Review, item_id: str, reviewer: str, draft: Filled, now: datetime) -> datetime:
    """Keep what is filled in so far, whole or not: it is there again after a reload. Until when the lease goes now."""
    before = _assigned(store, review, item_id, reviewer)
    after = before.model_copy(update={"draft": _plain(draft), "lease_until": _lease(review, now)})
    kept.save_draft(store, before, after, now)
    return _assigned(store, review, item_id, reviewer).lease_until


def choose(store: Store, review: Review, item_id: str, reviewer: str, choice: Filled, now: datetime) -> Sheet:
    """Keep the first choice, made without the judge's word, and show that: for reviews that hide it until then."""
    before, item = _assigned(store, review, item_id, reviewer), review_views.item(store, review, item_id)
    checked(choice, review.spec.whole, shown_texts(store, review, item, before), whole=False)
    if not choice.items:
        raise SpecError("there is no choice yet: answer an item", field=["items"])
    first = before.first if before.first is not None else dict(choice.answers())
    after = before.model_copy(update={"first": first, "draft": _plain(choice), "lease_until": _lease(review, now)})
    kept.save_draft(store, before, after, now)
    return sheet(store, review, item, _assigned(store, review, item_id, reviewer))


def submit(store: Store, review: Review, item_id: str, reviewer: str, filled: Filled, now: datetime) -> Kept:
    """Hand in a form, filled in as it is shown. What is otherwise than a judge's word that was seen overrides it."""
    before, item = _assigned(store, review, item_id, reviewer), review_views.item(store, review, item_id)
    checked(filled, review.spec.whole, shown_texts(store, review, item, before))
    return _handed_in(store, review, item, before, filled, now)


@dataclass(frozen=True)
class Agreed:
    """What a reviewer adds to what the judge says."""

    seconds: float | None = None
    confidence: float | None = None


def accept(store: Store, review: Review, item_id: str, reviewer: str, now: datetime, agreed: Agreed = Agreed()) -> Kept:
    """Hand in what the judge says, with its reasons and passages, as the reviewer's own word; how sure the judge was is
    not taken over."""
    before, item = _assigned(store, review, item_id, reviewer), review_views.item(store, review, item_id)
    if not sees(review, before):
        hidden = "make a choice of your own first" if review.spec.suggests == "after_choice" else "fill in the form"
        raise Denied(f"the judge's word is hidden, and cannot be accepted: {hidden}")
    word = sheet(store, review, item, before).suggestion
    missing = [path for path, _ in review.spec.whole.leaves if word is None or path not in word.items]
    if word is None or missing:
        raise Conflict(f"the judge has no answer to {', '.join(missing)}: fill in the form")
    said = {path: one.model_copy(update={"confidence": None}) for path, one in word.items.items()}
    own = {"items": said, "seconds": agreed.seconds, "confidence": agreed.confidence}
    return _handed_in(store, review, item, before, word.model_copy(update=own), now)


def skip(store: Store, review: Review, item_id: str, reviewer: str, reason: str, now: datetime) -> Kept:
    """Leave the item to others, and say why; those who decide see it, too."""
    if not reason.strip():
        raise SpecError("say why this is skipped, so that others know", field=["reason"])
    before = _assigned(store, review, item_id, reviewer)
    if before.status not in ("claimed", "expired"):
        raise Conflict(f"this is {before.status} already; undo that first")
    told = {"status": "skipped", "reason": reason.strip()[:2000], "done_at": now}
    after = before.model_copy(update=told)
    return Kept(after, kept.hand_in(store, before, after, [], _decide(review), now), [])


def undo(store: Store, review: Review, reviewer: str, now: datetime, item_id: str | None = None) -> Sheet:
    """Take back what the reviewer has handed in or skipped, the last thing unless an item is named.

    Nothing is deleted: a score that says nothing stands in place of each. The item is on the table again, with what was
    filled in.
    """
    before = (
        review_views.last_of(store, review, reviewer)
        if item_id is None
        else review_views.assignment(store, item_id, reviewer)
    )
    if before is None or before.status not in ("done", "skipped") or before.review_id != review.id:
        raise NotFound(f"{reviewer} has nothing to take back in this review")
    item = review_views.item(store, review, before.item_id)
    reopened = {"status": "claimed", "lease_until": _lease(review, now), "opened_at": now, "done_at": None}
    after = before.model_copy(update={**reopened, "score_ids": (), "reason": None})
    scores = review_views.scores_of(store, before.score_ids)
    back = withdrawn(_giving(store, review, item, before, "withdrawn", now), scores)
    return sheet(store, review, kept.hand_in(store, before, after, back, _decide(review), now), after)


def close(store: Store, review: Review, now: datetime) -> Review:
    """End a review, finished or not: nobody gets anything more from it, and nothing is lost."""
    return _moved(store, review, review.model_copy(update={"status": "closed", "closed_at": now}))


def reopen(store: Store, review: Review) -> Review:
    """Go on with a review that was closed."""
    return _moved(store, review, review.model_copy(update={"status": "open", "closed_at": None}))


def hand_over(
    store: Store, review: Review, item: ReviewItem, before: Assignment, filled: Filled, now: datetime
) -> Kept:
    """Hand in the form of an assignment, whatever its role: scores in place of those that it stands above."""
    texts, whole = texts_of(store, review, item), review.spec.whole
    upright = turned(filled, whole) if before.swapped else filled
    judged = suggested(store, review, item)
    word = as_form(review, judged, texts)
    after = before.model_copy(
        update={
            "status": "done",
            "done_at": now,
            "rounds": before.rounds + 1,
            "draft": _plain(filled),
            "seconds": before.seconds + _spent(review, before, filled, now),
        }
    )
    how: How = "given"
    earlier = [judged] if judged else []
    if before.role == "adjudicate":
        how = "adjudicated"
        votes = [each for each in review_views.assignments_of(store, [item.id])[item.id] if each.status == "done"]
        said = [review_views.scores_of(store, vote.score_ids) for vote in votes if vote.role == "review"]
        earlier = [{score.name: score for score in scores} for scores in said] or earlier
    elif sees(review, before) and word is not None:
        how = "accepted" if upright.answers() == word.answers() else "overridden"
    scores = given(_giving(store, review, item, after, how, now), upright, earlier)
    after = after.model_copy(update={"score_ids": tuple(score.id for score in scores)})
    counted = kept.hand_in(store, before, after, scores, _decide(review), now)
    return Kept(after, counted, scores)


def shown_texts(store: Store, review: Review, item: ReviewItem, assignment: Assignment) -> dict[str, str]:
    """The texts by the names that they have for this reviewer."""
    texts = texts_of(store, review, item)
    return dict(zip(texts, reversed(texts.values()), strict=True)) if assignment.swapped else texts


def _handed_in(
    store: Store, review: Review, item: ReviewItem, before: Assignment, filled: Filled, now: datetime
) -> Kept:
    if before.role == "adjudicate":
        raise Conflict("this item is with you to be decided, not to be reviewed")
    if before.status == "done" and before.draft == _plain(filled):
        # The answer to the first time was lost on its way.
        return Kept(before, item, review_views.scores_of(store, before.score_ids))
    if before.status not in ("claimed", "expired"):
        raise Conflict(f"this is {before.status} already; undo that first")
    done = hand_over(store, review, item, before, filled, now)
    if review.spec.order == "informative" and done.item.status in ("done", "settled"):
        known = review_views.labelled(store, review)
        # In a large review seldom: whoever hands in waits for it.
        due = max(review.spec.learn_every, review_views.size(store, review) // _SELDOM)
        if known - latest(store, review).learnt >= due:
            _learn(store, review)
    return done


def _learn(store: Store, review: Review) -> None:
    """Think over what comes next, if the order is one that learns."""
    spec = review.spec
    if spec.order != "informative":
        return
    counted = review_views.counting(store, review)
    everything = [Candidate(one.id, one.judged, one.unsure, one.sample_id, one.wave) for one in counted]
    labels = labels_of(store, review, counted)
    # Enough for everybody until the next time.
    most = max(50, 5 * spec.learn_every, len(counted) // 50)

    def plan(left: Sequence[Undrawn]) -> list[Turn]:
        candidates = [Candidate(one.id, one.judged, one.unsure, one.sample_id, one.wave) for one in left]
        return [Turn(*turn) for turn in informative(candidates, everything, labels, spec.seed, most)]

    kept.arrange(store, review, plan, review_views.labelled(store, review))


def _handed(
    store: Store, review: Review, reviewer: str, found: Sheet | None, ahead: list[Sheet], now: datetime
) -> Handed:
    done, skipped = review_views.done_by(store, review, reviewer)
    rest: Rest = "more"
    if found is None:
        counted = review_views.progress(store, review, now)
        closed = latest(store, review).status == "closed"
        rest = "closed" if closed else "all_done" if not counted.open else "passed_on" if skipped else "with_others"
    return Handed(found, ahead, rest, done, skipped)


def _giving(store: Store, review: Review, item: ReviewItem, assignment: Assignment, how: How, now: datetime) -> Giving:
    [(_, answer)] = views.answers_of(store, [item.generation_id]).values()
    return Giving(review, item, answer.run_id, assignment, how, now)


def _decide(review: Review) -> kept.Decide:
    spec = review.spec
    name = spec.whole.score_name() if spec.differ_on == "whole" else None

    def decide(votes: Sequence[Sequence[Score]]) -> ItemStatus:
        return "disputed" if differ(votes, name, spec.differ_by) else "done"

    return decide


def _assigned(store: Store, review: Review, item_id: str, reviewer: str) -> Assignment:
    found = review_views.assignment(store, item_id, reviewer)
    if found is None or found.review_id != review.id:
        raise NotFound(f"{reviewer} has no item {item_id} of this review on the table")
    return found


def _plain(filled: Filled) -> dict[str, object]:
    return filled.model_dump(mode="json", exclude_defaults=True, exclude={"seconds"})


def _spent(review: Review, before: Assignment, filled: Filled, now: datetime) -> float:
    """Seconds of work: as they were watched, and no more than there were; else no more than a lease is long."""
    there = max(0.0, (now - before.opened_at).total_seconds())
    return min(there, 60 * review.spec.lease_minutes if filled.seconds is None else filled.seconds)


def _lease(review: Review, now: datetime) -> datetime:
    return now + timedelta(minutes=review.spec.lease_minutes)


def _may(review: Review, reviewer: str) -> None:
    if not reviewer.strip():
        raise SpecError("say who reviews", field=["reviewer"])
    if review.spec.reviewers and reviewer not in review.spec.reviewers:
        raise Denied(f"{reviewer} is not among the reviewers of this review")


def _open(store: Store, review: Review) -> Review:
    current = latest(store, review)
    if current.status == "closed":
        raise Conflict("this review is closed; open it again to go on")
    return current


def _moved(store: Store, review: Review, after: Review) -> Review:
    if review.status == after.status:
        raise Conflict(f"this review is {after.status} already")
    kept.step(store, review, after)
    return after


def _judge(store: Store, spec: ReviewSpec) -> Run | None:
    if spec.judge is None:
        return None
    with under("judge"):
        found = _found(store, spec.judge)
        judges = [run for run in found if run.spec.judging]
        if len(judges) != 1:
            ids = ", ".join(run.id for run in judges) or "none"
            raise SpecError(f"{spec.judge!r} is not one judge run; judge runs of that name: {ids}")
    return judges[0]


def _runs(store: Store, name: str, at: int) -> list[Run]:
    with under("runs", at):
        found = [run for run in _found(store, name) if not run.spec.judging]
        if not found:
            raise SpecError(f"{name!r} is a judge's: name the runs whose answers are looked at, and it as `judge`")
    return found


def _found(store: Store, name: str) -> list[Run]:
    try:
        return runs_named(store, name)
    except NotFound as err:
        raise SpecError(str(err)) from None


def _see_to_number(form: Rubric, runs: Sequence[str]) -> None:
    wanted = 2 if form.compares else 1
    if len(runs) != wanted:
        looks = "compares two runs" if wanted == 2 else "looks at one run"
        raise SpecError(f"{form.name!r} {looks}, and here are {len(runs)}: {', '.join(runs)}", field=["runs"])
