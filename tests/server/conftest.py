"""The application over an empty store, on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchbook.store.store import Store
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
