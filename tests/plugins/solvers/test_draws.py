"""Of several draws one is chosen: by its answer, or by a rule that does not know the right one."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from benchbook import (
    GenerateConfig,
    Likelihood,
    Output,
    Prompt,
    RuntimeFailed,
    Sample,
    SpecError,
    TokenLogprob,
    Usage,
    Use,
    build,
    opened,
)
from benchbook.specs.models import PromptStyle
from plugins.scorers.grading import sample_of
from plugins.solvers.answering import sample


@dataclass
class Drawing:
    """A model that says one reply after the other."""

    replies: tuple[str | Output, ...]
    prompt_style: PromptStyle = "chat"
    asked: list[tuple[Prompt, GenerateConfig]] = field(default_factory=list)
    _left: Iterator[str | Output] = field(init=False)

    def __post_init__(self) -> None:
        self._left = iter(self.replies)

    async def __call__(self, prompt: Prompt, config: GenerateConfig = GenerateConfig(), *, shared: int = 0) -> Output:
        self.asked.append((prompt, config))
        reply = next(self._left)
        usage = Usage(input_tokens=10, output_tokens=2)
        return Output(text=reply, latency=0.5, usage=usage) if isinstance(reply, str) else reply

    async def loglikelihood(self, context: str, continuation: str) -> Likelihood:
        return Likelihood(logprob=-1.0, tokens=1, greedy=False)


def solved(name: str, *replies: str | Output, asked: Sample | None = None, **args: Any) -> tuple[Output, Drawing]:
    model = Drawing(replies)
    given = {"n": len(replies), **args}

    async def once() -> Output:
        async with opened("solver", Use(name=name, args=given)) as solve:
            output = await solve(asked or sample("2 + 2?", "4"), model)
            assert isinstance(output, Output)
            return output

    return asyncio.run(once()), model


def voted(*replies: str, **args: Any) -> str | None:
    return solved("majority-vote", *replies, **args)[0].answer


def said(text: str, *logprobs: float) -> Output:
    return Output(text=text, logprobs=tuple(TokenLogprob(token="x", logprob=each) for each in logprobs))


def test_most_draws_decide_and_all_of_them_are_kept() -> None:
    output, _ = solved("majority-vote", "The answer is 5.", "It is \\boxed{4}.", "So the answer is 4.0")
    assert (output.answer, output.text) == ("4", "It is \\boxed{4}.")
    assert output.answer_rule == "majority: 2 of 3"
    assert [(draw.answer, draw.chosen) for draw in output.draws] == [("5", False), ("4", True), ("4.0", False)]
    assert [draw.worth for draw in output.draws] == pytest.approx([1 / 3, 2 / 3, 2 / 3])
    assert output.draws[0].text == "The answer is 5."


def test_usage_and_latency_are_those_of_all_draws() -> None:
    output, _ = solved("majority-vote", "4", "4", "5")
    assert output.usage == Usage(input_tokens=30, output_tokens=6)
    assert output.latency == pytest.approx(1.5)


def test_the_first_among_equals_wins() -> None:
    assert voted("7", "4") == "7"
    assert voted("7", "4", "5", "4", "7") == "7"


def test_draws_without_an_answer_do_not_vote() -> None:
    assert voted("no idea", "none", "4", extract="number") == "4"
    output, _ = solved("majority-vote", "no idea", "none", extract="number")
    assert (output.answer, output.answer_rule) == (None, "majority: 0 of 2")
    assert [draw.worth for draw in output.draws] == [0.0, 0.0]


def test_answers_are_the_same_however_mathematics_writes_them() -> None:
    assert voted("1/3", "\\boxed{\\frac{1}{2}}", "0.5") == "\\frac{1}{2}"
    assert voted("x = 3", "x+1", "1 + x") == "x+1"
    assert voted("2/4", "3", "1/2", "3", compare="text") == "3"


@pytest.mark.parametrize(
    ("args", "replies", "answer"),
    [
        ({"extract": "number"}, ["I count 1,200 apples.", "3 and 1200", "7"], "1,200"),
        ({"extract": "letter"}, ["The answer is (B).", "b", "C) is right"], "B"),
        ({"extract": "letter"}, ["I like A.", "**D**", "Answer: D. Because of A."], "D"),
        ({"extract": "letter"}, ["The answer is B because A is wrong.", "B because I said so", "I say A"], "B"),
        ({"extract": "letter"}, ["A or B", "B, or rather A?", "<think>It is (D).</think>C"], "C"),
        ({"extract": "text"}, ["Yes", "no", " NO "], "no"),
        ({"pattern": r"Verdict: (\w+)"}, ["Verdict: no. Verdict: yes", "Verdict: yes", "verdict: no"], "yes"),
        ({"pattern": r"\d+"}, ["1 2", "3 2", "4"], "2"),
    ],
)
def test_what_is_counted_is_what_was_extracted(args: dict[str, Any], replies: list[str], answer: str) -> None:
    assert voted(*replies, **args) == answer


@pytest.mark.parametrize(
    ("args", "replies", "answer"),
    [
        ({"pattern": r"\d+"}, ["<think>7 or 8</think>It is 4.", "<think>4, no, 9", "<think>8</think>8", "4"], "4"),
        ({"extract": "number"}, ["<think>7</think>no idea", "<think>It is 7", "4"], "4"),
        ({"extract": "text"}, ["<think>a</think>yes", "<think>b</think>\nyes", "no", "no?"], "yes"),
        ({"extract": "answer"}, ["<think>The answer is 7.</think>The answer is 4.", "<think>7", "<think>7"], "4"),
        ({"pattern": r"\d"}, ["<think>1</think>", "<reasoning>2</reasoning>", "3"], "3"),
    ],
)
def test_what_was_thought_before_it_does_not_vote(args: dict[str, Any], replies: list[str], answer: str) -> None:
    assert voted(*replies, **args) == answer


def test_draws_are_asked_at_their_own_temperature() -> None:
    _, model = solved("majority-vote", "4", "4", temperature=0.9)
    assert [config.temperature for _, config in model.asked] == [0.9, 0.9]


def test_several_prompts_vote_in_turn() -> None:
    prompts = [{"generate": {"template": "A: {input}"}}, {"generate": {"template": "B: {input}"}}]
    _, model = solved("majority-vote", "4", "4", "5", solver=prompts)
    texts = [prompt[-1].content for prompt, _ in model.asked if not isinstance(prompt, str)]
    assert texts == ["A: 2 + 2?", "B: 2 + 2?", "A: 2 + 2?"]


def test_votes_can_be_cast_by_votes() -> None:
    inner = {"majority-vote": {"n": 2}}
    output, _ = solved("majority-vote", "1/2", "0.5", "3", "3", "0.50", "4", n=3, solver=inner)
    assert (output.answer, output.answer_rule) == ("1/2", "majority: 2 of 3")


def test_the_answer_that_a_solver_found_is_what_votes() -> None:
    asked = sample("Write f.", {"entry_point": "f"})
    code = "def f():\n    return 1"
    output, _ = solved(
        "majority-vote",
        f"```python\n{code}\n```",
        "?",
        f"Here:\n```python\n{code}\n```",
        asked=asked,
        solver="python-code",
    )
    assert output.answer is not None
    assert "return 1" in output.answer
    assert output.answer_rule == "majority: 2 of 3"


def test_the_likeliest_draw_is_the_best() -> None:
    draws = said("long", -0.2, -0.2, -0.2), said("short", -0.3)
    mean, model = solved("best-of-n", *draws)
    total, _ = solved("best-of-n", *draws, by="total_logprob")
    assert (mean.text, total.text) == ("long", "short")
    assert [config.logprobs for _, config in model.asked] == [0, 0]
    assert [draw.worth for draw in total.draws] == pytest.approx([-0.6, -0.3])
    assert mean.answer_rule == "best of 2: logprob"


@pytest.mark.parametrize("by", ["logprob", "total_logprob"])
def test_a_draw_that_says_nothing_is_not_the_likeliest(by: str) -> None:
    found, _ = solved("best-of-n", said(""), said("4", -2.0), Output(text=""), by=by)
    assert (found.text, [draw.worth for draw in found.draws]) == ("4", [None, -2.0, None])
    assert solved("best-of-n", said(""), said(""), by=by)[0].text == ""


def test_length_chooses_too() -> None:
    assert solved("best-of-n", "a b", "a", by="shortest")[0].text == "a"
    assert solved("best-of-n", "a", "a b", by="longest")[0].text == "a b"


def test_the_model_itself_may_choose_and_is_never_told_the_target() -> None:
    asked = sample("What is {answers} of it?", "the-secret-target")
    output, model = solved("best-of-n", "one", "two", "Answer 2, I think.", asked=asked, n=2, by="model")
    assert (output.text, output.answer_rule) == ("two", "best of 2: the model's choice")
    assert [draw.worth for draw in output.draws] == [0.0, 1.0]
    assert output.usage.input_tokens == 30
    prompt, config = model.asked[-1]
    assert config.temperature == 0
    assert "What is {answers} of it?" in str(prompt)
    assert "Answer 2:\\ntwo" in str(prompt)
    assert all("the-secret-target" not in str(each) for each, _ in model.asked)


def test_a_scorer_chooses_as_a_verifier_that_never_sees_the_target() -> None:
    schema = {"type": "object", "required": ["a"]}
    row = sample("Give a.", {"a": 2}).row.model_copy(update={"metadata": {"schema": schema}})
    draws = "no JSON", '{"b": 1}', '{"a": 1}', '{"a": 2}'
    first, _ = solved("best-of-n", *draws, asked=sample_of(row), verifier="json-extraction")
    valid, _ = solved("best-of-n", *draws, asked=sample_of(row), verifier="json-extraction", score="schema_valid")
    right, _ = solved("best-of-n", *draws, asked=sample_of(row), verifier="json-extraction", score="exact")
    assert (first.text, valid.text) == ('{"b": 1}', '{"a": 1}')
    assert [draw.worth for draw in valid.draws] == [0.0, 0.0, 1.0, 1.0]
    assert valid.answer_rule == "best of 4: json-extraction schema_valid"
    # Without the target nothing is exact.
    assert [draw.worth for draw in right.draws] == [0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("verifier", ["exact-match", "math-answer", "token-f1", "python-tests"])
def test_a_scorer_that_needs_the_target_is_no_verifier(verifier: str) -> None:
    with pytest.raises(SpecError, match=f"{verifier!r} cannot choose without the target, which would be cheating: "):
        # There is no reply: nothing is asked before it is found out.
        solved("best-of-n", n=2, verifier=verifier)


def test_a_score_that_a_verifier_does_not_give_is_told() -> None:
    with pytest.raises(SpecError, match="'json-extraction' gives no score 'f2'; it gives: parses, exact, precision"):
        solved("best-of-n", "1", "2", verifier="json-extraction", score="f2")


def test_what_the_model_thinks_before_it_chooses_does_not_count() -> None:
    output, _ = solved("best-of-n", "one", "two", "<think>1 is short.</think>2", n=2, by="model")
    assert output.text == "two"


def test_a_choice_that_cannot_be_read_is_said_to_be_none() -> None:
    for reply in ("neither", "3", ""):
        output, _ = solved("best-of-n", "one", "two", reply, n=2, by="model")
        assert (output.text, output.answer_rule) == ("one", "best of 2: the first, as the model named none")
        assert [draw.worth for draw in output.draws] == [None, None]


def test_without_log_probabilities_nothing_is_chosen_by_them() -> None:
    with pytest.raises(RuntimeFailed, match="the runtime gave no log-probabilities to choose by"):
        solved("best-of-n", "a", "b")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"n": 0}, "expected 1 to 100 draws, got 0"),
        ({"n": 101}, "expected 1 to 100 draws, got 101"),
        ({"temperature": 0.0}, "draws at temperature 0 are all the same"),
        ({"n": 2, "solver": ["generate", "generate"], "temperature": 0.0}, "draws at temperature 0 are all the same"),
        ({"solver": []}, "a list of solvers needs at least one"),
        ({"solver": "generat"}, "did you mean 'generate'"),
    ],
)
@pytest.mark.parametrize("solver", ["majority-vote", "best-of-n"])
def test_what_makes_no_sense_is_refused(solver: str, args: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        build("solver", Use(name=solver, args=args))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"verifier": "json-extraction", "by": "shortest"}, "give either"),
        ({"score": "exact"}, "names a score of a `verifier`"),
        ({"verifier": "json-extractor"}, "did you mean 'json-extraction'"),
    ],
)
def test_a_verifier_is_the_only_rule(args: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        build("solver", Use(name="best-of-n", args=args))


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(SpecError, match="is no regular expression"):
        build("solver", Use(name="majority-vote", args={"pattern": "("}))


def test_a_reply_of_megabytes_is_counted() -> None:
    for extract in ("answer", "number", "letter", "text"):
        output, _ = solved("majority-vote", "1 " * 1_000_000, "A" * 1_000_000, "(" * 1_000_000, extract=extract)
        assert len(output.draws) == 3
