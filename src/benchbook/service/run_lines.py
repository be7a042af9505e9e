"""Runs as lists show them, with what only their machine knows: whether somebody still works on them."""

from collections.abc import Iterable
from dataclasses import dataclass

from benchbook.service.runs import broken_off
from benchbook.store import pages, views
from benchbook.store.pages import Page, RunFilter, RunRow
from benchbook.store.store import Store


@dataclass(frozen=True)
class RunLine(RunRow):
    """A run in a list."""

    broken_off: bool = False
    """Whether its process is gone, though its status is `running`, and no worker will take it up: it can be resumed."""


def listed(store: Store, wanted: RunFilter, limit: int, after: str | None = None) -> Page[RunLine]:
    """The runs of the newest experiments, each in the order of its plan."""
    page = pages.runs(store, wanted, limit, after)
    return Page(lines(store, page.items), page.next)


def lines(store: Store, rows: Iterable[RunRow]) -> list[RunLine]:
    """The rows, each with whether it is broken off."""
    return [line(store, row) for row in rows]


def line(store: Store, row: RunRow) -> RunLine:
    """The row, with whether it is broken off."""
    gone = row.status == "running" and broken_off(store, views.run(store, row.id))
    return RunLine(**vars(row), broken_off=gone)
