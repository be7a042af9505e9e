"""`benchbook export`: the answers of runs, and what is preferred to what, for other tools."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import click

from benchbook import settings
from benchbook.cli.output import OutputPath, json_option, note, opened_store, print_json
from benchbook.errors import SpecError
from benchbook.records.runs import Run
from benchbook.service import batches, exports, preference_export
from benchbook.service.baselines import all_named
from benchbook.service.export_rows import figures, rows
from benchbook.service.preference_forms import Form
from benchbook.service.runs import utc_now
from benchbook.specs.preferences import PreferenceSpec, Source
from benchbook.store.store import Store

_FORMS = get_args(Form)
_ANSWERS: tuple[exports.Format, ...] = get_args(exports.Format)
_ENDINGS: Mapping[str, exports.Format] = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".prom": "prometheus",
    ".eval": "inspect",
}


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option(
    "--format", "form", type=click.Choice([*_ANSWERS, "batch", *_FORMS]),
    help="Unless given, what the ending of --output says: .csv, .parquet, .xlsx, .prom or .eval; or else jsonl.",
)  # fmt: skip
@click.option(
    "--output",
    "-o",
    type=OutputPath(dir_okay=True),
    help="The file to write; stdout unless given. Of `batch` a folder, of `inspect` a folder or a file.",
)
@click.option(
    "--source", "sources", multiple=True, type=click.Choice(get_args(Source)),
    help="Whose preferences count; may be repeated. All but `rules` unless given.",
)  # fmt: skip
@click.option("--criterion", "criteria", multiple=True, metavar="NAME", help="Only verdicts of this name; repeatable.")
@click.option("--min-agreement", type=click.FloatRange(0, 1), help="Least share of the voices for the winner [0.5].")
@click.option("--min-confidence", type=click.FloatRange(0, 1), help="Opinions less sure than this do not count.")
@click.option("--ties", type=click.Choice(["leave-out", "both-ways"]), help="What becomes of ties [leave-out].")
@click.option("--shape", type=click.Choice(["auto", "standard", "conversational"]), help="Texts, or turns [auto].")
@click.option("--split", "splits", multiple=True, metavar="PART=SHARE", help="E.g. test=0.1; the rest is `train`.")
@click.option("--seed", type=int, help="Decides which prompt falls into which part [0].")
@json_option
def export(runs: tuple[str, ...], form: str | None, output: Path | None, as_json: bool, **flags: Any) -> None:
    """Write every answer of RUNS, with prompt, reply, verdicts and costs; their figures; or what is preferred to what.

    RUNS are run ids, or a baseline's name or an experiment's name or id for all of its runs. JSONL is exact. In CSV,
    text that a spreadsheet would take for a formula gets an apostrophe in front; in a workbook (`xlsx`, with a sheet of
    samples and one of metrics) it is no formula, and texts that are too long for a cell are cut.

    `metrics-csv` and `prometheus` are the figures with their intervals. `inspect` makes a log of Inspect AI for each
    run, in the folder --output or, of one run, in the file --output (`.eval` or `.json`).

    `batch` makes a folder, named by the time, of all that is said of the answers: a line a verdict, and documents that
    join tasks and responses with the evaluations of people, judges and code. RUNS are those that answered or judged.

    The other formats are those of preference data for training: pairs of answers to a prompt, of which people or judges
    prefer one, or of which one passed and one failed its tests. The options below `--output` are for them. A manifest
    beside the file says from which runs, verdicts, data and configs it comes, and what was left out.

    \b
      benchbook export RUN_A RUN_B --format trl-dpo -o pairs.jsonl --split test=0.1
      benchbook export RUN_A RUN_B --format openai --source human --min-agreement 0.8 -o pairs.jsonl
    """
    form = form or _ENDINGS.get(output.suffix if output else "", "jsonl")
    wanted = _wanted(form, flags)
    with opened_store() as store:
        found = all_named(store, runs)
        if form == "batch":
            _batch(store, found, output or settings.load().batches, as_json=as_json)
        elif wanted is None:
            _answers(store, found, next(each for each in _ANSWERS if each == form), output, as_json=as_json)
        else:
            _preferences(store, found, next(each for each in _FORMS if each == form), wanted, output, as_json=as_json)


def _wanted(form: str, flags: dict[str, Any]) -> PreferenceSpec | None:
    """What is asked for of preferences; None where answers are exported."""
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    if form in _FORMS:
        splits = dict(map(_share, given.pop("splits", ())))
        return PreferenceSpec.parse({**given, "splits": splits})
    if given:
        names = {"sources": "source", "criteria": "criterion", "splits": "split"}
        stray = ", ".join(f"--{names.get(name, name).replace('_', '-')}" for name in given)
        raise SpecError(f"{stray}: for preferences only; choose one of --format {' | '.join(_FORMS)}")
    return None


def _share(text: str) -> tuple[str, float]:
    part, _, share = text.partition("=")
    try:
        return part, float(share)
    except ValueError:
        raise SpecError(f"--split {text!r}: expected PART=SHARE, e.g. test=0.1") from None


def _answers(store: Store, runs: list[Run], form: exports.Format, output: Path | None, *, as_json: bool) -> None:
    if output is not None:
        done = exports.write(store, runs, form, output)
        note(f"{done.written} {done.what} written to {output}")
        if done.note:
            note(done.note)
        if as_json:
            told = {"path": str(output), "format": form, done.what: done.written, "runs": [run.id for run in runs]}
            print_json({**told, "paths": [str(path) for path in done.paths]})
    elif not as_json or form not in exports.WRITERS:
        exports.write_text(store, runs, form, sys.stdout)
    elif form in exports.FIGURED:
        print_json({"figures": list(figures(store, runs))})
    else:
        print_json({"answers": list(rows(store, runs))})


def _batch(store: Store, runs: list[Run], folder: Path, *, as_json: bool) -> None:
    written = batches.write(store, runs, folder, utc_now())
    for path in vars(written).values():
        note(f"written: {path}")
    if as_json:
        print_json({name: str(path) for name, path in vars(written).items()})


def _preferences(
    store: Store, runs: list[Run], form: Form, wanted: PreferenceSpec, output: Path | None, *, as_json: bool
) -> None:
    if output is None:
        if as_json:
            raise SpecError("--json prints the manifest of a file; name it with --output")
        left_out = preference_export.write_to(store, runs, form, wanted, sys.stdout)
        _tell(left_out)
        return
    manifest = preference_export.write(store, runs, form, wanted, output, utc_now())
    for file in manifest["files"]:
        note(f"{file['rows']} rows written to {output.with_name(file['path'])}")
    counts = manifest["counts"]
    for stage in ("verdicts", "pairs", "rows"):
        _tell(counts[f"{stage}_left_out"], f" {stage}")
    if as_json:
        print_json(manifest)


def _tell(left_out: dict[str, int], what: str = "") -> None:
    if left_out:
        reasons = ", ".join(f"{number} ({reason})" for reason, number in left_out.items())
        note(f"left out{what}: {reasons}")
