"""The queue: jobs that wait, who works on them, and until when that holds.

A job is handed out once an attempt, in a transaction that no other can stand beside: two who ask at once never get the
same, nor the same GPU. Every later word about it names the attempt; of one that has been superseded it is refused.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select, text, update

from benchbook.errors import Conflict, NotFound
from benchbook.records.jobs import Job, JobKind, JobStatus
from benchbook.store import tables
from benchbook.store.rows import columns_of, record_of, row_of
from benchbook.store.store import Store

_LIGHT = [column.name for column in columns_of(Job) if column.name not in ("spec", "result")]
"""All but the bodies."""
_NOBODY: dict[str, Any] = {"node": None, "worker": None, "process": None, "slots": (), "lease_until": None}
_GOING_ON = ("queued", "running", "interrupted")
"""How runs stand that others have to wait for."""
_PAGE = 500


@dataclass(frozen=True)
class Node:
    """A machine that works on jobs, and what it has room for."""

    name: str
    runs: int
    """At once."""
    others: int
    """Jobs that are no runs: they need not wait for those."""
    gpus: tuple[str, ...] = ()
    """All that it has."""
    kept: tuple[str, ...] = ()
    """Those of them that processes still hold whose jobs are over."""


@dataclass(frozen=True)
class Claim:
    """Who asks for work, where, when, and until when an answer holds."""

    node: Node
    worker: str
    now: datetime
    until: datetime


def add(store: Store, jobs: Sequence[Job]) -> list[Job]:
    """Queue jobs, all or none. Conflict if one is about a run that waits already, or is worked on."""
    with store.writing() as connection:
        _in_turn(connection)
        counted = [job.model_copy(update={"attempt": _attempts(connection, job)}) for job in jobs]
        taken = _taken(connection, [job.subject for job in jobs if job.kind == "run"])
        if taken:
            raise Conflict(f"run {taken[0].subject} is {taken[0].status} already ({taken[0].id}); stop that first")
        if counted:
            connection.execute(tables.jobs.insert(), [row_of(job) for job in counted])
    return counted


def claim(store: Store, asked: Claim) -> list[Job]:
    """What the node has room for, of what waits: handed out to whoever asks, each in a new attempt."""
    if not _anything_due(store, asked.now):
        return []
    with store.writing() as connection:
        _in_turn(connection)
        open_jobs = [_job(values) for values in connection.execute(_light().where(_is_open()))]
        waiting = [job for job in open_jobs if job.status == "queued" and _due(job, asked.now)]
        waiting.sort(key=lambda job: (-job.priority, job.created_at, job.id))
        going_on = _going_on(connection, {run_id for job in waiting for run_id in job.after})
        going_on |= {job.subject for job in open_jobs if job.kind == "run"}
        ready = [job for job in waiting if going_on.isdisjoint(job.after)]
        working = [job for job in open_jobs if job.status == "running"]
        chosen = list(_fitting(ready, working, asked.node))
        handed = [_handed_out(connection, job, slots, asked) for job, slots in chosen]
    return [job for job in handed if job is not None]


def begin(store: Store, job: Job, process: str, until: datetime) -> Job:
    """The job's process reports. Conflict if another has, or the attempt is over."""
    return _changed(store, job, {"process": process, "lease_until": until}, tables.jobs.c.process.is_(None))


def renew(store: Store, job: Job, until: datetime) -> Job:
    """The job's process is alive. Conflict if the attempt is over: it is to end."""
    return _changed(store, job, {"lease_until": until})


def held(store: Store, job: Job) -> Job:
    """The job as it stands. Conflict if the attempt is over."""
    with store.reading() as connection:
        stands = _one(connection, job.id)
    if (stands.status, stands.attempt) != ("running", job.attempt):
        raise _superseded(job, stands)
    return stands


def adopt(store: Store, job: Job, worker: str) -> Job:
    """Another process looks after the job: the one that started it is gone."""
    return _changed(store, job, {"worker": worker}, tables.jobs.c.worker == job.worker)


def finish(store: Store, job: Job, status: JobStatus, now: datetime, **said: Any) -> Job:
    """The attempt has ended, and the job with it; `said` is its error or its result."""
    return _changed(store, job, {"status": status, "finished_at": now, "lease_until": None, "slots": (), **said})


def put_back(store: Store, job: Job, not_before: datetime | None = None, **said: Any) -> Job:
    """The attempt has ended, and the job waits for another one."""
    return _changed(store, job, {"status": "queued", "not_before": not_before, **_NOBODY, **said})


def request_stop(store: Store, job_id: str, now: datetime) -> Job:
    """Nobody is to begin the job any more, and who works on it is to end; how it stands is returned."""
    table = tables.jobs
    mine = table.c.id == job_id
    waiting = {"status": "cancelled", "finished_at": now, "stop_requested": True}
    with store.writing() as connection:
        connection.execute(update(table).where(mine, table.c.status == "queued"), waiting)
        connection.execute(update(table).where(mine, table.c.status == "running"), {"stop_requested": True})
        return _one(connection, job_id)


def job(store: Store, job_id: str) -> Job:
    """The job with that id."""
    with store.reading() as connection:
        return _one(connection, job_id)


def jobs(
    store: Store,
    limit: int = 50,
    before: str | None = None,
    *,
    kind: JobKind | None = None,
    status: JobStatus | None = None,
    subject: str | None = None,
) -> list[Job]:
    """The newest jobs, without their bodies; the next page begins `before` the id of the last."""
    table = tables.jobs
    question = _light().order_by(table.c.id.desc()).limit(limit)
    if before is not None:
        question = question.where(table.c.id < before)
    wanted = {table.c.kind: kind, table.c.status: status, table.c.subject: subject}
    return _all(store, question.where(*(column == value for column, value in wanted.items() if value is not None)))


def depths(store: Store) -> dict[tuple[str, str], int]:
    """How many jobs wait and are worked on, by kind and status."""
    table = tables.jobs.c
    question = select(table.kind, table.status, func.count()).where(_is_open()).group_by(table.kind, table.status)
    with store.reading() as connection:
        return {(kind, status): number for kind, status, number in connection.execute(question)}


def working(store: Store) -> list[Job]:
    """All jobs that somebody works on, without their bodies."""
    return _all(store, _light().where(_is_open(), tables.jobs.c.status == "running").order_by(tables.jobs.c.id))


def open_places(store: Store) -> set[str]:
    """What all jobs are about that wait or are worked on, as their logs are called."""
    return {job.place for job in _all(store, _light().where(_is_open()))}


def of_run(store: Store, run_id: str) -> Job | None:
    """The newest job of a run."""
    table = tables.jobs
    question = _light().where(table.c.subject == run_id, table.c.kind == "run").order_by(table.c.id.desc()).limit(1)
    return next(iter(_all(store, question)), None)


def waiting_or_working(store: Store, run_ids: Sequence[str]) -> list[Job]:
    """The open jobs of these runs: one each, of those that have any."""
    with store.reading() as connection:
        return _taken(connection, run_ids)


def _in_turn(connection: Connection) -> None:
    """Hand out one after the other. On SQLite whoever writes is alone."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('benchbook queue'))"))


def _attempts(connection: Connection, job: Job) -> int:
    """How often what the job is about was handed out in earlier jobs: no two processes share a number."""
    if job.kind != "run":
        return 0
    earlier = select(func.max(tables.jobs.c.attempt)).where(
        tables.jobs.c.subject == job.subject, tables.jobs.c.kind == "run"
    )
    return connection.scalar(earlier) or 0


def _taken(connection: Connection, run_ids: Sequence[str]) -> list[Job]:
    found: list[Job] = []
    for at in range(0, len(run_ids), _PAGE):
        mine = tables.jobs.c.subject.in_(run_ids[at : at + _PAGE])
        found += [_job(v) for v in connection.execute(_light().where(_is_open(), tables.jobs.c.kind == "run", mine))]
    return found


def _anything_due(store: Store, now: datetime) -> bool:
    """Whether it is worth taking turns: mostly nothing waits."""
    table = tables.jobs
    due = (table.c.not_before.is_(None)) | (table.c.not_before <= now)
    with store.reading() as connection:
        return (
            connection.execute(select(table.c.id).where(_is_open(), table.c.status == "queued", due)).first()
            is not None
        )


def _due(job: Job, now: datetime) -> bool:
    return job.not_before is None or job.not_before <= now


def _going_on(connection: Connection, run_ids: Collection[str]) -> set[str]:
    """Those of the runs that are not over."""
    wanted, found = sorted(run_ids), set[str]()
    for at in range(0, len(wanted), _PAGE):
        mine = tables.runs.c.id.in_(wanted[at : at + _PAGE])
        found |= set(connection.scalars(select(tables.runs.c.id).where(mine, tables.runs.c.status.in_(_GOING_ON))))
    return found


def _fitting(ready: Sequence[Job], working: Sequence[Job], node: Node) -> Iterator[tuple[Job, tuple[str, ...]]]:
    """The jobs that there is room for, with the GPUs that each gets.

    One that waits for GPUs keeps those behind it from taking them: it would wait for ever. One that needs more than the
    node has is for another node.
    """
    here = [job for job in working if job.node == node.name]
    room = {True: node.runs, False: node.others}
    for job in here:
        room[job.kind == "run"] -= 1
    taken = {slot for job in here for slot in job.slots} | set(node.kept)
    free = [slot for slot in node.gpus if slot not in taken]
    alone = {job.alone for job in working if job.alone}
    for job in ready:
        needed = min(1, len(node.gpus)) if job.gpus is None else job.gpus
        if needed > len(node.gpus) or job.alone in alone:
            continue
        if needed > len(free):
            free = []
            continue
        if not room[job.kind == "run"]:
            continue
        room[job.kind == "run"] -= 1
        alone |= {job.alone} - {""}
        slots, free = tuple(free[:needed]), free[needed:]
        yield job, slots


def _handed_out(connection: Connection, job: Job, slots: tuple[str, ...], asked: Claim) -> Job | None:
    """The job in its new attempt; None if it was cancelled a moment ago."""
    given: dict[str, Any] = {
        "status": "running",
        "attempt": job.attempt + 1,
        "node": asked.node.name,
        "worker": asked.worker,
        "process": None,
        "slots": slots,
        "lease_until": asked.until,
        "started_at": asked.now,
    }
    still = update(tables.jobs).where(tables.jobs.c.id == job.id, tables.jobs.c.status == "queued")
    return job.model_copy(update=given) if connection.execute(still, given).rowcount else None


def _changed(store: Store, job: Job, values: Mapping[str, Any], *conditions: Any) -> Job:
    """The job with other values, if it is still being worked on in the same attempt."""
    table = tables.jobs
    held = (table.c.id == job.id, table.c.attempt == job.attempt, table.c.status == "running", *conditions)
    with store.writing() as connection:
        changed = connection.execute(update(table).where(*held), dict(values)).rowcount
        stands = _one(connection, job.id)
    if not changed:
        raise _superseded(job, stands)
    return stands


def _superseded(job: Job, stands: Job) -> Conflict:
    return Conflict(
        f"{job.id} is {stands.status} in attempt {stands.attempt} by now, with {stands.process or 'no process'}: "
        f"attempt {job.attempt} has no say in it any more"
    )


def _one(connection: Connection, job_id: str) -> Job:
    values = connection.execute(select(*columns_of(Job)).where(tables.jobs.c.id == job_id)).one_or_none()
    if values is None:
        raise NotFound(f"there is no job {job_id!r}")
    return record_of(Job, values)


def _is_open() -> Any:
    # Word for word the condition of the index.
    return text("status IN ('queued', 'running')")


def _light() -> Select[Any]:
    return select(*(tables.jobs.c[name] for name in _LIGHT))


def _job(values: Any) -> Job:
    return Job.model_validate(dict(zip(_LIGHT, values, strict=True)))


def _all(store: Store, question: Select[Any]) -> list[Job]:
    with store.reading() as connection:
        return [_job(values) for values in connection.execute(question)]
