"""The order in which requests go, and what becomes of those that leave the queue."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from benchbook.engine.gate import Gate
from benchbook.engine.limits import Limit
from benchbook.engine.pace import Bucket, Pace
from benchbook.errors import Hopeless


def of(limit: int, pace: Pace | None = None) -> Gate:
    return Gate(Limit(limit, adaptive=False), pace or Pace())


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def leave(gate: Gate, number: int) -> None:
    gate.limit.taken(number, 0.0)
    gate.left()


def in_loop(scene: Callable[[], Awaitable[None]]) -> None:
    async def play() -> None:
        await asyncio.wait_for(scene(), 30)

    asyncio.run(play())


def test_first_come_first_served_and_who_was_refused_before_all_others() -> None:
    async def scene() -> None:
        gate, went = of(1), list[str]()
        first = await gate.enter()

        async def go(name: str, again: bool) -> None:
            number = await gate.enter(again=again)
            went.append(name)
            leave(gate, number)

        tasks = [asyncio.create_task(go(name, name == "refused")) for name in ("a", "b", "refused", "c")]
        await settled()
        leave(gate, first)
        await asyncio.gather(*tasks)
        assert went == ["refused", "a", "b", "c"]

    in_loop(scene)


def test_who_gives_up_waiting_leaves_the_queue_to_the_others() -> None:
    async def scene() -> None:
        gate = of(1)
        first = await gate.enter()
        waiting, next_one = asyncio.create_task(gate.enter()), asyncio.create_task(gate.enter())
        await settled()
        waiting.cancel()
        leave(gate, first)
        leave(gate, await next_one)
        assert gate.limit.in_flight == 0

    in_loop(scene)


def test_who_gives_up_just_when_it_is_let_through_gives_its_place_back() -> None:
    async def scene() -> None:
        gate = of(1)
        first = await gate.enter()
        waiting = asyncio.create_task(gate.enter())
        await settled()
        leave(gate, first)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert gate.limit.in_flight == 0
        await gate.enter()

    in_loop(scene)


def test_a_held_gate_opens_by_itself_after_that_time() -> None:
    async def scene() -> None:
        gate, loop = of(5), asyncio.get_running_loop()
        gate.hold(0.3)
        began = loop.time()
        await asyncio.gather(*(gate.enter() for _ in range(5)))
        assert loop.time() - began >= 0.3
        assert gate.held == pytest.approx(0.3)

    in_loop(scene)


def test_two_holds_at_once_are_as_long_as_the_longer() -> None:
    async def scene() -> None:
        gate, loop = of(5), asyncio.get_running_loop()
        began = loop.time()
        gate.hold(0.3)
        gate.hold(0.1)
        await gate.enter()
        assert loop.time() - began >= 0.3
        assert gate.held == pytest.approx(0.3)

    in_loop(scene)


def test_an_answer_ends_a_hold_of_our_own_but_not_the_servers() -> None:
    async def scene() -> None:
        gate, loop = of(5), asyncio.get_running_loop()
        assert gate.hesitate(1000)
        assert not gate.hesitate(1000)
        waiting = asyncio.create_task(gate.enter())
        await settled()
        gate.encourage()
        await waiting
        began = loop.time()
        gate.hold(0.2)
        gate.encourage()
        await gate.enter()
        assert loop.time() - began >= 0.2

    in_loop(scene)


def test_the_pace_is_kept_by_those_who_wait_for_it_together() -> None:
    async def scene() -> None:
        gate, loop = of(100, Pace(requests=Bucket(1200))), asyncio.get_running_loop()
        began = loop.time()
        await asyncio.gather(*(gate.enter() for _ in range(30)))
        assert loop.time() - began >= 0.49

    in_loop(scene)


def test_a_closed_gate_tells_everybody_why() -> None:
    async def scene() -> None:
        gate = of(1)
        await gate.enter()
        waiting = asyncio.create_task(gate.enter())
        await settled()
        gate.close(Hopeless("no key"))
        for late in (waiting, gate.enter()):
            with pytest.raises(Hopeless, match="no key"):
                await late

    in_loop(scene)
