"""Work that waits for a worker: a run that was queued, answers to be judged, a file to be taken in."""

from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from benchbook.records.record import Record

JobKind = Literal["run", "evaluate", "ingest"]
JobStatus = Literal["queued", "running", "done", "failed", "cancelled"]


class Job(Record):
    """Something to be done by a process of its own, and how far that got. Of a run it is the claim, not the state."""

    kind: JobKind
    subject: str = ""
    """What it is about: the id of a run, or of an upload."""
    title: str | None = None
    """What it is called in lists: model and task of a run, the name of a file, the beginning of a prompt."""
    status: JobStatus = "queued"
    priority: int = 0
    """What has more of it goes first."""
    not_before: datetime | None = None
    gpus: int | None = 0
    """How many it needs; None: one, where there are any."""
    after: tuple[str, ...] = ()
    """The runs that must be over before it begins."""
    alone: str = ""
    """Of the jobs with the same word, one is worked on at a time."""
    attempt: int = 0
    """How often it was handed to a worker; of a run, all of its jobs taken together."""
    crashes: int = 0
    stop_requested: bool = False
    node: str | None = None
    """The machine that works on it."""
    worker: str | None = None
    """The process there that started it, and looks after it."""
    process: str | None = None
    """The process that does the work, once that has reported."""
    slots: tuple[str, ...] = ()
    """The GPUs that it has there."""
    lease_until: datetime | None = None
    """Until when its process has said to be alive."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: str | None = None
    """Why it failed; of one that was taken up again, why it had to be."""
    spec: dict[str, JsonValue] = {}
    result: dict[str, JsonValue] | None = None

    @property
    def place(self) -> str:
        """What its attempts are counted and its logs are kept under."""
        return self.subject if self.kind == "run" else self.id

    @property
    def open(self) -> bool:
        """Whether somebody is still to work on it, or does."""
        return self.status in ("queued", "running")
