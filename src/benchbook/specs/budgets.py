"""What an experiment may spend."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from benchbook.specs.spec import Spec

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def seconds_of(written: Any) -> Any:
    """The seconds of a time as people write it: `90s`, `30m`, `2h`, `1h30m`; whatever else it is, as it is."""
    if not isinstance(written, str):
        return written
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhdw])", written)
    if not parts or re.sub(r"(\d+(?:\.\d+)?)\s*([smhdw])", "", written).strip():
        raise ValueError(f"expected a number of seconds, or a time like 90s, 30m, 2h or 1h30m, got {written!r}")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


Seconds = Annotated[float, BeforeValidator(seconds_of)]


class Budget(Spec):
    """Where an experiment stops, all of its runs and attempts taken together. What is None has no end."""

    max_cost: float | None = Field(default=None, gt=0)
    """In the currency of its prices."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Of prompts and answers together."""
    max_time: Seconds | None = Field(default=None, gt=0)
    """Seconds of work, or a time like `2h`."""

    @property
    def bounded(self) -> bool:
        """Whether there is any end."""
        return self != Budget()

    def over(self, base: "Budget") -> "Budget":
        """This budget, with its gaps filled from `base`."""
        gaps = {name: getattr(base, name) for name in Budget.model_fields if getattr(self, name) is None}
        return self.model_copy(update=gaps)
