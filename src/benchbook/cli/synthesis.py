"""`benchbook datasets generate` and `datasets contamination`: synthetic data, and what data sets have in common."""

from collections.abc import Sequence
from pathlib import Path

import click

from benchbook.cli.output import console, json_option, note, print_json
from benchbook.cli.tables import table_of
from benchbook.cli.text import printable
from benchbook.errors import Contaminated, SpecError
from benchbook.service import synthesis
from benchbook.service.contamination import HUB, Contamination, Rules, contamination, written
from benchbook.specs.quoting import shortened

_SHOWN = 20
_RULES = Rules()


@click.command()
@click.argument("name", type=click.Choice(synthesis.NAMES))
@click.option("--output", "-o", type=click.Path(path_type=Path), required=True, help="The folder to write into.")
@click.option("--size", type=click.IntRange(1, 1_000_000), help="Samples in all [2,150].")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed gives other samples.")
@click.option(
    "--split", "splits", multiple=True, metavar="SPLIT=N",
    help="Samples of train, validation or test, instead of --size; splits that are not named are left out.",
)  # fmt: skip
@json_option
def generate(name: str, output: Path, size: int | None, seed: int, splits: tuple[str, ...], as_json: bool) -> None:
    """Write the synthetic data set NAME: a JSON Lines file a split, and manifest.json with digests and counts.

    The same name, seed and sizes give the same bytes on every machine. No two texts are alike, in a split or
    across.

    \b
      benchbook datasets generate qa -o qa --seed 7 --split train=5000 --split test=500
      benchbook eval --task qa --data qa/test.jsonl --model …
    """
    wanted = synthesis.sizes(size, _sizes(splits))
    manifest = synthesis.generate(name, output, wanted, seed)
    if as_json:
        print_json({"folder": str(output), **manifest})
        return
    table = table_of("file", ">samples", "slices", "sha256")
    for file, told in manifest["files"].items():
        slices = ", ".join(f"{part} {number:,}" for part, number in told["slices"].items())
        table.add_row(file, f"{told['samples']:,}", slices, told["sha256"][:12])
    console().print(table)
    click.echo(f"{manifest['size']:,} samples of seed {seed} in {printable(str(output))}")


@click.command("contamination")
@click.argument("rows")
@click.argument("others")
@click.option("--field", metavar="NAME", help="The field that holds the text, in files.")
@click.option(
    "--ngram",
    type=click.IntRange(2, 100),
    default=_RULES.ngram,
    show_default=True,
    help="Words in a row that both have.",
)
@click.option(
    "--least", type=click.IntRange(2, 100), default=_RULES.least, show_default=True,
    help="Rows of fewer words are compared as a whole alone.",
)  # fmt: skip
@click.option(
    "--share", type=click.FloatRange(0, 1, max_open=True), default=_RULES.share, show_default=True,
    help="More than this share of a row's n-grams must be found.",
)  # fmt: skip
@click.option(
    "--similarity", type=click.FloatRange(0.1, 1), default=_RULES.similarity, show_default=True,
    help="From this share of common 5-word stretches on two rows are nearly the same.",
)  # fmt: skip
@click.option(
    "--common", type=click.IntRange(1), default=_RULES.common, show_default=True,
    help="An n-gram in more rows of OTHERS than these is a phrase, and does not count.",
)  # fmt: skip
@json_option
def contaminated(rows: str, others: str, field: str | None, as_json: bool, **rules: float) -> None:
    """Say which ROWS stand in OTHERS: the same (but for case and punctuation), nearly the same, or in part.

    Each is a .jsonl, .json, .csv, .tsv or .parquet file (text perhaps gzipped), a folder of such, `hf:NAME` or
    `hf:NAME:SPLIT` of the Hugging Face hub, a task, or TASK:PATH for a task over a file of your own. ROWS are those
    that are evaluated, and are kept in memory; OTHERS, such as training data, pass by once.
    The exit code is 1 if there is any.

    \b
      benchbook datasets contamination qa/test.jsonl qa/train.jsonl
      benchbook datasets contamination humaneval:HumanEval.jsonl.gz training/ --field content
    """
    if field is not None and not (_is_there(rows) or _is_there(others)):
        raise SpecError(f"--field names a field of a file, but {rows} and {others} are tasks", field=["field"])
    found = contamination(written(rows, _field(rows, field)), written(others, _field(others, field)), Rules(**rules))  # type: ignore[arg-type] # click has checked them
    if as_json:
        print_json({"rows": found.rows, "others": found.others, "findings": [vars(one) for one in found.findings]})
    else:
        _show(found)
    if found.findings:
        raise Contaminated(f"{len(found.findings):,} of {found.rows:,} rows of {rows} stand in {others}")


def _show(found: Contamination) -> None:
    if not found.findings:
        click.echo(f"None of {found.rows:,} rows stands in the {found.others:,} others.")
        return
    table = table_of("row", "how", "in", ">share", "for example")
    for one in found.findings[:_SHOWN]:
        words = shortened(printable(one.example), 70)
        table.add_row(printable(one.key), one.kind, printable(one.other), f"{one.share:.0%}", words)
    console().print(table)
    if len(found.findings) > _SHOWN:
        note(f"and {len(found.findings) - _SHOWN:,} more; --json lists all")


def _field(source: str, field: str | None) -> str | None:
    """The field to look at, where the source is a file: tasks know theirs."""
    return field if _is_there(source) else None


def _is_there(source: str) -> bool:
    return source.startswith(HUB) or Path(source).expanduser().exists()


def _sizes(splits: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for text in splits:
        name, _, number = text.partition("=")
        if not number.isdecimal() or not number.isascii() or len(number) > 7:
            raise SpecError(f"--split {text!r}: expected SPLIT=N, as in test=500")
        found[name] = int(number)
    return found
