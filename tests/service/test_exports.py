"""Runs go out in the forms of other tools, and nothing hostile in them does harm there."""

import csv
import gc
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest
from prometheus_client.parser import text_string_to_metric_families

from benchbook.errors import SpecError
from benchbook.records.runs import Run
from benchbook.service import (
    export_excel,
    export_prometheus,
    exports,
    ingestion,
    ingestion_inspect,
    ingestion_logs,
)
from benchbook.service.exports import Format
from benchbook.specs.datasets import Row
from benchbook.store import views
from benchbook.store.store import Store
from store.planned import NOW, answered, running

LOG = Path(__file__).parents[1] / "data" / "logs" / "sums.json"
FORMULA = "=HYPERLINK(1)"
HOSTILE = 'say "no"\\n\x1b[31m\u202e'
LONG = "\U0001f600" * 20_000


@pytest.fixture
def runs(store: Store, tmp_path: Path) -> list[Run]:
    """A run with replies that nobody would want in a spreadsheet."""
    said = {"a": FORMULA, "b": HOSTILE, "c": LONG, "d": "fine"}
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(_row(key, text)) + "\n" for key, text in said.items()))
    return ingestion.ingest(store, ingestion.read(path), "hostile", NOW).runs


def _row(key: str, text: str) -> dict[str, object]:
    verdict = {"model": 'm"\\', "annotator": "ann", "criterion": "right", "value": "yes" if key == "d" else "no"}
    responses = [{"model": 'm"\\', "response": text}]
    return {"task_id": key, "prompt": key, "model_responses": responses, "human_evaluations": [verdict]}


def test_parquet_has_typed_and_nested_columns(store: Store, runs: list[Run], tmp_path: Path) -> None:
    done = exports.write(store, runs, "parquet", tmp_path / "out.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "out.parquet")
    assert (done.written, table.num_rows) == (4, 4)
    assert table["reply"].to_pylist() == [FORMULA, HOSTILE, LONG, "fine"]
    assert table["right.value"].to_pylist() == [0.0, 0.0, 0.0, 1.0]
    assert table["prompt"].to_pylist()[0] == [{"role": None, "content": "a"}]
    [score] = table["scores"].to_pylist()[3]
    assert (score["author"], score["author_id"], score["label"]) == ("human", "ann", "yes")


def test_a_workbook_has_no_formula_and_no_control_character(store: Store, runs: list[Run], tmp_path: Path) -> None:
    done = exports.write(store, runs, "xlsx", tmp_path / "out.xlsx")
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert book.sheetnames == ["samples", "metrics"]
    names, *rows = book["samples"].iter_rows()
    at = [cell.value for cell in names].index("reply")
    assert [row[at].data_type for row in rows] == ["s"] * 4
    assert (rows[0][at].value, rows[0][at].quotePrefix) == (FORMULA, True)
    assert rows[1][at].value == 'say "no"\\n\\x1b[31m\\u202e'
    cut = str(rows[2][at].value)
    assert len(cut.encode("utf-16-le")) // 2 <= export_excel.MOST_CHARACTERS
    assert cut.endswith("… [cut: 20,000 characters]")
    assert "1 texts did not fit" in done.note
    figures = {row[3].value: row[6].value for row in book["metrics"].iter_rows(min_row=2)}
    assert figures["generations"] == 4


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a file that XlsxWriter leaves open
@pytest.mark.parametrize("form", ["xlsx", "parquet", "csv"])
def test_a_file_that_cannot_be_written_is_said(store: Store, runs: list[Run], tmp_path: Path, form: Format) -> None:
    with pytest.raises(SpecError, match="cannot write"):
        exports.write(store, runs, form, tmp_path / f"{'x' * 250}.{form}")
    gc.collect()


def test_prometheus_reads_what_was_written(store: Store, runs: list[Run], tmp_path: Path) -> None:
    exports.write(store, runs, "prometheus", tmp_path / "out.prom")
    families = {family.name: family for family in text_string_to_metric_families((tmp_path / "out.prom").read_text())}
    values = {sample.labels["metric"]: sample.value for sample in families["benchbook_run_metric"].samples}
    assert values["generations"] == 4
    [info] = families["benchbook_run_info"].samples
    assert info.labels == {
        "run": runs[0].id,
        "experiment": runs[0].experiment_id,
        "model": 'm"\\',
        "task": "hostile",
        "status": "completed",
    }


def test_the_server_tells_of_the_newest_runs_alone(store: Store, runs: list[Run]) -> None:
    [told] = export_prometheus.recent(store)
    assert told.run == runs[0]
    assert {metric.slice for metric in told.metrics} == {""}
    assert not [metric for metric in told.metrics if metric.name.startswith("label.")]


def test_figures_go_out_as_csv(store: Store, runs: list[Run]) -> None:
    out = io.StringIO()
    count = exports.write_text(store, runs, "metrics-csv", out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert count == len(rows) == len(views.metrics_of(store, runs[0].id))
    assert {row["metric"] for row in rows} >= {"generations", "errors", "latency_p50"}


def test_titles_of_columns_are_no_formulas_either(store: Store, tmp_path: Path) -> None:
    document = json.loads(LOG.read_text())
    for sample in document["samples"]:
        sample["scores"] = {"=1+1": {"value": "C", "explanation": "＝1+1"}}
    (tmp_path / "log.json").write_text(json.dumps(document))
    out = io.StringIO()
    done = ingestion_logs.ingest(store, ingestion_inspect.read(tmp_path / "log.json"), "titles", NOW)
    exports.write_text(store, done.runs, "csv", out)
    answer = next(csv.DictReader(io.StringIO(out.getvalue())))
    assert (answer["'=1+1.label"], answer["'=1+1.explanation"]) == ("C", "'＝1+1")


def test_no_key_leads_out_of_the_folder_where_a_log_is_unpacked(store: Store, tmp_path: Path) -> None:
    keys = [
        "plain",
        "easy/add",
        "../../x",
        "/x",
        "a/../b",
        "..",
        "a\\b",
        "C:x",
        "a\nb",
        "x" * 300,
        "x" * 301,
        "x~0123456789ab",
    ]
    questions = [Row(key=key, input="?") for key in keys]
    run, samples = running(store, questions)
    store.record(run, [answered(run, sample) for sample in samples])
    exports.write(store, [run], "inspect", tmp_path / "log.eval")
    with zipfile.ZipFile(tmp_path / "log.eval") as log:
        names = [name.removeprefix("samples/") for name in log.namelist() if name.startswith("samples/")]
        ids = [json.loads(log.read(f"samples/{name}"))["id"] for name in names]
    assert names == [f"{each}_epoch_1.json" for each in ids]
    assert ids[:2] == ["plain", "easy/add"]
    assert len({*ids}) == len(keys)
    assert all(re.fullmatch(r"[A-Za-z0-9-]{0,200}~[0-9a-f]{12}", each) for each in ids[2:])
    read = ingestion_inspect.read(tmp_path / "log.eval")
    assert sorted(each.row.key for each in read.answers) == sorted(keys)


def test_a_form_that_is_no_text_needs_a_file(store: Store, runs: list[Run]) -> None:
    with pytest.raises(SpecError, match="--output"):
        exports.write_text(store, runs, "parquet", io.StringIO())


def test_what_breaks_half_way_leaves_the_file_as_it_was(store: Store, runs: list[Run], tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    path.write_text("before")
    gone = runs[0].model_copy(update={"id": "run-gone"})
    with pytest.raises(Exception, match="run-gone"):
        exports.write(store, [*runs, gone], "parquet", path)
    assert path.read_text() == "before"
    assert list(_unfinished(tmp_path)) == []


def _unfinished(folder: Path) -> Iterator[Path]:
    return folder.glob(".*.part")
