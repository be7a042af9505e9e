"""How a judge of yes and no errs, one way and the other."""

import math
from typing import NamedTuple, Self

from benchbook.engine.concordance import Item, Ratings


class Confusion(NamedTuple):
    """Verdicts by whether they were yes, and right."""

    true_yes: int
    false_no: int
    true_no: int
    false_yes: int

    @classmethod
    def of(cls, pairs: Ratings[Item]) -> Self:
        """From how often the judge said the first while the truth was the second, both 1 or 0."""
        kinds = ((1, 1), (0, 1), (0, 0), (1, 0))
        return cls(*(sum(times for pair, times in pairs.items() if pair == kind) for kind in kinds))

    @property
    def sensitivity(self) -> float | None:
        """The share of true yes that it said yes to."""
        return _ratio(self.true_yes, self.true_yes + self.false_no)

    @property
    def specificity(self) -> float | None:
        """The share of true no that it said no to."""
        return _ratio(self.true_no, self.true_no + self.false_yes)

    @property
    def precision(self) -> float | None:
        """The share of its yes that was true."""
        return _ratio(self.true_yes, self.true_yes + self.false_yes)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of sensitivity and precision (van Rijsbergen 1979)."""
        return _ratio(2 * self.true_yes, 2 * self.true_yes + self.false_yes + self.false_no)

    @property
    def mcc(self) -> float | None:
        """The correlation of verdict and truth (Matthews 1975)."""
        yes, no, said_yes, said_no = (
            self.true_yes + self.false_no,
            self.true_no + self.false_yes,
            self.true_yes + self.false_yes,
            self.true_no + self.false_no,
        )
        product = self.true_yes * self.true_no - self.false_yes * self.false_no
        return _ratio(product, math.sqrt(yes * no * said_yes * said_no))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
