"""Questions with answers to choose from: the model's likelihoods speak, or the model itself."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from benchbook import (
    Generate,
    GenerateConfig,
    Likelihood,
    Message,
    Output,
    Row,
    Sample,
    Solver,
    SpecError,
    Use,
    register,
)
from benchbook.plugins.solvers.chats import chat
from benchbook.plugins.solvers.choices import chosen, letters, listed, right
from benchbook.plugins.solvers.examples import described, examples_of

Weigh = Literal["letters", "texts", "generate"]

_SHOWN = "{input}\n{choices}\nAnswer:"
_PLACES = {"letters": _SHOWN, "texts": "Question: {input}\nAnswer:", "generate": _SHOWN}
RULES = {"letters": "likelihood of the letters", "texts": "likelihood of the texts"}
_INSTRUCTION = "Answer the following multiple choice question with the letter of the right choice."


@register("solver")
def multiple_choice(
    weigh: Weigh = "letters",
    template: str | None = None,
    description: str = "",
    examples: Use | None = None,
    shots: int | None = None,
    instruction: str = _INSTRUCTION,
) -> Solver:
    """Weigh what the model would answer: the letters of choices that it was shown, or the texts of choices that it
    was not; or have it `generate`, and take the letter from what it says.

    The prompt is `description`, in which `{slice}` stands for the name of the sample's slice, then the first `shots`
    (or five) examples of that slice with their answers, and `template`, in which `{input}` and `{choices}` (`A. …`, a
    line each) stand for the question's; what is weighed comes after a space. The defaults are the prompts of MMLU and
    ARC in lm-evaluation-harness. Only `generate` asks a chat model by turns, each question below `instruction`.
    """
    form = _PLACES[weigh] if template is None else template
    if "{input}" not in form:
        raise SpecError("the template does not say where the question goes; write {input} there", field=["template"])
    shown = examples_of(examples, shots, usual=5)

    async def solve(sample: Sample, generate: Generate) -> Output:
        rows = shown.before(sample)
        asked = _Asked(described(description, sample, rows), rows, sample.row, form, weigh)
        if weigh == "generate":
            return await _said(asked, instruction, generate)
        answers = letters(sample.row) if weigh == "letters" else sample.row.choices
        if len(answers) < 2:
            raise SpecError(f"sample {sample.key!r} has {len(answers)} choices; multiple-choice needs at least 2")
        context = asked.before + asked.question
        likelihoods = await asyncio.gather(*(generate.loglikelihood(context, f" {answer}") for answer in answers))
        return Output(
            text=answers[likeliest(likelihoods)],
            stop_reason="stop",
            latency=max(likelihood.latency for likelihood in likelihoods),
            likelihoods=tuple(likelihoods),
            answer_rule=RULES[weigh],
        )

    return solve


def likeliest(likelihoods: Sequence[Likelihood]) -> int:
    """The place of the likeliest, or of the first among equals."""
    return max(range(len(likelihoods)), key=lambda at: likelihoods[at].logprob)


@dataclass(frozen=True)
class _Asked:
    """A question, and what stands before it."""

    description: str
    examples: tuple[Row, ...]
    row: Row
    form: str
    weigh: Weigh

    @property
    def before(self) -> str:
        """What all questions of a slice have in common."""
        solved = (f"{_filled(self.form, row)} {self.answer(row)}\n\n" for row in self.examples)
        return self.description + "".join(solved)

    @property
    def question(self) -> str:
        return _filled(self.form, self.row)

    def answer(self, row: Row) -> str:
        """What an example is answered with."""
        return row.choices[right(row)] if self.weigh == "texts" else letters(row)[right(row)]


async def _said(asked: _Asked, instruction: str, generate: Generate) -> Output:
    """What the model says, and the letter in it."""
    if generate.prompt_style == "chat":
        turns = _turns(asked, instruction)
        output = await generate(turns, shared=len(turns) - 1)
    else:
        before = asked.before
        output = await generate(before + asked.question, GenerateConfig(stop=("\n",)), shared=len(before))
    letter, rule = chosen(output.text, asked.row) or (None, None)
    return output.model_copy(update={"answer": letter, "answer_rule": rule})


def _turns(asked: _Asked, instruction: str) -> tuple[Message, ...]:
    """A chat in which the examples were asked and answered before."""
    above = f"{instruction}\n\n" if instruction else ""
    first, *others = [above + _filled(asked.form, row) for row in (*asked.examples, asked.row)]
    *solved, question = (asked.description + first, *others)
    return chat(zip(solved, map(asked.answer, asked.examples), strict=True), question)


def _filled(form: str, row: Row) -> str:
    if not isinstance(row.input, str):
        raise SpecError(f"sample {row.key!r} is a conversation; multiple-choice needs a question that is a text")
    choices = listed(row) if "{choices}" in form else ""
    before, _, after = form.partition("{input}")
    # Part by part: a question that speaks of {choices} is not a template.
    return before.replace("{choices}", choices) + row.input.strip() + after.replace("{choices}", choices)
