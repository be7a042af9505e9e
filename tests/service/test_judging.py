"""Judge runs, by the door that everybody takes: what they leave, and what they leave alone."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from benchbook.engine.metrics import fold
from benchbook.errors import SpecError
from benchbook.records.record import new_id
from benchbook.records.runs import Run
from benchbook.records.scores import Score
from benchbook.service import agreement, ingestion
from benchbook.service.agreement import Question, Rules
from benchbook.service.experiments import Terms, carry_out, prepare, submit
from benchbook.service.report_figures import by_task
from benchbook.service.reports import gather, html, markdown
from benchbook.service.reproduction import again
from benchbook.service.runs import Watch, metrics, utc_now
from benchbook.specs.budgets import Budget
from benchbook.specs.files import read_text
from benchbook.specs.verdicts import Verdict
from benchbook.store import views
from benchbook.store.store import Store
from counting import Body, counting, reply
from service.judged import answered, form, judged, scores_of


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    shutil.copyfile(sqlite_template, tmp_path / "benchbook.db")
    with Store.open(f"sqlite:///{tmp_path}/benchbook.db", tmp_path / "blobs") as store:
        yield store


def mock(reply: Any, name: str = "judge") -> dict[str, Any]:
    return {"model": f"mock/{name}", "name": name, "args": {"replies": reply}}


def figures(store: Store, run: Run) -> list[tuple[str, str, float | None, int]]:
    """The figures that were stored."""
    return sorted((m.name, m.score, m.value, m.n) for m in metrics(store, run) if not m.slice)


def folded(store: Store, run: Run) -> list[tuple[str, str, float | None, int]]:
    """The figures as they are if all answers are read again."""
    found = fold(run, views.generations(store, run.id), run.created_at)
    return sorted((m.name, m.score, m.value, m.n) for m in found if not m.slice)


RIGHT = {"name": "right", "items": [{"name": "correct", "question": "Is it right?", "settled_by": "checks"}]}


def test_the_rules_judge_says_what_the_checks_say_and_the_judged_run_stays_as_it_is(
    store: Store, tmp_path: Path
) -> None:
    [run] = answered(store, tmp_path, {"a": ["2", "5"]}, ["2", "4"])
    before = figures(store, run), list(views.generations(store, run.id)), list(views.told(store, run.id))
    [judge] = judged(store, {"name": "j", "judges": [{"rubric": RIGHT, "model": "rules", "runs": [run.id]}]})
    assert (judge.status, judge.total, judge.spec.engine.name) == ("completed", 2, "judge")
    labels = scores_of(store, judge)
    assert [labels[key, "right"] for key in ("k0", "k1")] == ["pass", "fail"]
    assert [labels[key, "right/correct"] for key in ("k0", "k1")] == ["yes", "no"]
    assert (figures(store, run), list(views.generations(store, run.id)), list(views.told(store, run.id))) == before
    assert folded(store, run) == before[0]


def test_a_verdict_names_run_answer_author_rubric_and_how_it_came_about(store: Store, tmp_path: Path) -> None:
    [run] = answered(store, tmp_path, {"a": ["2"]}, ["2"])
    spec = {"rubric": RIGHT, "model": mock(form(correct="yes")), "runs": [run.id]}
    [judge] = judged(store, {"name": "j", "judges": [spec], "prices": {"judge": {"input": 1.0, "output": 1.0}}})
    [(_, generation, scores)] = views.generations(store, judge.id)
    [(_, answer, _)] = views.generations(store, run.id)
    whole = next(score for score in scores if score.name == "right")
    assert judge.spec.judging is not None
    assert whole.run_id == judge.id
    assert whole.generation_id == answer.id
    assert (whole.author, whole.author_id, whole.author_version) == ("model", "judge", "mock/judge")
    assert whole.rubric == judge.spec.judging.rubric.version
    [ballot] = json.loads(json.dumps(whole.verdict.trace["ballots"]))
    assert ballot["prompt"]
    assert (ballot["order"], ballot["vote"], ballot["cached"], ballot["repairs"]) == ("first_second", 1, False, 0)
    assert ballot["cost"] == generation.cost == pytest.approx((ballot["input_tokens"] + ballot["output_tokens"]) / 1e6)
    assert generation.output is not None
    assert generation.output.text == form(correct="yes")
    assert judge.spec.generate.temperature == 0


def test_what_nobody_counted_has_no_cost_in_a_ballot_either(store: Store, tmp_path: Path) -> None:
    [run] = answered(store, tmp_path, {"a": ["2"]}, ["2"])
    said = {"choices": [{"message": {"content": form(correct="yes")}, "finish_reason": "stop"}]}
    with counting(lambda _: web.json_response(said)) as server:
        model = {"model": "openai-compatible/x", "name": "judge", "args": {"base_url": server.url}}
        spec = {"name": "j", "judges": [{"rubric": RIGHT, "model": model, "runs": [run.id]}]}
        [judge] = judged(store, {**spec, "prices": {"judge": {"input": 1.0, "output": 1.0}}})
    [(_, generation, scores)] = views.generations(store, judge.id)
    [ballot] = json.loads(json.dumps(next(score for score in scores if score.name == "right").verdict.trace["ballots"]))
    assert (ballot["cost"], generation.cost) == (None, None)


def test_what_cannot_be_read_is_asked_once_more_and_then_unscored_and_counted_never_a_zero(
    store: Store, tmp_path: Path
) -> None:
    [run] = answered(store, tmp_path, {"a": ["2", "3", "4"]}, ["2", "3", "4"])
    first = {"question 0": "Well.", "question 1": "Hm.", "question 2": form(correct="yes")}
    second = {"question 0": form(correct="no"), "question 1": "Hmm."}

    def answer(body: Body) -> web.Response:
        told = body["messages"][1]["content"]
        said = first if len(body["messages"]) == 2 else second
        return reply(next(text for question, text in said.items() if question in told))

    with counting(answer) as server:
        model = {"model": "openai-compatible/x", "args": {"base_url": server.url}}
        [judge] = judged(store, {"name": "j", "judges": [{"rubric": RIGHT, "model": model, "runs": [run.id]}]})
        assert len(server.asked) == 5
    found = {
        sample.key: {score.name: score for score in scores} for sample, _, scores in views.generations(store, judge.id)
    }
    assert [found[key]["right"].verdict.label for key in ("k0", "k1", "k2")] == ["fail", None, "pass"]
    assert found["k1"]["right/correct"].verdict.error == "unreadable: there is no JSON object, but 'Hmm.'"
    assert found["k0"]["right"].verdict.trace["ballots"][0]["repairs"] == 1  # type: ignore[index, call-overload]
    told = {(m.name, m.score): m for m in metrics(store, judge)}
    assert (told["pass_rate", "right"].value, told["pass_rate", "right"].n) == (0.5, 2)
    assert told["pass_rate", "right"].excluded == 1
    assert told["unread", ""].value == 1
    assert judge.status == "completed"


def test_two_runs_are_compared_in_both_orders_and_a_judge_that_goes_by_place_is_found_out(
    store: Store, tmp_path: Path
) -> None:
    runs = answered(store, tmp_path, {"a": ["2", "3"], "b": ["2", "4"]}, ["2", "4"])
    names = [run.id for run in runs]
    first = {"rubric": "preference", "model": mock(form(preferred="first")), "runs": names}
    rules = {"rubric": "preference", "model": "rules", "runs": names}
    partial, fair = judged(store, {"name": "j", "judges": [first, rules]})
    assert [label for (_, name), label in scores_of(store, partial).items() if name == "preference"] == ["tie", "tie"]
    assert {label for (_, name), label in scores_of(store, partial).items() if name == "preference/review"} == {
        "flagged"
    }
    assert scores_of(store, fair)["k0", "preference"] == "tie"
    assert scores_of(store, fair)["k1", "preference"] == "second"
    assert scores_of(store, fair)["k1", "preference/audit"] == "agrees"
    [(_, _, scores), _] = views.generations(store, fair.id)
    [one, other] = [next(iter(views.generations(store, run.id)))[1] for run in runs]
    assert {(score.generation_id, score.other_generation_id) for score in scores} == {(one.id, other.id)}


def test_the_audit_tells_how_often_what_failed_was_preferred(store: Store, tmp_path: Path) -> None:
    runs = answered(store, tmp_path, {"a": ["2", "3"], "b": ["1", "4"]}, ["2", "4"])
    spec = {
        "rubric": "preference",
        "model": mock(form(preferred="first")),
        "runs": [run.id for run in runs],
        "orders": "one",
    }
    [judge] = judged(store, {"name": "j", "judges": [spec]})
    [audit] = [m for m in metrics(store, judge) if m.score == "preference/audit" and m.name == "pass_rate"]
    assert (audit.value, audit.n) == (0.5, 2)
    assert scores_of(store, judge)["k1", "preference/audit"] == "prefers_failed"


def test_a_panel_counts_its_members_and_is_split_where_they_are(store: Store, tmp_path: Path) -> None:
    [run] = answered(store, tmp_path, {"a": ["2", "3"]}, ["2", "4"])
    models = [mock(form(correct="yes"), "x"), mock([form(correct="no")], "y"), "rules"]
    setting = {"run": {"concurrency": 1}}
    runs = judged(store, {"name": "j", "judges": [{"rubric": RIGHT, "models": models, "runs": [run.id]}], **setting})
    assert [each.spec.model.name for each in runs] == ["x", "y", "rules", "panel of 3"]
    labels = scores_of(store, runs[3])
    assert [labels[key, "right"] for key in ("k0", "k1")] == ["pass", "fail"]
    pair = judged(
        store, {"name": "j", "judges": [{"rubric": RIGHT, "models": models[:2], "runs": [run.id]}], **setting}
    )[2]
    assert scores_of(store, pair)["k0", "right"] == "cannot_tell"
    assert scores_of(store, pair)["k0", "right/review"] == "flagged"


def test_judges_of_a_config_come_after_the_runs_that_they_read(store: Store, tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text(json.dumps({"key": "k", "input": "1 + 1", "target": "2"}) + "\n")
    config = {
        "name": "both",
        "models": [{"model": "mock/a", "name": "a", "args": {"replies": "2"}}, mock("3", "b")],
        "tasks": [{"name": "t", "dataset": {"jsonl": {"file": str(tmp_path / "d.jsonl")}}, "scorers": ["exact-match"]}],
        "judges": [{"rubric": "preference", "model": "rules"}, {"rubric": RIGHT, "model": "rules"}],
        "run": {"generate": {"temperature": 0.9, "stop": ["}"]}},
    }
    runs = judged(store, config)
    assert [run.spec.task.name for run in runs] == ["t", "t", "t, a against b", "t, a", "t, b"]
    assert all(run.status == "completed" for run in runs)
    assert scores_of(store, runs[2])["k", "preference"] == "first"
    assert runs[2].spec.generate.temperature == 0
    assert runs[2].spec.generate.stop == ()


def test_recorded_verdicts_are_replayed_by_sample_order_and_vote(store: Store, tmp_path: Path) -> None:
    runs = answered(store, tmp_path, {"a": ["2", "3"], "b": ["1", "4"]}, ["2", "4"])
    lines = [
        {"id": "k0", "order": "first_second", "text": "Output (a) is better."},
        {"id": "k0", "order": "second_first", "text": "Output (b) is better."},
        {"id": "k1", "order": "first_second", "text": "Output (a) is better."},
        {"id": "k1", "order": "second_first", "text": "Output (a) is better."},
    ]
    file = tmp_path / "recorded.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    model = {"model": "replay/gpt", "args": {"file": str(file)}}
    spec = {"rubric": "preference", "model": model, "runs": [run.id for run in runs]}
    [judge] = judged(store, {"name": "j", "judges": [spec]})
    assert [scores_of(store, judge)[key, "preference"] for key in ("k0", "k1")] == ["first", "tie"]
    [(_, _, scores), _] = views.generations(store, judge.id)
    assert (scores[0].author, scores[0].author_id) == ("model", "replay/gpt")


def test_a_judge_run_that_was_stopped_goes_on_where_it_was_and_asks_nothing_twice(store: Store, tmp_path: Path) -> None:
    [run] = answered(store, tmp_path, {"a": [str(at) for at in range(20)]}, [str(at) for at in range(20)])
    with counting(lambda _: reply(form(correct="yes"))) as server:
        model = {"model": "openai-compatible/x", "args": {"base_url": server.url}}
        spec = {"rubric": RIGHT, "model": model, "runs": [run.id]}
        config = {"name": "j", "judges": [spec], "run": {"concurrency": 2, "cache": False}}
        experiment = submit(store, prepare(read_text("e.yaml", json.dumps(config)), utc_now(), store))
        watch = Watch()
        watch = Watch(sinks=(lambda _, __: watch.stop.set() if len(server.asked) > 4 else None,))
        assert asyncio.run(carry_out(store, experiment, watch)) == []
        [judge] = views.runs_of(store, experiment.id)
        assert judge.status == "interrupted"
        asyncio.run(carry_out(store, experiment, Watch()))
        [judge] = views.runs_of(store, experiment.id)
        assert judge.status == "completed"
        assert len(server.asked) == 20
        assert len(scores_of(store, judge)) == 20 * 3


def test_the_schema_is_sent_where_the_server_takes_one_and_known_answers_come_from_the_cache(
    store: Store, tmp_path: Path
) -> None:
    [run] = answered(store, tmp_path, {"a": ["2"]}, ["2"])

    def answer(body: Body) -> web.Response:
        return reply(form(correct="yes"))

    with counting(answer) as server:
        model = {"model": "openai-compatible/x", "args": {"base_url": server.url}}
        spec = {"rubric": RIGHT, "model": model, "runs": [run.id]}
        judged(store, {"name": "j", "judges": [spec]})
        [again_] = judged(store, {"name": "j", "judges": [spec]})
        assert len(server.asked) == 1
        assert server.asked[0]["response_format"]["json_schema"]["schema"]["required"] == ["items", "critique"]
        assert {m.name: m.value for m in metrics(store, again_)}["cached"] == 1
        judged(store, {"name": "j", "judges": [{**spec, "constrained": False}]})
        assert "response_format" not in server.asked[1]


def test_a_budget_stops_a_judge_and_a_larger_one_lets_it_go_on(store: Store, tmp_path: Path) -> None:
    [run] = answered(store, tmp_path, {"a": ["2"] * 9}, ["2"] * 9)
    spec = {"rubric": RIGHT, "model": mock(form(correct="yes")), "runs": [run.id]}
    config = {"name": "j", "judges": [spec], "run": {"budget": {"max_tokens": 2000}, "concurrency": 1}}
    [judge] = judged(store, config)
    assert judge.status == "interrupted"
    assert "max_tokens" in str(judge.error)
    experiment = views.experiment(store, judge.experiment_id)
    asyncio.run(carry_out(store, experiment, Watch(), Terms(budget=Budget(max_tokens=1_000_000))))
    assert views.run(store, judge.id).status == "completed"


def test_an_answer_that_is_missing_is_no_verdict_but_a_failure_with_its_reason(store: Store, tmp_path: Path) -> None:
    data = tmp_path / "d.jsonl"
    data.write_text("".join(json.dumps({"key": f"k{at}", "input": "?", "target": "2"}) + "\n" for at in range(2)))
    model = {"model": "mock/a", "args": {"replies": "2", "fail": [{"call": 1, "transient": False}]}}
    task = {"name": "t", "dataset": {"jsonl": {"file": str(data)}}, "scorers": ["exact-match"]}
    config = {"name": "e", "models": [model], "tasks": [task], "judges": [{"rubric": RIGHT, "model": "rules"}]}
    run, judge = judged(store, {**config, "run": {"concurrency": 1}})
    told = {
        sample.key: (generation.error, len(scores)) for sample, generation, scores in views.generations(store, judge.id)
    }
    assert told["k0"] == (f"there is nothing to judge: run {run.id} has no answer to this sample", 0)
    assert told["k1"] == (None, 3)


def test_of_recorded_runs_what_they_have_is_judged_and_nothing_else(store: Store, tmp_path: Path) -> None:
    def row(task: str, *models: str) -> str:
        told = [{"model": model, "response": f"{model} on {task}"} for model in models]
        return json.dumps({"task_id": task, "prompt": f"{task}?", "model_responses": told}) + "\n"

    file = tmp_path / "recorded.jsonl"
    file.write_text(row("t1", "a") + row("t2", "b", "a") + row("t3", "a"))
    runs = ingestion.ingest(store, ingestion.read(file).strictly(), None, utc_now()).runs
    names = [run.id for run in runs]
    found = judged(store, {"name": "judged", "judges": [{"rubric": RIGHT, "model": "rules", "runs": names}]})
    assert {run.status for run in found} == {"completed"}
    about = {run.spec.task.name: [sample.key for sample, *_ in views.generations(store, run.id)] for run in found}
    assert {name.rpartition(" ")[2]: keys for name, keys in about.items()} == {"a": ["t1", "t2", "t3"], "b": ["t2"]}
    [pair] = judged(store, {"name": "pairs", "judges": [{"rubric": "preference", "model": "rules", "runs": names}]})
    assert (pair.status, [sample.key for sample, *_ in views.generations(store, pair.id)]) == ("completed", ["t2"])


def test_what_people_say_is_kept_beside_and_is_no_figure_of_the_run(store: Store, tmp_path: Path) -> None:
    [run] = answered(store, tmp_path, {"a": ["2"]}, ["2"])
    [(_, answer, _)] = views.generations(store, run.id)
    human = Score(
        id=new_id("score", utc_now()),
        created_at=utc_now(),
        run_id=run.id,
        generation_id=answer.id,
        author="human",
        author_id="ada",
        author_version="",
        verdict=Verdict(name="exact-match", value=0.0, label="no"),
    )
    store.add_scores([human])
    assert folded(store, run) == figures(store, run)
    assert human in views.opinions(store, answer.id)


def test_judging_can_be_reproduced_and_reported(store: Store, tmp_path: Path) -> None:
    runs = answered(store, tmp_path, {"a": ["2", "3"], "b": ["1", "4"]}, ["2", "4"])
    spec = {"rubric": "preference", "model": "rules", "runs": [run.id for run in runs]}
    [judge] = judged(store, {"name": "j", "judges": [spec]})
    experiment = submit(store, again(store, [judge], None, utc_now()))
    assert asyncio.run(carry_out(store, experiment, Watch())) == []
    [once_more] = views.runs_of(store, experiment.id)
    assert scores_of(store, once_more) == scores_of(store, judge)
    text = markdown(gather(store, [judge], utc_now()))
    assert "preference" in text
    assert list(views.told(store, judge.id))
    assert {score.run_id for score in views.said_of(store, runs[1].id)} == {runs[1].id, judge.id, once_more.id}


@pytest.mark.parametrize(
    ("judge", "message"),
    [
        ({"rubric": "preference", "model": "rules"}, "compares two answers: it needs two runs"),
        (
            {"rubric": "stem-l2", "model": "rules"},
            r"judges\[0\].rubric: unknown rubric 'stem-l2'; did you mean 'stem-l1'",
        ),
        ({"rubric": RIGHT, "model": "rules", "runs": ["nobody"]}, r"judges\[0\].runs\[0\]: there is no run 'nobody'"),
        ({"rubric": RIGHT, "model": "rules", "vote": 3}, "did you mean 'votes'"),
        ({"rubric": RIGHT, "model": "rules", "votes": 4, "needed": 2}, "`needed` is more than half"),
        ({"rubric": RIGHT, "models": ["rules", "rules"]}, "two judges of the panel are called 'rules'"),
        ({"rubric": RIGHT, "model": "mock/x", "prompt": "nowhere.txt"}, "cannot read the prompt nowhere.txt"),
    ],
)
def test_what_is_wrong_with_a_judge_is_said_before_anything_is_asked(
    store: Store, tmp_path: Path, judge: dict[str, Any], message: str
) -> None:
    [run] = answered(store, tmp_path, {"a": ["2"]}, ["2"])
    config = {"name": "j", "judges": [{"runs": [run.id], **judge}]}
    with pytest.raises(SpecError, match=message):
        prepare(read_text("e.yaml", json.dumps(config)), utc_now(), store)


def test_no_answer_can_keep_the_rules_judge_from_being_read(store: Store, tmp_path: Path) -> None:
    [run] = answered(store, tmp_path, {"a": ["5"]}, ["4"])
    config = {"name": "j", "judges": [{"rubric": RIGHT, "model": "rules", "runs": [run.id]}]}
    [first] = judged(store, config)
    [(_, said, _)] = views.generations(store, first.id)
    assert said.output is not None
    [copied] = answered(store, tmp_path, {"a": [said.output.text]}, ["4"])
    [judge] = judged(store, {**config, "judges": [{"rubric": RIGHT, "model": "rules", "runs": [copied.id]}]})
    assert scores_of(store, judge)["k0", "right"] == "fail"


def test_the_prompt_that_is_kept_is_the_one_that_was_asked_first(store: Store, tmp_path: Path) -> None:
    runs = answered(store, tmp_path, {"a": ["two"], "b": ["three"]}, ["2"])
    spec = {"rubric": "preference", "model": mock(form(preferred="first")), "runs": [run.id for run in runs]}
    [judge] = judged(store, {"name": "j", "judges": [spec]})
    [(_, generation, _)] = views.generations(store, judge.id)
    asked = str(generation.prompt)
    assert asked.index("two") < asked.index("three")


def test_what_no_text_can_hold_is_kept_all_the_same(store: Store, tmp_path: Path) -> None:
    [run] = answered(store, tmp_path, {"a": ["2"]}, ["2"])
    text = form(correct="yes").replace("plainly", "plainly\\ud800\\u0000")
    [judge] = judged(store, {"name": "j", "judges": [{"rubric": RIGHT, "model": mock(text), "runs": [run.id]}]})
    assert (judge.status, scores_of(store, judge)["k0", "right"]) == ("completed", "pass")


def test_a_verdict_recorded_by_sample_is_not_given_to_another_answer_to_it(store: Store, tmp_path: Path) -> None:
    data, recorded = tmp_path / "d.jsonl", tmp_path / "judge.jsonl"
    data.write_text(json.dumps({"key": "k0", "input": "?", "target": "2"}) + "\n")
    task = {"name": "t", "dataset": {"jsonl": {"file": str(data)}}, "scorers": ["exact-match"], "epochs": 2}
    [run] = judged(store, {"name": "a", "models": [mock("2", "a")], "tasks": [task]})
    recorded.write_text(json.dumps({"id": "k0", "text": form(correct="yes")}) + "\n")
    model = {"model": "replay/j", "name": "j", "args": {"file": str(recorded)}}
    spec = {"rubric": RIGHT, "model": model, "runs": [run.id]}
    [judge] = judged(store, {"name": "j", "judges": [spec], "run": {"allowed_error_rate": 1.0}})
    found = {generation.epoch: generation.error for _, generation, _ in views.generations(store, judge.id)}
    assert found[1] is None
    assert "by the id of the answer" in str(found[2])


def test_the_rules_judge_finds_no_fault_in_what_passes(store: Store, tmp_path: Path) -> None:
    [run] = answered(store, tmp_path, {"a": ["2", "5"]}, ["2", "4"])
    faulty = {"name": "wrong", "question": "Is it wrong?", "kind": "points", "points": -5, "settled_by": "checks"}
    spec = {"rubric": {"name": "faults", "items": [faulty]}, "model": "rules", "runs": [run.id]}
    [judge] = judged(store, {"name": "j", "judges": [spec]})
    labels = scores_of(store, judge)
    assert [labels[key, "faults/wrong"] for key in ("k0", "k1")] == ["no", "yes"]
    assert [labels[key, "faults"] for key in ("k0", "k1")] == ["pass", "fail"]
    assert [labels[key, "faults/review"] for key in ("k0", "k1")] == ["clear", "clear"]


def test_a_panel_is_no_other_judge_beside_its_members(store: Store, tmp_path: Path) -> None:
    [run] = answered(store, tmp_path, {"a": ["2", "3", "4", "5"]}, ["2", "2", "2", "2"])
    models = [mock(form(correct="yes"), "x"), mock(form(correct="no"), "y"), "rules"]
    runs = judged(store, {"name": "j", "judges": [{"rubric": RIGHT, "models": models, "runs": [run.id]}]})
    found = agreement.of_runs(store, runs, Question(rules=Rules(draws=100)), utc_now()).agreement
    assert {tuple(panel.raters) for panel in found.panels} == {("rules", "x", "y")}
    assert "panel of 3" in {one.judge for one in found.comparisons}


def test_a_judge_run_is_looked_at_without_other_runs_of_the_same_judge(store: Store, tmp_path: Path) -> None:
    [run] = answered(store, tmp_path, {"a": ["2", "3", "4"]}, ["2", "2", "2"])
    runs = [
        each
        for models in ([mock(form(correct="yes"))], [mock(form(correct="no")), "rules"])
        for each in judged(store, {"name": "j", "judges": [{"rubric": RIGHT, "models": models, "runs": [run.id]}]})
    ]
    quick = Question(rules=Rules(draws=100))

    def held(*named: Run) -> dict[str, float | None]:
        found = agreement.of_runs(store, named, quick, utc_now()).agreement
        return {one.judge: one.figures["accuracy"].value for one in found.comparisons if one.reference == "exact-match"}

    assert [held(one) for one in runs[:2]] == [{"judge": 1 / 3}, {"judge": 2 / 3}]
    assert held(runs[3]).keys() == {"judge", "rules", "panel of 2"}


def test_every_report_tells_what_is_flagged_and_what_the_audit_says(store: Store, tmp_path: Path) -> None:
    runs = answered(store, tmp_path, {"a": ["2", "3"], "b": ["1", "4"]}, ["2", "4"])
    spec = {"rubric": "preference", "model": mock(form(preferred="first")), "orders": "one"}
    [judge] = judged(store, {"name": "j", "judges": [{**spec, "runs": [run.id for run in runs]}]})
    report = gather(store, [judge], utc_now())
    for text in (markdown(report), html(report)):
        assert "For review: 1 of 2 flagged" in text
        assert "the judge prefers the one that failed in 1 (50.0 %)" in text
        assert "by the scorer preference/review" not in text


PARTS = [{"name": "zeal", "question": "?"}, {"name": "aim", "question": "?"}]
TREE = {
    "name": "tree",
    "items": [{"name": "sound", "question": "?", "parts": PARTS}, {"name": "brief", "question": "?"}],
}


def test_a_report_has_the_criteria_as_they_stand_in_the_rubric_and_counts_the_flags(
    store: Store, tmp_path: Path
) -> None:
    [run] = answered(store, tmp_path, {"a": ["5", "6", "7", "8"]}, ["5"] * 4)
    told = [form(**{"sound/zeal": "yes", "sound/aim": said, "brief": "yes"}) for said in ("yes", "no", "no", "no")]
    told = [each.replace("so: no", "so: yes") for each in told]  # the same reason for a yes and a no
    judges = [{"rubric": TREE, "model": mock(told), "runs": [run.id]}]
    [judge] = judged(store, {"name": "j", "judges": judges, "run": {"concurrency": 1}})
    made = gather(store, [judge], utc_now())
    [task] = by_task(made)
    assert task.whole_scores == ["tree"]
    assert [(one.name, one.depth) for one in task.criteria] == [("sound", 0), ("zeal", 1), ("aim", 1), ("brief", 0)]
    assert task.flags == [("contradictory_items", [3])]
    text = markdown(made)
    assert "| sound | judge | 25.0 % |" in text
    assert "| &nbsp;&nbsp;aim | judge | 25.0 % |" in text
    assert "no: 3, yes: 1" in text
    assert "| contradictory items | 3 |" in text
    assert "### Results: tree/" not in text
    assert '<th scope="rowgroup" rowspan="1" class="d1">aim</th>' in html(made)
