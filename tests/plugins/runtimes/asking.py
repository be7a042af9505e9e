"""How the tests of runtimes ask them."""

import asyncio
from collections.abc import Sequence
from typing import Any

from benchbook import (
    GenerateConfig,
    Likelihood,
    ModelSpec,
    Output,
    Prompt,
    Reading,
    Request,
    Runtime,
    Tokenizer,
    opened,
    registry,
)
from benchbook.errors import RuntimeFailed

GREEDY = GenerateConfig(max_tokens=24, temperature=0.0)


def request(
    prompt: Prompt = "Hello", *, sample: str = "s1", epoch: int = 1, config: GenerateConfig = GREEDY
) -> Request:
    return Request(prompt, config, sample, epoch)


def preflight(model: str, **args: Any) -> None:
    registry.preflight("runtime", ModelSpec(model=model, args=args).runtime)


def facts(model: str, **args: Any) -> Runtime:
    """The runtime as it stands once it is open; it is closed again."""

    async def look() -> Runtime:
        async with opened("runtime", ModelSpec(model=model, args=args).runtime) as runtime:
            assert isinstance(runtime, Runtime)
            return runtime

    return asyncio.run(look())


def answers(model: str, requests: Sequence[Request], **args: Any) -> list[Output | RuntimeFailed]:
    """What the runtime says to each request, one after the other; what it raises is an answer too."""

    async def ask() -> list[Output | RuntimeFailed]:
        async with opened("runtime", ModelSpec(model=model, args=args).runtime) as runtime:
            return [await _answer(runtime, each) for each in requests]

    return asyncio.run(ask())


def answer(model: str, asked: Request | None = None, **args: Any) -> Output:
    """The answer to one request."""
    [said] = answers(model, [asked or request()], **args)
    if isinstance(said, RuntimeFailed):
        raise said
    return said


def answered(model: str, requests: Sequence[Request], **args: Any) -> tuple[list[Output], list[str]]:
    """The answers to requests at the same time, and what the runtime says was wrong with them."""

    async def ask() -> tuple[list[Output], list[str]]:
        async with opened("runtime", ModelSpec(model=model, args=args).runtime) as runtime:
            outputs = await asyncio.gather(*map(runtime.generate, requests))
            return list(outputs), [*runtime.troubles(), *runtime.troubles()]

    return asyncio.run(ask())


def failure(model: str, asked: Request | None = None, **args: Any) -> RuntimeFailed:
    """How one request fails."""
    [said] = answers(model, [asked or request()], **args)
    assert isinstance(said, RuntimeFailed), said
    return said


def likelihoods_of(model: str, pairs: Sequence[tuple[str, str]], **args: Any) -> list[Likelihood]:
    """How likely the model finds the second text of each pair after the first; all are asked at once."""

    async def weigh() -> list[Likelihood]:
        async with opened("runtime", ModelSpec(model=model, args=args).runtime) as runtime:
            assert runtime.loglikelihood is not None
            return list(await asyncio.gather(*(runtime.loglikelihood(*pair) for pair in pairs)))

    return asyncio.run(weigh())


def reading_of(model: str, prompt: str | Sequence[int], alternatives: int = 1, **args: Any) -> Reading:
    """How likely the model finds each token of the prompt."""

    async def read() -> Reading:
        async with opened("runtime", ModelSpec(model=model, args=args).runtime) as runtime:
            assert runtime.prompt_logprobs is not None
            reading: Reading = await runtime.prompt_logprobs(prompt, alternatives)
            return reading

    return asyncio.run(read())


def tokens_of(model: str, text: str, **args: Any) -> tuple[Tokenizer, tuple[int, ...], str]:
    """The model's tokenizer, the tokens of the text, and what those read like."""

    async def encode() -> tuple[Tokenizer, tuple[int, ...], str]:
        async with opened("runtime", ModelSpec(model=model, args=args).runtime) as runtime:
            assert runtime.tokenizer is not None
            tokens = tuple(await runtime.tokenizer.encode(text))
            return runtime.tokenizer, tokens, await runtime.tokenizer.decode(tokens)

    return asyncio.run(encode())


async def _answer(runtime: Runtime, asked: Request) -> Output | RuntimeFailed:
    try:
        return await runtime.generate(asked)
    except RuntimeFailed as err:
        return err
