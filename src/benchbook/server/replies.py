"""What goes out: JSON that any text of a model can be in, and errors in one shape."""

import inspect
import json
import logging
import math
from collections.abc import Callable, Coroutine
from dataclasses import fields, is_dataclass
from datetime import date
from functools import wraps
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from benchbook.errors import BenchbookError, Conflict, Denied, NotFound, PluginError, SpecError, StoreError
from benchbook.specs.spec import mistake

LOG = logging.getLogger("benchbook.server")

ErrorKind = Literal[
    "SpecError", "NotLoggedIn", "Denied", "NotFound", "Conflict", "TooLarge", "TooMany", "Unavailable", "Error", "Bug"
]


class Problem(BaseModel):
    """What went wrong, and what to do."""

    kind: ErrorKind
    message: str
    field: list[str | int] | None = None
    """The path to the field that is wrong."""
    line: int | None = None
    """In what was sent, where that is a text."""
    file: str | None = None
    hint: str | None = None


class ErrorBody(BaseModel):
    """The body of every error."""

    error: Problem


class Refused(BenchbookError):
    """A request that is not answered, for a reason of HTTP."""

    def __init__(self, status: int, kind: ErrorKind, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status, self.kind, self.retry_after = status, kind, retry_after


class Json(Response):
    """Plain ASCII JSON: hostile text is harmless in it, and lone surrogates, which models write, can be sent."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The document's bytes."""
        try:
            return _STRICT.encode(content).encode()
        except ValueError:
            # JSON has no NaN and no infinity; models' log-probabilities do.
            return _STRICT.encode(_finite(json.loads(_LAX.encode(content)))).encode()


class Route(APIRoute):
    """A route whose function returns plain values: records, specs, frozen data, checked where they are made."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        options.setdefault("responses", {})
        super().__init__(path, _answering(endpoint, options.get("status_code") or 200), **options)


def handle_errors(app: FastAPI) -> None:
    """Answer every error in our shape."""
    app.add_exception_handler(BenchbookError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _unknown)


def problem(status: int, said: Problem, headers: dict[str, str] | None = None) -> Json:
    """An error as it is sent."""
    return Json({"error": said}, status_code=status, headers=headers)


def _answering(endpoint: Callable[..., Any], status: int) -> Callable[..., Any]:
    def answer(value: Any) -> Response:
        if isinstance(value, Response):
            return value
        return Response(status_code=status) if status == 204 else Json(value, status_code=status)

    if inspect.iscoroutinefunction(endpoint):

        @wraps(endpoint)
        async def waiting(*args: Any, **kwargs: Any) -> Response:
            return answer(await endpoint(*args, **kwargs))

        return waiting

    @wraps(endpoint)
    def answering(*args: Any, **kwargs: Any) -> Response:
        return answer(endpoint(*args, **kwargs))

    return answering


def _plain(value: object) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")


_STRICT = json.JSONEncoder(default=_plain, separators=(",", ":"), allow_nan=False)
_LAX = json.JSONEncoder(default=_plain, separators=(",", ":"))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_finite(part) for part in value]
    return {name: _finite(part) for name, part in value.items()} if isinstance(value, dict) else value


_STATUSES: tuple[tuple[type[BenchbookError], int, ErrorKind], ...] = (
    (SpecError, 400, "SpecError"),
    (NotFound, 404, "NotFound"),
    (Conflict, 409, "Conflict"),
    (Denied, 403, "Denied"),
    (StoreError, 503, "Unavailable"),
    (PluginError, 400, "Error"),
)

_Handler = Callable[[Request, Exception], Coroutine[Any, Any, Response]]


async def _known(_: Request, err: Exception) -> Response:
    if isinstance(err, Refused):
        wait = {} if err.retry_after is None else {"Retry-After": str(err.retry_after)}
        return problem(err.status, Problem(kind=err.kind, message=str(err)), wait)
    status, kind = next(((status, kind) for of, status, kind in _STATUSES if isinstance(err, of)), (400, "Error"))
    if isinstance(err, StoreError):
        LOG.error("%s", err)
    return problem(status, said(err, kind))


def said(err: Exception, kind: ErrorKind) -> Problem:
    """What an error of ours says, in its parts."""
    if not isinstance(err, SpecError):
        return Problem(kind=kind, message=str(err))
    file, _, line = (err.at or "").rpartition(":")
    return Problem(
        kind=kind,
        message=err.message,
        field=list(err.field) or None,
        line=int(line) if line.isdigit() else None,
        file=(file if line.isdigit() else err.at) or None,
    )


async def _invalid(_: Request, err: Exception) -> Response:
    if not isinstance(err, RequestValidationError):
        return problem(400, Problem(kind="SpecError", message=str(err)))
    told = mistake(err.errors())
    # The first part says whether it is in the address or in the body.
    return problem(400, Problem(kind="SpecError", message=told.message, field=list(told.field)[1:] or None))


async def _of_http(request: Request, err: Exception) -> Response:
    status = err.status_code if isinstance(err, HTTPException) else 500
    kinds: dict[int, ErrorKind] = {404: "NotFound", 401: "NotLoggedIn", 403: "Denied", 413: "TooLarge", 429: "TooMany"}
    message = f"there is nothing at {request.url.path}" if status == 404 else str(getattr(err, "detail", err))
    headers = dict(getattr(err, "headers", None) or {})
    return problem(status, Problem(kind=kinds.get(status, "Error"), message=message), headers)


async def _unknown(request: Request, err: Exception) -> Response:
    LOG.error("%s %s", request.method, request.url.path, exc_info=err)
    return problem(500, Problem(kind="Bug", message="this is a fault of Benchbook; the server's log has the details"))
