"""Synthetic data sets as files: a JSON Lines file a split, and a manifest that says how they came about."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO, get_args

from benchbook.engine.synthesis.sets import ALIKE, SLICES, SPLITS, VERSION, Split, sizes_of, synthesised
from benchbook.errors import SpecError
from benchbook.service.files import folder_ready, written_whole
from benchbook.specs.spec import unknown

NAMES = tuple(SLICES)
"""The data sets that can be generated."""


def sizes(total: int | None, splits: Mapping[str, int]) -> Mapping[Split, int]:
    """How many samples each split is to have: of so many in all, or as is said split by split."""
    if splits and total is not None:
        raise SpecError("say how many samples in all, or how many a split; not both", field=["splits"])
    if not splits:
        return SPLITS if total is None else sizes_of(total)
    for name in splits:
        if name not in get_args(Split):
            raise SpecError(unknown("split", name, get_args(Split)), field=["splits"])
    return {name: splits[name] for name in SPLITS if name in splits}


def generate(name: str, folder: Path, wanted: Mapping[Split, int], seed: int = 0) -> dict[str, Any]:
    """Write the data set into the folder; the manifest, which is there as `manifest.json` too.

    The files appear once all of them are whole.
    """
    if not any(wanted.values()):
        raise SpecError("there is nothing to generate: every split has the size 0", field=["size"])
    folder_ready(folder)
    with ExitStack() as stack:
        files = {
            split: stack.enter_context(written_whole(folder / f"{split}.jsonl"))
            for split in SPLITS
            if wanted.get(split)
        }
        written = {split: _Written(file) for split, file in files.items()}
        for drawn in synthesised(name, seed, wanted):
            written[drawn.split].add(drawn.fields)
        manifest = _manifest(name, seed, wanted, {f"{split}.jsonl": one.told() for split, one in written.items()})
        with written_whole(folder / "manifest.json") as out:
            out.write(json.dumps(manifest, indent=2) + "\n")
    return manifest


def _manifest(name: str, seed: int, wanted: Mapping[Split, int], files: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "dataset": name,
        "generator": f"benchbook datasets generate, version {VERSION} of the data",
        "seed": seed,
        "size": sum(wanted.values()),
        "splits": {split: wanted[split] for split in SPLITS if split in wanted},
        "checked": f"no two texts, of whatever split, share {ALIKE:.0%} of their 5-word stretches (Jaccard) or more",
        "files": files,
    }


class _Written:
    """A file of samples, with what the manifest says of it."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._slices, self._tags = Counter[str](), Counter[str]()

    def add(self, fields: Mapping[str, Any]) -> None:
        line = json.dumps(fields, ensure_ascii=False) + "\n"
        self._hash.update(line.encode())
        self._file.write(line)
        self._slices.update(fields["slices"])
        self._tags.update(fields["tags"])

    def told(self) -> dict[str, Any]:
        """Its digest, and how many samples each slice and each tag has."""
        return {
            "sha256": self._hash.hexdigest(),
            "samples": self._slices.total(),
            "slices": _sorted(self._slices, [part for parts in SLICES.values() for part in parts]),
            "tags": _sorted(self._tags, sorted(self._tags)),
        }


def _sorted(counts: Mapping[str, int], names: Sequence[str]) -> dict[str, int]:
    return {name: counts[name] for name in names if counts[name]}
