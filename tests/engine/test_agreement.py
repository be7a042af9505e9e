"""Judges beside people and execution: what is compared, what is left out, and who counts as calibrated."""

import json
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from benchbook.engine.agreement import Agreement, Comparison, Rules, agreement
from benchbook.engine.ratings import Pair, Rating
from benchbook.specs.verdicts import Author

QUICK = Rules(draws=200)


def said(rater: str, *values: float | str | None, author: Author = "model", criterion: str = "c") -> list[Rating]:
    """One rating for each item, in their order."""
    return [
        Rating(
            item=f"item-{at}",
            criterion=criterion,
            rater=rater,
            author=author,
            value=None if isinstance(value, str) else value,
            label=value if isinstance(value, str) else "",
        )
        for at, value in enumerate(values)
    ]


def only(found: Agreement) -> Comparison:
    [one] = found.comparisons
    return one


def test_a_judge_is_held_against_people_and_execution_on_each_criterion() -> None:
    ratings = [
        *said("judge", 1, 1, 0, 0, criterion="right"),
        *said("anna", 1, 0, 0, 0, author="human", criterion="right"),
        *said("tests", 1, 1, 1, 0, author="code", criterion="right"),
        *said("judge", 1, 0, criterion="clear"),
    ]
    found = agreement(ratings, rules=QUICK)
    compared = [(one.criterion, one.judge, one.reference, one.figures["accuracy"].value) for one in found.comparisons]
    assert compared == [("right", "judge", "human", 0.75), ("right", "judge", "tests", 0.75)]
    assert found.unmatched == [("clear", "judge")]


def test_one_can_choose_whom_judges_are_held_against() -> None:
    ratings = [
        *said("judge", 1, 1),
        *said("other", 1, 0),
        *said("anna", 1, 1, author="human"),
        *said("ben", 1, 0, author="human"),
        *said("tests", 0, 0, author="code"),
    ]
    assert {one.reference for one in agreement(ratings, "human", QUICK).comparisons} == {"human"}
    assert {one.reference for one in agreement(ratings, "code", QUICK).comparisons} == {"tests"}
    assert {one.reference for one in agreement(ratings, "ben", QUICK).comparisons} == {"ben"}
    assert [(one.judge, one.reference) for one in agreement(ratings, "other", QUICK).comparisons] == [
        ("judge", "other")
    ]


def test_what_was_not_decided_is_counted_and_never_a_zero() -> None:
    ratings = [
        *said("judge", 1, 1, None, 0, 1, 1),
        *said("anna", 1, 1, 1, None, 1, author="human"),
        *said("ben", 1, 1, 1, None, 0, author="human"),
        *[one for one in said("anna", *[None] * 6, 1, author="human") if one.item == "item-6"],
    ]
    one = only(agreement(ratings, rules=QUICK))
    assert one.n == 2
    assert one.figures["accuracy"].value == 1
    assert one.excluded == {
        "unscored by the judge": 1,
        "people split or undecided": 2,
        "no label": 1,
        "not judged": 1,
    }


def test_people_say_together_what_most_of_them_do_and_the_middle_of_a_scale() -> None:
    people = [
        *said("anna", 5, 1, 4, author="human"),
        *said("ben", 5, 2, 4, author="human"),
        *said("cleo", 1, 4, author="human"),
    ]
    one = only(agreement([*said("judge", 5, 2, 4), *people], rules=QUICK))
    assert (one.scale, one.figures["accuracy"].value) == ("scale", 1)


def test_labels_mean_what_others_mean_by_them() -> None:
    words = only(
        agreement([*said("judge", 1, 0, 1), *said("anna", "Yes", "no", " wrong ", author="human")], rules=QUICK)
    )
    assert (words.scale, words.n) == ("binary", 3)
    assert words.figures["accuracy"].value == pytest.approx(2 / 3)
    graded = [Rating("item-0", "c", "judge", "model", value=2.0, label="fair")]
    one = only(agreement([*graded, *said("anna", "Fair", author="human")], rules=QUICK))
    assert (one.scale, one.figures["accuracy"].value) == ("scale", 1)
    classes = only(agreement([*said("judge", "cat", "dog"), *said("anna", "cat", "cat", author="human")], rules=QUICK))
    assert (classes.scale, classes.figures["accuracy"].value) == ("labels", 0.5)


def test_of_several_ratings_by_one_rater_the_last_counts() -> None:
    found = agreement([*said("judge", 0, 0), *said("judge", 1, 1), *said("anna", 1, 1, author="human")], rules=QUICK)
    assert found.repeated == 2
    assert only(found).figures["accuracy"].value == 1


def test_numbers_against_yes_or_no_are_compared_by_their_order_alone() -> None:
    one = only(agreement([*said("judge", 9, 7, 3, 2), *said("tests", 1, 1, 0, 0, author="code")], rules=QUICK))
    assert one.scale == "mixed"
    assert set(one.figures) == {"spearman"}
    assert one.why == "4 labels, of 50 that it takes"


def noisy(n: int, right: float, seed: int = 1) -> list[Rating]:
    dice = random.Random(seed)
    truth = [float(dice.random() < 0.5) for _ in range(n)]
    judged = [x if dice.random() < right else 1 - x for x in truth]
    return [*said("judge", *judged), *said("anna", *truth, author="human")]


def test_a_judge_is_calibrated_only_after_fifty_labels_and_with_kappa_above_the_bar() -> None:
    few, many, poor = (only(agreement(noisy(n, p), rules=QUICK)) for n, p in ((49, 0.99), (50, 0.99), (200, 0.65)))
    assert (few.calibrated, few.why) == (False, "49 labels, of 50 that it takes")
    assert many.calibrated
    # Nobody disagreed, but fifty labels do not show that nobody will.
    assert many.figures["kappa"].value == 1
    assert many.why == "50 labels, and the lower end of kappa, 0.85, is above 0.4"
    assert not poor.calibrated
    assert "not above 0.4" in poor.why
    strict = only(agreement(noisy(50, 0.99), rules=Rules(draws=200, labels=60)))
    assert not strict.calibrated
    same = only(agreement([*said("judge", *[1] * 60), *said("anna", *[1] * 60, author="human")], rules=QUICK))
    assert (same.calibrated, same.why) == (False, "kappa has no value where only one answer is given")


def test_kappa_is_never_below_minus_one() -> None:
    truth = [1.0, *[0.0] * 59]
    each = [*said("judge", *truth), *said("anna", *truth, author="human")]
    # Three answers to a question are hardly worth more than one.
    found = only(agreement([replace(one, cluster=f"q{at % 20}") for at, one in enumerate(each)], rules=QUICK))
    assert (found.figures["kappa"].low, found.figures["kappa"].value) == (-1.0, 1.0)


def test_answers_to_one_question_vary_together_and_make_intervals_wider() -> None:
    alone = noisy(60, 0.8)
    copies = [
        Rating(f"{one.item}-{at}", "c", one.rater, one.author, one.value, cluster=one.item)
        for one in alone
        for at in range(4)
    ]
    one, four = only(agreement(alone, rules=QUICK)), only(agreement(copies, rules=QUICK))
    assert (four.n, four.clusters) == (240, 60)
    # Alpha alone is of a finite number of answers, and there are more of them.
    assert {**four.figures, "alpha": None} == {**one.figures, "alpha": None}
    loose = [Rating(one.item, "c", one.rater, one.author, one.value) for one in copies]
    narrow = only(agreement(loose, rules=QUICK)).figures["accuracy"]
    wide = four.figures["accuracy"]
    assert wide.high is not None
    assert wide.low is not None
    assert narrow.high is not None
    assert narrow.low is not None
    assert wide.high - wide.low > 1.7 * (narrow.high - narrow.low)


def test_equal_seeds_give_equal_reports() -> None:
    assert agreement(noisy(80, 0.8), rules=QUICK) == agreement(noisy(80, 0.8), rules=QUICK)
    assert agreement(noisy(80, 0.8), rules=QUICK) != agreement(noisy(80, 0.8), rules=Rules(seed=1, draws=200))


def test_labels_on_a_part_correct_the_judge_on_everything() -> None:
    ratings = noisy(600, 0.85, seed=4)
    labelled = [one for one in ratings if one.author == "model" or int(one.item.removeprefix("item-")) < 100]
    found = only(agreement(labelled, rules=QUICK)).correction
    assert found is not None
    assert (found.of, found.labelled, found.unlabelled) == ("share of yes", 100, 500)
    truth = sum(one.value or 0 for one in ratings if one.author == "human") / 600
    assert found.prediction_powered.low <= truth <= found.prediction_powered.high
    width = found.prediction_powered.high - found.prediction_powered.low
    assert width < found.reference.high - found.reference.low
    assert found.rogan_gladen is not None
    assert only(agreement(ratings, rules=QUICK)).correction is None


def test_what_the_reference_could_not_decide_is_not_what_it_has_not_seen() -> None:
    undecided = said("tests", *[1, 0] * 20, *[None] * 40, author="code")
    assert only(agreement([*said("judge", *[1.0] * 80), *undecided], rules=QUICK)).correction is None


def test_a_judge_that_always_says_the_same_is_no_better_than_chance() -> None:
    one = only(agreement([*said("judge", *[1.0] * 60), *said("anna", *[1, 1, 0] * 20, author="human")], rules=QUICK))
    assert [*one.figures["kappa"]] == [0, 0, 0]
    assert one.why == "the lower end of kappa is 0.00, not above 0.4"


def test_confidence_is_held_against_being_right() -> None:
    sure = [Rating(f"item-{at}", "c", "judge", "model", 1.0, confidence=0.9) for at in range(10)]
    people = said("anna", *[1.0] * 6, *[0.0] * 4, author="human")
    found = only(agreement([*sure, *people], rules=QUICK)).calibration
    assert found is not None
    assert found.n == 10
    assert found.ece.value == pytest.approx(0.3)
    assert found.brier.value == pytest.approx(0.6 * 0.01 + 0.4 * 0.81)
    [part] = found.bins
    assert (part.n, part.rate) == (10, 0.6)


def test_people_and_judges_are_looked_at_among_themselves() -> None:
    people = [*said("anna", 1, 0, 1, 1, author="human"), *said("ben", 1, 0, 0, author="human")]
    [panel] = agreement([*said("judge", 1, 0, 1, 1), *people], rules=QUICK).panels
    assert (panel.kind, panel.raters, panel.n) == ("human", ["anna", "ben"], 3)
    assert panel.figures["alpha"].value == pytest.approx(4 / 9)


def duel(item: int, rater: str, preferred: float | None, *, swapped: bool = False, pair: Pair = Pair()) -> Rating:
    author: Author = "human" if rater == "anna" else "model"
    return Rating(f"pair-{item}", "better", rater, author, preferred, pair=pair, swapped=swapped)


def test_a_pair_that_is_judged_otherwise_in_the_other_order_is_a_tie() -> None:
    ratings = [
        *(duel(1, "judge", 1.0), duel(1, "judge", 1.0, swapped=True), duel(1, "anna", 1.0)),
        *(duel(2, "judge", 1.0), duel(2, "judge", 0.0, swapped=True), duel(2, "anna", 1.0)),
        *(duel(3, "judge", 0.0), duel(3, "judge", None, swapped=True), duel(3, "anna", 1.0)),
        *(duel(4, "judge", 0.0), duel(4, "judge", 0.0, swapped=True), duel(4, "anna", 1.0)),
    ]
    found = agreement(ratings, rules=QUICK)
    one = only(found)
    assert one.table == [(0, 1, 1), (0.5, 1, 1), (1, 1, 1)]
    assert one.excluded == {"unscored by the judge": 1}
    assert one.figures["opposed"].value == pytest.approx(1 / 3)
    [bias] = found.biases
    assert bias.position is not None
    assert (bias.position.pairs, bias.position.unread) == (4, 1)
    assert bias.position.consistent.value == 0.5
    assert (bias.position.both_first, bias.position.both_second) == (1, 0)


def test_a_judge_that_takes_the_first_the_longer_and_its_own_is_found_out() -> None:
    dice = random.Random(2)
    ratings = []
    for at in range(300):
        lengths = (dice.randrange(100, 1000), dice.randrange(100, 1000))
        pair = Pair(lengths, ("gpt-5.4-mini", "claude-haiku"))
        ratings.append(duel(at, "anna", float(dice.random() < 0.5), pair=pair))
        for swapped in (False, True):
            pull = 1.5 * (-1 if swapped else 1) + (lengths[0] - lengths[1]) / 300 + 0.8 + dice.gauss(0, 1)
            ratings.append(duel(at, "openai/gpt-5.4", float(pull > 0), swapped=swapped, pair=pair))
    [found] = agreement(ratings, rules=QUICK).biases
    assert found.position is not None
    assert found.position.first is not None
    assert found.position.first.low > 0.5
    assert found.position.both_first > 5 * found.position.both_second
    assert found.length is not None
    assert found.length.excess is not None
    assert found.length.excess.low > 0
    assert found.length.controlled is not None
    assert found.length.controlled.slope > 3 * found.length.controlled.slope_error
    assert found.self_preference is not None
    assert (found.self_preference.family, found.self_preference.own.n) == ("gpt", 300)
    assert found.self_preference.excess is not None
    assert found.self_preference.excess.low > 0


def test_a_fair_judge_is_not_accused() -> None:
    dice = random.Random(3)
    ratings = []
    for at in range(300):
        pair = Pair((dice.randrange(100, 1000), dice.randrange(100, 1000)), ("gpt-5.4-mini", "claude-haiku"))
        better = float(dice.random() < 0.5)
        ratings.append(duel(at, "anna", better, pair=pair))
        ratings += [
            duel(at, "openai/gpt-5.4", better if dice.random() < 0.9 else 1 - better, swapped=swapped, pair=pair)
            for swapped in (False, True)
        ]
    [found] = agreement(ratings, rules=QUICK).biases
    assert found.position is not None
    assert found.position.p > 0.05
    assert found.length is not None
    assert found.length.excess is not None
    assert found.length.excess.low < 0 < found.length.excess.high
    assert found.self_preference is not None
    assert found.self_preference.excess is not None
    assert found.self_preference.excess.low < 0 < found.self_preference.excess.high


def recorded(path: Path, unread: float | None = None) -> list[Rating]:
    """What a judge of LLMBar said in both orders, and what experts prefer; `a` is the first output."""
    preferred = {"1": 1.0, "2": 0.0, None: unread}
    ratings = []
    for line in path.read_text().splitlines():
        row = json.loads(line)
        ratings.append(duel(row["row"], "anna", preferred[str(row["label"])]))
        for order, verdict in row["results"][0].items():
            ratings.append(duel(row["row"], "judge", preferred[verdict["winner"]], swapped=order == "swap = True"))
    return ratings


RUNS = [
    f"{data}.{judge}.{prompt}"
    for data in ("natural", "adversarial_gptinst")
    for judge in ("GPT-4", "ChatGPT")
    for prompt in ("Vanilla", "CoT")
]


@pytest.mark.parametrize("run", RUNS)
def test_recorded_judges_of_llmbar_give_the_published_figures(run: str, shared_data: Path) -> None:
    folder = shared_data / "llmbar" / "judge_runs"
    published = json.loads((folder / f"{run}.statistics.json").read_text())
    ratings = recorded(folder / f"{run}.jsonl")

    def percent(name: str) -> float:
        return float(re.findall(r"([\d.]+)%", published[name])[0])

    def right_of_all(one: Comparison) -> float:
        # What could not be read counts as wrong there; we leave it out, and count it.
        unread = one.excluded.get("unscored by the judge", 0)
        return 100 * (one.figures["accuracy"].value or 0) * one.n / (one.n + unread)

    people = [one for one in ratings if one.author == "human"]
    for order in (False, True):
        one = only(
            agreement([*people, *(r for r in ratings if r.author == "model" and r.swapped is order)], rules=QUICK)
        )
        assert right_of_all(one) == pytest.approx(percent(f"correct_{order}"))
    found = agreement(ratings, rules=QUICK)
    assert right_of_all(only(found)) == pytest.approx(percent("correct_both"))
    [bias] = found.biases
    assert bias.position is not None
    assert 100 * bias.position.consistent.value == pytest.approx(percent("equal"))
    # For kappa, what could not be read counts there as a verdict for the second.
    [bias] = agreement(recorded(folder / f"{run}.jsonl", unread=0.0), rules=QUICK).biases
    assert bias.position is not None
    assert bias.position.kappa == pytest.approx(published["kappa_agreement"], abs=1e-12)


def test_ten_thousand_labels_are_resampled_whole() -> None:
    one = only(agreement(noisy(10_000, 0.8)))
    assert one.n == 10_000
    low, high = one.figures["kappa"][1:]
    assert low is not None
    assert high is not None
    assert high - low == pytest.approx(2 * 1.96 * 2 * 0.4 / 100, rel=0.1)
