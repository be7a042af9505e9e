"""How long until the next try, and when there is none."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import pytest

from benchbook.engine.patience import Deadline, Patience
from benchbook.errors import RuntimeFailed
from benchbook.specs.experiments import RunSettings

FAULT = RuntimeFailed("oh no", transient=True)
BUSY = RuntimeFailed("busy", transient=True, cause="busy")


def patience(spread: float = 0.0, deadline: float | None = None, **settings: float) -> Patience:
    return Patience(RunSettings.parse(settings), Deadline(deadline), lambda: spread)


def pauses(patience: Patience, err: RuntimeFailed) -> list[float]:
    """All that are to be had."""

    def given() -> Iterator[float]:
        with suppress(RuntimeFailed):
            while True:
                yield patience.pause(err)

    return list(islice(given(), 1000))


def test_seven_attempts_outlast_a_minute_however_the_pauses_fall() -> None:
    assert pauses(patience(1.0), FAULT) == [0.5, 1.5, 4.5, 13.5, 40.5, 60.0]
    assert sum(pauses(patience(0.0), FAULT)) > 60


def test_what_does_not_pass_is_not_borne() -> None:
    with pytest.raises(RuntimeFailed, match="wrong"):
        patience().pause(RuntimeFailed("wrong"))


def test_what_the_server_asks_for_is_the_least() -> None:
    later = RuntimeFailed("busy", transient=True, retry_after=7)
    assert patience(0.0).pause(later) == 7
    assert 7 < patience(1.0).pause(later) < 8
    slow = RuntimeFailed("oh no", transient=True, retry_after=7, cause="fault")
    assert patience(0.0).pause(slow) == 7


def test_refusals_are_no_attempts_and_are_borne_until_patience_is_over() -> None:
    borne = pauses(patience(1.0, attempts=1), BUSY)
    assert borne[:6] == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0]
    assert 580 < sum(borne) <= 600


def test_bad_luck_with_long_waits_is_not_the_end() -> None:
    assert len(pauses(patience(), RuntimeFailed("busy", transient=True, retry_after=300))) == 9


def test_a_wait_beyond_the_patience_is_not_begun() -> None:
    with pytest.raises(RuntimeFailed, match=r"it wants us back in 601 s, and `run.patience` is 600 s"):
        patience().pause(RuntimeFailed("busy", transient=True, retry_after=601))
    with pytest.raises(RuntimeFailed, match="it wants us back in 86400 s"):
        patience().pause(RuntimeFailed("too slow", transient=True, retry_after=86400, cause="late"))
    assert patience(1.0).pause(RuntimeFailed("busy", transient=True, retry_after=600)) >= 600


def test_a_wait_beyond_the_deadline_is_not_begun() -> None:
    of_sample = patience(1.0, deadline=3.0)
    assert pauses(of_sample, FAULT) == [0.5, 1.5]
    assert of_sample.deadline.spent == 2.0


def test_a_deadline_is_told_from_a_timeout_of_the_runtimes_own() -> None:
    async def late() -> str:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        asyncio.run(Deadline(5.0).watch(late))


def test_requests_of_one_sample_share_a_deadline() -> None:
    async def answer() -> str:
        await asyncio.sleep(0.2)
        return "fine"

    async def asked() -> None:
        deadline = Deadline(0.35)
        assert await deadline.watch(answer) == "fine"
        with pytest.raises(RuntimeFailed, match=r"no answer within `run.deadline`"):
            await deadline.watch(answer)

    asyncio.run(asked())
