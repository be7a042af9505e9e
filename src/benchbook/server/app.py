"""The application: all routes, on one store."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from anyio import to_thread
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from benchbook import __version__
from benchbook.records.record import Record
from benchbook.records.users import Scope
from benchbook.server import (
    baselines,
    catalogue,
    comparisons,
    evaluate,
    experiments,
    health,
    jobs,
    judging,
    live,
    overview,
    preferences,
    queue,
    reviews,
    runs,
    samples,
    sessions,
    uploads,
    users,
    web,
)
from benchbook.server.access import COOKIE, Access, needed
from benchbook.server.health import Requests
from benchbook.server.live import Live, Tempo
from benchbook.server.protection import Protected
from benchbook.server.replies import handle_errors
from benchbook.service.runs import utc_now
from benchbook.settings import Settings
from benchbook.specs.spec import Spec, ready
from benchbook.store.store import Store

_ABOUT = """\
Log in by POST /api/session (`{name, password}`, or `{token}` of a link `/login#token=…`): the browser gets a cookie.
Every change by a session brings along the header `X-Benchbook-CSRF` with what GET /api/session calls `csrf`, also where
nobody has to log in (`auth: false`). Programs send `Authorization: Bearer bb_…` instead, and no such header.

Lists take `limit` and `after` and give `items` and `next`. They go on until `next` is null, even if a page is empty:
a search looks for a moment only. Errors are `{"error": {kind, message, field, line, file, hint}}`.

The page may load nothing from elsewhere (Content-Security-Policy). `__CSP_NONCE__` in its index.html is replaced by the
nonce that `<style>` elements made by its scripts must bear; attributes `style=` are let through.
"""
_NOUNS = (
    *(health, sessions, users, overview, experiments, runs, samples, comparisons, judging, catalogue),
    *(baselines, preferences, uploads, queue, live, jobs, evaluate, reviews),
)
_AT_WORK = 15
"""Routes that are carried out at once: as many connections as the store has."""
_LARGER = {uploads.PATH: uploads.MOST_BODY}
"""Routes that take larger bodies, and how large."""


@dataclass(frozen=True)
class Options:
    """How the application is let out."""

    access: Access = field(default_factory=lambda: Access(utc_now))
    hosts: frozenset[str] | None = None
    """The names that it may be asked under; any if None."""
    web: Path = web.BUILT
    """Where the pages are."""
    tempo: Tempo = Tempo()
    """How often is looked what has happened in runs."""


def application(store: Store | None, settings: Settings | None, options: Options | None = None) -> FastAPI:
    """The application; without a store it can only be described."""
    options = options or Options()
    ready(Spec, Record)
    app = FastAPI(
        lifespan=_lifespan,
        title="Benchbook",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=_named,
    )
    app.state.store, app.state.settings = store, settings
    app.state.access, app.state.web, app.state.requests = options.access, options.web, Requests()
    app.state.live = Live(store, options.tempo) if store else None
    for noun in _NOUNS:
        app.include_router(noun.router)
    # Last: it takes every address that is left.
    app.include_router(web.router)
    handle_errors(app)
    app.add_middleware(Protected, hosts=options.hosts, larger=_LARGER, requests=app.state.requests)
    return app


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    # As many at work as the database takes at once; the others wait here, where it costs nothing.
    to_thread.current_default_thread_limiter().total_tokens = _AT_WORK
    yield


def description(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the application: with the scope of every route, our errors alone, and nothing optional
    in what we answer."""
    document = _named_plainly(deepcopy(app.openapi()))
    for path, method, scope in scopes(app):
        operation = document["paths"].get(path, {}).get(method.lower())
        if operation is not None:
            operation["responses"].pop("422", None)
            operation["x-scope"] = scope or "public"
            operation["security"] = [{"session": []}, {"key": []}] if scope else []
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    asked = _reached(schemas, list(_parts(document["paths"], "requestBody")))
    for name, schema in schemas.items():
        # What we answer is whole: defaults are for those who ask.
        if name not in asked and "properties" in schema:
            schema["required"] = list(schema["properties"])
    document["components"]["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        "key": {"type": "http", "scheme": "bearer"},
    }
    return document


def scopes(app: FastAPI) -> Iterator[tuple[str, str, Scope | None]]:
    """Every route by path and method, and the scope that it names; None of a public one."""
    for route in iter_route_contexts(app.routes):
        for method in sorted(route.methods or ()):
            yield route.path_format or "", method, needed(route.dependant)


def _named_plainly(document: dict[str, Any]) -> dict[str, Any]:
    """What is both asked and answered goes by its own name where it is answered."""
    named: dict[str, Any] = json.loads(re.sub(r'(?<=[/"])(\w+)-Output(?=")', r"\1", json.dumps(document)))
    return named


def _reached(schemas: Mapping[str, Any], begin: Any) -> set[str]:
    """The names of the schemas that a part of the document leads to."""
    found: set[str] = set()
    waiting = [begin]
    while waiting:
        names = {str(ref).rpartition("/")[2] for ref in _parts(waiting.pop(), "$ref")} - found
        found |= names
        waiting += [schemas[name] for name in names if name in schemas]
    return found


def _parts(document: Any, key: str) -> Iterator[Any]:
    """Everything of that name, however deep."""
    if isinstance(document, dict):
        if key in document:
            yield document[key]
        for part in document.values():
            yield from _parts(part, key)
    elif isinstance(document, list):
        for part in document:
            yield from _parts(part, key)


def _named(route: APIRoute) -> str:
    return route.name
