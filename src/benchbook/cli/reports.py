"""`benchbook report`: runs as a page to read."""

from pathlib import Path

import click

from benchbook import settings
from benchbook.cli.output import json_option, opened_store, print_json, reports_option
from benchbook.errors import SpecError
from benchbook.service import reports
from benchbook.service.baselines import all_named
from benchbook.service.runs import utc_now


@click.command()
@click.argument("runs", nargs=-1)
@reports_option(reports.FORMS)
@click.option("--all", "everything", is_flag=True, help="Every experiment, into the reports folder.")
@json_option
def report(runs: tuple[str, ...], paths: tuple[Path, ...], everything: bool, as_json: bool) -> None:
    """Write a report of RUNS; the ending of each --output decides the form: .md or .html.

    RUNS are run ids, or a baseline's name or an experiment's name or id for all of its runs.
    """
    if (bool(runs), bool(paths)) != (not everything, not everything):
        raise SpecError("say which runs and where to (`report RUN -o page.html`), or --all")
    with opened_store() as store:
        if everything:
            written = reports.write_all(store, settings.load().reports, utc_now())
        else:
            found = all_named(store, runs)
            written = [reports.write_file(store, found, path, utc_now()) for path in paths]
    if as_json:
        print_json({"reports": [str(path) for path in written]})
    else:
        for path in written:
            click.echo(f"Report: {path}")
