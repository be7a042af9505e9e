"""HumanEval (Chen et al. 2021), from a copy of one's own."""

from benchbook import GenerateConfig, TaskSpec, Use, register
from benchbook.plugins.tasks.copies import copy_of


@register("task")
def humaneval(data: str | None = None) -> TaskSpec:
    """The 164 functions of HumanEval; `data` is the path of HumanEval.jsonl or HumanEval.jsonl.gz.

    Data: your copy of HumanEval.jsonl.gz, from the repository openai/human-eval (MIT).
    """
    files = "HumanEval.jsonl.gz (from the repository openai/human-eval)"
    return TaskSpec(
        name="humaneval",
        dataset=Use(name="humaneval", args={"data": copy_of(data, "HumanEval", files)}),
        solver=Use(name="python-code"),
        # Not more: one of the published example samples sleeps for ten seconds, and is meant to time out.
        scorers=(Use(name="python-tests", args={"limits": {"cpu": 2.0}}),),
        generate=GenerateConfig(max_tokens=512),
    )
