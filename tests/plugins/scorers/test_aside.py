"""Long work of scorers, beside everything else."""

import asyncio
import threading

import pytest

from benchbook import BenchbookError
from benchbook.plugins.scorers.aside import Aside


def test_others_go_on_while_a_scorer_works() -> None:
    go_on = threading.Event()

    async def both() -> bool:
        work = asyncio.create_task(Aside().done(lambda: go_on.wait(30)))
        await asyncio.sleep(0)
        go_on.set()
        return await work

    assert asyncio.run(both())


def test_work_without_end_is_an_error() -> None:
    go_on = threading.Event()

    async def endless() -> None:
        aside = Aside(seconds=0.01)
        with pytest.raises(BenchbookError, match=r"not scored within 0\.01 s; limit max_tokens"):
            await aside.done(lambda: go_on.wait(30))
        go_on.set()
        assert await Aside().done(lambda: "the next") == "the next"

    asyncio.run(endless())
