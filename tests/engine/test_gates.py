"""Gates: what passes, what fails, and what nobody can tell."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from benchbook.engine.gates import Held, Snapshot, failed, hold
from benchbook.engine.paired import drop_p, mcnemar
from benchbook.engine.statistics import wilson
from benchbook.errors import SpecError
from benchbook.records.metrics import Metric
from benchbook.specs.gates import Thresholds
from engine.samples import NOW

SLICES = {f"q{at}": ("even",) if at % 2 == 0 else ("odd",) for at in range(400)}


def metric(name: str, value: float | None, n: int, **fields: Any) -> Metric:
    return Metric(id=name, created_at=NOW, run_id="run", name=name, value=value, n=n, **fields)


def snapshot(values: Sequence[float], run: str = "now", **fields: Any) -> Snapshot:
    n, total = len(values), sum(values)
    low, high = wilson(total, n)
    figures = [
        metric("pass_rate", total / n, n, score="match", low=low, high=high, excluded=10),
        metric("latency_p95", 2.0, n),
        metric("cost", None, n),
        metric("errors", 4.0, n),
    ]
    known: dict[str, Any] = {
        "run": run, "model": "m", "task": "t", "dataset": "d", "metrics": figures,
        "values": {"match": {f"q{at}": value for at, value in enumerate(values)}},
        "slices": {f"q{at}": SLICES[f"q{at}"] for at in range(n)},
    }  # fmt: skip
    return Snapshot(**{**known, **fields})


def held(gate: Any, now: Sequence[float], base: Any = None, **fields: Any) -> Held:
    thresholds = Thresholds.parse({"gates": [gate]})
    [one] = hold(thresholds, [(snapshot(now, **fields), snapshot(base, "base") if isinstance(base, list) else base)])
    return one


PASSES = [1.0] * 60 + [0.0] * 40


@pytest.mark.parametrize(
    ("gate", "outcome"),
    [
        ("pass_rate >= 0.6", "passed"),
        ("pass_rate >= 0.61", "failed"),
        ("pass_rate.low >= 0.5", "passed"),
        ("pass_rate.low >= 0.6", "failed"),
        ("latency_p95 <= 1.5", "failed"),
        ("error_rate <= 0.04", "passed"),
        ("error_rate <= 0.03", "failed"),
        ("unscored_share <= 0.1", "passed"),
        ("unscored_share <= 0.05", "failed"),
        ({"figure": "latency_p95", "at_most": 1, "severity": "warn"}, "warned"),
        ({"figure": "pass_rate", "at_least": 0.5, "at_most": 0.55}, "failed"),
    ],
)
def test_a_figure_is_held_to_what_was_demanded(gate: Any, outcome: str) -> None:
    assert held(gate, PASSES).outcome == outcome


@pytest.mark.parametrize(
    ("gate", "why"),
    [
        ("pas_rate >= 0", "unknown figure 'pas_rate'; did you mean 'pass_rate'?"),
        ("cost <= 100", "cost has no value"),
        ("cost_per_sampel <= 1", "unknown figure 'cost_per_sampel'"),
        ("cost_per_sample <= 1", "has no price; give it under `prices`"),
        ({"figure": "pass_rate", "slice": "hard", "at_least": 0}, "unknown slice 'hard'"),
        ({"figure": "pass_rate", "score": "mach", "at_least": 0}, "did you mean 'match'?"),
        ("latency_p95.low >= 0", "latency_p95 has no interval"),
        ({"figure": "pass_rate", "at_least": 0, "model": "other"}, "there is no run of other"),
        ({"figure": "pass_rate", "max_drop": 1}, "there is no baseline"),
        ({"no_regression": True, "score": "mach"}, "did you mean 'match'?"),
    ],
)
def test_what_cannot_be_told_is_an_error_and_never_a_pass(gate: Any, why: str) -> None:
    one = held(gate, PASSES, PASSES if isinstance(gate, dict) and gate.get("no_regression") else None)
    assert one.outcome == "error"
    assert why in one.said
    assert failed([one]) == [one]


@pytest.mark.parametrize("gate", ["pass_rate >= nan", "cost <= inf", {"figure": "cost", "max_rise": math.inf}])
def test_a_gate_that_nothing_could_fail_is_refused(gate: Any) -> None:
    with pytest.raises(SpecError, match="finite"):
        Thresholds.parse({"gates": [gate]})


@pytest.mark.parametrize("gate", [{"figure": "cost", "at_most": 1}, {"no_regression": True}])
def test_only_what_is_held_against_a_baseline_is_relative(gate: Any) -> None:
    with pytest.raises(SpecError, match="only `max_drop` and `max_rise`"):
        Thresholds.parse({"gates": [{**gate, "relative": True}]})


def test_a_run_that_is_not_finished_passes_nothing() -> None:
    assert held("pass_rate >= 0", PASSES, unfinished="it is running").outcome == "error"


def test_a_baseline_that_is_not_finished_is_no_measure() -> None:
    part = snapshot(PASSES[:10], "base", unfinished="it is failed")
    for gate in ({"no_regression": True}, {"figure": "errors", "max_rise": 100}):
        one = held(gate, PASSES, part)
        assert (one.outcome, "baseline (base) is not finished" in one.said) == ("error", True)


def test_other_data_than_the_baselines_is_an_error() -> None:
    one = held({"no_regression": True}, PASSES, PASSES, dataset="of today")
    assert one.outcome == "error"
    assert "the data have changed" in one.said


def test_no_sample_in_common_is_an_error() -> None:
    other = replace(snapshot(PASSES), values={"match": {"elsewhere": 1.0}})
    assert "no sample in common" in held({"no_regression": True}, PASSES, other).said


@pytest.mark.parametrize(
    ("gate", "outcome"),
    [
        ({"no_regression": True}, "failed"),
        ({"no_regression": True, "slice": "odd"}, "failed"),
        ({"figure": "pass_rate", "max_drop": 0.2}, "passed"),
        ({"figure": "pass_rate", "max_drop": 0.19}, "failed"),
        ({"figure": "pass_rate", "max_drop": "25%"}, "passed"),
        ({"figure": "pass_rate", "max_drop": "24%"}, "failed"),
        # The low end of the difference is -0.28, the high end -0.11.
        ({"figure": "pass_rate", "max_drop": 0.2, "bound": "low"}, "failed"),
        ({"figure": "pass_rate", "max_drop": 0.15, "bound": "high"}, "passed"),
        ({"figure": "latency_p95", "max_rise": "10%"}, "passed"),
    ],
)
def test_a_drop_is_seen_beside_the_baseline(gate: Any, outcome: str) -> None:
    assert held(gate, PASSES, [1.0] * 80 + [0.0] * 20).outcome == outcome


def test_where_nothing_flipped_a_few_samples_prove_little() -> None:
    gate = {"figure": "pass_rate", "max_drop": 0.05, "bound": "low"}
    few, many = (held(gate, [1.0] * n, [1.0] * n) for n in (3, 300))
    assert (few.outcome, many.outcome) == ("failed", "passed")
    assert few.low is not None
    assert few.low < -0.3


def test_after_an_early_end_no_interval_of_the_difference_is_believed() -> None:
    one = held({"figure": "pass_rate", "max_drop": 0.5, "bound": "low"}, PASSES, PASSES, stopped=True)
    assert (one.outcome, "ended early" in one.said) == ("error", True)


def left(n: int, of: Sequence[float] = PASSES, *, asked: int | None = None, **fields: Any) -> Snapshot:
    """A run with a value of the first `n` alone."""
    run = snapshot(of, **fields)
    kept = {f"q{at}": value for at, value in enumerate(of[:n])}
    figures = [m.model_copy(update={"n": n, "excluded": len(of) - n}) if m.score else m for m in run.metrics]
    return replace(run, values={"match": kept}, metrics=figures, slices=dict([*run.slices.items()][:asked]))


BESIDE = [
    {"no_regression": True},
    {"no_regression": True, "slice": "odd"},
    {"figure": "pass_rate", "max_drop": 0.5},
    {"figure": "pass@2", "max_drop": 0.5},
]


def beside(gate: Any, run: Snapshot, base: Snapshot) -> Held:
    more = [metric("pass@2", 0.9, of.metrics[0].n, score="match") for of in (run, base)]
    run, base = (replace(of, metrics=[*of.metrics, one]) for of, one in zip((run, base), more, strict=True))
    [one] = hold(Thresholds.parse({"gates": [gate]}), [(run, base)])
    return one


@pytest.mark.parametrize("gate", BESIDE)
def test_a_run_that_has_lost_answers_which_the_baseline_has_passes_nothing(gate: Any) -> None:
    # All that are left are right: the rest may be what failed.
    run, base = left(60), snapshot(PASSES, "base")
    one = beside(gate, run, base)
    assert (one.outcome, failed([one])) == ("error", [one])
    assert "of the baseline's" in one.said
    assert "`max_lost`" in one.said
    assert beside({**gate, "max_lost": 0.4}, run, base).outcome == "passed"
    assert beside({**gate, "max_lost": "39%"}, run, base).outcome == "error"


def test_what_was_not_asked_is_lost_too_unless_the_run_ended_early() -> None:
    base = snapshot(PASSES, "base")
    gate = {"no_regression": True}
    assert beside(gate, left(60, asked=60), base).outcome == "error"
    assert beside(gate, left(60, asked=60, stopped=True), base).outcome == "passed"
    assert beside(gate, left(58, asked=60, stopped=True), base).outcome == "error"
    assert beside(BESIDE[-1], left(60, asked=60, stopped=True), base).outcome == "passed"
    assert beside(BESIDE[-1], left(50, asked=60, stopped=True), base).outcome == "error"


def test_one_of_a_hundred_may_be_lost() -> None:
    base = snapshot(PASSES, "base")
    assert [beside({"no_regression": True}, left(n), base).outcome for n in (99, 98)] == ["passed", "error"]
    # What the baseline has not is not lost.
    assert beside({"no_regression": True}, left(98), replace(left(98), run="base")).outcome == "passed"


def test_a_run_that_answers_less_is_not_quicker_or_cheaper() -> None:
    run = snapshot(PASSES)
    broken = replace(
        run, metrics=[m.model_copy(update={"value": 50.0}) if m.name == "errors" else m for m in run.metrics]
    )
    gate = {"figure": "latency_p95", "max_rise": 0}
    assert [beside(gate, one, snapshot(PASSES, "base")).outcome for one in (run, broken)] == ["passed", "error"]
    # How many errors there may be, a gate on errors says itself.
    assert beside({"figure": "error_rate", "max_rise": 0.5}, broken, snapshot(PASSES, "base")).outcome == "passed"


def test_only_a_gate_beside_a_baseline_can_lose_anything() -> None:
    with pytest.raises(SpecError, match=r"max_lost.*unscored_share"):
        Thresholds.parse({"gates": [{"figure": "pass_rate", "at_least": 0.5, "max_lost": "5%"}]})


def test_a_gain_is_no_regression() -> None:
    assert held({"no_regression": True}, [1.0] * 80 + [0.0] * 20, PASSES).outcome == "passed"


def test_several_tests_are_corrected_together() -> None:
    # 6 against 0: p = 1/64, which alone is below 0.05, but not four times.
    base, now = [1.0] * 100, [0.0] * 6 + [1.0] * 94
    names = [{"no_regression": True, "name": f"gate {at}"} for at in range(4)]
    one, four = (
        hold(Thresholds.parse({"gates": gates}), [(snapshot(now), snapshot(base, "base"))])
        for gates in (names[:1], names)
    )
    assert [each.outcome for each in one] == ["failed"]
    assert [each.outcome for each in four] == ["passed"] * 4
    assert [each.p_corrected for each in four] == [4 / 64] * 4


def test_a_run_that_stopped_early_is_tested_so_that_one_may_look_at_any_time() -> None:
    now, base = [0.0] * 20 + [1.0] * 40, [1.0] * 5 + [0.0] * 4 + [1.0] * 51
    assert [held({"no_regression": True}, now, base, stopped=early).outcome for early in (False, True)] == [
        "failed",
        "failed",
    ]
    fewer = [0.0] * 7 + [1.0] * 53
    known = {early: held({"no_regression": True}, fewer, [1.0] * 60, stopped=early) for early in (False, True)}
    assert (known[False].p, known[False].outcome) == (1 / 128, "failed")
    assert known[True].p == pytest.approx(8 / 128)
    assert known[True].outcome == "passed"


def test_one_sided_ps_are_half_of_the_two_sided() -> None:
    now, before = [0.0] * 9 + [1.0] * 2, [1.0] * 9 + [0.0] * 2
    assert drop_p(now, before) == pytest.approx(mcnemar(9, 2).exact / 2)
    assert drop_p([0.0] * 700 + [1.0] * 600, [1.0] * 700 + [0.0] * 600) == pytest.approx(
        mcnemar(700, 600).exact / 2, rel=1e-6
    )
    assert drop_p(before, now) > 0.98
    assert drop_p([0.5], [0.5]) == 1.0
    # All 8 choices of signs of 0.1, 0.2, 0.4 are below 0.7 but one.
    assert drop_p([0.0, 0.0, 0.0], [0.1, 0.2, 0.4]) == pytest.approx(1 / 8, abs=0.015)


@pytest.mark.parametrize("kind", ["binary", "shares", "many"])
def test_false_alarms_of_all_gates_together_stay_at_alpha(kind: str) -> None:
    """Two runs of the same model: three gates, one of them on each slice."""
    chance = random.Random(7)
    thresholds = Thresholds.parse(
        {
            "alpha": 0.1,
            "gates": [{"no_regression": True, **part} for part in ({}, {"slice": "odd"}, {"slice": "even"})],
        }
    )
    n, times = {"binary": (80, 400), "shares": (24, 60), "many": (240, 300)}[kind]

    def run() -> list[float]:
        if kind == "binary":
            return [float(chance.random() < skill) for skill in skills]
        return [round(min(1.0, max(0.0, chance.gauss(skill, 0.3))), 3) for skill in skills]

    alarms = 0
    for _ in range(times):
        skills = [chance.random() for _ in range(n)]
        alarms += bool(failed(hold(thresholds, [(snapshot(run()), snapshot(run(), "base"))])))
    # Three standard errors above alpha.
    assert alarms / times <= 0.1 + 3 * (0.1 * 0.9 / times) ** 0.5


def test_samples_that_hang_together_raise_no_more_false_alarms() -> None:
    """Questions about twenty passages: what is understood of one is mostly right as a whole."""
    chance, alarms, missed = random.Random(5), 0, 0
    clusters = {f"q{at}": f"passage {at // 10}" for at in range(200)}
    for _ in range(200):
        sides = [[float(chance.random() < 0.5) for _ in range(20)] for _ in range(2)]
        now, base = ([side[at // 10] if chance.random() < 0.9 else 0.0 for at in range(200)] for side in sides)
        [one] = hold(
            Thresholds.parse({"gates": [{"no_regression": True}]}),
            [(snapshot(now, clusters=clusters), snapshot(base, "base", clusters=clusters))],
        )
        alarms += one.outcome == "failed"
        missed += one.low is not None and one.high is not None and not one.low <= 0 <= one.high
    # Three standard errors above 5 %; sample by sample it is a third of all.
    assert alarms / 200 <= 0.05 + 3 * (0.05 * 0.95 / 200) ** 0.5
    assert missed / 200 <= 0.05 + 3 * (0.05 * 0.95 / 200) ** 0.5


def test_a_baseline_that_went_wrong_passage_by_passage_is_a_regression() -> None:
    clusters = {f"q{at}": f"passage {at // 5}" for at in range(200)}
    now = [float(at >= 60) for at in range(200)]
    found = held({"no_regression": True}, now, [1.0] * 200, clusters=clusters)
    # Twelve passages of forty went wrong, each as a whole.
    assert (found.outcome, found.p) == ("failed", 2**-12)
    assert "n 200 in 40 clusters" in found.said
    early = held({"no_regression": True}, now, [1.0] * 200, clusters=clusters, stopped=True)
    assert early.p == pytest.approx(13 / 2**12)  # of twelve passages, not of sixty samples
    alone = dict.fromkeys(clusters, "one passage")
    gate = {"figure": "pass_rate", "max_drop": 0.9, "bound": "low"}
    assert "of a single cluster" in held(gate, PASSES, PASSES, clusters=alone).said


def test_a_drop_of_ten_points_is_mostly_found() -> None:
    chance, found = random.Random(3), 0
    for _ in range(100):
        skills = [chance.random() for _ in range(400)]
        base = [float(chance.random() < skill) for skill in skills]
        now = [float(chance.random() < skill - 0.12) for skill in skills]
        found += held({"no_regression": True}, now, base).outcome == "failed"
    assert found >= 75


def test_models_are_held_each_to_its_own_gates() -> None:
    thresholds = Thresholds.parse(
        {"gates": [{"figure": "pass_rate", "at_least": 0.7, "model": "a"}, {"figure": "pass_rate", "at_least": 0.5}]}
    )
    runs: list[tuple[Snapshot, Snapshot | str | None]] = [(snapshot(PASSES, model=name), None) for name in ("a", "b")]
    found: Mapping[tuple[str, str], str] = {(one.model, one.gate.title): one.outcome for one in hold(thresholds, runs)}
    assert found == {
        ("a", "pass_rate ≥ 0.7"): "failed",
        ("a", "pass_rate ≥ 0.5"): "passed",
        ("b", "pass_rate ≥ 0.5"): "passed",
    }


def test_a_score_of_which_less_is_better_regresses_upwards() -> None:
    few, many = [0.0] * 50, [1.0] * 30 + [0.0] * 20
    gate = {"no_regression": True, "score": "match"}
    assert held(gate, many, few, smaller_is_better=("match",)).outcome == "failed"
    assert held(gate, few, many, smaller_is_better=("match",)).outcome == "passed"
    assert held(gate, few, many).outcome == "failed"
