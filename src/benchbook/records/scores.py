"""What anyone says of a generation."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

from benchbook.records.datasets import Sample
from benchbook.records.generations import Generation
from benchbook.records.record import Record
from benchbook.specs.verdicts import WITHDRAWN, Author, Verdict


class Score(Record):
    """A Verdict in its place. Appended, never edited: a better one supersedes it."""

    run_id: str
    """The run that brought the verdict: of the generation itself, or one that judges it later."""
    generation_id: str
    author: Author
    author_id: str
    """The scorer, judge model or user."""
    author_version: str
    verdict: Verdict
    other_generation_id: str | None = None
    """The second of two that were compared: 1.0 prefers the first, 0.0 the second, 0.5 neither."""
    rubric: str | None = None
    """The fingerprint of the rubric that was filled in."""
    supersedes: str | None = None
    """The id of an earlier score that counts no longer."""

    @property
    def name(self) -> str:
        """What was looked at."""
        return self.verdict.name

    @property
    def withdraws(self) -> bool:
        """Whether it only takes the one that it supersedes back, and says nothing in its place."""
        return self.supersedes is not None and self.value is None and self.verdict.label == WITHDRAWN

    @property
    def value(self) -> float | None:
        """The number, or None where the verdict could not be reached."""
        return self.verdict.value


class Said(NamedTuple):
    """A score in short: of how it came about only what is asked of all at once."""

    id: str
    run_id: str
    generation_id: str
    other_generation_id: str | None
    author: Author
    author_id: str
    name: str
    value: float | None
    label: str | None
    rubric: str | None
    supersedes: str | None
    confidence: float | None
    trace: Mapping[str, Any]
    """Empty unless a person said it, or it is about two answers."""

    @classmethod
    def of(cls, score: Score) -> Self:
        """The score in short."""
        verdict = score.verdict
        return cls(
            id=score.id,
            run_id=score.run_id,
            generation_id=score.generation_id,
            other_generation_id=score.other_generation_id,
            author=score.author,
            author_id=score.author_id,
            name=verdict.name,
            value=verdict.value,
            label=verdict.label,
            rubric=score.rubric,
            supersedes=score.supersedes,
            confidence=verdict.confidence,
            trace=verdict.trace,
        )

    @property
    def withdraws(self) -> bool:
        """As of the score."""
        return self.supersedes is not None and self.value is None and self.label == WITHDRAWN


Answer = tuple[Sample, Generation, Sequence[Score]]
"""All that a run has to say of one sample in one epoch."""
