"""Whether texts are the same, nearly the same, or have stretches of words in common."""

import hashlib
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_WORD = re.compile(r"\w+")
_DIGIT = re.compile(r"\d")
Shingle = tuple[str, ...]


def words(text: str) -> list[str]:
    """The words of a text, without case and punctuation."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def grams(found: Sequence[str], size: int) -> Iterator[Shingle]:
    """Every stretch of so many words."""
    return (tuple(found[at : at + size]) for at in range(len(found) - size + 1))


@dataclass(frozen=True)
class Near:
    """A text that was there before, and the share of all shingles of the two that they have in common."""

    place: int
    similarity: float


class Texts:
    """Texts, to be asked which of them is near to another one.

    Two texts are near if their sets of shingles (`size` words in a row; a shorter text is one) have a Jaccard
    similarity of `threshold` or more. None that is near is missed: sets that are so alike share some members among the
    first of each, in whatever order all are sorted, so only texts that share so many there need be compared in full.
    """

    def __init__(self, threshold: float, size: int = 5) -> None:
        self.threshold = threshold
        self.size = size
        self._sets: list[frozenset[int]] = []
        self._needed: list[int] = []
        self._under: dict[int, list[int]] = defaultdict(list)

    def admit(self, text: str) -> Near | None:
        """Take in the text, unless one is near, which is returned."""
        shingles = self._shingles(text)
        near = self._nearest(shingles)
        if near is None:
            self._add(shingles)
        return near

    def add(self, text: str) -> None:
        """Take in the text; its place is the number of those before it."""
        self._add(self._shingles(text))

    def nearest(self, text: str) -> Near | None:
        """The text that is nearest, the first of several; None if none is near."""
        return self._nearest(self._shingles(text))

    def near(self, text: str) -> list[Near]:
        """Every text that is near, in the order in which they came."""
        return self._near(self._shingles(text))

    def _add(self, shingles: frozenset[int]) -> None:
        first, needed = self._first(shingles)
        for shingle in first:
            self._under[shingle].append(len(self._sets))
        self._sets.append(shingles)
        self._needed.append(needed)

    def _nearest(self, shingles: frozenset[int]) -> Near | None:
        return max(self._near(shingles), key=lambda one: one.similarity, default=None)

    def _near(self, shingles: frozenset[int]) -> list[Near]:
        first, needed = self._first(shingles)
        hits = Counter(place for shingle in first for place in self._under.get(shingle, ()))
        places = sorted(place for place, count in hits.items() if count >= min(needed, self._needed[place]))
        found = (Near(place, _jaccard(shingles, self._sets[place])) for place in places)
        return [one for one in found if one.similarity >= self.threshold]

    def _shingles(self, text: str) -> frozenset[int]:
        found = words(text)
        return frozenset(map(_hashed, grams(found, min(self.size, len(found)))))

    def _first(self, shingles: frozenset[int]) -> tuple[Sequence[int], int]:
        """The first members of the set, and how many of them any set that is near has among its first."""
        least = math.ceil(self.threshold * len(shingles) - 1e-9)
        needed = max(1, least // 3)
        return sorted(shingles)[: len(shingles) - least + needed], needed


def _hashed(shingle: Shingle) -> int:
    """64 bits; what has figures comes first in order, for it is seldom in two texts."""
    joined = " ".join(shingle)
    number = (
        int.from_bytes(hashlib.blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 1
    )
    return number if _DIGIT.search(joined) else number | 1 << 63


def _jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    common = len(one & other)
    return common / max(1, len(one) + len(other) - common)


@dataclass(frozen=True)
class Shared:
    """What a text has in common with others."""

    share: float
    """Of its stretches of words."""
    example: str
    """The first stretch."""
    place: int
    """Where that stretch was found."""


class Stretches:
    """Which stretches of words of some texts are found in others, which pass by once.

    A stretch has `size` words, or as many as the text if it has fewer, but `least` at any rate: a shorter one is in
    many texts by chance. What is found in more than `common` of the others is everybody's phrase, and not counted.
    """

    def __init__(self, texts: Iterable[str], size: int = 13, least: int = 6, common: int = 10) -> None:
        self._common = common
        self._texts = [words(text) for text in texts]
        self._sizes = [min(size, len(found)) if len(found) >= least else 0 for found in self._texts]
        self._found: dict[Shingle, list[int]] = {
            gram: []
            for found, length in zip(self._texts, self._sizes, strict=True)
            if length
            for gram in grams(found, length)
        }
        self._lengths = sorted({length for length in self._sizes if length})

    def look_into(self, text: str, place: int) -> bool:
        """Look for the stretches in one of the others: whether it is the first, or one of few, to have one."""
        found, there = words(text), False
        for length in self._lengths:
            for gram in grams(found, length):
                seen = self._found.get(gram)
                if seen is not None and len(seen) <= self._common and (not seen or seen[-1] != place):
                    seen.append(place)
                    there = True
        return there

    def shared(self) -> list[Shared | None]:
        """What each of the texts has in common with what was looked into; None if nothing."""
        return [self._of(found, length) for found, length in zip(self._texts, self._sizes, strict=True)]

    def _of(self, found: Sequence[str], length: int) -> Shared | None:
        if not length:
            return None
        every = list(grams(found, length))
        there = [gram for gram in every if 0 < len(self._found[gram]) <= self._common]
        if not there:
            return None
        return Shared(len(there) / len(every), " ".join(there[0]), self._found[there[0]][0])
