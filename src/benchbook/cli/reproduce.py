"""`benchbook reproduce`: a run carried out again, and what came out otherwise, sample by sample."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click
from rich.table import Table

from benchbook.cli.experiments import carried_out, raised
from benchbook.cli.output import console, json_option, note, opened_store, print_json
from benchbook.cli.progress import title
from benchbook.cli.tables import number, table_of
from benchbook.cli.text import printable
from benchbook.errors import Interrupted, NotReproduced, SpecError
from benchbook.records.runs import Run
from benchbook.service.differences import Change, Differences, Figure, between
from benchbook.service.experiments import submit
from benchbook.service.report_figures import UNISOLATED, WITHOUT_ISOLATION
from benchbook.service.reproduction import again
from benchbook.service.runs import named, utc_now
from benchbook.store import views
from benchbook.store.store import Store


@click.command()
@click.argument("run")
@click.option("--only-compare", metavar="OTHER", help="Carry out nothing: compare with this run or experiment.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many samples of each run.")
@click.option(
    "--show", type=click.IntRange(min=0), default=20, show_default=True, help="Show so many answers that differ."
)
@json_option
def reproduce(run: str, only_compare: str | None, limit: int | None, show: int, as_json: bool) -> None:
    """Carry out RUN again, on the data that is stored, and say what came out otherwise.

    RUN is a run or an experiment: an id, its start or end, or an experiment's name. Leaves with 0 if every answer and
    verdict is the same, and with 1 if something differs; other versions or another machine are told, and do not count.

    \b
      benchbook reproduce eval_v1 --limit 20
      benchbook reproduce run-0dqk4b --only-compare run-0dr7zz
    """
    with opened_store() as store:
        runs = named(store, run)
        others = _others(store, runs, only_compare) if only_compare else _carried_out_again(store, runs, limit)
        found = [between(store, *pair, show, limit) for pair in zip(runs, others, strict=True)]
    if as_json:
        print_json({"identical": all(each.identical for each in found), "runs": [_document(each) for each in found]})
    for each in () if as_json else found:
        _print(each)
    different = [each for each in found if not each.identical]
    if different:
        told = "; ".join(f"{title(each.run)}: {_summary(each)}" for each in different)
        raise NotReproduced(f"not everything is the same: {told}")


def _others(store: Store, runs: Sequence[Run], name: str) -> list[Run]:
    """The runs to compare with, in their order: where there are several, the same tasks and as many models."""
    others = named(store, name)
    tasks = [[run.spec.task.name for run in each] for each in (runs, others)]
    if len(runs) != len(others) or (len(runs) > 1 and tasks[0] != tasks[1]):
        raise SpecError(
            f"{name!r} has {len(others)} runs ({', '.join(map(title, others))}), to be compared with {len(runs)} "
            f"({', '.join(map(title, runs))}); name single runs"
        )
    return others


def _carried_out_again(store: Store, runs: Sequence[Run], limit: int | None) -> list[Run]:
    experiment = submit(store, again(store, runs, limit, utc_now()))
    note(f"Experiment {experiment.id} ({experiment.name})")
    for run in runs:
        if run.environment.get("sandbox") == UNISOLATED:
            note(f"WARNING: {title(run)}: {WITHOUT_ISOLATION}")
    try:
        raised(experiment, carried_out(store, experiment))
    except Interrupted as err:
        compare = f"benchbook reproduce {runs[0].experiment_id} --only-compare {experiment.id}"
        raise Interrupted(f"{err}\nand compare then with:\n  {compare}") from None
    return views.runs_of(store, experiment.id)


def _print(found: Differences) -> None:
    terminal = console()
    click.secho(f"{title(found.run)}: {found.run.id} → {found.other.id}", bold=True)
    for doubt in found.doubts:
        click.echo(f"  note: {printable(doubt)}")
    for heading, changes in (("Asked otherwise", found.spec), ("Circumstances that differ", found.environment)):
        if changes:
            terminal.print(_changes_table(heading, changes))
    if found.shown:
        terminal.print(_answers_table(found))
    terminal.print(_figures_table(found.figures))
    if found.kinds:
        click.echo("Differ in: " + ", ".join(f"{what} {n}" for what, n in sorted(found.kinds.items())))
    click.echo(f"{_summary(found)}.\n")


def _changes_table(heading: str, changes: Sequence[Change]) -> Table:
    table = table_of("fact", "before", "after", title=heading)
    for change in changes:
        table.add_row(printable(change.what), *_both(change))
    return table


def _answers_table(found: Differences) -> Table:
    table = table_of("=sample", ">epoch", "what", "before", "after", title="What came out otherwise")
    for difference in found.shown:
        for at, change in enumerate(difference.changes):
            who = (_line(difference.sample), str(difference.epoch)) if at == 0 else ("", "")
            place = "" if change.at is None else f", from character {change.at + 1}"
            table.add_row(*who, f"{printable(change.what)}{place}", *_both(change))
    return table


def _both(change: Change) -> tuple[str, str]:
    return _line(change.before), _line(change.after)


def _line(text: str | None) -> str:
    """Text of anyone's on one line, nothing of it obeyed."""
    return "–" if text is None else printable(text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t"))


def _figures_table(figures: Sequence[Figure]) -> Table:
    table = table_of("figure", "score", "slice", ">before", ">after", ">difference", title="Figures")
    for figure in figures:
        nothing = figure.before is None and figure.after is None
        if nothing or (figure.slice and not figure.differs):
            continue
        known = figure.before is not None and figure.after is not None
        difference = (figure.after or 0) - (figure.before or 0) if known and figure.differs else None
        table.add_row(
            figure.name,
            figure.score,
            figure.slice or "all",
            number(figure.before, "{:.6g}"),
            number(figure.after, "{:.6g}"),
            number(difference, "{:+.3g}"),
        )
    return table


def _summary(found: Differences) -> str:
    answers, scores = found.answers, found.scores
    parts = [f"{answers.same} of {answers.compared} answers"]
    if scores.compared:
        parts.append(f"{scores.same} of {scores.compared} verdicts")
    told = f"{' and '.join(parts)} are the same"
    lone = [f"{n} are only in {run.id}" for n, run in zip(found.only, (found.run, found.other), strict=True) if n]
    return ", ".join([told, *lone])


def _document(found: Differences) -> dict[str, Any]:
    return {
        "run": found.run.id,
        "other": found.other.id,
        "identical": found.identical,
        "summary": _summary(found),
        "notes": found.doubts,
        "answers": asdict(found.answers),
        "scores": asdict(found.scores),
        "only_in_run": found.only[0],
        "only_in_other": found.only[1],
        "spec": [asdict(change) for change in found.spec],
        "environment": [asdict(change) for change in found.environment],
        "differ_in": dict(found.kinds),
        "differences": [asdict(difference) for difference in found.shown],
        "metrics": [{**asdict(figure), "differs": figure.differs} for figure in found.figures],
    }
