"""Data sets as the Hugging Face hub has them: a folder of data files by split, here or there."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from benchbook import PluginError, Reader, SpecError, register
from benchbook.plugins.readers.columns import Columns, by_columns
from benchbook.plugins.readers.delimited import Dialect, delimited
from benchbook.plugins.readers.files import Entry, entries
from benchbook.plugins.readers.parquet import columnar, installed
from benchbook.plugins.readers.tables import Table

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_OBJECTS = (".jsonl", ".json")
_PARQUET = ".parquet"


@register("reader")
@by_columns
def hf(
    columns: Columns,
    path: str,
    split: str = "test",
    config: str | None = None,
    revision: str | None = None,
    files: str | None = None,
) -> Reader:
    """The rows of a data set of the Hugging Face hub (`org/name`), or of a folder that is laid out like one.

    Its Parquet, JSON or CSV files are read, and no code of it is run; those of a split and a config are known by their
    names, or by the pattern `files`. A data set of the hub is fetched once; without `revision`, the newest is taken and
    its revision recorded. Needs benchbook[hub].
    """
    folder, pinned = _folder(path, _wanted(split, config, files), revision)
    found = _chosen(folder, path, split, config, files)
    if any(_kind(file) == _PARQUET for file in found):
        installed()
    return Table(path, "path", lambda: _records(found), columns.row, pinned)


def _wanted(split: str, config: str | None, files: str | None) -> list[str]:
    """Patterns of what may be asked for: a hub has the other splits as well."""
    part = f"*{config}*{split}*" if config else f"*{split}*"
    return [files] if files else [part + ending for ending in (_PARQUET, *_OBJECTS, *_DELIMITERS, ".gz")]


def _folder(path: str, wanted: list[str], revision: str | None) -> tuple[Path, Mapping[str, Any]]:
    folder = Path(path).expanduser()
    if folder.is_dir():
        if revision is not None:
            raise SpecError(f"{path} is a folder, which has no revisions", field=["revision"])
        return folder, {}
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", path):
        raise SpecError(f"{path} is neither a folder nor the name of a data set, org/name", field=["path"])
    fetched = _fetched(path, wanted, revision)
    return fetched, {"revision": fetched.name}


def _fetched(name: str, wanted: list[str], revision: str | None) -> Path:
    """The snapshot of the data set, with what is wanted of it; kept where the hub's own tools keep it."""
    try:
        from huggingface_hub import snapshot_download  # noqa: PLC0415 - an extra
        from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415
    except ImportError:
        raise PluginError(
            "data sets of the hub are fetched by huggingface-hub, which is not installed: pip install 'benchbook[hub]'"
        ) from None
    try:
        return Path(snapshot_download(name, repo_type="dataset", revision=revision, allow_patterns=wanted))
    except (OSError, ValueError, HfHubHTTPError) as err:
        said = str(err).strip().partition("\n")[0]
        raise PluginError(
            f"cannot fetch the data set {name!r} from the hub: {said}; or copy it here, and give the path of its folder"
        ) from None


def _chosen(folder: Path, path: str, split: str, config: str | None, pattern: str | None) -> list[Path]:
    """The data files, in the order of their names."""
    every = sorted(file for file in folder.glob(pattern or "**/*") if file.is_file() and _kind(file))
    found = every if pattern else [file for file in every if _has(file.relative_to(folder), split)]
    if config is not None:
        found = [file for file in found if _has(file.relative_to(folder), config)]
    if not found:
        there = ", ".join(str(file.relative_to(folder)) for file in every[:12]) or "none"
        field, what = ("files", f"matches {pattern!r}") if pattern else ("split", f"is of the split {split!r}")
        of = f" and the config {config!r}" if config else ""
        raise SpecError(f"no data file of {path} {what}{of}; there are: {there}", field=[field])
    folders = sorted({_above(file.relative_to(folder), split) for file in found})
    if len(folders) > 1 and config is None and pattern is None:
        raise SpecError(f"{path} has several configs: {', '.join(folders)}; choose one", field=["config"])
    return found


def _kind(file: Path) -> str:
    """The ending that tells how the file is read; empty if it is not."""
    ending = Path(file.name.removesuffix(".gz")).suffix
    known = ending in (*_DELIMITERS, *_OBJECTS) or file.suffix == _PARQUET
    return ending if known and file.name not in ("dataset_infos.json", "dataset_info.json", "state.json") else ""


def _has(file: Path, word: str) -> bool:
    """Whether the word stands in the path, between marks."""
    return re.search(rf"(?:^|[/._-]){re.escape(word)}(?:[/._-]|$)", file.as_posix()) is not None


def _above(file: Path, split: str) -> str:
    """The folder that stands for a config."""
    return "/".join(part for part in file.parent.parts if part not in ("data", split)) or "."


def _records(files: list[Path]) -> Iterator[Entry | SpecError]:
    """The records of all files, numbered through."""
    for number, entry in enumerate(chain.from_iterable(map(_read, files)), 1):
        yield replace(entry, number=number) if isinstance(entry, Entry) else entry


def _read(file: Path) -> Iterator[Entry | SpecError]:
    kind = _kind(file)
    if kind == _PARQUET:
        return columnar(file, "path")
    return delimited(file, Dialect(_DELIMITERS[kind]), "path") if kind in _DELIMITERS else entries(file, "path")
