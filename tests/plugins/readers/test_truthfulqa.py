"""TruthfulQA, from its table and from its multiple-choice file."""

import json
from pathlib import Path
from typing import Any

from plugins.readers.reading import mistake, read

TABLE = (
    "Type,Category,Question,Best Answer,Correct Answers,Incorrect Answers,Source\n"
    'Adversarial,Law, Is it so? ,No,"No; It is not","Yes; It is; Yes; ",x\n'
)


def test_a_row_of_the_table_has_each_answer_once(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    [row] = read("truthfulqa", data=str(tmp_path / "t.csv"))
    assert (row.input, row.choices, row.slices) == (
        "Is it so?",
        ("No", "Yes", "It is", "It is not"),
        ("Law", "Adversarial"),
    )
    assert row.target == {"best": 0, "others": [1, 2], "true": [0, 3], "false": [1, 2]}


def test_the_published_choices_are_read_in_both_of_their_forms(tmp_path: Path) -> None:
    first, second = {"Yes": 0, "No": 1}, {"No": 1, "Never": 1, "Yes": 0}
    objects = {"question": "?", "mc1_targets": first, "mc2_targets": second}
    lists = {
        "question": "?",
        **{
            name: {"choices": list(given), "labels": list(given.values())}
            for name, given in (("mc1_targets", first), ("mc2_targets", second))
        },
    }
    (tmp_path / "mc_task.json").write_text(json.dumps([objects, lists]))
    rows = read("truthfulqa", data=str(tmp_path / "mc_task.json"))
    assert {row.choices for row in rows} == {("No", "Yes", "Never")}
    assert all(row.target == {"best": 0, "others": [1], "true": [0, 2], "false": [1]} for row in rows)


def test_all_817_questions_have_true_and_false_answers(shared_data: Path) -> None:
    rows = read("truthfulqa", data=str(shared_data / "truthfulqa" / "TruthfulQA.csv"))
    assert len(rows) == 817
    assert sum("Adversarial" in row.slices for row in rows) == 437


def test_what_is_wrong_with_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Question,Best Answer\n?,No\n")
    assert "the column 'Correct Answers' is missing" in str(mistake("truthfulqa", data=str(tmp_path / "t.csv")))
    (tmp_path / "t.csv").write_text(TABLE.replace("Yes; It is; Yes; ", ""))
    assert "t.csv:2: there should be at least one right and one wrong answer" in str(
        mistake("truthfulqa", data=str(tmp_path / "t.csv"))
    )
    (tmp_path / "t.json").write_text(json.dumps([{"question": "?", "mc1_targets": {"a": 1, "b": 1}}]))
    assert "`mc1_targets` should have one right answer, not 2" in str(
        mistake("truthfulqa", data=str(tmp_path / "t.json"))
    )
    wrong: tuple[Any, ...] = ({"choices": ["a"], "labels": [1, 0]}, {"a": "yes"}, [], {})
    for broken in wrong:
        (tmp_path / "t.json").write_text(json.dumps([{"question": "?", "mc1_targets": broken}]))
        assert "the field 'mc1_targets' should be an object of answers" in str(
            mistake("truthfulqa", data=str(tmp_path / "t.json"))
        )
