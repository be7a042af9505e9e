"""What a model gave back."""

from typing import Literal

from pydantic import Field

from benchbook.specs.spec import Spec

StopReason = Literal["stop", "length", "content_filter", "unknown"]


class Usage(Spec):
    """Tokens, as the backend counted them."""

    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)


class Output(Spec):
    """A runtime's answer to one request. With its place in the world it is a Generation."""

    text: str
    stop_reason: StopReason = "unknown"
    usage: Usage = Usage()
    latency: float = 0.0
    """Seconds from the request to the last token, without waiting in our own queues."""
    answer: str | None = None
    """What a solver took from the text as the answer: a program, a number; None if nothing was extracted."""
    answer_rule: str | None = None
    """The name of the rule that found the answer."""
