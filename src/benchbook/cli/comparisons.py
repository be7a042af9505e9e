"""`benchbook compare`: runs beside each other, by all of their scores."""

from pathlib import Path
from typing import Any

import click

from benchbook.cli.gates import held_to, left, print_gates, telling_options, told
from benchbook.cli.output import console, json_option, note, opened_store, print_json, reports_option
from benchbook.cli.tables import table_of
from benchbook.cli.text import printable
from benchbook.engine.gates import Held
from benchbook.errors import SpecError
from benchbook.service import comparison_files, comparison_report, comparison_text, gates
from benchbook.service.comparison_report import ComparisonReport, Finding, Question
from benchbook.service.runs import utc_now


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="BASE CURRENT...")
@click.option("--score", "scores", multiple=True, help="Only this score; may be given several times.  [default: all]")
@click.option(
    "--alpha", type=click.FloatRange(0, 0.5, min_open=True), default=Question.alpha, show_default=True,
    help="The chance of a false alarm among all scores and runs.",
)  # fmt: skip
@click.option(
    "--flips", type=click.IntRange(0), default=Question.flips, show_default=True, help="Flips shown each way."
)
@reports_option(comparison_files.FORMS)
@click.option(
    "--thresholds", "-t", type=click.Path(path_type=Path, dir_okay=False), help="Gates for the CURRENT runs, as YAML."
)
@click.option(
    "--fail-on-regression",
    is_flag=True,
    help="Leave with 1 if a gate failed; without --thresholds, if a score is significantly worse than BASE's.",
)
@telling_options
@json_option
def compare(
    runs: tuple[str, ...],
    *,
    paths: tuple[Path, ...],
    thresholds: Path | None,
    fail_on_regression: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    """Say how CURRENT runs differ from BASE, sample by sample.

    Each is a run's id, or for several runs, which meet by task and model, the name of a baseline (see `benchbook
    baselines`) or an experiment's name or id; of a single experiment the first run of each task is the base. The
    ending of each --output decides the form: .md, .html or .json.

    \b
      benchbook compare run-0dqk4b run-0dr7zz
      benchbook compare before after --score exact-match -o comparison.html
      benchbook compare main eval_v1 --thresholds thresholds.yaml --fail-on-regression --junit gates.xml
    """
    telling = {name: flags.pop(name) for name in ("junit", "annotations")}
    held: list[Held] = []
    gated = thresholds is not None or fail_on_regression
    if gated and len(runs) == 1:
        raise SpecError("gates hold runs to a base: name both, BASE and CURRENT")
    if not gated and any(telling.values()):
        raise SpecError("--junit and --annotations tell of gates: say --fail-on-regression or --thresholds FILE, too")
    with opened_store() as store:
        report = comparison_report.gather(store, runs, Question(**flags), utc_now())
        if gated:
            held = held_to(store, runs[1:], thresholds, runs[0])
    written = [comparison_files.write(report, path) for path in paths]
    if as_json:
        found = {**comparison_report.document(report), "reports": [str(path) for path in written]}
        print_json(found | (gates.document(held) if held else {}))
    else:
        print_comparison(report)
        if held:
            print_gates(held)
    for path in written:
        note(f"Report: {path}")
    told(held, **telling)
    if fail_on_regression:
        left(held)


def print_comparison(report: ComparisonReport) -> None:
    """What may be said, then the figures."""
    terminal = console()
    for said in report.notes:
        terminal.print(f"note: {printable(said)}")
    for one in report.findings:
        terminal.print(printable(comparison_text.sentence(report, one)))
    table = table_of("run", "score", *(f">{name}" for name in comparison_text.COLUMNS[2:-1]), "conclusion")
    for one in report.findings:
        table.add_row(*map(printable, comparison_text.row(report, one)))
    terminal.print(table)
    for one in report.findings:
        _print_finding(report, one)
    took = table_of("run", *(f">{name}" for name in comparison_text.TOOK_COLUMNS[1:]), title="What it took")
    for run in report.took:
        took.add_row(*map(printable, comparison_text.took_row(report, run)))
    terminal.print(took)
    for lone in report.unmatched:
        terminal.print(printable(f"without a counterpart: {lone.model} on {lone.task} ({lone.id})"))
    terminal.print(comparison_text.HOW)


def _print_finding(report: ComparisonReport, one: Finding) -> None:
    heading = f"{one.score}: {comparison_text.title_of(report, one.other)}"
    told = [f"{name} {value}" for name, value in comparison_text.details(one)]
    console().print(printable(f"{heading}: {'; '.join(told)}"))
    parts = comparison_text.shown_slices(one)
    if parts:
        table = table_of("slice", *(f">{name}" for name in comparison_text.SLICE_COLUMNS[1:-1]), "conclusion")
        table.title = printable(f"{heading}, by slice")
        for part in parts:
            table.add_row(*map(printable, comparison_text.slice_row(part)))
        console().print(table)
    if one.flipped:
        flips = table_of("=sample", "flip", "base", "this", title=printable(f"{heading}, what flipped"))
        for pair in one.flipped:
            texts = (pair.base.output, pair.other.output)
            flips.add_row(
                printable(pair.base.key), comparison_text.direction(one, pair), *(_line(text) for text in texts)
            )
        console().print(flips)


def _line(text: str) -> str:
    return printable(" ".join(text.split())[:80])
