"""Whole programs, in a file of one's own."""

from typing import Literal

from benchbook import GenerateConfig, TaskSpec, Use, register
from benchbook.plugins.tasks.copies import given


@register("task")
def stdin_programs(
    data: str | None = None,
    stdout: Literal["exact", "lines", "tokens", "numbers"] = "lines",
    slices: tuple[str, ...] = (),
    cpu: float = 5.0,
) -> TaskSpec:
    """Programs that read standard input and write standard output, run against tests; `stdout` says how what they
    write is compared, `cpu` how many seconds a test may take.

    Data: your .jsonl file, a problem a line with `prompt` and `tests` (docs/tasks.md).
    """
    file = given(data, "say where the problems are: the path of a .jsonl file")
    return TaskSpec(
        name="stdin-programs",
        dataset=Use(name="stdin-programs", args={"file": file}),
        solver=Use(name="python-script"),
        scorers=(Use(name="python-tests", args={"limits": {"cpu": cpu}, "stdout": stdout}),),
        slices=slices,
        generate=GenerateConfig(max_tokens=1024),
    )
