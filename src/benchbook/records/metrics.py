"""Figures about a run."""

from pydantic import Field

from benchbook.records.record import Record

RATES = ("pass_rate", "mean")
"""What a score comes to over a run: the one of yes and no, the other of all else."""


class Metric(Record):
    """One figure, with the number of samples behind it, the number left out, and its interval."""

    run_id: str
    name: str
    score: str = ""
    """Which score it folds; empty for figures about the run itself (latency, cost)."""
    slice: str = ""
    """The slice of the data set; empty for the whole."""
    value: float | None = Field(allow_inf_nan=False)
    """None where there is nothing to compute it from."""
    low: float | None = None
    high: float | None = None
    """The 95 % interval, where one is known."""
    n: int
    """Samples behind the figure."""
    excluded: int = 0
    """Samples left out because they have no verdict."""
