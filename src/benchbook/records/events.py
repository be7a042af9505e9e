"""Everything that happens in a run, as one stream."""

from typing import Literal

from pydantic import Field, JsonValue

from benchbook.records.generations import Generation
from benchbook.records.record import Record
from benchbook.records.scores import Score

EventKind = Literal["run_started", "model_ready", "warning", "sample_done", "run_finished"]


class RunEvent(Record):
    """Something that happened. `body` is small; what a finished sample brings travels beside it and is kept as rows."""

    run_id: str
    attempt: int
    kind: EventKind
    subject: str = ""
    """What it happened to: the key of a sample, the name of a model."""
    body: dict[str, JsonValue] = {}
    generation: Generation | None = Field(default=None, exclude=True)
    scores: tuple[Score, ...] = Field(default=(), exclude=True)
