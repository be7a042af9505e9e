"""Logging in and out."""

from fastapi import Request
from pydantic import Field
from starlette.responses import Response

from benchbook.records.users import Scope, User
from benchbook.server.access import COOKIE, Access, Caller, forget, remember, scope
from benchbook.server.given import Asked, Stored, routes
from benchbook.server.replies import Json, Refused
from benchbook.service import users
from benchbook.service.users import Opened
from benchbook.specs.spec import Spec
from benchbook.store.store import Store

router = routes("session")


class Login(Asked):
    """What somebody says who wants to come in: name and password, or the token of a link."""

    name: str = Field(default="", max_length=100)
    password: str = Field(default="", max_length=500)
    token: str = Field(default="", max_length=200)


class SessionFacts(Spec):
    """Who is logged in."""

    auth: bool
    """Whether anybody has to log in here at all."""
    user: User | None
    """Nobody, if nobody is logged in, or nobody has to."""
    scopes: tuple[Scope, ...]
    """Without any, log in first."""
    csrf: str | None
    """What every change brings along in the header X-Benchbook-CSRF."""


@router.get("/session")
def get_session(request: Request, store: Stored) -> SessionFacts:
    """Who is logged in, and what changes must bring along. Public: without a session it says that."""
    access: Access = request.app.state.access
    return _facts(access, access.caller(store, request))


@router.post("/session", response_model=SessionFacts)
def log_in(request: Request, store: Stored, login: Login) -> Response:
    """Log in. Public; who fails too often waits."""
    access: Access = request.app.state.access
    who = [f"address {request.client.host if request.client else ''}", *([f"name {login.name}"] if login.name else [])]
    access.attempts.admit(*who)
    opened = _opened(store, access, login)
    if opened is None:
        access.attempts.failed(*who)
        raise Refused(401, "NotLoggedIn", _WRONG_LINK if login.token else "name or password is wrong")
    access.attempts.forget(*who)
    caller = Caller("session", opened.user.scopes, opened.user, users.csrf(opened.token))
    response = Json(_facts(access, caller))
    remember(response, request, opened.token)
    return response


@router.delete("/session", status_code=204, response_model=None, dependencies=[scope("read")])
def log_out(request: Request, store: Stored) -> Response:
    """Log out."""
    response = Response(status_code=204)
    users.log_out(store, request.cookies.get(COOKIE, ""))
    forget(response)
    return response


_WRONG_LINK = "this link was used, or is older than a day; `benchbook users link NAME` makes a new one"


def _opened(store: Store, access: Access, login: Login) -> Opened | None:
    if login.token:
        return users.follow(store, login.token, access.now())
    return users.log_in(store, login.name, login.password, access.now())


def _facts(access: Access, caller: Caller | None) -> SessionFacts:
    if caller is None:
        return SessionFacts(auth=not access.open, user=None, scopes=(), csrf=None)
    return SessionFacts(auth=not access.open, user=caller.user, scopes=tuple(caller.scopes), csrf=caller.csrf)
