"""What is odd about a judge's answers is flagged, with the reason."""

import json
from typing import Any

import pytest

from benchbook.engine.judge_rules import audit, review, settled
from benchbook.engine.judge_verdicts import Ballot, decided
from benchbook.protocols import Matter
from benchbook.records.scores import Score
from benchbook.specs.rubrics import Rubric, rubric
from benchbook.specs.verdicts import Verdict
from engine.judged import ballot, judging_of, matter_of, rubric_of, said

ONE = rubric_of({"name": "right", "cites": ["response"], "settled_by": "checks"})
TWO = rubric_of({"name": "a"}, {"name": "b"})
TREE = rubric_of({"name": "a", "parts": [{"name": "b", "question": "?"}]})
PAIR = rubric("code-review")


def entry(answer: str, **more: Any) -> dict[str, Any]:
    return {"justification": "the sum is as it should be", "quote_response": "2", "answer": answer, **more}


def flags(of: Rubric, *ballots: Ballot, matter: Matter | None = None, **policy: Any) -> list[str]:
    judging = judging_of(of, **policy)
    found = review(decided(ballots, judging), ballots, matter or matter_of(*"22"[: 1 + of.compares]), judging)
    told = found.trace.get("flags", [])
    assert isinstance(told, list)
    assert (found.label, found.value) == (("flagged", 0.0) if told else ("clear", 1.0))
    return [str(flag["rule"]) for flag in told if isinstance(flag, dict)]


def one(**given: Any) -> Ballot:
    return ballot(ONE, said(ONE, right=entry(**given)), response="it is 2")


def test_there_is_nothing_to_say_of_a_verdict_that_is_in_order() -> None:
    assert flags(ONE, one(answer="yes", confidence=0.9), matter=matter_of("it is 2", passed=[True])) == []


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"answer": "yes", "justification": "yes, sure"}, "trivial_justification"),
        ({"answer": "yes", "confidence": 0.3}, "low_confidence"),
        ({"answer": "yes", "quote_response": "it is 3"}, "span_not_found"),
        ({"answer": "no", "quote_response": ""}, "no_citation"),
        ({"answer": "cannot_tell"}, "undecided"),
        ({"answer": "perhaps"}, "unreadable"),
    ],
)
def test_what_is_odd_about_a_single_answer_is_flagged(given: dict[str, Any], rule: str) -> None:
    assert rule in flags(ONE, one(**given))


def test_code_has_nothing_to_quote() -> None:
    judging, ballots = judging_of(ONE), [one(answer="no", quote_response="")]
    found = review(decided(ballots, judging), ballots, matter_of("it is 3", passed=[False]), judging, "code")
    assert found.label == "clear"


def test_a_yes_against_the_check_is_a_conflict_and_so_is_a_no_for_what_passes() -> None:
    assert flags(ONE, one(answer="yes"), matter=matter_of("it is 2", passed=[False])) == ["conflicts_with_check"]
    assert flags(ONE, one(answer="no"), matter=matter_of("it is 2", passed=[True])) == ["conflicts_with_check"]
    stem = rubric("stem-l1")
    text = said(stem, **{path: "yes" for path, _ in stem.paths})
    found = flags(stem, ballot(stem, text), matter=matter_of("it is 3", passed=[False]))
    assert found == ["conflicts_with_check", "conflicts_with_check"], "final result, and Results Formulae"


def test_a_parent_that_its_parts_contradict_and_items_that_contradict_each_other_are_flagged() -> None:
    assert flags(TREE, ballot(TREE, said(TREE, a="yes", a__b="no"))) == ["contradicts_parts"]
    same = {"justification": "The first step is wrong."}
    text = said(TWO, a={**same, "answer": "yes"}, b={**same, "answer": "no"})
    assert flags(TWO, ballot(TWO, text)) == ["contradictory_items"]


def test_split_votes_and_changed_orders_are_flagged() -> None:
    votes = [ballot(TWO, said(TWO, a=answer, b="yes"), vote=at) for at, answer in enumerate(("yes", "no"), 1)]
    assert flags(TWO, *votes, votes=2) == ["split_votes", "undecided"]
    both = [ballot(PAIR, said(PAIR, preferred="first"), swapped=swapped) for swapped in (False, True)]
    assert flags(PAIR, *both) == ["order_flip"]


@pytest.mark.parametrize(("least", "found"), [(1, ["split_votes"]), (0.6, []), (0.7, ["split_votes"])])
def test_votes_that_differ_are_flagged_unless_enough_agree(least: float, found: list[str]) -> None:
    votes = [ballot(TWO, said(TWO, a=answer, b="yes"), vote=at) for at, answer in enumerate(("yes", "no", "yes"), 1)]
    assert flags(TWO, *votes, votes=3, least_agreement=least) == found


def test_a_preference_for_the_only_one_with_faults_is_flagged() -> None:
    issue = {"in": "response_1", "quote": "bad", "kind": "crash", "note": ""}
    text = json.dumps({**json.loads(said(PAIR, preferred="first")), "issues": [issue]})
    told = ballot(PAIR, text, response_1="bad", response_2="good")
    assert flags(PAIR, told, orders="one") == ["contradicts_issues"]


@pytest.mark.parametrize(
    ("passed", "preferred", "label", "value"),
    [
        ([True, False], "first", "agrees", 1.0),
        ([True, False], "second", "prefers_failed", 0.0),
        ([False, True], "second", "agrees", 1.0),
        ([False, True], "tie", "tie", None),
        ([True, True], "first", None, None),
        ([False, None], "first", None, None),
    ],
)
def test_the_audit_is_of_pairs_of_which_exactly_one_passed(
    passed: list[bool | None], preferred: str, label: str | None, value: float | None
) -> None:
    judging = judging_of(PAIR, orders="one")
    told = [ballot(PAIR, said(PAIR, preferred=preferred))]
    found = audit(decided(told, judging), matter_of("a", "b", passed=passed), PAIR)
    assert found is not None
    assert (found.label, found.value) == (label, value)
    rules = flags(PAIR, *told, matter=matter_of("a", "b", passed=passed), orders="one")
    assert ("prefers_failed" in rules) == (label == "prefers_failed")


def test_what_a_check_could_not_find_out_is_not_passed_because_another_check_was() -> None:
    answer, matter = *matter_of("a").answers, matter_of("a", passed=[True])
    [passed] = matter.scores[0]

    def other(**verdict: Any) -> Score:
        return passed.model_copy(update={"id": "other", "verdict": Verdict(name="tests", **verdict)})

    assert settled("checks", answer, [passed, other(error="the sandbox broke")]) is None
    assert settled("checks", answer, [passed, other(label="undecided")]) is None
    assert settled("checks", answer, [passed, other(value=0.0), other(error="the sandbox broke")]) is False
    assert settled("checks", answer, [passed, other(value=1.0)]) is True
    assert settled("checks", answer, []) is None
