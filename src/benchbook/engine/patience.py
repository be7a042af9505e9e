"""How failures that may pass are borne: how long until the next try, and when enough is enough."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from benchbook.errors import RuntimeFailed
from benchbook.specs.experiments import RunSettings

Answer = TypeVar("Answer")
Spread = Callable[[], float]
"""Gives numbers from 0 to 1, so that not all come at once."""

FIRST = 0.5
LONGEST_FAULT = 60.0
LONGEST_REFUSAL = 15.0
FEWEST_REFUSALS = 10
"""A request that is refused less often than that has had bad luck, however long it took."""


@dataclass
class Deadline:
    """What one sample may spend with the model, all its requests together."""

    seconds: float | None = None
    spent: float = 0.0

    @property
    def left(self) -> float | None:
        """Seconds; None if there is no end to them."""
        return None if self.seconds is None else self.seconds - self.spent

    async def watch(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer, if it comes in time."""
        if self.left is None:
            return await ask()
        began = time.monotonic()
        try:
            async with asyncio.timeout(max(self.left, 0.0)) as timer:
                return await ask()
        except TimeoutError:
            if not timer.expired():
                raise
            raise RuntimeFailed(f"no answer within `run.deadline` ({self.seconds:g} s)", cause="late") from None
        finally:
            self.spent += time.monotonic() - began


@dataclass
class Patience:
    """What is left of it for one request.

    Refusals (the server is busy, or gone) are no fault of the request, and are borne for `run.patience` seconds; all
    other failures that may pass count as attempts. The pauses between seven attempts are 0.5, 1.5, 4.5, 13.5, 40.5 and
    60 seconds, at least half of that each: whatever is broken for less than a minute loses no sample.
    """

    settings: RunSettings
    deadline: Deadline
    spread: Spread = random.random
    faults: int = field(default=0, init=False)
    refusals: int = field(default=0, init=False)
    waited: float = field(default=0.0, init=False)
    """For refusals."""

    @property
    def tried(self) -> bool:
        """Whether the request has failed before."""
        return bool(self.faults or self.refusals)

    def pause(self, err: RuntimeFailed) -> float:
        """Seconds until the next try, taken as spent by now; if there is to be none, the reason is raised."""
        if not err.transient:
            raise err
        limit = self.settings.patience
        if err.retry_after is not None and err.retry_after > limit:
            raise RuntimeFailed(
                f"{err}; it wants us back in {err.retry_after:.0f} s, and `run.patience` is {limit:g} s"
            )
        wait = self._refused(err) if err.cause in ("busy", "gone") else self._failed(err)
        left = self.deadline.left
        if left is not None and wait > left:
            raise RuntimeFailed(
                f"{err}; the next try, in {wait:.0f} s, would be beyond `run.deadline` ({self.deadline.seconds:g} s)"
            )
        self.deadline.spent += wait
        return wait

    def _refused(self, err: RuntimeFailed) -> float:
        self.refusals += 1
        wait = self._later(err.retry_after, min(FIRST * 2.0 ** min(self.refusals - 1, 20), LONGEST_REFUSAL))
        if self.refusals >= FEWEST_REFUSALS and self.waited + wait > self.settings.patience:
            raise RuntimeFailed(
                f"{err}; refused {self.refusals} times, and `run.patience` is {self.settings.patience:g} s"
            )
        self.waited += wait
        return wait

    def _failed(self, err: RuntimeFailed) -> float:
        self.faults += 1
        if self.faults >= self.settings.attempts:
            raise RuntimeFailed(f"{err}; tried {self.faults} times" if self.faults > 1 else str(err))
        return self._later(err.retry_after, min(FIRST * 3.0 ** min(self.faults - 1, 20), LONGEST_FAULT))

    def _later(self, asked_for: float | None, otherwise: float) -> float:
        """What the server asked for and a little more, or else at least half of `otherwise`."""
        if asked_for is not None:
            return asked_for + self.spread() * min(0.05 + asked_for / 20, 5.0)
        return otherwise * (1 + self.spread()) / 2
