"""Connections to servers on loopback that say, byte for byte, what a test wants them to say."""

import asyncio
import gzip
import shutil
import ssl
import subprocess
import zlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from benchbook.plugins.runtimes.connections import Answer, Broken, Connections, TooLong, Unreachable

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]

IDLE = 1.1
"""Seconds after which a connection has been idle long enough for a server to close it."""
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PACKED = gzip.compress(b"ok", mtime=0)  # the same for every process: it is part of a test's name


class Scripted:
    """A server that answers each request with the next of its lines, and knows what it was asked."""

    def __init__(self, *answers: bytes, closes: bool = False) -> None:
        self.heads: list[str] = []
        self.connections = 0
        self.asked = asyncio.Event()
        self.gone = asyncio.Event()
        """A client has closed its connection."""
        self._answers = iter(answers)
        self._closes = closes

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await asked(reader):
                self.heads.append(head)
                self.asked.set()
                writer.write(next(self._answers, b""))
                await writer.drain()
                if self._closes:
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.gone.set()
            await closed(writer)


class Closing:
    """A server that closes the connection after an answer that is none, or is cut off."""

    def __init__(self, *answers: bytes | None, wait: float = 0.0) -> None:
        self.connections = 0
        self._answers = iter(answers)
        self._wait = wait

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError):
            while await asked(reader):
                answer = next(self._answers)
                if answer != OK:
                    await asyncio.sleep(self._wait)
                    writer.write(answer or b"")
                    break
                writer.write(answer)
        await closed(writer)


async def asked(reader: asyncio.StreamReader) -> str:
    """The head of the next request, once its body is here, too."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next((line.split(":")[1] for line in head.lower().split("\r\n") if line.startswith("content-length")), "0")
    await reader.readexactly(int(length))
    return head


@asynccontextmanager
async def serving(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    talks: set[asyncio.Task[None]] = set()

    async def begun(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.create_task(talk(reader, writer)))

    server = await asyncio.start_server(begun, "127.0.0.1", 0, ssl=tls)
    try:
        host, port = server.sockets[0].getsockname()
        yield f"{'https' if tls else 'http'}://{'localhost' if tls else host}:{port}"
    finally:
        server.close()
        await asyncio.wait_for(asyncio.gather(*talks), 20)


@asynccontextmanager
async def connections(
    url: str, proxy: str | None = None, seconds: float = 20.0, most: int = 1000, headers: Mapping[str, str] = {}
) -> AsyncIterator[Connections]:
    made = Connections(urlsplit(url), headers, urlsplit(proxy) if proxy else None, seconds, 20.0, most)
    try:
        yield made
    finally:
        await made.close()


async def said(to: Connections, body: bytes = b"{}") -> tuple[int, bytes]:
    async with to.posted("/v1/chat", body) as answer:
        return answer.status, b"".join([chunk async for chunk in answer.chunks()])


async def answers(server: Scripted, number: int = 1, most: int = 1000) -> list[tuple[int, bytes]]:
    async with serving(server.talk) as url, connections(url, most=most) as to:
        return [await said(to) for _ in range(number)]


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (OK, b"ok"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX: y\r\n\r\n",
            b"abcde",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: GZIP\r\nContent-Length: 22\r\n\r\n" + PACKED, b"ok"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 10\r\n\r\n" + zlib.compress(b"ok"), b"ok"),
    ],
)
def test_a_body_is_read_however_its_end_is_told_and_the_connection_serves_again(answer: bytes, body: bytes) -> None:
    async def case() -> None:
        server = Scripted(answer, OK)
        first, second = await answers(server, 2)
        assert first[1] == body
        assert second == (200, b"ok")
        assert server.connections == 1

    asyncio.run(case())


@pytest.mark.parametrize("head", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"])
def test_a_body_may_end_with_its_connection(head: bytes) -> None:
    async def case() -> None:
        server = Scripted(head + b"until the end", head + b"again", closes=True)
        assert await answers(server, 2) == [(200, b"until the end"), (200, b"again")]
        assert server.connections == 2

    asyncio.run(case())


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\n" + PACKED[:12],
    ],
)
def test_what_breaks_off_or_is_not_http_is_broken_and_never_an_answer(answer: bytes) -> None:
    async def case() -> None:
        with pytest.raises(Broken):
            await answers(Scripted(answer, closes=True))

    asyncio.run(case())


@pytest.mark.parametrize("encoding", [b"gzip", b"x-gzip"])
def test_what_is_packed_in_several_pieces_is_whole(encoding: bytes) -> None:
    body = PACKED + gzip.compress(b", and more", mtime=0) + bytes(3)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (encoding, len(body))

    async def case() -> None:
        assert await answers(Scripted(head + body)) == [(200, b"ok, and more")]
        for at in range(len(body)):
            answer = Answer(1000)
            answer.headers = {"content-encoding": encoding.decode()}
            answer.begin(200)
            for piece in (body[:at], body[at:]):
                answer.add(piece)
            answer.end()
            assert await answer.body() == b"ok, and more", at

    asyncio.run(case())


@pytest.mark.parametrize("packed", [False, True])
def test_no_more_is_read_than_is_wanted_and_the_connection_is_given_up(packed: bool) -> None:
    async def case() -> None:
        body = gzip.compress(b"x" * 10**7) if packed else b"x" * 5000
        encoding = b"Content-Encoding: gzip\r\n" if packed else b""
        server = Scripted(b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n%b" % (encoding, len(body), body))
        with pytest.raises(TooLong):
            await answers(server, most=1000)
        await asyncio.wait_for(server.gone.wait(), 20)

    asyncio.run(case())


def test_a_connection_that_the_server_has_closed_meanwhile_is_not_used_again() -> None:
    async def case() -> None:
        server = Scripted(OK, OK, closes=True)
        async with serving(server.talk) as url, connections(url) as to:
            assert await said(to) == (200, b"ok")
            await asyncio.wait_for(server.gone.wait(), 20)
            await asyncio.sleep(0.1)
            assert await said(to) == (200, b"ok")
        assert server.connections == 2

    asyncio.run(case())


def test_a_connection_that_the_server_closes_as_it_is_used_again_is_replaced() -> None:
    async def case() -> None:
        server = Closing(OK, None, OK)
        async with serving(server.talk) as url, connections(url) as to:
            assert await said(to) == (200, b"ok")
            await asyncio.sleep(IDLE)
            assert await said(to) == (200, b"ok")
        assert server.connections == 2

    asyncio.run(case())


@pytest.mark.parametrize("slowly", [0.0, 0.48])
def test_what_is_asked_again_is_late_when_the_first_request_would_have_been(slowly: float) -> None:
    class Slow(Connections):
        """Every connection but the first takes its time to come about."""

        async def _connected(self) -> Any:
            await asyncio.sleep(slowly if heads else 0.0)
            return await super()._connected()

    heads: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            heads.append(await asked(reader))
            if len(heads) == 1:
                writer.write(OK)
                heads.append(await asked(reader))
                await asyncio.sleep(0.05)
            else:
                await reader.read()
        await closed(writer)

    async def case() -> None:
        async with serving(talk) as url, asyncio.timeout(10):
            to = Slow(urlsplit(url), {}, None, 0.5, 20.0, 1000)
            assert await said(to) == (200, b"ok")
            await asyncio.sleep(IDLE)
            with pytest.raises(TimeoutError):
                await said(to)
            await to.close()

    asyncio.run(case())


@pytest.mark.parametrize(("answers", "connected"), [((OK, None, None), 2), ((None,), 1)])
def test_a_new_connection_that_is_closed_is_broken(answers: tuple[bytes | None, ...], connected: int) -> None:
    async def case() -> None:
        server = Closing(*answers)
        async with serving(server.talk) as url, connections(url) as to:
            if answers[0]:
                assert await said(to) == (200, b"ok")
                await asyncio.sleep(IDLE)
            with pytest.raises(Broken):
                await said(to)
        assert server.connections == connected

    asyncio.run(case())


def test_a_connection_that_breaks_while_the_server_works_is_no_reason_to_ask_twice() -> None:
    async def case() -> None:
        for idle, begun, wait in ((IDLE, b"HTTP/1.1 2", 0.0), (IDLE, None, 0.4), (0.0, None, 0.0)):
            server = Closing(OK, begun, OK, wait=wait)
            async with serving(server.talk) as url, connections(url) as to:
                assert await said(to) == (200, b"ok")
                await asyncio.sleep(idle)
                with pytest.raises(Broken):
                    await said(to)
            assert server.connections == 1

    asyncio.run(case())


def test_an_answer_that_nobody_asked_for_is_no_answer_to_the_next_request() -> None:
    async def case() -> None:
        server = Scripted(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray", OK)
        assert await answers(server, 2) == [(200, b"ok"), (200, b"ok")]
        assert server.connections == 2

    asyncio.run(case())


def test_requests_at_the_same_time_each_have_a_connection() -> None:
    async def case() -> None:
        server = Scripted(*[OK] * 100)
        async with serving(server.talk) as url, connections(url) as to:
            assert await asyncio.gather(*(said(to) for _ in range(50))) == [(200, b"ok")] * 50
            assert await asyncio.gather(*(said(to) for _ in range(50))) == [(200, b"ok")] * 50
        assert server.connections == 50

    asyncio.run(case())


def test_who_no_longer_waits_takes_the_request_back() -> None:
    async def case() -> None:
        server = Scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf")
        async with serving(server.talk) as url, connections(url) as to:
            task = asyncio.create_task(said(to))
            await asyncio.wait_for(server.asked.wait(), 20)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(server.gone.wait(), 20)

    asyncio.run(case())


def test_who_is_answered_after_the_end_leaves_no_connection_open() -> None:
    async def case() -> None:
        server = Scripted(OK)
        async with serving(server.talk) as url, connections(url) as to:
            async with to.posted("/v1/chat", b"{}") as answer:
                await to.close()
                assert await answer.body() == b"ok"
            await asyncio.wait_for(server.gone.wait(), 20)

    asyncio.run(case())


def test_an_answer_that_takes_too_long_is_late_and_its_connection_is_given_up() -> None:
    async def case() -> None:
        for begun in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf"):
            server = Scripted(begun)
            async with serving(server.talk) as url, connections(url, seconds=0.3) as to:
                with pytest.raises(TimeoutError):
                    await said(to)
                await asyncio.wait_for(server.gone.wait(), 20)

    asyncio.run(case())


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://no-such-host.invalid", f"http://{'x' * 70}.invalid"])
def test_where_nobody_is_nobody_is_reached(url: str) -> None:
    async def case() -> None:
        async with connections(url) as to:
            with pytest.raises(Unreachable):
                await said(to)

    asyncio.run(case())


def test_headers_of_ones_own_stand_in_for_those_that_are_always_sent() -> None:
    async def case() -> None:
        server = Scripted(OK)
        mine = {"user-agent": "me", "X-Key": "k"}
        async with (
            serving(server.talk) as url,
            connections(url, headers=mine) as to,
            to.posted("/v1/a b:do?x=ü", b"{}") as answer,
        ):
            assert answer.status == 200
        line, *headers = server.heads[0].strip().split("\r\n")
        assert line == "POST /v1/a%20b:do?x=%C3%BC HTTP/1.1"
        assert {"user-agent: me", "X-Key: k", f"Host: {urlsplit(url).netloc}", "Content-Length: 2"} <= set(headers)
        assert sum("user-agent" in header.lower() for header in headers) == 1

    asyncio.run(case())


def test_a_proxy_is_told_the_whole_url_and_its_own_password() -> None:
    async def case() -> None:
        server = Scripted(OK)
        async with serving(server.talk) as url:
            proxy = url.replace("//", "//me:p%40ss@")
            async with connections("http://model.invalid:8000/v1", proxy) as to:
                assert await said(to) == (200, b"ok")
        line, *headers = server.heads[0].split("\r\n")
        assert line == "POST http://model.invalid:8000/v1/chat HTTP/1.1"
        assert "Host: model.invalid:8000" in headers
        assert "Proxy-Authorization: Basic bWU6cEBzcw==" in headers

    asyncio.run(case())


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """One for localhost, which this process trusts."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    key, signed = tmp_path / "key.pem", tmp_path / "cert.pem"
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    files = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(signed)]
    subprocess.run(["openssl", "req", "-x509", *options, *files], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(signed))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(signed, key)
    return context


def test_what_is_encrypted_is_asked_directly_or_through_a_tunnel(certificate: ssl.SSLContext) -> None:
    async def case() -> None:
        server = Scripted(*[OK] * 4)
        places: list[str] = []

        async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            places.append(await asked(reader))
            port = int(places[-1].split(" ")[1].split(":")[1])
            there, onward = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(piped(reader, onward), piped(there, writer))

        async with serving(server.talk, certificate) as url, serving(proxy) as way:
            async with connections(url) as to:
                assert [await said(to), await said(to)] == [(200, b"ok")] * 2
            async with connections(url, way.replace("//", "//me:word@"), headers={"X-Key": "secret"}) as to:
                assert [await said(to), await said(to)] == [(200, b"ok")] * 2
        assert server.connections == 2
        assert places[0].startswith(f"CONNECT {urlsplit(url).netloc} HTTP/1.1\r\n")
        assert "Proxy-Authorization: Basic bWU6d29yZA==" in places[0]
        assert "secret" not in places[0]
        assert "Proxy-Authorization" not in "".join(server.heads)

    asyncio.run(case())


def test_a_server_whose_certificate_is_not_trusted_is_not_asked(
    certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def case() -> None:
        server = Scripted(OK)
        async with serving(server.talk, certificate) as url, connections(url) as to:
            with pytest.raises(Unreachable, match="certificate verify failed"):
                await said(to)
        assert server.heads == []

    monkeypatch.delenv("SSL_CERT_FILE")
    asyncio.run(case())


def test_a_proxy_that_leads_nowhere_is_told_with_its_status() -> None:
    async def case() -> None:
        server = Scripted(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        async with serving(server.talk) as way, connections("https://model.invalid/v1", way) as to:
            with pytest.raises(Broken, match="the proxy answered 403: Forbidden"):
                await said(to)
        assert server.heads[0].startswith("CONNECT model.invalid:443 HTTP/1.1\r\n")

    asyncio.run(case())


async def piped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
    await closed(writer)


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
