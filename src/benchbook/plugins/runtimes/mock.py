"""A runtime without a model: it says what it is told to. For tests, demonstrations, and to try a config out."""

import asyncio
import re
from itertools import count, cycle, islice
from typing import Any, Literal

from pydantic import Field

from benchbook import (
    GenerateConfig,
    Output,
    Prompt,
    PromptStyle,
    Request,
    Runtime,
    RuntimeFailed,
    Spec,
    SpecError,
    Usage,
    register,
)
from benchbook.plugins.runtimes.completions import StopReason

_UNHEEDED = ("logprobs", "json_schema", "reasoning", "reasoning_tokens")
"""What only a model could give."""


class Failure(Spec):
    """A call that fails instead of being answered; a failure that is `transient` is worth another try."""

    call: int = Field(ge=1)
    """Which call, from 1; every try is a call."""
    message: str = "scripted failure"
    transient: bool = True
    retry_after: float | None = Field(default=None, ge=0)


def _preflight(**arguments: Any) -> None:
    mock(**arguments)  # nothing is loaded or opened: to make one is to check it


def _vet(config: GenerateConfig, style: PromptStyle, **arguments: Any) -> None:  # noqa: ARG001 - the signature of every vet
    for name in _UNHEEDED:
        if getattr(config, name) is not None:
            raise SpecError("the mock cannot heed it: its script alone says what it answers", field=["generate", name])


@register("runtime", preflight=_preflight, vet=_vet)
def mock(
    model: str,
    replies: str | tuple[str, ...] = "This is a mock reply.",
    by_sample: dict[str, str | tuple[str, ...]] | None = None,
    latency: float = 0.0,
    fail: tuple[Failure, ...] = (),
    prompt_style: Literal["chat", "completion"] = "chat",
) -> Runtime:
    """Answers with `by_sample` for the samples named there (of several replies, each epoch takes the next), and with
    `replies` in turn for all others, `latency` seconds later. Tokens are words. A reply ends at a `stop` sequence and
    after `max_tokens`; how it is to be sampled changes nothing."""
    if latency < 0:
        raise SpecError(f"expected 0 seconds or more, got {latency}", field=["args", "latency"])
    in_turn = cycle(_several(replies, "replies"))
    named = {sample: _several(given, "by_sample", sample) for sample, given in (by_sample or {}).items()}
    failures = {failure.call: failure for failure in fail}
    calls = count(1)

    async def generate(request: Request) -> Output:
        failure = failures.get(next(calls))
        try:
            _vet(request.config, prompt_style)
        except SpecError as err:
            raise RuntimeFailed(str(err)) from None
        await asyncio.sleep(latency)
        if failure is not None:
            raise RuntimeFailed(failure.message, transient=failure.transient, retry_after=failure.retry_after)
        own = named.get(request.sample)
        reply = own[(request.epoch - 1) % len(own)] if own else next(in_turn)
        text, stop_reason = _ended(reply, request.config)
        usage = Usage(input_tokens=_words(request.prompt), output_tokens=len(text.split()))
        return Output(text=text, stop_reason=stop_reason, usage=usage, latency=latency)

    return Runtime(generate, prompt_style=prompt_style, facts={"mock": model}, samples=False)


def _several(replies: str | tuple[str, ...], *field: str) -> tuple[str, ...]:
    if not replies and not isinstance(replies, str):
        raise SpecError("a list of replies needs at least one", field=["args", *field])
    return (replies,) if isinstance(replies, str) else replies


def _ended(reply: str, config: GenerateConfig) -> tuple[str, StopReason]:
    """As much of the reply as a model would say that is asked so, and why it ends there."""
    said = reply[: min((at for stop in config.stop if (at := reply.find(stop)) >= 0), default=len(reply))]
    if config.max_tokens is None:
        return said, "stop"
    words = list(islice(re.finditer(r"\S+", said), config.max_tokens + 1))
    return (said, "stop") if len(words) <= config.max_tokens else (said[: words[-2].end()], "length")


def _words(prompt: Prompt) -> int:
    texts = [prompt] if isinstance(prompt, str) else [turn.content for turn in prompt]
    return sum(len(text.split()) for text in texts)
