"""The application on an address, until somebody ends it."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

import uvicorn

from benchbook.errors import Conflict, Denied, SpecError
from benchbook.server.access import LOOPBACK, Access
from benchbook.server.app import Options, application
from benchbook.server.live import Live
from benchbook.service import users
from benchbook.service.runs import utc_now
from benchbook.settings import Settings
from benchbook.store.store import Store

_GRACE = 5
"""Seconds that answers under way are given at the end."""


@dataclass(frozen=True)
class Address:
    """Where it listens, and whom it lets in."""

    host: str
    port: int
    certificate: Path | None = None
    private_key: Path | None = None
    open: bool = False
    """Whether nobody has to log in."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    def check(self) -> None:
        """Raise what is wrong with it."""
        if self.open and not self.is_loopback:
            raise Denied(
                f"--no-auth lets everybody do everything, and {self.host} is not this machine alone; listen on "
                "127.0.0.1, or let people log in"
            )
        if (self.certificate is None) != (self.private_key is None):
            raise SpecError("--certificate and --key are given together, or neither is")
        for file in (self.certificate, self.private_key):
            if file is not None and not file.is_file():
                raise SpecError(f"there is no file {file}")


@dataclass(frozen=True)
class Listening:
    """A server that has its port."""

    url: str
    token: str | None
    """Of the link that lets the first person in."""
    server: uvicorn.Server
    sockets: list[socket.socket] = field(repr=False)

    @property
    def link(self) -> str | None:
        """The page that lets the first person in, once; after the # no server and no log sees it."""
        return f"{self.url}/login#token={self.token}" if self.token else None

    def run(self) -> None:
        """Answer until SIGINT or SIGTERM; the second cuts what the first lets finish."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        # The server ends in order, and then sends itself the signal that ended it.
        with suppress(KeyboardInterrupt):
            self.server.run(sockets=self.sockets)


@contextmanager
def listening(store: Store, settings: Settings, address: Address) -> Iterator[Listening]:
    """The application with its port, ready to run."""
    names = {*LOOPBACK, address.host} if address.is_loopback else None
    options = Options(access=Access(utc_now, open=address.open), hosts=frozenset(names) if names else None)
    app = application(store, settings, options)
    config = uvicorn.Config(
        app,
        ssl_certfile=address.certificate,
        ssl_keyfile=address.private_key,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    with bound(address) as listener:
        url = f"{'https' if address.certificate else 'http'}://{_written(address.host)}:{listener.getsockname()[1]}"
        token = None if address.open else users.first_link(store, utc_now())
        yield Listening(url, token, _Server(config, app.state.live), [listener])


class _Server(uvicorn.Server):
    """Ends streams, which would go on for ever, before it waits for what is under way."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._live = live

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End in order."""
        self._live.close()
        await super().shutdown(sockets)


def bound(address: Address) -> socket.socket:
    """The port of that address, taken."""
    try:
        [(family, *_, place), *_] = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        # A port that was let go of a moment ago is taken again.
        return socket.create_server((place[0], place[1]), family=family, backlog=512)
    except OSError as err:
        raise Conflict(
            f"cannot listen on {address.host}:{address.port}: {err.strerror or err}; take another --port, or 0"
        ) from err


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host
