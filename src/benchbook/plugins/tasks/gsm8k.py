"""GSM8K (Cobbe et al. 2021), from a copy of one's own."""

from dataclasses import dataclass
from typing import Any, Literal

from benchbook import GenerateConfig, TaskSpec, Use, register
from benchbook.plugins.tasks.copies import copy_of


@dataclass(frozen=True)
class _Recipe:
    """How lm-evaluation-harness asks, and where it looks for the answer."""

    template: str
    stop: str
    strict: str
    shots: int
    ending: str


_RECIPES = {
    "solutions": _Recipe("Question: {input}\nAnswer:", "Question:", r"#### (\-?[0-9\.\,]+)", 5, "a line `#### N`"),
    "cot": _Recipe("Q: {input}\nA:", "Q:", r"The answer is (\-?[0-9\.\,]+).", 8, "`The answer is N.`"),
}
_FLEXIBLE: dict[str, Any] = {"pattern": r"(-?[$0-9.,]{2,})|(-?[0-9]+)", "take": "last"}


@register("task")
def gsm8k(
    data: str | None = None,
    examples: str | None = None,
    shots: int | None = None,
    style: Literal["solutions", "cot"] = "solutions",
) -> TaskSpec:
    """Grade-school mathematics in words, 1,319 problems: whether the number that comes out is right; `data` is the path
    of GSM8K's test.jsonl.

    `examples` is a file of the same format, such as train.jsonl, of which the first 5 are shown, or `shots`. With the
    style `cot`, it holds chains of thought that end with `The answer is N.`, of which 8 are shown.
    """
    recipe = _RECIPES[style]
    solver: dict[str, Any] = {
        "template": recipe.template,
        "instruction": f"Solve the problem step by step, and end with {recipe.ending}, N being what was asked for.",
        "stop": [recipe.stop, "</s>", "<|im_end|>"],
    }
    if examples is not None:
        reader = {"file": examples, "input": "question", "target": "answer"}
        solver |= {"examples": {"jsonl": reader}, "shots": recipe.shots if shots is None else shots}
    elif shots is not None:
        solver["shots"] = shots
    patterns: dict[str, Any] = {"strict": recipe.strict, "flexible": _FLEXIBLE}
    return TaskSpec(
        name="gsm8k",
        dataset=Use(name="gsm8k", args={"data": copy_of(data, "GSM8K", "test.jsonl (from openai/grade-school-math)")}),
        solver=Use(name="few-shot", args=solver),
        scorers=(
            Use(name="math-answer"),
            Use(name="pattern-match", args={"patterns": patterns, "ignore": [",", r"\$", r"\.$"]}),
        ),
        generate=GenerateConfig(max_tokens=512),
    )
