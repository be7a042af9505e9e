"""IFEval (Zhou et al. 2023), from a copy of one's own."""

from benchbook import GenerateConfig, TaskSpec, Use, register
from benchbook.plugins.tasks.copies import copy_of


@register("task")
def ifeval(data: str | None = None, slices: tuple[str, ...] = (), *, by_kind: bool = False) -> TaskSpec:
    """Prompts with instructions that code can check; `data` is the path of input_data.jsonl, `slices` are groups of
    instructions, e.g. `keywords`."""
    files = "input_data.jsonl (from google-research/google-research, instruction_following_eval/data)"
    return TaskSpec(
        name="ifeval",
        dataset=Use(name="ifeval", args={"data": copy_of(data, "IFEval", files)}),
        scorers=(Use(name="ifeval", args={"by_kind": True} if by_kind else {}),),
        slices=slices,
        # As lm-evaluation-harness asks.
        generate=GenerateConfig(max_tokens=1280),
    )
