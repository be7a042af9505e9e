"""Reports of runs: gathered once, written as Markdown and as one HTML page that needs nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice, takewhile, zip_longest
from pathlib import Path

from benchbook.records.runs import Experiment, Run
from benchbook.records.scores import Answer
from benchbook.service import runs as runs_
from benchbook.service.files import form_of, write_report
from benchbook.service.report_figures import Report, RunReport, grouped, samples_shown
from benchbook.service.report_html import html
from benchbook.service.report_judging import by_rule, flagged
from benchbook.service.report_markdown import markdown
from benchbook.service.report_whole import whole
from benchbook.store import views
from benchbook.store.store import Store

__all__ = ["Report", "RunReport", "gather", "html", "markdown", "write", "write_file"]

FORMS: dict[str, Callable[[Report], str]] = {".md": markdown, ".html": html}


def write(store: Store, experiment: Experiment, folder: Path, now: datetime) -> list[Path]:
    """Both reports of an experiment's runs, in `folder`; their paths."""
    report = gather(store, views.runs_of(store, experiment.id), now)
    stem = folder / f"{experiment.name}-{experiment.id}"
    return [write_report(report, stem.with_name(stem.name + ending), FORMS) for ending in FORMS]


def write_all(store: Store, folder: Path, now: datetime) -> list[Path]:
    """Both reports of every experiment."""
    written: list[Path] = []
    before = None
    while page := views.experiments(store, before=before):
        written += [path for experiment in page for path in write(store, experiment, folder, now)]
        before = page[-1].id
    return written


def write_file(store: Store, runs: Sequence[Run], path: Path, now: datetime) -> Path:
    """The report of the runs at `path`, whose ending decides the form."""
    form_of(path, FORMS)
    return write_report(gather(store, runs, now), path, FORMS)


def gather(store: Store, runs: Sequence[Run], now: datetime) -> Report:
    """All that a report of these runs needs."""
    experiments = dict.fromkeys(run.experiment_id for run in runs)
    return Report(
        experiments=[views.experiment(store, experiment) for experiment in experiments],
        runs=_with_answers(store, [_counted(store, run) for run in {run.id: run for run in runs}.values()]),
        generated_at=now,
    )


def _counted(store: Store, run: Run) -> RunReport:
    """The run without its answers, but with all that is to be said of them as a whole."""
    return RunReport(
        run=run,
        dataset=views.dataset(store, run.dataset_id),
        metrics=runs_.metrics(store, run),
        answers=(),
        everything=whole(views.told(store, run.id)),
        traffic=views.events_of(store, run.id, "parts_done"),
        flags=by_rule(flagged(store, run)),
    )


def _with_answers(store: Store, runs: Sequence[RunReport]) -> list[RunReport]:
    """The runs with those answers that a report shows: of the same samples for all runs of a task."""
    end: dict[str, int | None] = {}
    for those in grouped(runs).values():
        asked = (at for at, runs_of in enumerate(zip_longest(*(run.whole.places for run in those))) if any(runs_of))
        last = next(islice(asked, samples_shown(those), None), None)
        end |= {run.run.id: last for run in those}
    return [replace(run, answers=_shown(store, run, end[run.run.id])) for run in runs]


def _shown(store: Store, run: RunReport, end: int | None) -> list[Answer]:
    """The answers to samples before the place `end`, and the first failures from there on."""
    stream = views.generations(store, run.run.id)
    if end is None:
        return list(stream)
    first = list(takewhile(lambda answer: answer[0].position < end, stream))
    failed = {place for marks in run.whole.marks.values() for place in marks.failed if place[0] >= end}
    return first + [views.answer(store, run.run.id, at, epoch) for at, epoch in sorted(failed)]
