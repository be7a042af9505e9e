"""Whether keys come twice, among millions of them."""

from array import array
from collections import Counter

_SHELVES = 1024


class Keys:
    """Keys that pass by, at some eight bytes each; which of them may have come twice is known at the end."""

    def __init__(self) -> None:
        self._shelves = [array("q") for _ in range(_SHELVES)]

    def add(self, key: str) -> None:
        """One more."""
        mark = hash(key)
        self._shelves[mark % _SHELVES].append(mark)

    def twice(self) -> frozenset[int]:
        """The `hash` of every key that came more than once. Another key may share it, though hardly one ever does: who
        reads the keys again can tell."""
        crowded = (shelf for shelf in self._shelves if len(set(shelf)) < len(shelf))
        return frozenset(mark for shelf in crowded for mark, number in Counter(shelf).items() if number > 1)
