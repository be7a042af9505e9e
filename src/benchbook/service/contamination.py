"""Whether the rows of one data set stand in another: the same, nearly the same, or in part, word for word."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from pydantic import JsonValue

from benchbook import registry
from benchbook.engine.overlap import Stretches, Texts, words
from benchbook.errors import SpecError
from benchbook.protocols import Reader
from benchbook.specs.models import Prompt
from benchbook.specs.tasks import TaskSpec
from benchbook.specs.use import Use

Kind = Literal["exact", "near", "overlap"]
FIELDS = ("text", "context", "input", "prompt", "question", "problem", "content")
"""Of a row in a file, those that are there are its text, unless one field is named."""


HUB = "hf:"
"""What the name of a data set of the Hugging Face hub begins with."""
_READERS = {".jsonl": "jsonl", ".json": "jsonl", ".csv": "csv", ".tsv": "csv", ".parquet": "parquet"}


@dataclass(frozen=True)
class Written:
    """A row: what it is known by, and its text."""

    key: str
    text: str


@dataclass(frozen=True)
class Rules:
    """From when on a row counts as contaminated."""

    ngram: int = 13
    """Words in a row that both have; as many as the row has, if it has fewer."""
    least: int = 6
    """Rows of fewer words are held against whole rows alone."""
    share: float = 0.0
    """More than this share of the row's stretches must be found."""
    similarity: float = 0.8
    """From this Jaccard similarity of 5-word shingles on two rows are nearly the same."""
    common: int = 10
    """A stretch that is in more rows than these is a phrase, and does not count."""


@dataclass(frozen=True)
class Finding:
    """A row of the first data set that stands in the second."""

    key: str
    kind: Kind
    other: str
    """The row in which it was found first, or which is nearest."""
    share: float
    """Of its stretches that were found, or its similarity."""
    example: str
    """Words that both have."""


@dataclass(frozen=True)
class Contamination:
    """What came of holding one data set against another."""

    rows: int
    others: int
    findings: tuple[Finding, ...]


def contamination(rows: Iterable[Written], others: Iterable[Written], rules: Rules = Rules()) -> Contamination:
    """The rows that are contaminated by others, each by the strongest evidence. Of the others, which may be many, only
    what they have in common with a row is remembered."""
    mine = list(rows)
    if not mine:
        raise SpecError("the first data set is empty")
    evidence = _Evidence(mine, rules)
    for other in others:
        evidence.add(other)
    if not evidence.others:
        raise SpecError("the second data set is empty")
    return Contamination(len(mine), evidence.others, tuple(evidence.findings()))


class _Evidence:
    """What is found of some rows in others, which pass by."""

    def __init__(self, rows: Sequence[Written], rules: Rules) -> None:
        self.others = 0
        self._keys: dict[int, str] = {}
        """Of those that have a stretch in common with a row."""
        self._rows, self._rules = rows, rules
        self._forms = [tuple(words(row.text)) for row in rows]
        self._wanted = {form for form in self._forms if form}
        self._same: dict[tuple[str, ...], str] = {}
        self._near: dict[int, tuple[float, str]] = {}
        self._texts = Texts(rules.similarity)
        for row in rows:
            self._texts.add(row.text)
        self._stretches = Stretches((row.text for row in rows), rules.ngram, rules.least, rules.common)

    def add(self, other: Written) -> None:
        """Look for the rows in another one."""
        form = tuple(words(other.text))
        if form in self._wanted:
            self._same.setdefault(form, other.key)
        for found in self._texts.near(other.text):
            if found.similarity > self._near.get(found.place, (0.0, ""))[0]:
                self._near[found.place] = (found.similarity, other.key)
        if self._stretches.look_into(other.text, self.others):
            self._keys[self.others] = other.key
        self.others += 1

    def findings(self) -> Iterator[Finding]:
        """The rows that are contaminated, in their order."""
        for place, (row, shared) in enumerate(zip(self._rows, self._stretches.shared(), strict=True)):
            form = self._forms[place]
            if form in self._same:
                yield Finding(row.key, "exact", self._same[form], 1.0, " ".join(form[: self._rules.ngram]))
            elif form and place in self._near:
                similarity, other = self._near[place]
                yield Finding(row.key, "near", other, similarity, shared.example if shared else "")
            elif shared and shared.share > self._rules.share:
                yield Finding(row.key, "overlap", self._keys[shared.place], shared.share, shared.example)


def written(source: str, field: str | None = None) -> Iterable[Written]:
    """The texts of a data set: a file (.jsonl, .json, .csv, .tsv, perhaps gzipped, or .parquet), a folder of such,
    `hf:NAME` or `hf:NAME:SPLIT`, a task, or TASK:PATH for a task that reads a file of one's own. SpecError if it is
    none of these."""
    path = Path(source).expanduser()
    if path.is_dir():
        files = sorted(each for each in path.iterdir() if _ending(each) in _READERS)
        named = [each for each in files if each.name != "manifest.json"]
        if not named:
            raise SpecError(f"the folder {source} holds no {', '.join(_READERS)} file")
        return chain.from_iterable(_of_file(each, field, f"{each.name}:") for each in named)
    if path.is_file():
        return _of_file(path, field)
    if source.startswith(HUB):
        name, _, split = source.removeprefix(HUB).partition(":")
        return _of_rows("hf", {"path": name, **({"split": split} if split else {})}, name, field)
    return _of_task(source, field)


def _ending(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix


def _of_file(path: Path, field: str | None, prefix: str = "") -> Iterator[Written]:
    return _of_rows(_READERS.get(_ending(path), "jsonl"), {"file": str(path)}, str(path), field, prefix)


def _of_rows(
    reader: str, args: dict[str, JsonValue], source: str, field: str | None, prefix: str = ""
) -> Iterator[Written]:
    # A template without a field: whatever a record holds is in its row's metadata.
    read: Reader = registry.build("reader", Use(name=reader, args={**args, "input": "{{", "target": None}))
    for number, row in enumerate(read(), 1):
        place, fields = f"{source}, row {number:,}", row.metadata
        named = [name for name in ([field] if field else FIELDS) if name in fields]
        if not named:
            raise SpecError(
                f"{place}: there is no field {field or ', '.join(FIELDS)}; name the one that holds the text by --field "
                f"(there are: {', '.join(fields) or 'none'})"
            )
        text = "\n".join(_plain(fields[name], place, name) for name in named)
        yield Written(f"{prefix}{fields.get('id', row.key)}", text)


def _plain(value: Any, place: str, name: str) -> str:
    """A text, or the turns of a conversation; anything else as JSON."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool | int | float):
        raise SpecError(f"{place}: the field {name!r} holds no text")
    return json.dumps(value, ensure_ascii=False)


def _of_task(source: str, field: str | None) -> Iterator[Written]:
    name, colon, data = source.partition(":")
    if name not in registry.names("task"):
        raise SpecError(
            f"{source} is no file, no folder and no task; `benchbook tasks` lists those, with TASK:PATH for its data"
        )
    if field is not None:
        raise SpecError(f"--field names a field of a file, but {source} is a task", field=["field"])
    task: TaskSpec = registry.build("task", Use(name=name, args={"data": data} if colon else {}))
    assert task.dataset is not None, "a registered task is whole"  # noqa: S101 - for the type checker
    read: Reader = registry.build("reader", task.dataset)
    return (Written(row.key, _spoken(row.input)) for row in read())


def _spoken(prompt: Prompt) -> str:
    return prompt if isinstance(prompt, str) else "\n".join(turn.content for turn in prompt)
