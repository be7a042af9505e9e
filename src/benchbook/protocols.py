"""The whole extension surface, on one page.

A plugin is a function that returns one of these (or yields it once, from an async generator, where something must be
closed afterwards), under `@register(kind)`. Its arguments are its settings: they are checked against its signature
when a spec is loaded. What a runtime, scorer, sandbox or embedder gives may have `facts`, a mapping of names to texts:
what it runs on (a digest, a version, the kind of isolation). Those of a run's runtime and scorers are stored with the
run; a scorer passes its sandbox's or embedder's on. A scorer whose argument `sandbox: Use` is left open gets the run's.

    @register("scorer")
    def exact_match(ignore_case: bool = True) -> Scorer:
        def score(sample: Sample, generation: Generation) -> Verdict:
            ...
        return score
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from pydantic import JsonValue

from benchbook.records.datasets import Sample
from benchbook.records.events import RunEvent
from benchbook.records.generations import Generation
from benchbook.records.runs import Run
from benchbook.records.scores import Score
from benchbook.specs.commands import Command, ExecResult
from benchbook.specs.datasets import Row
from benchbook.specs.models import GenerateConfig, Prompt, PromptStyle
from benchbook.specs.outputs import Likelihood, Output, Piece, Reading, Usage
from benchbook.specs.rubrics import Rubric
from benchbook.specs.tasks import TaskSpec
from benchbook.specs.verdicts import Author, Verdict

Kind = Literal["reader", "runtime", "solver", "scorer", "engine", "sandbox", "task", "check", "metric", "embedder"]

Reader = Callable[[], Iterator[Row]]
"""Gives the rows of a data set, in order, the same at each call.

It may have `mistakes`, a function that yields a SpecError for everything that is wrong, and `pinned`, arguments that
say for ever what it reads where they were left open (the revision of a data set that others may change)."""


@dataclass(frozen=True)
class Matter:
    """What a judge is asked about: one answer to a sample, or two, and what was said of them."""

    sample: Sample
    epoch: int
    answers: tuple[Generation | None, ...]
    """None where a run has no answer to the sample."""
    scores: tuple[tuple[Score, ...], ...]
    """Of each answer, those of its own run."""
    opinions: tuple[Score, ...] = ()
    """Those of the judges of a panel."""


@dataclass(frozen=True)
class Question:
    """One of the questions that a judge is asked about a matter."""

    matter: Matter
    rubric: Rubric
    swapped: bool = False
    """Whether the second answer is shown first."""
    vote: int = 1


@dataclass(frozen=True)
class Request:
    """One question to a model. Sample and epoch say where it comes from: recorded answers are found by them.

    `shared` is how much of the prompt's beginning all samples have in common (examples, instructions): characters of a
    text, turns of a chat. A runtime may compute it once.
    """

    prompt: Prompt
    config: GenerateConfig
    sample: str
    epoch: int
    shared: int = 0
    turn: int = 1
    """Which of its sample's questions this is: one that is asked twice at temperature 0.8 gets two answers."""
    question: Question | None = None
    """What the prompt asks of a judge, as data: judges that are no language model go by it."""
    tokens: tuple[int, ...] | None = None
    """The prompt in the model's own tokens, to be read as they are. Asked only of a runtime with a tokenizer."""
    tell: Callable[[Piece], None] | None = field(default=None, compare=False, repr=False)
    """Told of each piece of the answer as it comes, in the event loop's thread, where the runtime gets it so. The
    Output that is returned holds all of them."""


@dataclass(frozen=True)
class Tokenizer:
    """A model's tokens, and the texts that they stand for."""

    encode: Callable[[str], Awaitable[Sequence[int]]]
    """The tokens of a text, none added; one that is spelt out (`<s>`) is that token."""
    decode: Callable[[Sequence[int]], Awaitable[str]]
    """The text of some tokens, with those spelt out that are no text; RuntimeFailed if one is not the model's."""
    opening: tuple[int, ...] = ()
    """The tokens that are put before a prompt that is given as text."""
    begin: str | None = None
    """The token that texts begin with, spelt out."""
    end: str | None = None
    """The token that texts end with, spelt out."""


@dataclass(frozen=True)
class Runtime:
    """A model that is ready to answer.

    `generate` raises RuntimeFailed, transient or not, and a parameter that the backend cannot heed is refused so, not
    ignored. `prompt_style` is what the weights were made for; `slots` is how many requests it can work on at once.
    """

    generate: Callable[[Request], Awaitable[Output]]
    prompt_style: PromptStyle = "chat"
    facts: Mapping[str, str] = field(default_factory=dict)
    slots: int | None = None
    samples: bool = True
    """Whether answers depend on sampling parameters; recorded and scripted ones do not."""
    loglikelihood: Callable[[str, str], Awaitable[Likelihood]] | None = None
    """How likely the second text is as a continuation of the first; None where the backend cannot tell. Tokens are
    those of both texts together, and those of the continuation come after those of the context alone."""
    identity: Mapping[str, str] | None = None
    """What tells its answers from another model's, for the cache of answers: its facts unless given."""
    prompt_logprobs: Callable[[str | Sequence[int], int], Awaitable[Reading]] | None = None
    """How likely each token of a prompt is, a text or the model's own tokens, with so many alternatives to each; None
    where the backend cannot tell."""
    tokenizer: Tokenizer | None = None
    """None where only the backend knows the model's tokens."""
    author: Author = "model"
    """Whose opinion it is, when it judges."""
    mends: bool = True
    """Whether it may answer otherwise if it is told what was wrong; what was recorded stays as it is."""
    troubles: Callable[[], Sequence[str]] = tuple
    """What was wrong with answers that were taken all the same, since this was asked last; the run tells it."""


class Generate(Protocol):
    """What a solver is handed: the model, with retries, limits and sampling parameters already in place."""

    prompt_style: PromptStyle

    async def __call__(self, prompt: Prompt, config: GenerateConfig = ..., *, shared: int = ...) -> Output:
        """The answer to `prompt`; `config` is laid over the run's own parameters, `shared` is as in Request."""

    async def loglikelihood(self, context: str, continuation: str) -> Likelihood:
        """How likely the model finds the continuation; RuntimeFailed if its runtime cannot tell."""

    async def loglikelihood_rolling(self, text: str, window: int) -> Likelihood:
        """How likely the model finds the whole text, read in windows of so many tokens that follow each other;
        RuntimeFailed if its runtime cannot tell."""


Solver = Callable[[Sample, Generate], Awaitable[Output]]
"""Asks the model, once or several times, and may extract the answer. A plugin that must close something returns an
async generator, so that its arguments are still looked at when a spec is loaded."""

Verdicts = Verdict | Sequence[Verdict]
Scorer = Callable[[Sample, Generation], Verdicts | Awaitable[Verdicts]]
"""Looks at one generation. What it raises becomes the score's error, never a zero."""


@dataclass(frozen=True)
class Fold:
    """A figure of many verdicts together that is no mean of theirs: the BLEU of a corpus, the perplexity of a text.

    A few numbers of each verdict are summed, over a run, a slice, or a resample of it; the figure is one of the sums.
    """

    numbers: Callable[[Verdict], Sequence[float] | None]
    """What counts of one verdict, always as many; None where it is no verdict of this kind."""
    figure: Callable[[Sequence[float]], float | None]
    """The figure that the sums make; None (or an ArithmeticError) where they make none."""
    by_slice: bool = False
    """Whether each slice has one, and the figure is their mean; a sample is of the first of its slices."""


Sandbox = Callable[[Command], Awaitable[ExecResult]]
"""Runs untrusted code, out of reach of everything else."""


@dataclass(frozen=True)
class Embedder:
    """A model that is ready to say what texts mean, of any length, by vectors of length one: the product of two is how
    near their texts are. The same text gets the same vector, whatever it is asked with. It raises RuntimeFailed."""

    embed: Callable[[Sequence[str]], Awaitable[Sequence[Sequence[float]]]]
    facts: Mapping[str, str] = field(default_factory=dict)


class Key(NamedTuple):
    """What an answer is kept under in the cache, and the parts that went into it."""

    digest: bytes
    source: str
    """Who is asked: model, arguments and identity, as JSON."""
    parameters: str
    """How: sampling parameters, seed and epoch, as JSON."""
    prompt: bytes
    """What: the digest of the prompt."""


class Cache(Protocol):
    """Answers of earlier runs. It never fails: what is wrong with it is told, and the run goes on without it."""

    def get(self, key: Key) -> JsonValue | None:
        """What was kept under the key, or None."""

    def put(self, key: Key, answer: Output | Likelihood) -> None:
        """Keep an answer, soon."""

    def flush(self) -> None:
        """See to it that what was put here is kept; it may take a moment."""

    def troubles(self) -> list[str]:
        """What went wrong since this was asked last."""


class Purse(Protocol):
    """What a run may still spend."""

    def affords(self, sample: Sample) -> bool:
        """Whether one more sample may begin, with all that is in flight counted at what it may come to."""

    def begin(self) -> None:
        """A sample begins."""

    def pay(self, used: Usage, total: Usage) -> None:
        """A model has answered, and used so much; its sample has used `total` until now."""

    def end(self, used: Usage) -> None:
        """A sample is done, and has used so much in all."""


@dataclass(frozen=True)
class Outlook:
    """What an engine is handed with a run that may end before all samples are asked. They come in random order."""

    population: int
    """Samples there are."""
    known: Mapping[tuple[str, int], Mapping[str, float]] = field(default_factory=dict)
    """By sample id and epoch, what the scores say of the answers that are stored."""
    base: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Of each score, by the id of the sample: what the baseline has."""
    free: bool = True
    """Whether it may end by itself; not what does again what was done."""


@dataclass(frozen=True)
class Context:
    """What an engine is handed besides the run."""

    samples: AsyncIterable[Sample]
    """Read as they are asked for; each epoch goes through them again."""
    done: Collection[tuple[str, int]]
    """The (sample id, epoch) pairs that are stored already."""
    now: Callable[[], datetime]
    stop: asyncio.Event
    """Once set, no new sample is begun."""
    cache: Cache | None = None
    """Answers of earlier runs; None if every question is to be asked."""
    purse: Purse | None = None
    """What may be spent; None if nobody counts."""
    matters: AsyncIterable[Matter] | None = None
    """What a judge run is about, epochs and all; None for other runs."""
    outlook: Outlook | None = None
    """None unless the task has `stop`."""


Engine = Callable[[Run, Context], AsyncGenerator[Sequence[RunEvent], None]]
"""Carries out a run. What it yields together is stored together, before it is asked to go on: a sample is in flight
until then, and never longer."""

Task = Callable[[], TaskSpec]
"""A registered task: the spec that a name stands for. The plugin itself returns the TaskSpec."""


@dataclass(frozen=True)
class Finding:
    """Something tried out on this machine: whether it is as it should be, and what was seen or is to be done."""

    name: str
    ok: bool | None
    """None: it is not to be had here, and need not be."""
    detail: str = ""


Check = Callable[[], Awaitable[list[Finding]]]
"""A self-test that `benchbook doctor` runs."""
