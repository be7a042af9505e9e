"""Server-sent events: an answer that comes in pieces."""

import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import Protocol

from benchbook.plugins.runtimes.completions import Reply


class Pieces(Protocol):
    """The pieces of one answer; each format puts them together in its own way."""

    def add(self, event: Reply) -> bool:
        """Take the event; whether it holds anything that the model said."""

    def whole(self) -> Reply | None:
        """The reply as it would have come in one piece; None if its end is missing."""


class EventReader:
    """The events of a stream, from the bytes as they come, however they are cut."""

    def __init__(self) -> None:
        self._line: list[bytes] = []
        self._returned = False
        """Whether the last line ended with a carriage return, of which a line feed may be a part."""
        self._name = b""
        self._data: list[bytes] = []

    def read(self, chunk: bytes) -> Iterator[bytes]:
        """The data of the events that end in this chunk."""
        if not chunk:
            return
        if self._returned:
            chunk = chunk.removeprefix(b"\n")
        self._returned = chunk.endswith(b"\r")
        *ended, rest = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for end in ended:
            line = b"".join([*self._line, end])
            self._line = []
            yield from self._taken(line)
        self._line.append(rest)

    def end(self) -> Iterator[bytes]:
        """The data of the last event, of a server that leaves its empty line out."""
        yield from self.read(b"\n\n")

    def _taken(self, line: bytes) -> Iterator[bytes]:
        line = line.removeprefix(BOM_UTF8)
        if line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
        elif line.startswith(b"event:"):
            self._name = line[6:].strip()
        elif not line:
            name, event, self._name, self._data = self._name, b"\n".join(self._data), b"", []
            # With [DONE] OpenAI ends a stream, and by an event without data others keep it open.
            if event.strip() not in (b"[DONE]", b""):
                yield _as_error(event) if name == b"error" else event


def _as_error(data: bytes) -> bytes:
    """The data of an event that is named an error, as an object that says so too: some send a bare message. Where
    nothing tells its kind, it is the server's: it had begun to answer."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        said = data.decode(errors="replace")
    if isinstance(said, dict) and said.get("error"):
        return data
    told = said if isinstance(said, dict) else {"message": str(said)}
    kind = told.get("type") or ("server_error" if told.get("code") is None else None)
    return json.dumps({"error": {**told, "type": kind}}).encode()
