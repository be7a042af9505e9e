"""Jobs that are handed out to this very process."""

import asyncio
import os
from datetime import timedelta

from benchbook.records.jobs import Job
from benchbook.service.environment import node, process_of
from benchbook.service.runs import Watch, utc_now
from benchbook.service.work import Lease, begun, work
from benchbook.store import queue
from benchbook.store.queue import Claim, Node
from benchbook.store.store import Store


def handed_out(store: Store) -> list[Job]:
    """What waits, as a dispatcher gets it."""
    now = utc_now()
    here = Node(node(), 9, 9)
    return queue.claim(store, Claim(here, process_of(os.getpid()), now, now + timedelta(seconds=60)))


def worked_off(store: Store, watch: Watch | None = None, lease: Lease = Lease()) -> list[Job]:
    """The jobs that wait, each carried out in this process; as they stand afterwards."""
    return [carried_out(store, job, watch or Watch(), lease) for job in handed_out(store)]


def carried_out(store: Store, job: Job, watch: Watch, lease: Lease = Lease()) -> Job:
    """The job, carried out in this process."""
    asyncio.run(work(store, begun(store, job.place, job.attempt, os.getpid()), watch, lease))
    return queue.job(store, job.id)
