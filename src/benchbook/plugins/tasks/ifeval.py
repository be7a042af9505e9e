"""IFEval (Zhou et al. 2023), from a copy of one's own."""

from benchbook import GenerateConfig, SpecError, TaskSpec, Use, register


@register("task")
def ifeval(data: str | None = None, slices: tuple[str, ...] = (), *, by_kind: bool = False) -> TaskSpec:
    """Prompts with instructions that code can check; `data` is the path of input_data.jsonl, `slices` are groups of
    instructions, e.g. `keywords`."""
    if data is None:
        raise SpecError(
            "IFEval does not come with Benchbook; say where your copy is: the path of input_data.jsonl (from "
            "google-research/google-research, instruction_following_eval/data) as `data`, or as --data on the command "
            "line",
            field=["data"],
        )
    return TaskSpec(
        name="ifeval",
        dataset=Use(name="ifeval", args={"data": data}),
        scorers=(Use(name="ifeval", args={"by_kind": True} if by_kind else {}),),
        slices=slices,
        # As lm-evaluation-harness asks.
        generate=GenerateConfig(max_tokens=1280),
    )
