"""What a run would ask, found out without asking: its solver is handed a model that writes down every question."""

from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass

from benchbook.engine.runtimes import Asking, Endpoint
from benchbook.protocols import Request, Runtime, Solver
from benchbook.records.datasets import Sample
from benchbook.registry import build
from benchbook.specs.experiments import RunSpec
from benchbook.specs.models import PromptStyle
from benchbook.specs.outputs import Likelihood, Output


@dataclass(frozen=True)
class Rehearsed:
    """What is asked for one sample in one epoch."""

    sample: Sample
    epoch: int
    requests: tuple[Request, ...]
    weighings: tuple[tuple[str, str], ...]
    """Contexts and continuations."""
    readings: tuple[tuple[str, int], ...] = ()
    """Texts, and the tokens of the windows that they are read in."""


async def rehearse(spec: RunSpec, places: Iterable[tuple[Sample, int]], style: PromptStyle) -> AsyncIterator[Rehearsed]:
    """What the run would ask for each sample and epoch, of a model that is asked in that style.

    The model answers nothing: what a solver asks next depending on an answer is not foreseen.
    """
    solver: Solver = build("solver", spec.task.solver)
    for sample, epoch in places:
        yield await _rehearsed(spec, solver, sample, epoch, style)


async def _rehearsed(spec: RunSpec, solver: Solver, sample: Sample, epoch: int, style: PromptStyle) -> Rehearsed:
    requests: list[Request] = []
    weighings: list[tuple[str, str]] = []

    async def generate(request: Request) -> Output:
        requests.append(request)
        return Output(text="")

    async def loglikelihood(context: str, continuation: str) -> Likelihood:
        weighings.append((context, continuation))
        return Likelihood(logprob=0.0, tokens=0, greedy=False)

    readings: list[tuple[str, int]] = []

    class Listening(Asking):
        """It notes which texts are to be read, too: a runtime would only see their tokens."""

        async def loglikelihood_rolling(self, text: str, window: int) -> Likelihood:
            readings.append((text, window))
            return Likelihood(logprob=0.0, tokens=0, greedy=False)

    runtime = Runtime(generate, prompt_style=style, loglikelihood=loglikelihood)
    with suppress(Exception):  # a solver is anyone's code, and an empty answer may not please it
        await solver(sample, Listening(Endpoint.of(runtime, spec), sample.key, epoch))
    return Rehearsed(sample, epoch, tuple(requests), tuple(weighings), tuple(readings))
