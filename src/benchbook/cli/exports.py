"""`benchbook export`: the answers of runs, for other tools."""

import sys
from pathlib import Path

import click

from benchbook.cli.output import json_option, note, opened_store, print_json
from benchbook.service import exports
from benchbook.service.runs import named


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="The file to write; stdout unless given.")
@json_option
def export(runs: tuple[str, ...], form: exports.Format, output: Path | None, as_json: bool) -> None:
    """Write every answer of RUNS, with prompt, reply, verdicts and costs.

    RUNS are run ids, or an experiment's name or id for all of its runs. JSONL is exact. In CSV, text that a
    spreadsheet would take for a formula gets an apostrophe in front.
    """
    with opened_store() as store:
        found = [run for name in runs for run in named(store, name)]
        if output is not None:
            count = exports.write(store, found, form, output)
            note(f"{count} answers written to {output}")
            if as_json:
                print_json({"path": str(output), "format": form, "answers": count, "runs": [run.id for run in found]})
        elif as_json:
            print_json({"answers": list(exports.rows(store, found))})
        else:
            exports.WRITERS[form](store, found, sys.stdout)
