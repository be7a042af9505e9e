"""One sample: ask, then score. Whatever fails becomes data."""

import asyncio
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from benchbook import __version__
from benchbook.engine.budget import Expense
from benchbook.engine.cache import Recall
from benchbook.engine.runtimes import Asking, Endpoint
from benchbook.errors import BenchbookError, Hopeless
from benchbook.protocols import Scorer, Solver
from benchbook.records.datasets import Sample
from benchbook.records.generations import Generation
from benchbook.records.record import derived_id
from benchbook.records.runs import Run
from benchbook.records.scores import Score
from benchbook.specs.outputs import Output
from benchbook.specs.spec import unchecked
from benchbook.specs.verdicts import Verdict


@dataclass(frozen=True)
class Parts:
    """The plugins that a run is made of, open and ready."""

    endpoint: Endpoint
    solver: Solver
    scorers: dict[str, Scorer]
    recall: Recall | None = None
    """The way to answers that are known already."""


async def generate(run: Run, sample: Sample, epoch: int, parts: Parts, now: datetime, expense: Expense) -> Generation:
    """The model's answer to the sample, or the reason why there is none."""
    asking = Asking(parts.endpoint, sample.key, epoch, parts.recall, expense=expense)
    output, error = await _solved(parts.solver, sample, asking)
    return Generation(
        id=Generation.id_for(run.id, sample.id, epoch),
        created_at=now,
        run_id=run.id,
        sample_id=sample.id,
        epoch=epoch,
        prompt=asking.prompt,
        output=output,
        # A solver may count by itself.
        cost=expense.cost(run.spec.price, unasked=output.usage if output else None),
        error=error,
    )


async def score(sample: Sample, generation: Generation, scorers: dict[str, Scorer], now: datetime) -> tuple[Score, ...]:
    """What every scorer says of the generation; nothing is said of a generation that failed."""
    if generation.output is None:
        return ()
    scores = [
        unchecked(
            Score,
            id=derived_id("score", generation.id, name, __version__, verdict.name),
            created_at=now,
            run_id=generation.run_id,
            generation_id=generation.id,
            author="code",
            author_id=name,
            author_version=__version__,
            verdict=verdict,
            other_generation_id=None,
            rubric=None,
            supersedes=None,
        )
        for name, scorer in scorers.items()
        for verdict in await _verdicts(name, scorer, sample, generation)
    ]
    return tuple(scores)


async def _solved(solver: Solver, sample: Sample, asking: Asking) -> tuple[Output | None, str | None]:
    try:
        output: object = await solver(sample, asking)
    except Hopeless:
        raise
    except (Exception, asyncio.CancelledError) as err:  # noqa: BLE001 - anyone's code; one sample never stops a run
        _end_if_asked(err)
        return None, describe(err)
    return (output, None) if isinstance(output, Output) else (None, f"the solver gave {_kind(output)}, not an Output")


async def _verdicts(name: str, scorer: Scorer, sample: Sample, generation: Generation) -> list[Verdict]:
    """What the scorer says, each verdict under a name of its own; or why it could not."""
    try:
        said = scorer(sample, generation)
        verdicts: object = await said if inspect.isawaitable(said) else said
    except (Exception, asyncio.CancelledError) as err:  # noqa: BLE001 - a broken scorer is an error, never a zero
        _end_if_asked(err)
        return [Verdict(name=name, error=describe(err))]
    several = verdicts if isinstance(verdicts, Sequence) and not isinstance(verdicts, str) else [verdicts]
    given = [each for each in several if isinstance(each, Verdict)]
    if len(given) < len(several):
        stray = next(each for each in several if not isinstance(each, Verdict))
        return [Verdict(name=name, error=f"the scorer {name!r} gave {_kind(stray)}, not a Verdict")]
    named = [each if each.name else unchecked(type(each), **{**vars(each), "name": name}) for each in given]
    if len({each.name for each in named}) < len(named):
        return [Verdict(name=name, error=f"the scorer {name!r} gave two verdicts of one name")]
    return named


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a value of type {type(value).__name__}"


def _end_if_asked(err: BaseException) -> None:
    """Go on with a cancellation that is ours; what a plugin waited for may have been cancelled by others."""
    task = asyncio.current_task()
    if isinstance(err, asyncio.CancelledError) and task is not None and task.cancelling():
        raise err


def describe(err: BaseException) -> str:
    """An exception in one line: our own speak for themselves, others with their type."""
    return str(err) if isinstance(err, BenchbookError) else f"{type(err).__name__}: {err}"
