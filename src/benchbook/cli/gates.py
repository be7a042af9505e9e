"""`benchbook gate`, and what other commands share with it: gates held, told, and left with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from benchbook import settings
from benchbook.cli.output import Command, OutputPath, console, existing_store, json_option, note, print_json
from benchbook.cli.tables import table_of
from benchbook.cli.text import printable
from benchbook.engine.gates import Held, failed
from benchbook.errors import GateFailed, SpecError
from benchbook.service import gate_reports, gates
from benchbook.specs.files import read
from benchbook.specs.gates import Thresholds
from benchbook.store.store import Store

_STYLES = {"passed": "green", "failed": "red", "warned": "yellow", "error": "red"}


def telling_options(command: Command) -> Command:
    """How a command tells of gates: to those who read JUnit, and to GitHub."""
    junit = click.option("--junit", type=OutputPath(), help="Write the gates as JUnit XML, too.")
    annotated = click.option(
        "--annotations",
        type=click.Choice(["github"]),
        help="Annotate gates that did not pass, and add their table to the step's summary.",
    )
    return junit(annotated(command))


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--thresholds", "-t", type=click.Path(path_type=Path, dir_okay=False), help="The gates, as YAML.")
@click.option("--baseline", help="Held against this, instead of what the thresholds name.")
@click.option("--branch", help="Whose baselines come first.")
@telling_options
@json_option
def gate(
    runs: tuple[str, ...],
    thresholds: Path | None,
    baseline: str | None,
    branch: str | None,
    as_json: bool,
    **telling: Any,
) -> None:
    """Hold the figures of RUNS to thresholds. Leaves with 1 if a gate failed, or could not be told.

    RUNS are run ids, an experiment's name or id for all of its runs, or files of `benchbook baselines export`. Without
    thresholds, no score may be significantly worse than the baseline's.

    \b
      benchbook gate eval_v1 --thresholds thresholds.yaml
      benchbook gate eval_v1 -t thresholds.yaml --baseline main --junit gates.xml --annotations github
      benchbook gate now.jsonl -t thresholds.yaml --baseline before.jsonl
    """
    with existing_store() as store:
        held = held_to(store, runs, thresholds, baseline, branch)
    if as_json:
        print_json(gates.document(held))
    else:
        print_gates(held)
    told(held, **telling)
    left(held)


def held_to(
    store: Store | None, runs: Sequence[str], thresholds: Path | None, baseline: str | None, branch: str | None = None
) -> list[Held]:
    """What becomes of the gates of a file for these runs; without a file, whether they are worse than the baseline."""
    asked = _asked(thresholds, baseline, branch) if thresholds else None
    if asked is None and not baseline:
        raise SpecError("nothing to hold the runs to: say --thresholds FILE, or --baseline NAME, or both")
    found = gates.snapshots(store, runs)
    if asked is None:
        asked = gates.no_regressions(store, found, str(baseline), branch or "")
    return gates.of_snapshots(store, found, asked, thresholds.parent if thresholds else Path())


def _asked(path: Path, baseline: str | None, branch: str | None) -> Thresholds:
    """The thresholds of a file, with what the command line says of the baseline laid over them."""
    asked = read(path).parse(Thresholds)
    given = {name: value for name, value in (("baseline", baseline), ("branch", branch)) if value is not None}
    return asked.model_copy(update=given)


def print_gates(held: Sequence[Held]) -> None:
    """The table of gates."""
    table = table_of("=", "gate", "run", "found", title="Gates")
    for one in held:
        who = " on ".join(part for part in (one.model, one.task) if part)
        cells = (one.gate.title, who, one.said)
        table.add_row(one.outcome if one.outcome != "error" else "not told", *map(printable, cells))
        table.rows[-1].style = _STYLES[one.outcome]
    console().print(table)


def told(held: Sequence[Held], junit: Path | None, annotations: str | None) -> None:
    """Tell those who wait for it."""
    if junit is not None:
        gate_reports.write(held, junit)
        note(f"JUnit: {junit}")
    if annotations is None:
        return
    for line in gate_reports.annotations(held):
        note(line)
    if summary := settings.step_summary():
        try:
            gate_reports.append(held, summary)
        except OSError as err:
            # What became of the gates decides how the command is left, not who could be told.
            note(f"WARNING: the gates are not in the step's summary: cannot write {summary}: {err.strerror or err}")


def left(held: Sequence[Held]) -> None:
    """Leave with 1 if a gate failed."""
    if broken := failed(held):
        names = ", ".join(dict.fromkeys(one.gate.title for one in broken))
        raise GateFailed(f"{len(broken)} of {len(held)} gates failed: {names}")
