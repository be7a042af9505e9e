"""The adaptive limit, against servers of a small world with a clock of its own."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import pytest

from benchbook.engine.limits import Limit

numbers = count()
Says = Callable[["World"], float | None]
"""A server: the latency of the request that has just come, or None if it is refused."""


@dataclass
class World:
    """So many samples that want an answer each, behind one limit; who is refused comes again after `pause` seconds."""

    limit: Limit
    says: Says
    pause: float = 0.0
    now: float = 0.0
    waiting: int = 0
    working: int = 0
    """Requests that the server deals with."""
    resting: int = 0
    """Samples that were refused and pause; they keep their place in the run's flight."""
    refused: int = 0
    course: list[tuple[float, int]] = field(default_factory=list)
    """The limit over time."""
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)

    def run(self, samples: int) -> "World":
        """Let the samples have their answers."""
        self.waiting = samples
        self.fill()
        while self.events:
            self.now, _, then = heapq.heappop(self.events)
            then()
            self.fill()
            self.course.append((self.now, self.limit.current))
        return self

    def fill(self) -> None:
        while self.waiting and self.limit.in_flight + self.resting < self.limit.ceiling and not self.limit.full:
            self.waiting -= 1
            self.send()
        if self.waiting and self.limit.full:
            self.limit.pressed()

    def send(self) -> None:
        number, began = self.limit.sent(), self.now
        self.working += 1
        latency = self.says(self)
        if latency is None:
            self.working -= 1
            self.later(0.001, lambda: self.refuse(number))
        else:
            self.later(latency, lambda: self.answer(number, began))

    def later(self, seconds: float, then: Callable[[], None]) -> None:
        heapq.heappush(self.events, (self.now + seconds, next(numbers), then))

    def answer(self, number: int, began: float) -> None:
        self.working -= 1
        self.limit.taken(number, self.now - began)

    def refuse(self, number: int) -> None:
        self.refused += 1
        self.resting += 1
        self.limit.refused(number)
        self.later(self.pause, self.back)

    def back(self) -> None:
        self.waiting += 1
        self.resting -= 1


def bears(most: int, latency: float = 0.05) -> Says:
    return lambda world: latency if world.working <= most else None


def refuses(share: float, latency: float = 0.05) -> Says:
    chance = random.Random(1)
    return lambda world: None if chance.random() < share else latency


def test_a_server_that_bears_the_ceiling_is_asked_that_much_at_once() -> None:
    world = World(Limit(100), bears(100)).run(2000)
    assert world.limit.peak == world.limit.lowest == 100
    assert world.now == pytest.approx(20 * 0.05)


def test_a_few_refusals_at_random_do_not_slow_the_others_down() -> None:
    world = World(Limit(100), refuses(0.05), pause=1.0).run(5000)
    fixed = World(Limit(100, adaptive=False), refuses(0.05), pause=1.0).run(5000)
    assert world.now <= 1.1 * fixed.now


@pytest.mark.parametrize("most", [1, 3, 10, 50])
def test_the_limit_settles_where_the_server_takes_what_it_is_sent(most: int) -> None:
    world = World(Limit(100), bears(most), pause=0.5).run(2000)
    late = [current for when, current in world.course if when > 0.5 * world.now]
    assert most <= sum(late) / len(late) <= 1.2 * most + 1
    assert world.now <= 1.2 * 2000 * 0.05 / most + 1.0
    assert world.refused <= 0.25 * 2000


def test_one_burst_of_refusals_shrinks_it_once() -> None:
    limit = Limit(100)
    burst = [limit.sent() for _ in range(100)]
    for number in burst[:60]:
        limit.refused(number)
    for number in burst[60:]:
        limit.taken(number, 0.05)
    assert limit.current == 40
    assert limit.lowest == 40


def test_what_was_sent_before_it_shrank_is_not_held_against_it() -> None:
    limit = Limit(200)
    numbers = [limit.sent() for _ in range(200)]
    for number in numbers[:100]:
        limit.refused(number)
    for number in numbers[100:150]:
        limit.taken(number, 0.05)
    late = [limit.sent() for _ in range(10)]
    for number in numbers[150:]:
        limit.taken(number, 0.05)
    assert limit.current == 100
    assert limit.in_flight == len(late)


def test_a_server_that_was_away_is_asked_as_much_as_before_within_ten_round_trips() -> None:
    away = 2.0

    def says(world: World) -> float | None:
        return None if 1 < world.now < 1 + away else 0.05

    world = World(Limit(100), says, pause=0.5).run(6000)
    assert world.limit.lowest == 1
    back = [when for when, current in world.course if when > 1 + away and current == 100]
    assert back[0] < 1 + away + 0.5 + 10 * 0.05


def test_it_grows_again_when_the_server_bears_more() -> None:
    world = World(Limit(100), lambda world: bears(20 if world.now < 3 else 100)(world), pause=0.5).run(10_000)
    before = [current for when, current in world.course if 1 < when < 3]
    assert max(before) <= 24
    assert world.limit.current == 100


def test_it_does_not_grow_where_more_requests_only_wait_longer() -> None:
    """The server works on 16 at once; others wait in it, up to 40, and on one day up to 1,000."""

    def says(world: World) -> float | None:
        most = 20 if world.now < 2 else 1000
        return None if world.working > most else 0.05 * max(1.0, world.working / 16)

    world = World(Limit(400), says, pause=0.5).run(8000)
    assert max(current for when, current in world.course if when > 2.5) <= 60


def test_answers_that_come_too_late_shrink_it_to_the_share_of_the_others() -> None:
    limit = Limit(100)
    numbers = [limit.sent() for _ in range(100)]
    for number in numbers[:60]:
        limit.taken(number, 1.0)
    for number in numbers[60:]:
        limit.late(number)
    assert limit.current == 60


def test_a_fixed_limit_stays() -> None:
    world = World(Limit(8, adaptive=False), bears(2), pause=0.1).run(200)
    assert {current for _, current in world.course} == {8}


def test_it_is_told_whom_a_refusal_means() -> None:
    limit = Limit(100)
    numbers = [limit.sent() for _ in range(100)]
    reaches = [limit.refused(number) for number in numbers[:60]]
    assert (reaches[4], reaches[48], reaches[49]) == ("some", "some", "all")
