"""Everything that happens in a run, as one stream."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from benchbook.records.datasets import Sample
from benchbook.records.generations import Generation
from benchbook.records.record import Record, new_id
from benchbook.records.runs import Run
from benchbook.records.scores import Score

EventKind = Literal["run_started", "parts_ready", "warning", "sample_done", "parts_done", "stopped", "run_finished"]


class RunEvent(Record):
    """Something that happened. `body` is small; what a finished sample brings travels beside it and is kept as rows."""

    run_id: str
    attempt: int
    kind: EventKind
    subject: str = ""
    """What it happened to: the key of a sample, the name of a model."""
    body: dict[str, JsonValue] = {}
    sample: Sample | None = Field(default=None, exclude=True)
    generation: Generation | None = Field(default=None, exclude=True)
    scores: tuple[Score, ...] = Field(default=(), exclude=True)

    @classmethod
    def of(cls, run: Run, kind: EventKind, body: Mapping[str, JsonValue], now: datetime) -> "RunEvent":
        """An event of the run's present attempt."""
        return cls(
            id=new_id("event", now), created_at=now, run_id=run.id, attempt=run.attempt, kind=kind, body=dict(body)
        )

    @classmethod
    def warnings(cls, run: Run, messages: Iterable[str], now: datetime) -> "list[RunEvent]":
        """A warning for each message."""
        return [cls.of(run, "warning", {"message": message}, now) for message in messages]
