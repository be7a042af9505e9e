"""Values of a row, by their paths."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchbook.errors import SpecError
from benchbook.specs.ingestion import STEP

RESPONSES = ("model_responses", "modelResponses", "responses", "model_outputs", "completions", "response_options")
MODELS = ("model", "model_id", "model_name", "modelId")
"""Under which names responses and their models are looked for."""


class _Absent:
    """There is no such field; not even null."""


ABSENT = _Absent()


def at(value: Any, path: str) -> Any:
    """What the path leads to, or ABSENT."""
    if not path:
        return value
    if isinstance(value, Mapping) and path in value:
        return value[path]
    for step in STEP.finditer(path):
        value = _next(value, step.groupdict())
        if value is ABSENT:
            return ABSENT
    return value


def first_of(value: Any, paths: Sequence[str]) -> Any:
    """What the first path that leads anywhere leads to, or ABSENT."""
    found = (at(value, path) for path in paths)
    return next((one for one in found if one is not ABSENT), ABSENT)


def text_of(value: Any, what: str) -> str:
    """The text: of a list of texts a line each, of a number as it is written."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(line.rstrip("\n") for line in value)
    raise SpecError(f"expected a text, not {kind_of(value)}", field=[what])


def kind_of(value: Any) -> str:
    """What sort of JSON it is."""
    if value is ABSENT:
        return "nothing"
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _next(value: Any, step: Mapping[str, str | None]) -> Any:
    if step["name"] is not None:
        return value.get(step["name"], ABSENT) if isinstance(value, Mapping) else ABSENT
    if not isinstance(value, list):
        return ABSENT
    if step["number"] is not None:
        number = int(step["number"])
        return value[number] if number < len(value) else ABSENT
    named = (one for one in value if isinstance(one, Mapping) and str(one.get(step["field"])) == step["value"])
    return next(named, ABSENT)
