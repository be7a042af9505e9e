"""What the tiers of isolation have in common: a pool, and the proof that it works."""

import asyncio
import hashlib
import os
import platform
import sys
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import zip_longest
from typing import Any

from benchbook import Call, Command, SandboxUnavailable, SpecError, Use, opened
from benchbook.plugins.sandboxes.packages import chosen
from benchbook.plugins.sandboxes.pool import Pool, Start
from benchbook.plugins.sandboxes.system_calls import system_call_filter


@asynccontextmanager
async def opened_pool(start: Start, workers: int, name: str, packages: tuple[str, ...] | None) -> AsyncIterator[Pool]:
    """A pool, closed at the end. Whoever opens it learns at once if it cannot work."""
    check_workers(workers)
    _check_system()
    check_room()
    allowed = chosen(packages)
    facts = {
        "sandbox": name,
        "sandbox python": platform.python_version(),
        "sandbox filter": hashlib.sha256(system_call_filter()).hexdigest()[:12],
    }
    if allowed:
        facts["sandbox packages"] = ", ".join(f"{package.name} {package.version}" for package in allowed)
    pool = Pool(start, workers or len(os.sched_getaffinity(0)), name, allowed, facts)
    try:
        async with pool.lent():
            pass
        yield pool
    finally:
        pool.close()


def prove(name: str, workers: int = 0, packages: tuple[str, ...] | None = None, **options: Any) -> None:
    """Prove the sandbox of that name."""
    check_workers(workers)
    _check_system()
    allowed: Any = [package.name for package in chosen(packages)]
    prove_one(Use(name=name, args={"workers": 1, "packages": allowed, **options}))


def prove_one(use: Use) -> None:
    """Run one program in that sandbox, which tries the simplest ways out: it must run, and not get out."""
    check_room()
    # In a thread of its own, because the caller's may have an event loop that is running.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, _prove(use)).result()


def check_workers(workers: int) -> None:
    """SpecError if there cannot be so many."""
    if workers < 0:
        raise SpecError(f"expected a number of workers, or 0 for one per processor, got {workers}", field=["workers"])


def check_room() -> None:
    """SandboxUnavailable if there is nowhere to put a file, as in a container whose files are read-only."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        raise SandboxUnavailable(
            "there is no folder for temporary files: name one that can be written to by the variable `TMPDIR`, or "
            "make `/tmp` one (in a container, `--tmpfs /tmp`)"
        ) from None


def _check_system() -> None:
    if sys.platform != "linux":
        raise SandboxUnavailable(
            f"programs are isolated by means of Linux, and this is {platform.system()}: start a container engine "
            "(Docker, Podman) and use `sandbox: container`, or run in a Linux virtual machine"
        )


async def _prove(use: Use) -> None:
    attacks = () if use.name == "none" else _ATTACKS
    with tempfile.NamedTemporaryFile() as file:
        calls = (Call("answer"), *(Call(attack, (file.name,)) for attack in attacks))
        async with opened("sandbox", use) as sandbox:
            result = await sandbox(Command(_PROOF, calls))
    if not result.calls or result.calls[0].value != 42:
        raise SandboxUnavailable(f"the sandbox runs no program: {result.status}, {result.reason}")
    for attack, call in zip_longest(attacks, result.calls[1:], fillvalue=None):
        if call is None or call.value != "held":
            raise SandboxUnavailable(
                f"the sandbox does not hold: a program got through when it tried to {attack}; "
                "`benchbook doctor` tries more, please report what it says"
            )


_ATTACKS = ("read_a_file", "open_a_socket", "start_a_process")
_PROOF = """
def answer():
    return 6 * 7

def held(attack):
    try:
        return repr(attack())
    except OSError:
        return "held"

def read_a_file(name):
    return held(lambda: open(name))

def open_a_socket(_):
    import _socket
    return held(_socket.socket)

def start_a_process(_):
    import posix
    def start():
        if not posix.fork():
            posix._exit(0)
    return held(start)
"""
"""What a sandbox must show before anything else runs in it. The whole of it is in `self_test`."""
