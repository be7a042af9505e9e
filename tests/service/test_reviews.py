"""Reviews from their opening to their end, on both databases."""

from pathlib import Path
from typing import Any

import pytest

from benchbook.errors import Conflict, Denied, NotFound, SpecError
from benchbook.records.reviews import Review
from benchbook.records.scores import Score
from benchbook.service import agreement, preferences, review_disputes, review_progress, reviews
from benchbook.service.agreement import Question, Rules
from benchbook.service.review_sheets import Sheet, form_of
from benchbook.specs.preferences import PreferenceSpec
from benchbook.store import review_views, sample_pages, views
from benchbook.store.store import Store
from service.judged import answered, judged, scores_of
from service.reviewed import NOW, ONE, PAIR, form, minutes, next_of, opened, pair_judge, prefers, two_runs, voted

QUICK = Rules(draws=100)


def people(store: Store, review: Review) -> list[Score]:
    """Everything that people said, oldest first."""
    runs = [views.run(store, run_id) for run_id in review.spec.runs]
    answers = [generation.id for run in runs for _, generation, _ in views.generations(store, run.id)]
    return [score for score in sample_pages.scores_of(store, answers) if score.author == "human"]


def test_a_form_becomes_scores_named_by_path_as_a_judges_are(store: Store, tmp_path: Path) -> None:
    [run] = answered(store, tmp_path, {"alpha": ["The result is 2 kg"]}, ["2"])
    review = opened(store, {"runs": [run.id], "rubric": ONE})
    sheet = next_of(store, review, "anna")
    assert sheet.responses == ("The result is 2 kg",)
    filled = form(
        items={"right/result": "yes", "right/unit": {"answer": "no", "note": "it should be m"}, "style": "4"},
        passages=[
            {"start": 16, "end": 18, "quote": "kg", "kind": "wrong", "note": "not asked", "item": "right/unit"},
            {"start": 0, "end": 3, "quote": "The"},
        ],
        critique="Nearly.",
        confidence=0.8,
    )
    kept = reviews.submit(store, review, sheet.item, "anna", filled, minutes(2))
    said = {score.name: score for score in people(store, review)}
    labels = {name: score.verdict.label for name, score in said.items()}
    assert labels == {
        "one": "fail",
        "one/right": "no",
        "one/right/result": "yes",
        "one/right/unit": "no",
        "one/style": "4",
    }
    unit, whole = said["one/right/unit"], said["one"]
    assert (unit.value, unit.verdict.explanation, unit.verdict.confidence) == (0, "it should be m", 0.8)
    assert [(span.start, span.end, span.note) for span in unit.verdict.spans] == [(16, 18, "wrong: not asked")]
    assert [(span.start, span.end) for span in whole.verdict.spans] == [(0, 3)]
    assert (whole.verdict.explanation, whole.author, whole.author_id, whole.run_id) == (
        "Nearly.",
        "human",
        "anna",
        run.id,
    )
    assert whole.rubric == review.spec.whole.version
    assert kept.item.status == "done"
    assert kept.assignment.seconds == 120
    told: Any = whole.verdict.trace["review"]
    assert (told["how"], told["review"], told["round"]) == ("given", review.id, 1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"items": {}}, r"items: not answered yet: right/result, right/unit, style"),
        ({"items": {"right": "yes"}}, r"items\.right: this is decided by its parts: answer result, unit"),
        ({"items": {"stile": "4"}}, r"unknown item 'stile'; did you mean 'style'\?"),
        ({"items": {"style": "9"}}, r"items\.style: unknown answer '9'"),
        ({"passages": [{"start": 0, "end": 3, "quote": "the"}]}, r"passages\[0\]: from 0 to 3 stands"),
        ({"passages": [{"start": 0, "end": 3, "quote": "The", "kind": "wrogn"}]}, "did you mean 'wrong'"),
        ({"passages": [{"start": 0, "end": 3, "quote": "The", "source": "response_1"}]}, "unknown text 'response_1'"),
    ],
)
def test_a_form_that_cannot_be_is_refused_with_its_field(
    store: Store, tmp_path: Path, fields: dict[str, Any], message: str
) -> None:
    [run] = answered(store, tmp_path, {"alpha": ["The result is 2 kg"]}, ["2"])
    review = opened(store, {"runs": [run.id], "rubric": ONE})
    sheet = next_of(store, review, "anna")
    answers = {"right/result": "yes", "right/unit": "yes", "style": "4"}
    filled = form(**{"items": answers | fields.get("items", {}) if fields.get("items") else answers, **fields})
    with pytest.raises(SpecError, match=message):
        reviews.submit(store, review, sheet.item, "anna", filled, minutes(1))
    assert people(store, review) == []


def test_sides_are_drawn_and_scores_are_of_the_answers_as_they_are_stored(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path, size=20)
    review = opened(store, {"runs": [run.id for run in runs], "rubric": PAIR})
    turned = set()
    for at in range(20):
        sheet = next_of(store, review, "anna", at)
        turned.add("answer" in sheet.responses[1])
        side = prefers(sheet, "guess")
        source = "response_1" if side == "first" else "response_2"
        passage = {"source": source, "start": 0, "end": 5, "quote": "guess", "kind": "vague"}
        reviews.submit(store, review, sheet.item, "anna", form(items={"better": side}, passages=[passage]), minutes(at))
    assert turned == {True, False}
    said = people(store, review)
    assert {(score.name, score.verdict.label, score.value) for score in said} == {("pair", "second", 0.0)}
    assert {(span.other, span.start, span.end) for score in said for span in score.verdict.spans} == {(True, 0, 5)}
    first = {generation.id for _, generation, _ in views.generations(store, runs[0].id)}
    assert {score.generation_id for score in said} == first
    assert reviews.claim(store, review, "anna", minutes(30)).rest == "all_done"


def test_nothing_of_a_blind_sheet_says_whose_answer_it_is(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path)
    judge = pair_judge(store, runs)
    review = opened(store, {"judge": judge.id, "suggestion": "shown", "name": "secret-alpha-against-beta"})
    handed = reviews.claim(store, review, "anna", NOW)
    assert handed.sheet is not None
    assert len(handed.ahead) == 2
    kept = reviews.accept(store, review, handed.sheet.item, "anna", NOW)
    back = reviews.undo(store, review, "anna", NOW)
    shown = (handed.sheet, *handed.ahead, back, kept.receipt, form_of(review))
    told = " ".join(one.model_dump_json() for one in shown)
    hidden = ["secret", "jsonl", "mock", *(run.id for run in (*runs, judge)), judge.spec.model.name]
    hidden += [one.id for run in runs for _, one, _ in views.generations(store, run.id)]
    assert [word for word in hidden if word in told] == []
    hints = {"swapped", "order", "position", "chance", "unsure", "judged", "key", "slices", "other_generation_id"}
    assert hints.isdisjoint(handed.sheet.model_dump())
    assert not handed.sheet.models
    assert not handed.sheet.reasons


def test_a_suggestion_reads_the_same_from_both_sides(store: Store, tmp_path: Path) -> None:
    review = opened(store, {"judge": pair_judge(store, two_runs(store, tmp_path, 20)).id, "suggestion": "shown"})
    seen, expected = set(), list[Sheet]()
    for at in range(20):
        handed = reviews.claim(store, review, "anna", minutes(at))
        sheet = handed.sheet
        assert sheet is not None
        assert sheet.suggestion is not None
        side = prefers(sheet, "guess")
        assert sheet.suggestion.items["better"].answer == side
        if expected:
            assert (sheet.item, sheet.suggestion) == (expected[0].item, expected[0].suggestion)
        [passage] = sheet.suggestion.passages
        assert sheet.responses[int(passage.source == "response_2")][passage.start : passage.end] == "guess"
        note = sheet.suggestion.items["better"].note
        worse = "1" if side == "second" else "2"
        assert note.startswith(f"Response {worse} is worse than response {3 - int(worse)}")
        seen.add(side)
        expected = handed.ahead
        reviews.accept(store, review, sheet.item, "anna", minutes(at))
    assert seen == {"first", "second"}


def test_accepting_and_overriding_are_new_scores_in_place_of_the_judges(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path)
    judge = pair_judge(store, runs)
    before = list(views.brought(store, judge.id))
    review = opened(store, {"judge": judge.id, "suggestion": "shown"})
    accepted = reviews.accept(
        store, review, next_of(store, review, "anna").item, "anna", minutes(1), reviews.Agreed(seconds=3)
    )
    overridden = voted(store, review, "anna", "answer", 2)
    [one], [other] = accepted.scores, overridden.scores
    judged = {score.generation_id: score for score in before if score.name == "pair"}
    assert (one.verdict.label, other.verdict.label) == ("second", "first")
    assert (one.supersedes, other.supersedes) == (judged[one.generation_id].id, judged[other.generation_id].id)
    assert [score.verdict.trace["review"]["how"] for score in (one, other)] == ["accepted", "overridden"]  # type: ignore[index,call-overload]
    assert [span.note for span in one.verdict.spans] == ["vague: only a guess"]
    assert accepted.assignment.seconds == 3
    assert one.verdict.confidence is None
    assert list(views.brought(store, judge.id)) == before


def test_who_accepts_may_say_how_sure_they_are_whatever_the_judge_was(store: Store, tmp_path: Path) -> None:
    judge = pair_judge(store, two_runs(store, tmp_path))
    review = opened(store, {"judge": judge.id, "suggestion": "shown"})
    item = next_of(store, review, "anna").item
    [score] = reviews.accept(store, review, item, "anna", minutes(1), reviews.Agreed(confidence=0.7)).scores
    assert score.verdict.confidence == 0.7
    assert reviews.undo(store, review, "anna", minutes(2)).draft is not None


def test_what_people_say_is_exported_and_the_judge_is_still_held_against_them(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path)
    judge = pair_judge(store, runs)
    review = opened(store, {"judge": judge.id, "suggestion": "shown"})
    reviews.accept(store, review, next_of(store, review, "anna").item, "anna", minutes(1))
    for at in range(3):
        voted(store, review, "anna", "answer", 2 + at)
    found = preferences.gather(store, runs, PreferenceSpec(sources=("human", "model")))
    assert sorted(one.chosen.split()[0] for one in found.found) == ["answer", "answer", "answer", "guess"]
    assert found.verdicts_left_out["superseded"] == 4
    [told] = agreement.of_runs(store, list(runs), Question(against="human", rules=QUICK), NOW).agreement.comparisons
    assert (told.judge, told.n, told.figures["accuracy"].value) == ("secret-judge", 4, 0.25)
    mine = review_progress.agreement(store, review, NOW, QUICK).agreement.comparisons
    assert [(one.judge, one.n) for one in mine] == [("secret-judge", 4)]


def test_undo_takes_back_and_deletes_nothing(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path)
    judge = pair_judge(store, runs)
    review = opened(store, {"judge": judge.id, "suggestion": "shown"})
    done = voted(store, review, "anna", "answer")
    sheet = reviews.undo(store, review, "anna", minutes(3))
    assert (sheet.item, sheet.draft) == (done.item.id, done.assignment.draft)
    assert review_views.item(store, review, sheet.item).status == "open"
    [given, back] = people(store, review)
    assert (back.supersedes, back.value, back.withdraws) == (given.id, None, True)
    # The judge's word counts again, as long as nobody says otherwise.
    word = next(score for score in views.brought(store, judge.id) if score.id == given.supersedes)
    assert word.id not in views.superseded(store)
    assert {given.id, back.id} <= views.superseded(store)
    assert len(preferences.gather(store, runs, PreferenceSpec(sources=("human", "model"))).found) == 4
    with pytest.raises(NotFound, match="nothing to take back"):
        reviews.undo(store, review, "anna", minutes(3))
    again = reviews.claim(store, review, "anna", minutes(4)).sheet
    assert again is not None
    assert again.item == sheet.item
    anew = reviews.accept(store, review, sheet.item, "anna", minutes(5))
    assert anew.assignment.rounds == 2
    assert len(people(store, review)) == 3
    assert word.id in views.superseded(store)
    report = agreement.of_runs(store, list(runs), Question(against="human", rules=QUICK), NOW).agreement
    assert [(one.n, one.figures["accuracy"].value) for one in report.comparisons] == [(1, 1.0)]


def test_handing_in_twice_is_handing_in_once(store: Store, tmp_path: Path) -> None:
    review = opened(store, {"judge": pair_judge(store, two_runs(store, tmp_path)).id, "suggestion": "shown"})
    sheet = next_of(store, review, "anna")
    one = reviews.accept(store, review, sheet.item, "anna", minutes(1))
    assert reviews.accept(store, review, sheet.item, "anna", minutes(2)).scores == one.scores
    with pytest.raises(Conflict, match="done already; undo that first"):
        reviews.submit(store, review, sheet.item, "anna", form(items={"better": "tie"}), minutes(3))
    assert len(people(store, review)) == 1


def test_a_word_that_is_hidden_is_seen_after_the_first_choice_which_is_kept(store: Store, tmp_path: Path) -> None:
    review = opened(store, {"judge": pair_judge(store, two_runs(store, tmp_path)).id})
    sheet = next_of(store, review, "anna")
    assert sheet.suggestion is None
    assert sheet.suggests
    with pytest.raises(Denied, match="make a choice of your own first"):
        reviews.accept(store, review, sheet.item, "anna", NOW)
    mine = prefers(sheet, "answer")
    seen = reviews.choose(store, review, sheet.item, "anna", form(items={"better": mine}), NOW)
    assert seen.suggestion is not None
    assert seen.suggestion.items["better"].answer != mine
    reviews.choose(store, review, sheet.item, "anna", form(items={"better": "tie"}), NOW)
    [score] = reviews.accept(store, review, sheet.item, "anna", minutes(1)).scores
    told: Any = score.verdict.trace["review"]
    assert (told["how"], told["first_choice"]) == ("accepted", {"better": mine})


def test_a_word_that_is_never_shown_cannot_be_accepted_but_is_replaced(store: Store, tmp_path: Path) -> None:
    review = opened(store, {"judge": pair_judge(store, two_runs(store, tmp_path)).id, "suggestion": "never"})
    sheet = next_of(store, review, "anna")
    assert not sheet.suggests
    with pytest.raises(Denied, match="fill in the form"):
        reviews.accept(store, review, sheet.item, "anna", NOW)
    filled = form(items={"better": "tie"})
    assert reviews.choose(store, review, sheet.item, "anna", filled, NOW).suggestion is None
    [score] = reviews.submit(store, review, sheet.item, "anna", filled, minutes(1)).scores
    assert score.supersedes is not None
    assert score.verdict.trace["review"]["how"] == "given"  # type: ignore[index,call-overload]


def test_drafts_survive_and_the_lease_is_longer_for_them(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path)
    review = opened(store, {"runs": [run.id for run in runs], "rubric": PAIR, "lease_minutes": 10})
    sheet = next_of(store, review, "anna")
    draft = form(items={}, critique="half a thought \0")
    reviews.save_draft(store, review, sheet.item, "anna", draft, minutes(8))
    again = next_of(store, review, "anna", 15)
    assert (again.item, again.draft) == (sheet.item, {"items": {}, "critique": "half a thought \0"})
    assert next_of(store, review, "ben", 15).item != sheet.item


def test_a_lease_that_ran_out_frees_the_place_and_keeps_the_draft(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path, size=1)
    review = opened(store, {"runs": [run.id for run in runs], "rubric": PAIR, "lease_minutes": 10})
    sheet = next_of(store, review, "anna")
    assert reviews.claim(store, review, "ben", minutes(9)).rest == "with_others"
    assert next_of(store, review, "ben", 11).item == sheet.item
    filled = form(items={"better": "tie"})
    reviews.save_draft(store, review, sheet.item, "anna", filled, minutes(12))
    with pytest.raises(Conflict, match="others have this item now"):
        reviews.submit(store, review, sheet.item, "anna", filled, minutes(12))
    assert reviews.claim(store, review, "anna", minutes(13)).rest == "with_others"
    # Ben leaves it lying, too.
    back = next_of(store, review, "anna", 30)
    assert back.draft == {"items": {"better": {"answer": "tie"}}}
    reviews.submit(store, review, sheet.item, "anna", filled, minutes(31))
    with pytest.raises(Conflict, match="others have this item now"):
        reviews.submit(store, review, sheet.item, "ben", filled, minutes(31))
    assert len(people(store, review)) == 1


def test_whoever_is_late_may_still_hand_in_what_nobody_else_has_taken(store: Store, tmp_path: Path) -> None:
    review = opened(store, {"runs": [run.id for run in two_runs(store, tmp_path)], "rubric": PAIR})
    sheet = next_of(store, review, "anna")
    kept = reviews.submit(store, review, sheet.item, "anna", form(items={"better": "tie"}), minutes(600))
    assert (kept.item.status, kept.assignment.seconds) == ("done", 1800)


def test_an_item_goes_to_as_many_as_it_is_wanted_from(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path, size=20)
    spec = {"runs": [run.id for run in runs], "rubric": PAIR, "overlap": {"each": 1, "more": 2, "share": 0.4}}
    review = opened(store, spec)
    wanted = [
        item.wanted for item in (review_views.item(store, review, one) for one in review_views.item_ids(store, review))
    ]
    assert set(wanted) == {1, 2}
    given: dict[str, list[str]] = {}
    for reviewer in ("anna", "ben", "cleo"):
        while (sheet := reviews.claim(store, review, reviewer, NOW).sheet) is not None:
            given.setdefault(sheet.item, []).append(reviewer)
            reviews.submit(store, review, sheet.item, reviewer, form(items={"better": "tie"}), NOW)
    assert sum(map(len, given.values())) == sum(wanted)
    assert all(len(who) == len(set(who)) for who in given.values())
    assert reviews.claim(store, review, "cleo", NOW).rest == "all_done"
    assert review_progress.progress(store, review, NOW).all_done


def test_all_done_is_only_said_when_it_is_so(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path, size=2)
    review = opened(store, {"runs": [run.id for run in runs], "rubric": PAIR})
    sheet = next_of(store, review, "anna")
    with pytest.raises(SpecError, match="say why"):
        reviews.skip(store, review, sheet.item, "anna", " ", NOW)
    reviews.skip(store, review, sheet.item, "anna", "I know too little of it", NOW)
    voted(store, review, "anna", "answer")
    handed = reviews.claim(store, review, "anna", NOW)
    assert (handed.rest, handed.done, handed.skipped) == ("passed_on", 1, 1)
    assert next_of(store, review, "ben").item == sheet.item
    voted(store, review, "ben", "answer")
    assert reviews.claim(store, review, "anna", NOW).rest == "all_done"
    with pytest.raises(Conflict, match="others have this item now"):
        reviews.undo(store, review, "anna", NOW, sheet.item)


def test_two_differ_and_a_third_decides_in_place_of_both(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path, size=2)
    judge = pair_judge(store, runs)
    review = opened(store, {"judge": judge.id, "suggestion": "shown", "overlap": 2, "adjudicators": ["cleo"]})
    for at in range(2):
        voted(store, review, "anna", "answer", at)
        voted(store, review, "ben", "answer" if at else "guess", at)
    [dispute] = review_disputes.disputes(store, review, NOW)
    assert dispute.reviewers == ["anna", "ben"]
    assert not review_progress.progress(store, review, NOW).all_done
    with pytest.raises(Denied, match="not among those who decide"):
        review_disputes.hear(store, review, dispute.item, "anna", NOW)
    hearing = review_disputes.hear(store, review, dispute.item, "cleo", NOW)
    said = {vote.reviewer: vote.filled.items["better"].answer for vote in hearing.votes if vote.filled}
    assert said == {"anna": prefers(hearing.sheet, "answer"), "ben": prefers(hearing.sheet, "guess")}
    kept = review_disputes.uphold(store, review, dispute.item, "cleo", "ben", minutes(9))
    assert kept.item.status == "settled"
    votes = {score.id for score in people(store, review) if score.author_id in ("anna", "ben")}
    assert {score.supersedes for score in kept.scores} < votes
    assert len(kept.scores) == 2
    assert {score.verdict.label for score in kept.scores} == {"second"}
    found = preferences.gather(store, runs, PreferenceSpec(sources=("human",)))
    assert sorted((one.chosen.split()[0], one.agreement) for one in found.found) == [("answer", 1.0), ("guess", 1.0)]
    report = review_progress.agreement(store, review, NOW, QUICK).agreement
    [panel] = report.panels
    assert (panel.raters, panel.n) == (["anna", "ben"], 2)
    [told] = report.comparisons
    assert (told.n, told.figures["accuracy"].value) == (2, 0.5)
    assert report.repeated == 0
    with pytest.raises(Conflict, match="has to be taken back first"):
        reviews.undo(store, review, "anna", NOW, dispute.item)
    reviews.undo(store, review, "cleo", minutes(10), dispute.item)
    assert review_views.item(store, review, dispute.item).status == "disputed"
    filled = form(items={"better": "tie"})
    assert review_disputes.decide(store, review, dispute.item, "cleo", filled, minutes(11)).item.status == "settled"


def test_who_has_reviewed_an_item_does_not_decide_about_it(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path, size=1)
    review = opened(store, {"runs": [run.id for run in runs], "rubric": PAIR, "overlap": 2})
    voted(store, review, "anna", "answer")
    item = voted(store, review, "ben", "guess").item.id
    with pytest.raises(Denied, match="somebody else decides"):
        review_disputes.hear(store, review, item, "ben", NOW)
    review_disputes.hear(store, review, item, "cleo", NOW)
    with pytest.raises(Conflict, match="cleo is deciding"):
        review_disputes.hear(store, review, item, "dora", minutes(1))
    review_disputes.hear(store, review, item, "dora", minutes(60))


def test_what_was_skipped_can_be_decided(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path, size=1)
    review = opened(store, {"runs": [run.id for run in runs], "rubric": PAIR})
    sheet = next_of(store, review, "anna")
    reviews.skip(store, review, sheet.item, "anna", "unclear", NOW)
    [dispute] = review_disputes.disputes(store, review, NOW)
    hearing = review_disputes.hear(store, review, dispute.item, "cleo", NOW)
    assert [(vote.reviewer, vote.skipped) for vote in hearing.votes] == [("anna", "unclear")]
    kept = review_disputes.decide(store, review, dispute.item, "cleo", form(items={"better": "tie"}), NOW)
    assert kept.item.status == "settled"
    assert review_progress.progress(store, review, NOW).all_done


def test_only_those_who_are_named_review_and_only_while_it_is_open(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path)
    review = opened(store, {"runs": [run.id for run in runs], "rubric": PAIR, "reviewers": ["anna"]})
    with pytest.raises(Denied, match="ben is not among the reviewers"):
        reviews.claim(store, review, "ben", NOW)
    sheet = next_of(store, review, "anna")
    closed = reviews.close(store, review, NOW)
    assert reviews.claim(store, closed, "anna", NOW).rest == "closed"
    with pytest.raises(Conflict, match="is closed"):
        reviews.submit(store, closed, sheet.item, "anna", form(items={"better": "tie"}), NOW)
    with pytest.raises(Conflict, match="closed already"):
        reviews.close(store, review, NOW)
    again = reviews.reopen(store, closed)
    reviews.submit(store, again, sheet.item, "anna", form(items={"better": "tie"}), NOW)
    assert reviews.named(store, "first-look").status == "open"
    with pytest.raises(NotFound, match="did you mean 'first-look'"):
        reviews.named(store, "frist-look")


def test_two_reviews_of_the_same_do_not_count_for_each_other(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path, size=2)
    one, other = (
        opened(store, {"name": name, "runs": [run.id for run in runs], "rubric": PAIR}) for name in ("one", "other")
    )
    voted(store, one, "anna", "answer")
    assert review_progress.progress(store, one, NOW).items.votes == 1
    assert review_progress.progress(store, other, NOW).items.votes == 0
    assert reviews.claim(store, other, "anna", NOW).done == 0


def test_progress_says_who_did_what_and_how_long_it_takes(store: Store, tmp_path: Path) -> None:
    runs = two_runs(store, tmp_path)
    review = opened(store, {"runs": [run.id for run in runs], "rubric": PAIR})
    voted(store, review, "anna", "answer")
    voted(store, review, "anna", "answer", 2)
    next_of(store, review, "ben")
    found = review_progress.progress(store, review, NOW)
    assert (found.items.total, found.items.votes, found.items.open, found.items.claimed) == (4, 2, 2, 1)
    assert [(one.name, one.done, one.claimed, one.seconds_each) for one in found.people] == [
        ("anna", 2, 0, 60),
        ("ben", 0, 1, None),
    ]
    assert (found.seconds_each, found.seconds_left) == (60, 120)


def test_judges_of_one_answer_are_reviewed_item_by_item(store: Store, tmp_path: Path) -> None:
    [run] = answered(store, tmp_path, {"a": ["2", "5"]}, ["2", "4"])
    spec = {"rubric": {"name": "right", "items": [{"name": "correct", "question": "?", "settled_by": "checks"}]}}
    [judge] = judged(store, {"name": "j", "judges": [{**spec, "model": "rules", "runs": [run.id]}]})
    review = opened(store, {"judge": judge.id, "suggestion": "shown", "order": "fixed"})
    sheet = next_of(store, review, "anna")
    kept = reviews.accept(store, review, sheet.item, "anna", NOW)
    assert {score.name: score.verdict.label for score in kept.scores} == {"right": "pass", "right/correct": "yes"}
    assert all(score.supersedes for score in kept.scores)
    assert scores_of(store, judge)["k0", "right"] == "pass"
    assert review_progress.estimate(store, review).why.startswith("the order is fixed")
