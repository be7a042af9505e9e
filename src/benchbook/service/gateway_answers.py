"""Asking a served model: several answers at once, whole or piece by piece."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from benchbook.errors import PluginError, SpecError
from benchbook.protocols import Request, Runtime, Tokenizer
from benchbook.service.gateway_replies import Echo, Head, Json, choice, chunk_of, ending, opening, total, usage
from benchbook.service.gateway_requests import ChatRequest, TextRequest
from benchbook.specs.models import GenerateConfig, ModelSpec, Prompt
from benchbook.specs.outputs import Output, Piece, TokenLogprob, Usage

Result = TypeVar("Result")
Send = Callable[[Json], Awaitable[None]]


@dataclass(frozen=True)
class Served:
    """A model that is ready, and the places for those who ask it."""

    spec: ModelSpec
    runtime: Runtime
    slots: asyncio.Semaphore
    fingerprint: str


@dataclass(frozen=True)
class Question:
    """One answer that is wanted."""

    index: int
    prompt: Prompt
    config: GenerateConfig
    sample: str
    """Recorded and scripted answers are found by it."""
    epoch: int
    tokens: tuple[int, ...] | None = None
    """Given in place of a prompt."""
    echo: str | Sequence[int] | None = None
    """The text or the tokens to stand before the answer."""
    silent: bool = False
    """Whether nothing but the echo is wanted."""


def questions(asked: ChatRequest | TextRequest, sample: str) -> list[list[Question]]:
    """The answers that a request asks for, by prompt; SpecError if it makes no sense."""
    firsts = _of_chat(asked, sample) if isinstance(asked, ChatRequest) else _of_texts(asked, sample)
    places = itertools.count()
    return [[_again(first, next(places), epoch) for epoch in range(1, asked.n + 1)] for first in firsts]


async def whole(model: Served, head: Head, wanted: Sequence[Sequence[Question]]) -> Json:
    """The reply in one piece."""
    flat = [question for of_one in wanted for question in of_one]
    answers = await _together([_answer(model, question) for question in flat])
    choices = [
        choice(head.kind, question.index, output, echo) for question, (output, echo) in zip(flat, answers, strict=True)
    ]
    return head.whole(choices, _spent(wanted, [output for output, _ in answers]))


async def stream(
    model: Served, head: Head, wanted: Sequence[Sequence[Question]], send: Send, *, tell_usage: bool
) -> None:
    """The reply piece by piece, as the pieces come."""
    extra: dict[str, Json | None] = {"usage": None} if tell_usage else {}
    told: asyncio.Queue[Json | None] = asyncio.Queue()
    flat = [question for of_one in wanted for question in of_one]
    work = asyncio.ensure_future(
        _together([_Telling(head, question, told.put_nowait).answer(model) for question in flat])
    )
    work.add_done_callback(lambda _: told.put_nowait(None))
    try:
        while (part := await told.get()) is not None:
            await send(head.chunk([part], **extra))
        outputs = await work
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    if tell_usage:
        await send(head.chunk([], usage=usage(_spent(wanted, outputs))))


def tokenizer_of(model: Served) -> Tokenizer:
    """The model's; SpecError if it does not tell its tokens."""
    if model.runtime.tokenizer is None:
        raise SpecError(
            f"{model.spec.name} does not tell its tokens; hf and llamacpp do. Send text "
            "(lm-eval: tokenizer=FOLDER,tokenized_requests=False)",
            field=["prompt"],
        )
    return model.runtime.tokenizer


class _Telling:
    """One answer as it is told."""

    def __init__(self, head: Head, question: Question, put: Callable[[Json], None]) -> None:
        self._head = head
        self._question = question
        self._put = put
        self._begun = False
        self._begins = 0
        self._text, self._reasoning, self._tokens = "", "", 0

    async def answer(self, model: Served) -> Output:
        """The whole of it, once all of it is told."""
        output, _ = await _answer(model, self._question, self._tell)
        self._tell(self._rest(output))
        self._begin()
        self._put(ending(self._head.kind, self._question.index, output))
        return output

    def _tell(self, piece: Piece, echo: Echo | None = None) -> None:
        self._reasoning += piece.reasoning
        thought = piece.reasoning if self._head.kind == "chat" else ""  # plain completions have no place for it
        if not (piece.text or thought or piece.logprobs or echo):
            return
        self._begin()
        self._text += piece.text
        self._tokens += len(piece.logprobs)
        self._put(chunk_of(self._head.kind, self._question.index, piece, echo, begins=self._begins))
        self._begins += len(piece.text) + (len(echo.text) if echo else 0)

    def _begin(self) -> None:
        if self._head.kind == "chat" and not self._begun:
            self._put(opening(self._question.index))
        self._begun = True

    def _rest(self, output: Output) -> Piece:
        """What was not told yet: all of it, if the runtime tells nothing before it is done."""
        if not (output.text.startswith(self._text) and output.reasoning.startswith(self._reasoning)):
            raise PluginError("the runtime's answer is not what it told piece by piece; ask without `stream`")
        return Piece(
            text=output.text[len(self._text) :],
            reasoning=output.reasoning[len(self._reasoning) :],
            logprobs=(output.logprobs or ())[self._tokens :],
        )


def _of_chat(asked: ChatRequest, sample: str) -> list[Question]:
    return [Question(0, tuple(turn.message for turn in asked.messages), asked.config, sample, 1)]


def _of_texts(asked: TextRequest, sample: str) -> list[Question]:
    return [
        Question(
            index=0,
            prompt=prompt if isinstance(prompt, str) else "",
            tokens=None if isinstance(prompt, str) else tuple(prompt),
            config=asked.config,
            sample=sample,
            epoch=1,
            echo=prompt if asked.echo else None,
            silent=asked.max_tokens == 0,
        )
        for prompt in asked.prompts
    ]


def _again(first: Question, index: int, epoch: int) -> Question:
    """The same question once more, with a seed of its own: sampling would repeat itself."""
    seed = first.config.seed
    config = first.config if seed is None else first.config.model_copy(update={"seed": seed + epoch - 1})
    return replace(first, index=index, config=config, epoch=epoch)


async def _answer(
    model: Served, question: Question, tell: Callable[[Piece, Echo | None], None] | None = None
) -> tuple[Output, Echo | None]:
    async with model.slots:
        echo = await _echo(model, question)
        if tell and echo:
            tell(Piece(), echo)
        known = await _silence(model, question, echo) if question.silent else _foretold(question, echo)
        if known is not None:
            return known, echo
        request = await _request(model, question)
        if tell:
            request = replace(request, tell=lambda piece: tell(piece, None))
        output = await model.runtime.generate(request)
    if question.config.logprobs is not None and output.logprobs is None and output.text:
        raise SpecError(f"{model.spec.name} tells no log-probabilities; leave out `logprobs`", field=["logprobs"])
    return output, echo


async def _echo(model: Served, question: Question) -> Echo | None:
    """The prompt, and if log-probabilities are wanted how likely it is."""
    prompt, alternatives = question.echo, question.config.logprobs
    if prompt is None:
        return None
    if alternatives is None:
        return Echo(prompt if isinstance(prompt, str) else await tokenizer_of(model).decode(prompt))
    read = model.runtime.prompt_logprobs
    if read is None:
        raise SpecError(f"{model.spec.name} cannot tell how likely a prompt is; hf and llamacpp can", field=["echo"])
    reading = await read(prompt, max(1, alternatives))
    return Echo(reading.text, reading)


async def _silence(model: Served, question: Question, echo: Echo | None) -> Output:
    """No answer, where the echo is all."""
    reading, tokens = echo and echo.reading, model.runtime.tokenizer
    if reading:
        return Output(text="", stop_reason="length", usage=Usage(input_tokens=len(reading.tokens)), logprobs=())
    read = question.tokens or ()
    if question.tokens is None and isinstance(question.prompt, str) and tokens is not None:
        read = (*tokens.opening, *await tokens.encode(question.prompt))
    return Output(text="", stop_reason="length", usage=Usage(input_tokens=len(read)))


def _foretold(question: Question, echo: Echo | None) -> Output | None:
    """The answer, where it is the likeliest token after the echo."""
    config, reading = question.config, echo and echo.reading
    plain = config.temperature == 0 and not config.stop and config.json_schema is None
    if not (reading and reading.next and plain and config.max_tokens == 1):
        return None
    best = reading.next[0]
    said = TokenLogprob(token=best.token, logprob=best.logprob, top=reading.next[: config.logprobs])
    used = Usage(input_tokens=len(reading.tokens), output_tokens=1)
    return Output(text=best.token, stop_reason="length", usage=used, logprobs=(said,))


async def _request(model: Served, question: Question) -> Request:
    """The question in the runtime's words."""
    asked = Request(question.prompt, question.config, question.sample, question.epoch, tokens=question.tokens)
    if asked.tokens is None:
        return asked
    return replace(asked, prompt=await tokenizer_of(model).decode(asked.tokens))


def _spent(wanted: Sequence[Sequence[Question]], outputs: Sequence[Output]) -> Usage | None:
    """None if the tokens of some answers were not counted."""
    if any(output.usage.nothing for output in outputs):
        return None
    rest = iter(outputs)
    return total([[output.usage for output in itertools.islice(rest, len(of_one))] for of_one in wanted])


async def _together(work: Sequence[Coroutine[Any, Any, Result]]) -> list[Result]:
    """All results, in order. If one fails, or nobody waits any more, none goes on."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
