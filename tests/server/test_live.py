"""Following runs: nothing is missed, nothing comes twice, and nothing is left of who has gone."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest

from benchbook.records.events import RunEvent
from benchbook.records.runs import Run
from benchbook.server.access import Access
from benchbook.server.live import AT_ONCE, Live, Tempo
from benchbook.service.runs import utc_now
from benchbook.store import views
from benchbook.store.store import Store
from executors.working import wait_until
from server.site import Site, site
from store.planned import begun, event, queued, rows

QUICK = Tempo(look=0.02, row=0.02, beat=0.3)


class Message(NamedTuple):
    kind: str
    id: str | None
    data: Any


def happened(store: Store, run: Run, number: int, first: int = 0) -> None:
    """So many events of a run, in one batch."""
    now = datetime.now(UTC)
    batch = [
        event(run, f"s{first + at}").model_copy(update={"id": f"event-{run.id}-{first + at}"}) for at in range(number)
    ]
    store.record(run, [one.model_copy(update={"created_at": now}) for one in batch])


def subjects(messages: list[Message]) -> list[str]:
    return [one["subject"] for message in messages if message.kind == "events" for one in message.data["events"]]


async def heard(response: aiohttp.ClientResponse) -> AsyncIterator[Message | None]:
    """The messages of a stream; None for a sign of life."""
    kind, number, data = "", None, None
    async for raw in response.content:
        line = raw.decode().rstrip("\n")
        name, _, value = line.partition(": ")
        if not line:
            yield Message(kind, number, json.loads(data)) if data is not None else None
            kind, number, data = "", None, None
        elif name == "event":
            kind = value
        elif name == "id":
            number = value
        elif name == "data":
            data = value


async def until(response: aiohttp.ClientResponse, enough: Callable[[list[Message]], bool]) -> list[Message]:
    """The messages of a stream up to the one with which it is enough."""
    messages: list[Message] = []
    async with asyncio.timeout(60):
        async for message in heard(response):
            if message is not None:
                messages.append(message)
                if enough(messages):
                    return messages
    raise AssertionError(f"the stream has ended after {len(messages)} messages")


def following(served: Site) -> aiohttp.ClientSession:
    """Somebody who may read."""
    return aiohttp.ClientSession(
        f"http://127.0.0.1:{served.port}",
        headers={"Cookie": served.a("viewer").cookie or ""},
        connector=aiohttp.TCPConnector(limit=0),
    )


@pytest.fixture
def watched(store: Store, tmp_path: Path) -> Any:
    with site(store, tmp_path / "home", tempo=QUICK) as found:
        yield found


def running(store: Store, name: str = "exp-1") -> Run:
    [run] = queued(store, rows(2), name)
    return begun(store, run)


def test_what_happens_comes_in_messages_of_many(watched: Site, store: Store) -> None:
    run = running(store)
    happened(store, run, 5)

    async def follow() -> list[Message]:
        async with following(watched) as session, session.get(f"/api/runs/{run.id}/events?after=0") as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            assert response.headers["x-content-type-options"] == "nosniff"
            first = await until(response, lambda got: len(subjects(got)) == 5)
            happened(store, run, 7, first=5)
            return [*first, *await until(response, lambda got: len(subjects(got)) == 7)]

    messages = asyncio.run(follow())
    assert messages[0].kind == "run"
    assert messages[0].data["run"]["id"] == run.id
    assert subjects(messages) == [f"s{at}" for at in range(12)]
    events = [message for message in messages if message.kind == "events"]
    assert [message.id for message in events] == ["5", "12"]
    assert events[0].data["events"][0] | {"created_at": ""} == {
        "seq": 1, "created_at": "", "attempt": 1, "kind": "warning", "subject": "s0", "body": {"note": "s0"},
    }  # fmt: skip


def test_without_a_number_it_begins_now_and_after_a_lost_connection_where_it_was(watched: Site, store: Store) -> None:
    run = running(store)
    happened(store, run, 5)

    async def follow() -> None:
        async with following(watched) as session:
            async with session.get(f"/api/runs/{run.id}/events") as response:
                [first] = await until(response, lambda got: len(got) == 1)
                assert first.id == "5"
                happened(store, run, 1, first=5)
                messages = await until(response, lambda got: bool(subjects(got)))
                assert subjects(messages) == ["s5"]
            happened(store, run, 3, first=6)
            again = {"Last-Event-ID": "6"}
            async with session.get(f"/api/runs/{run.id}/events?after=0", headers=again) as response:
                assert subjects(await until(response, lambda got: len(subjects(got)) == 3)) == ["s6", "s7", "s8"]

    asyncio.run(follow())


def test_who_is_far_behind_gets_everything_once_and_in_order(watched: Site, store: Store) -> None:
    run = running(store)
    for page in range(5):
        happened(store, run, 700, first=700 * page)

    def more() -> None:
        for at in range(20):
            happened(store, run, 50, first=3500 + 50 * at)

    async def follow() -> list[Message]:
        async with following(watched) as session, session.get(f"/api/runs/{run.id}/events?after=0") as response:
            task = asyncio.ensure_future(asyncio.to_thread(more))
            messages = await until(response, lambda got: len(subjects(got)) >= 4500)
            await task
            return messages

    messages = asyncio.run(follow())
    assert subjects(messages) == [f"s{at}" for at in range(4500)]
    assert max(len(message.data["events"]) for message in messages if message.kind == "events") <= AT_ONCE


def test_many_follow_at_once_and_all_hear_the_same(watched: Site, store: Store) -> None:
    run = running(store)

    async def follow(session: aiohttp.ClientSession, here: asyncio.Semaphore) -> list[str]:
        async with session.get(f"/api/runs/{run.id}/events?after=0") as response:
            await until(response, lambda got: got[-1].kind == "run")
            here.release()
            return subjects(await until(response, lambda got: len(subjects(got)) == 300))

    async def all_follow() -> list[list[str]]:
        here = asyncio.Semaphore(0)
        async with following(watched) as session:
            tasks = [asyncio.ensure_future(follow(session, here)) for _ in range(60)]
            for _ in tasks:
                await here.acquire()
            for page in range(30):
                await asyncio.to_thread(happened, store, run, 10, 10 * page)
            return await asyncio.gather(*tasks)

    told = asyncio.run(all_follow())
    assert len(told) == 60
    assert all(one == [f"s{at}" for at in range(300)] for one in told)


def test_nothing_is_left_of_who_has_gone(store: Store) -> None:
    run = running(store)

    async def come_and_go() -> None:
        live = Live(store, QUICK)
        streams = [live.run(run.id, 0) for _ in range(5)] + [live.board() for _ in range(5)]
        for stream in streams:
            await anext(stream)
        assert live.followers == 10
        looking = live._looking
        assert looking is not None
        for stream in streams:
            await stream.aclose()
        assert (live.followers, live._followed, live._looking) == (0, {}, None)
        await asyncio.sleep(0)
        assert looking.cancelled() or looking.cancelling()
        # Whoever comes then is served as the first.
        stream = live.run(run.id, 0)
        happened(store, run, 3)
        messages = [await anext(stream) for _ in range(2)]
        assert messages[1].startswith(b"id: 3\nevent: events\n")
        await stream.aclose()

    asyncio.run(come_and_go())


def test_the_server_forgets_who_closes_the_connection(watched: Site, store: Store) -> None:
    run = running(store)
    live: Live = watched.app.state.live

    async def follow() -> None:
        async with following(watched) as session:
            for _ in range(3):
                async with session.get(f"/api/runs/{run.id}/events") as response:
                    await until(response, lambda got: len(got) == 1)
                    assert live.followers >= 1
                    response.close()

    asyncio.run(follow())
    wait_until(lambda: not live.followers)


def test_a_silent_stream_gives_signs_of_life(watched: Site, store: Store) -> None:
    run = running(store)

    async def follow() -> None:
        async with following(watched) as session, session.get(f"/api/runs/{run.id}/events") as response:
            got = [message async for message in _some(response, 3)]
            assert [message.kind if message else None for message in got] == ["run", None, None]

    asyncio.run(follow())


async def _some(response: aiohttp.ClientResponse, number: int) -> AsyncIterator[Message | None]:
    async for message in heard(response):
        yield message
        number -= 1
        if not number:
            return


def test_streams_end_by_themselves_and_when_the_server_does(store: Store) -> None:
    run = running(store)

    async def follow() -> None:
        short = Live(store, Tempo(look=0.02, row=0.02, beat=0.1, longest=0.3))
        messages = [part async for part in short.run(run.id, 0)]
        assert messages[0].startswith(b"id: 0\nevent: run\n")
        assert set(messages[1:]) <= {b": beat\n\n"}
        live = Live(store, QUICK)
        stream = live.board()
        await anext(stream)
        live.close()
        assert [part async for part in stream if b"beat" not in part] == []

    asyncio.run(follow())


def test_how_far_runs_are_is_told_when_it_changes(watched: Site, store: Store) -> None:
    run = running(store)

    async def follow() -> list[Message]:
        async with following(watched) as session, session.get("/api/events") as response:
            first = await until(response, lambda got: len(got) == 1)
            other = running(store, "exp-2")
            second = await until(response, lambda got: other.id in str(got))
            store.step(run, run.model_copy(update={"status": "completed"}))
            third = await until(response, lambda got: "completed" in str(got))
            return [*first, *second, *third]

    messages = asyncio.run(follow())
    assert [one["run"]["id"] for one in messages[0].data["runs"]] == [run.id]
    assert messages[0].data["statuses"] == {"running": 1}
    ended = [one["run"] for one in messages[-1].data["runs"]]
    # The other may be in it, too, if it was seen before it began.
    assert (run.id, "completed") in [(one["id"], one["status"]) for one in ended]
    assert messages[-1].data["statuses"] == {"running": 1, "completed": 1}


def test_hostile_text_cannot_leave_its_message(watched: Site, store: Store) -> None:
    run = running(store)
    hostile = "\n\nevent: run\ndata: {}\n\n</script>\u2028\udc80\x00"
    store.record(run, [RunEvent.of(run, "warning", {"message": hostile}, utc_now())])

    async def follow() -> list[Message]:
        async with following(watched) as session, session.get(f"/api/runs/{run.id}/events?after=0") as response:
            return await until(response, lambda got: got[-1].kind == "events")

    messages = asyncio.run(follow())
    assert [message.kind for message in messages] == ["run", "events"]
    assert messages[1].data["events"][0]["body"]["message"] == hostile


def test_who_asks_for_what_is_not_there_or_too_much_is_refused(store: Store, tmp_path: Path) -> None:
    run = running(store)
    with site(store, tmp_path / "home", tempo=Tempo(streams=0)) as crowded:
        reply = crowded.a("viewer").get(f"/api/runs/{run.id}/events")
        assert (reply.status, reply.error, reply.headers["retry-after"]) == (429, "TooMany", "30")
    with site(store, tmp_path / "home") as served:
        asker = served.a("viewer")
        assert (asker.get("/api/runs/run-none/events").status, served.nobody().get("/api/events").status) == (404, 401)
        assert asker.get(f"/api/runs/{run.id}/events?after=-1").status == 400
    assert views.run(store, run.id).id == run.id
    assert Access(utc_now).open is False
