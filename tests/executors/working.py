"""Runs that are queued, and dispatchers with real processes to carry them out."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from benchbook.executors.dispatcher import Dispatcher, Pace
from benchbook.executors.local import LocalExecutor
from benchbook.records.jobs import Job
from benchbook.records.runs import Run
from benchbook.service import queue as queueing
from benchbook.service.queue import Submitted
from benchbook.service.runs import utc_now
from benchbook.specs.files import read_text
from benchbook.specs.jobs import Turn
from benchbook.store import queue, views
from benchbook.store.store import Store

QUICK = Pace(turn=0.05, lease=6.0, grace=20.0, closing=10.0, pause=0.1)
PATIENCE = 120.0
"""Seconds until something must have happened, on the busiest of machines."""


def submitted(store: Store, folder: Path, samples: int = 20, turn: Turn = Turn(), **said: Any) -> Submitted:
    """An experiment whose runs are queued: one for each of `latencies`, that many seconds an answer."""
    latencies: Sequence[float] = said.pop("latencies", [0.01])
    path = folder / f"data-{samples}.jsonl"
    path.write_text(
        "".join(json.dumps({"key": f"k{n}", "input": f"q {n}", "target": "x"}) + "\n" for n in range(samples))
    )
    config = {
        "name": said.pop("name", "queued"),
        "models": [
            {"model": f"mock/m{at}", "args": {"latency": latency, "replies": "x"}}
            for at, latency in enumerate(latencies)
        ],
        "tasks": [{"name": "t", "dataset": {"jsonl": {"file": str(path)}}, "scorers": ["exact-match"]}],
        "run": {"concurrency": 2, "cache": False, **said.pop("run", {})},
        **said,
    }
    return queueing.submit(store, read_text("queued.yaml", json.dumps(config)), turn, utc_now())


def environment(database_url: str, home: Path) -> dict[str, str]:
    """Where the processes find the store."""
    return {"BENCHBOOK_HOME": str(home), "BENCHBOOK_DATABASE_URL": database_url}


def dispatcher(
    store: Store, database_url: str, home: Path, pace: Pace = QUICK, runs: int = 2, gpus: tuple[str, ...] = ()
) -> Dispatcher:
    """One that is not turning yet."""
    executor = LocalExecutor(home / "logs", runs, gpus)
    return Dispatcher(store, executor, pace, env=environment(database_url, home))


@contextmanager
def turning(dispatcher: Dispatcher) -> Iterator[Dispatcher]:
    """Within, it turns; afterwards nothing of it is left."""
    dispatcher.start()
    try:
        yield dispatcher
    finally:
        dispatcher.close()


def wait_until(holds: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Return once it holds; fail if it takes for ever."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def over(store: Store, jobs: Sequence[Job]) -> Callable[[], bool]:
    """Whether none of the jobs is open any more."""
    return lambda: not any(queue.job(store, job.id).open for job in jobs)


def whole(store: Store, run: Run) -> None:
    """It is completed, and every answer is stored once, with its score and its event."""
    stands = views.run(store, run.id)
    assert (stands.status, stands.error) == ("completed", None)
    answers = list(views.generations(store, run.id))
    assert len(answers) == run.total
    assert {len(scores) for _, _, scores in answers} == {1}
    seq, subjects = 0, Counter[str]()
    while page := views.events_after(store, run.id, seq):
        subjects.update(event.subject for _, event in page if event.kind == "sample_done")
        seq = page[-1][0]
    assert set(subjects.values()) == {1}
    assert len(subjects) == run.total
    assert {m.n for m in views.metrics_of(store, run.id) if m.name == "generations"} == {run.total}


def processes_of(home: Path) -> set[int]:
    """Every living process that was started with that data folder, by its environment."""
    mark, found = f"BENCHBOOK_HOME={home}".encode(), set[int]()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with suppress(OSError):
                alive = (folder / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
                if alive and mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.add(int(folder.name))
    return found


def pid_of(store: Store, job: Job) -> int:
    """The process that works on a job; 0 if none has reported."""
    return int((queue.job(store, job.id).process or "0").partition(" ")[0])
