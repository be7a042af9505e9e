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
