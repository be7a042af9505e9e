"""What anyone says of a generation."""

from collections.abc import Sequence

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


Answer = tuple[Sample, Generation, Sequence[Score]]
"""All that a run has to say of one sample in one epoch."""
