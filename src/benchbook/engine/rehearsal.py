"""What a run would ask, found out without asking: its solver is handed a model that writes down every question."""

from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass

from benchbook.engine.runtimes import Asking, Endpoint
from benchbook.protocols import Request, Runtime, Solver
from benchbook.records.datasets import Sample
from benchbook.registry import opened
from benchbook.specs.experiments import RunSpec
from benchbook.specs.models import ModelLimits, PromptStyle
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
    notes = _Notes(spec, style)
    async with opened("solver", spec.task.solver) as solver:
        for sample, epoch in places:
            yield await _rehearsed(solver, notes, sample, epoch)


async def _rehearsed(solver: Solver, notes: "_Notes", sample: Sample, epoch: int) -> Rehearsed:
    notes.begin()
    with suppress(Exception):  # a solver is anyone's code, and an empty answer may not please it
        await solver(sample, _Listening(notes.endpoint, sample.key, epoch, notes=notes))
    return Rehearsed(sample, epoch, tuple(notes.requests), tuple(notes.weighings), tuple(notes.readings))


class _Notes:
    """A model that answers nothing, and writes down what it is asked for one sample after the other."""

    def __init__(self, spec: RunSpec, style: PromptStyle) -> None:
        # Nothing is asked: no limit of requests per minute is to be waited for.
        unlimited = spec.model.model_copy(update={"limits": ModelLimits()})
        runtime = Runtime(self._generate, prompt_style=style, loglikelihood=self._loglikelihood)
        self.endpoint = Endpoint.of(runtime, spec.model_copy(update={"model": unlimited}))
        self.begin()

    def begin(self) -> None:
        """A new sheet, for the next sample."""
        self.requests: list[Request] = []
        self.weighings: list[tuple[str, str]] = []
        self.readings: list[tuple[str, int]] = []

    async def _generate(self, request: Request) -> Output:
        self.requests.append(request)
        return Output(text="")

    async def _loglikelihood(self, context: str, continuation: str) -> Likelihood:
        self.weighings.append((context, continuation))
        return Likelihood(logprob=0.0, tokens=0, greedy=False)


@dataclass(kw_only=True)
class _Listening(Asking):
    """It notes which texts are to be read, too: a runtime would only see their tokens."""

    notes: _Notes

    async def loglikelihood_rolling(self, text: str, window: int) -> Likelihood:
        self.notes.readings.append((text, window))
        return Likelihood(logprob=0.0, tokens=0, greedy=False)
