"""Programs run for their own sake: one at once, or many by a pool, without a run, a model or a store."""

import asyncio
import atexit
import os
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from itertools import islice
from typing import Any, TypeVar

from benchbook import registry, settings
from benchbook.engine.programs import examine
from benchbook.errors import under
from benchbook.protocols import Sandbox
from benchbook.specs.commands import Limits
from benchbook.specs.comparison import Comparison, TextComparison
from benchbook.specs.programs import ProgramResult, ProgramSpec, ProgramTest, script_tests
from benchbook.specs.spec import assembled
from benchbook.specs.use import Use

T = TypeVar("T")
_Coming = asyncio.Future[ProgramSpec | None] | None
"""The next program, or None once there are no more."""

SANDBOX = "auto"
"""The sandbox of whoever names none."""
_AHEAD = 8
"""How many times more results may wait for their turn than programs are being worked on."""
_END = 10.0
"""Seconds that the sandboxes of this process may take to end with it."""


def run_python(  # noqa: PLR0913 - the fields of a ProgramSpec, by name
    program: str,
    *,
    entry_point: str | None = None,
    tests: Sequence[ProgramTest | Mapping[str, Any]] = (),
    test_code: str | None = None,
    stdin: str | Sequence[str] | None = None,
    stdout: str | Sequence[str] | None = None,
    files: Mapping[str, str] | None = None,
    limits: Limits = Limits(),
    comparison: Comparison = Comparison(),
    stdout_comparison: TextComparison = TextComparison(),
    sandbox: str | Use | Mapping[str, Any] = SANDBOX,
    in_process: bool = False,
) -> ProgramResult:
    """Run one program through its tests in a sandbox, and wait for the result.

    A test is `{"args": […], "kwargs": {…}, "expected": …}` with values of Python, or `{"stdin": …, "stdout": …}`, for
    which `stdin` and `stdout` are short. The sandbox stays warm for the next call, and ends with this process. It may
    be called anywhere, also where an event loop is running; many programs at once are the business of `python_pool`.
    """
    fields = {
        "program": program,
        "entry_point": entry_point,
        "tests": [*_tests(tests), *script_tests(_listed(stdin), _listed(stdout))],
        "test_code": test_code,
        "files": dict(files or {}),
        "limits": limits,
        "comparison": comparison,
        "stdout_comparison": stdout_comparison,
        "in_process": in_process,
    }
    return _BACKGROUND.wait_for(assembled(ProgramSpec, fields), _use(sandbox))


class PythonPool:
    """Runs programs side by side, each out of reach of everything else."""

    def __init__(self, sandbox: Sandbox, workers: int) -> None:
        self._sandbox = sandbox
        self._at_once = 2 * workers

    async def run(self, program: ProgramSpec) -> ProgramResult:
        """Carry out one program, as soon as a worker is free."""
        return await examine(program, self._sandbox)

    async def map(
        self, programs: Iterable[ProgramSpec] | AsyncIterable[ProgramSpec], *, ordered: bool = True
    ) -> AsyncGenerator[ProgramResult, None]:
        """The results of many programs: in their order, or as they come.

        Programs are taken when there is work to do, two for each worker, and results wait to be fetched: there may be
        any number of them. Whatever is being worked on ends with the iteration (`aclosing` ends it at once).
        """
        queue = deque[asyncio.Task[ProgramResult]]()
        async with aclosing(_each(programs)) as source:
            coming: _Coming = _following(source)
            try:
                while coming or queue:
                    at_work = [task for task in queue if not task.done()]
                    room = len(at_work) < self._at_once and len(queue) < self._at_once * _AHEAD
                    if coming and room and coming.done():
                        program = coming.result()
                        coming = None if program is None else _following(source)
                        if program is not None:
                            queue.append(asyncio.create_task(self.run(program)))
                    elif ready := _ready(queue, ordered):
                        queue.remove(ready)
                        yield ready.result()
                    else:
                        awaited: set[asyncio.Future[Any]] = {*at_work, coming} if coming and room else set(at_work)
                        await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _ended([*queue, coming] if coming else [*queue])


@asynccontextmanager
async def python_pool(sandbox: str | Use | Mapping[str, Any] = SANDBOX, workers: int = 0) -> AsyncIterator[PythonPool]:
    """A pool of so many workers (one per processor, unless given), open as long as the context is."""
    use = _use(sandbox)
    if workers:
        use = use.model_copy(update={"args": {**use.args, "workers": workers}})
    async with registry.opened("sandbox", use) as opened:
        yield PythonPool(opened, workers or settings.cores())


def _use(sandbox: str | Use | Mapping[str, Any]) -> Use:
    """The sandbox by name, or as a config has it."""
    return sandbox if isinstance(sandbox, Use) else Use.parse(sandbox)


def _tests(tests: Sequence[ProgramTest | Mapping[str, Any]]) -> list[ProgramTest]:
    whole = list[ProgramTest]()
    for at, test in enumerate(tests):
        with under("tests", at):
            whole.append(test if isinstance(test, ProgramTest) else assembled(ProgramTest, test))
    return whole


def _listed(texts: str | Sequence[str] | None) -> object:
    return texts if texts is None or isinstance(texts, str) else list(texts)


async def _each(programs: Iterable[ProgramSpec] | AsyncIterable[ProgramSpec]) -> AsyncGenerator[ProgramSpec, None]:
    if isinstance(programs, AsyncIterable):
        async for program in programs:
            yield program
    else:
        for program in programs:
            yield program


def _following(source: AsyncGenerator[ProgramSpec, None]) -> asyncio.Future[ProgramSpec | None]:
    return asyncio.ensure_future(anext(source, None))


def _ready(queue: deque[asyncio.Task[T]], ordered: bool) -> asyncio.Task[T] | None:  # noqa: FBT001 - passed on
    """A task that is done; if order counts, the first or none."""
    candidates = islice(queue, 1 if ordered else None)
    return next((task for task in candidates if task.done()), None)


async def _ended(tasks: Sequence[asyncio.Future[Any]]) -> None:
    """Cancel the tasks and see them end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Background:
    """A thread with an event loop, begun at first use, and the sandboxes that are open on it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.thread: threading.Thread | None = None
        self.sandboxes: dict[str, asyncio.Task[PythonPool]] = {}
        self.stack = AsyncExitStack()

    def wait_for(self, program: ProgramSpec, use: Use) -> ProgramResult:
        """The program's result; whoever waits may be interrupted, which ends the program."""
        future = asyncio.run_coroutine_threadsafe(self.run(program, use), self.running())
        try:
            return future.result()
        finally:
            future.cancel()

    async def run(self, program: ProgramSpec, use: Use) -> ProgramResult:
        """Carry out the program in a sandbox that stays open."""
        key = use.model_dump_json()
        if key not in self.sandboxes:
            self.sandboxes[key] = asyncio.create_task(self.stack.enter_async_context(python_pool(use)))
        try:
            # Others wait for the same sandbox: it is opened to the end, though one of them leave.
            pool = await asyncio.shield(self.sandboxes[key])
        except Exception:
            self.sandboxes.pop(key, None)
            raise
        return await pool.run(program)

    def running(self) -> asyncio.AbstractEventLoop:
        """The event loop, in its thread."""
        with self.lock:
            if self.loop is None:
                self.loop = asyncio.new_event_loop()
                self.thread = threading.Thread(target=self.loop.run_forever, name="benchbook-sandbox", daemon=True)
                self.thread.start()
                atexit.register(self.close)
            return self.loop

    def close(self) -> None:
        """End the sandboxes and the thread."""
        if self.loop is None or self.thread is None:
            return
        asyncio.run_coroutine_threadsafe(self.stack.aclose(), self.loop).result(_END)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(_END)
        self.loop.close()
        self.loop = None

    def forget(self) -> None:
        """Begin anew in a forked process, where the thread is not: the sandboxes are its parent's."""
        atexit.unregister(self.close)
        # Kept, because it is not for us to close.
        self.inherited = (self.loop, self.stack, self.sandboxes)
        self.lock, self.stack, self.sandboxes = threading.Lock(), AsyncExitStack(), {}
        self.loop = self.thread = None


_BACKGROUND = _Background()
os.register_at_fork(after_in_child=_BACKGROUND.forget)
