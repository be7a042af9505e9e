"""What stands between a solver and a model: sampling parameters, limits, another try."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from benchbook.engine.budget import Expense
from benchbook.engine.cache import Recall
from benchbook.engine.patience import Deadline, Patience
from benchbook.engine.rolling import rolled, weighed
from benchbook.engine.traffic import Traffic
from benchbook.errors import Hopeless, RuntimeFailed
from benchbook.protocols import Question, Request, Runtime
from benchbook.specs.experiments import RunSpec
from benchbook.specs.models import GenerateConfig, Prompt, PromptStyle
from benchbook.specs.outputs import Likelihood, Output, Usage

Answer = TypeVar("Answer", Output, Likelihood)

_BETWEEN_TURNS = 10_007
"""Between the seeds of a sample's questions: more than it has epochs."""
LONGEST_REPLY = 10_000_000
"""Characters. No honest reply comes near."""


@dataclass(frozen=True)
class Endpoint:
    """A runtime as one run uses it; all samples share its traffic."""

    runtime: Runtime
    spec: RunSpec
    traffic: Traffic
    _asked_so: dict[tuple[int, int], tuple[GenerateConfig, GenerateConfig]] = field(default_factory=dict)
    """By epoch and turn, what a solver asked for last, and what that makes with the run's own parameters."""

    @classmethod
    def of(cls, runtime: Runtime, spec: RunSpec, *, answered: bool = False) -> "Endpoint":
        """The endpoint of `runtime` under the run's spec; whether it has `answered` in an earlier attempt."""
        return cls(runtime, spec, Traffic.of(spec, runtime.slots, answered=answered))

    @property
    def prompt_style(self) -> PromptStyle:
        """How the model is asked: as its spec says, or else as its weights were made for."""
        wanted = self.spec.model.prompt_style
        return self.runtime.prompt_style if wanted == "auto" else wanted

    def parameters(self, config: GenerateConfig, epoch: int, turn: int = 1) -> GenerateConfig:
        """The run's parameters with `config` laid over them. Each epoch has a seed of its own, and each turn that is
        drawn at random, or sampling would repeat itself."""
        # Solvers mostly ask for the same, sample after sample.
        asked, full = self._asked_so.get((epoch, turn), (None, config))
        if asked is not config:
            over = config.over(self.spec.generate)
            turns = turn - 1 if over.temperature else 0
            full = over.model_copy(update={"seed": (over.seed or 0) + epoch - 1 + turns * _BETWEEN_TURNS})
            self._asked_so[epoch, turn] = config, full
        return full

    @property
    def at_once(self) -> int:
        """How many requests are under way at the same time, at most."""
        return self.traffic.turnstile.limit.ceiling

    @property
    def hopeless(self) -> Hopeless | None:
        """Why nothing more is asked, once it has come to that."""
        return self.traffic.hopeless

    async def answer(self, request: Request, deadline: Deadline | None = None) -> Output:
        """The model's answer, with all the patience that the spec allows, within the sample's `deadline`."""
        output = await self._patiently(lambda: self.runtime.generate(request), request, deadline or Deadline())
        if len(output.text) > LONGEST_REPLY:
            raise RuntimeFailed(f"the reply has {len(output.text):,} characters; {LONGEST_REPLY:,} are kept at most")
        return output

    async def loglikelihood(self, context: str, continuation: str, deadline: Deadline | None = None) -> Likelihood:
        """How likely the model finds the continuation, with the same patience."""
        weigh = self.runtime.loglikelihood
        if weigh is None:
            name = self.spec.model.runtime.name
            raise RuntimeFailed(f"the runtime {name} gives no log-likelihoods; take one that does: hf, llamacpp")
        both = Request(context + continuation, GenerateConfig(max_tokens=1), sample="", epoch=1)
        return await self._patiently(lambda: _timed(weigh(context, continuation)), both, deadline or Deadline())

    async def loglikelihood_rolling(self, text: str, window: int, deadline: Deadline | None = None) -> Likelihood:
        """How likely the model finds the text, with the same patience for each window."""
        read, tokenizer = self.runtime.prompt_logprobs, self.runtime.tokenizer
        if read is None or tokenizer is None:
            name = self.spec.model.runtime.name
            raise RuntimeFailed(
                f"the runtime {name} does not say how likely a text is; take one that does: hf, llamacpp"
            )
        limit = deadline or Deadline()

        async def weigh(tokens: Sequence[int], new: int) -> Likelihood:
            request = Request("", GenerateConfig(max_tokens=1), sample="", epoch=1, tokens=tuple(tokens))
            return await self._patiently(lambda: _timed(weighed(read, tokens, new)), request, limit)

        return await rolled(tokenizer, text, window, weigh)

    async def _patiently(self, ask: Callable[[], Awaitable[Answer]], request: Request, deadline: Deadline) -> Answer:
        """The answer; failures that may pass are waited out, without a place at the server meanwhile."""
        patience = Patience(self.spec.settings, deadline)
        while True:
            ticket = await self.traffic.enter(request, again=patience.tried)
            try:
                answer = await deadline.watch(ask)
            except RuntimeFailed as err:
                self.traffic.failed(ticket, err)
                await self.traffic.pause(patience.pause(err))
            except BaseException:
                self.traffic.withdrawn()
                raise
            else:
                self.traffic.answered(ticket, request, answer.usage if isinstance(answer, Output) else Usage())
                return answer


async def _timed(weighing: Awaitable[Likelihood]) -> Likelihood:
    begun = time.perf_counter()
    likelihood = await weighing
    return likelihood.model_copy(update={"latency": time.perf_counter() - begun})


@dataclass
class Asking:
    """One sample's way to the model: the Generate that its solver is handed."""

    endpoint: Endpoint
    sample: str
    epoch: int
    recall: Recall | None = None
    """The way to what is known already."""
    prompt: Prompt = ""
    """What was asked last; kept with the generation."""
    turns: int = 0
    """How often it has asked."""
    expense: Expense = field(default_factory=Expense)
    question: Question | None = None
    """What a judge is asked, as data."""
    prompt_style: PromptStyle = field(init=False)
    _deadline: Deadline = field(init=False)

    def __post_init__(self) -> None:
        self.prompt_style = self.endpoint.prompt_style
        self._deadline = Deadline(self.endpoint.spec.settings.deadline)

    async def __call__(self, prompt: Prompt, config: GenerateConfig = GenerateConfig(), *, shared: int = 0) -> Output:
        """The answer to `prompt`, with `config` laid over the run's parameters."""
        self.prompt = prompt
        self.turns += 1
        full = self.endpoint.parameters(config, self.epoch, self.turns)
        request = Request(prompt, full, self.sample, self.epoch, shared, self.turns, self.question)
        ask = partial(self.endpoint.answer, request, self._deadline)
        # Before the endpoint: what is known takes no slot, and says nothing about how busy the model is.
        output = await (ask() if self.recall is None else self.recall.output(request, ask))
        self.expense.answered(prompt, output)
        return output

    async def loglikelihood(self, context: str, continuation: str) -> Likelihood:
        """How likely the model finds the continuation; RuntimeFailed if its runtime cannot tell."""
        self.prompt = context
        ask = partial(self.endpoint.loglikelihood, context, continuation, self._deadline)
        likelihood = await (ask() if self.recall is None else self.recall.likelihood(context, continuation, ask))
        self.expense.weighed(context, continuation, likelihood)
        return likelihood

    async def loglikelihood_rolling(self, text: str, window: int) -> Likelihood:
        """How likely the model finds the whole text, read in windows; RuntimeFailed if its runtime cannot tell."""
        self.prompt = text
        ask = partial(self.endpoint.loglikelihood_rolling, text, window, self._deadline)
        likelihood = await (ask() if self.recall is None else self.recall.rolling(text, window, ask))
        self.expense.weighed("", text, likelihood)
        return likelihood
