"""Runs."""

from typing import Annotated

from fastapi import Depends, Query

from benchbook.records.runs import RunStatus
from benchbook.server.access import scope
from benchbook.server.given import After, Limit, Stored, routes
from benchbook.service import run_lines, run_pages
from benchbook.service.run_lines import RunLine
from benchbook.service.run_pages import Curve, RunWhole
from benchbook.store.pages import Page, RunFilter

router = routes("runs")

Name = Annotated[str | None, Query(max_length=500)]


def _wanted(
    status: RunStatus | None = None, model: Name = None, task: Name = None, experiment: Name = None
) -> RunFilter:
    return RunFilter(status, model, task, experiment)


@router.get("/runs", dependencies=[scope("read")])
def list_runs(
    store: Stored,
    wanted: Annotated[RunFilter, Depends(_wanted)],
    limit: Limit = 50,
    after: After = None,
) -> Page[RunLine]:
    """The runs of the newest experiments, each in the order of its plan."""
    return run_lines.listed(store, wanted, limit, after)


@router.get("/runs/{run_id}", dependencies=[scope("read")])
def get_run(store: Stored, run_id: str) -> RunWhole:
    """A run with spec, environment, progress, figures, attempts and failures."""
    return run_pages.whole(store, run_id)


@router.get("/runs/{run_id}/curve", dependencies=[scope("read")])
def get_curve(store: Stored, run_id: str, score: Annotated[str, Query(max_length=500)]) -> Curve:
    """The mean of a score over the first so many answers, in the order of the data set."""
    return run_pages.curve(store, run_id, score)
