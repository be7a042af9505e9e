"""`benchbook sandbox`: programs of one's own through the sandbox, without a model."""

import asyncio
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, aclosing, contextmanager
from pathlib import Path
from typing import IO, TextIO

import click

from benchbook.cli.isolation import NONE, asked_for, isolation_options
from benchbook.cli.output import OutputPath, note
from benchbook.cli.text import in_line
from benchbook.errors import PluginError, SpecError, StoreError
from benchbook.service.sandbox import SANDBOX, python_pool
from benchbook.specs.programs import ProgramResult, read_programs
from benchbook.specs.quoting import shortened
from benchbook.specs.use import Use

_COLOURS = {"passed": "green", "skipped": "yellow", "infra_error": "magenta"}


@click.group()
def sandbox() -> None:
    """Run programs of your own in the sandbox."""


@sandbox.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@isolation_options
@click.option("--workers", type=click.IntRange(min=0), default=0, help="So many at once; one per processor by default.")
@click.option("--output", "-o", type=OutputPath(), help="Write the results to this file, too, as JSONL.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a program, each on a line.")
def run(file: Path, sandbox: str | None, no_isolation: bool, workers: int, output: Path | None, as_json: bool) -> None:
    """Run the programs of FILE (JSON Lines; - for standard input) through their tests.

    Each line is a program and how it is tested:

    \b
      {"id": "sum", "program": "def f(a, b): return a + b", "entry_point": "f",
       "tests": [{"args": [1, 2], "expected": 3}]}

    All lines are checked before anything runs. Results come in the order of the lines, as they are there. The exit code
    is 0 when every program was carried out, whatever became of it, and 6 if the sandbox broke under one.
    """
    use = asked_for(sandbox, no_isolation=no_isolation) or Use(name=SANDBOX)
    if use.name == NONE:
        note("WARNING: programs run without isolation: they can do whatever you can")
    with ExitStack() as stack:
        lines, name = stack.enter_context(_rereadable(file)), "standard input" if str(file) == "-" else str(file)
        number = sum(1 for _ in read_programs(lines, name))
        if not number:
            note(f"There is no program in {name}.")
            return
        lines.seek(0)
        out = stack.enter_context(_written(output, file)) if output else None
        counts = asyncio.run(_carried_out(lines, name, use, workers, _Results(out, as_json)))
    if not as_json:
        programs = "program" if number == 1 else "programs"
        click.echo(f"{number} {programs}: " + ", ".join(f"{count} {status}" for status, count in counts.most_common()))
    if broken := counts["infra_error"]:
        raise PluginError(f"the sandbox broke under {broken} of {number} programs; `benchbook doctor` looks into it")


class _Results:
    """Where results go, one by one."""

    def __init__(self, out: TextIO | None, as_json: bool) -> None:
        self.out = out
        self.as_json = as_json

    def add(self, result: ProgramResult) -> None:
        """Print the result, and write it to the file."""
        # ASCII: what programs write may hold what no encoding takes.
        line = json.dumps(result.as_json(), ensure_ascii=True, allow_nan=False)
        if self.out:
            _write(self.out, line)
        if self.as_json:
            # From here on, what is on stdout are results: an error does not follow as a document.
            click.get_current_context().ensure_object(set).add("document")
        click.echo(line if self.as_json else _readable(result))


async def _carried_out(lines: IO[bytes], name: str, use: Use, workers: int, results: _Results) -> Counter[str]:
    """How many programs ended how."""
    counts = Counter[str]()
    async with python_pool(use, workers) as pool, aclosing(pool.map(read_programs(lines, name))) as found:
        async for result in found:
            results.add(result)
            counts[result.status] += 1
    return counts


def _readable(result: ProgramResult) -> str:
    status = click.style(f"{result.status:<14}", fg=_COLOURS.get(result.status, "red"))
    spent = f"{result.wall * 1000:>8.1f} ms"
    reason = shortened(in_line(result.reason), 160)
    return f"{status} {spent}  {shortened(in_line(str(result.id)), 60)}" + (f"  {reason}" if reason else "")


@contextmanager
def _rereadable(file: Path) -> Iterator[IO[bytes]]:
    """The file, to be read from its beginning more than once."""
    try:
        source = click.open_file(str(file), "rb")
    except OSError as err:
        raise SpecError(f"cannot read {file}: {err.strerror}") from None
    with source:
        if source.seekable() and str(file) != "-":
            yield source
            return
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(source, copy)
            copy.seek(0)
            yield copy


@contextmanager
def _written(output: Path, file: Path) -> Iterator[TextIO]:
    """The file for results: what is there is kept, whatever stops the rest."""
    if file.exists() and output.exists() and output.samefile(file):
        raise SpecError(f"--output {output} is the file that the programs are read from; name another")
    try:
        out = output.open("w", encoding="ascii")
    except OSError as err:
        raise SpecError(f"cannot write {output}: {err.strerror}") from None
    with out:
        yield out


def _write(out: TextIO, line: str) -> None:
    try:
        out.write(line + "\n")
        out.flush()
    except OSError as err:
        raise StoreError(f"cannot write {out.name}: {err.strerror}") from None
