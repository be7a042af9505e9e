"""Equal texts match."""

from typing import Any

import pytest

from benchbook import Scorer, SpecError, Use, Verdict, build
from plugins.scorers.grading import generation, sample


def value(target: Any, answer: str | None, text: str = "", **args: Any) -> float | None:
    scorer: Scorer = build("scorer", Use(name="exact-match", args=args))
    verdict = scorer(sample(target), generation(answer, text))
    assert isinstance(verdict, Verdict)
    return verdict.value


def test_the_answer_equals_the_target() -> None:
    assert value("Paris", "Paris") == 1.0
    assert value("Paris", "London") == 0.0
    assert value("Paris", "paris") == 0.0


def test_one_of_several_targets_is_enough() -> None:
    assert value(["Paris", "Paris, France"], "Paris, France") == 1.0
    assert value(["Paris", "Rome"], "London") == 0.0


def test_without_an_extracted_answer_the_whole_reply_counts() -> None:
    assert value("Paris", None, "Paris") == 1.0
    assert value("Paris", "London", "Paris") == 0.0


def test_case_and_outer_blanks_count_as_the_task_says() -> None:
    assert value("Straße", "STRASSE", ignore_case=True) == 1.0
    assert value("Paris", " Paris\n") == 1.0
    assert value("Paris", " Paris\n", strip=False) == 0.0


def test_a_verdict_says_what_was_expected() -> None:
    verdict = build("scorer", Use(name="exact-match"))(sample(["a", "b"]), generation("c"))
    assert verdict.explanation == "expected 'a' or 'b'"


@pytest.mark.parametrize("target", [None, 3, [], ["a", 1], {"a": "b"}])
def test_a_target_that_is_no_text_is_the_data_sets_mistake(target: Any) -> None:
    with pytest.raises(SpecError, match="sample 'a sample': exact-match needs a target"):
        value(target, "a")
