"""`kill -9` of a run's process, of the dispatcher, of both; a database that goes away: nothing lost, nothing twice."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from benchbook.store import queue, views
from benchbook.store.store import Store
from databases import stoppable_postgresql
from executors.working import (
    QUICK,
    dispatcher,
    environment,
    over,
    pid_of,
    processes_of,
    submitted,
    turning,
    wait_until,
    whole,
)


@contextmanager
def worker(database_url: str, home: Path, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`benchbook worker`, a process of its own; afterwards it is gone, and all that it has started."""
    command = [sys.executable, "-m", "benchbook", "worker", *options]
    whole = {**os.environ, **environment(database_url, home)}
    with (home / "worker.log").open("ab") as log:
        process = subprocess.Popen(command, env=whole, stderr=log, stdout=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def killed(pid: int) -> None:
    with suppress(ProcessLookupError):
        if pid:
            os.kill(pid, signal.SIGKILL)


def test_a_run_goes_on_when_its_dispatcher_is_killed_and_the_next_looks_after_it(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    given = submitted(store, tmp_path, samples=150, latencies=[0.03])
    [run], [job] = given.runs, given.jobs
    with worker(database_url, tmp_path) as first:
        wait_until(lambda: views.progress(store, run.id).done > 5)
        first.kill()
        first.wait()
        before = queue.job(store, job.id)
        with worker(database_url, tmp_path):
            wait_until(lambda: queue.job(store, job.id).worker != before.worker)
            wait_until(over(store, given.jobs))
    whole(store, run)
    after = queue.job(store, job.id)
    assert (after.attempt, after.process, after.status) == (1, before.process, "done")
    wait_until(lambda: not processes_of(tmp_path))


def test_a_run_that_died_with_its_dispatcher_is_taken_up_at_the_next_start(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    given = submitted(store, tmp_path, samples=100, latencies=[0.03])
    [run], [job] = given.runs, given.jobs
    with worker(database_url, tmp_path) as first:
        wait_until(lambda: views.progress(store, run.id).done > 5)
        first.kill()
        killed(pid_of(store, job))
        first.wait()
        with turning(dispatcher(store, database_url, tmp_path)):
            wait_until(over(store, given.jobs))
    whole(store, run)
    assert queue.job(store, job.id).attempt == 2
    wait_until(lambda: not processes_of(tmp_path))


def test_random_kills_of_everything_lose_nothing_and_do_nothing_twice(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    chance = Random(20261121)
    given = submitted(store, tmp_path, samples=250, latencies=[0.04, 0.04])
    ended = over(store, given.jobs)
    for _ in range(4):
        with worker(database_url, tmp_path, "--runs", "2") as working:
            time.sleep(chance.uniform(0.5, 3.0))
            what = chance.choice(["run", "dispatcher", "both"])
            if what != "run":
                working.kill()
            if what != "dispatcher":
                killed(pid_of(store, chance.choice(given.jobs)))
            if what == "run":
                time.sleep(chance.uniform(0.0, 1.0))
                working.kill()
            working.wait()
    with worker(database_url, tmp_path, "--runs", "2"):
        wait_until(ended)
    for run, job in zip(given.runs, given.jobs, strict=True):
        whole(store, run)
        assert queue.job(store, job.id).status == "done"
    wait_until(lambda: not processes_of(tmp_path))


def test_two_dispatchers_at_once_never_begin_a_run_twice(store: Store, database_url: str, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, samples=5, latencies=[0.005] * 8)
    with worker(database_url, tmp_path, "--runs", "4"), worker(database_url, tmp_path, "--runs", "4"):
        wait_until(over(store, given.jobs))
    for run, job in zip(given.runs, given.jobs, strict=True):
        whole(store, run)
        assert (views.run(store, run.id).attempt, queue.job(store, job.id).attempt) == (1, 1)
        assert len(list((tmp_path / "logs" / run.id).iterdir())) == 1
    wait_until(lambda: not processes_of(tmp_path))


@pytest.mark.parametrize("away", [1.0, 9.0])
def test_a_database_that_is_away_for_longer_than_a_lease_costs_no_attempt(tmp_path: Path, away: float) -> None:
    with stoppable_postgresql() as server, Store.open(server.url, tmp_path / "blobs") as store:
        given = submitted(store, tmp_path, samples=100, latencies=[0.05])
        [run], [job] = given.runs, given.jobs
        assert QUICK.lease < 9.0
        with turning(dispatcher(store, server.url, tmp_path)):
            wait_until(lambda: views.progress(store, run.id).done > 5)
            server.stop()
            time.sleep(away)
            server.start()
            wait_until(over(store, given.jobs))
        whole(store, run)
        assert (queue.job(store, job.id).attempt, queue.job(store, job.id).crashes) == (1, 0)
    wait_until(lambda: not processes_of(tmp_path))


def test_many_dispatchers_in_one_process_start_what_waits_once(store: Store, database_url: str, tmp_path: Path) -> None:
    given = submitted(store, tmp_path, samples=3, latencies=[0.0] * 4)
    barrier = threading.Barrier(3)
    dispatchers = [dispatcher(store, database_url, tmp_path) for _ in range(3)]

    def turn(at: int) -> None:
        barrier.wait()
        dispatchers[at].turn()

    threads = [threading.Thread(target=turn, args=(at,)) for at in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with turning(dispatchers[0]), turning(dispatchers[1]), turning(dispatchers[2]):
        wait_until(over(store, given.jobs))
    for run in given.runs:
        whole(store, run)
    # Where a process does not begin within its lease there is another attempt, but never another answer.
    assert {queue.job(store, job.id).status for job in given.jobs} == {"done"}
