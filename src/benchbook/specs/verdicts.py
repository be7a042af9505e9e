"""What anyone says of a generation: code, a model or a person."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, JsonValue, model_validator

from benchbook.specs.spec import Several, Spec

Author = Literal["code", "model", "human"]

LARGEST = 1e60
"""What a score comes to at most, either way: squares and cubes of such numbers are still numbers."""

WITHDRAWN = "withdrawn"
"""The label of a verdict that takes an earlier one back and says nothing in its place."""


def beyond(value: float) -> str:
    """Why a number cannot be a score; empty if it can."""
    if -LARGEST <= value <= LARGEST:
        return ""
    # Whole numbers may be too large to be told as others are.
    told = f"{value:.3g}" if isinstance(value, float) else "one of that many digits"
    return f"a score is between -{LARGEST:g} and {LARGEST:g}, not {told}: score in larger units, or by the logarithm"


def _within(value: float) -> float:
    if why := beyond(value):
        raise ValueError(why)
    return value


Value = Annotated[float, Field(allow_inf_nan=False), AfterValidator(_within)]
"""What a score may be."""


class Span(Spec):
    """A stretch of the text that the verdict is about: characters `start` to `end`."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    note: str = ""
    other: bool = False
    """Whether it is a stretch of the second of two texts that are compared."""


class Verdict(Spec):
    """An opinion or a measurement. With its author and its generation it is a Score.

    `value` is a number and `label` its name: `(1.0, "passed")`. A verdict that could not be reached has an `error`,
    and neither value nor label: a broken grader is never a zero.
    """

    name: str = ""
    """What was looked at; the scorer's name unless given."""
    value: Value | None = None
    label: str | None = None
    explanation: str = ""
    confidence: float | None = Field(default=None, ge=0, le=1)
    spans: Several[Span] = ()
    trace: dict[str, JsonValue] = {}
    """How the verdict came about: test results, prompt and raw answer of a judge, resources used."""
    error: str | None = None

    @model_validator(mode="after")
    def _error_is_not_a_zero(self) -> Self:
        if self.error is not None and (self.value is not None or self.label is not None):
            raise ValueError("a verdict with an `error` has neither value nor label")
        return self
