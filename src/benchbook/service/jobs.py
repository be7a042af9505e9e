"""Work for workers that is no run: answers to be judged as they are sent, files to be taken in."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import JsonValue

from benchbook import registry
from benchbook.errors import NotFound, PluginError, under
from benchbook.records.jobs import Job
from benchbook.records.record import new_id
from benchbook.records.runs import Experiment, Run
from benchbook.service import experiments, ingestion
from benchbook.service.batch_documents import results
from benchbook.service.runs import Watch, utc_now
from benchbook.specs.files import Source
from benchbook.specs.jobs import EvaluateSpec, IngestSpec
from benchbook.specs.use import Use
from benchbook.store import queue, views
from benchbook.store.store import Store

SHOWN = 100
"""Rejected rows that a result names."""
_TITLE = 200
"""Characters of what a job is called."""


def add_evaluation(store: Store, spec: EvaluateSpec, now: datetime) -> Job:
    """Queue answers to be judged; what can be found wrong beforehand is raised."""
    for number, judge in enumerate(spec.judges):
        with under("judges", number):
            registry.check("runtime", judge.runtime)
            registry.preflight("runtime", judge.runtime)
    _check_scorers(spec.scorers)
    body = spec.model_dump(mode="json", exclude_defaults=True)
    job = Job(
        id=new_id("job", now),
        created_at=now,
        kind="evaluate",
        title=_title(spec.prompt),
        priority=spec.priority,
        spec=body,
    )
    return _added(store, job)


def add_ingestion(store: Store, spec: IngestSpec, now: datetime, subject: str = "") -> Job:
    """Queue a file to be taken in; `subject` is the upload that it came by."""
    _check_scorers(spec.scorers)
    body = spec.model_dump(mode="json", exclude_defaults=True)
    title = _title(spec.name or Path(spec.file).name)
    job = Job(id=new_id("job", now), created_at=now, kind="ingest", subject=subject, title=title, spec=body)
    return _added(store, job)


def cancel(store: Store, job_id: str, now: datetime) -> Job:
    """Nobody is to begin the job, and whoever works on it is to stop in good order."""
    return queue.request_stop(store, job_id, now)


async def evaluated(store: Store, job: Job, watch: Watch) -> dict[str, JsonValue] | None:
    """What the judges say of the answers; None if they were stopped before they were through.

    The answers are kept as runs of an experiment, and the judges as those of a second: an attempt that was cut off is
    gone on with.
    """
    spec = EvaluateSpec.parse(job.spec)
    name = f"evaluate-{job.id.removeprefix('job-')}"
    answered = await asyncio.to_thread(_kept, store, spec, name, job.created_at)
    judging = _judging(store, spec, f"{name}-judged", answered)
    broken = await experiments.carry_out(store, judging, watch)
    if broken:
        raise broken[0].error
    judged = views.runs_of(store, judging.id)
    if any(run.status != "completed" for run in judged):
        return None
    failures = [*_failures(store, judged)]
    if failures and len(failures) == sum(run.total for run in judged):
        raise PluginError(f"no judge has answered: {failures[0]['error']}")
    [task] = results(store, answered)
    judges = [run.id for run in judged]
    comparisons = [one for one in task["comparisons"] if one["run_id"] in judges]
    return {
        "experiment": judging.id,
        "runs": [*judges],
        "answers": [run.id for run in answered],
        "responses": [_response(one, spec.rubric.name, judges) for one in task["evaluations"]],
        "comparisons": [{**one, "verdict": _verdict(one["criteria"], spec.rubric.name)} for one in comparisons],
        "failures": [*failures],
    }


def ingested(store: Store, job: Job) -> dict[str, JsonValue]:
    """What came of a file."""
    spec = IngestSpec.parse(job.spec)
    recorded = ingestion.read(Path(spec.file), spec.mapping)
    if not spec.skip_rejected:
        recorded.strictly()
    done = ingestion.ingest(store, recorded, spec.name, utc_now(), [Use(name=scorer) for scorer in spec.scorers])
    rejected: list[JsonValue] = [dict(row._asdict()) for row in recorded.rejected[:SHOWN]]
    return {
        "experiment": done.experiment.id,
        "dataset": done.dataset.id,
        "runs": [run.id for run in done.runs],
        "new": done.new,
        "rows": recorded.rows,
        "human_scores": done.scores,
        "rejected": rejected,
        "rejected_rows": len(recorded.rejected),
        "not_taken_over": dict(recorded.overlooked),
    }


def _check_scorers(scorers: Sequence[str]) -> None:
    for number, scorer in enumerate(scorers):
        with under("scorers", number):
            registry.preflight("scorer", Use(name=scorer))


def _title(about: str) -> str:
    return " ".join(about[: 10 * _TITLE].split())[:_TITLE]


def _added(store: Store, job: Job) -> Job:
    [added] = queue.add(store, [job])
    return added


def _kept(store: Store, spec: EvaluateSpec, name: str, now: datetime) -> list[Run]:
    """The answers as runs, like those of a file; of a second attempt the same."""
    with TemporaryDirectory(prefix="benchbook-") as folder:
        path = Path(folder) / "asked.jsonl"
        path.write_text(json.dumps(spec.row) + "\n", encoding="utf-8")
        recorded = ingestion.read(path).strictly()
        return ingestion.ingest(store, recorded, name, now, [Use(name=scorer) for scorer in spec.scorers]).runs


def _judging(store: Store, spec: EvaluateSpec, name: str, answered: Sequence[Run]) -> Experiment:
    try:
        return views.experiment(store, name)
    except NotFound:
        config = spec.config(name, [run.id for run in answered])
        source = Source("evaluate", json.dumps(config, indent=2), config, {})
        return experiments.submit(store, experiments.prepare(source, utc_now(), store))


def _failures(store: Store, judged: Sequence[Run]) -> Iterator[dict[str, JsonValue]]:
    """Which judge has not answered, and why."""
    for run in judged:
        for _, generation, _ in views.generations(store, run.id):
            if generation.error is not None:
                yield {"judge": run.spec.model.name, "run_id": run.id, "error": generation.error}


def _response(said: dict[str, Any], rubric: str, judges: Sequence[str]) -> dict[str, JsonValue]:
    """What is said of one answer, each judge's verdict as a whole and by criterion."""
    opinions = [one for one in said["judge_evaluation"] if one["run_id"] in judges]
    return {
        "model": said["model_id"],
        "run_id": said["run_id"],
        "response": said["model_response"],
        "checks": [criterion for check in said["code_evaluation"] for criterion in check["criteria"]],
        "judges": [{**one, "verdict": _verdict(one["criteria"], rubric)} for one in opinions],
    }


def _verdict(criteria: Sequence[dict[str, Any]], rubric: str) -> dict[str, JsonValue] | None:
    """What is said of the whole."""
    return next((one for one in criteria if one["criterion"] == rubric), None)
