"""Work for workers: what waits, what is being done, what came of it."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from benchbook.records.jobs import Job, JobKind, JobStatus
from benchbook.server.access import scope
from benchbook.server.given import After, Asked, Limit, Placed, Stored, routes
from benchbook.service import jobs, uploads
from benchbook.service.runs import utc_now
from benchbook.specs.ingestion import IngestMapping
from benchbook.specs.jobs import IngestSpec
from benchbook.specs.spec import Several
from benchbook.store import pages, queue
from benchbook.store.pages import Page

router = routes("jobs")


class Ingestion(Asked):
    """A file that was sent, and how it is to be read."""

    upload: str
    """What POST /api/uploads said."""
    mapping: str | IngestMapping | None = None
    """A built-in one by name, or one written out."""
    name: str | None = Field(default=None, max_length=100)
    """What the data set is called; as the file unless given."""
    scorers: Several[str] = ()
    """Who checks the answers, too."""
    skip_rejected: bool = False


@router.get("/jobs", dependencies=[scope("read")])
def list_jobs(
    store: Stored,
    kind: JobKind | None = None,
    status: JobStatus | None = None,
    subject: Annotated[str | None, Query(max_length=200, description="Of a run, or of an upload, by its id.")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Job]:
    """Jobs, newest first, by their titles: without all that was asked, and what came of it."""
    before = pages.opened(after, str)[0] if after is not None else None
    found = queue.jobs(store, limit + 1, before, kind=kind, status=status, subject=subject)
    return pages.cut(found, limit, lambda job: (job.id,))


@router.get("/jobs/{job_id}", dependencies=[scope("read")])
def get_job(store: Stored, job_id: str) -> Job:
    """A job as a whole."""
    return queue.job(store, job_id)


@router.post("/jobs/{job_id}/cancel", status_code=202, dependencies=[scope("write")])
def cancel_job(store: Stored, job_id: str) -> Job:
    """Nobody is to begin a job, and whoever works on it is to stop in good order."""
    return jobs.cancel(store, job_id, utc_now())


@router.post("/ingestions", status_code=202, dependencies=[scope("write")])
def ingest(store: Stored, settings: Placed, asked: Ingestion) -> Job:
    """Take in a file that was sent: a data set, a finished run for each model, people's scores."""
    upload, path = uploads.found(settings, asked.upload)
    said = {**asked.model_dump(mode="json", exclude={"upload"}), "name": asked.name or uploads.stem(upload)}
    return jobs.add_ingestion(store, IngestSpec.parse({**said, "file": str(path)}), utc_now(), upload.id)
