"""ROUGE: what of a reference summary an answer says again. Equal to Google's `rouge-score`."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from typing import Literal

from benchbook import Generation, Sample, Scorer, SpecError, Verdict, register
from benchbook.plugins.scorers.aside import Aside
from benchbook.plugins.scorers.porter import stem
from benchbook.plugins.scorers.references import answer_of, references

Kind = Literal["rouge1", "rouge2", "rougeL", "rougeLsum"]
Measure = Literal["f1", "precision", "recall"]
Words = Sequence[str]

_KINDS: tuple[Kind, ...] = ("rouge1", "rouge2", "rougeL", "rougeLsum")
_ORDERS = {"rouge1": 1, "rouge2": 2}
_STEMMED = 3
"""Longer words are stemmed."""
_STEPS = 5_000_000
"""Words of the answer that -Lsum looks at, once for each sentence of the target. The others count for nothing but
length, so that the figure is never too high."""


@register("scorer")
def rouge(kinds: tuple[Kind, ...] = _KINDS, *, stems: bool = True, measure: Measure = "f1") -> Scorer:
    """ROUGE-1, -2, -L and -Lsum (Lin 2004) of each answer against the target, the best of several.

    Words are compared by their stems unless `stems: false`; for -Lsum, sentences are lines.
    """
    if not kinds:
        raise SpecError("name at least one", field=["kinds"])

    aside = Aside()

    async def score(sample: Sample, generation: Generation) -> Sequence[Verdict]:
        answer, targets = answer_of(sample, generation), references(sample, "rouge")
        best = partial(_best, targets=targets, answer=answer, stems=stems, measure=measure)
        return await aside.done(lambda: [best(kind) for kind in kinds])

    return score


def rouge_of(kind: Kind, target: str, answer: str, *, stems: bool) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    if kind == "rougeLsum":
        return _summary(
            [_words(line, stems) for line in _lines(target)], [_words(line, stems) for line in _lines(answer)]
        )
    expected, said = _words(target, stems), _words(answer, stems)
    if kind == "rougeL":
        return _of(_common(expected, said), len(said), len(expected))
    ours, theirs = (Counter(_grams(words, _ORDERS[kind])) for words in (said, expected))
    return _of((ours & theirs).total(), ours.total(), theirs.total())


def _best(kind: Kind, targets: Sequence[str], answer: str, *, stems: bool, measure: Measure) -> Verdict:
    found = [rouge_of(kind, target, answer, stems=stems) for target in targets]
    precision, recall, f1 = max(found, key=lambda one: one[2])
    values = {"precision": precision, "recall": recall, "f1": f1}
    return Verdict(name=kind, value=values[measure], trace={**values})


def _of(shared: float, said: float, expected: float) -> tuple[float, float, float]:
    precision, recall = shared / max(said, 1), shared / max(expected, 1)
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


def _words(text: str, stems: bool) -> list[str]:  # noqa: FBT001 - of three calls
    # As Google does: everything but small letters and digits is a blank.
    words = re.sub(r"[^a-z0-9]+", " ", text.lower()).split()
    return [stem(word) if len(word) > _STEMMED else word for word in words] if stems else words


def _grams(words: Words, order: int) -> Iterator[tuple[str, ...]]:
    return zip(*(words[at:] for at in range(order)), strict=False)


def _common(expected: Words, said: Words) -> int:
    """The length of the longest common subsequence."""
    *_, last = _columns(expected, said)
    return len(expected) - last.bit_count()


def _columns(expected: Words, said: Words) -> Iterator[int]:
    """The table of the longest common subsequences of all beginnings (Hyyrö 2004), a number for each beginning of what
    was said: its bit is 0 where the expected word makes the subsequence longer."""
    places: dict[str, int] = {}
    for at, word in enumerate(expected):
        places[word] = places.get(word, 0) | 1 << at
    column = whole = (1 << len(expected)) - 1
    yield column
    for word in said:
        if matches := column & places.get(word, 0):
            column = (column + matches | column - matches) & whole
        yield column


def _summary(expected: Sequence[Words], said: Sequence[Words]) -> tuple[float, float, float]:
    """ROUGE-Lsum: for each expected sentence, its words that any said one has in the same order."""
    lengths = sum(map(len, said)), sum(map(len, expected))
    if not all(lengths):
        return 0.0, 0.0, 0.0
    others = looked_at(said, _STEPS // len(expected))
    left, left_said = (Counter(word for words in side for word in words) for side in (expected, said))
    hits = 0
    for words in expected:
        for at in sorted(set().union(*(_places(words, other) for other in others))):
            if left[words[at]] > 0 and left_said[words[at]] > 0:
                hits += 1
                left[words[at]] -= 1
                left_said[words[at]] -= 1
    return _of(hits, *lengths)


def looked_at(said: Sequence[Words], most: int) -> Iterable[Words]:
    """Each sentence once, up to so many words."""
    once = list(dict.fromkeys(map(tuple, said)))
    ends = accumulate(map(len, once))
    return [words[: max(0, most + len(words) - end)] for words, end in zip(once, ends, strict=True)]


def _places(expected: Words, said: Words) -> set[int]:
    """Which expected words are in the longest common subsequence."""
    columns = list(_columns(expected, said))
    found, row, column = set[int](), len(expected), len(said)
    while row and column:
        if expected[row - 1] == said[column - 1]:
            row, column = row - 1, column - 1
            found.add(row)
        elif not columns[column] >> (row - 1) & 1 and _length(columns[column - 1], row) == _length(
            columns[column], row
        ):
            column -= 1
        else:
            row -= 1
    return found


def _length(column: int, row: int) -> int:
    """Of the longest common subsequence with the first expected words."""
    return row - (column & (1 << row) - 1).bit_count()
