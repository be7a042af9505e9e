"""Many samples at once, a bounded number of them, results as they come: what all engines of ours share."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, NamedTuple

from pydantic import JsonValue

from benchbook.engine.budget import Expense
from benchbook.engine.runtimes import Endpoint
from benchbook.errors import Hopeless
from benchbook.protocols import Context
from benchbook.records.datasets import Sample
from benchbook.records.events import RunEvent
from benchbook.records.generations import Generation
from benchbook.records.record import new_id
from benchbook.records.runs import Run
from benchbook.records.scores import Score
from benchbook.specs.spec import unchecked

GATHERING, LONGEST_GATHERING = 0.000_15, 0.005
"""Seconds that finished samples wait for others, to be stored together, for each that is in the flight; and at most. A
transaction costs as much as ten rows; but who waits keeps a place in the flight, and the model gets no questions from
those that would have come in."""

_UNPAID = "the tokens of some answers were not counted ({}): what these cost is not known, and is in no sum"
"""With how many they are, and if there was an attempt before, in which."""

Landing = tuple[Generation, tuple[Score, ...]]


class Work(NamedTuple):
    """A sample that is to be done, and how."""

    sample: Sample
    epoch: int
    do: Callable[[Expense], Coroutine[Any, Any, Landing]]
    """It closes the expense once nothing more is asked."""


async def flown(
    run: Run, context: Context, endpoint: Endpoint, todo: AsyncGenerator[Work, None]
) -> AsyncGenerator[list[RunEvent], None]:
    """The events of all that is to be done. A sample keeps its place in the flight until its event has been taken.

    At most `concurrency` samples are with the model, and while some are scored and stored others take their place: at
    most twice as many are begun and not yet stored.
    """
    most = run.spec.settings.concurrency + endpoint.at_once
    flight: set[asyncio.Task[RunEvent]] = set()
    landed: asyncio.Queue[asyncio.Task[RunEvent]] = asyncio.Queue()
    unpaid = 0

    async def landing() -> list[RunEvent]:
        nonlocal unpaid
        batch = await _landing(flight, landed)
        unpaid += _unpaid(run, batch)
        return [*batch, *RunEvent.warnings(run, endpoint.runtime.troubles(), context.now())]

    try:
        async with aclosing(todo):
            async for work in todo:
                while flight and (len(flight) == most or not _affords(context, work.sample)):
                    yield await landing()
                if context.stop.is_set() or endpoint.hopeless or not _affords(context, work.sample):
                    break
                task = asyncio.create_task(_done(run, context, work, Expense(context.purse)))
                task.add_done_callback(landed.put_nowait)
                flight.add(task)
        while flight:
            yield await landing()
        yield [
            RunEvent.of(run, "parts_done", endpoint.traffic.facts, context.now()),
            *RunEvent.warnings(run, _doubtful(run, unpaid), context.now()),
        ]
        if endpoint.hopeless:
            raise endpoint.hopeless
    finally:
        for task in flight:
            task.cancel()
        await asyncio.gather(*flight, return_exceptions=True)


async def _landing(
    flight: set[asyncio.Task[RunEvent]], landed: "asyncio.Queue[asyncio.Task[RunEvent]]"
) -> list[RunEvent]:
    """The next sample that is finished, and all others that are a moment later; they leave the flight. Those that were
    given up were never answered, and leave no event."""
    batch = [await landed.get()]
    if landed.qsize() + 1 < len(flight):
        await asyncio.sleep(min(GATHERING * len(flight), LONGEST_GATHERING))
    while not landed.empty():
        batch.append(landed.get_nowait())
    flight.difference_update(batch)
    return [task.result() for task in batch if not isinstance(task.exception(), Hopeless)]


def _unpaid(run: Run, batch: Sequence[RunEvent]) -> int:
    """Answers whose cost nobody knows, though there is a price."""
    answers = [event.generation for event in batch if event.generation and event.generation.output]
    return sum(one.cost is None for one in answers) if run.spec.price else 0


def _doubtful(run: Run, unpaid: int) -> list[str]:
    """What is to be said of answers that nobody counted. Of those of an earlier attempt that attempt has spoken."""
    number = str(unpaid) if run.attempt <= 1 else f"{unpaid} in attempt {run.attempt}"
    return [_UNPAID.format(number)] if unpaid else []


def _affords(context: Context, sample: Sample) -> bool:
    return context.purse is None or context.purse.affords(sample)


async def _done(run: Run, context: Context, work: Work, expense: Expense) -> RunEvent:
    generation, scores = await work.do(expense)
    now = context.now()
    return unchecked(
        RunEvent,
        id=new_id("event", now),
        created_at=now,
        run_id=run.id,
        attempt=run.attempt,
        kind="sample_done",
        subject=work.sample.key,
        body={"epoch": work.epoch, "error": generation.error, **_paid(run, expense)},
        sample=work.sample,
        generation=generation,
        scores=scores,
    )


def _paid(run: Run, expense: Expense) -> dict[str, JsonValue]:
    """What the sample cost, for budgets: the event stays when a failure is tried again."""
    used = expense.counted
    if used.nothing:
        return {}
    price = run.spec.price
    return {"tokens": used.input_tokens + used.output_tokens, **({"cost": price.of(used)} if price else {})}
