"""One question, after examples of how such questions are answered."""

from collections.abc import Sequence

from benchbook import Generate, GenerateConfig, Message, Output, Row, Sample, Solver, SpecError, Use, register
from benchbook.plugins.solvers.chats import chat
from benchbook.plugins.solvers.examples import described, examples_of

_PLACE = "{input}"
_BETWEEN = "\n\n"


@register("solver")
def few_shot(  # noqa: PLR0913, PLR0917 - the settings of a plugin are its arguments
    examples: Use | None = None,
    shots: int | None = None,
    template: str = "Question: {input}\nAnswer:",
    gap: str = " ",
    description: str = "",
    instruction: str = "",
    stop: tuple[str, ...] = ("\n\n",),
) -> Solver:
    """Ask after `shots` worked examples: those that the reader `examples` gives for the sample's slice, each with its
    target as the answer; all of them, if `shots` is left open, up to five.

    A base model gets a text: `description`, then each example as `template`, `gap` and answer, then `template` with the
    question; its answer ends at one of `stop`. A chat model gets the examples as earlier turns, each question below
    `instruction`, and the description above the first. In both, `{slice}` in the description is the sample's slice.
    """
    if _PLACE not in template:
        raise SpecError(f"the template does not say where the question goes; write {_PLACE} there", field=["template"])
    shown = examples_of(examples, shots, usual=5)

    async def solve(sample: Sample, generate: Generate) -> Output:
        rows = shown.before(sample)
        about = described(description, sample, rows)
        if generate.prompt_style == "chat":
            turns = _turns(about, instruction, rows, sample)
            return await generate(turns, shared=len(turns) - 1)
        solved = (_asked(template, row.input, row.key) + gap + _answer(row) + _BETWEEN for row in rows)
        before = about + "".join(solved)
        prompt = before + _asked(template, sample.row.input, sample.key)
        return await generate(prompt, GenerateConfig(stop=stop), shared=len(before))

    return solve


def _turns(about: str, instruction: str, rows: Sequence[Row], sample: Sample) -> tuple[Message, ...]:
    """A chat in which the examples were asked and answered before."""
    above = f"{instruction}\n\n" if instruction else ""
    first, *others = [above + _asked(_PLACE, row.input, row.key) for row in (*rows, sample.row)]
    *asked, question = (about + first, *others)
    return chat(zip(asked, map(_answer, rows), strict=True), question)


def _asked(template: str, question: object, key: str) -> str:
    if not isinstance(question, str):
        raise SpecError(f"{key!r} is a conversation; few-shot needs a question that is a text")
    return template.replace(_PLACE, question)


def _answer(row: Row) -> str:
    if not isinstance(row.target, str):
        raise SpecError(f"the example {row.key!r} has no text as its target; that is the answer that is shown")
    return row.target
