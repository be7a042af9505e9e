"""Agreement over what is stored: whose scores count, and what a report shows of them."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from benchbook.errors import NotFound, SpecError
from benchbook.records.generations import Generation
from benchbook.records.runs import Run
from benchbook.records.scores import Said, Score
from benchbook.service import agreement, ratings
from benchbook.service.agreement import AgreementReport, Question, Rules
from benchbook.service.agreement_html import html
from benchbook.service.agreement_markdown import markdown
from benchbook.specs.verdicts import Author, Verdict
from benchbook.store import views
from benchbook.store.store import Store
from service.browser import dom_of
from service.invented import HOSTILE
from store.planned import NOW, answered, begun, queued, rows

QUICK = Question(rules=Rules(draws=200))


@pytest.fixture
def run(store: Store) -> Run:
    """A run with eight answers, of which code passes every second."""
    [planned] = queued(store, rows(8))
    run = begun(store, planned)
    samples = views.samples_of(store, run.dataset_id)
    store.record(run, [answered(run, sample, value=float(sample.position % 2)) for sample in samples])
    return run


def score(generation: Generation, author_id: str, author: Author, number: int = 0, **verdict: Any) -> Score:
    return Score(
        id=f"score-{generation.id}-{author_id}-{verdict.get('name', 'right')}-{number}",
        created_at=NOW,
        run_id=generation.run_id,
        generation_id=generation.id,
        author=author,
        author_id=author_id,
        author_version="1",
        verdict=Verdict(**{"name": "right", **verdict}),
    )


def answers(store: Store, run: Run) -> list[Generation]:
    return [generation for _, generation, _ in views.generations(store, run.id)]


def test_scores_are_appended_to_generations_that_are_there(store: Store, run: Run) -> None:
    [first, *_] = answers(store, run)
    store.add_scores([score(first, "anna", "human", value=1.0), score(first, "judge", "model", value=0.0)])
    store.add_scores([])
    [(_, _, given), *_] = views.generations(store, run.id)
    assert sorted(one.author_id for one in given) == ["anna", "exact-match", "judge"]


def test_judges_are_held_against_people_and_execution(store: Store, run: Run) -> None:
    for at, one in enumerate(answers(store, run)):
        store.add_scores([score(one, "judge", "model", value=float(at != 3))])
        if at < 4:
            store.add_scores([score(one, "anna", "human", value=1.0)])
    found = agreement.of_runs(store, [run], QUICK, NOW).agreement
    told = [(one.reference, one.n, one.figures["accuracy"].value) for one in found.comparisons]
    assert told == [("human", 4, 0.75), ("exact-match", 8, 3 / 8)]
    assert found.comparisons[0].correction is not None
    assert found.comparisons[0].excluded == {"no label": 4}


def test_a_verdict_that_was_not_reached_is_no_zero(store: Store, run: Run) -> None:
    for one in answers(store, run)[:2]:
        store.add_scores([score(one, "judge", "model", error="unreadable"), score(one, "anna", "human", value=0.0)])
    found = agreement.of_runs(store, [run], Question(against="human"), NOW).agreement
    assert found.comparisons == []
    assert found.unmatched == [("right", "judge")]


def test_a_judging_run_is_looked_at_by_what_it_judged(store: Store, run: Run) -> None:
    [judging] = queued(store, rows(8), experiment="exp-2")
    for one in answers(store, run):
        mine = score(one, "judge", "model", value=1.0)
        store.add_scores([mine.model_copy(update={"run_id": judging.id})])
    [comparison] = agreement.of_runs(store, [judging], QUICK, NOW).agreement.comparisons
    assert (comparison.reference, comparison.n, comparison.figures["accuracy"].value) == ("exact-match", 8, 0.5)


def _compared(verdict: Verdict) -> Score:
    """What a judge says of two answers."""
    return Score(
        id="score-1",
        created_at=NOW,
        run_id="run-1",
        generation_id="gen-1",
        other_generation_id="gen-2",
        author="model",
        author_id="judge",
        author_version="1",
        verdict=verdict,
    )


def test_pairs_are_turned_to_one_side_and_held_against_execution() -> None:
    responses = {
        "gen-1": ratings._Response("zeta", 10),
        "gen-2": ratings._Response("alpha", 30),
    }
    given = _compared(Verdict(name="better", value=1.0))
    one = ratings._said(Said.of(given), "sample-1", responses)
    assert one.pair is not None
    assert (one.value, one.swapped, one.pair.models, one.pair.lengths) == (0.0, True, ("alpha", "zeta"), (30, 10))
    tests = [
        Said.of(given)._replace(
            generation_id=name,
            author="code",
            author_id="tests",
            other_generation_id=None,
            name="tests",
            value=value,
        )
        for name, value in (("gen-1", 0.0), ("gen-2", 1.0))
    ]
    [executed] = ratings._executed([one], tests)
    assert (executed.rater, executed.value, executed.swapped) == ("tests", 1.0, False)
    [undecided] = ratings._executed([one], tests[:1])
    assert undecided.value is None


@pytest.mark.parametrize(
    ("name", "label", "value", "turned"),
    [
        ("better", "a_bit_first", 0.75, 0.25),
        ("better", "both_bad", 0.5, 0.5),
        ("better", "first", 1.0, 0.0),
        ("better/both_complete", "yes", 1.0, 1.0),
    ],
)
def test_a_preference_in_words_of_its_own_is_turned_too(name: str, label: str, value: float, turned: float) -> None:
    responses = {one: ratings._Response(model, 10) for one, model in (("gen-1", "zeta"), ("gen-2", "alpha"))}
    ballots: Any = [{"order": order, "said": label} for order in ("first_second", "second_first")]
    verdict = Verdict(name=name, value=value, label=label, trace={"ballots": ballots})
    given = _compared(verdict)
    one = ratings._said(Said.of(given), "sample-1", responses)
    assert (one.item, one.value) == ("gen-2 gen-1", turned)
    if label == "both_bad":
        assert one.pair is not None
        assert one.orders == (0.5, 0.5), "it was read"
    if label == "a_bit_first":
        assert one.orders is None, "nothing says what the ballots are worth"


def pair_score(first: Generation, second: Generation, author_id: str, author: Author, **verdict: Any) -> Score:
    given = score(first, author_id, author, **{"name": "better", **verdict})
    return given.model_copy(update={"other_generation_id": second.id, "rubric": "r" if author != "human" else None})


def test_pairs_of_two_runs_are_found_from_either(store: Store) -> None:
    planned = queued(store, rows(6), runs=2)
    samples = views.samples_of(store, planned[0].dataset_id)
    runs = [begun(store, one) for one in planned]
    for at, run in enumerate(runs):
        store.record(run, [answered(run, sample, value=float(sample.position % 2 == at)) for sample in samples])
    first, second = (answers(store, run) for run in runs)
    orders = [("first_second", "first"), ("second_first", "first")]
    for at, pair in enumerate(zip(first, second, strict=True)):
        said = "second" if at == 5 else "first"
        ballots: list[Any] = [{"order": orders[0][0], "said": "first"}, {"order": orders[1][0], "said": said}]
        value = 0.5 if at == 5 else 1.0
        store.add_scores([pair_score(*pair, "judge", "model", value=value, label="first", trace={"ballots": ballots})])
        store.add_scores([pair_score(*pair, "rules", "code", value=float(at % 2 == 0))])
        store.add_scores([pair_score(*pair, "judge-rules", "code", name="better/audit", value=0.0)])
        store.add_scores([pair_score(*pair, "anna", "human", value=1.0)])
    seen = [agreement.of_runs(store, chosen, QUICK, NOW).agreement for chosen in ([runs[0]], [runs[1]], runs)]
    assert seen[0].comparisons == seen[1].comparisons == seen[2].comparisons
    told = {(one.judge, one.reference): one for one in seen[0].comparisons}
    assert {who: one.figures["accuracy"].value for who, one in told.items()} == {
        ("judge", "exact-match"): 0.5,
        ("judge", "human"): pytest.approx(5 / 6),
        ("rules", "exact-match"): 1,
        ("rules", "human"): 0.5,
    }
    assert told["judge", "exact-match"].figures["opposed"].value == pytest.approx(1 / 3)
    judge = next(one for one in seen[0].biases if one.judge == "judge")
    assert judge.position is not None
    assert judge.position.consistent.value == pytest.approx(5 / 6)
    assert (judge.position.pairs, judge.position.both_first) == (6, 1)


def test_what_is_superseded_or_cannot_be_told_does_not_count(store: Store, run: Run) -> None:
    one, other, *_ = answers(store, run)
    old = score(one, "anna", "human", value=0.0)
    new = score(one, "ben", "human", value=1.0).model_copy(update={"supersedes": old.id})
    judged = [score(one, "judge", "model", value=1.0), score(other, "judge", "model", label="cannot_tell")]
    store.add_scores([old, new, *judged, score(other, "anna", "human", value=1.0)])
    [comparison] = agreement.of_runs(store, [run], Question(against="human"), NOW).agreement.comparisons
    assert (comparison.scale, comparison.n, comparison.figures["accuracy"].value) == ("binary", 1, 1)
    assert comparison.excluded == {"unscored by the judge": 1}


def test_a_judge_that_was_overridden_is_held_against_who_did_it(store: Store, run: Run) -> None:
    one, other, *_ = answers(store, run)
    words = [score(each, "judge", "model", value=1.0) for each in (one, other)]
    people = [
        score(each, "anna", "human", value=value).model_copy(update={"supersedes": word.id})
        for each, value, word in zip((one, other), (0.0, 1.0), words, strict=True)
    ]
    store.add_scores([*words, *people])
    [comparison] = agreement.of_runs(store, [run], Question(against="human"), NOW).agreement.comparisons
    assert (comparison.n, comparison.figures["accuracy"].value) == (2, 0.5)
    back = score(one, "anna", "human", 1, label="withdrawn").model_copy(update={"supersedes": people[0].id})
    store.add_scores([back])
    assert views.superseded(store) == {words[1].id, people[0].id, back.id}
    [comparison] = agreement.of_runs(store, [run], Question(against="human"), NOW).agreement.comparisons
    assert (comparison.n, comparison.figures["accuracy"].value, comparison.excluded) == (1, 1.0, {"no label": 1})


def test_what_does_not_exist_is_named(store: Store, run: Run) -> None:
    with pytest.raises(NotFound, match="no model has judged"):
        agreement.of_runs(store, [run], QUICK, NOW)
    store.add_scores([score(answers(store, run)[0], "judge", "model", value=1.0)])
    with pytest.raises(SpecError, match="unknown criterion 'rihgt'; did you mean 'right'"):
        agreement.of_runs(store, [run], Question(criteria=["rihgt"]), NOW)
    with pytest.raises(SpecError, match="unknown rater 'exact'; did you mean 'exact-match'"):
        agreement.of_runs(store, [run], Question(against="exact"), NOW)


def filed(path: Path, lines: list[dict[str, Any]]) -> AgreementReport:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return agreement.of_file([path], QUICK, NOW)


LINES = [
    {"id": at, "rater": rater, "value": (at * step % 7) % 2, "confidence": 0.6 + at % 4 / 10}
    for rater, step in (("judge", 1), ("human-anna", 8), ("code", 3))
    for at in range(60)
    if rater != "human-anna" or at < 40
] + [
    {
        "id": at,
        "criterion": "better",
        "rater": rater,
        "preferred": "ab"[at // step % 2],
        "order": order,
        "lengths": [at, 20],
    }
    for rater, step in (("judge", 2), ("human-anna", 3))
    for order in ("ab", "ba")
    for at in range(40)
]


def test_a_file_of_ratings_needs_no_store(tmp_path: Path) -> None:
    report = filed(tmp_path / "r.jsonl", LINES)
    assert [(one.criterion, one.reference) for one in report.agreement.comparisons] == [
        ("better", "human"),
        ("verdict", "human"),
        ("verdict", "code"),
    ]
    packed = tmp_path / "r.jsonl.gz"
    packed.write_bytes(gzip.compress((tmp_path / "r.jsonl").read_bytes()))
    assert agreement.of_file([packed], QUICK, NOW).agreement == report.agreement


def test_what_could_not_be_told_is_in_no_figure_of_a_file(tmp_path: Path) -> None:
    said = [("a", "yes", "yes"), ("b", "no", "yes"), ("c", "cannot_tell", "yes"), ("d", "yes", "cannot_tell")]
    lines = [
        {"id": at, "rater": rater, "label": label, **({"value": 0} if label == "cannot_tell" else {})}
        for at, *labels in said
        for rater, label in zip(("judge", "human"), labels, strict=True)
    ]
    [compared] = filed(tmp_path / "c.jsonl", lines).agreement.comparisons
    assert (compared.n, compared.scale) == (2, "binary")


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="No such file"):
        agreement.of_file([tmp_path / "none.jsonl"], QUICK, NOW)
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(SpecError, match="holds no ratings"):
        agreement.of_file([tmp_path / "empty.jsonl"], QUICK, NOW)
    (tmp_path / "x.jsonl.gz").write_text("not packed")
    with pytest.raises(SpecError, match="cannot read"):
        agreement.of_file([tmp_path / "x.jsonl.gz"], QUICK, NOW)


def test_every_form_tells_the_same_figures(tmp_path: Path) -> None:
    report = filed(tmp_path / "r.jsonl", LINES)
    page, text = html(report), markdown(report)
    plain = json.loads(json.dumps(agreement.document(report), allow_nan=False))
    for one, told in zip(report.agreement.comparisons, plain["comparisons"], strict=True):
        kappa = one.figures["kappa"]
        assert kappa.value is not None
        assert told["figures"]["kappa"] == {"value": kappa.value, "low": kappa.low, "high": kappa.high}
        assert f"{kappa.value:.3f} ({kappa.low:.3f} to {kappa.high:.3f})" in page
        assert f"{kappa.value:.3f} ({kappa.low:.3f} to {kappa.high:.3f})" in text
    assert page.count("How often the judge is right, by how sure it says it is") == 2
    assert agreement.write(report, tmp_path / "page.html").read_text() == page
    assert agreement.write(report, tmp_path / "page.md").read_text() == text
    with pytest.raises(SpecError, match=r"ends in \.md or \.html"):
        agreement.write(report, tmp_path / "page.pdf")


def test_a_judge_of_numbers_against_tests_is_told_in_every_form(tmp_path: Path) -> None:
    lines = [{"id": at, "rater": who, "value": at % of} for at in range(40) for who, of in (("judge", 5), ("code", 2))]
    report = filed(tmp_path / "r.jsonl", lines)
    for text in (html(report), markdown(report)):
        assert "only their order is compared" in text
        assert "Spearman" in text


def test_the_page_says_of_a_judge_near_chance_that_it_is(tmp_path: Path) -> None:
    lines = [
        {"id": at, "rater": rater, "value": at // step % 2}
        for at in range(64)
        for rater, step in (("judge", 1), ("human", 2))
    ]
    report = filed(tmp_path / "r.jsonl", lines)
    assert "not shown to be better than chance" in markdown(report)
    assert "not shown to be better than chance" in html(report)


def test_no_name_does_anything_in_a_report(tmp_path: Path) -> None:
    named = [re.sub("[\ud800-\udfff]", "?", text) for text in HOSTILE]
    lines = [
        {"id": at, "criterion": name, "rater": rater, "author": author, "label": label, "confidence": 0.7}
        for name in named
        for rater, author in ((name, "model"), (f"{name}2", "human"))
        for at, label in enumerate([name, "other"])
    ]
    report = filed(tmp_path / "r.jsonl", lines)
    path = agreement.write(report, tmp_path / "page.html")
    page = path.read_text()
    assert "<script" not in page
    assert 'onerror="' not in page
    assert not set("\x00\x07\x1b\u202e\u2066") & set(page + markdown(report))
    assert "<title>Agreement of judges" in dom_of(path)
    assert "<b>bold" not in markdown(report)
