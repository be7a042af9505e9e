"""The application as a whole: its routes, their scopes, its description."""

import json
import re
from pathlib import Path

import pytest

from benchbook.records.users import SCOPES, Role
from benchbook.server.app import application, description, scopes
from server.site import Site

ROOT = Path(__file__).parents[2]

PUBLIC = {("GET", "/healthz"), ("GET", "/api/session"), ("POST", "/api/session"), ("GET", "/{path}")}
"""What anybody may ask: whether the server is there, who they are, to be let in, and the pages."""

ROUTES = [
    pytest.param(method, path, scope, id=f"{method} {path}") for path, method, scope in scopes(application(None, None))
]


def filled(path: str) -> str:
    """The path with something in its places."""
    return re.sub(r"\{(position|epoch)\}", "1", re.sub(r"\{(?!position|epoch)\w+\}", "x", path))


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_every_route_names_its_scope(method: str, path: str, scope: str | None) -> None:
    assert (scope is None) == ((method, path) in PUBLIC)


def test_every_route_refuses_who_has_not_logged_in(served: Site) -> None:
    nobody = served.nobody()
    for path, method, scope in scopes(application(None, None)):
        if scope is not None:
            reply = nobody.ask(method, filled(path))
            assert (reply.status, reply.error) == (401, "NotLoggedIn"), f"{method} {path}"


@pytest.mark.parametrize("role", ["viewer", "reviewer", "editor"])
def test_every_route_refuses_who_lacks_its_scope(served: Site, role: Role) -> None:
    asker = served.a(role)
    for path, method, scope in scopes(application(None, None)):
        if scope is not None and scope not in SCOPES[role]:
            reply = asker.ask(method, filled(path))
            assert (reply.status, reply.error) == (403, "Denied"), f"{method} {path}"


def test_no_change_is_made_without_what_the_page_was_told(served: Site) -> None:
    asker = served.a("admin")
    for headers in ({}, {"X-Benchbook-CSRF": "guessed"}):
        asker.headers = headers
        for path, method, scope in scopes(application(None, None)):
            if scope is not None and method != "GET":
                assert asker.ask(method, filled(path)).status == 403, f"{method} {path}"


def test_the_description_that_is_committed_is_that_of_the_routes() -> None:
    written = json.loads((ROOT / "web" / "openapi.json").read_text())
    assert written == json.loads(json.dumps(description(application(None, None)))), "run `make web-types`"


def test_what_is_answered_is_described_as_whole() -> None:
    schemas = description(application(None, None))["components"]["schemas"]
    assert set(schemas["RunRow"]["required"]) == set(schemas["RunRow"]["properties"])
    assert "required" not in schemas["UserChange"]


def test_a_wrong_address_is_answered_in_the_one_shape(served: Site) -> None:
    reply = served.nobody().get("/api/nothing")
    assert (reply.status, reply.error) == (404, "NotFound")
    assert set(reply.json["error"]) == {"kind", "message", "field", "line", "file", "hint"}


def test_a_wrong_parameter_is_named(served: Site) -> None:
    reply = served.a("viewer").get("/api/runs?limit=many")
    assert (reply.status, reply.error, reply.json["error"]["field"]) == (400, "SpecError", ["limit"])
    assert reply.json["error"]["message"] == "expected a valid integer, got 'many'"
