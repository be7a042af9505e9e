"""Which answers are preferred to which."""

from typing import Annotated

from fastapi import Depends, Query
from starlette.responses import Response

from benchbook.server.access import scope
from benchbook.server.downloads import BODY, attachment
from benchbook.server.given import After, Limit, Stored, routes
from benchbook.service import preference_pages
from benchbook.service.preference_forms import Form
from benchbook.service.preference_pages import PreferencePage, PreferenceWhole
from benchbook.specs.preferences import PreferenceSpec, Source
from benchbook.specs.spec import assembled

router = routes("preferences")

Runs = Annotated[str, Query(max_length=2000, description="Runs or experiments, with commas between.")]
Share = Annotated[float, Query(ge=0, le=1)]


def _wanted(
    source: Annotated[list[Source] | None, Query(description="People, models and execution unless given.")] = None,
    criterion: Annotated[list[str] | None, Query(description="Only verdicts of these names.")] = None,
    min_agreement: Share = 0.5,
    min_confidence: Annotated[float | None, Query(ge=0, le=1)] = None,
    both_ways: Annotated[bool, Query(description="Whether ties are kept, in both directions.")] = False,
) -> PreferenceSpec:
    given = {
        "sources": source and tuple(source),
        "criteria": criterion and tuple(criterion),
        "min_confidence": min_confidence,
    }
    ties = "both-ways" if both_ways else "leave-out"
    chosen = {name: value for name, value in given.items() if value is not None}
    return assembled(PreferenceSpec, {"min_agreement": min_agreement, "ties": ties, **chosen})


Wanted = Annotated[PreferenceSpec, Depends(_wanted)]


@router.get("/preferences", dependencies=[scope("read")])
def list_preferences(
    store: Stored, runs: Runs, wanted: Wanted, limit: Limit = 50, after: After = None
) -> PreferencePage:
    """The preferences between the answers of runs, the least agreed upon first."""
    return preference_pages.page(store, _names(runs), wanted, limit, after)


@router.get("/preferences/export", dependencies=[scope("read")], responses=BODY)
def export_preferences(
    store: Stored,
    runs: Runs,
    wanted: Wanted,
    format: Annotated[Form, Query()] = "trl-dpo",  # noqa: A002 - its name
) -> Response:
    """The preferences as a trainer reads them: JSON Lines."""
    body = preference_pages.exported(store, _names(runs), wanted, format)
    return attachment(f"preferences-{format}.jsonl", body, "application/x-ndjson")


@router.get("/preferences/{preference_id}", dependencies=[scope("read")])
def get_preference(store: Stored, preference_id: str, runs: Runs, wanted: Wanted) -> PreferenceWhole:
    """A preference in full, with the verdicts behind it."""
    return preference_pages.whole(store, _names(runs), wanted, preference_id)


def _names(runs: str) -> list[str]:
    return [name.strip() for name in runs.split(",") if name.strip()]
