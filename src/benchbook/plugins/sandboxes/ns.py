"""Linux namespaces, by bubblewrap: the default sandbox."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from benchbook import Call, Command, Sandbox, SandboxUnavailable, SpecError, Use, opened, register
from benchbook.plugins.sandboxes.bubblewrap import find_bubblewrap, zygote_command
from benchbook.plugins.sandboxes.interpreter import interpreter
from benchbook.plugins.sandboxes.pool import Pool
from benchbook.plugins.sandboxes.system_calls import system_call_filter
from benchbook.plugins.sandboxes.worker import Worker, start


def prove(workers: int = 0) -> None:
    """Run one program, to know that it is possible."""
    _checked(workers)
    # In a thread of its own, because the caller's may have an event loop that is running.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, _prove()).result()


@register("sandbox", preflight=prove)
async def ns(workers: int = 0) -> AsyncIterator[Sandbox]:
    """Programs run in namespaces of their own: no files, network, other processes, capabilities or new processes.

    `workers` is how many run at once: as many as there are processors, unless given.
    """
    pool = Pool(_start, _checked(workers) or len(os.sched_getaffinity(0)), "ns")
    try:
        # Whoever opens the sandbox learns at once if it cannot work.
        async with pool.lent():
            pass
        yield pool.run
    finally:
        pool.close()


def _checked(workers: int) -> int:
    if workers < 0:
        raise SpecError(f"expected a number of workers, or 0 for one per processor, got {workers}", field=["workers"])
    if sys.platform != "linux":
        raise SandboxUnavailable("untrusted code runs on Linux only: use a Linux container or virtual machine")
    return workers


async def _start() -> Worker:
    python = await asyncio.to_thread(interpreter)
    return await start(partial(zygote_command, find_bubblewrap(), python), system_call_filter())


async def _prove() -> None:
    async with opened("sandbox", Use(name="ns", args={"workers": 1})) as sandbox:
        result = await sandbox(Command(program="def answer(): return 6 * 7", calls=(Call("answer"),)))
    if [call.value for call in result.calls] != [42]:
        raise SandboxUnavailable(f"the sandbox runs no program: {result.status}, {result.reason}")
