"""A server as a process of ours: started, waited for, and never left behind."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import aiohttp

from benchbook import PluginError
from benchbook.plugins.runtimes.completions import quoted

_WATCH = Path(__file__).with_name("server_watch.py")
_GRACE = 10.0
"""Seconds that a server may take to end when it is asked to."""
_TAIL = 12
"""Lines of its log that an error shows."""


@dataclass(frozen=True)
class Launch:
    """How a server is started, and how one sees that it is ready."""

    command: tuple[str, ...]
    """`{port}` stands for the port."""
    environment: dict[str, str]
    """Over ours."""
    health: str
    """A path that answers 200 once it is ready."""
    patience: float
    """Seconds until then."""
    log: Path


@asynccontextmanager
async def running(launch: Launch) -> AsyncIterator[str]:
    """The address of the server while it runs; PluginError with the end of its log if it does not."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    launch.log.parent.mkdir(parents=True, exist_ok=True)
    with launch.log.open("ab") as log:
        process = await _started(launch, port, log)
    try:
        await _ready(process, launch, address)
        yield address
    finally:
        # Shielded: whoever is cancelled here still leaves nothing behind.
        await asyncio.shield(asyncio.ensure_future(_stopped(process)))


async def served(address: str) -> str | None:
    """The name of the first model that the server lists; None if it lists none."""
    try:
        async with _session() as session, session.get(f"{address}/v1/models") as response:
            return str(json.loads(await response.read())["data"][0]["id"])
    except (aiohttp.ClientError, TimeoutError, ValueError, LookupError, TypeError):
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _started(launch: Launch, port: int, log: BinaryIO) -> asyncio.subprocess.Process:
    words = [word.replace("{port}", str(port)) for word in launch.command]
    variables = [f"{name}={value}" for name, value in launch.environment.items()]
    return await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(_WATCH), str(_GRACE), *(("env", *variables) if variables else ()), *words,
        # As long as we hold the pipe the server is wanted.
        stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip


async def _ready(process: asyncio.subprocess.Process, launch: Launch, address: str) -> None:
    ended = asyncio.ensure_future(process.wait())
    answering = asyncio.ensure_future(_answering(f"{address}{launch.health}"))
    try:
        await asyncio.wait({ended, answering}, timeout=launch.patience, return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            raise PluginError(
                f"the server ended with code {ended.result()} before it was ready.{_last_words(launch.log)}"
            )
        if not answering.done():
            raise PluginError(
                f"the server did not answer at {launch.health} within {launch.patience:g} s (`patience`, `health`)."
                f"{_last_words(launch.log)}"
            )
    finally:
        for task in (ended, answering):
            task.cancel()
        await asyncio.gather(ended, answering, return_exceptions=True)


async def _answering(url: str) -> None:
    """Return once 200 is answered."""
    async with _session() as session:
        while True:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(url) as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.1)


def _session() -> aiohttp.ClientSession:
    """For a server on this machine: no proxy."""
    return aiohttp.ClientSession(trust_env=False, timeout=aiohttp.ClientTimeout(total=10))


async def _stopped(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None, "it was started with a pipe"  # noqa: S101 - for the type checker
    process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), 2 * _GRACE)
    except TimeoutError:
        process.kill()
        await process.wait()


def _last_words(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-_TAIL:]
    said = "".join(f"\n  {quoted(line)}" for line in lines if line.strip())
    return f" The end of its log, {log}:{said}" if said else f" Its log, {log}, is empty."
