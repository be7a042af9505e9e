"""Data files, record by record: what is wrong with one is said with its place and with the argument that named it."""

import gzip
import json
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from io import BufferedReader
from pathlib import Path
from typing import Any, NoReturn

from benchbook import Row, SpecError

__all__ = ["LONGEST", "Entry", "entries", "existing", "opened", "records", "rows"]

LONGEST = 1 << 26
"""Bytes of a line, and characters of a field, that are read: what is longer is no row."""
_LINES = 40
"""Bits of the number of a line."""


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
    seen = _Seen()
    for entry in entries:
        row = row_of(entry)
        first = seen.add(row.key, entry.place)
        if first is not None:
            raise entry.mistake(f"the key {row.key!r} is taken by {first}; every row needs a key of its own")
        yield row


class _Seen:
    """Which keys there were, and where: 24 to 48 bytes for each.

    Of a key there is a hash of 8 bytes: that two of ten million have the same is a chance of one in 300,000.
    """

    def __init__(self) -> None:
        self._count, self._mask = 0, 1023
        self._hashes, self._numbers = self._empty(), self._empty()
        self._files: dict[str, int] = {}

    def add(self, key: str, place: str) -> str | None:
        """Take in a key; the place of the record that has it already, if one has."""
        digest = int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()) or 1
        at = self._place(digest)
        if self._hashes[at]:
            return self._told(self._numbers[at])
        self._hashes[at], self._numbers[at] = digest, self._number(place)
        self._count += 1
        if 3 * self._count > 2 * len(self._hashes):
            self._grow()
        return None

    def _number(self, place: str) -> int:
        """A place as a number: that of its file, and behind it that of the line or item."""
        file = place.rstrip("0123456789,")
        line = place[len(file) :].replace(",", "") or "0"
        return self._files.setdefault(file, len(self._files)) << _LINES | int(line) % (1 << _LINES)

    def _told(self, number: int) -> str:
        file = next(file for file, at in self._files.items() if at == number >> _LINES)
        return f"{file}{number % (1 << _LINES) or ''}"

    def _place(self, digest: int) -> int:
        at = digest & self._mask
        while self._hashes[at] not in (0, digest):
            at = at + 1 & self._mask
        return at

    def _grow(self) -> None:
        hashes, numbers = self._hashes, self._numbers
        self._mask = 2 * self._mask + 1
        self._hashes, self._numbers = self._empty(), self._empty()
        for digest, number in zip(hashes, numbers, strict=True):
            if digest:
                at = self._place(digest)
                self._hashes[at], self._numbers[at] = digest, number

    def _empty(self) -> "array[int]":
        return array("Q", bytes(8)) * (self._mask + 1)


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
    written = stream.read()
    if not written.strip():
        return
    try:
        items = _parsed(written, str(file), argument)
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
