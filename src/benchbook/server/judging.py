"""What judges say, and how far they can be trusted."""

from typing import Annotated

from fastapi import Query

from benchbook.server.access import scope
from benchbook.server.given import Stored, routes
from benchbook.service import judging_pages
from benchbook.service.judging_pages import Judged, JudgingWhole

router = routes("judging")

Word = Annotated[str, Query(max_length=500)]


@router.get("/judging/{run_id}", dependencies=[scope("read")])
def get_judging(store: Stored, run_id: str) -> JudgingWhole:
    """Of a judge's run: counts, flags, agreement with people, execution and other judges. Of another run: what judges
    said of its answers."""
    return judging_pages.whole(store, run_id)


@router.get("/judging/{run_id}/cell", dependencies=[scope("read")])
def get_cell(
    store: Stored, run_id: str, criterion: Word, judge: Word, reference: Word, judge_said: Word, reference_said: Word
) -> list[Judged]:
    """Everything of which a judge said one thing and a reference another."""
    who, said = (judge, reference), (judge_said, reference_said)
    return judging_pages.cell(store, run_id, criterion, who, said)
