"""Which preferences are exported, and how."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from benchbook.specs.spec import Several, Spec, mistake_in

Source = Literal["human", "model", "execution", "rules"]
"""Who prefers: a person, a judge model; code that passes one answer and fails the other (`execution`), or that looks at
both (`rules`)."""

Shape = Literal["auto", "standard", "conversational"]
"""Prompts as texts or as turns; `auto` takes turns as soon as one prompt has them."""

Share = Annotated[float, Field(gt=0, le=1)]


class PreferenceSpec(Spec):
    """What makes a preference, and how those are divided."""

    sources: Several[Source] = Field(default=("human", "model", "execution"), min_length=1)
    criteria: Several[str] = ()
    """Only verdicts of these names; of any name if empty, as long as opinions are about one thing."""
    min_agreement: float = Field(default=0.5, ge=0, le=1)
    """The least share of the voices that prefer the winner. Each author has one voice."""
    min_confidence: float | None = Field(default=None, ge=0, le=1)
    """Opinions that are less sure, or do not say how sure they are, do not count."""
    ties: Literal["leave-out", "both-ways"] = "leave-out"
    shape: Shape = "auto"
    splits: dict[str, Share] = {}
    """The shares of the prompts that parts get, by their names; what is left over is called `train`."""
    seed: int = 0
    """Decides which prompt falls into which part."""

    @model_validator(mode="after")
    def _splits_are_parts(self) -> Self:
        for name in self.splits:
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", name):
                raise mistake_in("splits", f"a part is called by up to 40 letters, digits, - and _, not {name[:60]!r}")
        total = sum(self.splits.values())
        if total > 1 + 1e-9 or ("train" in self.splits and total < 1 - 1e-9):
            raise mistake_in("splits", f"the shares come to {total:g}; they are parts of 1, and `train` gets the rest")
        return self
