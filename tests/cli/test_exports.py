"""`benchbook export`: what is preferred to what."""

import json
import re
from pathlib import Path

import pytest

from cli.command import Benchbook


@pytest.fixture
def two_models(sums: Path) -> Path:
    """The sums, answered by a second model too, which is right where the first is wrong."""
    said = [{"key": f"sum-{n}", "completion": str(2 * n + (n % 3 != 2))} for n in range(10)]
    (sums.parent / "other.jsonl").write_text("".join(json.dumps(row) + "\n" for row in said))
    second = "  - name: other\n    model: replay/other\n    args: {file: other.jsonl}\ntasks:"
    sums.write_text(sums.read_text().replace("tasks:", second))
    return sums


def test_preferences_follow_from_execution(benchbook: Benchbook, two_models: Path, tmp_path: Path) -> None:
    benchbook("eval", two_models)
    done = benchbook("export", "sums", "--format", "trl-dpo", "-o", tmp_path / "dpo.jsonl", "--split", "test=0.2")
    assert (done.code, done.out) == (0, "")
    assert "8 rows written" in done.err
    assert "2 rows written" in done.err
    row = json.loads((tmp_path / "dpo.test.jsonl").read_text().splitlines()[0])
    number = int(row["prompt"].split()[0])
    assert (row["chosen"], row["rejected"]) == (str(2 * number), str(2 * number + 1))
    manifest = json.loads((tmp_path / "dpo.manifest.json").read_text())
    assert [file["path"] for file in manifest["files"]] == ["dpo.train.jsonl", "dpo.test.jsonl"]


def test_rows_without_a_file_go_to_stdout(benchbook: Benchbook, two_models: Path) -> None:
    benchbook("eval", two_models)
    done = benchbook("export", "sums", "--format", "openai")
    assert len([json.loads(line) for line in done.out.splitlines()]) == 10
    refused = benchbook("export", "sums", "--format", "openai", "--split", "test=0.5")
    assert (refused.code, "--output" in refused.err) == (2, True)


def test_the_manifest_is_the_json_document(benchbook: Benchbook, two_models: Path, tmp_path: Path) -> None:
    benchbook("eval", two_models)
    done = benchbook("export", "sums", "--format", "trl-kto", "-o", tmp_path / "kto.jsonl", "--json")
    assert done.json == json.loads((tmp_path / "kto.manifest.json").read_text())
    assert done.json["counts"]["rows"] == 20


def test_options_for_preferences_are_refused_elsewhere(benchbook: Benchbook, sums: Path) -> None:
    benchbook("eval", sums)
    done = benchbook("export", "sums", "--format", "csv", "--source", "human", "--split", "test=0.1")
    assert done.code == 2
    assert "--source, --split: for preferences only" in done.err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--split", "test"], "expected PART=SHARE"),
        (["--split", "test=2"], "splits"),
        (["--source", "human"], "20 \\(source\\)|nobody has compared"),
    ],
)
def test_what_cannot_be_exported_is_said(benchbook: Benchbook, two_models: Path, flags: list[str], said: str) -> None:
    benchbook("eval", two_models)
    done = benchbook("export", "sums", "--format", "trl-dpo", *flags)
    assert (done.code, done.out) == (2, "")
    assert re.search(said, done.err)


def test_figures_and_logs_go_out_too(benchbook: Benchbook, sums: Path, tmp_path: Path) -> None:
    benchbook("eval", sums)
    told = benchbook("export", "sums", "--format", "prometheus")
    assert 'metric="pass_rate",score="exact-match",slice=""' in told.out
    assert benchbook("export", "sums", "--format", "metrics-csv", "--json").json["figures"]
    done = benchbook("export", "sums", "--format", "inspect", "-o", tmp_path / "logs", "--json")
    assert [Path(path) for path in done.json["paths"]] == list((tmp_path / "logs").iterdir())
    back = benchbook("ingest", done.json["paths"][0], "--json")
    assert (back.json["new"], back.json["dataset"]["size"], back.json["rejected"]) == (True, 10, [])


def test_what_is_no_text_goes_to_a_file(benchbook: Benchbook, sums: Path) -> None:
    benchbook("eval", sums)
    done = benchbook("export", "sums", "--format", "xlsx")
    assert (done.code, done.out) == (2, "")
    assert "--output" in done.err
    asked = benchbook("export", "sums", "--format", "xlsx", "--json")
    assert (asked.code, asked.json["error"]["type"]) == (2, "SpecError")


def test_the_ending_says_the_form_where_nobody_else_does(benchbook: Benchbook, sums: Path, tmp_path: Path) -> None:
    benchbook("eval", sums)
    assert benchbook("export", "sums", "-o", tmp_path / "a.csv", "--json").json["format"] == "csv"
    assert (tmp_path / "a.csv").read_text().startswith("run,model,task")
    assert benchbook("export", "sums", "-o", tmp_path / "a.txt", "--json").json["format"] == "jsonl"
    assert (
        benchbook("export", "sums", "--format", "jsonl", "-o", tmp_path / "b.csv", "--json").json["format"] == "jsonl"
    )


def test_a_run_that_is_named_twice_goes_out_once(benchbook: Benchbook, sums: Path) -> None:
    benchbook("eval", sums)
    once = benchbook("export", "sums", "--format", "prometheus").out
    assert benchbook("export", "sums", "sums", "--format", "prometheus").out == once


def test_a_log_needs_no_mapping(benchbook: Benchbook) -> None:
    log = Path(__file__).parents[1] / "data" / "logs" / "sums.eval"
    done = benchbook("ingest", log, "--mapping", "rlhf")
    assert (done.code, "leave --mapping out" in done.err) == (2, True)
    assert "6 answers to 3 samples, from inspect_ai" in benchbook("ingest", log).out
    assert "nothing has changed" in benchbook("ingest", log).out


def test_a_batch_is_a_folder_named_by_the_time(benchbook: Benchbook, sums: Path, tmp_path: Path) -> None:
    benchbook("eval", sums)
    done = benchbook("export", "sums", "--format", "batch", "-o", tmp_path / "out", "--json")
    [folder] = (tmp_path / "out").iterdir()
    assert re.fullmatch(r"sums_\d{8}_\d{6}", folder.name)
    assert set(done.json) == {"evaluations", "formatted", "final_results"}
    assert {Path(path).name for path in done.json.values()} == {path.name for path in folder.iterdir()}
    assert len(json.loads((folder / "sums_final_results.json").read_text())["results"]) == 10
