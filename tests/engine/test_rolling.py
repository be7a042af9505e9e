"""Whole texts, window by window, as lm-evaluation-harness reads them."""

import asyncio
import math
from collections.abc import Sequence

import pytest

from benchbook.engine.rolling import rolled, weighed, windows
from benchbook.errors import RuntimeFailed
from benchbook.protocols import Tokenizer
from benchbook.specs.outputs import Likelihood, PromptToken, Reading


def test_the_windows_are_those_of_lm_evaluation_harness() -> None:
    # get_rolling_token_windows and make_disjoint_window, for 34 tokens, windows of 10 and a context of 1: what is read
    # before the last token, and what is foretold.
    found = [(read[:-1], read[len(read) - new :]) for read, new in windows(range(34), -100, 10)]
    assert found == [
        ([-100, *range(9)], [*range(10)]),
        ([*range(9, 19)], [*range(10, 20)]),
        ([*range(19, 29)], [*range(20, 30)]),
        ([*range(23, 33)], [*range(30, 34)]),
    ]


def test_a_short_text_is_read_at_once_and_nothing_is_read_of_none() -> None:
    assert list(windows([5, 6], 0, 10)) == [([0, 5, 6], 2)]
    assert list(windows([5, 6], 0, 2)) == [([0, 5, 6], 2)]
    assert list(windows([], 0, 10)) == []


def of_letters(begin: str | None = "<s>") -> Tokenizer:
    """A token for each letter; the one that texts begin with is 0."""

    async def encode(text: str) -> Sequence[int]:
        return [0] if text == "<s>" else [ord(letter) for letter in text]

    async def decode(tokens: Sequence[int]) -> str:
        return "".join(map(chr, tokens))

    return Tokenizer(encode, decode, begin=begin)


async def read(prompt: str | Sequence[int], alternatives: int) -> Reading:
    """A model to which each token is the likelier the more it has read: 1 of 2, 2 of 3, 3 of 4 …"""
    assert not isinstance(prompt, str)
    tokens = [
        PromptToken(token=str(token), logprob=math.log(at / (at + 1)) if at else None)
        for at, token in enumerate(prompt)
    ]
    return Reading(text="", tokens=tuple(tokens), next=())


def rolling(text: str, window: int, tokenizer: Tokenizer) -> Likelihood:
    return asyncio.run(rolled(tokenizer, text, window, lambda tokens, new: weighed(read, tokens, new)))


def test_every_token_of_the_text_is_weighed_once() -> None:
    found = rolling("abcdefg", 3, of_letters())
    # <s>abc: 1/2 · 2/3 · 3/4; cdef: the same; efg comes with d before it, and g is the fourth that is read.
    assert found.tokens == 7
    assert found.logprob == pytest.approx(math.log(1 / 4 * 1 / 4 * 3 / 4))
    assert rolling("abcdefg", 100, of_letters()).logprob == pytest.approx(math.log(1 / 8))


def test_a_model_whose_texts_begin_with_nothing_is_refused() -> None:
    with pytest.raises(RuntimeFailed, match="begin with"):
        rolling("abc", 3, of_letters(begin=None))
