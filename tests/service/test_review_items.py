"""Which answers come into a review, and why."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchbook.errors import Conflict, SpecError
from benchbook.records.reviews import Review, ReviewItem
from benchbook.service import reviews
from benchbook.specs.files import read_text
from benchbook.specs.reviews import ReviewSpec
from benchbook.store import review_views, views
from benchbook.store.store import Store
from service.judged import answered, judged
from service.judged import form as reply
from service.reviewed import NOW, PAIR, opened, pair_judge, two_runs, voted

RIGHT = {"name": "right", "items": [{"name": "correct", "question": "Is it right?", "settled_by": "checks"}]}


def items(store: Store, review: Review) -> list[ReviewItem]:
    return [review_views.item(store, review, one) for one in review_views.item_ids(store, review)]


def keys(store: Store, review: Review) -> dict[str, list[str]]:
    """The rules that picked each sample, by its key."""
    found: dict[str, list[str]] = {}
    for item in items(store, review):
        [(sample, _)] = views.answers_of(store, [item.generation_id]).values()
        found[sample.key] = [str(reason.rule) for reason in item.reasons]
    return dict(sorted(found.items()))


def yes_to_all(store: Store, folder: Path, name: str = "judge", **item: Any) -> tuple[str, str]:
    """A run of which the first half is right, and a judge who says yes to all of it."""
    [run] = answered(store, folder, {"a": ["2", "4", "6", "8"]}, ["2", "4", "5", "7"])
    said = json.loads(reply(correct="yes"))
    said["items"]["correct"] |= item
    model = {"model": f"mock/{name}", "name": name, "args": {"replies": json.dumps(said)}}
    [judge] = judged(store, {"name": "j", "judges": [{"rubric": RIGHT, "model": model, "runs": [run.id]}]})
    return run.id, judge.id


def test_a_judge_that_contradicts_the_checks_is_looked_at(store: Store, tmp_path: Path) -> None:
    _, judge = yes_to_all(store, tmp_path)
    review = opened(store, {"judge": judge, "select": {"contradicts_checks": True}})
    assert keys(store, review) == {"k2": ["contradicts_checks"], "k3": ["contradicts_checks"]}
    flagged = opened(store, {"name": "flags", "judge": judge, "select": {"flags": ["conflicts_with_check"]}})
    assert keys(store, flagged) == {"k2": ["flagged"], "k3": ["flagged"]}
    anything = opened(store, {"name": "any", "judge": judge, "select": {"flags": "any"}})
    assert keys(store, anything) == keys(store, flagged)


def test_a_judge_that_is_not_sure_is_looked_at(store: Store, tmp_path: Path) -> None:
    _, judge = yes_to_all(store, tmp_path, confidence=0.6)
    review = opened(store, {"judge": judge, "select": {"uncertain_below": 0.7}})
    assert set(keys(store, review)) == {"k0", "k1", "k2", "k3"}
    assert {item.reasons[0].reason for item in items(store, review)} == {"the judge's confidence is 0.60"}
    with pytest.raises(SpecError, match="the rules pick nothing"):
        opened(store, {"name": "none", "judge": judge, "select": {"uncertain_below": 0.5}})


def test_a_preference_that_changes_with_the_order_is_looked_at(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path)
    said = {"items": {"better": {"justification": "it stands first", "answer": "first", "confidence": 0.9}}}
    model = {"model": "mock/judge", "name": "judge", "args": {"replies": json.dumps(said)}}
    spec = {"rubric": PAIR, "model": model, "runs": [run.id for run in runs]}
    [judge] = judged(store, {"name": "judging", "judges": [spec]})
    review = opened(store, {"judge": judge.id, "select": {"order_flips": True}})
    assert [item.reasons[0].rule for item in items(store, review)] == ["order_flip"] * 4
    assert {item.unsure for item in items(store, review)} == {0.5}


def test_judges_who_differ_are_looked_at(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path)
    pair_judge(store, runs)
    with pytest.raises(SpecError, match="the rules pick nothing"):
        opened(store, {"runs": [run.id for run in runs], "rubric": PAIR, "select": {"disagreement": True}})
    other = pair_judge(store, runs, "first")
    review = opened(store, {"judge": other.id, "select": {"disagreement": True}})
    assert [item.reasons[0].rule for item in items(store, review)] == ["disagreement"] * 4


def test_a_random_share_follows_from_the_seed(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path, size=40)
    spec = {"runs": [run.id for run in runs], "rubric": PAIR, "select": {"random": 0.5}}
    one, same, other = (
        set(keys(store, opened(store, {**spec, "name": f"r{at}", "seed": seed}))) for at, seed in enumerate((1, 1, 2))
    )
    assert one == same != other
    assert 8 < len(one) < 32


def test_answers_that_come_later_come_in_later_and_once(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path, size=20)
    select = {"disagreement": True, "random": 0.4}
    review = opened(store, {"runs": [run.id for run in runs], "rubric": PAIR, "select": select})
    before = keys(store, review)
    assert reviews.extend(store, review, NOW) == 0
    pair_judge(store, runs, "first")
    pair_judge(store, runs, "second")
    assert reviews.extend(store, review, NOW) == 20 - len(before)
    assert set(keys(store, review)) == {f"k{at}" for at in range(20)}
    assert reviews.latest(store, review).waves == 2
    assert sorted(item.position for item in items(store, review) if item.position is not None) == list(range(20))
    assert reviews.extend(store, review, NOW) == 0
    while reviews.claim(store, review, "anna", NOW).sheet:
        voted(store, review, "anna", "answer")
    with pytest.raises(Conflict, match="is closed"):
        reviews.extend(store, reviews.close(store, review, NOW), NOW)


def test_pairs_that_are_alike_are_not_looked_at(store: Store, tmp_path: Path) -> None:
    runs = answered(store, tmp_path, {"a": ["same", "one"], "b": ["same", "other"]}, ["same", "one"])
    review = opened(store, {"runs": [run.id for run in runs], "rubric": PAIR, "order": "fixed"})
    assert keys(store, review) == {"k1": ["everything"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("runs: [a, a]\nrubric: preference", "reviews.yaml:2: runs: these are the same run twice"),
        ("rubric: preference", "runs: name one run, or two to compare"),
        ("runs: [a]", "rubric: name the form"),
        ("runs: [a]\nrubric: quality-3\nselect: {order_flips: true}", "judge: the rules in `select` are about a judge"),
        ("runs: [a]\nrubric: quality-3\nselect: {}", "no rule picks anything"),
        ("runs: [a]\nrubric: quality-3\nselect: {everythnig: true}", "did you mean 'everything'"),
        (
            "runs: [a]\nrubric: quality-3\noverlap: {each: 2, more: 2, share: 0.5}",
            "more than `each`, which is 2; not 2",
        ),
        ("runs: [a]\nrubric: quality-3\noverlap: {each: 2, share: 0.5}", "give both, or neither"),
    ],
)
def test_a_spec_that_cannot_be_names_the_field(text: str, message: str) -> None:
    with pytest.raises(SpecError) as told:
        read_text("reviews.yaml", f"name: mine\n{text}\n").parse(ReviewSpec)
    assert message in str(told.value)


def test_runs_judges_and_rubrics_fit_together(store: Store, tmp_path: Path) -> None:
    run, judge = yes_to_all(store, tmp_path)
    for spec, message in (
        ({"runs": [run], "rubric": "preference"}, "compares two runs, and here are 1"),
        ({"judge": judge, "rubric": "quality-3"}, "the judge has filled in 'right'"),
        ({"judge": run}, "is not one judge run"),
        ({"runs": [judge], "rubric": "quality-3"}, "is a judge's"),
        ({"runs": ["nowhere"], "rubric": "quality-3"}, r"runs\[0\]: there is no run"),
        ({"runs": [run], "rubric": "qualty-3"}, "rubric: unknown rubric 'qualty-3'; did you mean 'quality-3'"),
    ):
        with pytest.raises(SpecError, match=message):
            opened(store, spec)
    opened(store, {"judge": judge})
    with pytest.raises(Conflict):
        opened(store, {"judge": judge})
