"""The gateway's connections. What comes on them and is no request is answered as every mistake is, and fills no log."""

import asyncio
from functools import partial
from typing import Any

from aiohttp import web
from aiohttp.http import RawRequestMessage
from aiohttp.http_exceptions import HttpProcessingError

from benchbook.service.gateway_replies import error
from benchbook.service.gateway_routes import reply, worded
from benchbook.specs.quoting import shortened


class Runner(web.AppRunner):
    """Runs an application. Whoever hangs up cancels his request."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        # Around the whole application: what a request expects (`Expect`) is looked at before its middlewares are asked.
        handler = partial(worded, handler=made.request_handler)
        return _Server(handler, request_factory=made.request_factory, handler_cancellation=True, access_log=None)


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=asyncio.get_running_loop(), **self._kwargs)


class _Connection(web.RequestHandler):
    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """As aiohttp has it; but a body that breaks off in the middle ends the request that waits for its rest."""
        super().data_received(data)
        request = self._current_request
        broke = self._messages and not isinstance(self._messages[-1][0], RawRequestMessage)
        if broke and request is not None and not request.content.is_eof():
            request.content.set_exception(web.RequestPayloadError("the body breaks off"))

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
