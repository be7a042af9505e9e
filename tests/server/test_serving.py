"""`benchbook serve` as a process: what it starts outlives its death, and not its end."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from benchbook.server.access import CSRF_HEADER
from benchbook.store import queue, views
from benchbook.store.store import Store
from executors.working import environment, processes_of, wait_until, whole
from server.site import Asker
from server.test_queue import config


@contextmanager
def serving(database_url: str, home: Path) -> Iterator[tuple["subprocess.Popen[bytes]", Asker]]:
    """A server that anybody may use, and somebody who does."""
    command = [sys.executable, "-m", "benchbook", "serve", "--no-auth", "--port", "0", "--json"]
    with (home / "serve.log").open("ab") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **environment(database_url, home)}, stdout=subprocess.PIPE, stderr=log
        )
    try:
        assert process.stdout is not None
        told = b""
        while not told.rstrip().endswith(b"}"):
            line = process.stdout.readline()
            assert line, (home / "serve.log").read_text()
            told += line
        asker = Asker(urlsplit(json.loads(told)["url"]).port or 0)
        asker.headers = {CSRF_HEADER: asker.get("/api/session").json["csrf"]}
        yield process, asker
    finally:
        process.terminate()
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()


def test_a_server_that_is_killed_loses_nothing_and_finds_its_runs_again(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    with serving(database_url, tmp_path) as (server, asker):
        sent = asker.post("/api/experiments", {"spec": config(tmp_path, 150, latency=0.03)}).json
        run, job = views.run(store, sent["runs"][0]["id"]), queue.job(store, sent["jobs"][0]["id"])
        wait_until(lambda: views.progress(store, run.id).done > Random(7).randint(1, 20))
        server.kill()
        server.wait()
    before = views.progress(store, run.id).done
    # Nobody looks after it, and it goes on all the same.
    wait_until(lambda: views.progress(store, run.id).done > before)
    with serving(database_url, tmp_path) as (_, asker):
        wait_until(lambda: asker.get(f"/api/runs/{run.id}").json["row"]["status"] == "completed")
        wait_until(lambda: asker.get(f"/api/jobs/{job.id}").json["status"] == "done")
    whole(store, run)
    assert queue.job(store, job.id).attempt == 1
    wait_until(lambda: not processes_of(tmp_path))


def test_a_server_that_ends_stops_its_runs_in_good_order_and_the_next_goes_on(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    with serving(database_url, tmp_path) as (_, asker):
        sent = asker.post("/api/experiments", {"spec": config(tmp_path, 100, latency=0.03)}).json
        run, job = views.run(store, sent["runs"][0]["id"]), queue.job(store, sent["jobs"][0]["id"])
        wait_until(lambda: views.progress(store, run.id).done > 3)
    wait_until(lambda: not processes_of(tmp_path))
    assert (views.run(store, run.id).status, queue.job(store, job.id).status) == ("interrupted", "queued")
    with serving(database_url, tmp_path):
        wait_until(lambda: not queue.job(store, job.id).open)
    whole(store, run)
    wait_until(lambda: not processes_of(tmp_path))
