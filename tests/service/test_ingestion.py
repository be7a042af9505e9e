"""Recorded answers come in with what people said of them, or not at all."""

import gzip
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from benchbook.errors import Conflict, SpecError
from benchbook.records.scores import Score
from benchbook.service import ingestion, preference_export
from benchbook.service.reproduction import again
from benchbook.specs.ingestion import IngestMapping, built_in, mapping
from benchbook.specs.models import Message
from benchbook.specs.preferences import PreferenceSpec
from benchbook.specs.use import Use
from benchbook.store import views
from benchbook.store.store import Finished, Store
from store.planned import NOW

USUAL: dict[str, Any] = {
    "task_id": "t1",
    "prompt": "What is 6 times 7?",
    "ideal_response": "6 times 7 is 42.",
    "final_answer": "42",
    "model_responses": [
        {"model": "small", "response": "It is 41."},
        {"model": "large", "response": "It is 42."},
    ],
    "human_evaluations": [
        {"model": "small", "annotator": "ann", "criterion": "Results Formulae", "value": "no", "explanation": "41"},
        {"model": "large", "annotator": "ann", "criterion": "Results Formulae", "value": "yes", "confidence": 0.9},
    ],
    "metadata": {"subject": "arithmetic"},
}


def file_of(folder: Path, *rows: Any, name: str = "batch.jsonl") -> Path:
    path = folder / name
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def changed(**fields: Any) -> dict[str, Any]:
    """The usual row with other fields; those that are None are left out."""
    return {name: value for name, value in {**USUAL, **fields}.items() if value is not None}


def ingested(store: Store, path: Path, fields: IngestMapping | None = None, name: str | None = None) -> Any:
    return ingestion.ingest(store, ingestion.read(path, fields).strictly(), name, NOW)


def scores(store: Store, done: ingestion.Ingested) -> list[Score]:
    return [score for run in done.runs for *_, given in views.generations(store, run.id) for score in given]


def said(store: Store, done: ingestion.Ingested) -> set[tuple[Any, ...]]:
    """Of each score: whose answer, by whom, on what, and the verdict."""
    models = {run.id: run.spec.model.name for run in done.runs}
    return {
        (models[score.run_id], score.author_id, score.name, score.value, score.verdict.label)
        for score in scores(store, done)
    }


def test_a_row_becomes_a_sample_with_answers_and_peoples_scores(store: Store, tmp_path: Path) -> None:
    done = ingested(store, file_of(tmp_path, USUAL))
    [sample] = views.samples_of(store, done.dataset.id)
    assert (sample.key, sample.row.input, sample.target) == ("t1", "What is 6 times 7?", "42")
    assert sample.row.metadata == {
        "subject": "arithmetic",
        "ideal_response": "6 times 7 is 42.",
        "final_answer": "42",
    }
    texts = {run.spec.model.name: views.answer(store, run.id, 0, 1)[1].output for run in done.runs}
    assert {model: output and output.text for model, output in texts.items()} == {
        "small": "It is 41.",
        "large": "It is 42.",
    }
    assert said(store, done) == {
        ("small", "ann", "results_formulae", 0.0, "no"),
        ("large", "ann", "results_formulae", 1.0, "yes"),
    }
    assert {(score.author, score.verdict.explanation, score.verdict.confidence) for score in scores(store, done)} == {
        ("human", "41", None),
        ("human", "", 0.9),
    }


def test_its_runs_are_done_and_say_where_they_come_from(store: Store, tmp_path: Path) -> None:
    path = file_of(tmp_path, USUAL)
    for run in ingested(store, path).runs:
        assert (run.status, run.total, views.progress(store, run.id)) == ("completed", 1, (1, 1, 0))
        assert run.environment["ingested from"] == str(path)
        assert len(run.environment["ingested sha256"]) == 64
        assert "generations" in {metric.name for metric in views.metrics_of(store, run.id)}
        with pytest.raises(SpecError, match="was ingested"):
            again(store, [run], None, NOW)


EVALUATED = {
    "flat": [{"model_id": "small", "results_formulae": False, "notes": "Off by one."}],
    "a form": [
        {
            "model": "small",
            "evaluation_form": [
                {"question": "Results Formulae", "human_input_value": "No"},
                {"question": "Notes", "human_input_value": "Off by one."},
            ],
        }
    ],
    "criteria": [{"model_name": "small", "criteria": {"Results Formulae": "no", "notes": "Off by one."}}],
    "with explanations": [
        {"model": "small", "scores": {"resultsFormulae": {"score": "fail"}, "notes": {"value": "Off by one."}}}
    ],
    "one each": [
        {"model": "small", "criterion": "results_formulae", "score": False},
        {"model": "small", "criterion": "notes", "value": "Off by one."},
    ],
    "by model": {"small": {"results_formulae": "No", "notes": "Off by one."}},
    "by model, several": {"small": [{"results_formulae": "No"}, {"notes": "Off by one."}]},
}


def test_answers_are_checked_as_they_come_in(store: Store, tmp_path: Path) -> None:
    recorded = ingestion.read(file_of(tmp_path, USUAL)).strictly()
    done = ingestion.ingest(store, recorded, None, NOW, [Use(name="math-answer")])
    checked = {
        (run.spec.model.name, score.author, score.value)
        for run in done.runs
        for *_, given in views.generations(store, run.id)
        for score in given
        if score.name == "math-answer"
    }
    assert checked == {("small", "code", 0.0), ("large", "code", 1.0)}
    rates = {
        run.spec.model.name: metric.value
        for run in done.runs
        for metric in views.metrics_of(store, run.id)
        if (metric.name, metric.score, metric.slice) == ("pass_rate", "math-answer", "")
    }
    assert rates == {"small": 0.0, "large": 1.0}
    assert done.scores == 2, "people's"


@pytest.mark.parametrize("form", EVALUATED)
def test_evaluations_come_in_many_forms(store: Store, tmp_path: Path, form: str) -> None:
    row = changed(human_evaluations=EVALUATED[form])
    found = {(model, name, value) for model, _, name, value, _ in said(store, ingested(store, file_of(tmp_path, row)))}
    assert found == {("small", "results_formulae", 0.0), ("small", "notes", None)}


@pytest.mark.parametrize(
    "responses",
    [
        {"small": "It is 41.", "large": "It is 42."},
        {"small": {"text": "It is 41."}, "large": {"text": "It is 42."}},
        [{"model_id": "small", "response_text": "It is 41."}, {"name": "large", "content": ["It is 42."]}],
    ],
)
def test_responses_come_in_many_forms(store: Store, tmp_path: Path, responses: Any) -> None:
    done = ingested(store, file_of(tmp_path, changed(model_responses=responses)))
    texts = [views.answer(store, run.id, 0, 1)[1].output for run in done.runs]
    assert [output and output.text for output in texts] == ["It is 41.", "It is 42."]


def test_evaluations_may_stand_with_the_response(store: Store, tmp_path: Path) -> None:
    response = {"model": "small", "text": "41", "human_evaluation": {"annotator": "ben", "correctness": 2}}
    done = ingested(store, file_of(tmp_path, changed(model_responses=[response], human_evaluations=None)))
    assert said(store, done) == {("small", "ben", "correctness", 2.0, None)}


@pytest.mark.parametrize(
    ("evaluation", "value", "label"),
    [
        ({"model_a": "small", "model_b": "large", "winner": "model_b"}, 0.0, "second"),
        ({"model_a": "large", "model_b": "small", "preferred": "large"}, 1.0, "first"),
        ({"model_1": "small", "model_2": "large", "preference": "tie"}, 0.5, "tie"),
        ({"preferred": "large", "over": "small"}, 1.0, "first"),
        ({"preferred": "large"}, 0.0, "second"),
    ],
)
def test_a_preference_is_a_score_over_two_answers(
    store: Store, tmp_path: Path, evaluation: Any, value: float, label: str
) -> None:
    done = ingested(store, file_of(tmp_path, changed(human_evaluations=[evaluation])))
    [score] = scores(store, done)
    assert (score.value, score.verdict.label, score.name) == (value, label, "preference")
    assert score.other_generation_id is not None
    [run] = [run for run in done.runs if run.id == score.run_id]
    assert all(metric.score != "preference" for metric in views.metrics_of(store, run.id))


def test_models_that_differ_in_case_alone_are_told_apart(store: Store, tmp_path: Path) -> None:
    row = changed(
        model_responses={"GPT": "1", "gpt": "2"},
        human_evaluations=[
            {"model_a": "GPT", "model_b": "gpt", "winner": "GPT", "annotator": "ann"},
            {"model_a": "gpt", "model_b": "GPT", "winner": "GPT", "annotator": "ben"},
        ],
    )
    done = ingested(store, file_of(tmp_path, row))
    given = views.comparisons(store, [run.id for run in done.runs])
    assert {(score.author_id, score.value) for score in given} == {("ann", 1.0), ("ben", 0.0)}


def test_criteria_get_the_paths_of_their_rubric(store: Store, tmp_path: Path) -> None:
    criteria = {
        "Results Formulae": "yes",
        "Rigor & Completeness": "no",
        "stem-l1/assumptions": "yes",
        "Understood": "yes",
    }
    row = changed(human_evaluations=[{"model": "small", "criteria": criteria}])
    fields = IngestMapping(rubric="stem-l1", criteria={"Understood": "problem_understanding"})
    found = {name for _, _, name, *_ in said(store, ingested(store, file_of(tmp_path, row), fields))}
    assert found == {
        f"stem-l1/{name}" for name in ("results_formulae", "rigor_completeness", "assumptions", "problem_understanding")
    }


@pytest.mark.parametrize(
    ("value", "fields", "expected"),
    [
        ("Yes", {}, (1.0, "yes")),
        (False, {}, (0.0, "no")),
        ("4", {}, (4.0, None)),
        (4, {"scale": [1, 5]}, (0.75, "4")),
        ("mostly", {"labels": {"Mostly": 0.7}}, (0.7, "mostly")),
        ("mostly", {}, (None, "mostly")),
        ("3", {"kind": "text"}, (None, "3")),
    ],
)
def test_verdicts_are_yes_or_no_or_numbers_or_words(
    store: Store, tmp_path: Path, value: Any, fields: dict[str, Any], expected: Any
) -> None:
    row = changed(human_evaluations=[{"m": "small", "v": value}])
    evaluations = {"each": "human_evaluations", "model": "m", "value": "v", "name": "x", **fields}
    done = ingested(store, file_of(tmp_path, row), IngestMapping.parse({"evaluations": evaluations}))
    [score] = scores(store, done)
    assert (score.value, score.verdict.label) == expected


@pytest.mark.parametrize("value", [None, "", "N/A"])
def test_what_nobody_said_is_no_score(store: Store, tmp_path: Path, value: Any) -> None:
    row = changed(human_evaluations=[{"model": "small", "correctness": value}])
    assert scores(store, ingested(store, file_of(tmp_path, row))) == []


def test_an_export_of_an_annotation_tool_is_known_by_its_key(store: Store, tmp_path: Path) -> None:
    form = [{"question": "Model Failure", "human_input_value": "No"}]
    document = {
        "rlhf": [
            {
                "taskId": 101,
                "messages": [
                    {"role": "system", "text": "Be exact."},
                    {
                        "role": "user",
                        "text": "What is 6 times 7?",
                        "prompt_evaluation": [{"question": "Subject", "human_input_value": "Algebra"}],
                    },
                    {
                        "role": "assistant",
                        "response_options": [{"model_id": "model_a", "text": "42"}],
                        "signal": {
                            "ideal_response": "It is 42.",
                            "raw_preference_evaluation_form": [{"question": "Final Answer", "human_input_value": "42"}],
                            "human_evals": [{"model_id": "model_a", "evaluation_form": form}],
                        },
                    },
                ],
            }
        ]
    }
    path = tmp_path / "batch.json"
    path.write_text(json.dumps(document))
    done = ingested(store, path)
    [sample] = views.samples_of(store, done.dataset.id)
    assert sample.row.input == (
        Message(role="system", content="Be exact."),
        Message(role="user", content="What is 6 times 7?"),
    )
    assert (sample.key, sample.target) == ("101", "42")
    assert sample.row.metadata == {"subject": "Algebra", "ideal_response": "It is 42.", "final_answer": "42"}
    assert said(store, done) == {("model_a", "human", "model_failure", 0.0, "no")}


BAD = [
    ("{not json", "", "not valid JSON"),
    ("[1]", "", "a row is an object of fields, not a list"),
    ('{"task_id": NaN}', "", "NaN is not a JSON value"),
    (changed(task_id=None), "task_id", "no task_id or"),
    (changed(task_id=[1]), "task_id", "a text or a whole number"),
    (changed(prompt=None), "prompt", "there is no prompt"),
    (changed(prompt={"a": 1}), "prompt", "expected a text, not an object"),
    (changed(prompt=[{"role": "robot", "content": "x"}]), "prompt[0].role", "expected 'system', 'user' or 'assistant'"),
    (changed(model_responses=None), "model_responses", "there is no response"),
    (changed(model_responses=[]), "model_responses", "there is no response"),
    (changed(model_responses="42"), "model_responses", "expected a list of responses"),
    (changed(model_responses=[{"model": "m"}]), "model_responses[0].text", "the response has no text"),
    (changed(model_responses=[{"model": "m", "text": None}]), "model_responses[0].text", "has no text"),
    (changed(model_responses=[{"text": "x"}]), "model_responses[0].model", "does not say whose it is"),
    (
        changed(human_evaluations=[{"model": "smal", "x": "yes"}]),
        "human_evaluations[0]",
        "unknown model 'smal'; did you mean 'small'?",
    ),
    (changed(human_evaluations=[{"x": "yes"}]), "human_evaluations[0]", "whose answer is meant is not said"),
    (changed(human_evaluations=["good"]), "human_evaluations[0]", "an evaluation is an object"),
    (changed(human_evaluations=[{"model": "small", "x": ["y"]}]), "human_evaluations[0].x", "not a list"),
    (
        changed(human_evaluations=[{"model": "small", "criterion": "x", "value": 1, "confidence": 7}]),
        "human_evaluations[0][0].confidence",
        "from 0 to 1",
    ),
    (
        changed(human_evaluations=[{"model_a": "small", "model_b": "large", "winner": "medium"}]),
        "human_evaluations[0].winner",
        "neither of the two",
    ),
    (
        changed(human_evaluations=[{"model_a": "small", "model_b": "small", "winner": "small"}]),
        "human_evaluations[0]",
        "compared with itself",
    ),
    (
        changed(
            model_responses={"x": "1", "y": "2", "a": "3"},
            human_evaluations=[{"model_a": "x", "model_b": "y", "winner": "a"}],
        ),
        "human_evaluations[0].winner",
        "neither of the two",
    ),
    (
        changed(human_evaluations=[{"model": "small", "criterion": "x", "value": 10**400}]),
        "human_evaluations[0][0]",
        "a score is between",
    ),
    (
        changed(human_evaluations=[{"model": "small", "criterion": "x", "value": "9" * 400}]),
        "human_evaluations[0][0]",
        "a score is between",
    ),
    (
        changed(human_evaluations=[{"model": "small", "criterion": "x", "value": 1, "confidence": 10**400}]),
        "human_evaluations[0][0].confidence",
        "from 0 to 1",
    ),
    ('{"task_id": "t", "prompt": "q", "responses": {"m": "a"}, "metadata": {"x": 1e999}}', "", "larger than any"),
    ('{"task_id": "t", "prompt": "q", "responses": {"m": "a", "m": "b"}}', "", "'m' is there twice"),
    (changed(final_answer="half a pair \ud83d"), "final_answer", "\\ud83d alone is no character"),
    (json.dumps(changed(metadata=None))[:-1] + ', "metadata": ' + "[" * 60 + "]" * 60 + "}", "metadata", "50 levels"),
    ('{"x": ' + "[" * 100_000 + "]" * 100_000 + "}", "", "not valid JSON"),
    (changed(metadata="x"), "metadata", "expected an object"),
    (changed(prompt="What else?", task_id="other"), "prompt", "has another prompt"),
]


@pytest.mark.parametrize(("row", "field", "reason"), BAD)
def test_a_row_that_cannot_be_taken_is_named_with_its_reason(
    store: Store, tmp_path: Path, row: Any, field: str, reason: str
) -> None:
    path = file_of(tmp_path, changed(task_id="other"), row)
    recorded = ingestion.read(path)
    [rejected] = recorded.rejected
    assert (rejected.place, rejected.field) == (f"{path}:2", field)
    assert reason in rejected.reason
    with pytest.raises(SpecError, match="nothing was ingested: 1 of 2 rows"):
        recorded.strictly()
    done = ingestion.ingest(store, recorded, None, NOW)
    assert [sample.key for sample in views.samples_of(store, done.dataset.id)] == ["other"]


def test_a_reason_is_told_once_however_many_rows_it_keeps_out(tmp_path: Path) -> None:
    path = file_of(tmp_path, *(changed(task_id=f"t{n}", model_responses=None) for n in range(60)), changed(prompt=None))
    with pytest.raises(SpecError, match="61 of 61 rows") as caught:
        ingestion.read(path).strictly()
    told = str(caught.value).splitlines()
    assert len(told) == 4
    assert told[1].endswith("(and 59 more such)")
    assert "--mapping where it keeps things (llmbar, mr-ben" in told[3]


def test_what_is_not_taken_over_is_told(tmp_path: Path) -> None:
    path = file_of(tmp_path, changed(colour="blue"), changed(task_id="t2", size=2))
    assert ingestion.read(path).overlooked == {"colour": 1, "size": 1}
    kept = IngestMapping.parse({"metadata": {"colour": "colour", "size": "size"}})
    assert ingestion.read(path, kept).overlooked == {"metadata": 2}


def test_a_file_without_a_row_that_can_be_taken_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no row that could be taken"):
        ingestion.ingest(store, ingestion.read(file_of(tmp_path, "{}")), None, NOW)
    assert views.experiments(store) == []


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("none.jsonl", None, "there is no file"),
        ("bad.json", b"[{", "not valid JSON"),
        ("bad.json", b"[" * 100_000, "not valid JSON"),
        ("object.json", b'{"x": 1}', "expected a list of rows"),
        ("bytes.jsonl", b"\xff\xfe", "not UTF-8"),
        ("bad.jsonl.gz", b"{}", "cannot unpack"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, body: bytes | None, reason: str) -> None:
    if body is not None:
        (tmp_path / name).write_bytes(body)
    with pytest.raises(SpecError, match=reason):
        ingestion.read(tmp_path / name)


@pytest.mark.parametrize("name", ["list.json", "wrapped.json", "lines.json", "lines.jsonl.gz"])
def test_json_and_json_lines_say_the_same(store: Store, tmp_path: Path, name: str) -> None:
    rows = [USUAL, changed(task_id="t2")]
    bodies = {
        "list.json": json.dumps(rows, indent=2),
        "wrapped.json": json.dumps({"data": rows}),
        "lines.json": "\ufeff" + "\n".join(map(json.dumps, rows)),
        "lines.jsonl.gz": "\n".join(map(json.dumps, rows)),
    }
    body = bodies[name].encode()
    (tmp_path / name).write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    plain = ingested(store, file_of(tmp_path, *rows), name="same")
    same = ingested(store, tmp_path / name, name="same")
    assert (same.new, same.experiment, same.runs) == (False, plain.experiment, plain.runs)


def test_the_same_file_twice_is_one_data_set(store: Store, tmp_path: Path) -> None:
    path = file_of(tmp_path, USUAL)
    first, second = ingested(store, path), ingested(store, path)
    assert (first.new, second.new) == (True, False)
    assert second.runs == first.runs
    assert second.dataset == first.dataset
    assert len(views.experiments(store)) == 1
    assert len(scores(store, second)) == 2


def test_two_who_bring_the_same_at_once_bring_it_once(store: Store, tmp_path: Path) -> None:
    recorded = ingestion.read(file_of(tmp_path, *(changed(task_id=f"t{at}") for at in range(50))))
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda late: ingestion.ingest(store, recorded, "x", NOW + timedelta(late)), range(4)))
    assert Counter(each.new for each in done) == {True: 1, False: 3}
    assert len({each.experiment.id for each in done}) == len(views.experiments(store)) == 1


def test_nothing_is_half_imported(store: Store, tmp_path: Path) -> None:
    finished = ingestion._finished(ingestion.read(file_of(tmp_path, USUAL)), "x", NOW)
    broken = Finished(**{**vars(finished), "scores": [*finished.scores, finished.scores[0]]})
    with pytest.raises(Conflict):
        store.add_finished(broken)
    assert views.experiments(store) == []
    assert list(views.samples_of(store, finished.dataset.id)) == []
    assert store.add_finished(finished).experiment == finished.experiment


def test_rows_about_the_same_task_belong_together(store: Store, tmp_path: Path) -> None:
    def row(model: str, text: str, annotator: str, value: str) -> dict[str, Any]:
        evaluations = [{"model": model, "annotator": annotator, "correctness": value}]
        return changed(model_responses={model: text}, human_evaluations=evaluations)

    rows = [
        row("small", "41", "ann", "no"),
        row("small", "41", "ben", "yes"),
        row("small", "42", "ann", "yes"),
        row("large", "42", "ann", "yes"),
    ]
    done = ingested(store, file_of(tmp_path, *rows))
    assert done.dataset.size == 1
    assert {run.spec.model.name: run.total for run in done.runs} == {"small": 2, "large": 1}
    [small] = [run for run in done.runs if run.spec.model.name == "small"]
    given = {
        (generation.epoch, score.author_id): score.value
        for _, generation, of_it in views.generations(store, small.id)
        for score in of_it
    }
    assert given == {(1, "ann"): 0.0, (1, "ben"): 1.0, (2, "ann"): 1.0}


def test_a_row_that_says_nothing_new_or_something_else_is_rejected(tmp_path: Path) -> None:
    other = [{**USUAL["human_evaluations"][0], "value": "yes"}]
    recorded = ingestion.read(file_of(tmp_path, USUAL, USUAL, changed(human_evaluations=other)))
    assert [row.reason.split(";")[0] for row in recorded.rejected] == [
        f"the row says nothing that {tmp_path / 'batch.jsonl'}:1 has not said of 't1'",
        "ann has said something else of 'small' before, about 'results_formulae'",
    ]


def test_hostile_text_is_kept_as_it_is(store: Store, tmp_path: Path) -> None:
    text = "<script>\x00\u202e\uffff '); DROP TABLE scores; -- ../../etc {{7*7}}"
    row = changed(task_id=text, prompt=text, model_responses={text: text}, human_evaluations=None, final_answer=text)
    done = ingested(store, file_of(tmp_path, row))
    [(sample, generation, _)] = views.generations(store, done.runs[0].id)
    assert (sample.key, generation.output and generation.output.text) == (text, text)


def test_a_mapping_says_what_it_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("promt: question\n")
    with pytest.raises(SpecError, match=r"m\.yaml:1: promt: unknown key 'promt'; did you mean 'prompt'"):
        mapping(str(path))
    path.write_text("prompt: a[b\n")
    with pytest.raises(SpecError, match=r"m\.yaml:1: prompt.*is no path"):
        mapping(str(path))
    with pytest.raises(SpecError, match="unknown mapping 'mrben'; did you mean 'mr-ben'"):
        mapping("mrben")


@pytest.mark.parametrize("name", built_in())
def test_every_mapping_that_comes_along_is_one(name: str) -> None:
    assert mapping(name).responses


def test_mr_ben_comes_in_with_its_marks(store: Store, shared_data: Path) -> None:
    done = ingested(store, shared_data / "mr_ben" / "biology.jsonl.gz", mapping("mr-ben"), "mr-ben-biology")
    assert (done.dataset.size, [run.total for run in done.runs]) == (345, [345, 345, 345])
    marks = Counter(label for name, _, label in said_each(store, done) if name == "stem-l1")
    assert marks == {"correct": 617, "incorrect": 418}
    steps = Counter(label for name, _, label in said_each(store, done) if name == "stem-l1/first_error_step")
    assert steps.total() == 418


def said_each(store: Store, done: ingestion.Ingested) -> list[tuple[Any, ...]]:
    return [(score.name, score.value, score.verdict.label) for score in scores(store, done)]


def test_llmbar_comes_in_and_goes_out_with_the_same_winners(store: Store, shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "llmbar" / "natural.json"
    done = ingested(store, source, mapping("llmbar"))
    path = tmp_path / "pairs.jsonl"
    preference_export.write(store, done.runs, "trl-dpo", PreferenceSpec(), path, NOW)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    expected = {
        (row["input"], row[f"output_{row['label']}"], row[f"output_{3 - row['label']}"])
        for row in json.loads(source.read_text())
    }
    assert {(row["prompt"], row["chosen"], row["rejected"]) for row in rows} == expected


def test_gsm8k_comes_in_with_its_marks(store: Store, shared_data: Path, tmp_path: Path) -> None:
    """A file with a place of its own for each model."""
    marks = {"6b_finetuning": 286, "6b_verification": 515, "175b_finetuning": 458, "175b_verification": 742}
    fields = IngestMapping.parse(
        {
            "key": "#",
            "prompt": "question",
            "ideal_response": "ground_truth",
            "responses": [{"name": model, "text": f"{model}.solution"} for model in marks],
            "evaluations": [{"of": model, "name": "correct", "value": f"{model}.is_correct"} for model in marks],
        }
    )
    done = ingested(store, shared_data / "gsm8k" / "example_model_solutions.jsonl", fields)
    right = Counter(model for model, value in of_models(store, done) if value == 1)
    assert (done.dataset.size, right) == (1319, marks)


def of_models(store: Store, done: ingestion.Ingested) -> list[tuple[str, float | None]]:
    models = {run.id: run.spec.model.name for run in done.runs}
    return [(models[score.run_id], score.value) for score in scores(store, done)]
