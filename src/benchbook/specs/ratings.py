"""Who said what of which response, as people write it down: one JSON object a line. Described in docs/agreement.md."""

from collections.abc import Iterable, Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from benchbook.errors import SpecError
from benchbook.specs.spec import Several, Spec, json_of
from benchbook.specs.verdicts import Author, Value

_SAID = ("value", "label", "preferred", "error")


class RatingLine(Spec):
    """What one rater said of one response or pair of responses under one criterion."""

    id: str | int
    """The response, or the pair."""
    criterion: str = "verdict"
    rater: str = Field(min_length=1)
    author: Author | None = None
    """Unless given: `human` or `code` for a rater called so, or so and a number or name after `-`, `_`, `:` or `/`;
    `model` for all others."""
    value: Value | bool | None = None
    label: str | None = Field(default=None, min_length=1)
    preferred: Literal["a", "b", "tie"] | None = None
    """Of a pair: which is better, whatever the order they were shown in."""
    order: Literal["ab", "ba"] = "ab"
    """Of a pair: in which order they were shown."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    error: str | None = None
    """Why there is no verdict."""
    sample: str | int | None = None
    """The question, if several responses are to the same."""
    lengths: Several[int] | None = Field(default=None, min_length=2, max_length=2)
    """Of a pair: characters of `a` and `b`."""
    models: Several[str] | None = Field(default=None, min_length=2, max_length=2)
    """Of a pair: who wrote `a` and `b`."""
    note: str = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        said = [name for name in _SAID if getattr(self, name) is not None]
        if not said:
            raise ValueError("give a `value`, a `label`, `preferred`, or an `error` that says why there is none")
        if len(said) > 1 and said != ["value", "label"]:
            raise ValueError(f"{' and '.join(f'`{name}`' for name in said)} contradict each other; give one")
        if self.preferred is None and (self.lengths or self.models) and self.error is None:
            raise ValueError("`lengths` and `models` are for pairs: give `preferred`")
        return self

    @property
    def kind(self) -> Author:
        """Whether it was a person, a program or a model."""
        if self.author is not None:
            return self.author
        for kind in ("human", "code"):
            if self.rater == kind or self.rater.startswith(tuple(f"{kind}{mark}" for mark in "-_:/")):
                return kind
        return "model"


def read_ratings(lines: Iterable[bytes], name: str) -> Iterator[RatingLine]:
    """The ratings of a JSON Lines file, one after the other; SpecError names file, line and field."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield RatingLine.parse(json_of(line))
        except SpecError as err:
            raise SpecError(err.message, field=err.field, at=f"{name}:{number}") from None
