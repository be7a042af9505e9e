"""How well a model foretells texts: by the word, the byte and the token, over all texts together."""

import math
from collections.abc import Sequence

from benchbook import Fold, Verdict, register


@register("metric", "word_perplexity")
def word_perplexity() -> Fold:
    """e to the power of what a word takes, in nats: as in lm-evaluation-harness, weighted by length."""
    return Fold(lambda verdict: _numbers(verdict, "words"), _perplexity)


@register("metric", "byte_perplexity")
def byte_perplexity() -> Fold:
    """The same by the byte (UTF-8)."""
    return Fold(lambda verdict: _numbers(verdict, "bytes"), _perplexity)


@register("metric", "bits_per_byte")
def bits_per_byte() -> Fold:
    """What a byte takes, in bits."""
    return Fold(lambda verdict: _numbers(verdict, "bytes"), lambda sums: -sums[0] / sums[1] / math.log(2))


@register("metric", "token_perplexity")
def token_perplexity() -> Fold:
    """The same by the model's own token: no figure to compare models of different tokens by."""
    return Fold(lambda verdict: _numbers(verdict, "tokens"), _perplexity)


def _numbers(verdict: Verdict, unit: str) -> Sequence[float] | None:
    logprob, units = verdict.trace.get("logprob"), verdict.trace.get(unit)
    if verdict.name != "perplexity" or not isinstance(logprob, float | int) or not isinstance(units, int):
        return None
    return [logprob, units]


def _perplexity(sums: Sequence[float]) -> float:
    return math.exp(-sums[0] / sums[1])
