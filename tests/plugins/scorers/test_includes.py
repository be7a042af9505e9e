"""What is said somewhere is said."""

from typing import Any

import pytest

from benchbook import Scorer, SpecError, Use, Verdict, build
from plugins.scorers.grading import generation, sample


def value(target: Any, reply: str, **args: Any) -> float | None:
    scorer: Scorer = build("scorer", Use(name="includes", args=args))
    verdict = scorer(sample(target), generation(None, reply))
    assert isinstance(verdict, Verdict)
    return verdict.value


@pytest.mark.parametrize(
    ("target", "reply", "worth"),
    [
        ("Paris", "The capital of France is paris.", 1.0),
        ("New York", "It is New\nYork, I think", 1.0),
        ("Rome", "The capital of France is Paris.", 0.0),
        ("art", "a party", 0.0),
        ("4", "42", 0.0),
        ("4", "3.4 or 4,000", 0.0),
        ("4", "It is 4.", 1.0),
        ("C++", "I like C++!", 1.0),
        (["Rome", "Paris"], "Paris", 1.0),
        ("Rome", "<think>Rome? No.</think>Paris", 0.0),
    ],
)
def test_whole_words_are_found_wherever_they_stand(target: Any, reply: str, worth: float) -> None:
    assert value(target, reply) == worth


def test_case_and_parts_of_words_count_as_the_task_says() -> None:
    assert value("Paris", "paris", ignore_case=False) == 0.0
    assert value("art", "a party", whole_words=False) == 1.0


def test_an_extracted_answer_goes_before_the_reply() -> None:
    scorer: Scorer = build("scorer", Use(name="includes"))
    verdict = scorer(sample("Paris"), generation("London", "Paris? No: London"))
    assert isinstance(verdict, Verdict)
    assert (verdict.value, verdict.explanation) == (0.0, "expected 'Paris'")


@pytest.mark.parametrize("target", ["", ["Paris", " "], {"city": "Paris"}, None])
def test_a_target_that_says_nothing_is_refused(target: Any) -> None:
    with pytest.raises(SpecError, match="includes needs a target"):
        value(target, "Paris")
