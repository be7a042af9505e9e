"""What is going on, at a glance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchbook.service.run_lines import RunLine, line
from benchbook.store import pages
from benchbook.store.pages import ExperimentRow, RunRow
from benchbook.store.store import Store

_SHOWN = 10
_ACTIVE = 20


@dataclass(frozen=True)
class ActiveRun:
    """A run that is under way or waits."""

    run: RunLine
    rate: float | None
    """Samples a second, lately; None where nobody works on it."""
    seconds_left: float | None


@dataclass(frozen=True)
class Overview:
    """The dashboard."""

    active: Sequence[ActiveRun]
    experiments: Sequence[ExperimentRow]
    """The newest."""
    failed: Sequence[RunRow]
    """The newest runs that failed."""
    statuses: Mapping[str, int]
    """How many runs are in which status."""


def overview(store: Store) -> Overview:
    """What is under way, what is new, what failed."""
    return Overview(
        active=[active(store, run) for run in pages.newest_runs(store, ("running", "queued"), _ACTIVE)],
        experiments=pages.experiments(store, _SHOWN).items,
        failed=pages.newest_runs(store, ("failed",), _SHOWN),
        statuses=pages.statuses(store),
    )


def active(store: Store, run: RunRow) -> ActiveRun:
    """How fast a run goes, and how long it will."""
    shown = line(store, run)
    rate = pages.pace(store, run.id) if run.status == "running" and not shown.broken_off else None
    left = max(0, run.total - run.done - run.failed)
    return ActiveRun(shown, rate, left / rate if rate else None)
