"""What happens in runs, as it happens: read once for all who follow along, and sent as server-sent events.

A run is followed by the numbers of its events: whoever has lost the connection goes on after the last that came. The
board of all runs is followed by their state: whoever comes back is shown the whole of it.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, TypeVar, TypeVarTuple

from anyio import to_thread
from fastapi import Header, Query, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from benchbook.errors import BenchbookError
from benchbook.records.events import RunEvent
from benchbook.records.runs import RunStatus
from benchbook.server.access import scope
from benchbook.server.given import MOST, Stored, routes
from benchbook.server.replies import Json, Refused
from benchbook.service import overview
from benchbook.service.overview import ActiveRun
from benchbook.store import pages, views
from benchbook.store.store import Store

router = routes("live")

About = TypeVarTuple("About")
Answer = TypeVar("Answer")

AT_ONCE = 1000
"""Events of a message."""
_SHOWN = 200
"""Runs of the board."""
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Server-sent events."}
}


@dataclass(frozen=True)
class Tempo:
    """How often is looked, and how long anything lasts, in seconds."""

    look: float = 0.5
    """Between two looks at the events of runs."""
    row: float = 1.0
    """Between two looks at how far they are; longer where that takes its time."""
    beat: float = 15.0
    """Of silence, before a sign of life."""
    longest: float = 600.0
    """Of a stream: then whoever follows asks again, and is asked who he is."""
    streams: int = 1000
    """At once."""


@dataclass
class _Followed:
    """A run that somebody follows, or the board of all of them."""

    followers: int = 0
    head: int = 0
    """The last event that was seen."""
    latest: tuple[int, int, bytes] = (0, 0, b"")
    """The last message: the event that it comes after, its own last one, and what is sent."""
    rows: dict[str, tuple[int, ActiveRun]] = field(default_factory=dict)
    """How runs stand, each with the version in which that was new."""
    version: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    due: float = 0.0
    """When it is looked how far they are."""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self) -> None:
        """Wake all who wait."""
        self.news.set()
        self.news = asyncio.Event()


_BOARD = ""


class Live:
    """One for an application. It looks only while somebody follows, and once for all who do."""

    def __init__(self, store: Store, tempo: Tempo = Tempo()) -> None:
        self._store, self._tempo = store, tempo
        self._followed: dict[str, _Followed] = {}
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def followers(self) -> int:
        """How many streams there are."""
        return sum(one.followers for one in self._followed.values())

    def close(self) -> None:
        """End all streams: who follows may ask again."""
        self._closed = True
        for one in self._followed.values():
            one.tell()

    def admit(self) -> None:
        """Refused if there are too many streams."""
        if self.followers >= self._tempo.streams:
            raise Refused(429, "TooMany", "too many pages follow along at once; close some, or ask again later", 30)

    async def run(self, run_id: str, after: int | None) -> AsyncGenerator[bytes, None]:
        """What happens in a run after an event, in messages of many; from now on, if no event is named."""
        one = self._joined(run_id)
        try:
            head = await self._head(run_id, one)
            seen = head if after is None else after
            if run_id not in one.rows:
                await self._look_at_row(run_id, one)
            version, until = one.version, self._until()
            yield _message("run", asdict(one.rows[run_id][1]), seen)
            while not self._closed and time.monotonic() < until:
                news = one.news
                if seen < one.head:
                    seen, message = await self._events(run_id, one, seen)
                    yield message
                elif version < one.version:
                    version = one.version
                    yield _message("run", asdict(one.rows[run_id][1]))
                elif not await self._woken(news):
                    yield b": beat\n\n"
        finally:
            self._left(run_id)

    async def board(self) -> AsyncGenerator[bytes, None]:
        """How all runs stand that are under way, and then every change."""
        one = self._joined(_BOARD)
        try:
            await self._look_at_board(one)
            version, until = -1, self._until()
            while not self._closed and time.monotonic() < until:
                news = one.news
                if version < one.version:
                    changed = [asdict(row) for new, row in one.rows.values() if new > version]
                    version = one.version
                    yield _message("runs", {"runs": changed, "statuses": one.statuses}, version)
                elif not await self._woken(news):
                    yield b": beat\n\n"
        finally:
            self._left(_BOARD)

    def _joined(self, name: str) -> _Followed:
        one = self._followed.setdefault(name, _Followed())
        one.followers += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        return one

    def _left(self, name: str) -> None:
        one = self._followed[name]
        one.followers -= 1
        if not one.followers:
            del self._followed[name]
        if not self._followed and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def _until(self) -> float:
        return time.monotonic() + self._tempo.longest

    async def _woken(self, news: asyncio.Event) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(news.wait(), self._tempo.beat)
            return True
        return False

    async def _head(self, run_id: str, one: _Followed) -> int:
        if not one.head:
            one.head = (await _aside(views.heads, self._store, [run_id])).get(run_id, 0)
        return one.head

    async def _events(self, run_id: str, one: _Followed, seen: int) -> tuple[int, bytes]:
        """The message after an event: the one that all get, or to who is behind one of their own."""
        begin, end, message = one.latest
        if begin == seen < end:
            return end, message
        found = await _aside(views.events_after, self._store, run_id, seen, AT_ONCE)
        return (found[-1][0], _events_message(found)) if found else (one.head, b": none\n\n")

    async def _look(self) -> None:
        while self._followed:
            try:
                await self._look_once()
            except BenchbookError:
                # The database is away: those who follow hear that we are there, and the rest later.
                await asyncio.sleep(self._tempo.beat / 3)
            await asyncio.sleep(self._tempo.look)

    async def _look_once(self) -> None:
        names = [name for name in self._followed if name != _BOARD]
        heads = await _aside(views.heads, self._store, names) if names else {}
        for name in names:
            one = self._followed.get(name)
            if one is not None and heads.get(name, 0) > one.head:
                await self._read(name, one, heads[name])
        for name in names:
            one = self._followed.get(name)
            if one is not None and time.monotonic() >= one.due:
                await self._look_at_row(name, one)
        board = self._followed.get(_BOARD)
        if board is not None and time.monotonic() >= board.due:
            await self._look_at_board(board)

    async def _read(self, name: str, one: _Followed, head: int) -> None:
        """The newest events of a run, for all who follow it; if they are too many, each reads the rest himself."""
        found = await _aside(views.events_after, self._store, name, one.head, AT_ONCE)
        if found:
            one.latest = (one.head, found[-1][0], _events_message(found))
            one.head = max(head, found[-1][0])
            one.tell()

    async def _look_at_row(self, name: str, one: _Followed) -> None:
        began = time.monotonic()
        row = await _aside(_active, self._store, name)
        one.due = time.monotonic() + max(self._tempo.row, 5 * (time.monotonic() - began))
        if name not in one.rows or _standing(one.rows[name][1]) != _standing(row):
            one.version += 1
            one.rows[name] = (one.version, row)
            one.tell()

    async def _look_at_board(self, one: _Followed) -> None:
        began = time.monotonic()
        moving = [name for name, (_, row) in one.rows.items() if row.run.status in _UNDER_WAY]
        rows, statuses = await _aside(_board, self._store, moving)
        one.due = time.monotonic() + max(self._tempo.row, 5 * (time.monotonic() - began))
        changed = {
            row.run.id: (one.version + 1, row)
            for row in rows
            if row.run.id not in one.rows or _standing(one.rows[row.run.id][1]) != _standing(row)
        }
        if changed or statuses != one.statuses:
            one.version, one.statuses = one.version + 1, statuses
            kept = {**one.rows, **changed}
            newest = sorted(kept, key=lambda name: (kept[name][1].run.status in _UNDER_WAY, kept[name][0]))
            one.rows = {name: kept[name] for name in newest[-_SHOWN:]}
            one.tell()


_UNDER_WAY: tuple[RunStatus, ...] = ("running", "queued")


_Seen = Annotated[
    int | None,
    Query(ge=0, le=MOST, description="The last event that was seen; that of now unless given."),
]


@router.get("/runs/{run_id}/events", dependencies=[scope("read")], response_class=StreamingResponse, responses=_STREAM)
async def follow_run(
    request: Request,
    store: Stored,
    run_id: str,
    after: _Seen = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """What happens in a run: messages `events`, each with many events and the number of the last as its id, and
    messages `run` with how far it is. The first is a `run`; after a lost connection it goes on after Last-Event-ID."""
    live: Live = request.app.state.live
    live.admit()
    run = await _aside(views.run, store, run_id)
    last = int(last_event_id) if last_event_id and re.fullmatch(r"[0-9]{1,18}", last_event_id) else None
    return _Stream(live.run(run.id, after if last is None else last))


@router.get("/events", dependencies=[scope("read")], response_class=StreamingResponse, responses=_STREAM)
async def follow_all(request: Request) -> StreamingResponse:
    """How runs stand, in messages `runs`: the first has all that are under way, every other what has changed."""
    live: Live = request.app.state.live
    live.admit()
    return _Stream(live.board())


class _Stream(StreamingResponse):
    """Messages as they come; nothing is kept of them once nobody listens any more."""

    def __init__(self, messages: AsyncGenerator[bytes, None]) -> None:
        # Proxies are not to gather what is to be seen at once.
        super().__init__(messages, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
        self._messages = messages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until it is over, or the other side is gone."""
        async with aclosing(self._messages):
            await super().__call__(scope, receive, send)


async def _aside(ask: Callable[[*About], Answer], *about: *About) -> Answer:
    """The answer of the store, waited for in another thread."""
    return await to_thread.run_sync(ask, *about)


def _active(store: Store, run_id: str) -> ActiveRun:
    return overview.active(store, pages.run_row(store, run_id))


def _board(store: Store, known: Sequence[str]) -> tuple[list[ActiveRun], dict[str, int]]:
    """The runs that are under way, and those that have been until a moment ago; how many are in which status."""
    under_way = pages.newest_runs(store, _UNDER_WAY, _SHOWN)
    ids = {row.id for row in under_way}
    over = [pages.run_row(store, name) for name in known if name not in ids]
    return [overview.active(store, row) for row in (*under_way, *over)], pages.statuses(store)


def _standing(row: ActiveRun) -> tuple[Any, ...]:
    """What makes it worth telling."""
    run = row.run
    return run.status, run.attempt, run.done, run.failed, run.error, run.cost


def _events_message(found: Sequence[tuple[int, RunEvent]]) -> bytes:
    events = [{"seq": seq, **event.model_dump(mode="json", exclude={"id", "run_id"})} for seq, event in found]
    return _message("events", {"events": events}, found[-1][0])


def _message(kind: str, document: object, number: int | None = None) -> bytes:
    """JSON has no line breaks of its own, so a message is one line of data."""
    head = f"event: {kind}\n" if number is None else f"id: {number}\nevent: {kind}\n"
    return head.encode() + b"data: " + Json().render(document) + b"\n\n"
