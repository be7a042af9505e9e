"""Work of a scorer that may take long: in a thread, so that answers come in meanwhile, and not for ever."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from benchbook import BenchbookError

Result = TypeVar("Result")

SECONDS = 60.0


@dataclass(frozen=True)
class Aside:
    """Does one piece of work after the other: they would only wait for each other."""

    seconds: float = SECONDS
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def done(self, work: Callable[[], Result]) -> Result:
        """What the work gives; BenchbookError if it takes too long."""
        async with self._turn:
            try:
                return await asyncio.wait_for(asyncio.to_thread(work), self.seconds)
            except TimeoutError:
                raise BenchbookError(f"not scored within {self.seconds:g} s; limit max_tokens") from None
