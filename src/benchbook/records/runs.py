"""Experiments and their runs."""

from datetime import datetime
from typing import Literal, Self

from benchbook.records.record import Record, new_id
from benchbook.specs.experiments import ExperimentSpec, RunSpec
from benchbook.specs.spec import Spec

RunStatus = Literal["queued", "running", "interrupted", "completed", "failed", "cancelled"]

STEPS: dict[RunStatus, tuple[RunStatus, ...]] = {
    "queued": ("running", "cancelled"),
    # From running to running: its process died, and another takes it up.
    "running": ("running", "interrupted", "completed", "failed", "cancelled"),
    "interrupted": ("running", "cancelled"),
    "failed": ("running",),
    # A completed run with failed samples can be resumed to try those again.
    "completed": ("running",),
    "cancelled": (),
}
"""The one table of allowed steps."""


class Experiment(Record):
    """What was asked for, as a whole."""

    name: str
    spec: ExperimentSpec
    fingerprint: str


class Stopped(Spec):
    """What was known of a score when a run ended before all was asked. Its intervals hold whenever one looks."""

    why: str
    """In words."""
    clear: bool
    """Whether that was all one wanted to know; the run is complete then. If not, something else has ended it."""
    score: str
    population: int
    """Samples that would have been asked."""
    asked: int
    """Samples that were, in random order."""
    n: int
    """Those of them that have a value."""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    """The 95 % interval of what all samples of the population would have given."""
    against: str = ""
    """The baseline, if there is one."""
    difference: float | None = None
    """From the baseline, over the samples that it has, too."""
    difference_low: float | None = None
    difference_high: float | None = None

    @property
    def told(self) -> str:
        """How far it came."""
        return f"ended early, after {self.asked:,} of {self.population:,} samples"


class Run(Record):
    """One model on one task: what was asked, how far it got, and under which circumstances."""

    experiment_id: str
    position: int
    """Its place in the plan, from 0."""
    spec: RunSpec
    fingerprint: str
    dataset_id: str
    status: RunStatus = "queued"
    attempt: int = 0
    """How often it was started."""
    reproduces: str | None = None
    """The id of the run that it carries out once more."""
    total: int
    """Generations it will have: samples times epochs."""
    environment: dict[str, str] = {}
    """Versions, machine and model facts of the last attempt; `run_started` keeps those of each."""
    error: str | None = None
    stopped: Stopped | None = None
    """Of a run that may end early (`stop` of its task), and has; its total is then what was asked."""
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @classmethod
    def planned(cls, experiment: Experiment, position: int, spec: RunSpec, dataset_id: str, total: int) -> Self:
        """A run that is still to come, born with its experiment."""
        return cls(
            id=new_id("run", experiment.created_at),
            created_at=experiment.created_at,
            experiment_id=experiment.id,
            position=position,
            spec=spec,
            fingerprint=spec.fingerprint(),
            dataset_id=dataset_id,
            total=total,
        )

    @property
    def model(self) -> str:
        """What its model is called."""
        return self.spec.model.name

    @property
    def task(self) -> str:
        """What its task is called."""
        return self.spec.task.name

    @property
    def rubric(self) -> str | None:
        """What it judges by, if it judges."""
        return self.spec.judging.rubric.name if self.spec.judging else None
