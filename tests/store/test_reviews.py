"""What reviews keep, with several who write at once."""

from collections import Counter
from pathlib import Path

from benchbook.records.reviews import Assignment
from benchbook.service import reviews
from benchbook.store import review_views
from benchbook.store.store import Store
from service.reviewed import NOW, PAIR, form, minutes, next_of, opened, two_runs
from store.writers import go, processes, said


def test_two_who_claim_at_once_never_get_the_same_place(store: Store, database_url: str, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path, size=30)
    spec = {"runs": [run.id for run in runs], "rubric": PAIR, "overlap": {"each": 1, "more": 2, "share": 0.3}}
    review = opened(store, spec)
    wanted = {one: review_views.item(store, review, one).wanted for one in review_views.item_ids(store, review)}
    given = Counter[str]()
    rests = set()
    with processes("reviewer", [(database_url, review.id, name) for name in ("anna", "ben", "cleo")]) as people:
        for person in people:
            go(person)
        for person in people:
            mine = []
            while not (word := said(person)).startswith("rest"):
                mine.append(word)
            assert len(mine) == len(set(mine))
            given.update(mine)
            rests.add(word)
    assert given == Counter(wanted)
    assert rests <= {"rest all_done", "rest with_others"}
    assert reviews.claim(store, review, "anna", minutes(0)).rest == "all_done"


def test_an_assignment_and_a_review_come_back_as_they_were_kept(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path)
    review = opened(
        store, {"runs": [run.id for run in runs], "rubric": PAIR, "overlap": {"each": 1, "more": 3, "share": 1}}
    )
    assert reviews.named(store, review.name) == review
    assert reviews.listing(store) == [review]
    sheet = next_of(store, review, "anna")
    kept = reviews.submit(store, review, sheet.item, "anna", form(items={"better": "tie"}, critique="ü\0"), NOW)
    found = review_views.assignment(store, sheet.item, "anna")
    assert found == kept.assignment
    assert isinstance(found, Assignment)
    assert review_views.item(store, review, sheet.item) == kept.item


def test_scores_and_the_assignment_are_kept_together_or_not_at_all(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path)
    review = opened(store, {"runs": [run.id for run in runs], "rubric": PAIR})
    sheet = next_of(store, review, "anna")
    before = review_views.assignment(store, sheet.item, "anna")
    assert before is not None
    reviews.submit(store, review, sheet.item, "anna", form(items={"better": "tie"}), NOW)
    reviews.undo(store, review, "anna", NOW)
    votes = review_views.votes(store, review)
    assert votes == []
    after = review_views.assignment(store, sheet.item, "anna")
    assert after is not None
    assert (after.status, after.rounds, after.score_ids) == ("claimed", 1, ())
