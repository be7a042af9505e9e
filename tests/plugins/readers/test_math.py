"""MATH, of which only the answers may be copied."""

from pathlib import Path

from plugins.readers.reading import mistake, read, written


def test_problems_are_of_their_subject_and_level(tmp_path: Path) -> None:
    published = {"problem": "1 + 1?", "level": "Level 5", "type": "Algebra", "solution": r"So $\boxed{\frac{4}{2}}$."}
    split = {"problem": "1?", "level": 1, "subject": "Geometry", "answer": "1", "unique_id": "test/geometry/1.json"}
    rows = read("math", data=written(tmp_path / "math.jsonl", published, split))
    assert [(row.key, row.target, row.slices) for row in rows] == [
        ("1", r"\frac{4}{2}", ("Algebra", "level 5")),
        ("test/geometry/1.json", "1", ("Geometry", "level 1")),
    ]


def test_answers_alone_cannot_be_asked(shared_data: Path) -> None:
    error = mistake("math", data=str(shared_data / "math" / "math500_answers.jsonl"))
    assert ":1: the field 'problem' is missing; a file of answers alone cannot be asked" in str(error)


def test_a_solution_that_boxes_nothing_is_named(tmp_path: Path) -> None:
    error = mistake("math", data=written(tmp_path / "m.jsonl", {"problem": "?", "solution": "It is 2."}))
    assert r"m.jsonl:1: `solution` should hold its answer in \boxed{…}" in str(error)
