"""Which fields of a record hold what: the arguments that all readers of anybody's data share."""

import inspect
import re
from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import JsonValue, Strict, field_validator

from benchbook import Reader, Row, Spec
from benchbook.plugins.readers.files import Entry

__all__ = ["Columns", "by_columns"]

_KEY = "key"
_PLACE = re.compile(r"\{\{|\}\}|\{([^{}]+)\}")
"""Where a field goes, or one brace that is written twice."""


Several = Annotated[tuple[str, ...], Strict(strict=False)]


class Columns(Spec):
    """The fields of a record by what they hold. What none of them names becomes metadata."""

    input: str = "input"
    """A field; or a template, in which `{question}` stands for the field `question`."""
    target: str | None = "target"
    """A field or a template; null where there is no right answer."""
    choices: str | Several | None = None
    """A field that holds a list of texts; or several fields, a choice each."""
    slice: str | Several | None = None
    """One or several fields, each with a name or a list of them."""
    tags: str | Several | None = None
    """Likewise; a tag is `field:value`, as `difficulty:hard`."""
    key: str | None = None
    """What identifies a row: unless given, the field `key`, or the row's number where there is none."""
    metadata: Several | None = None
    """The fields that are kept beside; unless given, all that nothing else names."""
    where: dict[str, JsonValue] = {}
    """Only records whose fields have these values, or one of a list of them."""
    missing: Literal["error", "skip", "empty"] = "error"
    """What a record is that lacks a value where one is named (null; in CSV an empty cell): a mistake, left out, or a
    row in which nothing stands there."""

    @field_validator("input", "target")
    @classmethod
    def _closed(cls, text: str | None) -> str | None:
        if text and re.search(r"[{}]", _PLACE.sub("", text)):
            raise ValueError(f"in the template {text!r} a brace is open; write {{field}}, and {{{{ for a brace itself")
        return text

    def row(self, entry: Entry) -> Row | None:
        """The record as a row; None if it is left out, SpecError if it cannot be one."""
        if not all(_fits(entry, name, wanted) for name, wanted in self.where.items()):
            return None
        absent = next((name for name in self._named if entry.value(name) is None), None)
        if absent is not None and self.missing == "skip":
            return None
        if absent is not None and self.missing == "error":
            raise entry.mistake(
                f"the field {absent!r} has no value; `missing: skip` leaves such rows out, `missing: empty` takes them"
            )
        return entry.row(
            key=self._key(entry),
            input="" if (asked := _value(entry, self.input)) is None else asked,
            target=None if self.target is None else _value(entry, self.target),
            choices=self._choices(entry),
            slices=[part for name in _several(self.slice) for part in _words(entry, name)],
            tags=[f"{name}:{word}" for name in _several(self.tags) for word in _words(entry, name)],
            metadata={name: entry.value(name) for name in self._beside(entry)},
        )

    @cached_property
    def _named(self) -> tuple[str, ...]:
        """The fields that must hold something."""
        target = () if self.target is None else _places(self.target)
        return tuple(dict.fromkeys([*_places(self.input), *target, *_several(self.choices)]))

    @cached_property
    def _used(self) -> frozenset[str]:
        """The fields that are named for something."""
        return frozenset([*self._named, self.key or _KEY, *_several(self.slice), *_several(self.tags)])

    def _by_number(self, entry: Entry) -> bool:
        return self.key is None and _KEY not in entry.fields

    def _key(self, entry: Entry) -> str:
        return str(entry.number) if self._by_number(entry) else entry.key(self.key or _KEY)

    def _choices(self, entry: Entry) -> list[str]:
        if isinstance(self.choices, str):
            return [] if entry.value(self.choices) is None else entry.texts(self.choices)
        return [entry.text(name) for name in _several(self.choices) if entry.value(name) is not None]

    def _beside(self, entry: Entry) -> list[str]:
        if self.metadata is not None:
            return list(self.metadata)
        return [name for name in entry.fields if name not in self._used]


def by_columns(make: Callable[..., Reader]) -> Callable[..., Reader]:
    """A reader whose first parameter is `columns`, with each of their fields as an argument of its own."""
    own = [each for each in inspect.signature(make).parameters.values() if each.name != "columns"]
    kinds = get_type_hints(Columns)
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=kinds[name])
        for name, field in Columns.model_fields.items()
    ]

    def made(**given: Any) -> Reader:
        columns = Columns.parse({name: given[name] for name in Columns.model_fields if name in given})
        return make(columns, **{each.name: given[each.name] for each in own if each.name in given})

    parameters = [*own, *shared]
    made.__name__, made.__doc__, made.__module__ = make.__name__, make.__doc__, make.__module__
    made.__annotations__ = {each.name: each.annotation for each in parameters}
    made.__signature__ = inspect.Signature(parameters, return_annotation=Reader)  # type: ignore[attr-defined]  # as PEP 362 has it
    return made


def _several(names: str | tuple[str, ...] | None) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names or ()


def _places(written: str) -> list[str]:
    """The fields of a template, or the field that is named."""
    return [name for name in _PLACE.findall(written) if name] if "{" in written else [written]


def _value(entry: Entry, written: str) -> Any:
    """What the field holds; of a template, the text with every field in its place."""
    if "{" not in written:
        return entry.value(written)

    def filled(place: re.Match[str]) -> str:
        return _spelt(entry, place[1], entry.value(place[1])) if place[1] else place[0][0]

    return _PLACE.sub(filled, written)


def _spelt(entry: Entry, name: str, value: Any) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
    raise entry.mistake(f"the field {name!r} holds more than a text or a number, which no template takes")


def _words(entry: Entry, name: str) -> list[str]:
    value = entry.value(name)
    listed = value if isinstance(value, list) else [] if value is None else [value]
    return [_spelt(entry, name, each) for each in listed]


def _fits(entry: Entry, name: str, wanted: JsonValue) -> bool:
    value = entry.value(name)
    # In CSV all is text, and 3 is what somebody writes in YAML.
    return any(
        value == each or (isinstance(value, str) and not isinstance(each, str) and value == _spelt(entry, name, each))
        for each in (wanted if isinstance(wanted, list) else [wanted])
    )
