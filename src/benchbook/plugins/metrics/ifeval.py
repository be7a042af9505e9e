"""Of the instructions of all prompts together, the share that is followed: IFEval's published figure."""

from collections.abc import Sequence

from benchbook import Fold, Verdict, register


@register("metric", "instruction_accuracy")
def instruction_accuracy() -> Fold:
    """Instructions followed by instructions given, over all prompts (Zhou et al. 2023): `inst_level_strict_acc` and
    `inst_level_loose_acc`, one of each score that counts instructions."""
    return Fold(_numbers, lambda sums: sums[0] / sums[1])


def _numbers(verdict: Verdict) -> Sequence[float] | None:
    followed, given = verdict.trace.get("followed"), verdict.trace.get("instructions")
    return [followed, given] if isinstance(followed, int) and isinstance(given, int) else None
