"""Anybody's questions as a table of text: CSV, TSV and their like."""

import codecs
import csv as texts
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from benchbook import Reader, SpecError, register
from benchbook.plugins.readers.columns import Columns, by_columns
from benchbook.plugins.readers.files import LONGEST, Entry, existing, opened
from benchbook.plugins.readers.tables import Table

__all__ = ["Dialect", "csv", "delimited"]

_GUESSED = ",;\t|"
_SAMPLE = 1 << 16


@dataclass(frozen=True)
class Dialect:
    """How the table is written."""

    delimiter: str
    """One character, or `auto`."""
    quote: str = '"'
    escape: str | None = None
    encoding: str = "utf-8-sig"
    header: tuple[str, ...] = ()
    """The names of the columns, where the file does not begin with them."""


@register("reader")
@by_columns
def csv(  # noqa: PLR0913 - each is an argument in YAML
    columns: Columns,
    file: str,
    *,
    delimiter: str | None = None,
    quote: str = '"',
    escape: str | None = None,
    encoding: str = "utf-8",
    header: tuple[str, ...] = (),
) -> Reader:
    """The rows of a .csv or .tsv file, perhaps gzipped; the arguments name the columns that hold what.

    `delimiter` is a character, or `auto`: a comma unless given, and a tab in .tsv. A quote within quotes is doubled,
    unless `escape` names a character that stands before it. `header` names the columns of a file that has no names.
    """
    path = existing(file, "file")
    separator = delimiter or ("\t" if path.name.removesuffix(".gz").endswith(".tsv") else ",")
    for name, character in (("delimiter", separator), ("quote", quote), ("escape", escape)):
        if character is not None and len(character) != 1 and (name, character) != ("delimiter", "auto"):
            raise SpecError(f"expected one character, not {character!r}", field=[name])
    dialect = Dialect(separator, quote, escape, _known(encoding), header)
    return Table(file, "file", lambda: delimited(path, dialect, "file"), columns.row)


def delimited(file: Path, dialect: Dialect, argument: str) -> Iterator[Entry | SpecError]:
    """The records of the table, with an error in the place of each that is none. An empty cell is null."""
    try:
        with opened(file, argument) as stream:
            # Bytes that are no text pass, to be told with their row.
            text = io.TextIOWrapper(stream, dialect.encoding, errors="surrogateescape", newline="")
            yield from _records(file, text, dialect, argument)
    except (OSError, EOFError, zlib.error, UnicodeError) as err:
        yield SpecError(f"cannot read {file}: {err}", field=[argument])


def _known(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise SpecError(f"there is no encoding {encoding!r}; common ones: utf-8, cp1252", field=["encoding"]) from None
    return "utf-8-sig" if name == "utf-8" else name


def _records(file: Path, text: TextIO, dialect: Dialect, argument: str) -> Iterator[Entry | SpecError]:
    texts.field_size_limit(LONGEST)
    try:
        lines, separator = _lines(text, dialect)
    except texts.Error as err:
        yield SpecError(f"{file}: {err}: say what the `delimiter` is", field=["delimiter"])
        return
    reader = texts.reader(
        lines,
        strict=True,
        delimiter=separator,
        quotechar=dialect.quote,
        escapechar=dialect.escape,
        doublequote=dialect.escape is None,
    )
    header = list(dialect.header)
    number = 0
    while True:
        line = reader.line_num + 1
        place = f"{file}, row {number + 1:,} (line {line:,})" if header else f"{file}:{line}, the header"
        try:
            cells = next(reader, None)
        except texts.Error as err:
            yield SpecError(f"{place}: {_why(err)}", field=[argument])
            if not header or "limit" in str(err):
                return
            number += 1
            continue
        if cells is None:
            return
        if not cells:
            continue
        if header:
            number += 1
            yield _entry(cells, header, place, number, argument)
        elif mistake := _stray(cells):
            yield SpecError(f"{place}: {mistake}", field=[argument])
            return
        else:
            # As data frames write the column of their index.
            header = [name or f"column {at}" for at, name in enumerate(cells, 1)]


def _lines(text: TextIO, dialect: Dialect) -> tuple[Iterator[str], str]:
    """The lines, and the delimiter, found out from the first of them where it is to be."""
    read = iter(partial(text.readline, LONGEST), "")
    if dialect.delimiter != "auto":
        return read, dialect.delimiter
    first: list[str] = []
    for line in read:
        first.append(line)
        if sum(map(len, first)) > _SAMPLE:
            break
    guessed = texts.Sniffer().sniff("".join(first)[:_SAMPLE], _GUESSED).delimiter if first else ","
    return _joined(first, read), guessed


def _joined(first: list[str], rest: Iterator[str]) -> Iterator[str]:
    yield from first
    yield from rest


def _why(err: texts.Error) -> str:
    said = str(err)
    if "limit" in said:
        return f"a field is longer than {LONGEST >> 20} Mi characters: a quote may never be closed"
    if "unexpected end" in said:
        return "the file ends within quotes: a quote is never closed"
    return f"not valid CSV: {said}"


def _stray(names: list[str]) -> str:
    if any(map(_torn, names)):
        return "bytes that are no text; say what the `encoding` is"
    twice = [name for name, number in Counter(names).items() if number > 1 and name]
    return f"two columns are called {twice[0]!r}" if twice else ""


def _entry(cells: list[str], header: list[str], place: str, number: int, argument: str) -> Entry | SpecError:
    if len(cells) != len(header):
        fields = "1 field" if len(cells) == 1 else f"{len(cells)} fields"
        why = "; is a delimiter or a quote in one of them?" if len(cells) > len(header) else ""
        return SpecError(f"{place}: {fields}, where the header has {len(header)}{why}", field=[argument])
    entry = Entry(place, number, argument, dict[str, Any](zip(header, (cell or None for cell in cells), strict=True)))
    torn = next((name for name, cell in entry.fields.items() if cell and _torn(cell)), None)
    if torn is not None:
        return entry.mistake(f"the field {torn!r} holds bytes that are no text; say what the `encoding` is")
    return entry


def _torn(cell: str) -> bool:
    return not cell.isascii() and any("\udc80" <= character <= "\udcff" for character in cell)
