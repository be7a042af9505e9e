"""A server on loopback that refuses, fails, goes away and comes back, and remembers when it was asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Behaviour = Callable[["Asked"], Awaitable[web.StreamResponse | None]]
"""What to answer, or None for a completion."""


@dataclass
class Asked:
    """One request, as the server sees it."""

    prompt: str
    number: int
    """Of the request, from 1."""
    time: int
    """How often this prompt was asked by now."""
    at_once: int
    """Requests that the server works on, with this one."""
    at: float
    request: web.Request


@dataclass
class Server:
    """Answers each prompt with itself, unless `behaves` says otherwise."""

    behaves: Behaviour
    url: str = ""
    log: list[Asked] = field(default_factory=list)
    peak: int = 0
    _working: int = 0
    _runner: web.AppRunner | None = None
    _port: int = 0

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/v1/completions", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.01)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}/v1"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def times(self, prompt: str) -> list[float]:
        """When that prompt was asked."""
        return [asked.at for asked in self.log if asked.prompt == prompt]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        prompt = (await request.json())["prompt"]
        self._working += 1
        self.peak = max(self.peak, self._working)
        at = asyncio.get_running_loop().time()
        time = len(self.times(prompt)) + 1
        asked = Asked(prompt, len(self.log) + 1, time, self._working, at, request)
        self.log.append(asked)
        try:
            return await self.behaves(asked) or completion(prompt)
        finally:
            self._working -= 1


@asynccontextmanager
async def serving(behaves: Behaviour) -> AsyncIterator[Server]:
    """The server, for as long as a test needs it."""
    server = Server(behaves)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def completion(text: str, tokens: int = 5) -> web.Response:
    said: dict[str, Any] = {"choices": [{"text": text, "finish_reason": "stop"}]}
    return web.json_response({**said, "usage": {"prompt_tokens": tokens, "completion_tokens": tokens}})


def refusal(status: int, retry_after: float | None = None, message: str = "no") -> web.Response:
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:.3f}"}
    return web.json_response({"error": {"message": message}}, status=status, headers=headers)


def dropped(asked: Asked) -> web.Response:
    assert asked.request.transport is not None
    asked.request.transport.abort()
    return web.Response()
