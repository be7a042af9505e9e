"""How many requests at once a server bears, learned from what it answers."""

import math
from dataclasses import dataclass, field
from typing import Literal

Reach = Literal["some", "most", "all"]
"""Whom a refusal means, judged by how many others are refused."""

TOLERATED = 0.1
"""The share of refusals that is put up with: a server that refuses a few at random is not helped by fewer requests."""
LUCK = 2
"""Refusals beyond that share that may be chance."""
FEW = 10
"""Answers of which a share says little."""
SMALL = 32
"""Up to here the limit also shrinks by one with every refusal when all places are taken; bad luck is grown out of."""
QUEUEING = 0.9
"""Latency that grows by more than this share of what the limit grew by is time spent in the server's queue."""


@dataclass
class Limit:
    """A number of requests at once that shrinks to what the server takes, and grows again.

    It begins at the ceiling, so that a server that bears it is never kept waiting. Answers are judged by rounds, of
    about as many as there are requests at once. After a round with too many refusals the limit is what the server was
    busy with when it refused, and what was sent before that is not judged again. While somebody waits for a place the
    limit grows by a tenth each round, or twofold until it is back where it last held, unless the server only lets the
    additional requests wait.
    """

    ceiling: int
    adaptive: bool = True
    current: int = field(init=False)
    lowest: int = field(init=False)
    in_flight: int = field(default=0, init=False)
    peak: int = field(default=0, init=False)
    """The most that were in flight."""
    _proven: int = field(init=False)
    """Up to here it grows fast."""
    _sent: int = field(default=0, init=False)
    _mark: int = field(default=0, init=False)
    """The last one that was sent before the limit shrank."""
    _round: "_Round" = field(init=False)
    _base: "tuple[int, float] | None" = field(default=None, init=False)
    """The limit and the latency from which it grew."""

    def __post_init__(self) -> None:
        self.current = self.lowest = self._proven = self.ceiling
        self._round = _Round()

    @property
    def full(self) -> bool:
        """Whether no other request may be sent now."""
        return self.in_flight >= self.current

    def pressed(self) -> None:
        """Somebody waits for a place."""
        self._round.pressed = True

    def sent(self) -> int:
        """A request goes out; its number."""
        self._sent += 1
        self.in_flight += 1
        if self.in_flight > self._round.peak:
            self._round.peak = self.in_flight
            self.peak = max(self.peak, self.in_flight)
        return self._sent

    def withdrawn(self) -> None:
        """A request came to nothing, through no doing of the server's."""
        self.in_flight -= 1

    def taken(self, number: int, latency: float | None = None) -> None:
        """The server dealt with the request; it was answered within `latency` seconds, or failed."""
        self.in_flight -= 1
        if number <= self._mark:
            return
        self._round.taken += 1
        if latency is not None:
            self._round.answered += 1
            self._round.latency += latency
        self._judge()

    def refused(self, number: int) -> Reach:
        """The server had no time for the request; whom else it has none for, as it seems."""
        self.in_flight -= 1
        if number <= self._mark:
            return "some"
        this = self._round
        this.refused += 1
        # Not their share: a refusal comes at once and an answer takes its time, so that many refusals fit into a round.
        this.room = min(this.room, self.in_flight)
        reach = this.reach(self.in_flight)
        if self.current <= SMALL and self.in_flight + 1 >= self.current:
            self._shrink(self.in_flight)
        self._judge()
        return reach

    def late(self, number: int) -> None:
        """The server took the request, and did not answer it in time."""
        self.in_flight -= 1
        if number <= self._mark:
            return
        self._round.late += 1
        self._judge()

    def _judge(self) -> None:
        """End the round if it has seen enough: a share of refusals, or that twice as many may be tried."""
        this = self._round
        answers = this.taken + this.refused + this.late
        doubling = self.current < self._proven and answers == this.taken
        if answers < (self.current if doubling else max(FEW, this.peak)):
            return
        if this.refused + this.late > TOLERATED * answers + LUCK:
            room = min(this.room, math.floor(this.peak * (1 - this.late / answers)))
            # Where nothing was taken, the server is away: that does not say how much it bears when it is back.
            self._proven = room or self._proven
            self._mark, self._base = self._sent, None
            self._shrink(room)
        elif this.pressed and this.answered and not self._queues(this.latency / this.answered):
            self._grow()
        # Those in flight are of the new round as well.
        self._round = _Round(peak=self.in_flight)

    def _shrink(self, room: int) -> None:
        if self.adaptive:
            self.current = max(1, min(room, self.current))
            self.lowest = min(self.lowest, self.current)

    def _grow(self) -> None:
        doubled = min(2 * self.current, self._proven)
        self.current = min(self.ceiling, max(doubled, self.current + max(1, self.current // 10)))

    def _queues(self, latency: float) -> bool:
        """Whether more requests at once only wait longer, by the latency of the present number of them."""
        if self._base is None:
            self._base = (self.current, latency)
        before, unhurried = self._base
        return self.current >= 1.5 * before and latency > QUEUEING * unhurried * self.current / before


@dataclass
class _Round:
    taken: int = 0
    refused: int = 0
    late: int = 0
    room: int = 2**31
    """What the server was busy with when it refused another: the least of it."""
    answered: int = 0
    latency: float = 0.0
    """Of those answered, together."""
    peak: int = 0
    pressed: bool = False

    def reach(self, in_flight: int) -> Reach:
        """Whom the refusals of the round mean."""
        if self.refused < min(FEW, self.peak) or self.refused < self.taken + in_flight:
            return "some"
        return "most" if self.taken else "all"
