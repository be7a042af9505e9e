"""One answer in full: with everything that anyone said of it, and what others answered to the same."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from benchbook.records.datasets import Sample
from benchbook.records.generations import Generation
from benchbook.records.runs import Run
from benchbook.records.scores import Score
from benchbook.store import pages, sample_pages, views
from benchbook.store.pages import RunRow
from benchbook.store.sample_pages import Place
from benchbook.store.store import Store
from benchbook.store.views import Asked

NEIGHBOURS = 8
"""Other runs whose answers are shown beside."""


@dataclass(frozen=True)
class OtherAnswer:
    """The place of an answer."""

    run_id: str
    key: str
    epoch: int


@dataclass(frozen=True)
class Said:
    """A score with what became of it."""

    score: Score
    superseded_by: str | None
    """The id of the score that counts in its place."""
    other: OtherAnswer | None
    """Of two that were compared: where the second stands."""


@dataclass(frozen=True)
class Beside:
    """What another run answered to the same."""

    run: RunRow
    generation: Generation
    scores: Sequence[Score]
    """What that run says of it."""


@dataclass(frozen=True)
class SampleWhole:
    """An answer in full."""

    run: RunRow
    sample: Sample
    generation: Generation
    scores: Sequence[Said]
    """By everybody, oldest first."""
    neighbours: Sequence[Beside]
    previous: Place | None
    next: Place | None


def whole(store: Store, name: str, place: Place) -> SampleWhole:
    """The answer of a run at that place."""
    run = views.run(store, name)
    sample, generation, mine = views.answer(store, run.id, place.position, place.epoch)
    around = sample_pages.neighbours(store, run, place)
    scores = {score.id: score for score in (*mine, *views.opinions(store, generation.id))}
    return SampleWhole(
        run=pages.run_row(store, run.id),
        sample=sample,
        generation=generation,
        scores=_said(store, sorted(scores.values(), key=lambda one: (one.created_at, one.name, one.id))),
        neighbours=_beside(store, run, generation),
        previous=around.previous,
        next=around.next,
    )


def _said(store: Store, scores: Sequence[Score]) -> list[Said]:
    later = {score.supersedes: score.id for score in scores if score.supersedes}
    places = views.places_of(store, [score.other_generation_id for score in scores if score.other_generation_id])
    return [Said(score, later.get(score.id), _other(places.get(score.other_generation_id or ""))) for score in scores]


def _other(asked: Asked | None) -> OtherAnswer | None:
    return None if asked is None else OtherAnswer(asked.run_id, asked.sample, asked.epoch)


def _beside(store: Store, run: Run, generation: Generation) -> list[Beside]:
    """What the newest other runs answered to the sample, each with what it says itself."""
    others = sample_pages.beside(store, run, generation, NEIGHBOURS)
    given: dict[str, list[Score]] = defaultdict(list)
    for score in sample_pages.scores_of(store, [other.id for other in others]):
        given[score.generation_id].append(score)
    rows = pages.run_rows(store, [other.run_id for other in others])
    return [
        Beside(
            run=rows[other.run_id],
            generation=other,
            scores=[score for score in given[other.id] if score.run_id == other.run_id],
        )
        for other in others
    ]
