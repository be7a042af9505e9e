"""Texts by what they are about: the words that set them apart, and groups of them by words or by meaning (TF-IDF or
embeddings, spherical k-means)."""

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from sys import intern

_WORD = re.compile(r"[^\W\d_]{3,}")
_READ = 4000
"""Characters of a text that are read."""
_MOST_WORDS = 2000
"""Words that are told apart."""
_LEARNT_FROM = 2000
"""Texts that the groups are learnt from; the others are put to the nearest."""
_ROUNDS = 8
NAMED_BY = 3
"""Words that a group is called by."""

Sparse = Mapping[int, float]
Vector = Sparse | Sequence[float]
"""Of length one; without any, a text has nothing to go by."""


@dataclass(frozen=True)
class Topics:
    """Groups of texts, and the group of each."""

    names: Sequence[str]
    """Of each group the words that weigh most."""
    of: Sequence[int | None]
    """None of a text without a word that others have, too."""


def words_of(text: str) -> frozenset[str]:
    """The words of a text, in small letters: three letters or more."""
    # The same word is one object however many texts have it.
    return frozenset(map(intern, _WORD.findall(text[:_READ].casefold())))


def frequent_words(words: Sequence[frozenset[str]], least: float = 0.05, most: float = 0.5) -> list[str]:
    """The words that such a share of the texts have, the rarest first; of equals by the alphabet."""
    counts = Counter(word for those in words for word in those)
    low, high = least * len(words), most * len(words)
    return sorted((word for word, n in counts.items() if low <= n <= high), key=lambda word: (counts[word], word))


def topics(
    words: Sequence[frozenset[str]], groups: int, seed: int = 0, meanings: Sequence[Sequence[float]] | None = None
) -> Topics:
    """The texts in so many groups at most, by k-means over their words, or their meanings, if these are given; equal
    seeds give equal groups."""
    vocabulary, by_words = _vectors(words)
    vectors: Sequence[Vector] = by_words if meanings is None else meanings
    known = [at for at, vector in enumerate(vectors) if vector]
    groups = min(groups, len(known))
    if groups < 2:
        return Topics([], [None] * len(words))
    chance = random.Random(seed)  # noqa: S311 - no secret
    learnt = chance.sample(known, min(_LEARNT_FROM, len(known)))
    centres = _centres([vectors[at] for at in learnt], groups, chance)
    of = [_nearest(vector, centres) if vector else None for vector in vectors]
    return Topics(_names(by_words, of, len(centres), vocabulary), of)


def _vectors(words: Sequence[frozenset[str]]) -> tuple[list[str], list[Sparse]]:
    counts = Counter(word for those in words for word in those)
    # A word that one text has groups nothing; one that most have tells nothing.
    useful = [(n, word) for word, n in counts.items() if 2 <= n <= 0.6 * len(words)]
    vocabulary = [word for _, word in sorted(useful, key=lambda each: (-each[0], each[1]))[:_MOST_WORDS]]
    place = {word: at for at, word in enumerate(vocabulary)}
    weights = [math.log(len(words) / counts[word]) for word in vocabulary]
    found = []
    for those in words:
        vector = {place[word]: weights[place[word]] for word in sorted(those) if word in place}
        found.append(_unit(vector))
    return vocabulary, found


def _centres(vectors: Sequence[Vector], groups: int, chance: random.Random) -> list[Vector]:
    centres = _apart(vectors, groups, chance)
    for _ in range(_ROUNDS):
        members: list[list[Vector]] = [[] for _ in centres]
        for vector in vectors:
            members[_nearest(vector, centres)].append(vector)
        moved = [_middle(those) or centre for those, centre in zip(members, centres, strict=True)]
        if moved == centres:
            break
        centres = moved
    return centres


def _apart(vectors: Sequence[Vector], groups: int, chance: random.Random) -> list[Vector]:
    """The first centres, each likely to be far from those before it (Arthur & Vassilvitskii 2007)."""
    centres = [chance.choice(vectors)]
    far = [1.0] * len(vectors)
    while len(centres) < groups:
        near = [_product(vector, centres[-1]) for vector in vectors]
        far = [min(before, max(0.0, 1 - each)) for before, each in zip(far, near, strict=True)]
        if sum(far) < 1e-9:
            break
        centres.append(chance.choices(vectors, far)[0])
    return centres


def _nearest(vector: Vector, centres: Sequence[Vector]) -> int:
    return max(range(len(centres)), key=lambda at: _product(vector, centres[at]))


def _product(a: Vector, b: Vector) -> float:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return sum(weight * b[at] for at, weight in a.items() if at in b)
    return math.fsum(map(mul, a, b))


def _middle(vectors: Sequence[Vector]) -> Vector:
    middle = _unit(_sum(vectors))
    return middle if vectors and isinstance(vectors[0], Mapping) else [*middle.values()]


def _sum(vectors: Iterable[Vector]) -> dict[int, float]:
    total: dict[int, float] = defaultdict(float)
    for vector in vectors:
        for at, weight in vector.items() if isinstance(vector, Mapping) else enumerate(vector):
            total[at] += weight
    return total


def _unit(vector: Mapping[int, float]) -> Sparse:
    length = math.sqrt(sum(weight * weight for weight in vector.values()))
    return {at: weight / length for at, weight in vector.items()} if length else {}


def _names(by_words: Sequence[Sparse], of: Sequence[int | None], groups: int, vocabulary: Sequence[str]) -> list[str]:
    """What each group is called, no two alike: the words that weigh most in its texts."""
    names: list[str] = []
    for group in range(groups):
        weights = _sum(vector for vector, its in zip(by_words, of, strict=True) if its == group)
        heaviest: Iterable[int] = sorted(weights, key=lambda at: (-weights[at], at))[:NAMED_BY]
        name = " ".join(vocabulary[at] for at in heaviest) or "(no common words)"
        names.append(name if name not in names else f"{name} ({group + 1})")
    return names
