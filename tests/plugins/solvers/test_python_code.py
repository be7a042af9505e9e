"""A function is asked for by the style of the model, and the program is taken out of the reply."""

from typing import Any

import pytest

from benchbook import Message, SpecError
from benchbook.plugins.solvers.extraction import stub_of
from benchbook.plugins.solvers.python_code import EXAMPLES
from benchbook.specs.models import PromptStyle
from plugins.scorers import grading
from plugins.scorers.grading import verdicts
from plugins.solvers.answering import Model, sample, solved

STUB = 'def total(numbers: list[int]) -> int:\n    """Return the sum of the numbers."""\n'
WORDS = "Write a function to add numbers.\n\nYour code should pass these tests:\n\nassert total([1, 2]) == 3\n"
BODY = "    return sum(numbers)\n"
TARGET = {"entry_point": "total", "tests": ["total([]) == 0"]}


def test_a_chat_model_sees_examples_as_turns() -> None:
    model = Model(f"```python\n{STUB}{BODY}```")
    output = solved("python-code", sample(STUB, TARGET), model, shots=2, instruction="Write it.")
    assert [role for role, _ in model.turns] == ["user", "assistant", "user", "assistant", "user"]
    assert model.turns[0][1] == f"Write it.\n\n```python\n{EXAMPLES[0].stub}```"
    assert model.turns[1][1] == f"```python\n{EXAMPLES[0].program}```"
    assert model.turns[-1][1] == f"Write it.\n\n```python\n{STUB}```"
    assert model.asked[0][1].stop == ()
    assert (output.answer, output.answer_rule) == (STUB + BODY, "fence")


def test_a_base_model_continues_after_the_same_examples() -> None:
    model = Model(BODY, "completion")
    output = solved("python-code", sample(STUB, TARGET), model, shots=2)
    before = "".join(f"{example.stub}{example.body}\n\n" for example in EXAMPLES[:2])
    assert model.prompt == before + STUB
    assert "\ndef " in model.asked[0][1].stop
    assert (output.answer, output.answer_rule) == (STUB + BODY, "continuation")


def test_a_task_in_words_is_asked_in_words() -> None:
    model = Model()
    solved("python-code", sample(WORDS, TARGET), model, shots=1, instruction="Write it.")
    assert model.turns[0][1] == f"Write it.\n\n{EXAMPLES[0].text}"
    assert model.turns[-1][1] == f"Write it.\n\n{WORDS}"


def test_a_base_model_gets_words_by_the_published_recipe() -> None:
    program = f"def total(numbers):\n{BODY}"
    model = Model(program, "completion")
    output = solved("python-code", sample(WORDS, TARGET), model, shots=1)
    example = EXAMPLES[0]
    assert model.prompt == f"{example.text}[BEGIN]\n{example.program}[DONE]\n\n{WORDS}[BEGIN]\n"
    assert model.asked[0][1].stop == ("[DONE]",)
    assert (output.answer, output.answer_rule) == (program, "whole")


def test_no_stop_sequence_cuts_an_example_short() -> None:
    model = Model(prompt_style="completion")
    solved("python-code", sample(STUB, TARGET), model)
    for example in EXAMPLES:
        assert not any(stop in example.body for stop in model.asked[0][1].stop)


@pytest.mark.parametrize("style", ["chat", "completion"])
@pytest.mark.parametrize("question", [STUB, WORDS])
def test_what_all_samples_share_is_everything_but_the_question(question: str, style: PromptStyle) -> None:
    model = Model(prompt_style=style)
    solved("python-code", sample(question, TARGET), model)
    own = model.prompt[model.shared :]
    assert question.strip() in (own if isinstance(own, str) else own[0].content)
    assert question.strip() not in str(model.prompt[: model.shared])
    assert model.shared > 0


def test_without_shots_there_is_only_the_question() -> None:
    model = Model(prompt_style="completion")
    solved("python-code", sample(STUB, TARGET), model, shots=0)
    assert model.prompt == STUB


def test_a_reply_without_code_has_no_answer() -> None:
    output = solved("python-code", sample(STUB, TARGET), Model("I would rather not."))
    assert (output.text, output.answer, output.answer_rule) == ("I would rather not.", None, None)


@pytest.mark.parametrize("shots", [-1, len(EXAMPLES) + 1])
def test_more_examples_than_there_are_is_refused(shots: int) -> None:
    with pytest.raises(SpecError, match=f"choose 0 to {len(EXAMPLES)}") as caught:
        solved("python-code", sample(STUB, TARGET), Model(), shots=shots)
    assert caught.value.field == ("shots",)


@pytest.mark.parametrize(
    ("question", "target"),
    [(STUB, None), (STUB, {"tests": []}), ((Message(role="user", content=STUB),), TARGET)],
)
def test_a_sample_that_is_no_coding_task_is_named(question: Any, target: Any) -> None:
    with pytest.raises(SpecError, match="sample 'a sample': python-code needs a text as input"):
        solved("python-code", sample(question, target), Model())


def test_the_examples_are_right() -> None:
    graded = []
    for example in EXAMPLES:
        entry_point = example.signature[4 : example.signature.index("(")]
        assert stub_of(example.stub, entry_point)
        target = {"entry_point": entry_point, "tests": [*example.tests]}
        graded += [(grading.sample(target), program) for program in (example.program, example.stub + example.body)]
    assert [given.label for given in verdicts(graded)] == ["passed"] * len(graded)
