"""The application over an empty store, on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchbook.executors.dispatcher import Dispatcher
from benchbook.store.store import Store
from executors.working import dispatcher, turning
from server.site import Asker, Site, site


@pytest.fixture
def served(store: Store, tmp_path: Path) -> Iterator[Site]:
    """The application, with accounts."""
    with site(store, tmp_path / "home") as found:
        yield found


@pytest.fixture
def viewer(served: Site) -> Asker:
    """Somebody who may read."""
    return served.a("viewer")


@pytest.fixture
def editor(served: Site) -> Asker:
    """Somebody who may start things."""
    return served.a("editor")


@pytest.fixture
def working(served: Site, store: Store, database_url: str, tmp_path: Path) -> Iterator[Dispatcher]:
    """A worker beside the application, in its home."""
    with turning(dispatcher(store, database_url, tmp_path / "home")) as found:
        yield found
