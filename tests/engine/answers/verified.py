"""How tests have answers verified: by one pool, several at a time."""

import asyncio
from collections.abc import Sequence

from benchbook import Policy, Verification, verifier

Pair = tuple[str, str]


def verified(pairs: Sequence[Pair], policy: Policy = Policy(), *, seconds: float = 10.0) -> list[Verification]:
    """What comes of each pair of an expected answer and a reply. Time is generous: tests run on busy machines."""

    async def all_of_them() -> list[Verification]:
        async with verifier(2, seconds=seconds) as pool:
            places = asyncio.Semaphore(16)

            async def one(pair: Pair) -> Verification:
                async with places:
                    return await pool.verify(*pair, policy)

            return await asyncio.gather(*map(one, pairs))

    return asyncio.run(all_of_them())


def verdict(gold: str, reply: str, policy: Policy = Policy()) -> str:
    [found] = verified([(gold, reply)], policy)
    return found.verdict
