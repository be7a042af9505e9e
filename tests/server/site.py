"""The application on loopback, and somebody who asks it."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI

from benchbook.records.users import Role
from benchbook.server.access import CSRF_HEADER, Access
from benchbook.server.app import Options, application
from benchbook.server.listening import Address, bound
from benchbook.server.live import Tempo
from benchbook.service import users
from benchbook.service.runs import utc_now
from benchbook.settings import Settings
from benchbook.store.store import Store

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        kind: str = self.json["error"]["kind"]
        return kind


class Asker:
    """Somebody at a browser: keeps cookies, and says with every change what the page was told."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.headers: dict[str, str] = {}
        self.cookie: str | None = None

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, document: object = None, **headers: str) -> Reply:
        return self.ask("POST", path, json.dumps(document).encode(), {"Content-Type": "application/json", **headers})

    def ask(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Reply:
        cookies = {"Cookie": self.cookie} if self.cookie else {}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {**self.headers, **cookies, **(headers or {})})
            response = connection.getresponse()
            reply = Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()
        if "set-cookie" in reply.headers:
            self.cookie = reply.headers["set-cookie"].partition(";")[0]
        return reply

    def log_in(self, **login: str) -> Reply:
        reply = self.post("/api/session", login)
        if reply.status == 200:
            self.headers = {CSRF_HEADER: reply.json["csrf"]}
        return reply

    def send(self, path: str, name: str, body: bytes) -> Reply:
        """A file, as a form sends it."""
        mark = uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        whole = head + body + f"\r\n--{mark}--\r\n".encode()
        return self.ask("POST", path, whole, {"Content-Type": f"multipart/form-data; boundary={mark}"})


@dataclass(frozen=True)
class Site:
    """The application, and those who work with it."""

    port: int
    store: Store
    home: Path
    app: FastAPI

    def nobody(self) -> Asker:
        """Somebody who has not logged in."""
        return Asker(self.port)

    def a(self, role: Role) -> Asker:
        """Somebody who has."""
        name = f"{role}-{uuid4().hex[:8]}"
        users.add(self.store, name, role, PASSWORD, utc_now())
        asker = Asker(self.port)
        assert asker.log_in(name=name, password=PASSWORD).status == 200
        return asker


@contextmanager
def site(
    store: Store,
    home: Path,
    access: Access | None = None,
    pages: Path | None = None,
    names: frozenset[str] | None = frozenset({"127.0.0.1"}),
    tempo: Tempo = Tempo(),
) -> Iterator[Site]:
    """The application on a port of its own, in a thread."""
    options = Options(access=access or Access(utc_now), hosts=names, web=pages or home / "no-pages", tempo=tempo)
    app = application(store, Settings(home=home, database_url=""), options)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    with bound(Address("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Site(listener.getsockname()[1], store, home, app)
        finally:
            server.should_exit = True
            thread.join()
