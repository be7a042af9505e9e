"""How far judges can be trusted: what they say beside what people or execution say of the same, criterion by criterion.

What somebody could not decide is counted beside the figures, and is in none of them.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import NormalDist
from typing import Literal, NamedTuple, TypeGuard

from benchbook.engine import bias
from benchbook.engine.calibration import Bin, Claim, brier, ece, reliability
from benchbook.engine.concordance import Item, Ratings, cohen, fleiss, gwet, krippendorff
from benchbook.engine.confusion import Confusion
from benchbook.engine.correction import Estimate, Judged, Rated, Share, prediction_powered, rogan_gladen
from benchbook.engine.correlation import spearman
from benchbook.engine.ratings import PEOPLE, Answer, Column, Rater, Rating, Sheet, consensus, sheets
from benchbook.engine.resampling import DRAWS, Counts, Interval, bootstrap
from benchbook.engine.statistics import CONFIDENCE, clustered_error, wilson
from benchbook.specs.verdicts import Author

Scale = Literal["binary", "preference", "scale", "labels", "mixed"]
"""Yes or no; which of two; numbers; words; numbers held against yes or no."""

LABELS = 50
"""Items with a label that it takes before a judge may count as calibrated on a criterion."""
KAPPA = 0.4
"""What the lower end of kappa's interval must exceed for that: more than fair agreement (Landis & Koch 1977)."""
Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)


@dataclass(frozen=True)
class Rules:
    """How figures are made."""

    seed: int = 0
    draws: int = DRAWS
    labels: int = LABELS
    kappa: float = KAPPA


class Figure(NamedTuple):
    """A value with its 95 % interval; None where there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Calibration:
    """Whether a judge is as often right as it is sure."""

    n: int
    ece: Figure
    brier: Figure
    bins: Sequence[Bin]


@dataclass(frozen=True)
class Correction:
    """The mean over all items that a judge judged: as it has it, and as the reference would."""

    of: str
    """What the mean is: a share of yes, a win rate."""
    labelled: int
    unlabelled: int
    judge: float
    """The judge's own, over all."""
    reference: Estimate
    """The reference's, over the items that have its label."""
    rogan_gladen: Estimate | None
    """Only for yes and no, and a judge better than chance."""
    prediction_powered: Estimate


@dataclass(frozen=True)
class Comparison:
    """A judge against a reference on one criterion."""

    criterion: str
    judge: str
    reference: str
    scale: Scale
    n: int
    """Items that both gave a verdict on."""
    clusters: int
    """Questions that these are of."""
    excluded: Mapping[str, int]
    """How many items are in no figure, by reason."""
    table: Sequence[tuple[Answer, Answer, int]]
    """What the judge said, what the reference said, and how often."""
    figures: Mapping[str, Figure]
    calibrated: bool
    why: str
    """Why it counts as calibrated, or not."""
    calibration: Calibration | None
    correction: Correction | None


@dataclass(frozen=True)
class Panel:
    """Several raters of one kind among themselves."""

    criterion: str
    kind: Author
    raters: Sequence[str]
    n: int
    """Items that two or more of them gave a verdict on."""
    figures: Mapping[str, Figure]


@dataclass(frozen=True)
class Bias:
    """What moves a judge of pairs on one criterion."""

    criterion: str
    judge: str
    reference: str
    """Whom it is held against; empty if nobody."""
    position: bias.Position | None
    length: bias.Length | None
    self_preference: bias.SelfPreference | None


@dataclass(frozen=True)
class Agreement:
    """All that is known of how far judges agree with others."""

    ratings: int
    repeated: int
    """Ratings that a later one by the same rater took the place of."""
    comparisons: Sequence[Comparison]
    panels: Sequence[Panel]
    biases: Sequence[Bias]
    picked: Mapping[str, int]
    """Criteria, each with the number of items that people looked at because something hinted at a mistake."""
    unmatched: Sequence[tuple[str, str]]
    """Criteria, each with a judge whose verdicts there nobody else gave any beside."""
    rules: Rules


def agreement(ratings: Iterable[Rating], against: str | None = None, rules: Rules = Rules()) -> Agreement:
    """Every judge against `human`, `code` or one rater; unless given, against people and execution where they spoke."""
    return agreement_of(sheets(ratings), against, rules)


def agreement_of(sheets: Mapping[str, Sheet], against: str | None = None, rules: Rules = Rules()) -> Agreement:
    """The same of sheets, each of one criterion."""
    judges = [
        (name, sheet, who) for name, sheet in sheets.items() for who in sheet.raters("model") if who.name != against
    ]
    compared = [
        compare(criterion, sheet, who, reference, rules)
        for criterion, sheet, who in judges
        for reference in sheet.references(against).items()
    ]
    found = [one for one in compared if one.n]
    matched = {(one.criterion, one.judge) for one in found}
    return Agreement(
        ratings=sum(sheet.given for sheet in sheets.values()),
        repeated=sum(sheet.repeated for sheet in sheets.values()),
        comparisons=found,
        panels=[panel for name, sheet in sheets.items() for panel in _panels(name, sheet, rules)],
        biases=[one for name, sheet, who in judges if (one := _bias(name, sheet, who, against)) is not None],
        picked={name: len(sheet.picked) for name, sheet in sheets.items() if sheet.picked},
        unmatched=[(name, who.name) for name, _, who in judges if (name, who.name) not in matched],
        rules=rules,
    )


def compare(
    criterion: str, sheet: Sheet, judge: Rater, reference: tuple[str, Column], rules: Rules = Rules()
) -> Comparison:
    """One judge against one reference, over the items that both gave a verdict on."""
    judged, (name, labels) = sheet.columns[judge], reference
    pairs = {
        item: (mine, theirs)
        for item, mine in judged.items()
        if mine is not None and (theirs := labels.get(item)) is not None
    }
    scale = _scale(sheet, pairs.values())
    figures = _figures(scale, _clustered(sheet, pairs), rules)
    calibrated, why = _gate(len(pairs), figures.get("kappa"), rules)
    return Comparison(
        criterion=criterion,
        judge=judge.name,
        reference=name,
        scale=scale,
        n=len(pairs),
        clusters=len({sheet.cluster(item) for item in pairs}),
        excluded=_excluded(judged, labels, is_people=name == PEOPLE),
        table=sorted(((a, b, times) for (a, b), times in Counter(pairs.values()).items()), key=repr),
        figures=figures,
        calibrated=calibrated,
        why=why,
        calibration=_calibration(sheet, judge, pairs, rules),
        correction=None if _is_picked(sheet, name, pairs) else _correction(scale, sheet, (judged, labels), pairs),
    )


def _is_picked(sheet: Sheet, reference: str, items: Iterable[str]) -> bool:
    """Whether the reference is of people who were shown what is doubtful: no correction may rest on that."""
    by_code = {who.name for who in sheet.raters("code")}
    return reference not in by_code and not sheet.picked.isdisjoint(items)


_Pairs = Mapping[str, tuple[Answer, Answer]]
_Cluster = tuple[tuple[Answer | None, ...], ...]
"""The answers to the items of one question: what is resampled together."""


def _clustered(sheet: Sheet, rows: Mapping[str, tuple[Answer | None, ...]]) -> Counter[_Cluster]:
    found: dict[str, list[tuple[Answer | None, ...]]] = defaultdict(list)
    for item, answers in rows.items():
        found[sheet.cluster(item)].append(answers)
    return Counter(tuple(sorted(those, key=repr)) for those in found.values())


def _scale(sheet: Sheet, pairs: Iterable[tuple[Answer, Answer]]) -> Scale:
    judged, labels = (set(side) for side in zip(*pairs, strict=True)) if (pairs := list(pairs)) else (set(), set())
    if any(isinstance(answer, str) for answer in judged | labels):
        return "labels"
    if sheet.is_of_pairs:
        return "preference"
    if judged | labels <= {0, 1}:
        return "binary"
    return "mixed" if labels <= {0, 1} else "scale"


def _figures(scale: Scale, clusters: Counts[_Cluster], rules: Rules) -> dict[str, Figure]:
    """The figures that suit the scale: shares by Wilson's interval, all others by the bootstrap over questions."""
    if not clusters:
        return {}
    known = frozenset(answer for row in _flat(clusters) for answer in row if answer is not None)
    resampled = partial(_resampled, scale, known if scale in ("scale", "labels") else frozenset({0.0, 1.0}))
    intervals = bootstrap(clusters, resampled, rules.seed, rules.draws)
    figures = {name: _figure(value, intervals[name]) for name, value in resampled(clusters).items()}
    shares = _shares(scale, clusters)
    if scale not in ("scale", "mixed") and shares["accuracy"].value == 1:
        figures["kappa"] = _of_perfect(figures["kappa"], shares["accuracy"], _flat(clusters))
    return {**shares, **figures}


def _figure(value: float | None, interval: Interval | None) -> Figure:
    """Where nobody disagreed, nobody does in resamples, but nothing is that certain: that is no interval."""
    return Figure(value) if interval is None or interval == (1, 1) else Figure(value, *interval)


def _of_perfect(kappa: Figure, accuracy: Figure, pairs: Ratings[Item]) -> Figure:
    """Kappa where nobody disagreed: its lower end follows from that of accuracy, chance being what it is."""
    if kappa.value is None or accuracy.low is None:
        return kappa
    n = sum(pairs.values())
    unlike = 1 - math.fsum((times / n) ** 2 for times in pairs.values())
    return Figure(kappa.value, max(-1.0, 1 - (1 - accuracy.low) / unlike), 1.0)


def _resampled(scale: Scale, categories: frozenset[Answer], clusters: Counts[_Cluster]) -> dict[str, float | None]:
    pairs = _flat(clusters)
    if scale == "mixed":
        return {"spearman": spearman(_numbers(pairs))}
    if scale == "scale":
        return {
            "kappa": cohen(pairs, "quadratic"),
            "ac2": gwet(pairs, categories, "quadratic"),
            "alpha": krippendorff(pairs, "ordinal"),
            "spearman": spearman(_numbers(pairs)),
            "difference": _mean_difference(_numbers(pairs)),
        }
    common = {"kappa": cohen(pairs), "ac1": gwet(pairs, categories), "alpha": krippendorff(pairs)}
    if scale != "binary":
        return common
    confusion = Confusion.of(pairs)
    return {**common, "f1": confusion.f1, "mcc": confusion.mcc}


def _flat(clusters: Counts[_Cluster]) -> Counter[tuple[Answer | None, ...]]:
    rows = Counter[tuple[Answer | None, ...]]()
    for cluster, times in clusters.items():
        for row in cluster:
            rows[row] += times
    return rows


def _numbers(pairs: Ratings[Item]) -> dict[tuple[float, float], int]:
    return {(float(a), float(b)): times for (a, b), times in pairs.items() if _is(a) and _is(b)}


def _mean_difference(pairs: Mapping[tuple[float, float], int]) -> float | None:
    n = sum(pairs.values())
    return math.fsum((a - b) * times for (a, b), times in pairs.items()) / n if n else None


_Row = tuple[Answer | None, ...]


def _shares(scale: Scale, clusters: Counts[_Cluster]) -> dict[str, Figure]:
    """Shares of items, each of those items that can be counted in it."""
    counted: dict[str, Callable[[_Row], bool | None]] = {"accuracy": lambda row: row[0] == row[1]}
    if scale == "mixed":
        return {}
    if scale == "preference":
        counted["opposed"] = lambda row: None if row[1] == 0.5 else _opposed(row)
    if scale == "binary":
        counted["sensitivity"] = lambda row: row[0] == 1 if row[1] == 1 else None
        counted["specificity"] = lambda row: row[0] == 0 if row[1] == 0 else None
    return {name: _share(clusters, counts) for name, counts in counted.items()}


def _opposed(row: _Row) -> bool:
    """Whether the judge prefers the other one: a tie is not that."""
    return set(row) == {0, 1}


def _share(clusters: Counts[_Cluster], counts: Callable[[_Row], bool | None]) -> Figure:
    """The share of rows that count, with Wilson's interval for as many as they are worth: less where they come in
    clusters that vary together (Dean & Pagano 2015)."""
    parts = [
        ([float(hit) for row in cluster if (hit := counts(row)) is not None], times)
        for cluster, times in clusters.items()
    ]
    parts = [(hits, times) for hits, times in parts if hits]
    n = sum(len(hits) * times for hits, times in parts)
    if not n:
        return Figure(None)
    p = sum(sum(hits) * times for hits, times in parts) / n
    error = math.fsum(times * math.fsum(hit - p for hit in hits) ** 2 for hits, times in parts) / n**2
    # Where all are alike, nothing tells how much the items of a cluster vary together: they may be one.
    worth = min(n, p * (1 - p) / error) if error else sum(times for _, times in parts)
    return Figure(p, *wilson(p * worth, worth))


def _gate(n: int, kappa: Figure | None, rules: Rules) -> tuple[bool, str]:
    """Whether a judge counts as calibrated, and why."""
    if n < rules.labels:
        return False, f"{n} labels, of {rules.labels} that it takes"
    if kappa is None:
        return False, "the scales of judge and reference differ"
    if kappa.value is None:
        return False, "kappa has no value where only one answer is given"
    if kappa.low is None or kappa.low <= rules.kappa:
        low = "unknown" if kappa.low is None else f"{kappa.low:.2f}"
        return False, f"the lower end of kappa is {low}, not above {rules.kappa:g}"
    return True, f"{n} labels, and the lower end of kappa, {kappa.low:.2f}, is above {rules.kappa:g}"


def _excluded(judged: Column, labels: Column, *, is_people: bool) -> dict[str, int]:
    """What keeps items out of the figures."""
    unlabelled = Counter(
        "no label" if item not in labels else "people split or undecided" if is_people else "reference undecided"
        for item, answer in judged.items()
        if answer is not None and labels.get(item) is None
    )
    unread = sum(answer is None for answer in judged.values())
    unjudged = sum(item not in judged for item, answer in labels.items() if answer is not None)
    found = {"unscored by the judge": unread, **unlabelled, "not judged": unjudged}
    return {reason: number for reason, number in found.items() if number}


def _calibration(sheet: Sheet, judge: Rater, pairs: _Pairs, rules: Rules) -> Calibration | None:
    """Over the items of which the judge said how sure it was."""
    claims = {
        item: (sure, float(mine == theirs))
        for item, (mine, theirs) in pairs.items()
        if (sure := sheet.confidence.get((judge, item))) is not None
    }
    if not claims:
        return None
    counted = Counter(claims.values())
    bins = reliability(counted)
    clusters: dict[str, list[Claim]] = defaultdict(list)
    for item, (sure, right) in claims.items():
        # In the middle of its bin: there are few kinds then to draw from.
        middle = next(min(part.confidence, part.high) for part in bins if sure <= part.high)
        clusters[sheet.cluster(item)].append((middle, right))
    units = Counter(tuple(sorted(those)) for those in clusters.values())
    interval = bootstrap(units, _error, rules.seed, rules.draws)["ece"]
    squares = [(sure - right) ** 2 for sure, right in claims.values()]
    half = Z * clustered_error(squares, [sheet.cluster(item) for item in claims])
    score = brier(counted)
    return Calibration(len(claims), _figure(ece(counted), interval), Figure(score, score - half, score + half), bins)


def _error(clusters: Counts[tuple[Claim, ...]]) -> dict[str, float | None]:
    claims = Counter[Claim]()
    for cluster, times in clusters.items():
        for claim in cluster:
            claims[claim] += times
    return {"ece": ece(claims)}


def _correction(scale: Scale, sheet: Sheet, columns: tuple[Column, Column], pairs: _Pairs) -> Correction | None:
    """What the reference would say of everything, if it has said it of a part.

    What it looked at and could not decide is no random part of anything, and stays out.
    """
    judged, labels = columns
    of = {"binary": "share of yes", "scale": "mean", "preference": _win_rate(sheet)}.get(scale, "")
    rated = (
        [Rated(float(theirs), float(mine), sheet.cluster(item)) for item, (mine, theirs) in pairs.items()] if of else []
    )
    rest = [
        Judged(float(answer), sheet.cluster(item))
        for item, answer in judged.items()
        if of and answer is not None and item not in labels
    ]
    if len(rated) < 2 or not rest:
        return None
    seen = [*(one.judged for one in rated), *(one.judged for one in rest)]
    bounded = scale != "scale"
    return Correction(
        of=of,
        labelled=len(rated),
        unlabelled=len(rest),
        judge=math.fsum(seen) / len(seen),
        reference=_within(prediction_powered(rated, rest, 0.0), bounded=bounded),
        rogan_gladen=_rogan_gladen(pairs, rest) if scale == "binary" else None,
        prediction_powered=_within(prediction_powered(rated, rest), bounded=bounded),
    )


def _win_rate(sheet: Sheet) -> str:
    """What the mean of preferences is; nothing where `a` is not always the same."""
    models = {one.pair.models for one in sheet.items.values() if one.pair}
    if len(models) != 1:
        return ""
    both = models.pop()
    return f"win rate of {both[0] if both else 'a'}"


def _rogan_gladen(pairs: _Pairs, rest: Sequence[Judged]) -> Estimate | None:
    table = Confusion.of(Counter(pairs.values()))
    yes, no = table.true_yes + table.false_no, table.true_no + table.false_yes
    if not yes or not no:
        return None
    positive = Share(sum(one.judged == 1 for one in rest), len(rest))
    return rogan_gladen(positive, Share(table.true_yes, yes), Share(table.true_no, no))


def _within(estimate: Estimate, *, bounded: bool) -> Estimate:
    """A share is between 0 and 1."""
    if not bounded:
        return estimate
    value, low, high = (min(max(x, 0.0), 1.0) for x in estimate[:3])
    return Estimate(value, low, high, estimate.tuning)


def _panels(criterion: str, sheet: Sheet, rules: Rules) -> list[Panel]:
    """People among themselves, and judges."""
    kinds: tuple[Author, ...] = ("human", "model")
    return [panel for kind in kinds if (panel := _panel(criterion, sheet, kind, rules)) is not None]


def _panel(criterion: str, sheet: Sheet, kind: Author, rules: Rules) -> Panel | None:
    raters = sheet.opinionated(kind)
    columns = [sheet.columns[who] for who in raters]
    rows = {item: tuple(column.get(item) for column in columns) for item in sheet.items}
    rows = {item: row for item, row in rows.items() if len(row) - row.count(None) > 1}
    if not rows:
        return None
    given = {answer for row in rows.values() for answer in row if answer is not None}
    graded = not given <= {0, 0.5, 1} and not any(isinstance(answer, str) for answer in given)
    among = partial(_among, graded=graded)
    clusters = _clustered(sheet, rows)
    intervals = bootstrap(clusters, among, rules.seed, rules.draws)
    figures = {name: _figure(value, intervals[name]) for name, value in among(clusters).items()}
    return Panel(criterion, kind, [who.name for who in raters], len(rows), figures)


def _among(clusters: Counts[_Cluster], *, graded: bool) -> dict[str, float | None]:
    rows = _flat(clusters)
    if graded:
        return {"alpha": krippendorff(rows, "ordinal"), "ac2": gwet(rows, weights="quadratic")}
    return {"alpha": krippendorff(rows), "fleiss": fleiss(rows), "ac1": gwet(rows)}


def _bias(criterion: str, sheet: Sheet, judge: Rater, against: str | None) -> Bias | None:
    if not sheet.is_of_pairs:
        return None
    others = consensus([sheet.columns[who] for who in sheet.opinionated("model") if who != judge])
    reference, labels = next(iter(sheet.references(against).items()), ("other judges" if others else "", others))
    shown = sheet.orders[judge].values()
    orders = [(one if _is(one) else None, other if _is(other) else None) for one, other in shown]
    sided = [
        bias.Sided(answer, label if _is(label := labels.get(item)) else None, sheet.cluster(item), *pair)
        for item, answer in sheet.columns[judge].items()
        if _is(answer) and (pair := sheet.items[item].pair)
    ]
    return Bias(
        criterion,
        judge.name,
        reference,
        bias.position(orders),
        bias.length(sided),
        bias.self_preference(judge.name, sided),
    )


def _is(answer: Hashable) -> TypeGuard[float]:
    """Whether it is a number."""
    return isinstance(answer, int | float)
