"""One sandbox for all tests of this folder: whatever one of them does to it, the next finds it whole."""

import asyncio
from collections.abc import Iterator

import pytest

from benchbook import Command, ExecResult, Use, opened
from plugins.sandboxes.running import Run


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    """Carries out a command and waits for the result."""
    with asyncio.Runner() as runner:
        context = opened("sandbox", Use(name="ns", args={"workers": 1}))
        sandbox = runner.run(context.__aenter__())

        async def one(command: Command) -> ExecResult:
            result = await sandbox(command)
            assert isinstance(result, ExecResult)
            return result

        yield lambda command: runner.run(one(command))
        runner.run(context.__aexit__(None, None, None))
