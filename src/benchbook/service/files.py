"""Files that appear under their name only once they are complete."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from benchbook.errors import SpecError, StoreError


def folder_ready(folder: Path) -> None:
    """Make sure that files can be written into the folder, before hours of work end at it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as err:
        raise SpecError(f"cannot write into the folder {folder}: {err.strerror or err}") from err


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
