"""The letter that a reply comes to."""

import pytest

from benchbook import Row
from benchbook.plugins.solvers.choices import chosen

ROW = Row(key="q", input="?", choices=("a cat", "a dog", "both", "neither"), target=1)


@pytest.mark.parametrize(
    ("reply", "rule"),
    [
        (" B", "a letter alone"),
        ("b.", "a letter alone"),
        ("**(B)**", "a letter alone"),
        ("B. a dog", "a letter ahead"),
        ("(B) a dog, for it barks. A cat does not.", "a letter ahead"),
        ("B\n\nBecause a dog barks.", "a letter ahead"),
        ("The answer is B.", "stated"),
        ("the answer is (B) a dog", "stated"),
        ("Answer: **B**", "stated"),
        ("The correct answer is therefore option B, a dog", "stated"),
        ("First I thought the answer is A. But no: the answer is B.", "stated"),
        ("**Answer:** B) a dog", "stated"),
        ("The right choice is B, and option A is not.", "stated"),
        ("Option B is correct, because option A does not bark.", "called right"),
        ("I would go for option B.", "the only letter"),
        (r"So $\boxed{B}$.", "boxed"),
        (r"$\boxed{\text{(B) a dog}}$", "boxed"),
        ("It barks, so I would take (B).", "the only letter"),
        ("I believe it's B.", "said"),
        ("The answer is not A; it must be **B**", "said"),
        ("(A) meows, (B) barks. I'd go with B", "said"),
        ("a dog", "the text of a choice"),
        ("<think>A or C? The answer is A.</think>B", "a letter alone"),
    ],
)
def test_a_choice_is_found_however_it_is_said(reply: str, rule: str) -> None:
    assert chosen(reply, ROW) == ("B", rule)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I do not know.",
        "A good question, but hard.",
        "(A) or (B)",
        "Option A, or option B?",
        "E",
        "It's A or B.",
        "It is not B.",
        "It is A/B.",
        "The answer is unclear.",
        "a",
        "<think>B",
    ],
)
def test_what_chooses_nothing_or_several_is_no_choice(reply: str) -> None:
    expected = ("A", "a letter alone") if reply == "a" else None
    assert chosen(reply, ROW) == expected


def test_long_replies_take_no_time_to_speak_of() -> None:
    for hostile in (
        "answer " * 20_000,
        "(" * 100_000,
        "**" * 50_000,
        " " * 100_000,
        "A" * 100_000,
        "answer is \n" * 9000,
        "it is " * 20_000,
        "it's" + "(*[" * 30_000,
    ):
        assert chosen(hostile, ROW) is None
