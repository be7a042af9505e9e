"""A run's figures in Prometheus' text format, to be scraped or pushed."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TextIO

from benchbook.records.metrics import Metric
from benchbook.records.runs import Run
from benchbook.service.runs import metrics
from benchbook.store import views
from benchbook.store.store import Store

SHOWN = 20
"""Runs whose figures the server tells: a bound to what Prometheus must keep."""

_FAMILIES = {
    "benchbook_run_metric": ("A figure of a run, by name, score and slice.", "value"),
    "benchbook_run_metric_low": ("The lower end of its 95 % interval.", "low"),
    "benchbook_run_metric_high": ("The upper end of its 95 % interval.", "high"),
    "benchbook_run_metric_samples": ("Samples behind the figure.", "n"),
    "benchbook_run_metric_excluded": ("Samples left out because they have no verdict.", "excluded"),
}
_UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")


class Figured(NamedTuple):
    """A run and its figures."""

    run: Run
    metrics: Sequence[Metric]


def write(store: Store, runs: Sequence[Run], out: TextIO) -> int:
    """Write every figure of the runs; how many samples of a series there are."""
    count = 0
    for line in lines([Figured(run, metrics(store, run)) for run in runs]):
        out.write(line + "\n")
        count += not line.startswith("#")
    return count


def recent(store: Store) -> list[Figured]:
    """The newest runs that are over, each with its figures for the whole: neither slices nor counts of labels."""
    over = [run for run in views.runs(store, SHOWN) if run.status in ("completed", "failed", "interrupted")]
    return [Figured(run, [each for each in views.metrics_of(store, run.id) if _of_the_whole(each)]) for run in over]


def lines(figured: Iterable[Figured]) -> Iterator[str]:
    """The series, family by family."""
    figured = list(figured)
    yield "# HELP benchbook_run_info What a run is."
    yield "# TYPE benchbook_run_info gauge"
    for run, _ in figured:
        yield f"benchbook_run_info{{{_labels(_whose(run) | {'status': run.status})}}} 1"
    for family, (told, field) in _FAMILIES.items():
        yield f"# HELP {family} {told}"
        yield f"# TYPE {family} gauge"
        for run, of_run in figured:
            for metric in of_run:
                value = getattr(metric, field)
                if value is not None:
                    which = {"metric": metric.name, "score": metric.score, "slice": metric.slice}
                    yield f"{family}{{{_labels(_whose(run) | which)}}} {float(value)!r}"


def _of_the_whole(metric: Metric) -> bool:
    return not metric.slice and not metric.name.startswith("label.")


def _whose(run: Run) -> dict[str, str]:
    return {"run": run.id, "experiment": run.experiment_id, "model": run.model, "task": run.task}


def _labels(named: dict[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in named.items())


def _escaped(text: str) -> str:
    seen = _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return seen.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
