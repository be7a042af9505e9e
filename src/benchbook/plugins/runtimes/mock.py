"""A runtime without a model: it says what it is told to. For tests, demonstrations, and to try a config out."""

import asyncio
from itertools import count, cycle
from typing import Any, Literal

from benchbook import Output, Prompt, Request, Runtime, RuntimeFailed, Spec, SpecError, Usage, register


class Failure(Spec):
    """A call that fails instead of being answered; a failure that is `transient` is worth another try."""

    call: int
    """Which call, from 1; every try is a call."""
    message: str = "scripted failure"
    transient: bool = True
    retry_after: float | None = None


def _preflight(**arguments: Any) -> None:
    mock(**arguments)  # nothing is loaded or opened: to make one is to check it


@register("runtime", preflight=_preflight)
def mock(
    model: str,
    replies: str | tuple[str, ...] = "This is a mock reply.",
    by_sample: dict[str, str | tuple[str, ...]] | None = None,
    latency: float = 0.0,
    fail: tuple[Failure, ...] = (),
    prompt_style: Literal["chat", "completion"] = "chat",
) -> Runtime:
    """Answers with `by_sample` for the samples named there (of several replies, each epoch takes the next), and with
    `replies` in turn for all others, `latency` seconds later. Tokens are words; sampling parameters are ignored."""
    if latency < 0:
        raise SpecError(f"expected 0 seconds or more, got {latency}", field=["args", "latency"])
    in_turn = cycle(_several(replies, "replies"))
    named = {sample: _several(given, "by_sample", sample) for sample, given in (by_sample or {}).items()}
    failures = {failure.call: failure for failure in fail}
    calls = count(1)

    async def generate(request: Request) -> Output:
        failure = failures.get(next(calls))
        await asyncio.sleep(latency)
        if failure is not None:
            raise RuntimeFailed(failure.message, transient=failure.transient, retry_after=failure.retry_after)
        own = named.get(request.sample)
        text = own[(request.epoch - 1) % len(own)] if own else next(in_turn)
        usage = Usage(input_tokens=_words(request.prompt), output_tokens=len(text.split()))
        return Output(text=text, stop_reason="stop", usage=usage, latency=latency)

    return Runtime(generate, prompt_style=prompt_style, facts={"mock": model}, samples=False)


def _several(replies: str | tuple[str, ...], *field: str) -> tuple[str, ...]:
    if not replies and not isinstance(replies, str):
        raise SpecError("a list of replies needs at least one", field=["args", *field])
    return (replies,) if isinstance(replies, str) else replies


def _words(prompt: Prompt) -> int:
    texts = [prompt] if isinstance(prompt, str) else [turn.content for turn in prompt]
    return sum(len(text.split()) for text in texts)
