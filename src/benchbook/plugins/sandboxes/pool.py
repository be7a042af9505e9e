"""Several zygotes at work side by side."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from benchbook import Command, ExecResult, SandboxUnavailable
from benchbook.plugins.sandboxes.execution import execute
from benchbook.plugins.sandboxes.worker import Worker, ZygoteDied

_ATTEMPTS = 2


class Pool:
    """A sandbox that carries out as many commands at once as it has workers; it starts them as they are needed.

    `name` is what results say they ran under.
    """

    def __init__(self, start: Callable[[], Awaitable[Worker]], workers: int, name: str) -> None:
        self.start = start
        self.name = name
        self.slots = asyncio.Semaphore(workers)
        self.idle: list[Worker] = []
        self.at_work: list[Worker] = []
        self.closed = False

    async def run(self, command: Command) -> ExecResult:
        """Carry out one command. If the sandbox breaks under it, it gets a second try on a fresh zygote."""
        reason = ""
        async with self.slots:
            for _ in range(_ATTEMPTS):
                try:
                    async with self.lent() as worker:
                        return await execute(command, worker, self.name)
                except (ZygoteDied, SandboxUnavailable) as err:
                    reason = str(err)
        return ExecResult(status="infra_error", reason=reason, sandbox=self.name)

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Worker]:
        """A worker; it comes back only if nothing went wrong, and is killed with its child otherwise."""
        self.check_open()
        worker = self.idle.pop() if self.idle else await self.start()
        self.at_work.append(worker)
        unharmed = False
        try:
            self.check_open()
            yield worker
            unharmed = not self.closed
        finally:
            self.at_work.remove(worker)
            if unharmed:
                self.idle.append(worker)
            else:
                worker.end()

    def check_open(self) -> None:
        """ZygoteDied once the pool is closed."""
        if self.closed:
            raise ZygoteDied("the sandbox is closed")

    def close(self) -> None:
        """End all workers; commands that are still being carried out end with an `infra_error`."""
        self.closed = True
        for worker in self.at_work:
            worker.kill()
        while self.idle:
            self.idle.pop().end()
