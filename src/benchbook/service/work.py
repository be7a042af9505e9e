"""What the process of a job does: it reports, works, says that it is alive, and how it ended."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from benchbook.errors import BenchbookError, Conflict, Interrupted, StoreError
from benchbook.records.jobs import Job, JobStatus
from benchbook.service import experiments, jobs, runs
from benchbook.service.environment import process_of
from benchbook.service.experiments import Terms
from benchbook.service.outage import outlast
from benchbook.service.runs import Watch, utc_now
from benchbook.specs.jobs import Turn
from benchbook.store import queue, views
from benchbook.store.store import Store

LEASE = 60.0
"""Seconds without a word from its process after which a job is taken to be lost, where one cannot look at it."""
_RENEWALS = 6
"""Of a lease, before it is over."""


class Ended(NamedTuple):
    """How an attempt ended; without a status the job goes back into the queue."""

    status: JobStatus | None
    error: str | None = None
    result: dict[str, Any] | None = None


@dataclass(frozen=True)
class Lease:
    """How long a word from the job's process holds, and who is told that it is to end."""

    seconds: float = LEASE
    stop: Callable[[], None] = lambda: None
    """In good order: what is in flight is finished."""
    lost: Callable[[], None] = lambda: None
    """At once: somebody else has the job."""


def begun(store: Store, place: str, attempt: int, pid: int, seconds: float = LEASE) -> Job:
    """The job of that run, or of that id, in that attempt, with this process as the one that works on it.

    Conflict if it was handed to somebody else meanwhile, or is over.
    """
    found = queue.of_run(store, place) if place.startswith("run-") else queue.job(store, place)
    if found is None:
        raise Conflict(f"run {place} was never queued: `benchbook eval --resume` carries it out without a worker")
    asked = queue.job(store, found.id).model_copy(update={"attempt": attempt})
    return queue.begin(store, asked, process_of(pid), utc_now() + timedelta(seconds=seconds))


async def work(store: Store, job: Job, watch: Watch, lease: Lease) -> Ended:
    """Carry the job out in this process, and report how that ended. Conflict if it has become somebody else's."""
    with _renewed(store, job, lease):
        ended = await _ended(store, job, watch)
    await _reported(store, job, ended, watch)
    return ended


async def _ended(store: Store, job: Job, watch: Watch) -> Ended:
    try:
        if job.kind == "run":
            return await _of_run(store, job, watch)
        if job.kind == "evaluate":
            return _through(await jobs.evaluated(store, job, watch))
        return _through(await asyncio.to_thread(jobs.ingested, store, job))
    except asyncio.CancelledError:
        return Ended(None, "dropped what was in flight")
    except StoreError:
        # Where nothing can be written there is nobody to report to: it is found out, and taken up again.
        raise
    except Conflict as err:
        queue.held(store, job)
        return Ended("failed", str(err))
    except Interrupted as err:
        return Ended("cancelled", str(err))
    except BenchbookError as err:
        return Ended("failed", str(err))


async def _of_run(store: Store, job: Job, watch: Watch) -> Ended:
    # First the run as it stands, then whether we still have the job: who gets it from now on moves the run on, and our
    # step from where it stands is refused.
    run = views.run(store, job.subject)
    queue.held(store, job)
    turn = Turn.parse(job.spec)
    try:
        run = await experiments.carry_out_run(store, run, watch, Terms(turn.cache, turn.budget))
    except (Conflict, StoreError, Interrupted):
        raise
    except BenchbookError as err:
        runs.abandoned(store, views.run(store, run.id), "failed", str(err), watch.now())
        raise
    if run.status == "interrupted" and run.error:
        raise Interrupted(run.error)
    return Ended("done") if run.status == "completed" else Ended(None)


def _through(result: dict[str, Any] | None) -> Ended:
    return Ended(None) if result is None else Ended("done", result=result)


async def _reported(store: Store, job: Job, ended: Ended, watch: Watch) -> None:
    def report() -> None:
        stands = queue.job(store, job.id)
        if (stands.attempt, stands.status) != (job.attempt, "running"):
            # A report whose confirmation was lost, or an attempt that is over.
            return
        status: JobStatus | None = "cancelled" if ended.status is None and stands.stop_requested else ended.status
        if status is None:
            queue.put_back(store, job, error=ended.error)
        else:
            queue.finish(store, job, status, watch.now(), error=ended.error, result=ended.result)

    await outlast(report, report, watch.patience, lambda _: None)


@contextmanager
def _renewed(store: Store, job: Job, lease: Lease) -> Iterator[None]:
    """Within, a thread says that we are alive, also while the work keeps the event loop."""
    over = threading.Event()
    thread = threading.Thread(target=partial(_renew, store, job, lease, over), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _renew(store: Store, job: Job, lease: Lease, over: threading.Event) -> None:
    while not over.wait(lease.seconds / _RENEWALS):
        try:
            held = queue.renew(store, job, utc_now() + timedelta(seconds=lease.seconds))
        except Conflict:
            lease.lost()
            return
        except StoreError:
            # The work waits for the database in its own way.
            continue
        if held.stop_requested:
            lease.stop()
