"""Our own loop: every sample that is not done, a bounded number at once, results as they come."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

from pydantic import JsonValue

from benchbook.engine.budget import Expense
from benchbook.engine.cache import Recall, name_of
from benchbook.engine.runtimes import Endpoint
from benchbook.engine.sample import Parts, generate, score
from benchbook.errors import Hopeless
from benchbook.protocols import Context, Engine, Runtime
from benchbook.records.datasets import Sample
from benchbook.records.events import RunEvent
from benchbook.records.record import new_id
from benchbook.records.runs import Run
from benchbook.registry import build, opened, register
from benchbook.specs.outputs import Usage

GATHERING = 0.01
"""Seconds that finished samples wait for others, to be stored together: a transaction costs as much as ten rows."""


@register("engine")
def native() -> Engine:
    """Ask a runtime through a solver, and score what it answers."""
    return carry_out


async def carry_out(run: Run, context: Context) -> AsyncGenerator[Sequence[RunEvent], None]:
    """The events of the run. A sample keeps its place in the flight until its event has been taken.

    At most `concurrency` samples are with the model, and while some are scored and stored others take their place: at
    most twice as many are begun and not yet stored.
    """
    flight: set[asyncio.Task[RunEvent]] = set()
    landed: asyncio.Queue[asyncio.Task[RunEvent]] = asyncio.Queue()
    async with _opened_parts(run, context) as parts:
        yield [
            RunEvent.of(run, "parts_ready", _facts(parts), context.now()),
            *_warnings(run, context, parts),
        ]
        most = run.spec.settings.concurrency + parts.endpoint.at_once
        try:
            async with aclosing(_todo(run, context)) as todo:
                async for sample, epoch in todo:
                    while flight and (len(flight) == most or not _affords(context, sample)):
                        yield await _landing(flight, landed)
                    if context.stop.is_set() or parts.endpoint.hopeless or not _affords(context, sample):
                        break
                    expense = Expense(context.purse)
                    task = asyncio.create_task(_evaluated(run, sample, epoch, parts, context, expense))
                    task.add_done_callback(landed.put_nowait)
                    flight.add(task)
            while flight:
                yield await _landing(flight, landed)
            yield [RunEvent.of(run, "parts_done", parts.endpoint.traffic.facts, context.now())]
            if parts.endpoint.hopeless:
                raise parts.endpoint.hopeless
        finally:
            for task in flight:
                task.cancel()
            await asyncio.gather(*flight, return_exceptions=True)


@asynccontextmanager
async def _opened_parts(run: Run, context: Context) -> AsyncIterator[Parts]:
    task = run.spec.task
    async with AsyncExitStack() as stack:
        runtime: Runtime = await stack.enter_async_context(opened("runtime", run.spec.model.runtime))
        scorers = {use.name: await stack.enter_async_context(opened("scorer", use)) for use in task.scorers}
        recall = Recall.of(context.cache, run.spec.model, runtime)
        endpoint = Endpoint.of(runtime, run.spec, answered=bool(context.done))
        yield Parts(endpoint, build("solver", task.solver), scorers, recall)


def _facts(parts: Parts) -> dict[str, JsonValue]:
    """What runtime and scorers say they run on."""
    found: dict[str, JsonValue] = {f"model.{name}": str(value) for name, value in parts.endpoint.runtime.facts.items()}
    for scorer in parts.scorers.values():
        facts = getattr(scorer, "facts", None)
        if isinstance(facts, Mapping):
            found |= {str(name): str(value) for name, value in facts.items()}
    return found if parts.recall is None else {**found, "cache": name_of(parts.recall.source)}


async def _todo(run: Run, context: Context) -> AsyncGenerator[tuple[Sample, int], None]:
    """What is not stored yet, epoch by epoch: an early look at a run has seen every sample once."""
    for epoch in range(1, run.spec.task.epochs + 1):
        async for sample in context.samples:
            if (sample.id, epoch) not in context.done:
                yield sample, epoch


async def _landing(
    flight: set[asyncio.Task[RunEvent]], landed: "asyncio.Queue[asyncio.Task[RunEvent]]"
) -> list[RunEvent]:
    """The next sample that is finished, and all others that are a moment later; they leave the flight. Those that were
    given up were never answered, and leave no event."""
    batch = [await landed.get()]
    if landed.qsize() + 1 < len(flight):
        await asyncio.sleep(GATHERING)
    while not landed.empty():
        batch.append(landed.get_nowait())
    flight.difference_update(batch)
    return [task.result() for task in batch if not isinstance(task.exception(), Hopeless)]


def _affords(context: Context, sample: Sample) -> bool:
    return context.purse is None or context.purse.affords(sample)


async def _evaluated(
    run: Run, sample: Sample, epoch: int, parts: Parts, context: Context, expense: Expense
) -> RunEvent:
    try:
        generation = await generate(run, sample, epoch, parts, context.now(), expense)
    finally:
        expense.close()
    scores = await score(sample, generation, parts.scorers, context.now())
    now = context.now()
    return RunEvent(
        id=new_id("event", now),
        created_at=now,
        run_id=run.id,
        attempt=run.attempt,
        kind="sample_done",
        subject=sample.key,
        body={"epoch": epoch, "error": generation.error, **_paid(run, expense)},
        sample=sample,
        generation=generation,
        scores=scores,
    )


def _paid(run: Run, expense: Expense) -> dict[str, JsonValue]:
    """What the sample cost, for budgets: the event stays when a failure is tried again."""
    used = expense.counted
    if used == Usage():
        return {}
    price = run.spec.price
    return {"tokens": used.input_tokens + used.output_tokens, **({"cost": price.of(used)} if price else {})}


def _warnings(run: Run, context: Context, parts: Parts) -> list[RunEvent]:
    """What makes figures worthless, and is easily overlooked; better to say so than to wonder at the score."""
    name, found = run.spec.model.name, []
    if parts.endpoint.prompt_style == "chat" and parts.endpoint.runtime.prompt_style == "completion":
        found.append(
            f"{name} has no chat template but is asked by chat (prompt_style: chat); its answers will be poor. "
            "Leave prompt_style out, or set it to completion."
        )
    if run.spec.task.epochs > 1 and run.spec.generate.temperature == 0 and parts.endpoint.runtime.samples:
        found.append(
            f"{name} is asked {run.spec.task.epochs} times at temperature 0: every answer will be the same, and pass@k "
            "means nothing. Set `generate: {temperature: 0.8}`, or leave epochs at 1."
        )
    return [RunEvent.of(run, "warning", {"message": message}, context.now()) for message in found]
