"""Server-sent events: an answer that comes in pieces."""

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
        self._data: list[bytes] = []

    def read(self, chunk: bytes) -> Iterator[bytes]:
        """The data of the events that end in this chunk."""
        *ended, rest = chunk.split(b"\n")
        for end in ended:
            line = b"".join([*self._line, end]).removesuffix(b"\r")
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
        elif not line and self._data:
            event, self._data = b"\n".join(self._data), []
            # With [DONE] OpenAI ends a stream, and by an event without data others keep it open.
            if event.strip() not in (b"[DONE]", b""):
                yield event
