"""The order in which requests go, and what becomes of those that leave the queue."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from benchbook.engine.limits import Limit
from benchbook.engine.pace import Bucket, Pace
from benchbook.engine.turnstile import Turnstile
from benchbook.errors import Hopeless


def of(limit: int, pace: Pace | None = None) -> Turnstile:
    return Turnstile(Limit(limit, adaptive=False), pace or Pace())


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def leave(turnstile: Turnstile, number: int) -> None:
    turnstile.limit.taken(number, 0.0)
    turnstile.left()


def in_loop(scene: Callable[[], Awaitable[None]]) -> None:
    async def play() -> None:
        await asyncio.wait_for(scene(), 30)

    asyncio.run(play())


def test_first_come_first_served_and_who_was_refused_before_all_others() -> None:
    async def scene() -> None:
        turnstile, went = of(1), list[str]()
        first = await turnstile.enter()

        async def go(name: str, again: bool) -> None:
            number = await turnstile.enter(again=again)
            went.append(name)
            leave(turnstile, number)

        tasks = [asyncio.create_task(go(name, name == "refused")) for name in ("a", "b", "refused", "c")]
        await settled()
        leave(turnstile, first)
        await asyncio.gather(*tasks)
        assert went == ["refused", "a", "b", "c"]

    in_loop(scene)


def test_who_gives_up_waiting_leaves_the_queue_to_the_others() -> None:
    async def scene() -> None:
        turnstile = of(1)
        first = await turnstile.enter()
        waiting, next_one = asyncio.create_task(turnstile.enter()), asyncio.create_task(turnstile.enter())
        await settled()
        waiting.cancel()
        leave(turnstile, first)
        leave(turnstile, await next_one)
        assert turnstile.limit.in_flight == 0

    in_loop(scene)


def test_who_gives_up_just_when_it_is_let_through_gives_its_place_back() -> None:
    async def scene() -> None:
        turnstile = of(1)
        first = await turnstile.enter()
        waiting = asyncio.create_task(turnstile.enter())
        await settled()
        leave(turnstile, first)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert turnstile.limit.in_flight == 0
        await turnstile.enter()

    in_loop(scene)


def test_a_held_gate_opens_by_itself_after_that_time() -> None:
    async def scene() -> None:
        turnstile, loop = of(5), asyncio.get_running_loop()
        turnstile.hold(0.3)
        began = loop.time()
        await asyncio.gather(*(turnstile.enter() for _ in range(5)))
        assert loop.time() - began >= 0.3
        assert turnstile.held == pytest.approx(0.3)

    in_loop(scene)


def test_two_holds_at_once_are_as_long_as_the_longer() -> None:
    async def scene() -> None:
        turnstile, loop = of(5), asyncio.get_running_loop()
        began = loop.time()
        turnstile.hold(0.3)
        turnstile.hold(0.1)
        await turnstile.enter()
        assert loop.time() - began >= 0.3
        assert turnstile.held == pytest.approx(0.3)

    in_loop(scene)


def test_an_answer_ends_a_hold_of_our_own_but_not_the_servers() -> None:
    async def scene() -> None:
        turnstile, loop = of(5), asyncio.get_running_loop()
        assert turnstile.hesitate(1000)
        assert not turnstile.hesitate(1000)
        waiting = asyncio.create_task(turnstile.enter())
        await settled()
        turnstile.encourage()
        await waiting
        began = loop.time()
        turnstile.hold(0.2)
        turnstile.encourage()
        await turnstile.enter()
        assert loop.time() - began >= 0.2

    in_loop(scene)


def test_the_pace_is_kept_by_those_who_wait_for_it_together() -> None:
    async def scene() -> None:
        turnstile, loop = of(100, Pace(requests=Bucket(1200))), asyncio.get_running_loop()
        began = loop.time()
        await asyncio.gather(*(turnstile.enter() for _ in range(30)))
        assert loop.time() - began >= 0.49

    in_loop(scene)


def test_a_closed_gate_tells_everybody_why() -> None:
    async def scene() -> None:
        turnstile = of(1)
        await turnstile.enter()
        waiting = asyncio.create_task(turnstile.enter())
        await settled()
        turnstile.close(Hopeless("no key"))
        for late in (waiting, turnstile.enter()):
            with pytest.raises(Hopeless, match="no key"):
                await late

    in_loop(scene)
