"""Runs that end as soon as it is clear: in random order, with intervals that hold, resumed and done again the same."""

import asyncio
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchbook.engine.lookout import Lookout
from benchbook.errors import SpecError
from benchbook.protocols import Outlook
from benchbook.records.runs import Run, Stopped
from benchbook.service import baselines, gates
from benchbook.service.experiments import Terms, carry_out, prepare, submit, unfinished
from benchbook.service.reproduction import again
from benchbook.service.runs import Watch, metrics, utc_now
from benchbook.service.stopping import order, said
from benchbook.specs.budgets import Budget
from benchbook.specs.files import read_text
from benchbook.specs.gates import Thresholds
from benchbook.store import draws, views
from benchbook.store.store import Store

N = 400


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copyfile(sqlite_template, tmp_path / "benchbook.db")
    with Store.open(f"sqlite:///{tmp_path}/benchbook.db", tmp_path / "blobs") as store:
        yield store


def config(tmp_path: Path, share: float, stop: dict[str, Any] | None, **run: Any) -> str:
    """A model that is right that often; of the easy ones at the beginning always."""
    chance = random.Random(2)
    right = {f"q{at}": at < N * 0.1 or chance.random() < share for at in range(N)}
    questions = [
        {"key": key, "input": key, "target": key, "half": ("even", "odd")[at % 2]} for at, key in enumerate(right)
    ]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    replies = {key: key if good else "no" for key, good in right.items()}
    data = {"file": str(tmp_path / "questions.jsonl"), "slice": "half"}
    task = {"name": "t", "dataset": {"jsonl": data}, "scorers": ["exact-match"]}
    model = {"name": "m", "model": "mock/m", "args": {"by_sample": replies}}
    settings = {"cache": False, "concurrency": 4, **run}
    tasks = [{**task, **({} if stop is None else {"stop": stop})}]
    return json.dumps({"name": "early", "models": [model], "tasks": tasks, "run": settings})


def evaluated(store: Store, text: str, **terms: Any) -> Run:
    experiment = submit(store, prepare(read_text("early.yaml", text), utc_now(), store))
    assert asyncio.run(carry_out(store, experiment, Watch(), Terms(budget=Budget(**terms)))) == []
    [run] = views.runs_of(store, experiment.id)
    return run


def asked(store: Store, run: Run) -> set[str]:
    return {sample.id for sample, _, _ in views.generations(store, run.id)}


def test_a_run_ends_when_it_is_clear_and_says_so(store: Store, tmp_path: Path) -> None:
    run = evaluated(store, config(tmp_path, 0.2, {"below": 0.5}))
    assert run.stopped is not None
    assert (run.status, run.stopped.clear, run.stopped.population) == ("completed", True, N)
    assert "exact-match is clearly below 0.5" in run.stopped.why
    assert run.stopped.asked == run.total == views.progress(store, run.id).done < N / 2
    assert not unfinished(store, run)
    assert asked(store, run) == set(order(store, run)[: run.total])
    assert str(said(run)).startswith(f"ended early, after {run.total} of 400 samples in random order")


def test_the_interval_is_the_one_that_holds_at_any_time(store: Store, tmp_path: Path) -> None:
    run = evaluated(store, config(tmp_path, 0.2, {"below": 0.5}))
    assert run.stopped is not None
    [rate] = [one for one in metrics(store, run) if one.name == "pass_rate" and not one.slice]
    assert (rate.low, rate.high, rate.n) == (run.stopped.low, run.stopped.high, run.total)
    whole = evaluated(store, config(tmp_path, 0.2, None))
    [truth] = [one for one in metrics(store, whole) if one.name == "pass_rate" and not one.slice]
    assert whole.stopped is None
    assert run.stopped.low is not None
    assert run.stopped.low <= float(truth.value or 0) <= float(run.stopped.high or 0) < 0.5


def test_no_gate_goes_by_an_interval_that_does_not_allow_for_the_end(store: Store, tmp_path: Path) -> None:
    run = evaluated(store, config(tmp_path, 0.2, {"below": 0.5}))
    ends = [{"figure": "pass_rate", "bound": "high", "at_most": 0.9, "slice": part} for part in ("", "odd")]
    alone = {"figure": "pass_rate", "at_most": 0.9, "slice": "odd"}
    held = gates.of_runs(store, [run], Thresholds.parse({"gates": [*ends, alone]}))
    assert [one.outcome for one in held] == ["passed", "error", "passed"]
    assert "no interval that allows for the early end of the run; leave `bound` out" in held[1].said


def test_what_is_never_clear_is_asked_to_the_end(store: Store, tmp_path: Path) -> None:
    run = evaluated(store, config(tmp_path, 0.2, {"above": 0.9}))
    assert (run.status, run.stopped, run.total) == ("completed", None, N)


def test_a_precision_is_reached(store: Store, tmp_path: Path) -> None:
    run = evaluated(store, config(tmp_path, 0.2, {"precision": 0.1}))
    assert run.stopped is not None
    assert "known to ± 0.1" in run.stopped.why
    assert float(run.stopped.high or 1) - float(run.stopped.low or 0) <= 0.2
    assert run.total < N


def test_a_difference_from_the_baseline_is_seen_early(store: Store, tmp_path: Path) -> None:
    base = evaluated(store, config(tmp_path, 0.9, None))
    baselines.keep(store, "main", [base], "", utc_now())
    run = evaluated(store, config(tmp_path, 0.2, {"against": "main"}))
    assert run.stopped is not None
    assert (run.stopped.against, run.spec.task.stop.against if run.spec.task.stop else "") == (base.id, base.id)
    assert "clearly worse than the baseline's" in run.stopped.why
    assert float(run.stopped.difference_high or 0) < 0
    assert run.total < N / 2


def test_a_pair_without_a_value_makes_the_pairs_fewer(store: Store, tmp_path: Path) -> None:
    base = evaluated(store, config(tmp_path, 0.5, None))
    run = evaluated(store, config(tmp_path, 0.5, {"against": base.id}))
    ids = order(store, run)
    known: dict[tuple[str, int], dict[str, float]] = {
        (one, 1): {} if at in (0, 1, 2, 50) else {"exact-match": 1.0} for at, one in enumerate(ids)
    }
    assert run.spec.task.stop is not None
    outlook = Outlook(N, known, {"exact-match": dict.fromkeys(ids, 1.0)})
    looking = Lookout(run, run.spec.task.stop, outlook, known.keys())
    for sample in draws.samples(store, ids[:-1]):
        looking.begin(sample)
    [told] = looking.told(run, utc_now())
    known_now = Stopped.model_validate(told.body)
    # Of 396 pairs a single one is not seen.
    assert known_now.n == N - 5
    assert float(known_now.difference_high or 0) - float(known_now.difference_low or 0) < 2.4 / 396


def test_what_lands_beyond_the_ends_once_it_is_clear_takes_nothing_back(store: Store, tmp_path: Path) -> None:
    run = evaluated(store, config(tmp_path, 0.2, {"below": 0.5}))
    assert run.spec.task.stop is not None
    ids = [sample.id for sample in draws.samples(store, order(store, run))]
    values = dict.fromkeys(ids[:100], 0.0) | {ids[100]: 7.0}
    known = {(sample_id, 1): {"exact-match": value} for sample_id, value in values.items()}
    looking = Lookout(run, run.spec.task.stop, Outlook(N, known, {}), known.keys())
    for sample in draws.samples(store, [*values]):
        looking.begin(sample)
    assert looking.clear
    assert looking.warned(run, utc_now()) == []
    [told] = looking.told(run, utc_now())
    assert Stopped.model_validate(told.body).clear


def test_a_run_that_ends_early_tells_at_its_end_what_kept_it_from_looking(store: Store, tmp_path: Path) -> None:
    run = evaluated(store, config(tmp_path, 0.2, {"score": "exact-mach", "below": 0.5}))
    assert run.spec.task.stop is not None
    ids = order(store, run)[: run.spec.task.stop.at_least - 1]
    known = {(sample_id, 1): {"exact-match": 1.0} for sample_id in ids}
    looking = Lookout(run, run.spec.task.stop, Outlook(N, known, {}), known.keys())
    for sample in draws.samples(store, ids):
        looking.begin(sample)
    assert looking.warned(run, utc_now()) == []
    [told] = looking.told(run, utc_now())
    assert "did you mean 'exact-match'?" in str(told.body["message"])
    assert looking.told(run, utc_now()) == []


def test_an_imported_baseline_serves_as_well(store: Store, tmp_path: Path) -> None:
    base = evaluated(store, config(tmp_path, 0.9, None))
    baselines.export(store, base.id, "", tmp_path / "main.jsonl")
    [entry] = baselines.take_in(store, "theirs", "", tmp_path / "main.jsonl", utc_now())
    run = evaluated(store, config(tmp_path, 0.2, {"against": "theirs"}))
    assert run.stopped is not None
    assert (run.stopped.against, run.stopped.clear) == (entry.id, True)


def test_a_baseline_that_is_not_there_is_found_out_before_anything_is_asked(store: Store, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="unknown baseline 'mian'"):
        prepare(read_text("x.yaml", config(tmp_path, 0.2, {"against": "mian"})), utc_now(), store)


def test_what_a_budget_leaves_tells_of_the_whole_and_is_gone_on_with(store: Store, tmp_path: Path) -> None:
    text = config(tmp_path, 0.2, {"below": 0.5, "alpha": 0.01}, budget={"max_tokens": 40})
    run = evaluated(store, text)
    assert run.stopped is not None
    assert (run.status, run.stopped.clear, run.total) == ("interrupted", False, N)
    assert run.stopped.low is not None
    experiment = views.experiment(store, run.experiment_id)
    assert asyncio.run(carry_out(store, experiment, Watch(), Terms(budget=Budget(max_tokens=100_000)))) == []
    resumed = views.run(store, run.id)
    through = evaluated(store, config(tmp_path, 0.2, {"below": 0.5, "alpha": 0.01}))
    assert (resumed.status, resumed.stopped is not None and resumed.stopped.clear) == ("completed", True)
    # What is in flight when it is clear is finished: a few more or less.
    assert abs(resumed.total - through.total) <= 8


def test_done_again_it_asks_the_same(store: Store, tmp_path: Path) -> None:
    run = evaluated(store, config(tmp_path, 0.2, {"below": 0.5}))
    experiment = submit(store, again(store, [run], None, utc_now()))
    assert asyncio.run(carry_out(store, experiment, Watch())) == []
    [second] = views.runs_of(store, experiment.id)
    assert (second.status, second.total, asked(store, second)) == ("completed", run.total, asked(store, run))
    assert second.stopped is not None
    assert run.stopped is not None
    assert (second.stopped.low, second.stopped.high) == (run.stopped.low, run.stopped.high)


def test_values_beyond_the_ends_are_told_and_end_nothing(store: Store, tmp_path: Path) -> None:
    run = evaluated(store, config(tmp_path, 0.2, {"below": 7, "between": [5, 10]}))
    assert (run.status, run.total, run.stopped) == ("completed", N, None)
    warned = [event.body["message"] for event in views.events_of(store, run.id, "warning")]
    assert any("not between 5 and 10" in str(message) for message in warned)


def test_a_score_that_no_answer_has_is_told(store: Store, tmp_path: Path) -> None:
    run = evaluated(store, config(tmp_path, 0.2, {"score": "exact-mach", "below": 0.5}))
    assert (run.status, run.total, run.stopped) == ("completed", N, None)
    events = [event for _, event in views.events_after(store, run.id)]
    [at] = [at for at, event in enumerate(events) if event.kind == "warning"]
    assert "did you mean 'exact-match'?" in str(events[at].body["message"])
    # While the run can still be ended and mended.
    assert sum(event.kind == "sample_done" for event in events[at:]) > N // 2


def test_another_seed_is_another_order(store: Store, tmp_path: Path) -> None:
    first, second = (evaluated(store, config(tmp_path, 0.2, {"below": 0.5}, seed=seed)) for seed in (1, 2))
    assert order(store, first) != order(store, second)
