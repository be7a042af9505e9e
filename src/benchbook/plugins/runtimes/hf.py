"""Models run by Transformers inside this process: of the hub, in a folder, or in a GGUF file."""

import asyncio
import functools
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from benchbook import (
    Alternative,
    GenerateConfig,
    Likelihood,
    Message,
    Output,
    Prompt,
    PromptStyle,
    PromptToken,
    Reading,
    Request,
    Runtime,
    RuntimeFailed,
    SpecError,
    Tokenizer,
    register,
)
from benchbook.plugins.runtimes import hf_weights
from benchbook.plugins.runtimes.completions import from_a_thread, quoted
from benchbook.plugins.runtimes.hf_weights import Dtype, Loaded, Wanted

_UNHEEDED = ("json_schema", "reasoning", "reasoning_tokens")
"""What Transformers has no say in."""

Answer = TypeVar("Answer")


def _preflight(**arguments: Any) -> None:
    hf_weights.look_up(_wanted(**arguments))


def _vet(config: GenerateConfig, style: PromptStyle, **arguments: Any) -> None:  # noqa: ARG001 - of every runtime
    for name in _unheeded(config):
        raise SpecError("hf cannot heed it; leave it out, or take a server that can", field=["generate", name])


@register("runtime", preflight=_preflight, vet=_vet)
async def hf(  # noqa: PLR0913 - the settings of a plugin are its arguments
    model: str,
    *,
    path: str | None = None,
    dtype: Dtype = "auto",
    device: str = "auto",
    max_batch: int = 8,
    threads: int = 0,
    adapter: str | None = None,
    load_in_4bit: bool = False,
    revision: str | None = None,
    trust_remote_code: bool = False,
) -> AsyncIterator[Runtime]:
    """A model of the hub (`hf/ORGANISATION/NAME`), a folder, a GGUF file, or an embedded model by name.

    Up to `max_batch` requests are computed together; with 1 an answer is a function of its request alone. `threads` is
    one less than there are cores unless given. `adapter` is a folder with a LoRA adapter. Code that comes with a model
    is run only with `trust_remote_code`.
    """
    wanted = _wanted(model, path, dtype, device, max_batch, threads, adapter, load_in_4bit, revision, trust_remote_code)
    loaded = await asyncio.to_thread(hf_weights.load, wanted)
    from benchbook.plugins.runtimes.hf_engine import Engine  # noqa: PLC0415 - it needs torch

    engine, loop = Engine(loaded), asyncio.get_running_loop()
    shown = functools.lru_cache(maxsize=2**17)(loaded.shown)

    async def generate(request: Request) -> Output:
        tokens = _tokens(loaded, request)
        tell = request.tell and from_a_thread(request.tell, loop)
        return await _awaited(engine.answer(tokens, request.config, tell))

    async def loglikelihood(context: str, continuation: str) -> Likelihood:
        before, after = _pair(loaded, context, continuation)
        places = await _awaited(engine.weigh(before, after))
        return Likelihood(
            logprob=sum(place.logprob or 0.0 for place in places),
            tokens=len(after),
            greedy=all(place.top[0][0] == token for place, token in zip(places, after, strict=True)),
        )

    async def prompt_logprobs(prompt: str | Sequence[int], alternatives: int) -> Reading:
        tokens = _to_be_read(loaded, prompt)
        *places, beyond = await _awaited(engine.weigh(tokens[:1], tokens[1:], alternatives, beyond=True))
        logprobs, tops = [None, *(place.logprob for place in places)], [[], *(place.top for place in places)]
        return Reading(
            text=prompt if isinstance(prompt, str) else loaded.decoded(tokens),
            tokens=tuple(
                PromptToken(token=shown(token), logprob=logprob, top=_alternatives(top, shown))
                for token, logprob, top in zip(tokens, logprobs, tops, strict=True)
            ),
            next=_alternatives(beyond.top, shown),
        )

    try:
        yield Runtime(
            generate,
            prompt_style="chat" if loaded.tokenizer.chat_template else "completion",
            facts=_facts(loaded),
            # While some are computed, as many wait: the engine sorts them by length.
            slots=2 * loaded.max_batch,
            loglikelihood=loglikelihood,
            prompt_logprobs=prompt_logprobs,
            tokenizer=_tokenizer(loaded),
        )
    finally:
        await asyncio.to_thread(engine.close)


def _wanted(  # noqa: PLR0913, PLR0917 - as above
    model: str,
    path: str | None,
    dtype: Dtype,
    device: str,
    max_batch: int,
    threads: int,
    adapter: str | None,
    load_in_4bit: bool,  # noqa: FBT001 - as above
    revision: str | None,
    trust_remote_code: bool,  # noqa: FBT001 - as above
) -> Wanted:
    """What is to be loaded; SpecError if that makes no sense."""
    for name, value, least in (("max_batch", max_batch, 1), ("threads", threads, 0)):
        if value < least:
            raise SpecError(f"expected at least {least}, got {value}", field=["args", name])
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", device):
        raise SpecError(f"expected auto, cpu, cuda, cuda:N or mps, got {device!r}", field=["args", "device"])
    return Wanted(model, path, dtype, device, max_batch, threads, adapter, load_in_4bit, revision, trust_remote_code)


def _tokens(loaded: Loaded, request: Request) -> list[int]:
    """The prompt as the model takes it; RuntimeFailed names a parameter that cannot be heeded."""
    for name in _unheeded(request.config):
        raise RuntimeFailed(f"hf cannot heed `{name}`; leave it out of `generate`, or take a server that can")
    tokens = _encoded(loaded, request.prompt) if request.tokens is None else _known(loaded, request.tokens)
    if not tokens:
        if loaded.first_token is None:
            raise RuntimeFailed("the prompt is empty, and the model has no token to begin with")
        tokens = [loaded.first_token]
    if loaded.limit is not None and len(tokens) >= loaded.limit:
        raise RuntimeFailed(f"the prompt has {len(tokens)} tokens; the model takes {loaded.limit}, the answer included")
    return tokens


def _encoded(loaded: Loaded, prompt: Prompt) -> list[int]:
    return loaded.encoded(prompt) if isinstance(prompt, str) else loaded.encoded_as_told(_chat(loaded, prompt))


def _known(loaded: Loaded, tokens: Sequence[int]) -> list[int]:
    """The tokens; RuntimeFailed if some are not this model's."""
    known = loaded.model.config.get_text_config().vocab_size
    strange = next((token for token in tokens if not 0 <= token < known), None)
    if strange is not None:
        raise RuntimeFailed(f"the model has {known} tokens, from 0; {strange} is none of them")
    return list(tokens)


def _chat(loaded: Loaded, turns: tuple[Message, ...]) -> str:
    """The turns as the model's chat template writes them."""
    if not loaded.tokenizer.chat_template:
        raise RuntimeFailed("the model has no chat template; set `prompt_style: completion` for it")
    told = [{"role": turn.role, "content": turn.content} for turn in turns]
    try:
        text: str = loaded.tokenizer.apply_chat_template(told, tokenize=False, add_generation_prompt=True)
    except Exception as err:
        # A template is a program that comes with the model, and may raise anything.
        raise RuntimeFailed(f"the model's chat template does not take these turns: {quoted(str(err))}") from err
    return text


def _pair(loaded: Loaded, context: str, continuation: str) -> tuple[list[int], list[int]]:
    """The tokens of both texts together, parted behind as many as the context alone has.

    As in lm-evaluation-harness: spaces at the context's end go over to the continuation, and an empty context is the
    token that texts begin with, or else end with.
    """
    whole = loaded.encoded(context + continuation)
    before = len(loaded.encoded(context.rstrip())) if context.rstrip() else 0
    if before == 0:
        begun = whole[:1] == [loaded.first_token]
        if loaded.first_token is not None:
            whole, before = (whole if begun else [loaded.first_token, *whole]), 1
    if before == 0 or before >= len(whole):
        raise RuntimeFailed("a log-likelihood needs a continuation of at least one token, after a context")
    if loaded.limit is not None and len(whole) > loaded.limit:
        raise RuntimeFailed(f"context and continuation have {len(whole)} tokens; the model takes {loaded.limit}")
    return whole[:before], whole[before:]


def _to_be_read(loaded: Loaded, prompt: str | Sequence[int]) -> list[int]:
    """The tokens of a prompt; RuntimeFailed if there are none, or too many, or some are not this model's."""
    tokens = loaded.encoded(prompt) if isinstance(prompt, str) else _known(loaded, prompt)
    if not tokens:
        raise RuntimeFailed("the prompt is empty: there is nothing to be read")
    if loaded.limit is not None and len(tokens) > loaded.limit:
        raise RuntimeFailed(f"the prompt has {len(tokens)} tokens; the model takes {loaded.limit}")
    return tokens


def _alternatives(top: Sequence[tuple[int, float]], shown: Callable[[int], str]) -> tuple[Alternative, ...]:
    return tuple(Alternative(token=shown(token), logprob=logprob) for token, logprob in top)


def _tokenizer(loaded: Loaded) -> Tokenizer:
    async def encode(text: str) -> Sequence[int]:
        return loaded.encoded_as_told(text)

    async def decode(tokens: Sequence[int]) -> str:
        return loaded.decoded(_known(loaded, tokens))

    opened, bare = loaded.encoded("a"), loaded.encoded_as_told("a")
    return Tokenizer(
        encode,
        decode,
        opening=tuple(opened[: len(opened) - len(bare)]),
        begin=loaded.tokenizer.bos_token,
        end=loaded.tokenizer.eos_token,
    )


def _unheeded(config: GenerateConfig) -> list[str]:
    return [name for name in _UNHEEDED if getattr(config, name) is not None]


async def _awaited(future: "Future[Answer]") -> Answer:
    """The engine's answer. If nobody waits any more the future is cancelled, and the engine sees that."""
    return await asyncio.wrap_future(future)


def _facts(loaded: Loaded) -> Mapping[str, str]:
    return {**loaded.facts, "max_batch": str(loaded.max_batch)}
