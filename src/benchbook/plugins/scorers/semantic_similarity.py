"""How near an answer is to the expected text in meaning, whatever the words."""

import math
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul
from typing import Any, Literal

from pydantic import JsonValue

from benchbook import Embedder, Generation, Sample, Scorer, SpecError, Use, Verdict, opened, preflight, register
from benchbook.plugins.scorers.references import answer_of, references

Measure = Literal["f1", "precision", "recall"]
Vector = Sequence[float]

_BUNDLED = Use(name="llamacpp")
_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")
_LONG = 600
"""Characters of a sentence; what goes on without an end is cut."""
_READ = 8000
"""Characters of an answer that are embedded, or twice those of the target: what is beyond is near to nothing."""


def _can_start(embedder: Use, **_: Any) -> None:
    preflight("embedder", embedder)


@register("scorer", preflight=_can_start)
async def semantic_similarity(embedder: Use = _BUNDLED, *, measure: Measure = "f1") -> AsyncIterator[Scorer]:
    """How near the answer is to the target in meaning, the best of several: 0 to 1, by embeddings of their sentences.

    As BERTScore does with tokens, each sentence is held against the nearest of the other text: `precision` over the
    answer's sentences, `recall` over the target's, `f1` of both.
    """
    async with opened("embedder", embedder) as ready:
        yield _SemanticSimilarity(ready, measure, ready.facts)


@dataclass(frozen=True)
class _SemanticSimilarity:
    """The scorer; its facts are those of its embedder."""

    embedder: Embedder
    measure: Measure
    facts: Mapping[str, str]

    async def __call__(self, sample: Sample, generation: Generation) -> Verdict:
        answer, targets = answer_of(sample, generation), references(sample, "semantic-similarity")
        if not all(map(_sentences, targets)):
            raise SpecError(f"sample {sample.key!r}: semantic-similarity needs targets with words")
        if not _sentences(answer):
            return Verdict(value=0.0, label="no words", explanation="the answer has no words")
        found = [await self._compared(target, answer) for target in targets]
        best = max(found, key=lambda one: one[self.measure])
        return Verdict(value=best[self.measure], trace=dict[str, JsonValue](best.items()))

    async def _compared(self, target: str, answer: str) -> dict[Measure, float]:
        expected, said = _sentences(target), _sentences(answer)
        read = _first(said, max(_READ, 2 * len(target)))
        ours, theirs = [await self.embedder.embed(sentences) for sentences in (expected, read)]
        near = [[max(0.0, _product(a, b)) for b in theirs] for a in ours]
        recall = sum(map(max, near)) / len(expected)
        precision = sum(map(max, zip(*near, strict=True))) / len(said)
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        return {"f1": min(1.0, f1), "precision": min(1.0, precision), "recall": min(1.0, recall)}


def _sentences(text: str) -> list[str]:
    """The sentences of a text, those that have a letter or a digit."""
    parts = [part.strip() for part in _END.split(text)]
    cut = (part[at : at + _LONG] for part in parts for at in range(0, len(part), _LONG))
    return [part for part in cut if any(map(str.isalnum, part))]


def _first(sentences: Sequence[str], room: int) -> list[str]:
    """Those that have room in so many characters."""
    return [sentence for sentence, end in zip(sentences, accumulate(map(len, sentences)), strict=True) if end <= room]


def _product(a: Vector, b: Vector) -> float:
    return math.fsum(map(mul, a, b))
