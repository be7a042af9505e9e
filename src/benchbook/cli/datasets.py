"""`benchbook datasets`: the data sets that are kept, and data files that are to become some."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click

from benchbook.cli.arguments import pairs
from benchbook.cli.output import existing_store, json_option, note, print_json, refused_before
from benchbook.cli.synthesis import contaminated, generate
from benchbook.cli.tables import print_table, table_of
from benchbook.cli.text import printable
from benchbook.errors import NotFound, SpecError
from benchbook.records.datasets import Sample
from benchbook.service import datasets as service
from benchbook.service.datasets import Checked
from benchbook.specs.use import Use
from benchbook.store import pages, views

_SHOWN = 1000
"""Characters of a text that are shown."""


@click.group(invoke_without_command=True)
@click.option("--limit", type=click.IntRange(min=1), default=50, help="The newest so many; 50.")
@json_option
@click.pass_context
def datasets(context: click.Context, limit: int, as_json: bool) -> None:
    """List the data sets that are stored, newest first; make and check others."""
    if context.invoked_subcommand is not None:
        refused_before("datasets show ID", as_json=as_json)
        return
    with existing_store() as store:
        found = pages.datasets(store, limit).items if store else []
    if as_json:
        print_json({"datasets": [one.model_dump(mode="json") for one in found]})
        return
    table = table_of("=data set", "reader", ">rows", "slices", "=version", "=read")
    for one in found:
        slices = ", ".join(one.slices[:6]) + (f" … ({len(one.slices)})" if len(one.slices) > 6 else "")
        day = f"{one.created_at:%Y-%m-%d %H:%M}"
        table.add_row(one.id, printable(one.name), f"{one.size:,}", printable(slices), one.version[:12], day)
    print_table(table, "no data sets yet: a data set is stored by the first run on it")


@datasets.command()
@click.argument("name", metavar="DATASET")
@click.option("--rows", type=click.IntRange(min=0), default=3, help="So many of its first rows; 3.")
@json_option
def show(name: str, rows: int, as_json: bool) -> None:
    """Show a stored data set, by its id (or the start or end of it) or its version: reader, slices, first rows."""
    with existing_store() as store:
        if store is None:
            raise NotFound(f"there is no data set {name!r}: nothing is stored yet")
        found = views.dataset_named(store, name)
        first = list(views.samples_of(store, found.id, limit=rows)) if rows else []
    if as_json:
        shown = [one.row.model_dump(mode="json") for one in first]
        print_json({**found.model_dump(mode="json"), "rows": shown})
        return
    reader = found.reader.model_dump(mode="json", exclude_defaults=True)
    for label, value in (
        ("data set", found.id),
        ("version", found.version),
        ("reader", reader),
        ("rows", f"{found.size:,}"),
        ("slices", ", ".join(found.slices) or "none"),
        ("read", f"{found.created_at:%Y-%m-%d %H:%M}"),
    ):
        click.echo(printable(f"{label:<9} {value}"))
    for sample in first:
        _print_row(sample)


def _print_row(sample: Sample) -> None:
    row = sample.row
    click.secho(printable(f"\n{row.key}{''.join(f' · {part}' for part in (*row.slices, *row.tags))}"), bold=True)
    asked = row.input if isinstance(row.input, str) else "\n".join(f"[{t.role}] {t.content}" for t in row.input)
    for label, value in (("", asked), ("choices: ", row.choices), ("target: ", row.target)):
        if value not in (None, ()):
            shown = f"{label}{value}"
            click.echo(printable(shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"))


@datasets.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--reader", help="What reads it; by the file's ending unless given.")
@click.option("--arg", "-A", "args", multiple=True, metavar="KEY=VALUE", help="An argument of the reader, as in YAML.")
@click.option("--most", type=click.IntRange(min=1), default=100, help="So many mistakes of each file; 100.")
@json_option
def check(files: tuple[Path, ...], reader: str | None, args: tuple[str, ...], most: int, as_json: bool) -> None:
    """Read data files as a task would, and name every row that is none, not only the first.

    \b
      benchbook datasets check qa.csv -A input=question -A target=answer
      benchbook datasets check HumanEval.jsonl.gz --reader humaneval
    """
    given = pairs("--arg", args)
    found = [service.checked(_use(file, reader, given), most) for file in files]
    if as_json:
        print_json({"files": [_document(*each) for each in zip(files, found, strict=True)]})
    else:
        for file, one in zip(files, found, strict=True):
            _print_checked(file, one)
    bad = sum(len(one.mistakes) for one in found)
    if bad:
        raise SpecError(f"{bad} mistake{'s' * (bad > 1)} in {len(files)} file{'s' * (len(files) > 1)}")


def _use(file: Path, reader: str | None, given: dict[str, Any]) -> Use:
    name = reader or service.reader_of(file)
    argument = service.file_argument(name)
    return Use(name=name, args={argument: str(file), **given})


def _document(file: Path, one: Checked) -> dict[str, Any]:
    return {
        "file": str(file),
        "rows": one.rows,
        "slices": dict(one.slices),
        "mistakes": list(one.mistakes),
        "complete": one.complete,
    }


def _print_checked(file: Path, one: Checked) -> None:
    for mistake in one.mistakes:
        click.echo(printable(mistake))
    if one.mistakes and not one.complete:
        note(f"{file}: there may be more")
    if not one.mistakes:
        slices = ", ".join(_counted(one))
        click.echo(printable(f"{file}: {one.rows:,} rows, all good" + (f"; {slices}" if slices else "")))


def _counted(one: Checked) -> Iterator[str]:
    return (f"{part} {number:,}" for part, number in islice(one.slices.items(), 20))


datasets.add_command(generate)
datasets.add_command(contaminated)
