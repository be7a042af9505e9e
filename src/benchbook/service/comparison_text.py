"""The words and figures of a comparison, as every form of it has them."""

from collections.abc import Iterator, Sequence

from benchbook.service.comparison_report import ComparisonReport, Conclusion, Finding, SliceFinding, Took
from benchbook.service.comparisons import Difference, Test
from benchbook.service.report_text import count, percent, plain, seconds
from benchbook.store.comparisons import RIGHT, ComparedRow
from benchbook.store.pages import RunRow

TESTS: dict[Test, str] = {
    "mcnemar-exact": "exact McNemar",
    "permutation": "permutation of signs",
    "paired-z": "paired z",
    "e-value": "e-value of signs",
}
LEFT_OUT = {
    "no_value": "without a verdict",
    "only_base": "only in the base",
    "only_other": "only in the other",
    "changed": "of changed questions",
}
HOW = (
    "Differences are paired, sample by sample; of several epochs a sample counts by its mean. Intervals are 95 %. "
    "p-values of scores and runs are adjusted by Holm, those of slices by Benjamini and Hochberg; better and worse are "
    "said only where, so adjusted, the interval excludes zero. Beside a run that ended early p is by e-values, and "
    "there is no interval. More is better, unless the task says otherwise of a score (`smaller_is_better`)."
)
COLUMNS = ("run", "score", "base", "this", "difference", "95 % interval", "p", "p adjusted", "n", "conclusion")
SLICE_COLUMNS = ("slice", "base", "this", "difference", "95 % interval", "p adjusted", "n", "conclusion")
TOOK_COLUMNS = ("run", "cost/sample", "latency p50", "p95", "tokens out/answer", "no answer")


def title_of(report: ComparisonReport, row: RunRow) -> str:
    """The model of a run; with its id where another is called the same."""
    rows = [run for one in report.findings for run in (one.base, one.other)]
    several = len({run.id for run in rows if (run.model, run.task) == (row.model, row.task)}) > 1
    tasks = len({run.task for run in rows}) > 1
    return row.model + (f" on {row.task}" if tasks else "") + (f" ({row.id})" if several else "")


def sentence(report: ComparisonReport, one: Finding) -> str:
    """What one may say of two runs by a score."""
    base, other = title_of(report, one.base), title_of(report, one.other)
    found = one.difference
    if one.conclusion == "nothing to compare":
        return f"{one.score}: too few answers of {other} and {base} have a verdict to compare them."
    facts = f"{points(found)}, {span(found)}; adjusted p {p_value(one.p_adjusted)}; {count(found.n)} samples"
    if one.conclusion in ("better", "worse"):
        return f"{one.score}: {other} is {one.conclusion} than {base} ({facts})."
    said = f"{one.score}: no evidence of a difference between {other} and {base} ({facts})"
    return f"{said}; {smallest(one)}." if one.smallest else f"{said}."


def smallest(one: Finding) -> str:
    """What so many samples could have shown."""
    if one.smallest is None:
        return ""
    return f"a difference of {amount(one.smallest, one.difference)} would be seen with a power of 80 %"


def row(report: ComparisonReport, one: Finding) -> list[str]:
    """A finding, by `COLUMNS`."""
    found = one.difference
    ps = [p_value(found.p), p_value(one.p_adjusted)]
    return [title_of(report, one.other), one.score, *_sides(found), *ps, count(found.n), one.conclusion]


def slice_row(part: SliceFinding) -> list[str]:
    """A slice, by `SLICE_COLUMNS`."""
    found = part.difference
    return [part.slice, *_sides(found), p_value(part.p_adjusted), count(found.n), part.conclusion]


def took_row(report: ComparisonReport, one: Took) -> list[str]:
    """What a run took, by `TOOK_COLUMNS`; with the change from its base."""
    before = next((base.figures for base in report.took if one.base and base.run.id == one.base.id), None)
    shown = {
        "cost_per_sample": _cost(one),
        "latency_p50": seconds(one.figures["latency_p50"]),
        "latency_p95": seconds(one.figures["latency_p95"]),
        "output_tokens_per_answer": plain(one.figures["output_tokens_per_answer"], 1),
        "errors": count(one.figures["errors"]),
    }
    cells = [text + (change(before[name], one.figures[name]) if before else "") for name, text in shown.items()]
    return [title_of(report, one.run) + ("" if one.base else ", base"), *cells]


def change(before: float | None, after: float | None) -> str:
    """` (+12 %)`, or nothing."""
    return f" ({100 * (after / before - 1):+.0f} %)" if before and after is not None else ""


def details(one: Finding) -> Iterator[tuple[str, str]]:
    """What else is to be said of a finding."""
    found, flips = one.difference, one.flips
    if found.test:
        yield "test", TESTS[found.test] + (f", {count(found.clusters)} clusters" if found.clusters else "")
    if one.p_adjusted is not None:
        yield "interval, adjusted", interval(one.low_adjusted, one.high_adjusted, found)
    if one.smallest is not None:
        yield "smallest difference seen with a power of 80 %", amount(one.smallest, found)
    if one.effect is not None:
        yield "effect size (d of pairs)", f"{one.effect:+.2f}"
    if found.correlation is not None:
        yield "correlation of the two", f"{found.correlation:.2f}"
    yield "regressed · fixed", f"{count(flips.regressed)} · {count(flips.fixed)}"
    yield "both right · both wrong", f"{count(flips.both_right)} · {count(flips.both_wrong)}"
    yield "left out", left_out(one)


def left_out(one: Finding) -> str:
    """Which places are in no figure."""
    return ", ".join(f"{count(n)} {LEFT_OUT.get(why, why)}" for why, n in one.excluded.items() if n) or "none"


def span(found: Difference) -> str:
    """`95 % 1.2 to 3.4 points`."""
    if found.test == "e-value":
        return "no interval, as a run ended early"
    return f"95 % {interval(found.low, found.high, found)}"


def interval(low: float | None, high: float | None, of: Difference) -> str:
    """`-1.2 to 3.4`, in points where values are shares."""
    if low is None or high is None:
        return "–"
    return " to ".join(_signed(end, of) for end in (low, high))


def points(found: Difference) -> str:
    """`+2.3 points`."""
    if found.difference is None:
        return "–"
    return _signed(found.difference, found) + (" points" if is_share(found) else "")


def _signed(value: float, of: Difference) -> str:
    # What is rounded to nothing has no sign.
    return f"{round(100 * value, 1) or 0.0:+.1f}" if is_share(of) else f"{value or 0.0:+.4g}"


def amount(value: float, of: Difference) -> str:
    """A size without a sign, in the unit of the difference."""
    return f"{100 * value:.1f} points" if is_share(of) else f"{value:.4g}"


def is_share(found: Difference) -> bool:
    """Whether values are parts of one, to be written in percent."""
    return all(side is not None and 0 <= side <= 1 for side in (found.base, found.other))


def p_value(p: float | None) -> str:
    """A p with as many digits as mean something."""
    if p is None:
        return "–"
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.3f}"


def direction(one: Finding, pair: ComparedRow) -> str:
    """Whether the answer was right before, or is now."""
    mark = pair.base.scores.get(one.score)
    return "regressed" if mark and mark.value is not None and mark.value >= RIGHT else "fixed"


def shown_slices(one: Finding) -> Sequence[SliceFinding]:
    """The slices with figures."""
    return [part for part in one.slices if part.difference.n]


def look(said: Conclusion) -> str:
    """The look of a conclusion."""
    return {"better": "yes", "worse": "fail"}.get(said, "no")


def _sides(found: Difference) -> list[str]:
    share = is_share(found)
    sides = [percent(side) if share else plain(side, 4) for side in (found.base, found.other)]
    return [*sides, points(found), interval(found.low, found.high, found)]


def _cost(one: Took) -> str:
    value = one.figures["cost_per_sample"]
    return "–" if value is None else f"{value:.6f} {one.currency}".strip()
