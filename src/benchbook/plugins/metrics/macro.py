"""Every slice counts alike, however many samples it has."""

from collections.abc import Sequence

from benchbook import Fold, Verdict, register


@register("metric")
def macro() -> Fold:
    """The mean over slices of each one's mean: the macro average, of the subjects of MMLU, say."""
    return Fold(_numbers, lambda sums: sums[0] / sums[1], by_slice=True)


def _numbers(verdict: Verdict) -> Sequence[float] | None:
    return None if verdict.value is None else [verdict.value, 1.0]
