"""The application: all routes, on one store."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from benchbook import __version__
from benchbook.server import catalogue, comparisons, experiments, overview, runs, samples
from benchbook.server.access import COOKIE, needed
from benchbook.server.replies import handle_errors
from benchbook.settings import Settings
from benchbook.store.store import Store

_NOUNS = (overview, experiments, runs, samples, comparisons, catalogue)


def application(store: Store | None, settings: Settings | None) -> FastAPI:
    """The application; without a store it can only be described."""
    app = FastAPI(
        title="Benchbook",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=_named,
    )
    app.state.store, app.state.settings = store, settings
    for noun in _NOUNS:
        app.include_router(noun.router)
    handle_errors(app)
    return app


def description(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the application: with the scope of every route, our errors alone, and nothing optional
    in what we answer."""
    document = deepcopy(app.openapi())
    for route in app.routes:
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        for method in route.methods:
            operation = document["paths"][route.path_format][method.lower()]
            operation["responses"].pop("422", None)
            scope = needed(route)
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
