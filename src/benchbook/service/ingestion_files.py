"""Files of recorded answers, item by item: JSON Lines, or a JSON document with a list; either may be gzipped."""

import gzip
import hashlib
import io
import json
import math
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from benchbook.errors import SpecError
from benchbook.service.ingestion_paths import at, kind_of
from benchbook.specs.ingestion import IngestMapping, mapping

LISTS = ("rows", "data", "samples", "tasks", "examples", "items", "results")
"""Under which names a document is searched for its list of rows."""

MOST_UNPACKED = 4 << 30
"""Bytes of what is in a gzipped file: a small one can hold more than any memory."""

Item = tuple[str, Any]
"""Where an item stands, and what it is: a SpecError if it cannot be read."""


def items(path: Path, given: IngestMapping | None) -> tuple[IngestMapping, Iterator[Item], str]:
    """The mapping to read the file by, its items, and its SHA-256."""
    body = _body(path)
    sha256 = hashlib.sha256(body).hexdigest()
    text = _text(path, body)
    document = _document(path, text)
    if document is None:
        return given or IngestMapping(), _lines(path, text), sha256
    chosen = given or (mapping("rlhf") if isinstance(document, dict) and "rlhf" in document else IngestMapping())
    rows, place = _rows(path, document, chosen)
    return chosen, ((f"{path}{place} item {number}", row) for number, row in enumerate(rows, 1)), sha256


def _body(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise SpecError(f"there is no file {path}; give the path of a .json or .jsonl file") from None
    except OSError as err:
        raise SpecError(f"cannot read {path}: {err.strerror or err}") from None


def _text(path: Path, body: bytes) -> str:
    try:
        plain = _unpacked(path, body) if path.suffix == ".gz" else body
        return plain.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as err:
        raise SpecError(f"cannot unpack {path}: {err}") from None
    except UnicodeDecodeError as err:
        raise SpecError(f"{path} is not UTF-8: {err.reason} at byte {err.start}; save it as UTF-8") from None


def _unpacked(path: Path, body: bytes) -> bytes:
    with gzip.open(io.BytesIO(body)) as packed:
        plain = packed.read(MOST_UNPACKED + 1)
    if len(plain) > MOST_UNPACKED:
        raise SpecError(f"{path}: unpacked, it has more than {MOST_UNPACKED >> 20} MiB; divide it")
    return plain


def _document(path: Path, text: str) -> Any:
    """The whole file as one JSON document, or None if it is a file of lines."""
    if not path.name.removesuffix(".gz").endswith(".json"):
        return None
    try:
        return _parsed(text)
    except (ValueError, RecursionError) as err:
        # A file of lines may be called .json, too.
        first = text.lstrip().partition("\n")[0]
        if _is_object(first):
            return None
        raise SpecError(f"{path}: not valid JSON: {err}") from None


def _is_object(line: str) -> bool:
    try:
        return isinstance(_parsed(line), dict)
    except (ValueError, RecursionError):
        return False


def _lines(path: Path, text: str) -> Iterator[Item]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            place = f"{path}:{number}"
            try:
                yield place, _parsed(line)
            except (ValueError, RecursionError) as err:
                yield place, SpecError(f"not valid JSON: {err}")


def _rows(path: Path, document: Any, chosen: IngestMapping) -> tuple[list[Any], str]:
    if chosen.rows:
        found = at(document, chosen.rows)
        if not isinstance(found, list):
            raise SpecError(f"{path}: expected a list of rows at `{chosen.rows}`, not {kind_of(found)}", field=["rows"])
        return found, f" {chosen.rows}"
    if isinstance(document, list):
        return document, ""
    lists = [name for name in LISTS if isinstance(document, dict) and isinstance(document.get(name), list)]
    if not lists:
        raise SpecError(
            f"{path}: expected a list of rows, or an object with one under {', '.join(LISTS[:4])}, not "
            f"{kind_of(document)}; a mapping with `rows: PATH` says where it is"
        )
    return document[lists[0]], f" {lists[0]}"


def _parsed(text: str) -> Any:
    return json.loads(text, parse_constant=_refused, parse_float=_finite, object_pairs_hook=_once_each)


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise ValueError(f"{number[:60]} is larger than any number that can be kept")
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, number in Counter(name for name, _ in pairs).items() if number > 1)
        raise ValueError(f"{twice[:60]!r} is there twice in one object, and one would be lost")
    return found


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")
