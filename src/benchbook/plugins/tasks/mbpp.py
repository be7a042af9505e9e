"""MBPP (Austin et al. 2021), from a copy of one's own."""

from benchbook import GenerateConfig, TaskSpec, Use, register
from benchbook.plugins.tasks.copies import copy_of


@register("task")
def mbpp(data: str | None = None, slices: tuple[str, ...] = ()) -> TaskSpec:
    """The tasks of MBPP, all or of some of its published splits; `data` is mbpp.jsonl or sanitized-mbpp.json.

    Data: your copy of mbpp.jsonl or sanitized-mbpp.json, from google-research/google-research (CC-BY-4.0).
    """
    files = "mbpp.jsonl or sanitized-mbpp.json (from the repository google-research/google-research)"
    return TaskSpec(
        name="mbpp",
        dataset=Use(name="mbpp", args={"data": copy_of(data, "MBPP", files)}),
        solver=Use(name="python-code"),
        # The reference solution of task 123 needs some 2.5 seconds.
        scorers=(Use(name="python-tests", args={"limits": {"cpu": 10.0}}),),
        slices=slices,
        generate=GenerateConfig(max_tokens=512),
    )
