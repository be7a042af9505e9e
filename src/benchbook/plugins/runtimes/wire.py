"""The HTTP under every runtime that asks a server: one pool of connections for a runtime, kept alive."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from benchbook import FailureCause, PluginError, RuntimeFailed
from benchbook.plugins.runtimes.completions import Reply
from benchbook.plugins.runtimes.connections import Answer, Broken, Connections, TooLong, Unreachable
from benchbook.plugins.runtimes.events import EventReader, Pieces
from benchbook.plugins.runtimes.fields import Complained, Unfit
from benchbook.plugins.runtimes.refusals import complained, misfit, nonsense, refused, unfit
from benchbook.plugins.runtimes.server import PATIENCE, Server, proxy_to

Read = TypeVar("Read")

_FAILURES = (Unreachable, Broken, TooLong, TimeoutError)
_COUNTS = ("usage", "usageMetadata")
"""What an answer may do without: how many tokens it took."""
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
    _doubts: dict[str, str] = field(default_factory=dict)
    """By the field, what was wrong with answers that were taken all the same."""
    _told: set[str] = field(default_factory=set)

    async def ask(self, path: str, body: Reply, read: Callable[[Reply, Times], Read]) -> Read:
        """What `read` makes of the JSON that the server answers."""
        url, started = self._url(path), time.perf_counter()
        try:
            async with self._posted(path, body) as answer:
                raw = await answer.body()
        except _FAILURES as err:
            raise self._failed(url, err) from None
        times = Times(time.perf_counter() - started)
        if answer.status != 200:
            raise self._refused(url, answer, raw)
        return self._read(url, raw, times, read)

    async def follow(self, path: str, body: Reply, pieces: Pieces, read: Callable[[Reply, Times], Read]) -> Read:
        """The same, from a stream of events. A server that does not stream is taken at its word: it answers at once."""
        url, started, first_token = self._url(path), time.perf_counter(), None
        events, data = EventReader(), b""
        try:
            async with self._posted(path, body) as answer:
                if answer.status != 200:
                    raise self._refused(url, answer, await answer.body())
                if (await answer.beginning()).startswith((b"{", b"<")):
                    # No stream of events begins so.
                    raw, times = await answer.body(), Times(time.perf_counter() - started)
                    return self._read(url, raw, times, read)
                async for chunk in answer.chunks():
                    for data in events.read(chunk):
                        if self._taken(url, data, pieces) and first_token is None:
                            first_token = time.perf_counter() - started
        except _FAILURES as err:
            raise self._failed(url, err) from None
        for data in events.end():
            # A piece of JSON here is a stream that was cut off, which `whole` tells.
            if _is_json(data):
                self._taken(url, data, pieces)
        times = Times(time.perf_counter() - started, first_token)
        reply = self._made(url, data, pieces.whole)
        if reply is None:
            raise RuntimeFailed(f"the stream of {url} ended before the answer did", transient=True)
        return self._made(url, reply, lambda: self._counted(url, reply, times, read))

    def troubles(self) -> list[str]:
        """What was wrong with answers that were taken all the same, since this was asked last; of each field once."""
        news = [name for name in self._doubts if name not in self._told]
        self._told.update(news)
        return [self._doubts[name] for name in news]

    def _url(self, path: str) -> str:
        return f"{self.server.url}/{path}"

    def _posted(self, path: str, body: Reply) -> AbstractAsyncContextManager[Answer]:
        return self.connections.posted(f"{self.connections.url.path}/{path}", json.dumps(body).encode())

    def _refused(self, url: str, answer: Answer, raw: bytes) -> RuntimeFailed:
        return refused(self.server, url, answer.status, answer.headers, raw or answer.reason)

    def _failed(self, url: str, err: Exception) -> RuntimeFailed:
        if isinstance(err, TooLong):
            return RuntimeFailed(
                f"{url} answered with more than {_MOST_READ // _MIB} MiB, the most that is read of an answer; "
                "limit it with `max_tokens`, or look at what the server sends"
            )
        if isinstance(err, TimeoutError):
            return RuntimeFailed(f"{url} did not answer in time", transient=True, cause="late")
        reason = self.server.quoted(str(err))
        cause: FailureCause = "gone" if isinstance(err, Unreachable) else "fault"
        return RuntimeFailed(f"the connection to {url} broke: {reason}", transient=True, cause=cause)

    def _read(self, url: str, raw: bytes, times: Times, read: Callable[[Reply, Times], Read]) -> Read:
        if not raw.strip():
            raise RuntimeFailed(f"{url} answered 200 with an empty body", transient=True)
        return self._made(url, raw, lambda: self._counted(url, _object(raw), times, read))

    def _counted(self, url: str, reply: Reply, times: Times, read: Callable[[Reply, Times], Read]) -> Read:
        """What `read` makes of the reply; if only its tokens are not counted as they should be, without those."""
        try:
            return read(reply, times)
        except Unfit as err:
            name = err.field.partition(".")[0]
            if name not in _COUNTS:
                raise
            told = f"{url} does not count tokens as it should: {misfit(self.server, err)}"
            self._doubts.setdefault(err.field, f"{told}; such answers are taken without a count")
            return read({**reply, name: None}, times)

    def _taken(self, url: str, data: bytes, pieces: Pieces) -> bool:
        return self._made(url, data, lambda: pieces.add(_object(data)))

    def _made(self, url: str, said: bytes | Reply, make: Callable[[], Read]) -> Read:
        """What `make` makes of what the server said; RuntimeFailed if that is not what it should be."""
        try:
            return make()
        except Complained as err:
            raise complained(self.server, url, err.error) from None
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as err:
            raw = said if isinstance(said, bytes) else json.dumps(said).encode()
            if isinstance(err, Unfit):
                raise unfit(self.server, url, err, raw) from None
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


def _is_json(raw: bytes) -> bool:
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return True


def _object(raw: bytes) -> dict[str, Any]:
    """The JSON object; ValueError if it is something else, Complained if it is an error."""
    reply = json.loads(raw)
    if not isinstance(reply, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one error for all that is not an answer
    if reply.get("error"):
        raise Complained(reply["error"])
    if reply.get("object") == "error":
        raise Complained(reply)
    return reply
