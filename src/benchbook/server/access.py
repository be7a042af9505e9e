"""Who asks, and what they may do. Every route names its scope, or is public and says so by having none."""

import hmac
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.params import Depends as Dependency

from benchbook.errors import Denied
from benchbook.records.users import SCOPES, Scope, User
from benchbook.server.replies import Refused, Route
from benchbook.service import users
from benchbook.store.store import Store

COOKIE = "benchbook_session"
CSRF_HEADER = "X-Benchbook-CSRF"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Caller:
    """Who asks: by a session, by a key, or anybody where nobody logs in."""

    kind: Literal["session", "key", "anybody"]
    scopes: Sequence[Scope]
    user: User | None
    csrf: str | None
    """What changes must bring along; None with a key, which no page of another's can make a browser send."""


class Attempts:
    """How often logging in failed lately, by whom and for whom."""

    def __init__(self, most: int = 10, within: float = 300.0, remembered: int = 10_000) -> None:
        self._most, self._within, self._remembered = most, within, remembered
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def admit(self, *names: str) -> None:
        """Refused if one of the names has failed too often."""
        now = time.monotonic()
        for name in names:
            times = self._failed.get(name, deque())
            while times and times[0] <= now - self._within:
                times.popleft()
            if len(times) >= self._most:
                wait = int(times[0] + self._within - now) + 1
                raise Refused(429, "TooMany", f"too many attempts to log in; try again in {wait} seconds", wait)

    def failed(self, *names: str) -> None:
        """One more."""
        for name in names:
            self._failed.setdefault(name, deque(maxlen=self._most)).append(time.monotonic())
            self._failed.move_to_end(name)
        while len(self._failed) > self._remembered:
            self._failed.popitem(last=False)

    def forget(self, *names: str) -> None:
        """They have got in."""
        for name in names:
            self._failed.pop(name, None)


@dataclass(frozen=True)
class Access:
    """Who is let in, for the life of a server."""

    now: Callable[[], datetime]
    open: bool = False
    """Whether anybody may do everything: on loopback alone."""
    attempts: Attempts = field(default_factory=Attempts)
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    """What changes bring along where nobody logs in."""

    def caller(self, store: Store, request: Request) -> Caller | None:
        """Who asks, as far as can be told."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            known = users.of_key(store, secret.strip(), self.now())
            return None if known is None else Caller("key", known[1], known[0], None)
        if self.open:
            return Caller("anybody", SCOPES["admin"], None, self.csrf)
        token = request.cookies.get(COOKIE)
        user = users.of_session(store, token, self.now()) if token else None
        return None if user is None or not token else Caller("session", user.scopes, user, users.csrf(token))


@dataclass(frozen=True)
class Needed:
    """That a caller has a scope."""

    scope: Scope

    def __call__(self, request: Request) -> Caller:
        """The caller; Refused if nobody is known, Denied if they may not."""
        known: Caller | None = getattr(request.state, "caller", None)
        if known is not None and self.scope in known.scopes:
            return known
        access: Access = request.app.state.access
        caller = access.caller(request.app.state.store, request)
        if caller is None:
            raise Refused(
                401, "NotLoggedIn", "log in first: POST /api/session, or send a key as `Authorization: Bearer`"
            )
        if request.method not in _SAFE and caller.csrf is not None:
            sent = request.headers.get(CSRF_HEADER, "")
            if not hmac.compare_digest(sent.encode(), caller.csrf.encode()):
                raise Denied(f"the header {CSRF_HEADER} is not what GET /api/session says; load the page again")
        if self.scope not in caller.scopes:
            raise Denied(f"this takes the scope {self.scope!r}; yours are: {', '.join(caller.scopes) or 'none'}")
        request.state.caller = caller
        return caller


def scope(name: Scope) -> Dependency:
    """What a route depends on, so that only those are answered who have the scope."""
    needed: Dependency = Depends(Needed(name))
    return needed


class Guarded(Route):
    """A route that looks who asks before it reads what is sent: of strangers it reads nothing."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What carries the route out."""
        answer = super().get_route_handler()
        guards = [each.call for each in self.dependant.dependencies if isinstance(each.call, Needed)]

        async def guarded(request: Request) -> Response:
            for guard in guards:
                await run_in_threadpool(guard, request)
            return await answer(request)

        return guarded


def needed(dependant: Dependant) -> Scope | None:
    """The scope that a route names among what it depends on; None of a public one."""
    found = [each.call.scope for each in dependant.dependencies if isinstance(each.call, Needed)]
    return found[0] if found else None


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


Who = Annotated[Caller, Depends(_caller)]
"""Of a route that names a scope: who asks."""


def remember(response: Response, request: Request, token: str) -> None:
    """Give the browser its session."""
    secure = request.url.scheme == "https"
    if not secure and request.url.hostname not in LOOPBACK:
        raise Refused(
            403,
            "Denied",
            "this connection is not encrypted: a password or session would be seen by others on the way; put a proxy "
            "with TLS in front, give --certificate, or come through `ssh -L`",
        )
    seconds = int(users.SESSION.total_seconds())
    response.set_cookie(COOKIE, token, max_age=seconds, httponly=True, secure=secure, samesite="strict", path="/")


def forget(response: Response) -> None:
    """Take it back."""
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", path="/")
