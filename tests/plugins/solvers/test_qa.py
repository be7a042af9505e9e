"""Questions about a text, asked in the style that suits the model, and the short answer in its reply."""

import pytest

from benchbook.plugins.solvers.qa import short_answer
from plugins.solvers.answering import Model, sample, solved

QUESTION = "A text.\n\nQuestion: Why?"


def test_a_chat_has_the_examples_as_turns_of_which_all_but_the_last_are_shared() -> None:
    model = Model("Because")
    output = solved("qa", sample(QUESTION), model, shots=2)
    assert [role for role, _ in model.turns] == ["user", "assistant", "user", "assistant", "user"]
    assert model.turns[1] == ("assistant", "Tom Hale")
    assert model.turns[-1][1].endswith(QUESTION)
    assert model.shared == 4
    assert (output.answer, output.answer_rule) == ("Because", "first line")


def test_a_text_model_goes_on_behind_the_mark() -> None:
    model = Model(" Because", "completion")
    assert solved("qa", sample(QUESTION), model, shots=1).answer == "Because"
    [(prompt, config)] = model.asked
    assert isinstance(prompt, str)
    assert prompt.endswith(f"Answer: Tom Hale\n\n\n{QUESTION}\nAnswer:")
    assert prompt[model.shared :] == f"{QUESTION}\nAnswer:"
    assert config.stop == ("\n",)


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("Paris", "Paris"),
        ("**Paris**.", "Paris"),
        ('\n"Paris"\nIt is the capital.', "Paris"),
        ("I look it up.\n\nFinal answer: Paris.", "Paris"),
        ("**Answer:** Paris", "Paris"),
        ("Answer:\nParis", "Paris"),
        ("<think>Rome? Answer: Rome</think>Paris", "Paris"),
        ("Answer:", "Answer:"),
        ("I look.\n\n  > __Answer__: Paris", "Paris"),
        # Hostile: nothing but what may stand before the mark.
        ("\n" * 50_000, None),
        ("Paris" + "\n*_ " * 12_000, "Paris"),
        ("answer" + " " * 50_000, "answer"),
        ("", None),
        ("<think>Rome", None),
    ],
)
def test_the_answer_is_behind_the_mark_or_in_the_first_line(reply: str, answer: str | None) -> None:
    assert short_answer(reply)[0] == answer


def test_there_are_only_so_many_examples() -> None:
    with pytest.raises(Exception, match="there are 3 examples: choose 0 to 3"):
        solved("qa", sample(QUESTION), Model(), shots=4)
