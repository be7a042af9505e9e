"""`benchbook worker`: the queue worked without a server, and the processes that carry out its jobs."""

import asyncio
import os
import signal
import threading
from pathlib import Path
from typing import Any

import click

from benchbook import settings
from benchbook.cli.output import json_option, note, opened_store, print_json
from benchbook.cli.progress import Follow
from benchbook.cli.working import dispatcher, working_options
from benchbook.errors import Conflict
from benchbook.records.jobs import Job
from benchbook.service.runs import Watch
from benchbook.service.work import LEASE, Ended, Lease, begun, work
from benchbook.store import views
from benchbook.store.store import Store


@click.group(invoke_without_command=True)
@click.option("--runs", type=click.IntRange(min=1), help="Runs at once; as many as there are cores unless given.")
@working_options
@json_option
@click.pass_context
def worker(ctx: click.Context, /, runs: int | None, as_json: bool, **flags: Any) -> None:
    """Carry out what is queued, until Ctrl-C: then what runs is stopped in good order and waits for the next worker.

    A server does so itself; workers beside it, here or on other machines with the same PostgreSQL, share the queue.
    """
    if ctx.invoked_subcommand is not None:
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with opened_store() as store:
        working = dispatcher(store, settings.load(), runs, flags)
        working.start()
        [machine] = working.executor.capacity()
        note(f"working on {machine.runs} runs at once, GPUs: {', '.join(machine.gpus) or 'none'}; Ctrl-C ends it")
        if as_json:
            print_json({"node": machine.name, "runs": machine.runs, "gpus": list(machine.gpus)})
        stop.wait()
        note("Stopping: what runs is stopped in good order and waits for the next worker.")
        working.close()


@worker.command(hidden=True)
@click.argument("run_id")
@click.option("--attempt", type=int, required=True)
@click.option("--lease", type=float, default=LEASE)
@json_option
def run(run_id: str, attempt: int, lease: float, as_json: bool) -> None:
    """Carry out RUN_ID in this process, as it was handed out."""
    _carry_out(run_id, attempt, lease, as_json=as_json)


@worker.command(hidden=True)
@click.argument("job_id")
@click.option("--attempt", type=int, required=True)
@click.option("--lease", type=float, default=LEASE)
@json_option
def job(job_id: str, attempt: int, lease: float, as_json: bool) -> None:
    """Carry out JOB_ID in this process, as it was handed out."""
    _carry_out(job_id, attempt, lease, as_json=as_json)


def _carry_out(place: str, attempt: int, lease: float, *, as_json: bool) -> None:
    with opened_store() as store:
        held = begun(store, place, attempt, os.getpid(), lease)
        note(f"{place}: attempt {attempt}, process {os.getpid()}, in {Path.cwd()}")
        already = {held.subject: views.progress(store, held.subject).done} if held.kind == "run" else {}
        with Follow(already) as follow:
            ended = asyncio.run(_interruptibly(store, held, lease, follow))
        note(f"{place}: {ended.status or 'waits for its next attempt'}{f': {ended.error}' if ended.error else ''}")
        if as_json:
            print_json({"job": held.id, "status": ended.status, "error": ended.error})


async def _interruptibly(store: Store, held: Job, lease: float, follow: Follow) -> Ended:
    loop, watch = asyncio.get_running_loop(), Watch(sinks=(follow,))

    def stop() -> None:
        if not watch.stop.is_set():
            follow.say("Stopping: what is in flight is finished and stored.")
        watch.stop.set()

    def drop() -> None:
        loop.call_soon_threadsafe(doing.cancel)

    def interrupt() -> None:
        if watch.stop.is_set():
            doing.cancel()
        stop()

    def stop_soon() -> None:
        loop.call_soon_threadsafe(stop)

    told = Lease(lease, stop_soon, drop)
    doing = asyncio.ensure_future(work(store, held, watch, told))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    try:
        return await doing
    except asyncio.CancelledError:
        raise Conflict(f"{held.place}: somebody else has it by now") from None
