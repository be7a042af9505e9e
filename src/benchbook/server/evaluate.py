"""Answers that are sent to be judged as they are."""

from benchbook.errors import NotFound
from benchbook.records.jobs import Job
from benchbook.server.access import scope
from benchbook.server.given import Asked, Stored, routes
from benchbook.service import jobs
from benchbook.service.runs import utc_now
from benchbook.specs.jobs import EvaluateSpec
from benchbook.store import queue

router = routes("evaluate")


class Evaluation(EvaluateSpec, Asked):
    """Answers, and by what they are to be judged."""


@router.post("/evaluate", status_code=202, dependencies=[scope("write")])
def evaluate(store: Stored, asked: Evaluation) -> Job:
    """Queue answers to be judged by a rubric; GET /api/evaluate/{id} says how far that is and what came of it."""
    return jobs.add_evaluation(store, asked, utc_now())


@router.get("/evaluate/{job_id}", dependencies=[scope("read")])
def get_evaluation(store: Stored, job_id: str) -> Job:
    """Answers that were sent to be judged: with `result`, each judge's verdict on each, criterion by criterion."""
    found = queue.job(store, job_id)
    if found.kind != "evaluate":
        raise NotFound(f"{job_id} is no evaluation; GET /api/jobs/{job_id} tells of it")
    return found
