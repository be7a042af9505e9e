"""A text, and what is to be found in it: a JSON schema and the values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchbook.engine.synthesis.draws import Draws

Schema = dict[str, Any]


@dataclass(frozen=True)
class Document:
    """A text with the schema of what it says, and the one object that says so."""

    genre: str
    text: str
    schema: Schema
    target: dict[str, Any]


Genre = Callable[[Draws], Document]


def document(genre: str, text: str, *fields: tuple[str, Schema, Any]) -> Document:
    """The document whose fields are these: a name, a schema, a value each."""
    schema = record(**{name: form for name, form, _ in fields})
    # A firm that is called `… Co.` at the end of a sentence ends it, too.
    told = text.strip().replace("..", ".") + "\n"
    return Document(genre, told, schema, {name: value for name, _, value in fields})


def record(**fields: Schema) -> Schema:
    """An object with all of these fields and no others."""
    return {"type": "object", "properties": fields, "required": [*fields], "additionalProperties": False}


def text(about: str = "") -> Schema:
    """A text as it is written."""
    return _described({"type": "string"}, about)


def whole(about: str = "") -> Schema:
    """A whole number."""
    return _described({"type": "integer"}, about)


def number(about: str = "") -> Schema:
    """A number."""
    return _described({"type": "number"}, about)


def truth(about: str = "") -> Schema:
    """Yes or no."""
    return _described({"type": "boolean"}, about)


def day(about: str = "") -> Schema:
    """A date, written as ISO 8601 has it."""
    return _described({"type": "string", "format": "date"}, f"{about}; YYYY-MM-DD" if about else "YYYY-MM-DD")


def clock(about: str = "") -> Schema:
    """A time of day, on 24 hours."""
    form = {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"}
    return _described(form, f"{about}; HH:MM, 24 hours" if about else "HH:MM, 24 hours")


def choice(*options: str, about: str = "") -> Schema:
    """One of some words."""
    return _described({"type": "string", "enum": [*options]}, about)


def many(item: Schema, about: str = "") -> Schema:
    """A list, in any order."""
    return _described({"type": "array", "items": item}, about)


def missing(form: Schema) -> Schema:
    """The same, or null where the text does not say."""
    kinds: Mapping[str, Any] = {"type": [form["type"], "null"]}
    options = {"enum": [*form["enum"], None]} if "enum" in form else {}
    about = form.get("description", "")
    told = f"{about}; null if the text does not say" if about else "null if the text does not say"
    return {**form, **kinds, **options, "description": told}


def _described(form: Schema, about: str) -> Schema:
    return {**form, "description": about} if about else form
