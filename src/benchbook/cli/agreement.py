"""`benchbook agreement`: how far judges agree with people and with execution."""

from pathlib import Path

import click

from benchbook.cli.output import console, json_option, note, opened_store, print_json, reports_option
from benchbook.cli.tables import table_of
from benchbook.cli.text import printable
from benchbook.errors import SpecError
from benchbook.service import agreement as agreement_
from benchbook.service.agreement import AgreementReport, Question, Rules
from benchbook.service.agreement_text import INTERVALS, biases, corrected, excluded, shown, title, warnings
from benchbook.service.baselines import all_named
from benchbook.service.runs import utc_now

LABELS = "Labels that it takes before a judge counts as calibrated."
KAPPA = "What the lower end of kappa's interval must exceed for that."


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="RUN|FILE.jsonl...")
@click.option("--against", metavar="WHO", help="`human`, `code`, or a rater by name.  [default: human and code]")
@click.option("--criterion", "criteria", multiple=True, help="Only this criterion; may be given several times.")
@reports_option(agreement_.FORMS)
@click.option("--seed", type=int, default=Rules.seed, show_default=True, help="Of the resamples.")
@click.option("--draws", type=click.IntRange(100), default=Rules.draws, show_default=True, help="Resamples.")
@click.option("--min-labels", type=click.IntRange(2), default=Rules.labels, show_default=True, help=LABELS)
@click.option("--min-kappa", type=click.FloatRange(-1, 1), default=Rules.kappa, show_default=True, help=KAPPA)
@json_option
def agreement(  # noqa: PLR0913 - its options
    sources: tuple[str, ...],
    against: str | None,
    criteria: tuple[str, ...],
    *,
    paths: tuple[Path, ...],
    seed: int,
    draws: int,
    min_labels: int,
    min_kappa: float,
    as_json: bool,
) -> None:
    """Say how far judges agree with people and with execution, criterion by criterion.

    RUN is a run's id, or a baseline's name or an experiment's name or id for all of its runs: all scores on what they
    answered count, and those that they gave as judges. FILE.jsonl holds ratings of anybody, and needs no database. The
    ending of each --output decides the form: .md or .html.
    """
    question = Question(against, criteria, Rules(seed, draws, min_labels, min_kappa))
    report = _asked(sources, question)
    written = [agreement_.write(report, path) for path in paths]
    if as_json:
        print_json({**agreement_.document(report), "reports": [str(path) for path in written]})
        return
    _print(report)
    for path in written:
        note(f"Report: {path}")


def _asked(sources: tuple[str, ...], question: Question) -> AgreementReport:
    files = [Path(source) for source in sources if source.endswith((".jsonl", ".jsonl.gz"))]
    if files and len(files) < len(sources):
        raise SpecError("name either runs or files of ratings, not both")
    if files:
        return agreement_.of_file(files, question, utc_now())
    with opened_store() as store:
        return agreement_.of_runs(store, all_named(store, sources), question, utc_now())


def _print(report: AgreementReport) -> None:
    """One table of all judges; then what corrects them, and what moves them."""
    terminal, found = console(), report.agreement
    for warning in warnings(found):
        terminal.print(f"note: {printable(warning)}")
    table = table_of("criterion", "judge", "against", ">accuracy", ">Cohen's κ", ">n", "excluded", "calibrated")
    for one in found.comparisons:
        figures = [shown(name, one.figures.get(name)) for name in ("accuracy", "kappa")]
        said = [printable(name) for name in (one.criterion, one.judge, one.reference)]
        table.add_row(*said, *figures, f"{one.n:,}", excluded(one), "yes" if one.calibrated else f"no: {one.why}")
    terminal.print(table)
    for one in found.comparisons:
        if one.correction is not None:
            _print_rows(f"{title(one)} · {one.correction.of}", corrected(one.correction))
    for bias in found.biases:
        if told := list(biases(bias)):
            _print_rows(title(bias), [(f"{name}{f' ({of})' if of else ''}", value) for name, value, of in told])
    terminal.print(INTERVALS)


def _print_rows(heading: str, rows: list[tuple[str, str]]) -> None:
    table = table_of("figure", ">value (95 %)", title=printable(heading))
    for name, value in rows:
        table.add_row(printable(name), value)
    console().print(table)
