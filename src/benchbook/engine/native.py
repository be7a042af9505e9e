"""Our own loop: every sample that is not done, a bounded number at once, results as they come."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from functools import partial

from pydantic import JsonValue

from benchbook.engine.budget import Expense
from benchbook.engine.cache import Recall, name_of
from benchbook.engine.flight import Landing, Work, flown
from benchbook.engine.lookout import Lookout
from benchbook.engine.runtimes import Endpoint
from benchbook.engine.sample import Parts, generate, score
from benchbook.protocols import Context, Engine, Runtime
from benchbook.records.datasets import Sample
from benchbook.records.events import RunEvent
from benchbook.records.runs import Run
from benchbook.registry import opened, register


@register("engine")
def native() -> Engine:
    """Ask a runtime through a solver, and score what it answers."""
    return carry_out


async def carry_out(run: Run, context: Context) -> AsyncGenerator[Sequence[RunEvent], None]:
    """The events of the run: its parts, and every sample that is not stored yet."""
    async with _opened_parts(run, context) as parts:
        yield [
            RunEvent.of(run, "parts_ready", _facts(parts), context.now()),
            *_warnings(run, context, parts),
        ]
        lookout = Lookout.of(run, context)
        todo = _todo(run, context, parts) if lookout is None else _until_clear(run, context, parts, lookout)
        async with aclosing(flown(run, context, parts.endpoint, todo)) as batches:
            async for batch in batches:
                if lookout is None:
                    yield batch
                else:
                    lookout.see(batch)
                    yield [*batch, *lookout.warned(run, context.now())]
        if lookout is not None and (told := lookout.told(run, context.now())):
            yield told


@asynccontextmanager
async def _opened_parts(run: Run, context: Context) -> AsyncIterator[Parts]:
    task = run.spec.task
    async with AsyncExitStack() as stack:
        runtime: Runtime = await stack.enter_async_context(opened("runtime", run.spec.model.runtime))
        scorers = {use.name: await stack.enter_async_context(opened("scorer", use)) for use in task.scorers}
        recall = Recall.of(context.cache, run.spec.model, runtime)
        endpoint = Endpoint.of(runtime, run.spec, answered=bool(context.done))
        solver = await stack.enter_async_context(opened("solver", task.solver))
        yield Parts(endpoint, solver, scorers, recall)


def _facts(parts: Parts) -> dict[str, JsonValue]:
    """What runtime and scorers say they run on."""
    found: dict[str, JsonValue] = {f"model.{name}": str(value) for name, value in parts.endpoint.runtime.facts.items()}
    for scorer in parts.scorers.values():
        facts = getattr(scorer, "facts", None)
        if isinstance(facts, Mapping):
            found |= {str(name): str(value) for name, value in facts.items()}
    return found if parts.recall is None else {**found, "cache": name_of(parts.recall.source)}


async def _todo(run: Run, context: Context, parts: Parts) -> AsyncGenerator[Work, None]:
    """What is not stored yet, epoch by epoch: an early look at a run has seen every sample once."""
    for epoch in range(1, run.spec.task.epochs + 1):
        async for sample in context.samples:
            if (sample.id, epoch) not in context.done:
                yield Work(sample, epoch, partial(_evaluated, run, sample, epoch, parts, context))


async def _until_clear(run: Run, context: Context, parts: Parts, lookout: Lookout) -> AsyncGenerator[Work, None]:
    """What is not stored yet, sample by sample, as long as it is not clear."""
    async for sample in context.samples:
        if lookout.clear:
            return
        lookout.begin(sample)
        for epoch in range(1, run.spec.task.epochs + 1):
            if (sample.id, epoch) not in context.done:
                yield Work(sample, epoch, partial(_evaluated, run, sample, epoch, parts, context))


async def _evaluated(run: Run, sample: Sample, epoch: int, parts: Parts, context: Context, expense: Expense) -> Landing:
    try:
        generation = await generate(run, sample, epoch, parts, context.now(), expense)
    finally:
        expense.close()
    return generation, await score(sample, generation, parts.scorers, context.now())


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
    return RunEvent.warnings(run, found, context.now())
