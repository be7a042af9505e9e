"""When a run may end before all samples are asked, because it is clear already."""

from typing import Self

from pydantic import Field, model_validator

from benchbook.specs.spec import Several, Spec, mistake_in
from benchbook.specs.verdicts import Value


class Stop(Spec):
    """Samples are asked in random order (by the run's seed) until it is clear, at an error of `alpha` whenever one
    looks, what is asked here. Without a rule, only the order is random: whatever a budget leaves tells of the whole."""

    score: str = ""
    """Which one; the first of the first sample unless given."""
    below: float | None = None
    """Stop once its mean over all samples is clearly below this."""
    above: float | None = None
    """Stop once it is clearly above this. With both of the same number: once it is clear on which side it is."""
    precision: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Stop once the 95 % interval of its mean reaches no farther than this to either side."""
    against: str = ""
    """Stop once it is clear which is better: this run, or that baseline or run (by name, or id)."""
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    at_least: int = Field(default=20, ge=2)
    """Samples that are asked in any case."""
    between: Several[Value] = (0.0, 1.0)
    """The least and the largest value that the score can have."""

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if len(self.between) != 2 or self.between[0] >= self.between[1]:
            raise mistake_in("between", "expected the least and the largest value, e.g. [0, 100]")
        low, high = self.between
        for name in ("below", "above"):
            limit = getattr(self, name)
            if limit is not None and not low < limit < high:
                raise mistake_in(name, f"expected a number between {low:g} and {high:g}, which a mean can be beyond")
        return self
