"""Questions after examples: a text for base models, turns for chat models."""

from pathlib import Path
from typing import Any

import pytest

from benchbook import Message, Row, Sample, SpecError
from plugins.readers.reading import written
from plugins.scorers.grading import sample_of
from plugins.solvers.answering import Model, sample, solved

QUESTION = sample("3 + 3?")


@pytest.fixture
def examples(tmp_path: Path) -> dict[str, Any]:
    lines = (
        {"input": f"{n} + {n}?", "target": f"{2 * n}.", "part": part} for n, part in ((1, "x"), (2, "x"), (5, "y"))
    )
    return {"jsonl": {"file": written(tmp_path / "examples.jsonl", *lines)}}


def by_part(examples: dict[str, Any]) -> dict[str, Any]:
    return {"jsonl": {**examples["jsonl"], "slice": "part"}}


def test_a_base_model_gets_a_text_that_it_continues(examples: dict[str, Any]) -> None:
    model = Model("6.", prompt_style="completion")
    solved("few-shot", QUESTION, model, examples=examples, shots=2, description="Sums.\n\n", stop=["Question:"])
    before = "Sums.\n\nQuestion: 1 + 1?\nAnswer: 2.\n\nQuestion: 2 + 2?\nAnswer: 4.\n\n"
    assert model.prompt == f"{before}Question: 3 + 3?\nAnswer:"
    assert model.shared == len(before)
    assert model.asked[0][1].stop == ("Question:",)


def test_a_chat_model_gets_turns(examples: dict[str, Any]) -> None:
    model = Model("6.")
    solved("few-shot", QUESTION, model, examples=examples, shots=1, description="Sums.\n\n", instruction="Add.")
    assert model.turns == [
        ("user", "Sums.\n\nAdd.\n\n1 + 1?"),
        ("assistant", "2."),
        ("user", "Add.\n\n3 + 3?"),
    ]
    assert model.shared == 2
    assert model.asked[0][1].stop == ()


def test_examples_are_those_of_the_questions_own_slice(examples: dict[str, Any]) -> None:
    model = Model("6.", prompt_style="completion")
    asked = sample_of(Row(key="q", input="3 + 3?", slices=("y",)))
    solved("few-shot", asked, model, examples=by_part(examples), description="About {slice}.\n\n")
    assert model.prompt == "About y.\n\nQuestion: 5 + 5?\nAnswer: 10.\n\nQuestion: 3 + 3?\nAnswer:"


def test_without_examples_the_question_stands_alone() -> None:
    model = Model("6.", prompt_style="completion")
    solved("few-shot", QUESTION, model)
    assert (model.prompt, model.shared) == ("Question: 3 + 3?\nAnswer:", 0)


@pytest.mark.parametrize(
    ("asked", "args", "message"),
    [
        (QUESTION, {"template": "?"}, "write {input} there"),
        (QUESTION, {"shots": 2, "examples": None}, "2 examples are asked for; say where they are"),
        (QUESTION, {"shots": 4}, "4 examples are asked for; there are 3"),
        (QUESTION, {"shots": -1}, "expected at least 0, got -1"),
        (sample((Message(role="user", content="?"),)), {}, "few-shot needs a question that is a text"),
    ],
)
def test_what_cannot_be_asked_is_told(
    examples: dict[str, Any], asked: Sample, args: dict[str, Any], message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        solved("few-shot", asked, Model(), **{"examples": examples, **args})


def test_a_slice_without_examples_is_told(examples: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="is of the slice z, for which there are no examples; there are some for: x, y"):
        solved("few-shot", sample_of(Row(key="q", input="?", slices=("z",))), Model(), examples=by_part(examples))


def test_a_question_is_never_among_its_own_examples(examples: dict[str, Any]) -> None:
    model = Model(prompt_style="completion")
    for question in ("1 + 1?", " 1 +  1? "):
        solved("few-shot", sample(question, "2."), model, examples=examples, shots=2)
    shown = "Question: 2 + 2?\nAnswer: 4.\n\nQuestion: 5 + 5?\nAnswer: 10.\n\n"
    assert [str(prompt).rpartition("Question:")[0] for prompt, _ in model.asked] == [shown, shown]
    alike = sample("2 + 2?", "another answer")
    solved("few-shot", alike, model, examples=examples)
    assert "4." not in str(model.asked[-1][0])


def test_a_question_that_is_asked_twice_in_the_file_is_left_out_twice(tmp_path: Path) -> None:
    lines = [{"input": f"{n}?", "target": f"{n}."} for n in (1, 1, 1, 2, 3, 4)]
    twice = {"jsonl": {"file": written(tmp_path / "twice.jsonl", *lines)}}
    model = Model(prompt_style="completion")
    for question in ("1?", "2?"):
        solved("few-shot", sample(question, "?"), model, examples=twice, shots=2, template="{input}")
    assert [str(prompt).split("\n\n") for prompt, _ in model.asked] == [
        ["2? 2.", "3? 3.", "1?"],
        ["1? 1.", "1? 1.", "2?"],
    ]


def test_the_same_row_in_another_template_is_known_by_its_key(tmp_path: Path) -> None:
    lines = [{"input": f"How many are {n} and {n}, if you add them?", "target": f"{2 * n}."} for n in (1, 2, 3)]
    file = written(tmp_path / "rows.jsonl", *lines)
    now = sample("x").row
    asked = sample_of(now.model_copy(update={"key": "2", "input": f"Add. {lines[1]['input']} Be brief."}))
    model = Model(prompt_style="completion")
    solved("few-shot", asked, model, examples={"jsonl": {"file": file}}, shots=2)
    assert "4." not in str(model.prompt)
    assert "6." in str(model.prompt)


def test_choices_tell_questions_of_one_text_apart(tmp_path: Path) -> None:
    rows = [{"question": "Which is true?", "choices": [f"a{n}", "b"], "answer": 0} for n in range(3)]
    use = {"multiple-choice": {"file": written(tmp_path / "quiz.jsonl", *rows)}}
    asked = sample_of(Row(key="q", input="Which is true?", choices=("a1", "b"), target=0))
    model = Model("A", prompt_style="completion")
    solved("multiple-choice", asked, model, examples=use, shots=2, weigh="generate")
    assert str(model.prompt).count("A. a0") == str(model.prompt).count("A. a2") == str(model.prompt).count("A. a1") == 1


def test_one_of_exactly_as_many_examples_is_asked_after_the_others(examples: dict[str, Any]) -> None:
    model = Model(prompt_style="completion")
    solved("few-shot", sample("1 + 1?", "2."), model, examples=examples, shots=3)
    assert (str(model.prompt).count("Question: "), str(model.prompt).count("Question: 1 + 1?")) == (3, 1)
    alone = sample_of(Row(key="q", input="5 + 5?", slices=("y",)))
    model = Model(prompt_style="completion")
    solved("few-shot", alone, model, examples=by_part(examples))
    assert model.prompt == "Question: 5 + 5?\nAnswer:"
