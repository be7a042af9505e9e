"""Runs in their order, with what is uncertain about it; and how strong models are by verdicts over pairs."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from benchbook.engine.multiplicity import holm
from benchbook.engine.ranking import Board, Meeting, connected, strengths_over
from benchbook.errors import SpecError
from benchbook.records.metrics import RATES, Metric
from benchbook.records.runs import Run
from benchbook.service import runs as runs_
from benchbook.service.baselines import all_named
from benchbook.service.comparisons import Difference, pair_of
from benchbook.specs.spec import unknown
from benchbook.store import comparisons, pages, views
from benchbook.store.comparisons import Compared
from benchbook.store.store import Store


@dataclass(frozen=True)
class Question:
    """What is asked of the runs."""

    score: str | None = None
    """All that every run of a task has unless given."""
    alpha: float = 0.05
    """The chance that any two of a table are told apart by mistake."""
    draws: int = 500
    """Resamples of prompts for strengths."""
    seed: int = 0


@dataclass(frozen=True)
class Entry:
    """A run in a table."""

    run: str
    model: str
    value: float | None
    low: float | None
    high: float | None
    """The 95 % interval of the value by itself: ranks go by pairs, and know more."""
    n: int
    excluded: int
    rank_low: int
    """The best rank that the comparisons leave open."""
    rank_high: int
    early: str = ""
    """That it ended early, and after how many samples, if it did."""


@dataclass(frozen=True)
class Standings:
    """The runs of a task by a score, the highest value first."""

    task: str
    score: str
    entries: Sequence[Entry]


@dataclass(frozen=True)
class Contender:
    """A model among those that judges have compared."""

    model: str
    strength: float
    """Log odds against the mean of all."""
    low: float
    high: float
    rank_low: int
    rank_high: int
    won: float
    """Verdicts in its favour; a tie is half of one."""
    met: int


@dataclass(frozen=True)
class Verdicts:
    """Who is stronger by verdicts over pairs (Bradley & Terry)."""

    rubric: str
    judges: Sequence[str]
    contenders: Sequence[Contender]
    verdicts: int
    unscored: int
    prompts: int
    penalised: bool
    """Whether somebody always won or lost, so that a slight penalty holds the scale together."""
    apart: bool = False
    """Whether the judges compared others, too, but none of these with any of them."""


@dataclass(frozen=True)
class Leaderboard:
    """Runs in their order."""

    standings: Sequence[Standings]
    verdicts: Sequence[Verdicts]
    alpha: float
    generated_at: datetime


def gather(store: Store, names: Sequence[str], question: Question, now: datetime) -> Leaderboard:
    """The order of all runs of these names, task by task, and of the models that judge runs among them compared."""
    runs = all_named(store, names)
    by_task: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in runs:
        if run.spec.judging is None:
            by_task[run.task, run.dataset_id].append(run)
    standings = [
        _standings(store, those, score, question)
        for those in by_task.values()
        for score in _scores(store, those, question)
    ]
    judges: dict[str, list[Run]] = defaultdict(list)
    # A panel speaks for its members.
    members = {id_ for run in runs if run.spec.judging for id_ in run.spec.judging.panel}
    for run in runs:
        if run.spec.judging and run.spec.judging.rubric.compares and run.id not in members:
            judges[run.spec.judging.rubric.name].append(run)
    verdicts = [one for rubric, those in judges.items() for one in _verdicts(store, rubric, those, question)]
    if not standings and not verdicts:
        raise SpecError("there is nothing to rank: name runs with scores, or judge runs that compare answers")
    if question.score is not None and not standings:
        raise SpecError(f"--score: no task has {question.score!r} in all of its runs")
    return Leaderboard(standings, verdicts, question.alpha, now)


def _scores(store: Store, runs: Sequence[Run], question: Question) -> list[str]:
    common = comparisons.common_scores(store, [run.id for run in runs])
    if question.score is None:
        return common
    if question.score not in common:
        raise SpecError(f"--score: {unknown('score', question.score, common)} on {runs[0].task}")
    return [question.score]


def _standings(store: Store, runs: Sequence[Run], score: str, question: Question) -> Standings:
    found = {run.id: _figure(store, run, score) for run in runs}
    better = _told_apart(store, runs, score, question.alpha)
    above = Counter(loser for _, loser in better)
    below = Counter(winner for winner, _ in better)
    entries = [
        Entry(
            run=run.id,
            model=run.model,
            value=figure.value if figure else None,
            low=figure.low if figure else None,
            high=figure.high if figure else None,
            n=figure.n if figure else 0,
            excluded=figure.excluded if figure else 0,
            rank_low=1 + above[run.id],
            rank_high=len(runs) - below[run.id],
            early=f"ended early, {run.stopped.asked:,} of {run.stopped.population:,}" if run.stopped else "",
        )
        for run in runs
        for figure in [found[run.id]]
    ]
    sign = 1.0 if _smaller_is_better(runs, score) else -1.0
    entries.sort(key=lambda one: (one.value is None, sign * (one.value or 0.0), one.run))
    return Standings(runs[0].task, score, entries)


def _figure(store: Store, run: Run, score: str) -> Metric | None:
    own = (one for one in runs_.metrics(store, run) if one.score == score and not one.slice)
    found = next((one for one in own if one.name in RATES), None)
    # Of other scores than the one that it stopped by no interval allows for that.
    if found is not None and run.stopped is not None and run.stopped.score != score:
        return found.model_copy(update={"low": None, "high": None})
    return found


def _told_apart(store: Store, runs: Sequence[Run], score: str, alpha: float) -> list[tuple[str, str]]:
    """Winner and loser of every pair that cannot be chance, of all pairs together (Holm)."""
    pairs = list(combinations(runs, 2))
    differences = [_difference(store, first, second, score) for first, second in pairs]
    tested = [(pair, one) for pair, one in zip(pairs, differences, strict=True) if one.p is not None]
    adjusted = holm([one.p or 0.0 for _, one in tested])
    smaller = _smaller_is_better(runs, score)
    return [
        (second.id, first.id) if ((one.difference or 0.0) > 0) != smaller else (first.id, second.id)
        for ((first, second), one), p in zip(tested, adjusted, strict=True)
        if p <= alpha and one.difference
    ]


def _smaller_is_better(runs: Sequence[Run], score: str) -> bool:
    return any(score in run.spec.task.smaller_is_better for run in runs)


def _difference(store: Store, first: Run, second: Run, score: str) -> Difference:
    rows = [pages.run_row(store, run.id) for run in (first, second)]
    return pair_of(comparisons.beside(store, Compared(first, second, score)), rows[0], rows[1]).whole


def _verdicts(store: Store, rubric: str, judges: Sequence[Run], question: Question) -> list[Verdicts]:
    """The strengths of all whose answers these judges have compared; those apart that were never compared, not even by
    way of others."""
    superseded = views.superseded(store)
    said = [
        one
        for judge in judges
        for one in views.brought(store, judge.id)
        if one.name == rubric and one.other_generation_id is not None and one.id not in superseded
    ]
    places = views.places_of(
        store, list({id_ for one in said for id_ in (one.generation_id, one.other_generation_id) if id_})
    )
    names = _called([views.run(store, id_) for id_ in sorted({place.run_id for place in places.values()})])
    models = sorted(set(names.values()))
    meetings: list[tuple[str, Meeting]] = []
    unscored = Counter[int]()
    for one in said:
        first, second = places[one.generation_id], places[one.other_generation_id or ""]
        sides = models.index(names[first.run_id]), models.index(names[second.run_id])
        if one.value is not None and sides[0] != sides[1]:
            meetings.append((first.sample, _meeting(sides, one.value)))
        else:
            unscored[sides[0]] += 1
    called = [f"{judge.model} ({judge.id})" for judge in judges]
    groups = connected(meeting for _, meeting in meetings)
    found = []
    for group in groups:
        by_prompt: dict[str, list[Meeting]] = defaultdict(list)
        for sample, meeting in meetings:
            if meeting.first in group:
                own = meeting._replace(first=group.index(meeting.first), second=group.index(meeting.second))
                by_prompt[sample].append(own)
        board = strengths_over(list(by_prompt.values()), len(group), question.seed, question.draws)
        met = [meeting for those in by_prompt.values() for meeting in those]
        found.append(
            Verdicts(
                rubric=rubric,
                judges=called,
                contenders=_contenders([models[at] for at in group], board, met),
                verdicts=len(met),
                unscored=sum(unscored[at] for at in group),
                prompts=len(by_prompt),
                penalised=board.penalised,
                apart=len(groups) > 1,
            )
        )
    return found


def _called(runs: Sequence[Run]) -> Mapping[str, str]:
    """What each run's model is called; with the run's id where two runs of a task have the same name."""
    seen = Counter((run.model, run.task) for run in runs)
    return {run.id: run.model if seen[run.model, run.task] == 1 else f"{run.model} ({run.id})" for run in runs}


def _meeting(sides: tuple[int, int], value: float) -> Meeting:
    first, second = sides
    return Meeting(first, second, value) if first < second else Meeting(second, first, 1 - value)


def _contenders(models: Sequence[str], board: Board, met: Sequence[Meeting]) -> list[Contender]:
    halves, times = Counter[int](), Counter[int]()
    for one in met:
        # Counted in halves, which are whole numbers.
        halves[one.first] += round(2 * one.won)
        halves[one.second] += round(2 * (1 - one.won))
        times[one.first] += 1
        times[one.second] += 1
    found = [
        Contender(model, *board.strengths[at], *board.ranks[at], won=halves[at] / 2, met=times[at])
        for at, model in enumerate(models)
    ]
    return sorted(found, key=lambda one: (-one.strength, one.model))
