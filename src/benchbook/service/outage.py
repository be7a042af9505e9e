"""Waiting for a database that is away: its server restarts, or the way to it is broken."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from benchbook.errors import StoreError

Result = TypeVar("Result")

PATIENCE = 120.0
"""Seconds that a run waits for its database."""

_SHORTEST, _LONGEST = 0.1, 5.0
"""Seconds between two tries: twice as long each time."""


async def outlast(
    act: Callable[[], Result], again: Callable[[], Result], patience: float, tell: Callable[[str], None]
) -> Result:
    """What `act` returns; if the database is away, what `again` returns once it is back.

    `again` has to allow for what `act` may have done: a connection can break between a commit and its confirmation. It
    is called in another thread, so that models are listened to meanwhile. StoreError if the database stays away.
    """
    try:
        return act()
    except StoreError as err:
        if not err.passing or not patience:
            raise
        tell(f"{err}. Waiting up to {patience:g} s for it; what models answer meanwhile is kept")
    began, pause = time.monotonic(), _SHORTEST
    while True:
        await asyncio.sleep(pause)
        try:
            result = await asyncio.to_thread(again)
        except StoreError as err:
            waited = time.monotonic() - began
            if not err.passing:
                raise
            if waited >= patience:
                raise StoreError(f"{err}; it was waited for {waited:.0f} s. What was stored is kept") from err
            pause = min(2 * pause, _LONGEST, patience - waited)
        else:
            tell(f"The database is back after {time.monotonic() - began:.1f} s.")
            return result
