"""The Python coding benchmark that comes with Benchbook."""

from benchbook import GenerateConfig, TaskSpec, Use, register


@register("task")
def python_coding(slices: tuple[str, ...] = ()) -> TaskSpec:
    """Functions to write, in the slices easy, medium and hard; all of them, or some slices.

    Data: 86 problems that come with Benchbook.
    """
    return TaskSpec(
        name="python-coding",
        dataset=Use(name="python-problems"),
        solver=Use(name="python-code"),
        scorers=(Use(name="python-tests", args={"limits": {"cpu": 2.0}}),),
        slices=slices,
        generate=GenerateConfig(max_tokens=256),
    )
