"""What routes are given: the store, a page's length, the place where it goes on."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import ConfigDict

from benchbook.server.access import Guarded
from benchbook.server.replies import ErrorBody
from benchbook.settings import Settings
from benchbook.specs.spec import Spec
from benchbook.store.pages import LARGEST
from benchbook.store.store import Store


async def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


Placed = Annotated[Settings, Depends(_settings)]
Number = Annotated[int, Path(ge=0, le=LARGEST)]
"""A place in the address."""
Stored = Annotated[Store, Depends(_store)]
Limit = Annotated[int, Query(ge=1, le=200, description="At most so many.")]
After = Annotated[str | None, Query(max_length=2000, description="Where to go on: what `next` said.")]


MOST = 2**53
"""No number in an address is larger: databases and browsers count no further."""


class Asked(Spec):
    """The body of a request."""

    # Built at once: FastAPI takes it apart while it silences a warning about it.
    model_config = ConfigDict(defer_build=False)


def routes(tag: str) -> APIRouter:
    """The routes of a noun."""
    responses: dict[int | str, dict[str, Any]] = {status: {"model": ErrorBody} for status in (400, 401, 403, 404)}
    return APIRouter(prefix="/api", tags=[tag], route_class=Guarded, responses=responses)
