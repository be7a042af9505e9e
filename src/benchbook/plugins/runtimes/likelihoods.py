"""How likely a server's model finds a text: `/completions` with `echo` and `logprobs`."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from benchbook import Likelihood, PromptToken, Reading, RuntimeFailed
from benchbook.plugins.runtimes.completions import Reply, finite, logprobs
from benchbook.plugins.runtimes.wire import Line

_REMEMBERED = 1024
"""Contexts whose length is known: the choices of one sample share theirs."""
_OF_TOKENS = ("tokens", "token_logprobs", "top_logprobs")
_SLACK = 1e-6
"""What servers that compute a token twice may differ in."""


def likelihood_of(line: Line, body: Reply) -> Callable[[str, str], Awaitable[Likelihood]]:
    """The function that weighs continuations; `body` is what every request holds, the model's name above all."""
    lengths: OrderedDict[str, asyncio.Future[int]] = OrderedDict()

    async def echoed(text: str) -> Reply:
        asked = {**body, "prompt": text, "max_tokens": 1, "temperature": 0, "logprobs": 1, "echo": True}
        return await line.ask("completions", asked, lambda reply, _: _checked(reply))

    async def length(context: str) -> int:
        """Tokens of the context alone. Asked once, also by those who want it at the same time."""
        if context not in lengths:
            lengths[context] = asyncio.ensure_future(_length(context))
            while len(lengths) > _REMEMBERED:
                lengths.popitem(last=False)
        known = lengths[context]
        try:
            return await asyncio.shield(known)
        except RuntimeFailed:
            lengths.pop(context, None)  # the next try asks again
            raise

    async def _length(context: str) -> int:
        return int((await echoed(context))["prompt_tokens"])

    async def likelihood(context: str, continuation: str) -> Likelihood:
        if not context or not continuation:
            raise RuntimeFailed("over HTTP an empty context or continuation cannot be weighed")
        whole, before = await asyncio.gather(echoed(context + continuation), length(context))
        try:
            return _weighed(whole, before)
        except (ValueError, TypeError, AttributeError, ArithmeticError):
            raise RuntimeFailed("the server's log-probabilities make no sense") from None

    return likelihood


def reading_of(line: Line, body: Reply) -> Callable[[str | Sequence[int], int], Awaitable[Reading]]:
    """The function that tells how likely a prompt is; `body` is as above."""

    async def read(prompt: str | Sequence[int], alternatives: int) -> Reading:
        asked = {**body, "max_tokens": 1, "temperature": 0, "logprobs": alternatives, "echo": True}
        told = prompt if isinstance(prompt, str) else list(prompt)
        return await line.ask("completions", asked | {"prompt": told}, lambda reply, _: _read(reply, prompt))

    return read


def _read(reply: Reply, prompt: str | Sequence[int]) -> Reading:
    """What the reply tells of the prompt's tokens, and of the one that came after them."""
    length = _checked(reply)["prompt_tokens"]
    found = reply["choices"][0]["logprobs"]
    # Nothing stands before the first; servers that tell of it none the less count from a token that is not there.
    told = [*logprobs({name: found[name][1:] for name in _OF_TOKENS if found.get(name)})]
    return Reading(
        text=prompt if isinstance(prompt, str) else "".join(found["tokens"][:length]),
        tokens=(
            PromptToken(token=found["tokens"][0], logprob=None),
            *(PromptToken(token=each.token, logprob=each.logprob, top=each.top) for each in told[: length - 1]),
        ),
        next=told[length - 1].top if len(told) >= length else (),
    )


def _checked(reply: Reply) -> Reply:
    """What the reply tells of the prompt's tokens; RuntimeFailed if the server did not echo them."""
    spent: Any = (reply.get("usage") or {}).get("prompt_tokens")
    found: Any = reply["choices"][0].get("logprobs") or {}
    logprobs = found.get("token_logprobs") or ()
    if not spent or len(logprobs) < spent:
        raise RuntimeFailed(
            "the server does not tell how likely a prompt is (`echo` with `logprobs`, and usage); vLLM, SGLang and "
            "llama-cpp-python do, and the runtimes hf and llamacpp"
        )
    return {"prompt_tokens": spent, "logprobs": logprobs[:spent], "top": (found.get("top_logprobs") or ())[:spent]}


def _weighed(whole: Reply, before: int) -> Likelihood:
    """The likelihood of the tokens that come after the context's."""
    logprobs, tops = whole["logprobs"][before:], whole["top"][before:]
    if not logprobs:
        raise RuntimeFailed("the continuation has no token of its own: let it, not the context, begin with the blank")
    if any(logprob is None for logprob in logprobs) or len(tops) != len(logprobs):
        raise RuntimeFailed("the server leaves log-probabilities of the continuation's tokens out")
    values = [finite(logprob) for logprob in logprobs]
    likeliest = [max(map(finite, top.values())) for top in tops]
    return Likelihood(
        logprob=sum(values),
        tokens=len(values),
        greedy=all(value >= best - _SLACK for value, best in zip(values, likeliest, strict=True)),
    )
