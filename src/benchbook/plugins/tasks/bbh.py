"""BIG-Bench Hard (Suzgun et al. 2022), from a copy of one's own."""

from typing import Any, Literal

from benchbook import GenerateConfig, TaskSpec, Use, register
from benchbook.plugins.tasks.copies import copy_of

_ASKED: dict[str, dict[str, Any]] = {
    "cot": {
        "template": "Q: {input}\nA: Let's think step by step.\n",
        "gap": "",
        "instruction": "Think step by step, and end with a sentence of the form `So the answer is ….`",
    },
    "direct": {
        "template": "Q: {input}\nA:",
        "instruction": "Give the answer alone, without any explanation.",
    },
}
_LATE: dict[str, Any] = {
    # What comes behind the letter of an option is its text, unless it is another letter.
    "pattern": r"(?i)\banswer(?: is|:)[*_: ]*(\([a-z]\)(?! ?(?:and|or|,))|.+)",
    "take": "last",
}
_PATTERNS: dict[str, dict[str, Any]] = {
    "cot": {
        "patterns": {"strict": r"(?<=the answer is )(.*)(?=.)", "flexible": _LATE},
        "ignore": [r"[*_`$]", r"\.$"],
    },
    "direct": {
        "patterns": {"strict": r"\S.*"},
        # Those of lm-evaluation-harness without examples.
        "ignore": [r"\.$", ",", "\n", r"\\", '"'],
        "ignore_case": True,
    },
}


@register("task")
def bbh(
    data: str | None = None,
    prompts: str | None = None,
    answers: Literal["cot", "direct"] = "cot",
    slices: tuple[str, ...] = (),
) -> TaskSpec:
    """27 sets of puzzles that were hard for language models: whether the answer is the expected text; `data` is the
    folder bbh/ of BIG-Bench Hard, or one of its files.

    `prompts` is its folder cot-prompts/, with three worked examples for each task; without it none are shown.
    """
    solver = _ASKED[answers] | {"stop": ["\n\n", "Q:", "</s>"]}
    if prompts is not None:
        examples = {"bbh-prompts": {"data": prompts, "answers": answers}}
        solver |= {"examples": examples, "shots": 3, "description": "{description}\n\n"}
    files = "the folder bbh/ (from suzgunmirac/BIG-Bench-Hard), or of a file in it,"
    return TaskSpec(
        name="bbh",
        dataset=Use(name="bbh", args={"data": copy_of(data, "BIG-Bench Hard", files)}),
        solver=Use(name="few-shot", args=solver),
        scorers=(Use(name="pattern-match", args=_PATTERNS[answers]),),
        metrics=(Use(name="macro"),),
        slices=slices,
        generate=GenerateConfig(max_tokens=1024 if answers == "cot" else 64),
    )
