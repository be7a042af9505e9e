"""The HTTP under every runtime that asks a server: one pool of connections for a runtime, kept alive."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from benchbook import FailureCause, PluginError, RuntimeFailed
from benchbook.plugins.runtimes.completions import Reply
from benchbook.plugins.runtimes.connections import Broken, Connections, TooLong, Unreachable
from benchbook.plugins.runtimes.events import EventReader, Pieces
from benchbook.plugins.runtimes.refusals import broken_off, nonsense, refused
from benchbook.plugins.runtimes.server import PATIENCE, Server, proxy_to

Read = TypeVar("Read")

_MIB = 2**20
_MOST_READ = 16 * _MIB
"""Bytes of an answer that are read; a completion is nowhere near."""


@dataclass(frozen=True)
class Times:
    """Seconds from a request to its answer's end; to its first token only if it was streamed."""

    latency: float
    first_token: float | None = None


@dataclass(frozen=True)
class Line:
    """A server, and the connections to it. What goes wrong is told as RuntimeFailed, transient or not."""

    server: Server
    connections: Connections

    async def ask(self, path: str, body: Reply, read: Callable[[Reply, Times], Read]) -> Read:
        """What `read` makes of the JSON that the server answers."""
        started, raw = time.perf_counter(), b""
        async with self._accepted(path, body) as chunks:
            raw = b"".join([chunk async for chunk in chunks])
        url, times = self._url(path), Times(time.perf_counter() - started)
        return self._made(url, raw, lambda: read(_object(raw), times))

    async def follow(self, path: str, body: Reply, pieces: Pieces, read: Callable[[Reply, Times], Read]) -> Read:
        """The same, from a stream of events."""
        url, started, first_token = self._url(path), time.perf_counter(), None
        async with self._accepted(path, body) as chunks:
            events, data = EventReader(), b""
            async for chunk in chunks:
                for data in events.read(chunk):
                    if self._taken(url, data, pieces) and first_token is None:
                        first_token = time.perf_counter() - started
            for data in events.end():
                # A piece of JSON here is a stream that was cut off, which `whole` tells.
                if data.endswith(b"}"):
                    self._taken(url, data, pieces)
        times = Times(time.perf_counter() - started, first_token)
        reply = self._made(url, data, pieces.whole)
        if reply is None:
            raise RuntimeFailed(f"the stream of {url} ended before the answer did", transient=True)
        return self._made(url, reply, lambda: read(reply, times))

    def _url(self, path: str) -> str:
        return f"{self.server.url}/{path}"

    @asynccontextmanager
    async def _accepted(self, path: str, body: Reply) -> AsyncIterator[AsyncIterator[bytes]]:
        """The body of an answer that is one, as it comes."""
        url, asked = self._url(path), json.dumps(body).encode()
        try:
            async with self.connections.posted(f"{self.connections.url.path}/{path}", asked) as reply:
                if reply.status != 200:
                    raw = b"".join([chunk async for chunk in reply.chunks()]) or reply.reason
                    raise refused(self.server, url, reply.status, reply.headers, raw)
                yield reply.chunks()
        except Unreachable as err:
            raise self._broken(url, err, "gone") from None
        except TimeoutError:
            raise RuntimeFailed(f"{url} did not answer in time", transient=True, cause="late") from None
        except TooLong:
            raise RuntimeFailed(
                f"{url} answered with more than {_MOST_READ // _MIB} MiB, the most that is read of an answer; "
                "limit it with `max_tokens`, or look at what the server sends"
            ) from None
        except Broken as err:
            raise self._broken(url, err, "fault") from None

    def _broken(self, url: str, err: Exception, cause: FailureCause) -> RuntimeFailed:
        reason = self.server.quoted(str(err)) or type(err).__name__
        return RuntimeFailed(f"the connection to {url} broke: {reason}", transient=True, cause=cause)

    def _taken(self, url: str, data: bytes, pieces: Pieces) -> bool:
        event = self._made(url, data, lambda: _object(data))
        if event.get("error"):
            raise broken_off(self.server, url, event["error"])
        return self._made(url, data, lambda: pieces.add(event))

    def _made(self, url: str, said: bytes | Reply, make: Callable[[], Read]) -> Read:
        """What `make` makes of what the server said; RuntimeFailed if that is not what it should be."""
        try:
            return make()
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
            raw = said if isinstance(said, bytes) else json.dumps(said).encode()
            raise nonsense(self.server, url, raw) from None


@asynccontextmanager
async def connected(server: Server) -> AsyncIterator[Line]:
    """The line to the server, for as long as a run needs it."""
    url, proxy = urlsplit(server.url), _proxy(server.url)
    connections = Connections(url, server.headers, proxy, server.timeout, PATIENCE, _MOST_READ)
    try:
        yield Line(server, connections)
    finally:
        await connections.close()


def _proxy(url: str) -> SplitResult | None:
    proxy = proxy_to(url)
    if proxy is None:
        return None
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        # It is not repeated: there may be a password in it.
        raise PluginError(f"the proxy that the environment names for {url} is none of HTTP; unset it, or set no_proxy")
    return parts


def _object(raw: bytes) -> dict[str, Any]:
    """The JSON object; ValueError if it is something else."""
    reply = json.loads(raw)
    if not isinstance(reply, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one error for all that is not an answer
    return reply
