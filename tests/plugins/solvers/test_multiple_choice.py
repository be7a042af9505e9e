"""Answers to choose from are weighed, not asked for."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from benchbook import GenerateConfig, Likelihood, Output, Prompt, PromptStyle, Row, Sample, SpecError, Use, build

QUESTION = Row(key="q", input=" 1 + 1? ", choices=("one", "two", "three"), target=1, slices=("higher_mathematics",))


@dataclass
class Weigher:
    """A model that finds each continuation as likely as it is told."""

    logprobs: Mapping[str, float]
    prompt_style: PromptStyle = "chat"
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def __call__(self, prompt: Prompt, config: GenerateConfig = GenerateConfig(), *, shared: int = 0) -> Output:
        raise AssertionError("a model whose answers are weighed is never asked to speak")

    async def loglikelihood(self, context: str, continuation: str) -> Likelihood:
        self.asked.append((context, continuation))
        return Likelihood(logprob=self.logprobs[continuation], tokens=1, greedy=False, latency=len(self.asked) / 4)


def solved(row: Row, weigher: Weigher, **args: Any) -> Output:
    sample = Sample(id="s", created_at=datetime(2026, 1, 1, tzinfo=UTC), dataset_id="d", position=0, row=row)
    output = asyncio.run(build("solver", Use(name="multiple-choice", args=args))(sample, weigher))
    assert isinstance(output, Output)
    return output


def test_letters_are_weighed_after_choices_that_are_shown() -> None:
    weigher = Weigher({" A": -2.0, " B": -1.0, " C": -3.0})
    about = "The following are multiple choice questions (with answers) about {slice}.\n\n"
    output = solved(QUESTION, weigher, description=about)
    # To the letter what lm-evaluation-harness asks for MMLU.
    context = (
        "The following are multiple choice questions (with answers) about higher mathematics.\n\n"
        "1 + 1?\nA. one\nB. two\nC. three\nAnswer:"
    )
    assert weigher.asked == [(context, " A"), (context, " B"), (context, " C")]
    assert output.latency == 0.75  # that of the last: all are asked at once
    assert output.text == "B"
    assert [each.logprob for each in output.likelihoods] == [-2.0, -1.0, -3.0]


def test_texts_are_weighed_after_the_question_alone() -> None:
    weigher = Weigher({" one": -2.0, " two": -2.5, " three": -1.5})
    output = solved(QUESTION, weigher, weigh="texts")
    assert {context for context, _ in weigher.asked} == {"Question: 1 + 1?\nAnswer:"}
    assert output.text == "three"


def test_a_question_is_never_taken_for_a_template() -> None:
    weigher = Weigher({" A": 0.0, " B": 0.0})
    solved(Row(key="q", input="What is {choices} or {input}?", choices=("x", "y")), weigher)
    assert weigher.asked[0][0] == "What is {choices} or {input}?\nA. x\nB. y\nAnswer:"


@pytest.mark.parametrize(
    ("row", "args", "message"),
    [
        (QUESTION, {"template": "{choices}"}, "write {input} there"),
        (Row(key="q", input="?"), {}, "has 0 choices"),
        (Row(key="q", input="?", choices=("a", "b")), {"description": "{slice}"}, "is of no slice"),
    ],
)
def test_what_cannot_be_weighed_is_told(row: Row, args: dict[str, str], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        solved(row, Weigher({}), **args)
