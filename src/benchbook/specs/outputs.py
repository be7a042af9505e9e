"""What a model gave back."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from benchbook.specs.spec import Several, Spec

StopReason = Literal["stop", "length", "content_filter", "unknown"]

Tokens = Annotated[int, Field(ge=0, le=10**12)]
"""So many; a server that counts more than anyone could pay for has not counted."""


class Usage(Spec):
    """Tokens, as the backend counted them."""

    input_tokens: Tokens = 0
    """All of the prompt, whether it was computed or came from the backend's cache."""
    output_tokens: Tokens = 0
    """All that the model wrote, its reasoning included."""
    cache_read_tokens: Tokens = 0
    """Those of `input_tokens` that the backend had in its cache."""
    cache_write_tokens: Tokens = 0
    """Those of `input_tokens` that it has put there."""
    reasoning_tokens: Tokens = 0
    """Those of `output_tokens` that are reasoning."""

    @property
    def nothing(self) -> bool:
        """Whether nobody has counted anything."""
        return not any(vars(self).values())

    def plus(self, other: "Usage") -> "Usage":
        """The tokens of both."""
        return Usage(**{name: getattr(self, name) + getattr(other, name) for name in Usage.model_fields})


class Alternative(Spec):
    """A token that could have stood at a place, and its log-probability (natural)."""

    token: str
    logprob: float


class TokenLogprob(Alternative):
    """A token of the answer, its log-probability, and the most likely ones of its place."""

    top: Several[Alternative] = ()


class Piece(Spec):
    """What comes of an answer before it is whole: all pieces together are its text, its reasoning, its tokens."""

    text: str = ""
    reasoning: str = ""
    logprobs: Several[TokenLogprob] = ()


class PromptToken(Spec):
    """A token of a prompt, its log-probability after those before it, and the most likely ones of its place."""

    token: str
    logprob: float | None
    """None of the first, which comes after nothing."""
    top: Several[Alternative] = ()


class Reading(Spec):
    """How likely a model finds each token of a prompt."""

    text: str
    """The prompt; where it was given as tokens, what they read like."""
    tokens: Several[PromptToken]
    next: Several[Alternative]
    """The most likely tokens to come after it, the likeliest first."""


class Likelihood(Spec):
    """How likely a model finds a continuation of a context."""

    logprob: float
    """The natural logarithm of its probability: the sum over its tokens."""
    tokens: int = Field(ge=0)
    greedy: bool
    """Whether the model, asked greedily, would have said just this."""
    latency: float = 0.0
    """Seconds that weighing it took, without waiting in our own queues."""
    cached: bool = False
    """Whether this was weighed earlier, and comes from our own cache."""


class Draw(Spec):
    """One of several answers that a solver drew, to choose one of them."""

    text: str
    answer: str | None = None
    worth: float | None = None
    """By what it was chosen: the share of all draws that give its answer, or its rank by another rule."""
    chosen: bool = False


class Output(Spec):
    """A runtime's answer to one request. With its place in the world it is a Generation."""

    text: str
    """What is scored: never the model's reasoning."""
    reasoning: str = ""
    """What the model thought aloud before it answered, where the backend tells that apart."""
    stop_reason: StopReason = "unknown"
    usage: Usage = Usage()
    latency: float | None = None
    """Seconds from the request to the last token, without waiting in our own queues; None where nobody measured it."""
    first_token: float | None = None
    """Seconds from the request to the first token; None unless the answer was streamed."""
    logprobs: Several[TokenLogprob] | None = None
    """None unless they were asked for."""
    likelihoods: Several[Likelihood] = ()
    """Of each of the sample's choices, where those were weighed in place of an answer."""
    cached: bool = False
    """Whether this is an earlier answer to the same request, from our own cache."""
    answer: str | None = None
    """What a solver took from the text as the answer: a program, a number; None if nothing was extracted."""
    answer_rule: str | None = None
    """The name of the rule that found the answer."""
    draws: Several[Draw] = ()
    """All that a solver drew, in order, where it chose among several; usage and latency are those of all."""

    @staticmethod
    def took(latencies: Iterable[float | None]) -> float | None:
        """The seconds of several answers together; None where those of one are not known."""
        known = list(latencies)
        return None if None in known else sum(one for one in known if one is not None)
