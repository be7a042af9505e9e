"""The figures of runs, also while they are under way: then what can be counted at once, without reading the answers."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from benchbook.engine.statistics import wilson
from benchbook.records.metrics import Metric
from benchbook.records.record import derived_id
from benchbook.store import pages, views
from benchbook.store.pages import RunRow, ScoreCount
from benchbook.store.store import Store


def metrics(store: Store, run: RunRow) -> Sequence[Metric]:
    """The figures of a run: those that were kept, or those of what there is by now."""
    if run.status in ("completed", "interrupted", "failed"):
        return views.metrics_of(store, run.id)
    return list(_by_now(run, pages.score_counts(store, run.id)))


def _by_now(run: RunRow, counts: Sequence[ScoreCount]) -> Iterator[Metric]:
    """A rate or mean of each score, over all answers."""
    for score in dict.fromkeys(count.name for count in counts):
        mine = [count for count in counts if count.name == score]
        values = [(count.value, count.n) for count in mine if count.value is not None]
        n = sum(number for _, number in values)
        excluded = sum(count.n for count in mine) - n
        if not n:
            continue
        mean = sum(value * number for value, number in values) / n
        if {value for value, _ in values} <= {0.0, 1.0}:
            low, high = wilson(mean * n, n)
            yield _metric(run, "pass_rate", score, (mean, low, high, n, excluded))
        else:
            yield _metric(run, "mean", score, (mean, None, None, n, excluded))


def _metric(run: RunRow, name: str, score: str, figure: tuple[float, float | None, float | None, int, int]) -> Metric:
    value, low, high, n, excluded = figure
    began: datetime = run.started_at or run.created_at
    return Metric(
        id=derived_id("metric", run.id, name, score, ""),
        created_at=began,
        run_id=run.id,
        name=name,
        score=score,
        value=value,
        low=low,
        high=high,
        n=n,
        excluded=excluded,
    )
