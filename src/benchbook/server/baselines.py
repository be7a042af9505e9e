"""Which runs others are held against."""

from pydantic import Field

from benchbook.records.baselines import Baseline
from benchbook.server.access import scope
from benchbook.server.given import Asked, Stored, routes
from benchbook.service import baselines
from benchbook.service.runs import named, utc_now
from benchbook.specs.spec import Several

router = routes("baselines")


class Chosen(Asked):
    """Runs that are to be a baseline, and its name."""

    name: str
    runs: Several[str] = Field(min_length=1, max_length=1000)
    """Ids of runs, or of experiments for all of their runs."""
    branch: str = Field(default="", max_length=500)
    """The branch of a repository that it is for; empty for all."""


class Named(Asked):
    """A baseline that is to be none any more."""

    name: str
    branch: str = Field(default="", max_length=500)


@router.get("/baselines", dependencies=[scope("read")])
def list_baselines(store: Stored) -> list[Baseline]:
    """The baselines that hold today."""
    return baselines.current(store)


@router.post("/baselines", status_code=201, dependencies=[scope("write")])
def set_baseline(store: Stored, chosen: Chosen) -> list[Baseline]:
    """Make runs the baseline of that name, each for its task and model. What was it before stays in the history."""
    runs = [run for each in chosen.runs for run in named(store, each) if not run.spec.judging]
    return baselines.keep(store, chosen.name, runs, chosen.branch, utc_now())


@router.post("/baselines/remove", dependencies=[scope("write")])
def remove_baseline(store: Stored, gone: Named) -> list[Baseline]:
    """Let a name mean nothing any more, on that branch; what it meant stays in the history."""
    return baselines.take_away(store, gone.name, gone.branch, utc_now())
