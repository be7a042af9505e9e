"""Questions with answers to choose from, in a file of one's own."""

from typing import Any, Literal

from benchbook import GenerateConfig, TaskSpec, Use, register
from benchbook.plugins.tasks.copies import given


@register("task")
def multiple_choice(
    data: str | None = None,
    slice: str | None = None,  # noqa: A002 - what a spec calls it
    weigh: Literal["letters", "texts", "generate"] = "letters",
    examples: str | None = None,
    shots: int | None = None,
) -> TaskSpec:
    """Questions with choices: whether the right one is chosen, by likelihood or in words; `data` is a .jsonl file of
    your own with `question`, `choices` and `answer`.

    `slice` names a field too. `examples` is another such file, of which the first 5 of each slice are shown, or
    `shots`.
    """
    return TaskSpec(
        name="multiple-choice",
        dataset=Use(name="multiple-choice", args={"file": _given(data), "slice": slice}),
        solver=_solver(weigh, examples, shots, slice),
        scorers=(Use(name="multiple-choice"),),
        generate=_limits(weigh),
    )


@register("task")
def mmlu(
    data: str | None = None,
    slice: str = "subject",  # noqa: A002 - what a spec calls it
    slices: tuple[str, ...] = (),
    examples: str | None = None,
    shots: int | None = None,
    weigh: Literal["letters", "generate"] = "letters",
) -> TaskSpec:
    """Knowledge of 57 subjects, 14,042 questions with four choices (MMLU, Hendrycks et al. 2021): whether the right
    letter is the likeliest, or is said; `data` is the path of a .jsonl file of them.

    `slice` names the field that holds the subject. `examples` is the file of the development split, of which the first
    5 of each subject are shown, or `shots`.
    """
    about = "The following are multiple choice questions (with answers) about {slice}.\n\n"
    solver = _solver(weigh, examples, shots, slice)
    return TaskSpec(
        name="mmlu",
        dataset=Use(name="multiple-choice", args={"file": _given(data), "slice": slice}),
        solver=solver.model_copy(update={"args": {**solver.args, "description": about}}),
        scorers=(Use(name="multiple-choice"),),
        metrics=(Use(name="macro"),),
        slices=slices,
        generate=_limits(weigh),
    )


def _given(data: str | None) -> str:
    return given(data, "say where the questions are: the path of a .jsonl file")


def _solver(weigh: str, examples: str | None, shots: int | None, part: str | None) -> Use:
    args: dict[str, Any] = {"weigh": weigh}
    if examples is not None:
        args["examples"] = {"multiple-choice": {"file": examples, "slice": part}}
    if shots is not None:
        args["shots"] = shots
    return Use(name="multiple-choice", args=args)


def _limits(weigh: str) -> GenerateConfig:
    return GenerateConfig(max_tokens=512 if weigh == "generate" else None)
