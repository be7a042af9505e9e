"""`benchbook doctor`: can this machine evaluate?"""

import asyncio
from dataclasses import asdict

import click

from benchbook import settings
from benchbook.cli.output import json_option, print_json
from benchbook.errors import PluginError
from benchbook.service.doctor import examine

_MARKS = {
    True: click.style("ok ", fg="green"),
    False: click.style("NO ", fg="red", bold=True),
    None: click.style("-  ", fg="yellow"),
}


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Find out whether this machine can evaluate, and what to do if not.

    Sandboxes are not asked but tried: programs attempt to break out of each that starts, and what happened is told.
    What does not start is no fault (-) as long as another holds; the level is what `sandbox: auto` gives.
    """
    found = asyncio.run(examine(settings.load()))
    wrong = [finding for findings in found.values() for finding in findings if finding.ok is False]
    if as_json:
        parts = {part: [asdict(finding) for finding in findings] for part, findings in found.items()}
        print_json({"ok": not wrong, "parts": parts})
    else:
        for part, findings in found.items():
            click.secho(part, bold=True)
            for finding in findings:
                click.echo(f"  {_MARKS[finding.ok]} {finding.name}" + (f": {finding.detail}" if finding.detail else ""))
    if wrong:
        verb = "is" if len(wrong) == 1 else "are"
        raise PluginError(f"{len(wrong)} of {sum(map(len, found.values()))} findings {verb} not as they should be")
