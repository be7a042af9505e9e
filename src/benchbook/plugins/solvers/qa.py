"""Asks a question about a text, and takes the answer out of the reply."""

import re

from benchbook import Generate, GenerateConfig, Output, Sample, Solver, SpecError, register
from benchbook.plugins.solvers.chats import chat
from benchbook.plugins.solvers.replies import spoken

_INSTRUCTION = (
    "Answer the question from the text alone, in as few words as possible. Write the answer only, no sentence."
)
_MARK = "\nAnswer:"
_TEXT = (
    "Three windmills stand on the ridge. The oldest, Black Meg, was built in 1801 by Tom Hale and has four sails. "
    "Little Jack has six sails; it was built in 1844 by Ruth Moss, who was born in Ely. The Widow, of 1830, "
    "has five sails."
)
EXAMPLES = (
    (f"{_TEXT}\n\nQuestion: Who built Black Meg?", "Tom Hale"),
    (f"{_TEXT}\n\nQuestion: How many sails do Little Jack and the Widow have together?", "11"),
    (f"{_TEXT}\n\nQuestion: Where was the builder of the windmill that has six sails born?", "Ely"),
)
"""Written for Benchbook, and in none of its data sets."""
# Line by line, and without going back: replies may be nothing but marks and blanks.
_SAID = re.compile(r"^(?:[^\w\n]|_)*+(?:final |short )?answer(?: is)?[*_]*+\s*+:[*_]*+", re.IGNORECASE | re.MULTILINE)
_AROUND = " \t*_`\"'“”‘’"


@register("solver")
def qa(shots: int = len(EXAMPLES), instruction: str = _INSTRUCTION) -> Solver:
    """Ask a question after `shots` examples; the answer is what the reply says behind `Answer:`, or its first line."""
    if not 0 <= shots <= len(EXAMPLES):
        raise SpecError(f"there are {len(EXAMPLES)} examples: choose 0 to {len(EXAMPLES)}", field=["shots"])
    examples = EXAMPLES[:shots]

    async def solve(sample: Sample, generate: Generate) -> Output:
        question = sample.row.input
        if not isinstance(question, str):
            raise SpecError(f"sample {sample.key!r} is a conversation; qa needs an input that is a text")
        if generate.prompt_style == "chat":
            above = f"{instruction}\n\n"
            turns = chat([(above + asked, answer) for asked, answer in examples], above + question)
            output = await generate(turns, shared=len(turns) - 1)
        else:
            before = f"{instruction}\n\n" + "".join(f"{asked}{_MARK} {answer}\n\n\n" for asked, answer in examples)
            output = await generate(before + question + _MARK, GenerateConfig(stop=("\n",)), shared=len(before))
        answer, rule = short_answer(output.text)
        return output.model_copy(update={"answer": answer, "answer_rule": rule})

    return solve


def short_answer(reply: str) -> tuple[str | None, str | None]:
    """The answer that a reply gives, and the rule that found it."""
    text = spoken(reply)
    said = list(_SAID.finditer(text))
    behind = _first_line(text[said[-1].end() :]) if said else ""
    if behind:
        return behind, "behind `Answer:`"
    line = _first_line(text)
    return (line, "first line") if line else (None, None)


def _first_line(text: str) -> str:
    lines = (line.strip(_AROUND) for line in text.split("\n"))
    line = next((line for line in lines if line), "")
    return line.removesuffix(".").strip(_AROUND)
