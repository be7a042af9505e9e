"""Runs beside each other."""

from typing import Annotated

from fastapi import Query

from benchbook.server.access import scope
from benchbook.server.given import After, Limit, Stored, routes
from benchbook.service import comparisons
from benchbook.service.comparisons import Comparison
from benchbook.store.comparisons import ComparedFilter, ComparedRow, Outcome
from benchbook.store.pages import Page

router = routes("compare")

Runs = Annotated[str, Query(max_length=2000, description="Ids with commas between: the first, and those beside it.")]
Score = Annotated[str | None, Query(max_length=500, description="The first that all have unless given.")]


@router.get("/compare", dependencies=[scope("read")])
def compare(store: Stored, runs: Runs, score: Score = None) -> Comparison:
    """How runs differ from the first: with interval, test, flips, and slice by slice."""
    return comparisons.comparison(store, _names(runs), score)


@router.get("/compare/samples", dependencies=[scope("read")])
def list_compared_samples(
    store: Stored,
    runs: Runs,
    score: Score = None,
    only: Outcome | None = None,
    slice_: Annotated[str | None, Query(alias="slice", max_length=500)] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[ComparedRow]:
    """What two runs answered to the same."""
    return comparisons.samples(store, _names(runs), score, ComparedFilter(only, slice_), limit, after)


def _names(runs: str) -> list[str]:
    return [name.strip() for name in runs.split(",") if name.strip()]
