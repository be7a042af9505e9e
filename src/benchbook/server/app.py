"""The application: all routes, on one store."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from benchbook import __version__
from benchbook.server import catalogue, comparisons, experiments, overview, runs, samples
from benchbook.server.access import needed
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
    """The OpenAPI document of the application: with the scope of every route, and our errors alone."""
    document = app.openapi()
    for route in app.routes:
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        for method in route.methods:
            operation = document["paths"][route.path_format][method.lower()]
            operation["responses"].pop("422", None)
            scope = needed(route)
            operation["x-scope"] = scope or "public"
            operation["security"] = [{"session": []}, {"key": []}] if scope else []
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    document["components"]["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "benchbook_session"},
        "key": {"type": "http", "scheme": "bearer"},
    }
    return document


def _named(route: APIRoute) -> str:
    return route.name
