"""Experiments that are started here: looked at beforehand, queued, stopped, resumed; and what their processes write."""

import asyncio
import json
from collections.abc import Sequence
from typing import Annotated, Any, Self

from fastapi import Query
from pydantic import BaseModel, JsonValue, model_validator

from benchbook.errors import SpecError
from benchbook.records.jobs import Job
from benchbook.records.runs import Experiment, Run
from benchbook.server.access import scope
from benchbook.server.given import MOST, Asked, Placed, Stored, routes
from benchbook.server.replies import Problem, said
from benchbook.service import forecasts
from benchbook.service import queue as queueing
from benchbook.service.forecasts import Forecast
from benchbook.service.queue import LogPage, Stopped
from benchbook.service.runs import utc_now
from benchbook.specs.files import Source, read_text
from benchbook.specs.jobs import Turn

router = routes("queue")

_NAME = "config.yaml"
"""What errors call a config that was sent."""


class Config(Asked):
    """An experiment, as YAML or as plain data: one of the two."""

    yaml: str | None = None
    spec: dict[str, JsonValue] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.yaml is None) == (self.spec is None):
            raise ValueError("give the experiment as `yaml` or as `spec`, one of the two")
        return self

    @property
    def source(self) -> Source:
        """As a file would be read."""
        if self.yaml is not None:
            return read_text(_NAME, self.yaml)
        return Source("spec", json.dumps(self.spec, indent=2), dict(self.spec or {}), {})


class Again(Turn, Asked):
    """When it is the turn of what is left, and on what."""


class Submission(Config):
    """An experiment, and when it is its turn."""

    turn: Turn = Turn()


class Planned(BaseModel):
    """One run that there would be."""

    model: str
    task: str
    rubric: str | None
    samples: int


class Checked(BaseModel):
    """What is wrong with a config, or what it would do."""

    ok: bool
    error: Problem | None = None
    plan: list[Planned] = []
    forecast: dict[str, Any] | None = None
    """What each run would ask, spend and take, and all of them."""


class Queued(BaseModel):
    """An experiment whose runs wait for workers."""

    experiment: Experiment
    runs: Sequence[Run]
    jobs: Sequence[Job]


@router.post("/experiments/check", dependencies=[scope("write")])
def check_experiment(store: Stored, config: Config) -> Checked:
    """Say what is wrong with a config, with line and field, or what it would ask, spend and take; write nothing."""
    try:
        found = asyncio.run(queueing.forecast(store, config.source, utc_now()))
    except SpecError as err:
        return Checked(ok=False, error=said(err, "SpecError"))
    runs = [forecasts.document(one) for one in found]
    return Checked(
        ok=True, plan=[_planned(one) for one in found], forecast={"runs": runs, "total": forecasts.total(found)}
    )


@router.post("/experiments", status_code=202, dependencies=[scope("write")])
def submit_experiment(store: Stored, submission: Submission) -> Queued:
    """Write an experiment down and queue its runs; a worker carries them out."""
    given = queueing.submit(store, submission.source, submission.turn, utc_now())
    return Queued(experiment=given.experiment, runs=given.runs, jobs=given.jobs)


@router.post("/experiments/{experiment_id}/stop", status_code=202, dependencies=[scope("write")])
def stop_experiment(store: Stored, experiment_id: str) -> Sequence[Stopped]:
    """Stop the runs of an experiment that are with workers: what is in flight is stored, the rest can be resumed."""
    return queueing.stop(store, experiment_id, utc_now())


@router.post("/experiments/{experiment_id}/resume", status_code=202, dependencies=[scope("write")])
def resume_experiment(store: Stored, experiment_id: str, turn: Again | None = None) -> Sequence[Job]:
    """Queue what is left of an experiment."""
    return queueing.resume(store, experiment_id, turn or Turn(), utc_now())


@router.post("/runs/{run_id}/stop", status_code=202, dependencies=[scope("write")])
def stop_run(store: Stored, run_id: str) -> Sequence[Stopped]:
    """Stop a run that is with a worker: what is in flight is stored, the rest can be resumed."""
    return queueing.stop(store, run_id, utc_now())


@router.post("/runs/{run_id}/resume", status_code=202, dependencies=[scope("write")])
def resume_run(store: Stored, run_id: str, turn: Again | None = None) -> Sequence[Job]:
    """Queue what is left of a run."""
    return queueing.resume(store, run_id, turn or Turn(), utc_now())


@router.get("/runs/{run_id}/log", dependencies=[scope("read")])
def get_log(
    store: Stored,
    settings: Placed,
    run_id: str,
    offset: Annotated[int, Query(ge=0, le=MOST, description="The byte to begin at: what `next` said.")] = 0,
    attempt: Annotated[int | None, Query(ge=1, le=MOST, description="The last one unless given.")] = None,
) -> LogPage:
    """What the process of a run has written, up to 256 KiB at a time."""
    return queueing.log(store, settings.logs, run_id, offset, attempt)


def _planned(one: Forecast) -> Planned:
    judging = one.run.spec.judging
    return Planned(
        model=one.run.spec.model.name,
        task=one.run.spec.task.name,
        rubric=judging.rubric.name if judging else None,
        samples=one.samples,
    )
