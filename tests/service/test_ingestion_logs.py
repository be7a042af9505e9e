"""Logs of other harnesses come in with their verdicts, and ours go out and come back the same.

tests/data/logs has what the real ones wrote: see its README.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from benchbook.errors import SpecError
from benchbook.records.runs import Run
from benchbook.service import exports, ingestion_inspect, ingestion_lm_eval, ingestion_logs
from benchbook.service.gates import of_runs
from benchbook.service.ingestion import Ingested
from benchbook.service.ingestion_logs import Log
from benchbook.service.runs import metrics
from benchbook.specs.gates import Thresholds
from benchbook.store import views
from benchbook.store.store import Store
from store.planned import NOW

LOGS = Path(__file__).parents[1] / "data" / "logs"
[GENERATED] = LOGS.glob("samples_sums_gen_*.jsonl")
[CHOSEN] = LOGS.glob("samples_colours_mc_*.jsonl")


def read(path: Path) -> Log:
    if ingestion_inspect.is_log(path):
        return ingestion_inspect.read(path).strictly()
    assert ingestion_lm_eval.is_log(path)
    return ingestion_lm_eval.read(path).strictly()


def ingested(store: Store, path: Path) -> Ingested:
    return ingestion_logs.ingest(store, read(path), None, NOW)


def whole(store: Store, run: Run) -> list[Any]:
    """What a run has answered and what is said of it, without ids and times of its own."""
    return [
        [
            *(sample.row, generation.epoch, generation.prompt, generation.output, generation.error, generation.cost),
            *((score.author, score.author_id, score.author_version, score.verdict) for score in scores),
        ]
        for sample, generation, scores in views.generations(store, run.id)
    ]


@pytest.mark.parametrize("name", ["sums.eval", "sums.json"])
def test_a_log_of_inspect_comes_in_with_its_scores(store: Store, name: str) -> None:
    done = ingested(store, LOGS / name)
    [run] = done.runs
    assert (run.model, run.task, run.total, run.environment["harness"]) == (
        "mockllm/model",
        "sums",
        6,
        "inspect_ai 0.3.285",
    )
    answers = list(views.generations(store, run.id))
    assert [(sample.key, each.epoch, each.output and each.output.text) for sample, each, _ in answers] == [
        ("a", 1, "2"),
        ("a", 2, "it is 2"),
        ("b", 1, "42"),
        ("b", 2, "it is 41"),
        ("3", 1, "A"),
        ("3", 2, "B"),
    ]
    sample, generation, scores = answers[3]
    assert (sample.row.metadata, sample.target, generation.output_tokens) == ({"level": "hard"}, "42", 3)
    assert {(score.name, score.value, score.verdict.label, score.author_id) for score in scores} == {
        ("match", 0.0, "I", "match"),
        ("includes", 0.0, "I", "includes"),
    }
    [rate] = [each for each in views.metrics_of(store, run.id) if (each.name, each.score) == ("pass_rate", "match")]
    assert rate.value == pytest.approx(2 / 3)  # what Inspect says in the log


def test_the_same_log_twice_is_one(store: Store) -> None:
    first, second = ingested(store, LOGS / "sums.eval"), ingested(store, LOGS / "sums.eval")
    assert (first.new, second.new, second.runs) == (True, False, first.runs)


@pytest.mark.parametrize("name", ["log.eval", "log.json"])
@pytest.mark.parametrize("source", ["sums.eval", CHOSEN.name])
def test_a_run_comes_back_from_a_log_of_inspect_as_it_was(store: Store, tmp_path: Path, source: str, name: str) -> None:
    [run] = ingested(store, LOGS / source).runs
    assert exports.write(store, [run], "inspect", tmp_path / name).written == run.total
    log = read(tmp_path / name)
    [back] = ingestion_logs.ingest(store, log, "back", NOW).runs
    assert (back.model, back.task, log.harness.split()[0]) == (run.model, run.task, "benchbook")
    assert whole(store, back) == whole(store, run)


def test_several_runs_are_a_folder_of_logs(store: Store, tmp_path: Path) -> None:
    runs = [*ingested(store, LOGS / "sums.eval").runs, *ingested(store, GENERATED).runs]
    done = exports.write(store, runs, "inspect", tmp_path / "logs")
    assert sorted(done.paths) == sorted((tmp_path / "logs").iterdir())
    assert len(done.paths) == 2
    with pytest.raises(SpecError, match="name a folder"):
        exports.write(store, runs, "inspect", tmp_path / "one.eval")


def test_filters_of_lm_eval_are_scores_of_one_answer(store: Store) -> None:
    [run] = ingested(store, GENERATED).runs
    assert (run.model, run.task, run.environment["harness"]) == ("dummy", "sums_gen", "lm-eval 0.4.13")
    assert (run.spec.generate.max_tokens, run.spec.generate.stop) == (16, ("\n",))
    answers = list(views.generations(store, run.id))
    assert [[(score.name, score.value) for score in scores] for *_, scores in answers] == [
        [("exact_match,flexible-extract", 0.0), ("exact_match,strict-match", 0.0)],
        [("exact_match,flexible-extract", 0.0), ("exact_match,strict-match", 0.0)],
        [("exact_match,flexible-extract", 1.0), ("exact_match,strict-match", 0.0)],
    ]
    assert answers[2][1].prompt == "Q: How do we laugh?\nA:"
    assert answers[2][0].target == "lol"


def test_likelihoods_of_lm_eval_come_in(store: Store) -> None:
    [run] = ingested(store, CHOSEN).runs
    sample, generation, scores = next(views.generations(store, run.id))
    assert (sample.row.choices, sample.target) == ((" red", " seven"), "0")
    assert generation.output is not None
    logged = json.loads(CHOSEN.read_text().splitlines()[0])["resps"]
    assert [str(each.logprob) for each in generation.output.likelihoods] == [each[0][0] for each in logged]
    assert [score.name for score in scores] == ["acc", "acc_norm"]


@pytest.mark.parametrize("log", [GENERATED, CHOSEN], ids=["generated", "chosen"])
def test_what_answers_of_lm_eval_took_is_unknown_and_passes_no_gate(store: Store, log: Path) -> None:
    [run] = ingested(store, log).runs
    assert {generation.latency for _, generation, _ in views.generations(store, run.id)} == {None}
    figures = {metric.name: metric for metric in metrics(store, run)}
    assert [(figures[name].value, figures[name].n) for name in ("latency_p50", "latency_p95")] == [(None, 0)] * 2
    assert figures["tokens_per_second"].value is None
    thresholds = Thresholds.parse({"gates": ["latency_p95 <= 60"]})
    [held] = of_runs(store, [run], thresholds)
    assert held.outcome == "error"


def test_samples_without_their_results_are_called_after_their_folder(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "some-model" / CHOSEN.name
    path.parent.mkdir()
    path.write_bytes(CHOSEN.read_bytes())
    assert read(path).model == "some-model"


def test_a_sample_that_cannot_be_taken_is_named(tmp_path: Path) -> None:
    document = json.loads((LOGS / "sums.json").read_text())
    document["samples"][1]["scores"]["match"] = "C"
    document["samples"][2]["id"] = None
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(document))
    log = ingestion_inspect.read(path)
    assert [row.place for row in log.rejected] == [f"{path} samples[1]", f"{path} samples[2]"]
    with pytest.raises(SpecError, match="2 samples cannot be taken"):
        log.strictly()


@pytest.mark.parametrize(
    ("body", "said"), [(b"", "can be read"), (b"PK\x03\x04 nothing", "can be read"), (None, "there is no file")]
)
def test_what_is_no_log_is_said(tmp_path: Path, body: bytes | None, said: str) -> None:
    path = tmp_path / "x.eval"
    if body is not None:
        path.write_bytes(body)
    with pytest.raises(SpecError, match=said):
        ingestion_inspect.read(path)


def test_an_archive_without_a_header_is_no_log(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.eval", "w") as archive:
        archive.writestr("samples/a_epoch_1.json", "{}")
    with pytest.raises(SpecError, match="no header"):
        ingestion_inspect.read(tmp_path / "x.eval")


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (["eval", "packages"], ["inspect_ai"]),
        (["eval", "dataset"], "sums"),
        (["eval", "dataset", "sample_ids"], 3),
        (["eval", "model_generate_config"], [1]),
        (["eval", "model_generate_config", "stop_seqs"], 5),
        (["plan"], "none"),
        (["stats"], [1]),
        (["samples"], 5),
    ],
)
def test_a_header_that_inspect_does_not_write_is_said(tmp_path: Path, where: list[str], value: object) -> None:
    document = json.loads((LOGS / "sums.json").read_text())
    inner = document
    for name in where[:-1]:
        inner = inner[name]
    inner[where[-1]] = value
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(document))
    with pytest.raises(SpecError, match=r"broken\.json"):
        ingestion_inspect.read(path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epoch", -1),
        ("epoch", 10**30),
        ("metadata", "none"),
        ("output", {"choices": [{"text": "no message"}]}),
        ("scores", {"match": {"value": 1, "metadata": {"benchbook": {"name": "match"}}}}),
        ("scores", {"match": {"value": 1, "metadata": {"benchbook": {"author": "god", "author_id": "a"}}}}),
    ],
)
def test_a_sample_that_inspect_does_not_write_is_named(tmp_path: Path, field: str, value: object) -> None:
    document = json.loads((LOGS / "sums.json").read_text())
    document["samples"][1][field] = value
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(document))
    assert [row.place for row in ingestion_inspect.read(path).rejected] == [f"{path} samples[1]"]


def test_an_archive_that_asks_for_a_password_is_said(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "plain.eval", "w") as archive:
        archive.writestr("header.json", "{}")
    body = bytearray((tmp_path / "plain.eval").read_bytes())
    body[6] |= 1  # the local header's flag
    body[body.index(b"PK\x01\x02") + 8] |= 1  # the directory's
    (tmp_path / "locked.eval").write_bytes(body)
    with pytest.raises(SpecError, match="can be read"):
        ingestion_inspect.read(tmp_path / "locked.eval")


def test_members_of_one_name_are_read_as_they_were_counted(tmp_path: Path) -> None:
    document = json.loads((LOGS / "sums.json").read_text())
    with zipfile.ZipFile(tmp_path / "plain.eval", "w") as archive:
        archive.writestr("header.json", json.dumps({"eval": document["eval"]}))
        sample = document["samples"][0]
        archive.writestr("samples/a_epoch_1.json", json.dumps(sample))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("samples/a_epoch_1.json", json.dumps({**sample, "id": "another"}))
    keys = {answer.row.key for answer in ingestion_inspect.read(tmp_path / "plain.eval").answers}
    assert keys == {str(sample["id"]), "another"}


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (["config"], [1]),
        (["configs"], "none"),
        (["configs", "sums_gen"], [1]),
        (["configs", "sums_gen", "generation_kwargs"], [1]),
        (["configs", "sums_gen", "generation_kwargs"], {"until": [{}]}),
        (["n-shot"], 5),
    ],
)
def test_results_that_lm_eval_does_not_write_are_said(tmp_path: Path, where: list[str], value: object) -> None:
    [results] = LOGS.glob(f"results_{GENERATED.stem.removeprefix('samples_sums_gen_')}.json")
    document = json.loads(results.read_text())
    inner = document
    for name in where[:-1]:
        inner = inner[name]
    inner[where[-1]] = value
    (tmp_path / results.name).write_text(json.dumps(document))
    (tmp_path / GENERATED.name).write_bytes(GENERATED.read_bytes())
    with pytest.raises(SpecError, match=results.name):
        ingestion_lm_eval.read(tmp_path / GENERATED.name)
