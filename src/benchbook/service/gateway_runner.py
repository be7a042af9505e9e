"""The gateway's connections. What comes on them and is no request is answered as every mistake is, and fills no log."""

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from benchbook.service.gateway_replies import error
from benchbook.service.gateway_routes import reply
from benchbook.specs.quoting import shortened


class Runner(web.AppRunner):
    """Runs an application. Whoever hangs up cancels his request."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        factory = made.request_factory
        return _Server(made.request_handler, request_factory=factory, handler_cancellation=True, access_log=None)


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=asyncio.get_running_loop(), **self._kwargs)


class _Connection(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is answered where no handler could; ConnectionError where an answer has begun already."""
        plain = super().handle_error(request, status, exc, message)
        if not isinstance(exc, HttpProcessingError):
            return plain
        told = reply(error(f"this is no HTTP request: {_reason(exc)}", "invalid_request_error"), status)
        told.force_close()
        return told

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """The server's own faults are told in full; a client's are nobody's business."""
        err = kw.get("exc_info")
        if isinstance(err, HttpProcessingError | web.RequestPayloadError):
            self.logger.debug("a client sent what is no HTTP request: %s", _reason(err))
        else:
            super().log_exception(*args, **kw)


def _reason(err: HttpProcessingError | web.RequestPayloadError) -> str:
    """What is wrong, in one line."""
    said = err.message if isinstance(err, HttpProcessingError) else str(err)
    return shortened(" ".join(said.split()))
