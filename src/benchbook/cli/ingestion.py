"""`benchbook ingest`: answers that were recorded elsewhere, with what people said of them."""

from pathlib import Path
from typing import Any

import click

from benchbook import registry
from benchbook.cli.output import console, json_option, note, opened_store, print_json
from benchbook.cli.tables import run_document, table_of
from benchbook.cli.text import printable
from benchbook.errors import SpecError
from benchbook.service import ingestion, ingestion_inspect, ingestion_lm_eval, ingestion_logs
from benchbook.service.ingestion import Ingested, Recorded
from benchbook.service.ingestion_logs import Log
from benchbook.service.runs import metrics, utc_now
from benchbook.specs.ingestion import built_in, mapping
from benchbook.specs.use import Use
from benchbook.store.store import Store


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mapping", "fields", metavar="M", help=f"Where the file keeps what: a YAML file, or {', '.join(built_in())}."
)
@click.option("--name", help="What the data set and its experiment are called; like the file unless given.")
@click.option(
    "--scorer",
    "scorers",
    multiple=True,
    metavar="NAME",
    help="Check the answers, too: math-answer compares them with final_answer. Several as often as you like.",
)
@click.option(
    "--strict/--skip-rejected", default=True, show_default=True,
    help="Whether a row that cannot be taken keeps all others out, too.",
)  # fmt: skip
@json_option
def ingest(
    file: Path, fields: str | None, name: str | None, scorers: tuple[str, ...], strict: bool, as_json: bool
) -> None:
    """Take in FILE (JSON or JSON Lines, also gzipped): tasks, models' recorded responses, people's evaluations.

    What comes of it is a data set, a finished run for each model, and people's scores, as if all had been done here: to
    be judged, compared, reported and exported. A row is looked through for task_id, prompt, ideal_response,
    final_answer, model_responses, human_evaluations and metadata, and for other common names of each; a mapping says
    where else things are.

    Every row that cannot be taken is named with its reason. All is taken in, or nothing; the same file twice is one.

    Logs of Inspect AI (`.eval`, `.json`) and of lm-eval (`samples_TASK_….jsonl`, with `results_….json` beside it) come
    in as they are: answers with prompts, tokens and times, and the verdicts that they were given there.

    \b
      benchbook ingest batch-7.jsonl
      benchbook ingest biology.jsonl.gz --mapping mr-ben --name mr-ben-biology --scorer math-answer
      benchbook ingest export.json --mapping our-tool.yaml --skip-rejected
      benchbook ingest logs/2026-11-21T10-00-00_gsm8k.eval
    """
    checks = [Use(name=scorer) for scorer in scorers]
    for check in checks:
        registry.preflight("scorer", check)
    log = _log(file, fields)
    if log is not None:
        _ingest_log(log if not strict else log.strictly(), name, checks, as_json=as_json)
        return
    recorded = ingestion.read(file, mapping(fields) if fields else None)
    if strict:
        recorded.strictly()
    for row in recorded.rejected:
        note(f"rejected: {row}")
    if recorded.overlooked:
        names = ", ".join(sorted(recorded.overlooked))
        note(f"not taken over: {names} (`metadata` of a mapping keeps what a task has)")
    with opened_store() as store:
        done = ingestion.ingest(store, recorded, name, utc_now(), checks)
        if as_json:
            print_json(_document(store, recorded, done))
        else:
            _print(recorded, done)


def _log(file: Path, fields: str | None) -> Log | None:
    """The file as another harness's log, if it is one."""
    reader = next((each for each in (ingestion_inspect, ingestion_lm_eval) if each.is_log(file)), None)
    if reader is not None and fields:
        raise SpecError("a log says itself where what is: leave --mapping out")
    return reader.read(file) if reader else None


def _ingest_log(log: Log, name: str | None, checks: list[Use], *, as_json: bool) -> None:
    for row in log.rejected:
        note(f"rejected: {row}")
    with opened_store() as store:
        done = ingestion_logs.ingest(store, log, name, utc_now(), checks)
        if as_json:
            told = {"human_scores": done.scores, "rejected": [row._asdict() for row in log.rejected]}
            print_json(_whole(store, done) | told)
            return
    _table(done)
    taken = f"{len(log.answers)} answers to {done.dataset.size} samples, from {log.harness}"
    if done.scores:
        taken += f"; {done.scores} verdicts are by people, as the log says"
    click.echo(printable(taken if done.new else f"{taken}. All of it was there already: nothing has changed."))


def _print(recorded: Recorded, done: Ingested) -> None:
    _table(done)
    taken = f"{recorded.tasks.rows} of {recorded.rows} rows: {done.dataset.size} tasks, {done.scores} human scores"
    click.echo(taken if done.new else f"{taken}. All of it was there already: nothing has changed.")


def _table(done: Ingested) -> None:
    table = table_of("model", "=run", ">responses", title=printable(f"{done.experiment.name} ({done.experiment.id})"))
    for run in done.runs:
        table.add_row(printable(run.spec.model.name), run.id, str(run.total))
    console().print(table)


def _document(store: Store, recorded: Recorded, done: Ingested) -> dict[str, Any]:
    return {
        **_whole(store, done),
        "rows": recorded.rows,
        "human_scores": done.scores,
        "not_taken_over": dict(recorded.overlooked),
        "rejected": [row._asdict() for row in recorded.rejected],
    }


def _whole(store: Store, done: Ingested) -> dict[str, Any]:
    return {
        "experiment": done.experiment.model_dump(mode="json"),
        "dataset": done.dataset.model_dump(mode="json"),
        "runs": [run_document(store, run, metrics(store, run)) for run in done.runs],
        "new": done.new,
    }
