"""Runs carried out once more: by real runtimes, on each database."""

import asyncio
import json
from itertools import count
from pathlib import Path

import pytest
from aiohttp import web

from benchbook.errors import SpecError
from benchbook.records.runs import Experiment, Run
from benchbook.service.differences import Differences, between
from benchbook.service.experiments import Terms, carry_out, prepare, submit
from benchbook.service.reproduction import again
from benchbook.service.runs import Watch, utc_now
from benchbook.specs.budgets import Budget
from benchbook.specs.files import read_text
from benchbook.store import views
from benchbook.store.store import Store
from plugins.runtimes.servers import served
from store.planned import answered, begun, data, queued, rows


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    asked = ({"key": f"k{n}", "input": f"def f{n}(x):\n    return", "target": "yes"} for n in range(4))
    path.write_text("".join(json.dumps(row) + "\n" for row in asked))
    return path


def evaluated(store: Store, questions: Path, model: str, more: str = "") -> list[Run]:
    """The runs of a config with that model, carried out."""
    text = (
        f"name: asked\nmodels: [{model}]\n{more}\n"
        f"tasks: [{{name: t, epochs: 2, dataset: {{jsonl: {{file: {questions}}}}}, scorers: [exact-match]}}]\n"
    )
    return carried_out(store, submit(store, prepare(read_text("asked.yaml", text), utc_now())))


def carried_out(store: Store, experiment: Experiment) -> list[Run]:
    assert asyncio.run(carry_out(store, experiment, Watch())) == []
    return views.runs_of(store, experiment.id)


def reproduced(store: Store, runs: list[Run], limit: int | None = None) -> list[Differences]:
    others = carried_out(store, submit(store, again(store, runs, limit, utc_now())))
    return [between(store, run, other, 10, limit) for run, other in zip(runs, others, strict=True)]


def test_every_run_of_an_experiment_comes_out_the_same(store: Store, questions: Path) -> None:
    runs = evaluated(store, questions, "{model: mock/a, args: {replies: 'yes'}}, {model: mock/b, name: b}")
    found = reproduced(store, runs)
    assert [(each.run.id, each.other.reproduces, each.identical) for each in found] == [
        (run.id, run.id, True) for run in runs
    ]
    assert [(each.answers.compared, each.scores.compared, each.environment) for each in found] == [(8, 8, ())] * 2
    assert [each.other.fingerprint for each in found] == [run.fingerprint for run in runs]
    [_, first] = views.experiments(store)
    assert (first.name, views.experiment(store, "asked").id) == ("asked", runs[0].experiment_id)


def test_one_run_of_several_is_reproduced_alone(store: Store, questions: Path) -> None:
    runs = evaluated(store, questions, "{model: mock/a}, {model: mock/b}", "prices: {mock/b: {input: 1, output: 1}}")
    [found] = reproduced(store, runs[1:])
    assert (found.identical, found.other.spec) == (True, runs[1].spec)
    experiment = views.experiment(store, found.other.experiment_id)
    assert [model.name for model in experiment.spec.models] == ["mock/b"]


def test_what_was_resumed_with_a_larger_budget_has_that_budget(store: Store, questions: Path) -> None:
    text = (
        "name: asked\nmodels: [mock/a]\nrun: {budget: {max_tokens: 12}}\n"
        f"tasks: [{{name: t, dataset: {{jsonl: {{file: {questions}}}}}, scorers: [exact-match]}}]\n"
    )
    experiment = submit(store, prepare(read_text("asked.yaml", text), utc_now()))
    [stopped] = carried_out(store, experiment)
    assert stopped.status == "interrupted"
    asyncio.run(carry_out(store, experiment, Watch(), Terms(budget=Budget(max_tokens=1000))))
    [found] = reproduced(store, views.runs_of(store, experiment.id))
    assert (found.other.status, found.identical) == ("completed", True)


def test_a_server_that_answers_otherwise_the_second_time_is_told_where_and_how(store: Store, questions: Path) -> None:
    asked = count()

    async def answer(request: web.Request) -> web.Response:
        said = await request.json()
        late = next(asked) >= 8 and "f2" in said["messages"][0]["content"]
        message = {"content": "a long way to say yes, and then some more of it" if late else "yes"}
        usage = {"prompt_tokens": 3, "completion_tokens": 12 if late else 1}
        choice = {"message": message, "finish_reason": "length" if late else "stop"}
        return web.json_response({"choices": [choice], "usage": usage})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", answer)
    app.router.add_get("/v1/models", models)
    with served(app) as url:
        model = f"{{model: openai-compatible/x, args: {{base_url: '{url}/v1'}}}}"
        [found] = reproduced(store, evaluated(store, questions, model))
    assert not found.identical
    assert (found.answers.same, found.answers.compared, found.only) == (6, 8, (0, 0))
    assert [(each.sample, each.epoch) for each in found.shown] == [("k2", 1), ("k2", 2)]
    changes = {change.what: (change.before, change.after) for change in found.shown[0].changes}
    assert changes["text"] == ("yes", "a long way to say yes, and then some more of it")
    assert changes["stop reason"] == ("stop", "length")
    assert changes["output tokens"] == ("1", "12")
    assert changes["score exact-match"] == ("match (1.0)", "no match (0.0)")
    figures = {figure.name: figure for figure in found.figures if not figure.slice}
    assert (figures["pass_rate"].before, figures["pass_rate"].after) == (1.0, 0.75)
    assert figures["latency_p50"].circumstantial


async def models(_: web.Request) -> web.Response:
    return web.json_response({"data": [{"id": "x"}]})


@pytest.mark.usefixtures("embedded_model_home")
def test_greedy_answers_of_local_weights_come_out_the_same(questions: Path) -> None:
    questions.write_text("".join(questions.read_text().splitlines(keepends=True)[:2]))
    with Store.open(f"sqlite:///{questions.with_name('benchbook.db')}", questions.parent) as store:
        runs = evaluated(store, questions, "{model: llamacpp/smollm2-135m, generate: {max_tokens: 8}}")
        [found] = reproduced(store, runs, limit=1)
    assert (found.identical, found.answers.same) == (True, 2), found.shown
    assert found.run.environment["model.sha256"] == found.other.environment["model.sha256"]
    assert found.environment == ()


def test_a_plugin_that_is_not_installed_any_more_is_told(store: Store, questions: Path) -> None:
    [run] = evaluated(store, questions, "mock/a")
    task = run.spec.task.model_copy(update={"solver": run.spec.task.solver.model_copy(update={"name": "gone"})})
    changed = run.model_copy(update={"spec": run.spec.model_copy(update={"task": task})})
    with pytest.raises(SpecError, match=rf"run {run.id} cannot be carried out again: unknown solver 'gone'"):
        again(store, [changed], None, utc_now())


def test_a_run_that_was_never_carried_out_has_nothing_to_reproduce(store: Store) -> None:
    with pytest.raises(SpecError, match="has not been carried out yet"):
        again(store, queued(store, rows(2)), None, utc_now())


def test_answers_that_one_run_lacks_are_counted_and_left_out_of_the_figures(store: Store) -> None:
    samples = data(rows(450))[1]
    mine, theirs = (begun(store, run) for run in queued(store, rows(450), runs=2))
    store.record(mine, [answered(mine, sample) for sample in samples if sample.position % 3])
    store.record(theirs, [answered(theirs, sample) for sample in samples if sample.position % 5])
    found = between(store, mine, theirs, show=3)
    assert found.only == (60, 120)
    assert (found.answers.compared, found.answers.same, found.identical) == (240, 240, False)
    assert {figure.before for figure in found.figures if figure.name == "generations"} == {240}
    assert f"run {mine.id} is running: 300 of 450 samples are answered" in found.doubts


def test_of_long_texts_the_place_where_they_part_is_kept(store: Store) -> None:
    [sample] = data(rows(1))[1]
    mine, theirs = (begun(store, run) for run in queued(store, rows(1), runs=2))
    store.record(mine, [answered(mine, sample, text="a" * 100_000 + "b" + "c" * 100_000)])
    store.record(theirs, [answered(theirs, sample, text="a" * 100_000)])
    [difference] = between(store, mine, theirs, show=3).shown
    [change] = [change for change in difference.changes if change.what == "text"]
    assert (change.at, change.after) == (100_000, "…" + "a" * 24)
    assert change.before == "…" + "a" * 24 + "b" + "c" * 47 + "…"


@pytest.fixture
def recorded(questions: Path) -> Path:
    """Answers to all questions but one, beside the questions."""
    keys = [json.loads(line)["key"] for line in questions.read_text().splitlines()]
    lines = [json.dumps({"key": key, "text": "yes"}) + "\n" for key in keys[1:] for _ in range(2)]
    file = questions.with_name("recorded.jsonl")
    file.write_text("".join(lines))
    return file


def test_a_run_that_goes_on_with_another_model_says_so(store: Store, questions: Path, recorded: Path) -> None:
    [run] = evaluated(store, questions, f"{{model: replay/a, args: {{file: '{recorded}'}}}}")
    with recorded.open("a") as file:
        file.write('{"key": "k0", "text": "yes"}\n' * 2)
    [resumed] = carried_out(store, views.experiment(store, run.experiment_id))
    [warning] = [event.body["message"] for event in views.events_of(store, run.id, "warning")]
    assert "not what it was in the attempt before (model.sha256, model.recorded" in str(warning)
    assert any("model.sha256" in doubt for doubt in between(store, resumed, resumed, 0).doubts)


def test_a_file_that_is_missing_elsewhere_is_looked_for_where_the_run_was_begun(
    store: Store, questions: Path, recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(recorded.parent)
    [run] = evaluated(store, questions, "{model: replay/a, args: {file: recorded.jsonl}}")
    (elsewhere := tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(elsewhere)
    hint = f"relative paths count from {elsewhere}, and the run was begun in {recorded.parent}"
    with pytest.raises(SpecError, match=hint):
        again(store, [run], None, utc_now())
    [broken] = asyncio.run(carry_out(store, views.experiment(store, run.experiment_id), Watch()))
    assert hint in str(broken.error)
    monkeypatch.chdir(recorded.parent)
    [found] = reproduced(store, [run])
    assert found.environment == ()


def test_a_resumed_run_keeps_the_circumstances_of_every_attempt(store: Store, questions: Path) -> None:
    [run] = evaluated(store, questions, "{model: mock/a, args: {fail: [{call: 1, transient: false}]}}")
    [resumed] = carried_out(store, views.experiment(store, run.experiment_id))
    facts = [event.body["environment"] for event in views.events_of(store, run.id, "run_started")]
    assert (resumed.attempt, len(facts)) == (2, 2)
    assert all(isinstance(each, dict) and each["python"] == run.environment["python"] for each in facts)
