"""What anyone says of a generation: code, a model or a person."""

from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from benchbook.specs.spec import Several, Spec

Author = Literal["code", "model", "human"]

WITHDRAWN = "withdrawn"
"""The label of a verdict that takes an earlier one back and says nothing in its place."""


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
    value: float | None = Field(default=None, allow_inf_nan=False)
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
