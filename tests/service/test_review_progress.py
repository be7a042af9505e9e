"""What the labels of a review tell of all answers, and an order that learns."""

import json
import random
from pathlib import Path

import pytest

from benchbook.records.reviews import Review
from benchbook.service import review_progress, reviews
from benchbook.store import review_views
from benchbook.store.store import Store
from service.judged import answered, judged
from service.reviewed import NOW, PAIR, form, opened, two_runs, voted

SIZE = 60
RIGHT = {"name": "right", "items": [{"name": "correct", "question": "Is it right?"}]}


def doubtful(store: Store, folder: Path) -> str:
    """A judge of 60 answers, half of which are right, that is often wrong where it is not sure."""
    said = ["right" if at % 2 else "wrong" for at in range(SIZE)]
    [run] = answered(store, folder, {"a": said}, ["right"] * SIZE)
    dice, replies = random.Random(1), {}
    for at in range(SIZE):
        sure = at % 3 > 0
        yes = (at % 2 == 1) if sure or dice.random() < 0.5 else at % 2 == 0
        answer = {
            "justification": "so it is, plainly",
            "answer": "yes" if yes else "no",
            "confidence": 0.98 if sure else 0.5,
        }
        replies[f"k{at}"] = json.dumps({"items": {"correct": answer}})
    model = {"model": "mock/judge", "name": "judge", "args": {"by_sample": replies}}
    [judge] = judged(store, {"name": "j", "judges": [{"rubric": RIGHT, "model": model, "runs": [run.id]}]})
    return judge.id


def label(store: Store, review: Review, times: int) -> list[str]:
    """Somebody who sees what is right; the items in the order in which they came."""
    came = []
    for _ in range(times):
        sheet = reviews.claim(store, review, "anna", NOW).sheet
        assert sheet is not None
        came.append(sheet.item)
        truth = "yes" if sheet.responses == ("right",) else "no"
        reviews.submit(store, review, sheet.item, "anna", form(items={"correct": truth}), NOW)
    return came


def test_an_order_that_learns_draws_what_is_doubtful_and_keeps_the_chances(store: Store, tmp_path: Path) -> None:
    review = opened(store, {"judge": doubtful(store, tmp_path), "order": "informative", "learn_every": 5})
    came = label(store, review, 20)
    items = [review_views.item(store, review, one) for one in came]
    assert [item.position for item in items] == list(range(20))
    assert all(item.chance is not None and 0 < item.chance < 1 for item in items)
    # Before anything was learnt: likelier than by chance alone where the judge is not sure, less likely where it is.
    assert all((item.chance or 0) * (SIZE - at) > 1 for at, item in enumerate(items[:5]) if item.unsure > 0.4)
    assert all((item.chance or 0) * (SIZE - at) < 1 for at, item in enumerate(items[:5]) if item.unsure < 0.4)
    assert reviews.latest(store, review).learnt == 20
    found = review_progress.estimate(store, review)
    assert found.narrowing is not None
    assert found.narrowing.estimate is not None
    assert (found.narrowing.population, found.narrowing.labelled) == (SIZE, 20)
    assert found.narrowing.estimate.low < found.narrowing.estimate.value < found.narrowing.estimate.high
    assert [step.n for step in found.narrowing.steps] == list(range(3, 21))
    report = review_progress.agreement(store, review, NOW).agreement
    assert report.picked == {"right": 20, "right/correct": 20}
    assert [one.correction for one in report.comparisons] == [None, None]
    label(store, review, SIZE - 20)
    assert reviews.claim(store, review, "anna", NOW).rest == "all_done"
    whole = review_progress.estimate(store, review).narrowing
    assert whole is not None
    assert whole.estimate is not None
    assert whole.estimate.value == pytest.approx(0.5)


def test_what_is_on_a_table_stays_there_when_the_order_is_thought_over(store: Store, tmp_path: Path) -> None:
    review = opened(store, {"judge": doubtful(store, tmp_path), "order": "informative", "learn_every": 1})
    held = reviews.claim(store, review, "ben", NOW).sheet
    assert held is not None
    before = review_views.item(store, review, held.item)
    label(store, review, 4)
    assert review_views.item(store, review, held.item) == before
    again = reviews.claim(store, review, "ben", NOW).sheet
    assert again is not None
    assert again.item == held.item
    positions = [one.position for one in review_views.counting(store, review) if one.position is not None]
    assert len(positions) == len(set(positions))


def test_too_few_labels_and_a_fixed_order_give_no_estimate_but_a_reason(store: Store, tmp_path: Path) -> None:
    judge = doubtful(store, tmp_path)
    review = opened(store, {"judge": judge})
    label(store, review, 2)
    assert review_progress.estimate(store, review).why == "too few labels yet"
    fixed = opened(store, {"name": "fixed", "judge": judge, "order": "fixed"})
    label(store, fixed, 3)
    assert review_progress.estimate(store, fixed).why.startswith("the order is fixed")


def test_labels_of_a_random_order_correct_a_judge_elsewhere_too(store: Store, tmp_path: Path) -> None:
    review = opened(store, {"judge": doubtful(store, tmp_path)})
    label(store, review, 20)
    report = review_progress.agreement(store, review, NOW).agreement
    found = review_progress.estimate(store, review).narrowing
    [whole, _] = report.comparisons
    assert report.picked == {}
    assert whole.correction is not None
    assert found is not None
    assert found.estimate is not None
    assert found.estimate.value == pytest.approx(whole.correction.prediction_powered.value, abs=0.1)


def test_what_nobody_can_tell_is_in_no_figure(store: Store, tmp_path: Path) -> None:
    review = opened(store, {"judge": doubtful(store, tmp_path)})
    label(store, review, 4)
    sheet = reviews.claim(store, review, "anna", NOW).sheet
    assert sheet is not None
    reviews.submit(store, review, sheet.item, "anna", form(items={"correct": "cannot_tell"}), NOW)
    found = review_progress.estimate(store, review)
    assert found.narrowing is not None
    assert (found.undecided, found.narrowing.population, found.narrowing.labelled) == (1, SIZE - 1, 4)


def test_reviewers_agree_with_an_interval(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path, size=10)
    review = opened(store, {"runs": [run.id for run in runs], "rubric": PAIR, "overlap": 2})
    for at in range(10):
        voted(store, review, "anna", "answer" if at % 2 else "guess", at)
    for at in range(10):
        voted(store, review, "ben", "answer" if at in (1, 2, 3, 5, 7, 9) else "guess", at)
    [panel] = review_progress.agreement(store, review, NOW).agreement.panels
    assert (panel.raters, panel.n) == (["anna", "ben"], 10)
    alpha = panel.figures["alpha"]
    assert alpha.value is not None
    assert alpha.low is not None
    assert alpha.low < alpha.value < 1
    assert review_progress.progress(store, review, NOW).items.disputed == 1
