"""Around all routes: what every answer tells browsers, how large a body may be, and under which name we are asked."""

import secrets
import time
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchbook.server.health import Requests
from benchbook.server.replies import Json, Problem, problem

MOST_BODY = 5 << 20
"""Bytes of a body, where a route does not say otherwise."""

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def policy(nonce: str) -> str:
    """The Content-Security-Policy: our own scripts and styles, nothing from elsewhere, in nobody's frame."""
    parts = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": f"'self' 'nonce-{nonce}'",
        # Attributes alone: formulas and highlighted code are placed by them, and they load nothing.
        "style-src-attr": "'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "worker-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items())


class Protected:
    """The application behind all of it."""

    def __init__(
        self, app: ASGIApp, hosts: Collection[str] | None, larger: Mapping[str, int], requests: Requests
    ) -> None:
        self._app, self._hosts, self._larger, self._requests = app, hosts, larger, requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce
        telling, began = _Telling(send, scope, nonce), time.monotonic()
        try:
            await self._answer(scope, receive, telling)
        finally:
            self._requests.answered(scope["method"], telling.status, time.monotonic() - began)

    async def _answer(self, scope: Scope, receive: Receive, telling: "_Telling") -> None:
        headers = Headers(scope=scope)
        if self._hosts is not None and _host(headers) not in self._hosts:
            # A page that has its own name lead to us would otherwise be on the same site with us.
            refusal = problem(400, Problem(kind="Error", message="this server does not go by that name"))
            await refusal(scope, receive, telling)
            return
        most = self._larger.get(scope["path"], MOST_BODY)
        body = _Body(receive, telling, most)
        if not headers.get("content-length", "0").isdigit() or int(headers.get("content-length", "0")) > most:
            await _too_large(most)(scope, receive, telling)
            return
        await self._app(scope, body.receive, body.send)
        if body.too_large and not telling.begun:
            await _too_large(most)(scope, receive, telling)


class _Telling:
    """Sends, with what browsers are to know."""

    def __init__(self, send: Send, scope: Scope, nonce: str) -> None:
        self._send, self._scope, self._nonce = send, scope, nonce
        self.status = 0
        """0 until the answer has begun."""

    @property
    def begun(self) -> bool:
        return self.status > 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers.update(_ALWAYS)
            headers["Content-Security-Policy"] = policy(self._nonce)
            headers.setdefault("Cache-Control", "no-store")
            if self._scope["scheme"] == "https":
                headers["Strict-Transport-Security"] = "max-age=31536000"
        await self._send(message)


class _Body:
    """A body that is cut off where it is too large; what the application makes of the rest is not sent."""

    def __init__(self, receive: Receive, send: _Telling, most: int) -> None:
        self._receive, self._send, self._left = receive, send, most

    @property
    def too_large(self) -> bool:
        return self._left < 0

    async def receive(self) -> Message:
        if self.too_large:
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.too_large else message

    async def send(self, message: Message) -> None:
        if not self.too_large or self._send.begun:
            await self._send(message)


def _too_large(most: int) -> Json:
    return problem(413, Problem(kind="TooLarge", message=f"a body here has at most {most >> 20} MiB"))


def _host(headers: Headers) -> str:
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""
