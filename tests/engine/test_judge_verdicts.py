"""From ballots to verdicts: votes, orders, parts and rules; what is not known is never counted as a fault."""

import json
from itertools import product
from typing import Any

import pytest

from benchbook.engine.judge_verdicts import Ballot, decided, share_of, verdicts, whole_of
from benchbook.specs.rubrics import PassRule, Rubric, rubric
from benchbook.specs.verdicts import Verdict
from engine.judged import ballot, judging_of, rubric_of, said

ONE = rubric_of({"name": "right"})
PAIR = rubric("preference")


def whole(ballots: list[Ballot], of: Rubric, **policy: Any) -> Verdict:
    judging = judging_of(of, **policy)
    return verdicts(decided(ballots, judging), ballots, judging)[0]


def pair(first: str | None, second: str | None, **policy: Any) -> Verdict:
    """What comes of what the judge says in each order, seen as it was shown."""
    texts = ["?" if one is None else said(PAIR, preferred=one) for one in (first, second)]
    ballots = [ballot(PAIR, text, swapped=swapped) for text, swapped in zip(texts, (False, True), strict=True)]
    return whole(ballots, PAIR, **policy)


def test_the_same_answer_wins_in_both_orders() -> None:
    found = pair("first", "second")
    assert (found.label, found.value) == ("first", 1.0)
    assert [one["said"] for one in found.trace["ballots"]] == ["first", "first"]  # type: ignore[union-attr, index, call-overload]


def test_a_preference_that_changes_with_the_order_is_a_tie_or_left_to_people() -> None:
    assert (pair("first", "first").label, pair("first", "first").value) == ("tie", 0.5)
    escalated = pair("first", "first", inconsistent="escalate")
    assert (escalated.label, escalated.value, escalated.error) == (None, None, None)
    assert escalated.trace["flipped"] is True


def test_an_order_that_was_not_read_leaves_no_verdict_and_says_why() -> None:
    found = pair("first", None)
    assert (found.value, found.label) == (None, None)
    assert found.error == "unreadable: there is no JSON object, but '?'"


@pytest.mark.parametrize(
    ("votes", "needed", "label"),
    [
        (["yes", "yes", "no"], None, "yes"),
        (["yes", "yes", "no"], 3, None),
        (["yes", "no", "cannot_tell"], None, None),
        (["no", "no", "no"], 3, "no"),
    ],
)
def test_n_of_m_votes_decide(votes: list[str], needed: int | None, label: str | None) -> None:
    ballots = [ballot(ONE, said(ONE, right=vote), vote=at) for at, vote in enumerate(votes, 1)]
    judging = judging_of(ONE, votes=len(votes), **({"needed": needed} if needed else {}))
    found = decided(ballots, judging)["right"]
    assert (found.answer, found.split) == (label, label is None)


def test_parts_decide_what_they_are_parts_of_and_what_was_said_of_it_is_kept() -> None:
    of = rubric_of({"name": "a", "parts": [{"name": "b", "question": "?"}, {"name": "c", "question": "?"}]})
    text = said(of, a="yes", a__b="yes", a__c="no")
    judging = judging_of(of)
    one = ballot(of, text)
    found = verdicts(decided([one], judging), [one], judging)
    assert {each.name: each.label for each in found} == {"r": "fail", "r/a": "no", "r/a/b": "yes", "r/a/c": "no"}
    assert next(each for each in found if each.name == "r/a").trace["stated"] == "yes"


def test_a_part_that_was_not_read_leaves_the_rest_and_decides_only_what_hangs_on_it() -> None:
    of = rubric_of({"name": "a"}, {"name": "b"})
    assert whole([ballot(of, said(of, a="yes", b="perhaps"))], of).error is not None
    assert whole([ballot(of, said(of, a="no", b="perhaps"))], of).label == "fail"
    assert whole([ballot(of, said(of, a="yes", b="cannot_tell"))], of).label == "cannot_tell"


def test_a_rule_decides_exactly_if_no_answer_to_what_is_open_changes_it() -> None:
    of = rubric_of({"name": "a", "weight": 2.0}, {"name": "b"}, {"name": "c"})
    for rule in (PassRule(rule="all"), PassRule(rule="any"), PassRule(rule="weighted", share=0.5)):
        for answers in product(("yes", "no", "cannot_tell"), repeat=3):
            one = ballot(of, said(of, **dict(zip("abc", answers, strict=True))))
            items = list(decided([one], judging_of(of)).values())
            filled = [
                [guess if answer == "cannot_tell" else answer for answer, guess in zip(answers, guesses, strict=True)]
                for guesses in product(("yes", "no"), repeat=3)
            ]
            possible = {_plainly(each, rule) for each in filled}
            assert whole_of(items, rule) == (possible.pop() if len(possible) == 1 else None)


def _plainly(answers: list[str], rule: PassRule) -> bool:
    met = [answer == "yes" for answer in answers]
    if rule.rule == "weighted":
        return 2 * met[0] + met[1] + met[2] >= 4 * rule.share
    return all(met) if rule.rule == "all" else any(met)


def test_points_are_those_met_of_those_that_can_be_and_never_less_than_none() -> None:
    of = rubric_of(
        {"name": "good", "kind": "points", "points": 5.0},
        {"name": "fine", "kind": "points", "points": 3.0},
        {"name": "bad", "kind": "points", "points": -4.0},
        passes=None,
    )

    def share(good: str, fine: str, bad: str) -> float | None:
        one = ballot(of, said(of, good=good, fine=fine, bad=bad))
        return share_of(list(decided([one], judging_of(of)).values()))

    assert [share("yes", "yes", "no"), share("yes", "no", "yes"), share("no", "no", "yes")] == [1.0, 1 / 8, 0.0]
    assert share("yes", "cannot_tell", "no") is None
    assert whole([ballot(of, said(of, good="yes", fine="no", bad="no"))], of).value == 5 / 8


def test_a_grade_is_worth_its_place_on_the_scale_and_passes_from_its_mark() -> None:
    quality = rubric("quality-3")
    one = ballot(quality, said(quality, correctness=4, completeness=3, format=5))
    judging = judging_of(quality)
    found = {each.name: each for each in verdicts(decided([one], judging), [one], judging)}
    assert found["quality-3"].label == "pass"
    assert (found["quality-3/correctness"].value, found["quality-3/correctness"].label) == (0.75, "4")


def test_spans_lie_in_the_answer_that_they_were_marked_in_whatever_was_shown_first() -> None:
    review = rubric("code-review")
    issue = {"in": "response_1", "quote": "return None", "kind": "wrong_result", "note": "nothing is returned"}
    text = '{"items": {"preferred": {"answer": "second", "justification": "it returns something"}}, "issues": [%s]}'
    shown = ballot(review, text % json.dumps(issue), swapped=True, response_1="x\nreturn None", response_2="return 1")
    judging = judging_of(review)
    other = ballot(review, said(review, preferred="first"))
    found = verdicts(decided([other, shown], judging), [other, shown], judging)[0]
    assert found.label == "first"
    assert [(span.start, span.end, span.note, span.other) for span in found.spans] == [
        (2, 13, "wrong_result: nothing is returned", True)
    ]


def test_a_judge_that_cannot_tell_in_one_order_has_no_preference_and_none_is_made_of_that() -> None:
    found = pair("first", "cannot_tell")
    assert (found.value, found.label) == (None, None)
    assert pair("cannot_tell", "cannot_tell").label == "cannot_tell"


def test_nobody_was_sure_of_a_tie_that_comes_of_two_orders() -> None:
    assert pair("first", "first").confidence is None
    assert pair("first", "second").confidence == pytest.approx(0.9)


def test_the_reasons_for_the_contrary_are_no_reasons_for_what_the_parts_make_of_an_item() -> None:
    of = rubric_of({"name": "a", "parts": [{"name": "b", "question": "?"}]})
    one = ballot(of, said(of, a="yes", a__b="no"))
    judging = judging_of(of)
    found = {each.name: each for each in verdicts(decided([one], judging), [one], judging)}["r/a"]
    assert (found.label, found.confidence, found.explanation) == ("no", None, "")


def test_an_answer_that_has_nothing_it_should_have_does_not_pass_for_what_it_is_spared() -> None:
    faults = [{"name": f"bad{at}", "kind": "points", "points": -5.0} for at in range(10)]
    of = rubric_of({"name": "good", "kind": "points", "points": 10.0}, *faults, passes={"weighted": 0.7})
    none = {f"bad{at}": "no" for at in range(10)}
    assert whole([ballot(of, said(of, good="no", **none))], of).label == "fail"
    assert whole([ballot(of, said(of, good="yes", **none))], of).label == "pass"
    assert whole([ballot(of, said(of, good="yes", **{**none, "bad3": "yes"}))], of).label == "fail"
    assert whole([ballot(of, said(of, good="yes", **{**none, "bad3": "cannot_tell"}))], of).label == "cannot_tell"
