"""The geometry of charts, in percent of their width: the page stretches them."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchbook.records.metrics import Metric
from benchbook.service.report_figures import RunReport


@dataclass(frozen=True)
class Scale:
    """Where values stand on a chart, from its left edge to its right."""

    low: float
    high: float

    @property
    def is_share(self) -> bool:
        """Whether it shows parts of one, to be written in percent."""
        return (self.low, self.high) == (0, 1)

    def at(self, value: float) -> str:
        """The place of a value."""
        return f"{100 * (value - self.low) / (self.high - self.low):.2f}%"

    def ticks(self) -> list[tuple[str, str]]:
        """Places and labels of the grid lines."""
        values = [self.low + (self.high - self.low) * quarter / 4 for quarter in range(5)]
        return [(self.at(value), f"{100 * value:.0f} %" if self.is_share else f"{value:.3g}") for value in values]


def scale_of(metrics: Sequence[Metric]) -> Scale:
    """From 0 to 1 if everything lies there; else as wide as the values and their intervals."""
    ends = [end for metric in metrics for end in (metric.value, metric.low, metric.high) if end is not None]
    if all(0 <= end <= 1 for end in ends):
        return Scale(0, 1)
    low, high = min(ends), max(ends)
    return Scale(low, high if high > low else low + 1)


@dataclass(frozen=True)
class Share:
    """A piece of a bar: where it begins, and how wide it is."""

    label: str
    number: int
    x: str
    width: str


def shares(run: RunReport, score: str, labels: Sequence[str]) -> list[Share]:
    """The pieces of a run's bar, in the order of `labels`."""
    outcomes = run.outcomes(score)
    total = sum(outcomes.values()) or 1
    pieces, before = [], 0
    for label in labels:
        number = outcomes[label]
        if number:
            pieces.append(Share(label, number, f"{100 * before / total:.3f}%", f"{100 * number / total:.3f}%"))
        before += number
    return pieces
