"""`benchbook slices`: where a run is worse than elsewhere, and what its failures are about."""

from collections.abc import Sequence
from pathlib import Path

import click

from benchbook import settings
from benchbook.cli.output import console, json_option, note, opened_store, print_json, reports_option
from benchbook.cli.tables import table_of
from benchbook.cli.text import printable
from benchbook.engine.slicing import Rules
from benchbook.errors import SpecError
from benchbook.records.runs import Run
from benchbook.service import slices as slices_
from benchbook.service import slices_text
from benchbook.service.baselines import runs_named
from benchbook.service.comparison_report import base_of
from benchbook.service.runs import utc_now
from benchbook.service.slices import SliceReport
from benchbook.store.store import Store


@click.command()
@click.argument("run")
@click.option("--baseline", help="Held against this: a baseline's name, or a run or an experiment.")
@click.option("--score", help="What is looked at.  [default: the first of the task's scores]")
@click.option(
    "--alpha", type=click.FloatRange(0, 0.5, min_open=True), default=Rules.alpha, show_default=True,
    help="The chance of a false alarm among all slices.",
)  # fmt: skip
@click.option("--min-size", type=click.IntRange(4), default=Rules.least, show_default=True, help="Samples of a slice.")
@click.option("--seed", type=int, default=Rules.seed, show_default=True, help="Of the halves, groups and permutations.")
@click.option(
    "--topics", type=click.Choice(["auto", "meaning", "words"]), default="auto", show_default=True,
    help="What topics are made by; auto: meaning, where `models pull all-minilm-l6-v2` was run.",
)  # fmt: skip
@reports_option(slices_text.FORMS)
@json_option
def slices(  # noqa: PLR0913 - its options
    run: str,
    baseline: str | None,
    *,
    score: str | None,
    alpha: float,
    min_size: int,
    seed: int,
    topics: str,
    paths: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Search RUN for slices where it is significantly worse than elsewhere; with --baseline, where it loses most.

    Slices are made of the data's slices, tags and metadata, of lengths, words and topics, and of pairs of these. The
    ending of each --output decides the form: .md or .json.
    """
    with opened_store() as store:
        rules = Rules(alpha=alpha, least=min_size, seed=seed, embedder=_embedder(topics))
        searched = _one(store, run)
        other = _base(store, baseline, searched) if baseline else None
        report = slices_.gather(store, searched, other, score, rules, utc_now())
    written = [slices_text.write(report, path) for path in paths]
    if as_json:
        print_json({**slices_text.document(report), "reports": [str(path) for path in written]})
        return
    _print(report)
    for path in written:
        note(f"Report: {path}")


def _embedder(topics: str) -> str | None:
    if topics == "auto":
        return slices_.embedder(settings.load())
    return slices_.EMBEDDER if topics == "meaning" else None


def _one(store: Store, name: str) -> Run:
    found = _answering(store, name)
    if len(found) != 1:
        raise SpecError(f"{name!r} has {len(found)} runs that answer: name one of them ({_told(found)})")
    return found[0]


def _base(store: Store, name: str, run: Run) -> Run:
    found = _answering(store, name)
    base = base_of(run, found)
    if base is None:
        raise SpecError(
            f"{name!r} has {len(found)} runs that answer, and not one that is clearly for {run.model} on {run.task}: "
            f"name it ({_told(found)})"
        )
    return base


def _answering(store: Store, name: str) -> list[Run]:
    return [run for run in runs_named(store, name) if run.spec.judging is None]


def _told(runs: Sequence[Run]) -> str:
    return ", ".join(run.id for run in runs) or "none"


def _print(report: SliceReport) -> None:
    terminal = console()
    terminal.print(printable(slices_text.title(report)), style="bold")
    terminal.print(printable(slices_text.summary(report)))
    table = table_of("slice", *(f">{name}" for name in slices_text.COLUMNS[1:]), "proven")
    for one in report.search.slices:
        table.add_row(*map(printable, slices_text.row(one)), "yes" if one.proven else "no")
    if report.search.slices:
        terminal.print(table)
        terminal.print(slices_text.HOW)
    terminal.print(slices_text.topics_by(report))
    for group in report.groups:
        terminal.print(printable(f"\nFailures · {slices_text.group_name(group)}"))
        for example in group.examples:
            why = f" ({_line(example.why)})" if example.why else ""
            terminal.print(printable(f"  {example.key}: {_line(example.answer)}{why}"))


def _line(text: str) -> str:
    return " ".join(text.split())[:100]
