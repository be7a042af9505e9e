"""From a config to figures: what is promised along the way."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from benchbook import Output, Request, Runtime, evaluate, evaluate_async, register
from benchbook.errors import Hopeless, NotFound, PluginError, RuntimeFailed, SpecError
from benchbook.records.runs import Experiment
from benchbook.service.datasets import KEPT
from benchbook.service.experiments import Evaluation, carry_out, prepare, submit
from benchbook.service.runs import Watch, metrics, named, utc_now
from benchbook.specs.files import read_text
from benchbook.store import views
from benchbook.store.store import Store

CONFIG = """\
name: sums
models: [{models}]
tasks:
  - name: sums
    dataset: {{jsonl: {{file: {data}}}}}
    scorers: [exact-match]
"""
RIGHT = "{model: mock/right, args: {replies: '4'}}"
WRONG = "{model: mock/wrong, args: {replies: '5'}}"


doors: list[str] = []


@register("runtime", "locked")
def locked(model: str) -> Runtime:
    """Takes no key while its doors are shut."""

    async def generate(request: Request) -> Output:
        if doors:
            raise RuntimeFailed("the key is wrong", cause="denied")
        return Output(text="4")

    return Runtime(generate)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "sums.jsonl"
    path.write_text("".join(json.dumps({"key": f"k{n}", "input": "2 + 2 =", "target": "4"}) + "\n" for n in range(5)))
    return path


def config(data: Path, *models: str) -> str:
    return CONFIG.format(models=", ".join(models), data=data)


def submitted(store: Store, text: str) -> Experiment:
    return submit(store, prepare(read_text("sums.yaml", text), utc_now()))


def rates(store: Store, experiment: Experiment) -> dict[str, float | None]:
    runs = views.runs_of(store, experiment.id)
    return {run.spec.model.name: m.value for run in runs for m in metrics(store, run) if m.name == "pass_rate"}


def test_evaluate_is_the_whole_way(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHBOOK_HOME", str(tmp_path / "home"))
    (tmp_path / "sums.yaml").write_text(config(data, RIGHT, WRONG))
    evaluation = evaluate(tmp_path / "sums.yaml")
    found = {m.run_id: m.value for each in evaluation.metrics.values() for m in each if m.name == "pass_rate"}
    assert [found[run.id] for run in evaluation.runs] == [1.0, 0.0]


def test_evaluate_takes_what_a_config_says(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHBOOK_HOME", str(tmp_path / "home"))
    task = {"name": "sums", "dataset": {"jsonl": {"file": data}}, "scorers": "exact-match"}
    asked: dict[str, Any] = {"name": "said", "models": ["mock/one"], "tasks": [task]}
    assert [run.status for run in evaluate(asked).runs] == ["completed"]
    with pytest.raises(SpecError, match=r"config: tasks\[0\]\.epoch: unknown key 'epoch'; did you mean 'epochs'"):
        evaluate({**asked, "tasks": [{**task, "epoch": 2}]})
    with pytest.raises(SpecError, match="config: a config holds texts, numbers, lists and dicts"):
        evaluate({**asked, "tasks": [{**task, "scorers": {1, 2}}]})


def test_evaluate_in_an_event_loop_says_what_to_use_instead(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHBOOK_HOME", str(tmp_path / "home"))
    path = tmp_path / "sums.yaml"
    path.write_text(config(data, RIGHT))

    async def notebook() -> Evaluation:
        with pytest.raises(SpecError, match="await evaluate_async"):
            evaluate(path)
        return await evaluate_async(path)

    assert [run.status for run in asyncio.run(notebook()).runs] == ["completed"]


def test_a_run_never_reads_a_moving_source(store: Store, data: Path) -> None:
    experiment = submitted(store, config(data, RIGHT))
    data.write_text(json.dumps({"key": "other", "input": "?", "target": "?"}) + "\n")
    asyncio.run(carry_out(store, experiment, Watch()))
    assert rates(store, experiment) == {"mock/right": 1.0}


def test_data_that_change_between_the_two_readings_are_refused(store: Store, data: Path) -> None:
    data.write_text(json.dumps({"key": "long", "input": "?" * KEPT, "target": "4"}))
    prepared = prepare(read_text("sums.yaml", config(data, RIGHT)), utc_now())
    data.write_text(data.read_text().replace("4", "5"))
    with pytest.raises(SpecError, match="have changed while they were read"):
        submit(store, prepared)
    assert views.experiments(store) == []
    with pytest.raises(NotFound):
        views.dataset(store, prepared.datasets[0].dataset.id)


def test_equal_data_is_kept_once(store: Store, data: Path) -> None:
    first, second = submitted(store, config(data, RIGHT)), submitted(store, config(data, WRONG))
    [one], [other] = views.runs_of(store, first.id), views.runs_of(store, second.id)
    assert one.dataset_id == other.dataset_id


def test_the_record_says_how_it_came_about(store: Store, data: Path) -> None:
    experiment = submitted(store, config(data, RIGHT))
    assert asyncio.run(carry_out(store, experiment, Watch())) == []
    [run] = views.runs_of(store, experiment.id)
    assert (run.status, run.attempt) == ("completed", 1)
    assert {"benchbook", "python", "platform", "cores", "model.mock"} <= set(run.environment)
    [stored] = views.artifacts_of(store, experiment.id)
    assert store.blobs.get(stored.sha256).decode() == config(data, RIGHT)
    assert len(run.fingerprint) == len(experiment.fingerprint) == 64


def test_a_run_that_breaks_does_not_keep_others_from_their_turn(store: Store, data: Path) -> None:
    experiment = submitted(store, config(data, RIGHT, WRONG))
    [first, _] = views.runs_of(store, experiment.id)
    engine = first.spec.engine.model_copy(update={"name": "no-such-engine"})
    broken = experiment.model_copy(update={"id": "exp-broken"})
    runs = [
        run.model_copy(
            update={
                "id": f"{run.id}-b",
                "experiment_id": "exp-broken",
                "spec": run.spec.model_copy(update={"engine": engine}) if run.id == first.id else run.spec,
            }
        )
        for run in views.runs_of(store, experiment.id)
    ]
    store.add_experiment(broken, runs)
    [failure] = asyncio.run(carry_out(store, broken, Watch()))
    assert (failure.run.spec.model.name, "no-such-engine" in str(failure.error)) == ("mock/right", True)
    statuses = {run.spec.model.name: (run.status, run.error) for run in named(store, "exp-broken")}
    assert statuses["mock/wrong"] == ("completed", None)
    assert statuses["mock/right"][0] == "failed"
    assert "no-such-engine" in str(statuses["mock/right"][1])


def test_a_model_that_cannot_start_is_found_before_anything_is_written(store: Store, data: Path) -> None:
    server = "{model: openai-compatible/x, args: {base_url: 'http://127.0.0.1:9/v1'}}"
    with pytest.raises((PluginError, SpecError), match=r"127\.0\.0\.1:9"):
        submitted(store, config(data, RIGHT, server))
    assert views.experiments(store) == []


def test_a_scorer_named_twice_is_refused(store: Store, data: Path) -> None:
    text = config(data, RIGHT).replace("[exact-match]", "[exact-match, {exact-match: {}}]")
    with pytest.raises(SpecError, match="the scorer 'exact-match' is named twice"):
        submitted(store, text)


def test_a_hopeless_run_is_failed_with_the_reason_and_goes_on_where_it_ended(store: Store, data: Path) -> None:
    rows = ({"key": f"k{n}", "input": "2 + 2 =", "target": "4"} for n in range(60))
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    experiment = submitted(store, config(data, "locked/x"))
    doors.append("shut")
    [broken] = asyncio.run(carry_out(store, experiment, Watch()))
    assert isinstance(broken.error, Hopeless)
    [run] = views.runs_of(store, experiment.id)
    assert run.status == "failed"
    assert "20 requests in a row failed for good, and none of them was answered; the last: the key is wrong" in str(
        run.error
    )
    progress = views.progress(store, run.id)
    assert (progress.done, progress.failed) == (0, 19)
    doors.clear()
    assert asyncio.run(carry_out(store, experiment, Watch())) == []
    [run] = views.runs_of(store, experiment.id)
    progress = views.progress(store, run.id)
    assert (run.status, run.error, progress.done, progress.failed) == ("completed", None, 60, 0)


def test_stopping_leaves_a_run_that_can_go_on(store: Store, data: Path) -> None:
    experiment = submitted(store, config(data, RIGHT) + "run: {concurrency: 1}\n")

    async def stopped_early() -> None:
        watch = Watch(sinks=(lambda run, events: watch.stop.set() if events[0].kind == "sample_done" else None,))
        await carry_out(store, experiment, watch)

    asyncio.run(stopped_early())
    [run] = views.runs_of(store, experiment.id)
    assert run.status == "interrupted"
    assert 1 <= views.progress(store, run.id).done < 5
    assert asyncio.run(carry_out(store, experiment, Watch())) == []
    [run] = views.runs_of(store, experiment.id)
    assert (run.status, run.attempt, views.progress(store, run.id).done) == ("completed", 2, 5)


def test_the_runs_sandbox_is_every_scorers_that_takes_one_and_names_none(store: Store, data: Path) -> None:
    text = (
        f"{config(data, RIGHT)}"
        "  - {name: own, dataset: {jsonl: {file: %s}}, scorers: [{python-tests: landlock}]}\n"
        "  - {name: left-open, dataset: {jsonl: {file: %s}}, scorers: [python-tests]}\n"
        "run: {sandbox: {landlock: {workers: 1}}}\n" % (data, data)
    )
    planned = prepare(read_text("sums.yaml", text), utc_now()).runs
    scorers = {run.spec.task.name: run.spec.task.scorers[0] for run in planned}
    assert (scorers["sums"].args, scorers["own"].args) == ({}, {})
    assert scorers["left-open"].args == {"sandbox": {"name": "landlock", "args": {"workers": 1}}}


def test_what_a_task_names_and_no_verdict_has_is_told(store: Store, data: Path) -> None:
    def warnings(more: str) -> list[str]:
        experiment = submitted(store, config(data, RIGHT) + more)
        asyncio.run(carry_out(store, experiment, Watch()))
        [run] = views.runs_of(store, experiment.id)
        return [str(event.body["message"]) for event in views.events_of(store, run.id, "warning")]

    assert warnings("    smaller_is_better: [exact-match]\n    metrics: [macro]\n") == []
    misspelt, foreign = warnings("    smaller_is_better: [exact-mach]\n    metrics: [instruction_accuracy]\n")
    assert "`smaller_is_better` names a score that no answer has" in misspelt
    assert "did you mean 'exact-match'" in misspelt
    assert "the metric 'instruction_accuracy' has no figure" in foreign
