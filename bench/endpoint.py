"""An OpenAI-compatible server that costs next to nothing: the same reply of 200 tokens to whatever it is asked, some
milliseconds later, and faults on demand. Run by itself: `python -m bench.endpoint MILLISECONDS [faults]` prints its
URL.

The faults, drawn by a fixed seed: of all requests 5 % get a 429 with `Retry-After: 1`, 1 % a 500, and 0.5 % a
connection that is closed without a word. `GET /counts` tells how many of each there were."""

import asyncio
import gc
import json
import random
import re
import sys
from collections import Counter

REPLY = " ".join(f"word{number % 10}" for number in range(199)) + " end"
MODEL = "mock"
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
_USAGE = {"prompt_tokens": 12, "completion_tokens": 200, "total_tokens": 212}
_HEAD = {"id": "r", "created": 1, "model": MODEL, "usage": _USAGE}
_MESSAGE = {"role": "assistant", "content": REPLY}


def _response(status: str, body: object, header: str = "") -> bytes:
    text = json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{header}Content-Length: {len(text)}\r\n\r\n"
    return head.encode() + text


_CHAT = _response(
    "200 OK",
    {**_HEAD, "object": "chat.completion", "choices": [{"index": 0, "finish_reason": "stop", "message": _MESSAGE}]},
)
_TEXT = _response(
    "200 OK", {**_HEAD, "object": "text_completion", "choices": [{"index": 0, "finish_reason": "stop", "text": REPLY}]}
)
_MODELS = _response("200 OK", {"object": "list", "data": [{"id": MODEL, "object": "model"}]})
_WRONG = _response("400 Bad Request", {"error": {"message": "messages are missing"}})
_BUSY = _response("429 Too Many Requests", {"error": {"message": "busy"}}, "Retry-After: 1\r\n")
_BROKEN = _response("500 Internal Server Error", {"error": {"message": "broken"}})


class Server(asyncio.Protocol):
    """One connection."""

    def __init__(self, delay: float, faults: bool, counts: Counter[str], dice: random.Random) -> None:  # noqa: FBT001
        self._delay, self._faults, self._counts, self._dice = delay, faults, counts, dice
        self._loop = asyncio.get_running_loop()
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            head = self._waiting[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._waiting) < whole:
                return
            body, self._waiting = self._waiting[end + 4 : whole], self._waiting[whole:]
            self._asked(head, body)

    def _asked(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET /counts"):
            self._transport.write(_response("200 OK", self._counts))
        elif head.startswith(b"GET"):
            self._transport.write(_MODELS)
        elif len(body) < 3:
            # A preflight.
            self._transport.write(_WRONG)
        else:
            self._answer(_CHAT if b"/chat/completions" in head else _TEXT)

    def _answer(self, response: bytes) -> None:
        self._counts["requests"] += 1
        lot = self._dice.random() if self._faults else 1.0
        if lot < 0.005:
            self._counts["dropped"] += 1
            self._transport.close()
            return
        if lot < 0.065:
            self._counts["429" if lot < 0.055 else "500"] += 1
            self._transport.write(_BUSY if lot < 0.055 else _BROKEN)
            return
        if self._delay:
            self._loop.call_later(self._delay, self._write, response)
        else:
            self._transport.write(response)

    def _write(self, response: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(response)


async def main(milliseconds: str, faults: str = "") -> None:
    """Serve until somebody ends it."""
    counts, dice = Counter[str](), random.Random(7)
    server = await asyncio.get_running_loop().create_server(
        lambda: Server(float(milliseconds) / 1000, bool(faults), counts, dice), "127.0.0.1", 0, backlog=1024
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    gc.freeze()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
