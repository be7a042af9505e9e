"""Third-party packages that programs may import, as they are installed here."""

import csv
import functools
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.utils import canonicalize_name

from benchbook import SpecError

USUAL = "numpy"
"""What programs may import if it is installed and nothing else is said."""


@dataclass(frozen=True)
class Package:
    """A distribution, with all that it needs."""

    name: str
    modules: tuple[str, ...]
    """What it is imported as."""
    places: tuple[Path, ...]
    """Its files and folders, and those of what it needs."""
    version: str

    def in_use(self, text: str) -> bool:
        """Whether a program may want it: it names it."""
        return any(re.search(rf"\b{module}\b", text) for module in self.modules)


def usual() -> tuple[str, ...]:
    """Those of the usual packages that are installed."""
    try:
        distribution(USUAL)
    except PackageNotFoundError:
        return ()
    return (USUAL,)


@functools.cache
def package(name: str) -> Package:
    """The installed package; SpecError if it is not."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise SpecError(
            f"programs are to import {name!r}, which is not installed here: run `pip install {name}`, or leave it out",
            field=["packages"],
        ) from None
    places = tuple(dict.fromkeys(place for each in _with_what_it_needs(found) for place in _places(each)))
    return Package(name, tuple(_modules(found)), places, found.version)


def _with_what_it_needs(found: Distribution) -> Iterator[Distribution]:
    waiting, seen = [found], set[str]()
    while waiting:
        each = waiting.pop()
        name = canonicalize_name(each.metadata["Name"])
        if name in seen:
            continue
        seen.add(name)
        yield each
        if each.requires:
            waiting.extend(map(distribution, _needed_here(each.requires)))


def _needed_here(requires: Sequence[str]) -> Iterator[str]:
    from packaging.requirements import Requirement  # noqa: PLC0415 - takes long to load, and numpy needs nothing

    for need in map(Requirement, requires):
        if need.marker is None or need.marker.evaluate({"extra": ""}):
            yield need.name


def _places(found: Distribution) -> Iterator[Path]:
    """Its files and folders side by side in site-packages."""
    tops = {name.partition("/")[0] for name in _files(found)} - {"..", "__pycache__"}
    yield from (Path(str(found.locate_file(top))) for top in sorted(tops))


def _files(found: Distribution) -> Iterator[str]:
    """The names of its files. A thousand paths would take tens of milliseconds."""
    record = found.read_text("RECORD")
    if record is None:
        return map(str, found.files or ())
    return (row[0] for row in csv.reader(record.splitlines()) if row)


def _modules(found: Distribution) -> Iterator[str]:
    for place in _places(found):
        name = place.name.partition(".")[0]
        suffix_says_module = place.suffix in {".py", ".so"} or (place.is_dir() and (place / "__init__.py").exists())
        if suffix_says_module and name.isidentifier() and not name.startswith("_"):
            yield name


def chosen(packages: Sequence[str] | None) -> tuple[Package, ...]:
    """The packages of these names; the usual ones unless given."""
    names = usual() if packages is None else packages
    stray = [name for name in names if canonicalize_name(name) in sys.stdlib_module_names]
    if stray:
        raise SpecError(f"{stray[0]!r} is part of Python's standard library, and always there", field=["packages"])
    return tuple(package(name) for name in names)
