"""Real processes: what a dispatcher starts, stops, takes up again, and leaves behind."""

import os
import signal
from pathlib import Path

from benchbook.store import queue, views
from benchbook.store.store import Store
from executors.working import (
    dispatcher,
    over,
    pid_of,
    processes_of,
    submitted,
    turning,
    wait_until,
    whole,
)


def test_what_is_queued_is_carried_out_in_processes_of_its_own(store: Store, database_url: str, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, latencies=[0.01, 0.01, 0.01])
    with turning(dispatcher(store, database_url, tmp_path)):
        wait_until(over(store, given.jobs))
    for run, job in zip(given.runs, given.jobs, strict=True):
        whole(store, run)
        done = queue.job(store, job.id)
        assert (done.status, done.attempt, done.crashes, done.error) == ("done", 1, 0, None)
        assert pid_of(store, job) != os.getpid()
        assert f"{run.total}/{run.total}" in (tmp_path / "logs" / run.id / "1.log").read_text()
    assert processes_of(tmp_path) == set()


def test_a_run_that_is_killed_is_taken_up_again_and_loses_nothing(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    given = submitted(store, tmp_path, samples=100, latencies=[0.02])
    [run], [job] = given.runs, given.jobs
    with turning(dispatcher(store, database_url, tmp_path)):
        wait_until(lambda: views.progress(store, run.id).done > 5)
        os.kill(pid_of(store, job), signal.SIGKILL)
        wait_until(over(store, given.jobs))
    whole(store, run)
    done = queue.job(store, job.id)
    assert (done.status, done.attempt, done.crashes) == ("done", 2, 1)
    assert processes_of(tmp_path) == set()
