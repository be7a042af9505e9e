"""Registered models behind an OpenAI-compatible address, for other harnesses and clients."""

import asyncio
import hashlib
import ipaddress
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field

from aiohttp import web

from benchbook import registry
from benchbook.errors import PluginError, SpecError
from benchbook.protocols import Runtime
from benchbook.service.gateway_answers import Served
from benchbook.service.gateway_routes import Guard, application
from benchbook.service.gateway_runner import Runner
from benchbook.specs.models import ModelSpec
from benchbook.specs.spec import canonical_json

_UNLIMITED = 64
"""Requests that a runtime is asked at once that does not say how many it can work on."""
_GRACE = 10.0
"""Seconds in which requests may be finished when the gateway is to end."""


@dataclass(frozen=True)
class Address:
    """Where the gateway listens, and who may ask it."""

    host: str = "127.0.0.1"
    port: int = 8000
    """0 takes a free one."""
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Gateway:
    """A gateway that listens."""

    base_url: str
    models: Sequence[Served]


def check(models: Sequence[ModelSpec], address: Address) -> None:
    """Find every mistake before anything is loaded: names, arguments, what a model needs, an open door."""
    if address.key is None and not _on_this_machine(address.host):
        raise SpecError(
            f"{address.host} is reached from other machines; name a key with --api-key-env, or listen on 127.0.0.1"
        )
    names = [model.name for model in models]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SpecError(f"the model {twice[0]!r} is named twice")
    for model in models:
        try:
            registry.preflight("runtime", model.runtime)
        except SpecError as err:
            raise err.under(model.name) from None


@asynccontextmanager
async def opened(models: Sequence[ModelSpec], address: Address) -> AsyncIterator[Gateway]:
    """The gateway to those models, which listens for as long as this is open.

    In the end no new request is taken; those under way are finished, or cut after ten seconds.
    """
    with closing(_bound(address)) as door:
        async with AsyncExitStack() as stack:
            served = [await stack.enter_async_context(_served(model)) for model in models]
            app = application({model.spec.name: model for model in served}, Guard(address.host, address.key))
            runner = Runner(app, shutdown_timeout=_GRACE)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.SockSite(runner, door).start()
            yield Gateway(_base_url(address.host, door.getsockname()[1]), served)


@asynccontextmanager
async def _served(model: ModelSpec) -> AsyncIterator[Served]:
    async with registry.opened("runtime", model.runtime) as runtime:
        slots = asyncio.Semaphore(runtime.slots or _UNLIMITED)
        yield Served(model, runtime, slots, _fingerprint(model, runtime))


def _fingerprint(model: ModelSpec, runtime: Runtime) -> str:
    """What tells this model, with these settings, from another: by name, and by what its runtime says of itself."""
    known = canonical_json({"model": model.model, "facts": dict(runtime.facts)})
    return f"fp_{hashlib.sha256(known.encode()).hexdigest()[:12]}"


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bound(address: Address) -> socket.socket:
    """A socket at the address: taken before any model is loaded, listening only afterwards."""
    door: socket.socket | None = None
    try:
        [(family, kind, protocol, _, place), *_] = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        door = socket.socket(family, kind, protocol)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(place)
    except OSError as err:
        if door is not None:
            door.close()
        raise PluginError(
            f"cannot listen on {address.host}:{address.port} ({err.strerror}); take another --port (0: any free one)"
        ) from None
    return door


def _base_url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/v1"
