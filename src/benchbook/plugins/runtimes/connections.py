"""HTTP/1.1 to one server: connections that are kept open, one request at a time on each.

A general client spends more time on cookies, redirects and forms, of which no model's server knows, than on the request
itself: aiohttp takes 0.16 ms of CPU a request, this 0.06. Answers are parsed by llhttp, which is Node's parser.
"""

import asyncio
import base64
import math
import re
import socket
import ssl
import zlib
from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import SplitResult, quote, unquote

import aiohappyeyeballs
import httptools

AnyProtocol = TypeVar("AnyProtocol", bound=asyncio.Protocol)

KEPT = 15.0
"""Seconds that a connection is kept for another request, and an address for another connection."""
_IDLE = 1.0
"""Seconds after which a server may close a connection that nobody uses: they wait for 2, 5, 60 or 75."""
_AT_ONCE = 0.2
"""Seconds in which the news arrives that it has done so."""

_HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Content-Type": "application/json",
    "User-Agent": "benchbook",
}
_PORTS = {"http": 80, "https": 443}
_BLANKS = b" \t\r\n" + BOM_UTF8
"""What may stand before JSON, and is sent by some to keep a connection open."""
_PACKED = b"\x1f"
"""What gzip begins with."""
_IN_TARGETS = "/%?=&:;,+$!*'()@~"


class Unreachable(Exception):
    """No connection came about."""


class Broken(Exception):
    """A connection was closed too early, or what came was not HTTP."""


class TooLong(Exception):
    """An answer is longer than what is read of one."""


@dataclass
class Connections:
    """Those to the server of a URL, by way of a proxy if there is one. The run bounds how many there are."""

    url: SplitResult
    headers: Mapping[str, str] = field(repr=False)
    proxy: SplitResult | None = field(repr=False)
    timeout: float
    """Seconds from a request to the end of its answer."""
    patience: float
    """Seconds that a connection may take to come about."""
    most: int
    """Bytes of an answer that are read."""
    _idle: "list[_Connection]" = field(default_factory=list, init=False)
    _closed: bool = field(default=False, init=False)
    _found: tuple[float, list[Any]] = field(default=(-math.inf, []), init=False, repr=False)
    """When addresses were looked up last, and which."""
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    @asynccontextmanager
    async def posted(self, target: str, body: bytes) -> AsyncIterator["Answer"]:
        """The answer to a POST, as soon as its head has come. To leave before its end gives up the connection.

        TimeoutError, Unreachable, Broken or TooLong if it does not come to an end.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        ends = began + self.timeout
        request = b"%b%b%d\r\n\r\n%b" % (self._line(target), self._head, len(body), body)
        connection = self._kept(began) or await self._made()
        answer = connection.ask(request, self.most)
        late = loop.call_at(ends, answer.fail, TimeoutError())
        try:
            try:
                await answer.head()
            except Broken:
                if not connection.was_closed(began, loop.time()):
                    raise
                async with asyncio.timeout_at(ends):
                    connection = await self._made()
                answer = connection.ask(request, self.most)
                late.cancel()
                late = loop.call_at(ends, answer.fail, TimeoutError())
                await answer.head()
            yield answer
        finally:
            late.cancel()
            connection.since = loop.time()
            if answer.ended and connection.usable and not self._closed:
                self._idle.append(connection)
            else:
                connection.transport.abort()

    async def close(self) -> None:
        """Close those that are kept, and keep none any more: requests that are under way close their own."""
        self._closed = True
        for connection in self._idle:
            connection.transport.abort()
        self._idle.clear()
        await asyncio.sleep(0)  # now they are

    def _kept(self, now: float) -> "_Connection | None":
        """The one that was used last: the others may be closed in time."""
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and now - connection.since < KEPT:
                return connection
            connection.transport.abort()
        return None

    async def _made(self) -> "_Connection":
        try:
            async with asyncio.timeout(min(self.patience, self.timeout)):
                return await self._connected()
        except TimeoutError:
            raise Unreachable(f"{self._host} took more than {self.patience:g} s to accept it") from None
        except (OSError, UnicodeError) as err:
            raise Unreachable(f"{self._host}: {err}") from None

    async def _connected(self) -> "_Connection":
        if self.proxy is None or self.url.scheme == "http":
            return await self._opened(_Connection(), self.proxy or self.url)
        tunnel = await self._opened(_Tunnel(), self.proxy)
        await tunnel.through(self._host, _authorization(self.proxy))
        made = _Connection()
        loop = asyncio.get_running_loop()
        transport = await loop.start_tls(tunnel.transport, made, self._tls, server_hostname=self.url.hostname)
        made.connection_made(transport)
        return made

    async def _opened(self, made: AnyProtocol, place: SplitResult) -> AnyProtocol:
        sock = await aiohappyeyeballs.start_connection(await self._addresses(place), happy_eyeballs_delay=0.25)
        encrypted = place.scheme == "https"
        await asyncio.get_running_loop().create_connection(
            lambda: made,
            sock=sock,
            ssl=self._tls if encrypted else None,
            server_hostname=place.hostname if encrypted else None,
        )
        return made

    async def _addresses(self, reached: SplitResult) -> list[Any]:
        """Where it is; looked up once for all who want to know at a time."""
        loop = asyncio.get_running_loop()
        async with self._looking:
            at, found = self._found
            if loop.time() - at > KEPT:
                port = reached.port or _PORTS[reached.scheme]
                found = await loop.getaddrinfo(reached.hostname, port, type=socket.SOCK_STREAM)
                self._found = loop.time(), found
        return found

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    @property
    def _handed_on(self) -> bool:
        """Whether a proxy reads the requests and hands them on."""
        return self.proxy is not None and self.url.scheme == "http"

    @cached_property
    def _host(self) -> str:
        host = f"[{self.url.hostname}]" if ":" in str(self.url.hostname) else str(self.url.hostname)
        return host if self.url.port is None else f"{host}:{self.url.port}"

    def _line(self, target: str) -> bytes:
        """The line that a request begins with: to a proxy that hands it on, it tells the whole URL."""
        place = f"http://{self._host}" if self._handed_on else ""
        return f"POST {place}{quote(target, safe=_IN_TARGETS)} HTTP/1.1\r\n".encode()

    @cached_property
    def _head(self) -> bytes:
        """What all requests have in common, up to how long their body is."""
        given = {name.lower() for name in self.headers}
        host = self._host.encode("ascii" if self._host.isascii() else "idna").decode()
        always = {"Host": host, **_HEADERS, **(_authorization(self.proxy) if self._handed_on else {})}
        lines = [f"{name}: {value}" for name, value in always.items() if name.lower() not in given]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "".join(f"{line}\r\n" for line in lines).encode() + b"Content-Length: "


class Answer:
    """What the server answers to one request: its head has come, and its body comes."""

    def __init__(self, most: int) -> None:
        self.status = 0
        """0 until the head has come."""
        self.reason = b""
        self.headers: dict[str, str] = {}
        """By their names in lower case."""
        self.ended = False
        self._left = most
        self._parts: list[bytes] = []
        self._decoder: Any = None
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body, as it comes."""
        while True:
            if self._parts:
                parts, self._parts = self._parts, []
                yield parts[0] if len(parts) == 1 else b"".join(parts)
            elif self._error is not None:
                raise self._error
            elif self.ended:
                return
            else:
                await self._something()

    async def beginning(self) -> bytes:
        """What has come of the body until there was more than blanks, without those; it is still to be read."""
        while not ((begun := b"".join(self._parts).lstrip(_BLANKS)) or self.ended or self._error):
            await self._something()
        return begun

    async def body(self) -> bytes:
        """All of it."""
        while not self.ended and self._error is None:
            await self._something()
        if self._error is not None:
            raise self._error
        return b"".join(self._parts)

    async def head(self) -> None:
        """Wait for the head."""
        while not self.status:
            if self._error is not None:
                raise self._error
            await self._something()

    @property
    def lasts(self) -> bool:
        """Whether the body ends where the connection does: nothing else says how long it is."""
        return bool(self.status) and "content-length" not in self.headers and "transfer-encoding" not in self.headers

    def begin(self, status: int) -> None:
        """The head is complete."""
        self.status = status
        encoding = self.headers.get("content-encoding", "identity").lower()
        if encoding in ("gzip", "x-gzip", "deflate"):
            self._decoder = _decoder()
        elif encoding != "identity":
            self.fail(Broken(f"the answer is encoded as {encoding!r}, which was not asked for"))
        self._wake()

    def add(self, data: bytes) -> None:
        """More of the body has come."""
        if self._decoder is not None:
            try:
                data = self._unpacked(data)
            except zlib.error as err:
                self.fail(Broken(f"the answer cannot be unpacked: {err}"))
                return
        self._left -= len(data)
        if self._left < 0:
            self.fail(TooLong())
            return
        self._parts.append(data)
        self._wake()

    def _unpacked(self, data: bytes) -> bytes:
        """What was packed: it may come in several pieces, each packed by itself. What else follows is no part of it."""
        parts, left = [], self._left
        while data and left >= 0:
            if self._decoder.eof:
                if not data.startswith(_PACKED):
                    break
                self._decoder = _decoder()
            parts.append(self._decoder.decompress(data, left + 1))
            left -= len(parts[-1])
            data = self._decoder.unused_data
        return b"".join(parts)

    def end(self) -> None:
        """The body is complete."""
        if self._decoder is not None and not self._decoder.eof:
            self.fail(Broken("the answer cannot be unpacked: its end is missing"))
        self.ended = True
        self._wake()

    def fail(self, error: Exception) -> None:
        """Nothing more comes."""
        if not self.ended and self._error is None:
            self._error = error
            self._wake()

    async def _something(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _decoder() -> Any:
    """Of gzip, and of what zlib packs."""
    return zlib.decompressobj(zlib.MAX_WBITS | 32)


class _Connection(asyncio.Protocol):
    """A connection, and the request that is under way on it."""

    transport: Any
    """Of asyncio or of uvloop, which have no class in common."""
    answer: Answer | None = None
    since = 0.0
    """When it was used last."""
    _lasts = True
    """Whether it is there for another request."""
    _silent = True
    """Whether nothing came since it was asked last."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._reason = b""
        self._headers: dict[str, str] = {}

    @property
    def usable(self) -> bool:
        return self._lasts and not self.transport.is_closing()

    def was_closed(self, asked: float, now: float) -> bool:
        """Whether the server must have closed it already when it was asked: it had served before, nobody had used it
        for a while, and it ended at once without a word."""
        idle = self.since > 0 and asked - self.since >= _IDLE
        return idle and self._silent and now - asked < _AT_ONCE

    def ask(self, request: bytes, most: int) -> Answer:
        self.answer, self._silent = Answer(most), True
        self.transport.write(request)
        return self.answer

    def connection_made(self, transport: object) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._silent = False
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as err:
            self._give_up(Broken(f"what the server sent is not HTTP: {err}"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._lasts = False
        if self.answer is None:
            return
        if exc is None and self.answer.lasts:
            self.answer.end()
        else:
            self.answer.fail(Broken(str(exc) if exc else "the server closed it before the answer was complete"))

    def on_message_begin(self) -> None:
        self._headers = {}
        if self.answer is None:
            self._give_up(Broken("nobody has asked for that"))

    def on_status(self, status: bytes) -> None:
        self._reason = status

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self.answer is not None and status >= 200:  # before, it only says that it goes on
            self.answer.reason, self.answer.headers = self._reason, self._headers
            self.answer.begin(status)

    def on_body(self, body: bytes) -> None:
        if self.answer is not None:
            self.answer.add(body)

    def on_message_complete(self) -> None:
        if self.answer is not None and self.answer.status:
            self._lasts = self._parser.should_keep_alive()
            self.answer.end()
            self.answer = None

    def _give_up(self, error: Exception) -> None:
        self._lasts = False
        if self.answer is not None:
            self.answer.fail(error)
        self.transport.abort()


class _Tunnel(asyncio.Protocol):
    """The way through a proxy, until it is open."""

    transport: Any
    """Of asyncio or of uvloop, which have no class in common."""

    def __init__(self) -> None:
        self._said = b""
        self._open = asyncio.get_running_loop().create_future()

    async def through(self, host: str, authorization: Mapping[str, str]) -> None:
        """Ask the proxy for the way to `host`; Broken if it has none."""
        place = host if re.search(r":\d+$", host) else f"{host}:{_PORTS['https']}"
        lines = [
            f"CONNECT {place} HTTP/1.1",
            f"Host: {place}",
            *(f"{name}: {value}" for name, value in authorization.items()),
        ]
        self.transport.write("".join(f"{line}\r\n" for line in [*lines, ""]).encode())
        try:
            await self._open
        except BaseException:
            self.transport.abort()
            raise

    def connection_made(self, transport: object) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._said += data
        if self._open.done() or (b"\r\n\r\n" not in self._said and len(self._said) < 2**16):
            return
        _, status, reason = (self._said.split(b"\r\n", 1)[0].decode("latin-1") + "  ").split(" ", 2)
        if status.startswith("2"):
            self._open.set_result(None)
        else:
            self._open.set_exception(Broken(f"the proxy answered {status}: {reason.strip()}"))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._open.done():
            self._open.set_exception(exc or ConnectionResetError("the proxy closed the connection"))


def _authorization(proxy: SplitResult | None) -> dict[str, str]:
    """The header for a proxy whose URL has a name and a password."""
    if proxy is None or proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
