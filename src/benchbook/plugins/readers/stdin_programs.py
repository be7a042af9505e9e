"""Programs that read standard input and write standard output: a problem a line, in the forms that are about."""

import json
from typing import Any

from pydantic import JsonValue

from benchbook import Reader, Row, SpecError, register
from benchbook.plugins.readers.files import Entry, entries, existing
from benchbook.plugins.readers.tables import Table
from benchbook.plugins.scorers.expectations import expectations

_SHOWN = 2
"""Tests that the prompt shows."""


@register("reader")
def stdin_programs(file: str) -> Reader:
    """The problems in a .jsonl file: `prompt`, `tests` with what goes in and what comes out, perhaps `hidden` ones."""
    path = existing(file, "file")
    return Table(file, "file", lambda: entries(path, "file"), _row)


def _row(entry: Entry) -> Row:
    tests = _tests(entry, "tests")
    hidden = _tests(entry, "hidden") if "hidden" in entry.fields else []
    if not tests:
        raise entry.mistake("`tests` is empty; write at least one")
    try:
        expectations([*tests, *hidden], None)
    except SpecError as err:
        raise entry.mistake(str(err)) from None
    prompt = entry.value("prompt")
    return entry.row(
        key=entry.key("key") if "key" in entry.fields else str(entry.number),
        input=_asked(prompt, tests[:_SHOWN]) if isinstance(prompt, str) else prompt,
        target={"tests": tests, "hidden": hidden},
        slices=entry.texts("slices") if "slices" in entry.fields else [],
        tags=entry.texts("tags") if "tags" in entry.fields else [],
        metadata={name: entry.value(name) for name in ("solution",) if name in entry.fields},
    )


def _tests(entry: Entry, name: str) -> list[Any]:
    """The tests as a list of {stdin, stdout}, however they are written."""
    given = _unpacked(entry, name, entry.value(name))
    match given:
        case {"inputs": list(inputs), "outputs": list(outputs)} if len(inputs) == len(outputs):
            pairs = zip(inputs, outputs, strict=True)
            return [{"stdin": _lines(read), "stdout": _lines(written)} for read, written in pairs]
        case list():
            return [_test(one) for one in given]
    raise entry.mistake(f"the field {name!r} should be a list of tests, or `inputs` and `outputs`, as many of each")


def _unpacked(entry: Entry, name: str, value: JsonValue) -> JsonValue:
    if not isinstance(value, str):
        return value
    try:
        found: JsonValue = json.loads(value)
    except ValueError as err:
        raise entry.mistake(f"the field {name!r} is a text, but not JSON: {err}") from None
    return found


def _test(one: Any) -> Any:
    """Of a test what it is known by; others pass, to be refused with their text."""
    match one:
        case {"input": read, "output": written}:
            return {"stdin": _lines(read), "stdout": _lines(written)}
        case {"stdin": _, "stdout": _}:
            return {"stdin": one["stdin"], "stdout": one["stdout"]}
    return one


def _lines(text: Any) -> Any:
    """Some data sets have a list of lines."""
    return "\n".join(text) + "\n" if isinstance(text, list) and all(isinstance(line, str) for line in text) else text


def _asked(prompt: str, shown: list[Any]) -> str:
    examples = "".join(f"\n\nInput:\n{one['stdin'].rstrip()}\n\nOutput:\n{one['stdout'].rstrip()}" for one in shown)
    return f"{prompt.rstrip()}{examples}\n"
