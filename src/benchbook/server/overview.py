"""The dashboard."""

from benchbook.server.access import scope
from benchbook.server.given import Stored, routes
from benchbook.service import overview
from benchbook.service.overview import Overview

router = routes("overview")


@router.get("/overview", dependencies=[scope("read")])
def get_overview(store: Stored) -> Overview:
    """What is under way, what is new, what failed."""
    return overview.overview(store)
