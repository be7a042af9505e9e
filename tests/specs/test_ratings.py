"""Ratings as people write them down: every mistake has a line and a remedy."""

import json

import pytest

from benchbook.errors import SpecError
from benchbook.specs.ratings import RatingLine, read_ratings


def read(*lines: object) -> list[RatingLine]:
    return list(
        read_ratings([line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines], "r.jsonl")
    )


def test_a_line_says_who_said_what_of_what() -> None:
    one, other = read(
        {"id": 7, "rater": "judge", "value": True, "confidence": 0.5}, {"id": "7", "rater": "a", "label": "x"}
    )
    assert (one.criterion, one.value, one.kind, other.label) == ("verdict", True, "model", "x")


@pytest.mark.parametrize(
    ("rater", "kind"),
    [
        ("human", "human"),
        ("human-anna", "human"),
        ("human:2", "human"),
        ("code/tests", "code"),
        ("humanist-7b", "model"),
    ],
)
def test_people_and_programs_are_known_by_their_names(rater: str, kind: str) -> None:
    [one] = read({"id": 1, "rater": rater, "value": 1})
    assert one.kind == kind
    [said] = read({"id": 1, "rater": rater, "value": 1, "author": "human"})
    assert said.kind == "human"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"id": 1, "rater": "j"}, "r.jsonl:1: give a `value`, a `label`, `preferred`, or an `error`"),
        ({"id": 1, "rater": "j", "value": 1, "error": "x"}, "`value` and `error` contradict each other"),
        (
            {"id": 1, "rater": "j", "preferred": "first"},
            "r.jsonl:1: preferred: expected 'a', 'b' or 'tie', got 'first'",
        ),
        ({"id": 1, "rater": "j", "valeu": 1}, "r.jsonl:1: valeu: unknown key 'valeu'; did you mean 'value'?"),
        ({"id": 1, "value": 1}, "r.jsonl:1: rater: this field is required"),
        ({"id": 1, "rater": "j", "value": 1, "confidence": 1.2}, "confidence"),
        ({"id": 1, "rater": "j", "value": 1, "models": ["x", "y"]}, "`lengths` and `models` are for pairs"),
        ({"id": 1, "rater": "j", "preferred": "a", "lengths": [1]}, "lengths"),
        (b"{", "r.jsonl:1: not valid JSON"),
        (b"[" * 100_000, "r.jsonl:1: nested too deeply"),
        (b"\xff", "r.jsonl:1: not UTF-8"),
        (b'{"id": 1, "rater": "j", "value": NaN}', "r.jsonl:1: a number is not finite"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_remedy(line: object, message: str) -> None:
    with pytest.raises(SpecError) as raised:
        read(line)
    assert message in str(raised.value)


def test_empty_lines_are_none() -> None:
    assert read(b"\n", b"  ", {"id": 1, "rater": "j", "value": 1})[0].id == 1
