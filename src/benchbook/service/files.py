"""Files that appear under their name only once they are complete."""

import errno
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO, TypeVar

from benchbook.errors import SpecError, StoreError

Form = TypeVar("Form")
Report = TypeVar("Report")


def folder_ready(folder: Path) -> None:
    """Make sure that files can be written into the folder, before hours of work end at it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as err:
        raise SpecError(f"cannot write into the folder {folder}: {err.strerror or err}") from err


def place_for(path: Path) -> Path:
    """The path, if a file or folder can come to be there; nothing is made."""
    above = next(folder for folder in path.absolute().parents if os.path.exists(folder))  # noqa: PTH110 - it never raises
    if not above.is_dir():
        raise SpecError(f"cannot write {path}: {above} is no folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise SpecError(f"cannot write {path}: the folder {above} may not be written into")
    return path


def form_of(path: Path, forms: Mapping[str, Form]) -> Form:
    """What the ending of a report's name stands for."""
    if path.suffix not in forms:
        raise SpecError(f"{path}: a report ends in {endings(forms)}, not in {path.suffix!r}")
    return forms[path.suffix]


def endings(forms: Iterable[str]) -> str:
    """The endings, to be read."""
    *others, last = forms
    return f"{', '.join(others)} or {last}" if others else last


def write_report(report: Report, path: Path, forms: Mapping[str, Callable[[Report], str]]) -> Path:
    """The report at `path`, whose ending decides the form."""
    told = form_of(path, forms)(report)
    with written_whole(path) as out:
        out.write(told)
    return path


@contextmanager
def written_whole(path: Path) -> Iterator[TextIO]:
    """A file to write `path` with: it is there afterwards, whole, or if anything goes wrong as it was before."""
    with (
        whole(path) as unfinished,
        unfinished.open("w", encoding="utf-8", errors="backslashreplace", newline="") as out,
    ):
        yield out


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write what is to be at `path`: it is there afterwards, whole, or if anything goes wrong as it was."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield unfinished
        unfinished.replace(path)
    except OSError as err:
        kind = StoreError if err.errno == errno.ENOSPC else SpecError
        raise kind(f"cannot write {path}: {err.strerror or err}") from err
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
