"""Runs compared by all of their scores: what is said is what the figures allow, in every form."""

import json
import random
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest

from benchbook.engine.paired import difference_error, difference_interval
from benchbook.engine.slicing import Rules
from benchbook.errors import SpecError
from benchbook.records.runs import Run, Stopped
from benchbook.service import leaderboard, power, slices
from benchbook.service.comparison_files import write
from benchbook.service.comparison_html import html
from benchbook.service.comparison_markdown import markdown
from benchbook.service.comparison_report import Question, document, gather
from benchbook.service.comparison_text import sentence
from benchbook.service.comparisons import samples
from benchbook.specs.datasets import Row
from benchbook.store import views
from benchbook.store.comparisons import ComparedFilter
from benchbook.store.store import Store
from service.compared import runs_with
from service.invented import HOSTILE
from service.judged import judged
from store.planned import NOW, answered, begun, data, queued, rows


def values_of(store: Store, questions: list[Row], values: Sequence[Sequence[float]], name: str = "exp-1") -> list[Run]:
    """A run for each list of values: what its answers are worth."""
    planned = queued(store, questions, name, runs=len(values))
    _, samples = data(questions)
    runs = [begun(store, run) for run in planned]
    for run, each in zip(runs, values, strict=True):
        told = zip(samples, each, strict=True)
        store.record(run, [answered(run, sample, text=str(value), value=value) for sample, value in told])
    return runs


def shares(*ones: int, n: int) -> list[list[float]]:
    return [[float(at < one) for at in range(n)] for one in ones]


def test_better_is_said_only_of_what_cannot_be_chance(store: Store) -> None:
    runs = values_of(store, rows(100), shares(60, 80, 62, 40, n=100))
    found = gather(store, [run.id for run in runs], Question(), NOW).findings
    assert [one.conclusion for one in found] == ["better", "no evidence of a difference", "worse"]
    assert [one.difference.difference for one in found] == pytest.approx([0.2, 0.02, -0.2])
    # Of 20 that flipped all flipped the same way; adjusted by Holm over three.
    assert [one.p_adjusted for one in found] == pytest.approx([3 * 2**-19, 0.5, 3 * 2**-19])
    assert all(one.excluded == {"no_value": 0, "only_base": 0, "only_other": 0} for one in found)
    assert [(one.flips.regressed, one.flips.fixed) for one in found] == [(0, 20), (0, 2), (20, 0)]


def test_what_people_say_by_a_scores_name_is_in_no_comparison(store: Store) -> None:
    runs = values_of(store, rows(20), shares(8, 10, n=20))
    for at, (_, _, scores) in enumerate(list(views.generations(store, runs[1].id))):
        for name, value in (("exact-match", 1.0 - at % 2), ("helpful", 1.0)):
            verdict = scores[0].verdict.model_copy(update={"name": name, "value": value})
            said = {"id": f"{name} {at}", "author": "human", "author_id": "ann", "verdict": verdict}
            store.add_scores([scores[0].model_copy(update=said)])
    for names in ([runs[0].id, runs[1].id], [runs[1].id, runs[0].id]):
        [one] = gather(store, names, Question(), NOW).findings
        assert (one.score, one.difference.n) == ("exact-match", 20)
        assert abs(one.difference.difference or 0) == pytest.approx(0.1)
        assert one.flips.regressed + one.flips.fixed == len(one.flipped) == 2
    page = samples(store, [run.id for run in runs], None, ComparedFilter(), 50, None)
    assert len(page.items) == 20
    fixed = samples(store, [run.id for run in runs], None, ComparedFilter(only="fixed"), 50, None)
    assert [row.base.key for row in fixed.items] == ["sum/8", "sum/9"]
    assert slices.gather(store, runs[1], runs[0], None, Rules(least=4), NOW).mean == pytest.approx(0.1)
    [table] = leaderboard.gather(store, [run.id for run in runs], leaderboard.Question(draws=100), NOW).standings
    assert (table.score, [entry.value for entry in table.entries]) == ("exact-match", [0.5, 0.4])


def test_what_one_comparison_would_show_many_do_not(store: Store) -> None:
    runs = values_of(store, rows(60), shares(20, *[27] * 9, n=60))
    alone = gather(store, [runs[0].id, runs[1].id], Question(), NOW).findings
    assert [one.conclusion for one in alone] == ["better"]
    together = gather(store, [run.id for run in runs], Question(), NOW).findings
    assert {one.conclusion for one in together} == {"no evidence of a difference"}
    assert all(one.low_adjusted < one.difference.low for one in together)  # type: ignore[operator] # both are there


@pytest.mark.parametrize(("right", "conclusion"), [(7, "no evidence of a difference"), (12, "better")])
def test_beside_a_run_that_ended_early_only_what_may_be_looked_at_any_time_counts(
    store: Store, right: int, conclusion: str
) -> None:
    first, second = values_of(store, rows(20), shares(0, right, n=20))
    [fixed] = gather(store, [first.id, second.id], Question(), NOW).findings
    assert (fixed.conclusion, fixed.difference.test) == ("better", "mcnemar-exact")
    early = Stopped(why="it was clear", clear=True, score="match", population=50, asked=20, n=20)
    done = store.step(second, second.model_copy(update={"status": "completed", "stopped": early}))
    report = gather(store, [first.id, done.id], Question(), NOW)
    [one], [note] = report.findings, [note for note in report.notes if "ended early" in note]
    assert "after 20 of 50 samples" in note
    assert (one.difference.test, one.conclusion) == ("e-value", conclusion)
    assert one.difference.p == pytest.approx((right + 1) / 2**right)
    assert (one.difference.low, one.low_adjusted, one.smallest) == (None, None, None)
    assert "no interval, as a run ended early" in sentence(report, one)


def test_equal_runs_keep_an_interval(store: Store) -> None:
    runs = values_of(store, rows(50), shares(30, 30, n=50))
    [one] = gather(store, [run.id for run in runs], Question(), NOW).findings
    assert (one.difference.difference, one.difference.p, one.conclusion) == (0, 1, "no evidence of a difference")
    low, high = one.difference.low, one.difference.high
    assert low is not None
    assert high is not None
    assert low < 0 < high


def test_values_between_zero_and_one_have_their_signs_permuted(store: Store) -> None:
    chance = random.Random(2)
    first = [chance.random() for _ in range(40)]
    runs = values_of(store, rows(40), [first, [min(1, value + 0.3 * chance.random()) for value in first]])
    [one] = gather(store, [run.id for run in runs], Question(), NOW).findings
    assert (one.difference.test, one.conclusion) == ("permutation", "better")
    assert one.effect is not None
    assert one.effect > 1


def test_less_is_better_where_the_task_says_so(store: Store, tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    data.write_text("".join(json.dumps({"key": f"k{at}", "input": "?", "target": "x"}) + "\n" for at in range(40)))
    task = {"name": "t", "dataset": {"jsonl": {"file": str(data)}}, "scorers": ["exact-match"]}
    models = [{"model": f"mock/{name}", "args": {"replies": reply}} for name, reply in (("much", "x"), ("little", "y"))]
    config = {"name": "e", "models": models, "tasks": [{**task, "smaller_is_better": ["exact-match"]}]}
    runs = [run.id for run in judged(store, config)]
    [one] = gather(store, runs, Question(), NOW).findings
    assert (one.difference.difference, one.conclusion) == (-1.0, "better")
    [board] = leaderboard.gather(store, runs, leaderboard.Question(), NOW).standings
    assert [(entry.model, entry.rank_low, entry.rank_high) for entry in board.entries] == [
        *(("mock/little", 1, 1), ("mock/much", 2, 2))
    ]
    with pytest.raises(SpecError, match="of 'exact-match' less is better"):
        slices.gather(store, views.run(store, runs[0]), None, None, Rules(), NOW)


def test_what_hangs_together_is_counted_by_clusters_wherever_runs_are_compared(store: Store, tmp_path: Path) -> None:
    """Ten passages of ten questions each: of three of them one run understands nothing, of one the other."""
    questions = [{"key": f"{at}", "input": "?", "target": "x", "passage": at // 10} for at in range(100)]
    file = tmp_path / "data.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in questions))
    task = {"name": "t", "dataset": {"jsonl": str(file)}, "scorers": ["exact-match"], "epochs": 2}
    wrong = ({"0"}, {"1", "2", "3"})
    models = [
        {
            "model": f"mock/m{at}",
            "args": {
                "replies": "x",
                "by_sample": {f"{one['key']}": "y" for one in questions if f"{one['passage']}" in not_},
            },
        }
        for at, not_ in enumerate(wrong)
    ]
    runs = [run.id for run in judged(store, {"name": "e", "models": models, "tasks": [{**task, "cluster": "passage"}]})]
    report = gather(store, runs, Question(), NOW)
    [found] = report.findings
    # Of four passages that differ, three to one: 10 of the 16 choices of signs are as uneven. By questions p is 0.002.
    assert (found.difference.clusters, found.difference.p) == (10, 10 / 16)
    assert found.conclusion == "no evidence of a difference"
    assert "permutation of signs, 10 clusters" in markdown(report)
    units = [1.0 - 2 * (at == 0) if at < 4 else 0.0 for at in range(10)]
    low, high = difference_interval([0.0] * 10, units) or (0, 0)
    assert (found.difference.low, found.difference.high) == pytest.approx((low, high))
    [board] = leaderboard.gather(store, runs, leaderboard.Question(), NOW).standings
    assert {(entry.rank_low, entry.rank_high) for entry in board.entries} == {(1, 2)}
    known = power.noise_of_runs(store, (runs[0], runs[1]), None)
    assert "10 clusters" in known.source
    assert known.noise.variance == pytest.approx(100 * difference_error(units, [0.0] * 10) ** 2)


def test_slices_are_corrected_together(store: Store) -> None:
    questions = rows(200)
    # Odd questions are the hard ones: all of them are lost.
    runs = values_of(store, questions, [[1.0] * 200, [float(at % 2 == 0 or at > 60) for at in range(200)]])
    [one] = gather(store, [run.id for run in runs], Question(), NOW).findings
    said = {part.slice: part.conclusion for part in one.slices}
    assert said == {"easy": "no evidence of a difference", "hard": "worse", "sums": "worse"}
    assert all(part.p_adjusted is not None for part in one.slices)


def test_runs_on_versions_of_a_data_set_meet_by_key(store: Store) -> None:
    before = rows(30)
    changed = [row.model_copy(update={"target": "other"}) if at < 5 else row for at, row in enumerate(before[:25])]
    after = [*changed, Row(key="new", input="?")]
    [base] = values_of(store, before, shares(30, n=30))
    [other] = values_of(store, after, shares(10, n=26), name="exp-2")
    report = gather(store, [base.id, other.id], Question(), NOW)
    [one] = report.findings
    assert (one.difference.n, one.difference.base, one.difference.other) == (20, 1, 0.25)
    assert one.excluded == {"no_value": 0, "only_base": 5, "only_other": 1, "changed": 5}
    assert any("paired by key" in note for note in report.notes)
    assert [(pair.base.key, pair.other.key) for pair in one.flipped][:2] == [("sum/10", "sum/10"), ("sum/11", "sum/11")]


def test_other_data_is_refused_by_name(store: Store) -> None:
    [base] = values_of(store, rows(4), shares(4, n=4))
    dataset, samples = data([Row(key="x", input="?")], name="riddles")
    store.add_dataset(dataset, samples)
    [plan] = queued(store, [Row(key="x", input="?")], "exp-2")
    with pytest.raises(SpecError, match=r"data set 'sums' and run .* on 'riddles'"):
        gather(store, [base.id, plan.id], Question(), NOW)


def test_experiments_meet_by_task_and_model(store: Store) -> None:
    [base] = values_of(store, rows(10), shares(4, n=10), name="exp-1")
    [other] = values_of(store, rows(10), shares(9, n=10), name="exp-2")
    [one] = gather(store, ["exp-1", "exp-2"], Question(), NOW).findings
    assert (one.base.id, one.other.id) == (base.id, other.id)
    with pytest.raises(SpecError, match="nothing to compare"):
        gather(store, ["exp-1"], Question(), NOW)


def test_a_score_that_is_not_there_is_named(store: Store) -> None:
    runs = values_of(store, rows(4), shares(1, 2, n=4))
    with pytest.raises(SpecError, match="did you mean 'exact-match'"):
        gather(store, [run.id for run in runs], Question(scores=("exact-mach",)), NOW)


def test_few_samples_say_what_more_could_have_shown(store: Store) -> None:
    runs = values_of(store, rows(20), shares(10, 12, n=20))
    report = gather(store, [run.id for run in runs], Question(), NOW)
    told = sentence(report, report.findings[0])
    assert "no evidence of a difference" in told
    assert "would be seen with a power of 80 %" in told


def test_every_form_tells_the_same_and_nothing_is_obeyed(store: Store, tmp_path: Path) -> None:
    texts = [list(HOSTILE), [f"good {text}" for text in HOSTILE]]
    runs = runs_with(store, rows(len(HOSTILE)), texts)
    report = gather(store, [run.id for run in runs], Question(), NOW)
    said = sentence(report, report.findings[0])
    page, text = html(report), markdown(report)
    seen = _Seen(page)
    assert said in seen.text.replace("\n", " ")
    assert said.replace("+", "").replace("_", "")[:20] in text.replace("\\", "").replace("+", "")
    assert seen.scripts == 0
    assert "<script>" not in page.replace("&lt;script&gt;", "")
    assert "<img" not in text
    written = json.loads(write(report, tmp_path / "c.json").read_text())
    assert written == document(report)
    with pytest.raises(SpecError, match=r"ends in .md, .html or .json"):
        write(report, tmp_path / "c.pdf")


class _Seen(HTMLParser):
    """A page's texts, and its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.scripts = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script" or any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data
