"""How far the verdicts of a judge run are to be trusted: sentences and counts that every report shares."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from benchbook.records.metrics import Metric
from benchbook.records.runs import Run
from benchbook.service.report_text import percent
from benchbook.specs.rubrics import Rubric
from benchbook.store import views
from benchbook.store.store import Store

Flag = dict[str, Any]
"""A reason why a person should look at an answer: `rule`, `item` (empty for the whole), `reason`."""


def flagged(store: Store, run: Run) -> Iterator[tuple[str, list[Flag]]]:
    """The answers that a judge run flags, by the key of their sample, and why."""
    if run.spec.judging is None:
        return
    for key, score in views.flagged(store, run.id, f"{run.spec.judging.rubric.name}/review"):
        flags = score.verdict.trace.get("flags")
        yield key, [flag for flag in flags if isinstance(flag, dict)] if isinstance(flags, list) else []


def by_rule(flagged: Iterable[tuple[str, Sequence[Flag]]]) -> Counter[str]:
    """How many answers are flagged by which rule."""
    return Counter(rule for _, flags in flagged for rule in {str(flag["rule"]) for flag in flags})


def doubts(run: Run, metrics: Sequence[Metric]) -> Iterator[str]:
    """How many answers are flagged, what the audit says, and how many are not judged; nothing of other runs."""
    if run.spec.judging is None:
        return
    rubric = run.spec.judging.rubric
    reviewed = _labels(metrics, f"{rubric.name}/review")
    if reviewed:
        flagged = reviewed.get("flagged", 0)
        yield f"For review: {flagged:,} of {sum(reviewed.values()):,} flagged"
    if rubric.compares:
        yield _audit(rubric, metrics)
    errors = sum(int(metric.value or 0) for metric in metrics if metric.name == "errors" and not metric.score)
    if errors:
        yield f"Not judged: {errors:,} of {run.total:,}; `benchbook show {run.id}` says why"


def _audit(rubric: Rubric, metrics: Sequence[Metric]) -> str:
    """Whether the judge prefers what failed its tests; always told."""
    found = _labels(metrics, f"{rubric.name}/audit")
    failed = found.get("prefers_failed", 0)
    n = failed + found.get("agrees", 0)
    if not n:
        return "Audit: of no pair with a preference did exactly one answer pass its checks"
    return (
        f"Audit: of {n:,} pairs with a preference of which exactly one passed its checks, the judge prefers the one "
        f"that failed in {failed:,} ({percent(failed / n)})"
    )


def _labels(metrics: Sequence[Metric], score: str) -> dict[str, int]:
    """How many answers got which label: of each, also where a sample has several."""
    own = [metric for metric in metrics if metric.score == score and not metric.slice]
    named = {metric.name.removeprefix("label."): metric for metric in own if metric.name.startswith("label.")}
    return {label: int(metric.value or 0) for label, metric in named.items()}
