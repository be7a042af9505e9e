"""What a command line left behind."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Benchbook = Callable[..., Result]


class CountingServer:
    """An OpenAI-compatible server that answers `x` after a moment, and counts."""

    def __init__(self) -> None:
        self.asked = 0
        self._numbers = count(1)
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._reply({"data": [{"id": "x"}]})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if not body.get("messages"):
                    self._reply({"error": {"message": "no messages"}}, 400)
                    return
                server.asked = next(server._numbers)
                threading.Event().wait(0.02)
                self._reply({"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}], "usage": {}})

            def _reply(self, document: object, status: int = 200) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
