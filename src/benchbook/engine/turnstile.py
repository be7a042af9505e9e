"""Where requests wait for their turn: for a place, for the pace, for a server that wants to be left alone."""

import asyncio
import random
from collections import deque
from dataclasses import dataclass, field

from benchbook.engine.limits import Limit
from benchbook.engine.pace import Pace
from benchbook.errors import Hopeless

Turn = asyncio.Future[int]

LONGEST_SPREAD = 5.0


@dataclass
class Turnstile:
    """Lets requests through, first come, first served; those that were refused come before all others."""

    limit: Limit
    pace: Pace = field(default_factory=Pace)
    held: float = field(default=0.0, init=False)
    """Seconds in which nobody was let through, because the server wanted it so."""
    _queue: deque[tuple[Turn, float]] = field(default_factory=deque, init=False)
    _opens: float = field(default=0.0, init=False)
    _calm: float = field(default=0.0, init=False)
    """Until then one comes after the other."""
    _gap: float = field(default=0.0, init=False)
    _hesitates: bool = field(default=False, init=False)
    _timer: asyncio.TimerHandle | None = field(default=None, init=False)
    _closed: Hopeless | None = field(default=None, init=False)

    async def enter(self, tokens: float = 0.0, *, again: bool = False) -> int:
        """Wait for a turn to send a request of so many tokens; its number."""
        if self._closed:
            raise Hopeless(str(self._closed))
        if not self._queue and self._wait(tokens) == 0:
            return self._sent(tokens)
        turn: Turn = asyncio.get_running_loop().create_future()
        if again:
            self._queue.appendleft((turn, tokens))
        else:
            self._queue.append((turn, tokens))
        self._admit()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and not turn.exception():
                self.limit.withdrawn()
            self._admit()
            raise

    def left(self) -> None:
        """A request has left its place."""
        if self._queue:
            self._admit()

    def hesitate(self, seconds: float) -> bool:
        """Let nobody through for so long, unless an answer comes first; False if it is held already."""
        if self._opens > _now():
            return False
        self.hold(seconds)
        self._hesitates = True
        return True

    def encourage(self) -> None:
        """An answer has come: who hesitates need not."""
        if self._hesitates:
            self._hesitates = False
            now = _now()
            self.held -= max(0.0, self._opens - now)
            self._opens, self._calm = now, now
            self._admit()

    def hold(self, seconds: float) -> None:
        """Let nobody through for so long, and then not all at once."""
        self._hesitates = False
        now = _now()
        opens = now + seconds
        if opens <= self._opens:
            return
        self.held += opens - max(now, self._opens)
        spread = min(seconds / 5, LONGEST_SPREAD)
        self._opens, self._calm = opens, opens + spread
        self._gap = spread / self.limit.current if self.limit.current > 1 else 0.0

    def close(self, why: Hopeless) -> None:
        """Nobody is let through any more."""
        self._closed = why
        for turn, _ in self._queue:
            if not turn.done():
                turn.set_exception(Hopeless(str(why)))
        self._queue.clear()
        self._admit()

    def _admit(self) -> None:
        """Let through whose turn it is, and see to it that the next is not forgotten."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while self._queue:
            turn, tokens = self._queue[0]
            if turn.done():
                self._queue.popleft()
                continue
            wait = self._wait(tokens)
            if wait is not None and wait > 0:
                self._timer = asyncio.get_running_loop().call_later(wait, self._admit)
            if wait is None or wait > 0:
                return
            self._queue.popleft()
            turn.set_result(self._sent(tokens))

    def _wait(self, tokens: float) -> float | None:
        """Seconds until a request may be sent; None where that hangs on another's leaving."""
        if self.limit.full:
            self.limit.pressed()
            return None
        now = _now()
        wait = self.pace.delay(tokens, now)
        return max(wait, self._opens - now) if now < self._calm else wait

    def _sent(self, tokens: float) -> int:
        now = _now()
        self.pace.take(tokens, now)
        if now < self._calm:
            self._opens = max(self._opens, now - self._gap) + random.uniform(0.5, 1.5) * self._gap  # noqa: S311 - spreads load
        return self.limit.sent()


def _now() -> float:
    return asyncio.get_running_loop().time()
