"""MATH (Hendrycks et al. 2021), from a copy of one's own."""

from typing import Any

from benchbook import GenerateConfig, TaskSpec, Use, register
from benchbook.plugins.tasks.copies import copy_of


@register("task")
def math(
    data: str | None = None, examples: str | None = None, shots: int | None = None, slices: tuple[str, ...] = ()
) -> TaskSpec:
    """Competition mathematics by subject and level: whether the final answer is equal to the right one; `data` is the
    path of a file of MATH (5,000 problems, or the split of 500).

    `examples` is a file of `problem` and `solution`, of which the first 4 are shown, or `shots`: Minerva's prompt, if
    those are its four.
    """
    solver: dict[str, Any] = {
        "template": "Problem:\n{input}\n\nSolution:",
        "instruction": r"Solve the problem step by step, and put the final answer into \boxed{}.",
        "stop": ["Problem:"],
    }
    if examples is not None:
        reader = {"file": examples, "input": "problem", "target": "solution"}
        solver |= {"examples": {"jsonl": reader}, "shots": 4 if shots is None else shots}
    elif shots is not None:
        solver["shots"] = shots
    files = "a .jsonl or .json file with `problem`, and `solution` or `answer`, of each"
    return TaskSpec(
        name="math",
        dataset=Use(name="math", args={"data": copy_of(data, "MATH", files)}),
        solver=Use(name="few-shot", args=solver),
        scorers=(Use(name="math-answer"),),
        slices=slices,
        generate=GenerateConfig(max_tokens=1024),
    )
