"""An answer that grows token by token: how the next is drawn, when it ends, and what is told of it."""

import functools
import random
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Literal

import torch

from benchbook import Alternative, GenerateConfig, Output, Piece, TokenLogprob, Usage
from benchbook.plugins.runtimes.hf_weights import Loaded

_LEAD = 8
"""Tokens of the prompt that are decoded along: what a token reads like depends on those before it."""
_BROKEN = "�"
"""What a part of a character reads like."""


class Growing:
    """One answer in the making."""

    def __init__(
        self, loaded: Loaded, prompt: tuple[int, ...], config: GenerateConfig, tell: Callable[[Piece], None] | None
    ) -> None:
        self.future: Future[Output] = Future()
        self.prompt = prompt
        self.tokens: list[int] = []
        self._loaded = loaded
        self._config = config
        self._tell = tell
        self._told = Piece()
        # Of the request alone: whoever else is in the batch draws from a sequence of its own.
        self._random = random.Random(config.seed)  # noqa: S311 - guards nothing
        self._logprobs: list[TokenLogprob] = []
        self._stopped: Literal["stop", "length"] | None = None
        self._begun = 0.0
        self._took = 0.0

    def begin(self) -> None:
        """The model turns to it."""
        self._begun = time.perf_counter()

    @property
    def finished(self) -> bool:
        """Whether it has ended, or nobody waits for it any more."""
        return self._stopped is not None or self.future.cancelled()

    def take(self, logits: torch.Tensor) -> None:
        """Draw the next token from the logits of its place."""
        token = drawn(logits, self._config, self._random)
        self.tokens.append(token)
        self._took = time.perf_counter() - self._begun
        if token in self._loaded.ends:
            self._stopped = "stop"
            return
        if self._config.logprobs is not None:
            self._logprobs.append(self._weighed(logits, token, self._config.logprobs))
        if self._config.stop and any(stop in self._text for stop in self._config.stop):
            self._stopped = "stop"
        elif len(self.tokens) == self._config.max_tokens or self._full:
            self._stopped = "length"
        if self._tell and not self._stopped:
            self._tell_more(self._tell)

    @property
    def output(self) -> Output:
        """What there is, up to the first stop sequence."""
        text = self._text
        ends = [text.index(stop) for stop in self._config.stop if stop in text]
        logprobs = None if self._config.logprobs is None else tuple(self._logprobs)
        if ends:
            text = text[: min(ends)]
            logprobs = logprobs and logprobs[: self._tokens_of(len(text))]
        return Output(
            text=text,
            stop_reason=self._stopped or "unknown",
            usage=Usage(input_tokens=len(self.prompt), output_tokens=len(self.tokens)),
            latency=self._took,
            logprobs=logprobs,
        )

    @property
    def _full(self) -> bool:
        limit = self._loaded.limit
        return limit is not None and len(self.prompt) + len(self.tokens) >= limit

    @property
    def _text(self) -> str:
        return self._first(len(self.tokens))

    def _first(self, number: int) -> str:
        """What the first so many tokens read like, behind the prompt."""
        lead = list(self.prompt[-_LEAD:])
        decode = functools.partial(
            self._loaded.tokenizer.decode, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        before: str = decode(lead)
        whole: str = decode(lead + self.tokens[:number])
        return whole[len(before) :]

    def _tell_more(self, tell: Callable[[Piece], None]) -> None:
        """Tell what is sure to stay: no part of a character, and nothing that a stop sequence may begin with."""
        text = self._text
        doubtful = max(
            (n for stop in self._config.stop for n in range(len(stop)) if text.endswith(stop[:n])), default=0
        )
        sure = text[: len(text) - doubtful].rstrip(_BROKEN)
        if len(sure) <= len(self._told.text):
            return
        # With a stop sequence it shows in the end only which tokens stay.
        logprobs = () if self._config.stop else tuple(self._logprobs[len(self._told.logprobs) :])
        tell(Piece(text=sure[len(self._told.text) :], logprobs=logprobs))
        self._told = Piece(text=sure, logprobs=(*self._told.logprobs, *logprobs))

    def _tokens_of(self, length: int) -> int:
        """How many tokens it takes to that many characters."""
        return next((n for n in range(len(self.tokens)) if len(self._first(n)) >= length), len(self.tokens))

    def _weighed(self, logits: torch.Tensor, token: int, alternatives: int) -> TokenLogprob:
        """The token's log-probability, before temperature, and those of the likeliest of its place."""
        logprobs = logits.float().log_softmax(-1)
        best = logprobs.topk(alternatives)
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        top = tuple(Alternative(token=self._shown(other), logprob=logprob) for other, logprob in pairs)
        return TokenLogprob(token=self._shown(token), logprob=logprobs[token].item(), top=top)

    def _shown(self, token: int) -> str:
        """What a token reads like by itself, with the space it may begin with."""
        return self._loaded.shown(token)


def drawn(logits: torch.Tensor, config: GenerateConfig, source: random.Random) -> int:
    """The next token: the likeliest without a temperature, or else one from the sampled tokens' distribution."""
    if not config.temperature:
        return int(logits.argmax())
    # On the processor and in double precision: the same logits give the same token on every device.
    scaled, order = (logits.cpu().double() / config.temperature).sort(descending=True, stable=True)
    if config.top_k is not None:
        scaled = scaled[: config.top_k]
    cumulated = scaled.softmax(-1).cumsum(-1)
    if config.top_p is not None:
        cumulated = cumulated[: int(torch.searchsorted(cumulated, config.top_p)) + 1]
    at = int(torch.searchsorted(cumulated, source.random() * cumulated[-1].item(), right=True))
    return int(order[min(at, len(cumulated) - 1)])
