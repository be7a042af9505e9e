"""One question, one answer, in the style of the model."""

import pytest

from benchbook import Message, SpecError
from plugins.solvers.answering import Model, sample, solved


def test_a_chat_model_is_asked_by_turns() -> None:
    model = Model("2")
    output = solved("generate", sample("1 + 1?"), model, system="Be brief.", template="Question: {input}")
    assert model.turns == [("system", "Be brief."), ("user", "Question: 1 + 1?")]
    assert (output.text, output.answer) == ("2", None)


def test_a_base_model_is_asked_by_text() -> None:
    model = Model(prompt_style="completion")
    solved("generate", sample("1 + 1?"), model, system="Sums.", template="Q: {input}\nA:")
    assert model.prompt == "Sums.\n\nQ: 1 + 1?\nA:"


def test_the_question_is_never_taken_for_a_template() -> None:
    model = Model()
    solved("generate", sample("What is {input} or {0}?"), model, template="<{input}>")
    assert model.turns == [("user", "<What is {input} or {0}?>")]


def test_turns_stay_turns_and_the_template_goes_around_the_last() -> None:
    turns = (Message(role="user", content="Hi"), Message(role="assistant", content="Hi"))
    question = (*turns, Message(role="user", content="1 + 1?"))
    model = Model()
    solved("generate", sample(question), model, template="{input}!")
    assert model.turns == [("user", "Hi"), ("assistant", "Hi"), ("user", "1 + 1?!")]


def test_a_template_without_a_place_for_the_question_is_refused() -> None:
    with pytest.raises(SpecError, match=r"write \{input\} there") as caught:
        solved("generate", sample("?"), Model(), template="Answer!")
    assert caught.value.field == ("template",)
