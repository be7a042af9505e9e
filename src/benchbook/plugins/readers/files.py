"""Data files, record by record: what is wrong with one is said with its place and with the argument that named it."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, NoReturn

from benchbook import Row, SpecError

__all__ = ["LONGEST", "Entry", "entries", "existing", "opened", "records", "rows"]

LONGEST = 1 << 26
"""Bytes of a line, and characters of a field, that are read: what is longer is no row."""


@dataclass(frozen=True)
class Entry:
    """One record of a data file."""

    place: str
    """File and line."""
    number: int
    """Of the line or item, from 1."""
    argument: str
    """The reader's argument that named the file."""
    fields: dict[str, Any]

    def value(self, name: str) -> Any:
        """The field `name`, whatever it holds."""
        if name not in self.fields:
            raise self.mistake(f"the field {name!r} is missing; there are: {', '.join(sorted(self.fields)) or 'none'}")
        return self.fields[name]

    def text(self, name: str) -> str:
        """The field `name`, which holds a text."""
        value = self.value(name)
        if not isinstance(value, str):
            raise self.mistake(f"the field {name!r} should be a text, not {_kind(value)}")
        return value

    def texts(self, name: str) -> list[str]:
        """The field `name`, which holds a list of texts."""
        value = self.value(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.mistake(f"the field {name!r} should be a list of texts")
        return value

    def key(self, name: str) -> str:
        """The field `name`, which identifies the record: a text or a whole number."""
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            raise self.mistake(f"the field {name!r} identifies the record; it should be a text or a whole number")
        return str(value)

    def row(self, **fields: Any) -> Row:
        """The row of these fields."""
        try:
            return Row.parse(fields)
        except SpecError as err:
            raise self.mistake(str(err)) from None

    def mistake(self, message: str) -> SpecError:
        """What is wrong with this record, as an error."""
        return SpecError(f"{self.place}: {message}", field=[self.argument])


def existing(path: str, argument: str) -> Path:
    """The file at `path`, which is relative to the working folder; SpecError if there is none."""
    file = Path(path).expanduser()
    if file.is_file():
        return file
    found = "is a folder" if file.is_dir() else "does not exist"
    raise SpecError(f"{path} {found}; give the path of a data file, absolute or from {Path.cwd()}", field=[argument])


def rows(entries: Iterable[Entry], row_of: Callable[[Entry], Row]) -> Iterator[Row]:
    """The row of every entry; SpecError if a key comes twice."""
    places: dict[str, str] = {}
    for entry in entries:
        row = row_of(entry)
        if row.key in places:
            raise entry.mistake(f"the key {row.key!r} is taken by {places[row.key]}; every row needs a key of its own")
        places[row.key] = entry.place
        yield row


def records(file: Path, argument: str) -> Iterator[Entry]:
    """The objects of a JSON Lines file, or of the array in a `.json` file; either may be gzipped."""
    for entry in entries(file, argument):
        if isinstance(entry, SpecError):
            raise entry
        yield entry


def entries(file: Path, argument: str) -> Iterator[Entry | SpecError]:
    """The same, with an error in the place of each line that is no object."""
    try:
        with opened(file, argument) as stream:
            yield from _array(file, argument, stream) if _is_array(file, stream) else _lines(file, argument, stream)
    except (OSError, EOFError, zlib.error) as err:
        yield SpecError(f"cannot read {file}: {err}", field=[argument])


def opened(file: Path, argument: str) -> gzip.GzipFile | BufferedReader:
    """The bytes of a file, unpacked if it is gzipped."""
    if file.suffix in (".zst", ".bz2", ".xz", ".zip"):
        raise SpecError(f"{file} is packed in a way that is not read; unpack it, or pack it by gzip", field=[argument])
    return gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb")


def _is_array(file: Path, stream: gzip.GzipFile | BufferedReader) -> bool:
    # Many a .json file holds an object a line.
    named = file.name.removesuffix(".gz").endswith(".json")
    return named and not stream.peek(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b'{"')


def _lines(file: Path, argument: str, stream: gzip.GzipFile | BufferedReader) -> Iterator[Entry | SpecError]:
    for number, line in enumerate(iter(partial(stream.readline, LONGEST), b""), 1):
        place = f"{file}:{number}"
        if len(line) == LONGEST:
            yield SpecError(f"{place}: longer than {LONGEST >> 20} MiB; a line holds one object", field=[argument])
            return
        if line.strip():
            yield _line(line, place, number, argument)


def _line(line: bytes, place: str, number: int, argument: str) -> Entry | SpecError:
    try:
        return _entry(_parsed(line, place, argument), place, number, argument)
    except SpecError as err:
        return err


def _array(file: Path, argument: str, stream: gzip.GzipFile | BufferedReader) -> Iterator[Entry | SpecError]:
    try:
        items = _parsed(stream.read(), str(file), argument)
    except SpecError as err:
        yield err
        return
    if not isinstance(items, list):
        yield SpecError(f"{file}: a .json file should hold an array of objects, not {_kind(items)}", field=[argument])
        return
    for number, item in enumerate(items, 1):
        yield _item(item, f"{file}, item {number}", number, argument)


def _item(item: Any, place: str, number: int, argument: str) -> Entry | SpecError:
    try:
        return _entry(item, place, number, argument)
    except SpecError as err:
        return err


def _parsed(data: bytes, place: str, argument: str) -> Any:
    try:
        return _JSON.decode(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as err:
        raise SpecError(f"{place}: not valid JSON: {err}", field=[argument]) from None


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")


_JSON = json.JSONDecoder(parse_constant=_refused)


def _entry(value: Any, place: str, number: int, argument: str) -> Entry:
    if not isinstance(value, dict):
        raise SpecError(f"{place}: expected an object of fields, not {_kind(value)}", field=[argument])
    return Entry(place, number, argument, value)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
