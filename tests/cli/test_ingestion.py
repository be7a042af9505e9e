"""`benchbook ingest`."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.command import Benchbook

LOG_OF_INSPECT = Path(__file__).parents[1] / "data" / "logs" / "sums.json"


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    """Two tasks that two models have answered, one of them evaluated; and a row without a prompt."""

    def row(key: str, **fields: Any) -> str:
        said = {"small": "41", "large": "42"}
        return json.dumps({"task_id": key, "prompt": f"What is {key}?", "model_responses": said, **fields}) + "\n"

    better = [{"model_a": "small", "model_b": "large", "winner": "large"}]
    path = tmp_path / "batch 7.jsonl"
    path.write_text(row("a", human_evaluations=better) + row("b", prompt=None) + row("c"))
    return path


def test_a_bad_row_keeps_all_out_and_is_named(benchbook: Benchbook, batch: Path) -> None:
    done = benchbook("ingest", batch)
    assert (done.code, done.out) == (2, "")
    assert f"{batch}:2: prompt: there is no prompt under prompt or question" in done.err
    assert "--skip-rejected" in done.err
    assert benchbook("runs", "--json").json == {"runs": []}


def test_what_was_ingested_can_be_looked_at_and_exported(benchbook: Benchbook, batch: Path) -> None:
    done = benchbook("ingest", batch, "--skip-rejected", "--json")
    assert done.code == 0
    assert f"rejected: {batch}:2: prompt: there is no prompt" in done.err
    document = done.json
    assert (document["rows"], document["human_scores"], document["new"]) == (3, 1, True)
    assert [row["field"] for row in document["rejected"]] == ["prompt"]
    assert document["experiment"]["name"] == "batch-7"
    assert [run["total"] for run in document["runs"]] == [2, 2]
    assert "42" in benchbook("show", document["runs"][1]["id"], "--sample", "a").out
    assert benchbook("report", "batch-7", "-o", batch.parent / "r.html").code == 0
    pairs = benchbook("export", "batch-7", "--format", "trl-dpo")
    assert json.loads(pairs.out) == {"prompt": "What is a?", "chosen": "42", "rejected": "41"}


def test_the_second_time_nothing_changes(benchbook: Benchbook, batch: Path) -> None:
    first = benchbook("ingest", batch, "--skip-rejected")
    second = benchbook("ingest", batch, "--skip-rejected")
    assert "2 of 3 rows: 2 tasks, 1 human scores\n" in first.out
    assert "nothing has changed" in second.out
    assert len(benchbook("runs", "--json").json["runs"]) == 2


def test_a_mapping_says_where_things_are(benchbook: Benchbook, tmp_path: Path) -> None:
    (tmp_path / "odd.jsonl").write_text('{"nr": 1, "q": {"text": "Why?"}, "who": "small", "steps": ["One.", "Two."]}\n')
    (tmp_path / "odd.yaml").write_text("key: nr\nprompt: q.text\nresponses: {model: who, text: steps}\n")
    done = benchbook("ingest", "odd.jsonl", "--mapping", "odd.yaml", "--name", "odd", "--json")
    shown = benchbook("show", done.json["runs"][0]["id"], "--sample", "1", "--json").json
    assert shown["answers"][0]["generation"]["output"]["text"] == "One.\nTwo."


def test_what_is_written_wrong_is_said(benchbook: Benchbook, batch: Path) -> None:
    assert "unknown mapping" in benchbook("ingest", batch, "--mapping", "nothing").err
    assert "a name is up to 100 letters" in benchbook("ingest", batch, "--skip-rejected", "--name", "a/b").err
    assert "there is no file" in benchbook("ingest", "nowhere.json").err


def test_a_log_may_say_that_people_spoke_and_their_number_is_told(benchbook: Benchbook, tmp_path: Path) -> None:
    log = json.loads(LOG_OF_INSPECT.read_text())
    before = {"name": "match", "author": "human", "author_id": "ann", "author_version": "", "value": 0.0}
    for sample in log["samples"][:2]:
        sample["scores"]["ann"] = {"value": 0.0, "metadata": {"benchbook": before}}
    (tmp_path / "log.json").write_text(json.dumps(log))
    told = benchbook("ingest", "log.json")
    assert (told.code, "2 verdicts are by people, as the log says" in told.out) == (0, True)
    again = benchbook("ingest", "log.json", "--json").json
    assert again["human_scores"] == 2
    runs = (again["runs"][0], benchbook("ingest", LOG_OF_INSPECT, "--json").json["runs"][0])
    values = [[one["value"] for one in run["metrics"] if one["name"] == "pass_rate"] for run in runs]
    assert values[0] == values[1]
