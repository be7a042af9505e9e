"""What every form of an agreement report says, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from benchbook.engine.agreement import Agreement, Bias, Comparison, Correction, Figure, Scale
from benchbook.engine.bias import Rate
from benchbook.engine.correction import Estimate

FEW = 30
"""Questions below which intervals are too short."""
SHARES = frozenset({"accuracy", "opposed", "sensitivity", "specificity"})
"""Figures that are told in percent; the others are coefficients."""
NAMES = {
    "accuracy": "accuracy",
    "opposed": "prefers the other one",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "kappa": "Cohen's κ",
    "ac1": "Gwet's AC1",
    "ac2": "Gwet's AC2 (quadratic)",
    "alpha": "Krippendorff's α",
    "fleiss": "Fleiss' κ",
    "f1": "F1",
    "mcc": "MCC",
    "spearman": "Spearman's ρ",
    "difference": "judge minus reference",
}
MEANING = {
    "accuracy": "items on which judge and reference say the same",
    "opposed": "items on which the judge prefers the one that the reference does not; ties are none of these",
    "sensitivity": "of what the reference calls good, how much the judge does too",
    "specificity": "of what the reference calls bad, how much the judge does too",
    "kappa": "agreement beyond chance: 1 all, 0 what chance would bring; of numbers, near misses count in part",
    "ac1": "the same, steady where nearly all answers are alike",
    "ac2": "the same, steady where nearly all answers are alike; near misses count in part",
    "alpha": "the same for any number of raters who may leave items out",
    "fleiss": "the same for any number of raters",
    "f1": "the harmonic mean of sensitivity and precision",
    "mcc": "the correlation of verdict and truth",
    "spearman": "whether both put items in the same order",
    "difference": "how much higher the judge marks",
}
SCALES: dict[Scale, str] = {
    "binary": "yes or no",
    "preference": "which of two",
    "scale": "numbers",
    "labels": "words",
    "mixed": "numbers, held against yes or no",
}
INTERVALS = (
    "Intervals are 95 %: Wilson's for shares, the bootstrap over questions for the others. "
    "What was not decided is counted beside the figures and is in none of them."
)


@dataclass(frozen=True)
class AgreementReport:
    """What is reported, from where, and when."""

    sources: Sequence[str]
    agreement: Agreement
    generated_at: datetime


def title(one: Comparison | Bias) -> str:
    """Who is held against whom, and on what."""
    against = f" against {one.reference}" if one.reference else ""
    return f"{one.criterion}: {one.judge}{against}"


def warnings(found: Agreement) -> Iterator[str]:
    """What keeps figures from meaning what they seem to."""
    for one in found.comparisons:
        kappa = one.figures.get("kappa")
        if kappa and kappa.low is not None and kappa.high is not None and kappa.low <= 0:
            yield f"{title(one)}: not shown to be better than chance; the interval of κ is {coefficient(kappa)}."
        if one.scale == "mixed":
            yield f"{title(one)}: the judge gives numbers, the reference yes or no; only their order is compared."
        if one.clusters < FEW:
            yield f"{title(one)}: {one.clusters} questions are few; intervals over fewer than {FEW} are too short."
    for judge in dict.fromkeys(judge for _, judge in found.unmatched):
        criteria = [criterion for criterion, who in found.unmatched if who == judge]
        more = f" and {len(criteria) - 3} more" if len(criteria) > 3 else ""
        yield (
            f"{judge} has nobody to be held against on {', '.join(criteria[:3])}{more}: no person or check gave a "
            "verdict on the same. `--against NAME` takes any other rater for the reference."
        )
    for criterion, items in found.picked.items():
        yield (
            f"{criterion}: people looked at {items:,} of the items in a review that picks or draws what is doubtful: "
            "agreement on these says little of all others, and nothing is corrected by them. `benchbook reviews show` "
            "has the estimate that allows for it."
        )
    if found.repeated:
        yield f"{found.repeated:,} ratings were given again by the same rater; the last ones count."


def share(figure: Figure | Rate | Estimate | None) -> str:
    """`81.4 % (76.0–85.9)`, or a dash."""
    if figure is None or figure.value is None:
        return "–"
    value = f"{100 * figure.value:.1f} %"
    if figure.low is None or figure.high is None or figure.low == figure.high:
        return value
    return f"{value} ({100 * figure.low:.1f}–{100 * figure.high:.1f})"


def coefficient(figure: Figure | Rate | Estimate | None) -> str:
    """`0.61 (0.48 to 0.72)`, or a dash: ends may be negative."""
    if figure is None or figure.value is None:
        return "–"
    if figure.low is None or figure.high is None or figure.low == figure.high:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def shown(name: str, figure: Figure | None) -> str:
    """A figure as it is told."""
    return share(figure) if name in SHARES else coefficient(figure)


def name_of(name: str, one: Comparison) -> str:
    """What a figure is called."""
    if name == "kappa" and one.scale == "scale":
        return "Cohen's κ (quadratic)"
    if name == "opposed" and one.excluded.get("reference undecided") is not None:
        return "prefers the one that did worse"
    return NAMES[name]


def excluded(one: Comparison) -> str:
    """What is in no figure, in words."""
    return ", ".join(f"{number:,} {reason}" for reason, number in one.excluded.items()) or "none"


def answer(value: float | str) -> str:
    """An answer as it is told."""
    return value if isinstance(value, str) else f"{value:g}"


def corrected(found: Correction) -> list[tuple[str, str]]:
    """The mean in every way it can be had."""
    tell = coefficient if found.of == "mean" else share
    own = tell(Figure(found.judge))
    rows = [
        (f"by the judge, all {found.labelled + found.unlabelled:,}", own),
        (f"by the reference, {found.labelled:,} with a label", tell(found.reference)),
    ]
    if found.rogan_gladen:
        rows.append(("all, corrected by sensitivity and specificity (Rogan–Gladen)", tell(found.rogan_gladen)))
    tuning = found.prediction_powered.tuning or 0.0
    return [*rows, (f"all, prediction-powered (PPI++, λ = {tuning:.2f})", tell(found.prediction_powered))]


def biases(one: Bias) -> Iterator[tuple[str, str, str]]:
    """What moves a judge: the figure's name, the figure, and what it is of."""
    if (place := one.position) is not None:
        yield "same verdict in both orders", share(place.consistent), f"{place.pairs:,} pairs in both orders"
        yield "κ between the orders", coefficient(Figure(place.kappa)), ""
        yield "prefers the first place", share(place.first), f"{place.first.n if place.first else 0:,} verdicts"
        uneven = f"{place.both_first:,} pairs always the first, {place.both_second:,} always the second"
        yield "uneven by chance (sign test)", f"p = {place.p:.3g}", uneven
    if (length := one.length) is not None:
        yield "prefers the longer", share(length.longer), f"{length.longer.n:,} pairs of unequal length"
        if length.excess is not None:
            yield f"… more often than {one.reference}", points(length.excess), f"{length.excess.n:,} pairs"
        if (rate := length.controlled) is not None:
            yield f"win rate of {length.model}", share(Figure(rate.raw)), ""
            yield "… at equal lengths", share(Figure(rate.controlled, rate.low, rate.high)), "by logistic regression"
    if (own := one.self_preference) is not None:
        yield f"prefers its own family, {own.family}", share(own.own), f"{own.own.n:,} pairs with one answer of it"
        if own.excess is not None:
            yield f"… more often than {one.reference}", points(own.excess), f"{own.excess.n:,} pairs"


def points(rate: Rate) -> str:
    """A difference of shares: `+4.2 points (-1.0 to +9.4)`."""
    return f"{100 * rate.value:+.1f} points ({100 * rate.low:+.1f} to {100 * rate.high:+.1f})"
