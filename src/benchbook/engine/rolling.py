"""How likely a whole text is, that may be longer than what a model reads at once.

Windows follow each other without overlap, each read after the one token before it; the first after the token that the
model's texts begin with: `loglikelihood_rolling` of lm-evaluation-harness. The last window is as long as the others,
where it can be: its tokens then come after more of those before.
"""

import math
from collections.abc import Awaitable, Callable, Iterator, Sequence

from benchbook.errors import RuntimeFailed
from benchbook.protocols import Tokenizer
from benchbook.specs.outputs import Likelihood, Reading

Read = Callable[[str | Sequence[int], int], Awaitable[Reading]]


async def rolled(
    tokenizer: Tokenizer, text: str, window: int, weigh: Callable[[Sequence[int], int], Awaitable[Likelihood]]
) -> Likelihood:
    """The likelihood of the text: the sum over its windows."""
    tokens = list(await tokenizer.encode(text))
    prefix = await _prefix(tokenizer)
    parts = [await weigh(read, new) for read, new in windows(tokens, prefix, window)]
    return Likelihood(
        logprob=math.fsum(part.logprob for part in parts),
        tokens=len(tokens),
        greedy=False,
        latency=math.fsum(part.latency for part in parts),
    )


def windows(tokens: Sequence[int], prefix: int, window: int) -> Iterator[tuple[list[int], int]]:
    """The tokens that are read together, and how many at their end are weighed then."""
    first = tokens[:window]
    if first:
        yield [prefix, *first], len(first)
    for at in range(window, len(tokens), window):
        end = min(at + window, len(tokens))
        yield [*tokens[end - window - 1 : end]], end - at


async def weighed(read: Read, tokens: Sequence[int], new: int) -> Likelihood:
    """The likelihood of the last `new` tokens after those before them."""
    found = (await read(tokens, 1)).tokens[-new:]
    if len(found) != new or any(token.logprob is None for token in found):
        raise RuntimeFailed("the runtime leaves log-probabilities of the text's tokens out")
    return Likelihood(logprob=math.fsum(token.logprob or 0.0 for token in found), tokens=new, greedy=False)


async def _prefix(tokenizer: Tokenizer) -> int:
    """The token that a text comes after: where it begins, or where another ended."""
    spelt = tokenizer.begin if tokenizer.begin is not None else tokenizer.end
    if spelt is None:
        raise RuntimeFailed("the model has no token that texts begin with, so the first of a text cannot be weighed")
    tokens = await tokenizer.encode(spelt)
    if len(tokens) != 1:
        raise RuntimeFailed(f"the model's token {spelt!r} is not read as one")
    return tokens[0]
