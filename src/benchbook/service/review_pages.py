"""Reviews as pages show them. Of a blind review those who only review are told neither name nor runs nor judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from benchbook.engine.agreement import Figure, Rules
from benchbook.records.reviews import Review, ReviewStatus
from benchbook.service import review_progress, reviews
from benchbook.service.judging_pages import Interval
from benchbook.service.review_progress import Person
from benchbook.specs.reviews import Overlap, ReviewOrder, Selection
from benchbook.store import views
from benchbook.store.pages import Page
from benchbook.store.store import Store

_DRAWS = 500
"""Resamples behind an interval: enough for a page."""
_FIGURES = ("accuracy", "kappa", "alpha", "ac1")


@dataclass(frozen=True)
class ReviewCounts:
    """How many items there are, and how far they are."""

    total: int
    open: int
    done: int
    disputed: int
    settled: int
    wanted: int
    """Votes that it takes."""
    votes: int
    claimed: int
    """Items on somebody's table."""
    passed_on: int
    """Open items that somebody has skipped."""


@dataclass(frozen=True)
class ReviewRow:
    """A review in a list."""

    id: str
    name: str | None
    """None where it could tell whose answers they are."""
    created_at: datetime
    status: ReviewStatus
    rubric: str
    compares: bool
    blind: bool
    suggestion: str
    order: ReviewOrder
    items: ReviewCounts
    people: int
    seconds_each: float | None
    """Of work on one item."""
    seconds_left: float | None
    all_done: bool


@dataclass(frozen=True)
class Looked:
    """A run whose answers are looked at, or that judged them."""

    id: str
    model: str
    task: str


@dataclass(frozen=True)
class ReviewSettings:
    """What a review was opened with."""

    runs: Sequence[Looked]
    judge: Looked | None
    select: Selection
    overlap: Overlap
    lease_minutes: float
    reviewers: Sequence[str]
    adjudicators: Sequence[str]
    differ_by: float | None
    differ_on: str
    seed: int
    waves: int


@dataclass(frozen=True)
class ReviewPerson:
    """What one person has done."""

    name: str
    done: int
    skipped: int
    claimed: int
    decided: int
    seconds: float
    seconds_each: float | None


@dataclass(frozen=True)
class ReviewWhole:
    """A review, and how far it is."""

    row: ReviewRow
    people: Sequence[ReviewPerson]
    settings: ReviewSettings | None
    """None for those who review it blindly."""


@dataclass(frozen=True)
class Agreeing:
    """How far people agree on a criterion, among themselves or with the judge."""

    criterion: str
    who: Sequence[str]
    n: int
    figures: Mapping[str, Interval]
    with_judge: bool = False


@dataclass(frozen=True)
class ReviewStep:
    """The estimate after so many labels."""

    n: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ReviewAhead:
    """How narrow the interval is expected to be after more labels."""

    more: int
    half_width: float


@dataclass(frozen=True)
class ReviewEstimate:
    """What the labels tell of all answers in the review, or why they do not."""

    why: str
    """Why there is no estimate."""
    population: int | None
    labelled: int | None
    undecided: int
    judge: float | None
    """The judge's mean over all."""
    value: float | None
    low: float | None
    high: float | None
    steps: Sequence[ReviewStep]
    ahead: Sequence[ReviewAhead]


def page(store: Store, limit: int, after: str | None, now: datetime, *, told: bool) -> Page[ReviewRow]:
    """The newest reviews; `told` all, or what those may know who review."""
    found = reviews.listing(store, limit + 1, after)
    rows = [_row(store, one, now, told=told) for one in found[:limit]]
    return Page(rows, found[limit - 1].id if len(found) > limit else None)


def whole(store: Store, review: Review, now: datetime, *, told: bool) -> ReviewWhole:
    """A review in full."""
    people = review_progress.progress(store, review, now).people
    shown = _settings(store, review) if told or not review.spec.blind else None
    return ReviewWhole(_row(store, review, now, told=told), [_person(one) for one in people], shown)


def agreement(store: Store, review: Review, now: datetime, *, told: bool) -> list[Agreeing]:
    """How far reviewers agree, and the judge with them."""
    found = review_progress.agreement(store, review, now, Rules(draws=_DRAWS)).agreement
    among = [
        Agreeing(one.criterion, one.raters, one.n, _intervals(one.figures))
        for one in found.panels
        if one.kind == "human"
    ]
    named = told or not review.spec.blind
    held = [
        Agreeing(one.criterion, [one.judge if named else "the judge"], one.n, _intervals(one.figures), with_judge=True)
        for one in found.comparisons
    ]
    return [*among, *held]


def estimate(store: Store, review: Review) -> ReviewEstimate:
    """What the labels tell of all answers, and how each narrowed it."""
    found = review_progress.estimate(store, review)
    told = found.narrowing
    if told is None:
        return ReviewEstimate(found.why, None, None, found.undecided, None, None, None, None, [], [])
    mean = told.estimate
    return ReviewEstimate(
        why=found.why,
        population=told.population,
        labelled=told.labelled,
        undecided=found.undecided,
        judge=told.judge,
        value=mean.value if mean else None,
        low=mean.low if mean else None,
        high=mean.high if mean else None,
        steps=[ReviewStep(*step) for step in told.steps],
        ahead=[ReviewAhead(more, half) for more, half in told.ahead],
    )


def _row(store: Store, review: Review, now: datetime, *, told: bool) -> ReviewRow:
    spec, progress = review.spec, review_progress.progress(store, review, now)
    return ReviewRow(
        id=review.id,
        name=review.name if told or not spec.blind else None,
        created_at=review.created_at,
        status=review.status,
        rubric=spec.whole.name,
        compares=spec.whole.compares,
        blind=spec.blind,
        suggestion=spec.suggests,
        order=spec.order,
        items=ReviewCounts(*progress.items),
        people=len(progress.people),
        seconds_each=progress.seconds_each,
        seconds_left=progress.seconds_left,
        all_done=progress.all_done,
    )


def _settings(store: Store, review: Review) -> ReviewSettings:
    spec = review.spec
    return ReviewSettings(
        runs=[_looked(store, one) for one in spec.runs],
        judge=_looked(store, spec.judge) if spec.judge else None,
        select=spec.select,
        overlap=spec.overlap,
        lease_minutes=spec.lease_minutes,
        reviewers=spec.reviewers,
        adjudicators=spec.adjudicators,
        differ_by=spec.differ_by,
        differ_on=spec.differ_on,
        seed=spec.seed,
        waves=review.waves,
    )


def _looked(store: Store, run_id: str) -> Looked:
    run = views.run(store, run_id)
    return Looked(run.id, run.spec.model.name, run.spec.task.name)


def _person(one: Person) -> ReviewPerson:
    return ReviewPerson(one.name, one.done, one.skipped, one.claimed, one.decided, one.seconds, one.seconds_each)


def _intervals(figures: Mapping[str, Figure]) -> dict[str, Interval]:
    return {name: Interval(*figures[name]) for name in _FIGURES if name in figures}
