"""Chance that falls alike on every machine and in every version of Python."""

import hashlib
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """Draws that follow from a key alone.

    Only `random()` is promised to give the same sequence in every version of Python, so all else is made of it.
    """

    def __init__(self, *key: str | int) -> None:
        digest = hashlib.sha256("/".join(map(str, key)).encode()).digest()
        self._random = Random(int.from_bytes(digest, "big"))  # noqa: S311 - chance, not secrets

    def below(self, number: int) -> int:
        """A whole number from 0, below `number`."""
        return int(self._random.random() * number)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def chance(self, share: float) -> bool:
        """True in so many cases of one."""
        return self._random.random() < share

    def pick(self, things: Sequence[T]) -> T:
        """One of the things."""
        return things[self.below(len(things))]

    def some(self, things: Sequence[T], number: int) -> list[T]:
        """So many different ones of the things, in an order of their own."""
        return self.shuffled(things)[:number]

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """The things in another order."""
        left = list(things)
        for last in range(len(left) - 1, 0, -1):
            at = self.below(last + 1)
            left[at], left[last] = left[last], left[at]
        return left
