"""Equal is 1, different is 0, and what cannot be told is neither."""

import asyncio
from typing import Any

import pytest

from benchbook import SpecError, Use, Verdict, opened
from plugins.scorers.grading import generation, sample


def verdict(target: Any, reply: str, **args: Any) -> Verdict:
    async def score() -> Verdict:
        async with opened("scorer", Use(name="math-answer", args=args)) as scorer:
            found = await scorer(sample(target), generation(None, reply))
            assert isinstance(found, Verdict)
            return found

    return asyncio.run(score())


def test_an_equal_answer_is_one_and_tells_how_it_was_found() -> None:
    found = verdict(r"\frac12", r"We see that it is \boxed{0.5}.")
    assert (found.value, found.label) == (1.0, "equal")
    assert found.trace["rule"] == "boxed: number"
    assert found.trace["answer"] == "0.5"
    assert found.trace["policy"] == "default"


def test_another_answer_is_zero_and_says_what_was_expected() -> None:
    found = verdict("42", "Answer: 41")
    assert (found.value, found.label) == (0.0, "different")
    assert found.explanation == "'41' is not '42': the numbers differ"


def test_what_cannot_be_told_is_unscored_and_never_a_zero() -> None:
    found = verdict(r"\sqrt{2}", r"\prod_{k=1}^{100000000}(1+\frac{x}{k})", seconds=0.3)
    assert (found.value, found.label) == (None, None)
    assert found.error == "undecided: it takes longer than 0.3 s"


def test_one_of_several_targets_is_enough_unless_all_are_asked_for() -> None:
    assert verdict(["1", "2"], "2").value == 1.0
    assert verdict(["1", "2"], "2", targets="all").value == 0.0
    assert verdict([3], "three").value == 1.0


def test_the_policy_is_an_argument() -> None:
    assert verdict("25%", "25").value == 0.0
    found = verdict("25%", "25", policy={"percent": "either"})
    assert (found.value, found.trace["policy"]) == (1.0, "percent=either")


@pytest.mark.parametrize("target", [None, [], True, {"a": 1}])
def test_a_target_that_is_no_answer_is_the_data_sets_mistake(target: Any) -> None:
    with pytest.raises(SpecError, match="math-answer needs a target"):
        verdict(target, "1")
