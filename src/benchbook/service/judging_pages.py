"""What the judges of a run have said, criterion by criterion, and how far they can be trusted."""

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from benchbook.engine.agreement import Agreement, Comparison, Figure, Rules, Scale, agreement_of
from benchbook.engine.correction import Estimate
from benchbook.engine.ratings import Answer, Sheet, sheets
from benchbook.errors import NotFound
from benchbook.records.runs import Run
from benchbook.service import ratings as ratings_
from benchbook.service.agreement_text import warnings
from benchbook.specs.judging import PromptTemplate
from benchbook.specs.rubrics import Rubric
from benchbook.store import pages, sample_pages, views
from benchbook.store.pages import RunRow, ScoreCount
from benchbook.store.sample_pages import Standing
from benchbook.store.store import Store

_SHOWN = 20
"""Places of a cell that are shown."""
_DRAWS = 400
"""Resamples behind an interval: enough for a page."""


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval, where there is one."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Criterion:
    """What was said under one criterion."""

    name: str
    """Of the score."""
    path: str
    """Within the rubric; empty for the whole."""
    title: str
    question: str
    n: int
    labels: Mapping[str, int]
    unreadable: int
    """Answers of the judge that could not be read."""
    mean: float | None


@dataclass(frozen=True)
class Judged:
    """What somebody judged: an answer, or two."""

    first: Standing
    second: Standing | None


@dataclass(frozen=True)
class Cell:
    """How often the judge said one thing while the reference said another, and where that is seen."""

    judge: str
    reference: str
    n: int
    items: Sequence[Judged]
    """The first of them."""


@dataclass(frozen=True)
class Bin:
    """Claims about as sure as each other."""

    low: float
    high: float
    n: int
    confidence: float
    rate: float
    rate_low: float
    rate_high: float


@dataclass(frozen=True)
class CalibrationFigures:
    """Whether a judge is as often right as it is sure."""

    n: int
    ece: Interval
    brier: Interval
    bins: Sequence[Bin]


@dataclass(frozen=True)
class CorrectionFigures:
    """The mean over all that was judged: as the judge has it, and as the reference would."""

    of: str
    labelled: int
    unlabelled: int
    judge: float
    reference: Interval
    rogan_gladen: Interval | None
    prediction_powered: Interval


@dataclass(frozen=True)
class JudgeAgreement:
    """A judge against people, execution or another, on one criterion."""

    criterion: str
    judge: str
    reference: str
    scale: Scale
    n: int
    clusters: int
    """Questions behind the items."""
    excluded: Mapping[str, int]
    figures: Mapping[str, Interval]
    cells: Sequence[Cell]
    calibrated: bool
    why: str
    calibration: CalibrationFigures | None
    correction: CorrectionFigures | None


@dataclass(frozen=True)
class PanelAgreement:
    """Several raters of one kind among themselves."""

    criterion: str
    kind: str
    raters: Sequence[str]
    n: int
    figures: Mapping[str, Interval]


@dataclass(frozen=True)
class FlagCount:
    """How often a rule asked for a person to look."""

    rule: str
    item: str
    n: int
    reason: str
    """As it was put the first time."""
    places: Sequence[Standing]
    """The first of them."""


@dataclass(frozen=True)
class JudgingWhole:
    """What judges said in, or of, a run."""

    run: RunRow
    rubric: Rubric | None
    """That it judges by, of a judge's run."""
    prompt: PromptTemplate | None
    """What it was asked by, of a judge's run."""
    reads: Sequence[RunRow]
    judges: Sequence[RunRow]
    criteria: Sequence[Criterion]
    flags: Sequence[FlagCount]
    flagged: int
    """Verdicts that a person should look at."""
    agreement: Sequence[JudgeAgreement]
    panels: Sequence[PanelAgreement]
    unmatched: Sequence[str]
    """Criteria on which nobody can be held against the judge."""
    warnings: Sequence[str]


def whole(store: Store, name: str) -> JudgingWhole:
    """What the judge's run of that id said; of another run, what judges said of it."""
    run = views.run(store, name)
    judging = run.spec.judging
    trust = _trust(store, run)
    flags, flagged = _flags(store, run)
    return JudgingWhole(
        run=pages.run_row(store, run.id),
        rubric=judging.rubric if judging else None,
        prompt=judging.prompt if judging else None,
        reads=[pages.run_row(store, one) for one in (judging.reads if judging else ())],
        judges=pages.judges_of(store, run.id),
        criteria=_criteria(pages.score_counts(store, run.id), judging.rubric if judging else None),
        flags=flags,
        flagged=flagged,
        agreement=trust.agreement,
        panels=trust.panels,
        unmatched=trust.unmatched,
        warnings=trust.warnings,
    )


def cell(store: Store, name: str, criterion: str, who: tuple[str, str], said: tuple[str, str]) -> list[Judged]:
    """Everything in one cell of the matrix of a judge and a reference: where they said just that."""
    ratings = [one for one in ratings_.of_runs(store, [views.run(store, name)]) if one.criterion == criterion]
    rated = sheets(ratings)
    found = agreement_of(rated, rules=Rules(draws=1))
    one = next((each for each in found.comparisons if (each.judge, each.reference) == who), None)
    if one is None:
        raise NotFound(f"nobody held {who[0]!r} against {who[1]!r} on {criterion!r} in run {name}")
    cells = _cells(rated[criterion], one)
    items = [item for pair, those in cells.items() if (_word(pair[0]), _word(pair[1])) == said for item in those]
    places = sample_pages.standing(store, sorted({part for item in items for part in item.split(" ")}))
    return sorted(_items(items, places), key=lambda item: (item.first.position, item.first.epoch))


@dataclass(frozen=True)
class _Trust:
    """How far judges can be trusted, by all that was said until then."""

    said: Mapping[str, int]
    """How many scores there were in which run."""
    agreement: Sequence[JudgeAgreement]
    panels: Sequence[PanelAgreement]
    unmatched: Sequence[str]
    warnings: Sequence[str]


_KEPT = 64
_trusts: WeakKeyDictionary[Store, OrderedDict[str, _Trust]] = WeakKeyDictionary()
"""What was worked out last, by run: of ten thousand answers that takes seconds."""


def _trust(store: Store, run: Run) -> _Trust:
    """As it was worked out before, if nothing was said since."""
    kept = _trusts.setdefault(store, OrderedDict())
    # Counted first: what is said meanwhile is worked out the next time.
    said = pages.said_around(store, run.id)
    known = kept.get(run.id)
    if known is None or known.said != said:
        known = kept[run.id] = _worked_out(store, run, said)
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return known


def _worked_out(store: Store, run: Run, said: Mapping[str, int]) -> _Trust:
    found = agreement_of(rated := sheets(ratings_.of_runs(store, [run])), rules=Rules(draws=_DRAWS))
    return _Trust(
        said=said,
        agreement=_agreements(store, found, rated),
        panels=[
            PanelAgreement(one.criterion, one.kind, one.raters, one.n, _intervals(one.figures)) for one in found.panels
        ],
        unmatched=sorted({criterion for criterion, _ in found.unmatched}),
        warnings=list(warnings(found)),
    )


def _criteria(counts: Sequence[ScoreCount], rubric: Rubric | None) -> list[Criterion]:
    items = {rubric.score_name(path): (path, item) for path, item in rubric.paths} if rubric else {}
    found = []
    for name in dict.fromkeys(count.name for count in counts):
        mine = [count for count in counts if count.name == name]
        path, item = items.get(name, ("", None))
        valued = [(count.value, count.n) for count in mine if count.value is not None]
        found.append(
            Criterion(
                name=name,
                path=path,
                title=item.heading if item else name,
                question=item.question if item else "",
                n=sum(count.n for count in mine),
                labels=_labels(mine),
                unreadable=sum(count.n for count in mine if count.value is None and count.label is None),
                mean=sum(value * n for value, n in valued) / sum(n for _, n in valued) if valued else None,
            )
        )
    return found


def _labels(counts: Sequence[ScoreCount]) -> dict[str, int]:
    labels: Counter[str] = Counter()
    for count in counts:
        if count.label is not None or count.value is not None:
            labels[count.label if count.label is not None else f"{count.value:g}"] += count.n
    return dict(labels.most_common())


def _flags(store: Store, run: Run) -> tuple[list[FlagCount], int]:
    """What the rules asked people to look at, by rule and item."""
    found: dict[tuple[str, str], list[tuple[str, Standing]]] = defaultdict(list)
    reviews = sample_pages.flagged(store, run)
    for place, trace in reviews:
        told = trace.get("flags")
        for flag in told if isinstance(told, list) else []:
            if isinstance(flag, dict):
                found[str(flag.get("rule")), str(flag.get("item"))].append((str(flag.get("reason")), place))
    ordered = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return [
        FlagCount(rule, item, len(those), those[0][0], [place for _, place in those[:_SHOWN]])
        for (rule, item), those in ordered
    ], len(reviews)


def _agreements(store: Store, found: Agreement, rated: Mapping[str, Sheet]) -> list[JudgeAgreement]:
    cells = [(one, _cells(rated[one.criterion], one)) for one in found.comparisons]
    shown = {item for _, those in cells for items in those.values() for item in items[:_SHOWN]}
    places = sample_pages.standing(store, sorted({part for item in shown for part in item.split(" ")}))
    return [_agreement(one, those, places) for one, those in cells]


_Said = tuple[Answer, Answer]


def _cells(sheet: Sheet, one: Comparison) -> dict[_Said, list[str]]:
    """The items by what judge and reference said of them."""
    judge = next(column for who, column in sheet.columns.items() if who.name == one.judge and who.author == "model")
    labels = sheet.references(None).get(one.reference, {})
    found: dict[_Said, list[str]] = defaultdict(list)
    for item, mine in judge.items():
        theirs = labels.get(item)
        if mine is not None and theirs is not None:
            found[mine, theirs].append(item)
    return found


def _agreement(one: Comparison, cells: Mapping[_Said, Sequence[str]], places: Mapping[str, Standing]) -> JudgeAgreement:
    return JudgeAgreement(
        criterion=one.criterion,
        judge=one.judge,
        reference=one.reference,
        scale=one.scale,
        n=one.n,
        clusters=one.clusters,
        excluded=one.excluded,
        figures=_intervals(one.figures),
        cells=[
            Cell(_word(said[0]), _word(said[1]), len(items), _items(items[:_SHOWN], places))
            for said, items in sorted(cells.items(), key=repr)
        ],
        calibrated=one.calibrated,
        why=one.why,
        calibration=_calibration(one),
        correction=_correction(one),
    )


def _items(items: Sequence[str], places: Mapping[str, Standing]) -> list[Judged]:
    """An item is called by the ids of its one or two answers."""
    found = [[places.get(part) for part in item.split(" ")] for item in items]
    return [Judged(first, others[0] if others else None) for first, *others in found if first is not None]


def _word(answer: Answer) -> str:
    return answer if isinstance(answer, str) else f"{answer:g}"


def _intervals(figures: Mapping[str, Figure]) -> dict[str, Interval]:
    return {name: Interval(*figure) for name, figure in figures.items()}


def _calibration(one: Comparison) -> CalibrationFigures | None:
    if one.calibration is None:
        return None
    found = one.calibration
    bins = [Bin(*each) for each in found.bins]
    return CalibrationFigures(found.n, Interval(*found.ece), Interval(*found.brier), bins)


def _correction(one: Comparison) -> CorrectionFigures | None:
    if one.correction is None:
        return None
    found = one.correction
    return CorrectionFigures(
        of=found.of,
        labelled=found.labelled,
        unlabelled=found.unlabelled,
        judge=found.judge,
        reference=_estimate(found.reference),
        rogan_gladen=_estimate(found.rogan_gladen) if found.rogan_gladen else None,
        prediction_powered=_estimate(found.prediction_powered),
    )


def _estimate(estimate: Estimate) -> Interval:
    return Interval(estimate.value, estimate.low, estimate.high)
