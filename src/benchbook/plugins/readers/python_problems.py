"""Python problems in TOML: the benchmark that comes with Benchbook, or a file of one's own in the same format."""

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from benchbook import Reader, Row, SpecError, register
from benchbook.plugins.readers.files import Entry, existing, rows
from benchbook.plugins.scorers.expectations import expectations
from benchbook.plugins.solvers.extraction import stub_of

_BUILT_IN = ("easy", "medium", "hard")
_FIELDS = {"key", "skill", "entry_point", "prompt", "solution", "tests", "hidden"}


@register("reader")
def python_problems(file: str | None = None, slices: tuple[str, ...] = ()) -> Reader:
    """The built-in problems, or those in `file`; of all slices, or of some. A key begins with its slice: `easy/add`."""
    folder = files("benchbook").joinpath("data", "python_coding")
    sources = [existing(file, "file")] if file else [folder.joinpath(f"{name}.toml") for name in _BUILT_IN]

    def read() -> Iterator[Row]:
        every = list(rows((entry for source in sources for entry in _entries(source)), _row))
        known = dict.fromkeys(part for row in every for part in row.slices)
        for name in slices:
            if name not in known:
                raise SpecError(f"there is no slice {name!r}; there are: {', '.join(known)}", field=["slices"])
        yield from (row for row in every if not slices or not set(slices).isdisjoint(row.slices))

    return read


def _entries(source: Traversable) -> Iterator[Entry]:
    try:
        text = source.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, ValueError) as err:
        raise SpecError(f"{source}: not valid TOML: {err}", field=["file"]) from None
    tables = data.get("problem")
    if set(data) != {"problem"} or not isinstance(tables, list) or not all(isinstance(item, dict) for item in tables):
        raise SpecError(f"{source}: expected [[problem]] tables and nothing else", field=["file"])
    for place, table in zip(_places(source, text, len(tables)), tables, strict=True):
        yield _known(Entry(place, 1, "file", table))


def _places(source: Traversable, text: str, count: int) -> list[str]:
    """Where each problem begins."""
    lines = [number for number, line in enumerate(text.split("\n"), 1) if line.strip() == "[[problem]]"]
    if len(lines) != count:
        return [f"{source}, problem {number}" for number in range(1, count + 1)]
    return [f"{source}:{line}" for line in lines]


def _known(entry: Entry) -> Entry:
    strange = sorted(set(entry.fields) - _FIELDS)
    if strange:
        raise entry.mistake(f"unknown field {strange[0]!r}; a problem has: {', '.join(sorted(_FIELDS))}")
    return entry


def _row(entry: Entry) -> Row:
    key, prompt = entry.text("key"), entry.text("prompt")
    part, slash, _ = key.partition("/")
    return entry.row(
        key=key,
        input=prompt,
        target=_target(entry, prompt),
        slices=[part] if slash else [],
        tags=[f"skill:{entry.text('skill')}"],
        metadata={"solution": entry.text("solution")},
    )


def _target(entry: Entry, prompt: str) -> dict[str, Any]:
    """The tests, all of which can be read, and a prompt that can be continued."""
    entry_point, tests = entry.text("entry_point"), entry.texts("tests")
    hidden = entry.texts("hidden") if "hidden" in entry.fields else []
    if stub_of(prompt, entry_point) is None:
        raise entry.mistake(f"`prompt` should end with the signature and docstring of the function {entry_point!r}")
    if not tests:
        raise entry.mistake("`tests` is empty; write at least one")
    try:
        expectations([*tests, *hidden], entry_point)
    except SpecError as err:
        raise entry.mistake(str(err)) from None
    return {"entry_point": entry_point, "tests": tests, "hidden": hidden}
