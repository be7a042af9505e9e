"""Work that is no run: answers judged as they are sent, files taken in."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchbook.errors import SpecError
from benchbook.records.jobs import Job
from benchbook.service import jobs
from benchbook.service.runs import Watch, utc_now
from benchbook.specs.jobs import EvaluateSpec, IngestSpec
from benchbook.store import queue, views
from benchbook.store.store import Store
from service.handed import carried_out, handed_out, worked_off
from service.judged import form

ASKED: dict[str, Any] = {
    "prompt": "What is 6 times 7?",
    "responses": ["It is 41."],
    "ideal_response": "Six times seven is 42.",
    "final_answer": "42",
    "rubric": "quality-3",
    "judge": "rules",
}


def added(store: Store, **said: Any) -> Job:
    return jobs.add_evaluation(store, EvaluateSpec.parse({**ASKED, **said}), utc_now())


def mock_judge(name: str, **answers: Any) -> dict[str, Any]:
    return {"model": f"mock/{name}", "args": {"replies": form(**answers)}}


def result_of(store: Store, job: Job) -> Any:
    stands = queue.job(store, job.id)
    assert (stands.status, stands.error) == ("done", None)
    return stands.result


def test_answers_are_judged_as_they_are_sent(store: Store) -> None:
    judge = mock_judge("strict", correctness=1, completeness=2, format=3)
    job = added(store, judge=judge)
    assert worked_off(store)[0].id == job.id
    result = result_of(store, job)
    [response] = result["responses"]
    assert (response["model"], response["response"]) == ("response-1", "It is 41.")
    [opinion] = response["judges"]
    assert (opinion["author"], opinion["author_id"]) == ("model", "mock/strict")
    said = {one["criterion"]: one["value"] for one in opinion["criteria"]}
    assert opinion["verdict"]["criterion"] == "quality-3"
    assert said["quality-3"] == opinion["verdict"]["value"]
    assert len(said) == 4
    assert isinstance(opinion["needs_review"], bool)
    assert result["comparisons"] == []
    # They are kept like all others: as a run of answers, and a run that judges them.
    [run] = [views.run(store, run_id) for run_id in result["runs"]]
    assert run.status == "completed"
    [(sample, _, _)] = views.generations(store, result["answers"][0])
    assert (sample.row.target, sample.row.metadata["ideal_response"]) == ("42", "Six times seven is 42.")


def test_two_answers_are_compared_in_both_orders(store: Store) -> None:
    responses = [{"model": "small", "text": "41"}, {"model": "large", "text": "It is 42, since 6 × 7 = 42."}]
    job = added(store, responses=responses, rubric="preference", judge=mock_judge("first", preferred="first"))
    worked_off(store)
    [compared] = result_of(store, job)["comparisons"]
    assert (compared["model_id"], compared["other_model_id"]) == ("small", "large")
    # It prefers whichever is shown first: that is none.
    assert compared["verdict"]["value"] == 0.5
    assert compared["needs_review"]


def test_the_same_answers_twice_are_two_jobs_with_a_result_each(store: Store) -> None:
    first, second = added(store), added(store)
    worked_off(store)
    results = [result_of(store, job) for job in (first, second)]
    assert results[0]["runs"] != results[1]["runs"]
    assert len(results[0]["responses"][0]["judges"]) == len(results[1]["responses"][0]["judges"]) == 1


def test_an_evaluation_that_was_cut_off_is_gone_on_with(store: Store) -> None:
    job = added(store)
    watch = Watch()
    watch.stop.set()
    [cut_off] = worked_off(store, watch)
    assert (cut_off.status, cut_off.attempt) == ("queued", 1)
    [done] = worked_off(store)
    assert (done.id, done.status, done.attempt) == (job.id, "done", 2)
    assert len(views.experiments(store)) == 2


def test_an_evaluation_that_is_cancelled_while_it_works_says_so(store: Store) -> None:
    job = added(store)
    [handed] = handed_out(store)
    jobs.cancel(store, job.id, utc_now())
    watch = Watch()
    watch.stop.set()
    carried_out(store, handed, watch)
    assert queue.job(store, job.id).status == "cancelled"


@pytest.mark.parametrize("text", ["\0", " \n", "\u202e{marker} </response>", "x" * 900_000])
def test_hostile_texts_are_judged_like_any_other(store: Store, text: str) -> None:
    job = added(store, prompt=text, responses=[text], ideal_response=text, final_answer=text)
    worked_off(store)
    assert result_of(store, job)["responses"][0]["response"] == text


def test_answers_are_checked_where_a_check_is_asked_for_and_judges_go_by_it(store: Store) -> None:
    job = added(store, responses=["It is 41.", "It is 42."], scorers=["math-answer"])
    worked_off(store)
    wrong, right = result_of(store, job)["responses"]
    assert [one["value"] for one in wrong["checks"]] == [0.0]
    assert [one["value"] for one in right["checks"]] == [1.0]
    said = [
        next(c for c in one["judges"][0]["criteria"] if c["criterion"].endswith("correctness"))
        for one in (wrong, right)
    ]
    assert said[0]["value"] == 0.0
    assert said[1]["value"] == 1.0


def test_a_judge_that_breaks_is_an_error_of_the_job(store: Store) -> None:
    job = added(store, judge={"model": "mock/away", "args": {"fail": [{"call": 1, "transient": False}]}})
    worked_off(store)
    stands = queue.job(store, job.id)
    assert (stands.status, stands.error) == ("failed", "no judge has answered: scripted failure")


def test_of_a_panel_those_that_answered_are_told_and_those_that_did_not(store: Store) -> None:
    away = {"model": "mock/away", "args": {"fail": [{"call": 1, "transient": False}]}}
    job = added(store, judge=[away, mock_judge("kind", correctness=5, completeness=5, format=5)])
    worked_off(store)
    result = result_of(store, job)
    assert next((one["judge"], one["error"]) for one in result["failures"]) == ("mock/away", "scripted failure")
    assert "mock/kind" in {one["author_id"] for one in result["responses"][0]["judges"]}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"rubric": "quality-9"}, "rubric: unknown rubric 'quality-9'; did you mean 'quality-3'"),
        ({"rubric": "/etc/passwd"}, "rubric: unknown rubric '/etc/passwd'.*one of your own is written out"),
        ({"judge": "mok/x"}, "judges.*unknown runtime 'mok'; did you mean 'mock'"),
        ({"responses": []}, "responses"),
        ({"responses": ["a"] * 9}, "responses"),
        ({"prompt": ""}, "prompt"),
        ({"rubric": "preference"}, "responses: the rubric 'preference' compares two responses; send both"),
        (
            {"responses": [{"model": "a", "text": "x"}, {"model": "a", "text": "y"}]},
            "two responses are of the model 'a'",
        ),
        ({"judge": ["rules", "rules"]}, "two judges have the same name"),
        ({"votes": 3, "needed": 1}, "`needed` is more than half"),
        ({"scorers": ["math-anser"]}, "scorers.*unknown scorer 'math-anser'; did you mean 'math-answer'"),
        ({"scorers": ["math-answer"], "final_answer": ""}, "scorers: answers are checked against the correct one"),
        ({"promt": "x"}, "unknown key 'promt'; did you mean 'prompt'"),
        ({"prompt": "x" * 1_000_001}, "prompt"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_queued(store: Store, said: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        added(store, **said)
    assert queue.jobs(store) == []


def test_a_rubric_of_ones_own_is_written_out(store: Store) -> None:
    rubric = {
        "name": "short",
        "description": "Whether it is short.",
        "items": [{"name": "short", "question": "Is it short?"}],
    }
    spec = EvaluateSpec.parse({**ASKED, "rubric": rubric, "judge": mock_judge("x", short="yes")})
    job = jobs.add_evaluation(store, spec, utc_now())
    worked_off(store)
    assert result_of(store, job)["responses"][0]["judges"][0]["criteria"]


def recorded(path: Path, rows: int = 3, broken: int = 0) -> Path:
    lines = [
        {"task_id": f"t{n}", "prompt": f"{n}?", "final_answer": "1", "model_responses": {"small": "1"}}
        for n in range(rows)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"task_id": "no prompt"}\n' * broken)
    return path


def test_a_file_is_taken_in(store: Store, tmp_path: Path) -> None:
    file = str(recorded(tmp_path / "a.jsonl"))
    spec = IngestSpec.parse({"file": file, "name": "mine", "scorers": ["math-answer"]})
    job = jobs.add_ingestion(store, spec, utc_now(), "upload-1")
    worked_off(store)
    result = result_of(store, job)
    assert (result["rows"], result["rejected_rows"], result["new"]) == (3, 0, True)
    assert queue.job(store, job.id).subject == "upload-1"
    [run] = [views.run(store, run_id) for run_id in result["runs"]]
    assert views.experiment(store, "mine").id == result["experiment"]
    assert {score.value for _, _, scores in views.generations(store, run.id) for score in scores} == {1.0}


def test_rows_that_cannot_be_taken_keep_all_out_or_are_left_out(store: Store, tmp_path: Path) -> None:
    file = str(recorded(tmp_path / "a.jsonl", broken=2))
    strict = jobs.add_ingestion(store, IngestSpec.parse({"file": file}), utc_now())
    lenient = jobs.add_ingestion(store, IngestSpec.parse({"file": file, "skip_rejected": True}), utc_now())
    worked_off(store)
    refused = queue.job(store, strict.id)
    assert refused.status == "failed"
    assert "nothing was ingested: 2 of 5 rows cannot be taken" in (refused.error or "")
    result = result_of(store, lenient)
    assert (result["rows"], result["rejected_rows"], len(result["rejected"])) == (5, 2, 2)


def test_a_mapping_is_one_of_ours_or_written_out(store: Store) -> None:
    with pytest.raises(SpecError, match="unknown mapping 'rlfh'; did you mean 'rlhf'"):
        IngestSpec.parse({"file": "a.jsonl", "mapping": "rlfh"})
    with pytest.raises(SpecError, match="unknown mapping '/etc/passwd'"):
        IngestSpec.parse({"file": "a.jsonl", "mapping": "/etc/passwd"})
    assert IngestSpec.parse({"file": "a.jsonl", "mapping": {"key": "id", "prompt": "q"}}).mapping
