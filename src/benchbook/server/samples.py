"""The samples of a run, with its answers."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Query

from benchbook.server.access import scope
from benchbook.server.given import After, Limit, Number, Stored, routes
from benchbook.service import sample_whole
from benchbook.service.sample_whole import SampleWhole
from benchbook.store import sample_pages, views
from benchbook.store.pages import Page
from benchbook.store.sample_pages import Order, Place, SampleFilter, SampleRow

router = routes("samples")

Word = Annotated[str | None, Query(max_length=500)]
Value = Annotated[float | None, Query(allow_inf_nan=False)]


def _about_score(
    score: Annotated[str | None, Query(max_length=500, description="What the next four are about.")] = None,
    at_least: Value = None,
    at_most: Value = None,
    label: Word = None,
) -> SampleFilter:
    return SampleFilter(score=score, at_least=at_least, at_most=at_most, label=label)


def _wanted(
    scored: Annotated[SampleFilter, Depends(_about_score)],
    slice_: Annotated[str | None, Query(alias="slice", max_length=500)] = None,
    failed: Annotated[
        bool | None, Query(description="Only what the model gave no answer to, or only the rest.")
    ] = None,
    q: Annotated[str | None, Query(max_length=500, description="In question or answer.")] = None,
    sort: Annotated[Order, Query(description="`score` needs `score=NAME`.")] = "position",
    descending: bool = False,
) -> SampleFilter:
    return replace(scored, slice=slice_, failed=failed, text=q or None, sort=sort, descending=descending)


@router.get("/runs/{run_id}/samples", dependencies=[scope("read")])
def list_samples(
    store: Stored,
    run_id: str,
    wanted: Annotated[SampleFilter, Depends(_wanted)],
    limit: Limit = 50,
    after: After = None,
) -> Page[SampleRow]:
    """The answers of a run. A search gives what it has after a moment: go on while there is a `next`, even if a page
    has few items or none."""
    return sample_pages.samples(store, views.run(store, run_id), wanted, limit, after)


@router.get("/runs/{run_id}/samples/{position}/{epoch}", dependencies=[scope("read")])
def get_sample(store: Stored, run_id: str, position: Number, epoch: Number) -> SampleWhole:
    """An answer in full: what was asked, what anyone says of it, what others answered."""
    return sample_whole.whole(store, run_id, Place(position, epoch))
