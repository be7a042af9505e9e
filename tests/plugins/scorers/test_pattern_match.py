"""What a pattern finds is compared, after what does not count is taken out."""

from typing import Any

import pytest

from benchbook import SpecError, Use, Verdict, build
from plugins.scorers.grading import generation, sample

NUMBERS: dict[str, Any] = {
    "strict": r"#### (\-?[0-9\.\,]+)",
    "flexible": {"pattern": r"(-?[$0-9.,]{2,})|(-?[0-9]+)", "take": "last"},
}


def verdicts(target: Any, reply: str, **args: Any) -> dict[str, Verdict]:
    given = {"patterns": NUMBERS, "ignore": [",", r"\$", r"\.$"], **args}
    found = build("scorer", Use(name="pattern-match", args=given))(sample(target), generation(None, reply))
    return {verdict.name: verdict for verdict in found}


def values(target: Any, reply: str, **args: Any) -> dict[str, float | None]:
    return {name: verdict.value for name, verdict in verdicts(target, reply, **args).items()}


def test_each_pattern_is_a_score_of_its_own() -> None:
    assert values("1200", "It is $1,200.\n#### 1,200") == {"strict": 1.0, "flexible": 1.0}
    assert values("1200", "It is $1,200.") == {"strict": 0.0, "flexible": 1.0}
    assert values("1200", "#### 1,200, of which 5 are left") == {"strict": 1.0, "flexible": 0.0}
    assert verdicts("1200", "nothing")["strict"].label == "no answer"
    assert verdicts("1200", "#### 7")["strict"].explanation == "found '7', expected '1200'"


def test_one_of_several_targets_is_enough_and_case_may_not_count() -> None:
    patterns = {"said": r"answer is (.*)"}
    assert values(["yes", "no"], "The answer is No", patterns=patterns) == {"said": 0.0}
    assert values(["yes", "no"], "The answer is No", patterns=patterns, ignore_case=True) == {"said": 1.0}


def test_hostile_replies_are_searched_in_time_that_grows_with_their_length() -> None:
    for hostile in ("1" * 200_000, "#### " * 50_000, "$" * 200_000, "the answer is " * 20_000, "-" * 200_000):
        assert values("2", hostile) == {"strict": 0.0, "flexible": 0.0}


def test_a_pattern_that_takes_too_long_is_an_error_of_its_own_score() -> None:
    found = verdicts("1", "#### 1 " + "a" * 200 + "b", patterns={"endless": "(a|aa)+$", "strict": NUMBERS["strict"]})
    assert (found["endless"].value, found["strict"].value) == (None, 1.0)
    assert (found["endless"].error or "").startswith("'(a|aa)+$' was looked for in one text for 3 s")


@pytest.mark.parametrize(
    ("target", "args", "message"),
    [
        ("1", {"patterns": {}}, "say what is looked for"),
        ("1", {"patterns": {"x": "("}}, r"is no regular expression"),
        ("1", {"patterns": {"x": {"pattern": "1", "take": "second"}}}, "take"),
        (1, {}, "pattern-match needs a target that is a text"),
    ],
)
def test_what_cannot_be_compared_is_told(target: Any, args: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        verdicts(target, "1", **args)
