"""`benchbook baselines`: which runs others are held against."""

from collections.abc import Sequence
from pathlib import Path

import click

from benchbook.cli.output import OutputPath, json_option, note, opened_store, print_json, refused_before
from benchbook.cli.tables import print_table, table_of
from benchbook.cli.text import printable
from benchbook.errors import SpecError
from benchbook.records.baselines import Baseline
from benchbook.service import baselines as service
from benchbook.service.baseline_files import SUFFIX
from benchbook.service.runs import named, utc_now
from benchbook.store import baselines as stored

_branch = click.option("--branch", default="", help="For this branch alone.")


@click.group(invoke_without_command=True)
@click.pass_context
@json_option
def baselines(ctx: click.Context, as_json: bool) -> None:
    """List the runs that others are held against; `set`, `remove`, `history`, `export` and `import` do the rest."""
    if ctx.invoked_subcommand is not None:
        refused_before("baselines list", as_json=as_json)
        return
    _list(as_json=as_json)


@baselines.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the runs that others are held against."""
    _list(as_json=as_json)


@baselines.command("set")
@click.argument("name")
@click.argument("runs", nargs=-1, required=True)
@_branch
@json_option
def set_(name: str, runs: tuple[str, ...], branch: str, as_json: bool) -> None:
    """Make RUNS the baseline NAME, each for its task and model. What was it before stays in the history.

    RUNS are run ids, or an experiment's name or id for all of its runs.
    """
    with opened_store() as store:
        found = [run for each in runs for run in named(store, each) if not run.spec.judging]
        _told(service.keep(store, name, found, branch, utc_now()), as_json=as_json)


@baselines.command()
@click.argument("name")
@_branch
@json_option
def remove(name: str, branch: str, as_json: bool) -> None:
    """Let NAME mean nothing any more. Its runs stay, and so does its history."""
    with opened_store() as store:
        _told(service.take_away(store, name, branch, utc_now()), as_json=as_json)


@baselines.command()
@click.argument("name", required=False)
@json_option
def history(name: str | None, as_json: bool) -> None:
    """Say which run was the baseline NAME, and when; of all names unless one is given."""
    with opened_store() as store:
        _shown(stored.history(store, name), as_json=as_json)


@baselines.command()
@click.argument("name")
@click.option("--output", "-o", type=OutputPath(), required=True, help="The file: .jsonl.")
@_branch
@json_option
def export(name: str, output: Path, branch: str, as_json: bool) -> None:
    """Write the baseline NAME (or a run, or an experiment) as a file to be kept in a repository.

    It has figures, and what every score says of each sample; no prompts, no answers.
    """
    if output.suffix != SUFFIX:
        raise SpecError(f"--output {output}: the file's name must end in {SUFFIX}")
    with opened_store() as store:
        runs = service.export(store, name, branch, output)
    if as_json:
        print_json({"path": str(output), "runs": runs})
    note(f"{runs} {'run' if runs == 1 else 'runs'} written to {output}")


@baselines.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", required=True, help="What the baseline is called here.")
@_branch
@json_option
def import_(file: Path, name: str, branch: str, as_json: bool) -> None:
    """Make the runs of FILE, which `export` wrote, a baseline of this store."""
    with opened_store() as store:
        _told(service.take_in(store, name, branch, file, utc_now()), as_json=as_json)


def _list(*, as_json: bool) -> None:
    with opened_store() as store:
        _shown(service.current(store), as_json=as_json)


def _told(entries: Sequence[Baseline], *, as_json: bool) -> None:
    if as_json:
        _shown(entries, as_json=True)
    for entry in entries:
        what = "is no baseline any more" if entry.removed else f"is now {entry.run_id or 'the imported run'}"
        note(f"{entry.name}: {entry.model} on {entry.task} {what}")


def _shown(entries: Sequence[Baseline], *, as_json: bool) -> None:
    if as_json:
        print_json({"baselines": [entry.model_dump(mode="json") for entry in entries]})
        return
    table = table_of("name", "task", "model", "branch", "=run", "=since")
    for entry in entries:
        run = "removed" if entry.removed else entry.run_id or "imported"
        cells = (entry.name, entry.task, entry.model, entry.branch, run)
        table.add_row(*map(printable, cells), f"{entry.created_at:%Y-%m-%d %H:%M}")
    print_table(table, "no baselines: `benchbook baselines set NAME RUN` names one")
