"""Folding: figures by hand, gaps never zeros."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from benchbook.engine.metrics import fold
from benchbook.errors import PluginError
from benchbook.protocols import Fold
from benchbook.records.datasets import Sample
from benchbook.records.generations import Generation
from benchbook.records.metrics import Metric
from benchbook.records.runs import Run
from benchbook.records.scores import Answer, Score
from benchbook.registry import register
from benchbook.specs.datasets import Row
from benchbook.specs.experiments import RunSettings, RunSpec
from benchbook.specs.models import ModelSpec
from benchbook.specs.outputs import Output, Usage
from benchbook.specs.tasks import TaskSpec
from benchbook.specs.use import Use
from benchbook.specs.verdicts import Verdict

NOW = datetime(2026, 11, 21, tzinfo=UTC)
RUN = Run(
    id="run-1",
    created_at=NOW,
    experiment_id="exp-1",
    position=0,
    spec=RunSpec(model=ModelSpec(model="mock/a"), task=TaskSpec(task=Use(name="t")), settings=RunSettings()),
    fingerprint="",
    dataset_id="d",
    total=0,
)
PASSED = Verdict(name="tests", value=1.0, label="passed", trace={"wall": 0.5})
FAILED = Verdict(name="tests", value=0.0, label="failed", trace={"wall": 1.5})
BROKEN = Verdict(name="tests", error="the sandbox died")


def answer(key: str, verdict: Verdict | None, epoch: int = 1, slices: tuple[str, ...] = ("easy",)) -> Answer:
    """One generation; without a verdict, the model never answered."""
    place = int.from_bytes(key.encode())
    sample = Sample(id=key, created_at=NOW, dataset_id="d", position=place, row=Row(key=key, input="?", slices=slices))
    generation = Generation(
        id=Generation.id_for("run-1", key, epoch),
        created_at=NOW,
        run_id="run-1",
        sample_id=key,
        epoch=epoch,
        prompt="?",
        output=None if verdict is None else Output(text="!", latency=2.0, usage=Usage(input_tokens=5, output_tokens=8)),
        cost=None if verdict is None else 0.25,
        error="refused" if verdict is None else None,
    )
    return sample, generation, [] if verdict is None else [score(generation, verdict)]


def score(generation: Generation, verdict: Verdict) -> Score:
    return Score(
        id=f"score-{generation.id}",
        created_at=NOW,
        run_id="run-1",
        generation_id=generation.id,
        author="code",
        author_id="tests",
        author_version="1",
        verdict=verdict,
    )


def figures(answers: Sequence[Answer]) -> dict[tuple[str, str], Metric]:
    return {(metric.name, metric.slice): metric for metric in fold(RUN, answers, NOW)}


def test_the_pass_rate_carries_n_exclusions_and_wilsons_interval() -> None:
    found = figures([answer("a", PASSED), answer("b", FAILED), answer("c", BROKEN), answer("d", PASSED)])
    rate = found["pass_rate", ""]
    assert (rate.n, rate.excluded) == (3, 1)
    assert [rate.value, rate.low, rate.high] == pytest.approx([2 / 3, 0.2076596, 0.9385081])


def test_each_slice_has_a_figure_of_its_own() -> None:
    found = figures([answer("a", PASSED), answer("b", FAILED, slices=("hard", "graphs")), answer("c", PASSED)])
    assert found["pass_rate", "easy"].value == 1.0
    assert found["pass_rate", "hard"].value == 0.0
    assert found["pass_rate", "graphs"].n == 1


def test_a_model_that_never_answered_is_left_out_and_counted() -> None:
    found = figures([answer("a", PASSED), answer("b", None)])
    assert (found["pass_rate", ""].value, found["pass_rate", ""].excluded) == (1.0, 1)
    assert found["errors", ""].value == 1
    assert found["label.unscored", ""].value == 1


def test_nothing_scored_is_no_figure_rather_than_zero() -> None:
    rate = figures([answer("a", BROKEN), answer("b", BROKEN)])["pass_rate", ""]
    assert (rate.value, rate.low, rate.n, rate.excluded) == (None, None, 0, 2)


def test_epochs_give_pass_at_k() -> None:
    tries = [answer("a", verdict, epoch) for epoch, verdict in enumerate([PASSED] * 3 + [FAILED] * 7, start=1)]
    found = figures(tries)
    assert found["pass_rate", ""].value == pytest.approx(0.3)
    assert found["pass@1", ""].value == pytest.approx(0.3)
    assert found["pass@5", ""].value == pytest.approx(0.9166666667)
    assert found["pass@10", ""].value == 1.0


def test_samples_not_binary_have_a_mean() -> None:
    half = Verdict(name="tests", value=0.5)
    found = figures([answer("a", half), answer("b", PASSED)])
    assert found["mean", ""].value == 0.75
    assert ("pass_rate", "") not in found


def test_a_slice_is_told_as_the_whole_is_whatever_values_are_in_it() -> None:
    half = Verdict(name="tests", value=0.5)
    found = figures([answer("a", half), answer("b", PASSED, slices=("hard",)), answer("c", BROKEN, slices=("odd",))])
    assert [found["mean", part].value for part in ("", "easy", "hard", "odd")] == [0.75, 0.5, 1.0, None]
    assert not [name for name, _ in found if name == "pass_rate"]


@pytest.mark.parametrize("value", [1e308, -1e308, 1e61, math.nan, math.inf])
def test_what_no_mean_can_be_taken_of_is_no_score(value: float) -> None:
    with pytest.raises(ValidationError, match=r"a score is between|finite"):
        Verdict(name="tests", value=value)


def test_scores_of_any_size_have_figures() -> None:
    for values in ([1e60, -1e60, 1e60], [1e-300, 3e-300, 1e-160], [5e-324, 0.0, 1e60], [1e60] * 3):
        found = figures([answer(f"{at}", Verdict(name="tests", value=one)) for at, one in enumerate(values)])
        assert found["mean", ""].value == pytest.approx(math.fsum(values) / 3)
        low, high = found["mean", ""].low, found["mean", ""].high
        assert low is not None
        assert high is not None
        assert low <= high


def test_labels_time_tokens_and_cost_add_up() -> None:
    found = figures([answer("a", PASSED), answer("b", FAILED)])
    values = {name: metric.value for (name, part), metric in found.items() if not part}
    assert (values["label.passed"], values["label.failed"]) == (1, 1)
    assert (values["exec_p50"], values["latency_p95"], values["tokens_per_second"]) == (1.0, 2.0, 4.0)
    assert (values["cost"], values["input_tokens"], values["output_tokens"]) == (0.5, 10, 16)


def test_the_order_of_answers_changes_no_digit() -> None:
    answers = [answer(str(at), PASSED if at % 3 else FAILED) for at in range(50)]
    assert figures(answers) == figures(answers[::-1])


def task_figures(answers: Sequence[Answer], **task: object) -> dict[tuple[str, str], Metric]:
    """The figures of a run whose task says so."""
    spec = TaskSpec.parse({"task": "t", **task})
    run = RUN.model_copy(update={"spec": RUN.spec.model_copy(update={"task": spec})})
    return {(metric.name, metric.slice): metric for metric in fold(run, answers, NOW)}


def told(given: Answer, **fields: object) -> Answer:
    """The answer to a sample that says more of itself."""
    sample, *rest = given
    row = sample.row.model_copy(update=fields)
    return (sample.model_copy(update={"row": row}), *rest)  # type: ignore[return-value]


@register("metric", "share-of-words")
def share_of_words() -> Fold:
    """Right words of all words: no mean of samples' shares."""

    def numbers(verdict: Verdict) -> Sequence[float] | None:
        return [float(verdict.trace["right"]), float(verdict.trace["words"])] if "words" in verdict.trace else None  # type: ignore[arg-type]

    return Fold(numbers, lambda sums: sums[0] / sums[1])


def words(right: int, of: int) -> Verdict:
    return Verdict(name="words", value=right / of if of else 0.0, trace={"right": right, "words": of})


def test_a_metric_folds_all_answers_of_a_slice_together() -> None:
    answers = [
        answer("a", words(1, 1)),
        answer("b", words(1, 9), slices=("hard",)),
        answer("c", words(3, 10), slices=("hard",)),
        answer("d", BROKEN, slices=("hard",)),
    ]
    found = task_figures(answers, metrics="share-of-words")
    whole, hard = found["share-of-words", ""], found["share-of-words", "hard"]
    assert (whole.value, whole.n, whole.excluded, whole.score) == (5 / 20, 3, 1, "words")
    assert (hard.value, hard.n, hard.excluded) == (4 / 19, 2, 1)
    assert whole.low is not None
    assert whole.high is not None
    assert whole.low < 5 / 20 < whole.high
    assert found["share-of-words", "easy"].low is None  # of one sample, nobody knows


def graded(right: int, of: int, part: str) -> list[Answer]:
    first = {"a": 0x80, "b": 0x400}[part]
    return [answer(chr(first + at), PASSED if at < right else FAILED, slices=(part, "all of them")) for at in range(of)]


def test_in_the_macro_average_every_slice_counts_alike() -> None:
    answers = [*graded(30, 60, "a"), *graded(2, 10, "b"), answer("n", PASSED, slices=())]
    found = task_figures(answers, metrics="macro")
    whole = found["macro", ""]
    assert whole.value == pytest.approx((0.5 + 0.2) / 2)
    assert (whole.n, whole.excluded) == (70, 1)
    assert found["pass_rate", ""].value == pytest.approx(33 / 71)
    assert {part for name, part in found if name == "macro"} == {"", "all of them"}
    # By hand: the variances of both means, over four.
    error = math.sqrt(0.25 / 59 + 0.16 / 9) / 2
    assert whole.low is not None
    assert whole.high is not None
    assert (whole.high - whole.low) / 2 == pytest.approx(1.99 * error, rel=0.1)


def test_where_a_slice_cannot_vary_the_macro_average_has_no_interval() -> None:
    for answers in ([*graded(3, 6, "a"), *graded(1, 1, "b")], [*graded(6, 6, "a"), *graded(2, 2, "b")]):
        found = task_figures(answers, metrics="macro")["macro", ""]
        assert (found.low, found.high) == (None, None)


def test_many_samples_of_a_slice_vary_in_groups() -> None:
    answers = [*graded(350, 700, "a"), *graded(300, 600, "b")]
    found = task_figures(answers, metrics="macro")["macro", ""]
    error = math.sqrt(0.25 / 699 + 0.25 / 599) / 2
    assert (found.high or 0) - (found.low or 0) == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_a_metric_that_comes_to_nothing_is_no_figure() -> None:
    found = task_figures([answer("a", words(0, 0)), answer("b", words(0, 0))], metrics="share-of-words")
    assert (found["share-of-words", ""].value, found["share-of-words", ""].low) == (None, None)


def test_a_metric_whose_numbers_are_none_breaks_the_run_and_says_so() -> None:
    with pytest.raises(PluginError, match="share-of-words"):
        task_figures(
            [answer("a", Verdict(name="w", value=1.0, trace={"right": 1, "words": "inf"}))], metrics="share-of-words"
        )


def test_figures_of_a_metric_depend_on_no_order() -> None:
    answers = [answer(str(at), words(at % 3, 3 + at % 5)) for at in range(40)]
    assert task_figures(answers, metrics="share-of-words") == task_figures(answers[::-1], metrics="share-of-words")


def test_tries_of_a_sample_count_as_one_sample_in_the_interval_of_a_metric() -> None:
    once = [answer(str(at), words(at % 4, 4)) for at in range(12)]
    thrice = [answer(str(at), words(at % 4, 4), epoch) for at in range(12) for epoch in (1, 2, 3)]
    one, three = (task_figures(each, metrics="share-of-words")["share-of-words", ""] for each in (once, thrice))
    assert (one.low, one.high, one.n) == pytest.approx((three.low, three.high, three.n))


def test_samples_of_a_cluster_are_worth_less() -> None:
    answers = [
        told(answer(f"{at:03}", PASSED if at // 10 % 2 else FAILED), metadata={"passage": at // 10})
        for at in range(100)
    ]
    alone, together = task_figures(answers)["pass_rate", ""], task_figures(answers, cluster="passage")
    rate = together["pass_rate", ""]
    assert alone.low is not None
    assert rate.low is not None
    assert rate.value == alone.value == 0.5
    assert 0.5 - rate.low > 2 * (0.5 - alone.low)
    assert (together["clusters", ""].value, rate.n) == (10, 100)


def test_a_sample_without_the_field_of_clusters_is_one_by_itself() -> None:
    answers = [told(answer(str(at), PASSED), metadata={"passage": at // 4} if at < 8 else {}) for at in range(12)]
    assert task_figures(answers, cluster="passage")["clusters", ""].value == 2 + 4


def test_crossed_slices_have_figures_of_their_own() -> None:
    answers = [
        answer("a", PASSED, slices=("easy", "maths")),
        answer("b", FAILED, slices=("easy", "history")),
        answer("c", FAILED, slices=("hard", "maths")),
    ]
    found = task_figures(answers, crossed=True)
    assert found["pass_rate", "easy × maths"].value == 1.0
    # All of history is easy: that figure is there already.
    crossed = {part for name, part in found if name == "pass_rate" and "×" in part}
    assert crossed == {"easy × maths"}
    assert not any("×" in part for _, part in task_figures(answers))


def test_the_chance_that_all_tries_pass_stands_beside_the_chance_that_one_does() -> None:
    tries = [answer("a", verdict, epoch) for epoch, verdict in enumerate([PASSED] * 8 + [FAILED] * 2, start=1)]
    found = figures(tries)
    assert found["pass^2", ""].value == pytest.approx(0.6222222222)
    assert found["pass^10", ""].value == 0.0


def test_values_too_many_to_name_are_counted_together() -> None:
    found = figures([answer(f"{at:02}", Verdict(name="tests", value=at / 7)) for at in range(30)])
    assert [name for name, _ in found if name.startswith("label.")] == ["label.a number"]
    grades = figures([answer(f"{at:02}", Verdict(name="tests", value=at % 5)) for at in range(30)])
    assert grades["label.3", ""].value == 6


def test_throughput_goes_by_the_clock_and_leaves_out_what_nobody_worked() -> None:
    def at(second: float, given: Answer) -> Answer:
        sample, generation, [one] = given
        begun, ended = NOW + timedelta(seconds=second), NOW + timedelta(seconds=second + 2)
        return (
            sample,
            generation.model_copy(update={"created_at": begun}),
            [one.model_copy(update={"created_at": ended})],
        )

    # Two at once, then one a day later, when the run was taken up again.
    found = figures([at(0, answer("a", PASSED)), at(1, answer("b", PASSED)), at(86400, answer("c", PASSED))])
    assert found["busy", ""].value == pytest.approx(5)
    assert found["throughput", ""].value == pytest.approx(3 / 5)
    assert found["throughput_tokens", ""].value == pytest.approx(24 / 5)


def test_a_sample_costs_what_its_tries_cost_together() -> None:
    found = figures([answer("a", PASSED), answer("a", PASSED, 2), answer("b", FAILED), answer("b", FAILED, 2)])
    assert (found["cost_per_sample", ""].value, found["cost_per_sample", ""].n) == (0.5, 2)
