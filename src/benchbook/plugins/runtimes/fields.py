"""The fields of what a server answered. One that is not what it should be is told by its name."""

from collections.abc import Mapping, Sequence
from typing import Any

_MOST_TOKENS = 10**12
"""A server that counts more has not counted."""
_WORDLESS = ("reference", "tool_use", "tool_call", "function_call")
"""Kinds of parts that hold no text of the answer."""

Fields = Mapping[str, Any]


class Unfit(ValueError):
    """A field holds something else than it should."""

    def __init__(self, field: str, value: object, wanted: str) -> None:
        super().__init__(f"`{field}` is not {wanted}")
        self.field = field
        self.value = value
        self.wanted = wanted


class Complained(Exception):
    """In the place of an answer there is an error, with the status of an answer."""

    def __init__(self, error: object) -> None:
        super().__init__("an error in place of an answer")
        self.error = error


def objects(holder: Fields, name: str, place: str = "") -> Sequence[Fields]:
    """The objects that are listed there, one at least."""
    found = holder.get(name)
    if not (isinstance(found, list) and found and all(isinstance(each, Mapping) for each in found)):
        raise Unfit(f"{place}{name}", found, "a list of at least one object")
    return found


def fields_of(holder: Fields, name: str, place: str = "") -> Fields:
    """The object there; an empty one where there is none."""
    found = holder.get(name)
    if found is not None and not isinstance(found, Mapping):
        raise Unfit(f"{place}{name}", found, "an object")
    return found or {}


def text_of(holder: Fields, name: str, place: str = "") -> str:
    """The text there; an empty one where there is none, for which some send `false` or `[]`."""
    found = holder.get(name) or ""
    if not isinstance(found, str):
        raise Unfit(f"{place}{name}", found, "a text")
    return found


def parts_of(holder: Fields, name: str, place: str = "") -> tuple[str, str]:
    """The text there, and what was thought before it: some send both as parts of a list."""
    parts = holder.get(name)
    if parts is None or isinstance(parts, str):
        return parts or "", ""
    if not (isinstance(parts, list) and all(isinstance(part, Mapping) for part in parts)):
        raise Unfit(f"{place}{name}", parts, "a text")
    said, thought = [], []
    for at, part in enumerate(parts):
        # Parts of other kinds have neither.
        within = f"{place}{name}[{at}]."
        said.append(text_of(part, "text", within))
        thought.append(_thought(part, within))
    return "".join(said), "".join(thought)


def known(found: object) -> bool:
    """Whether it is a text, or a list with a part of a kind that is known."""
    return isinstance(found, str) or (isinstance(found, list) and any(map(_is_part, found)))


def tokens_of(holder: Fields, name: str, place: str = "") -> int:
    """The number of tokens there; zero where the server does not say."""
    found = holder.get(name) or 0
    try:
        number = int(found)
    except (ValueError, TypeError, OverflowError):
        number = -1
    if not 0 <= number <= _MOST_TOKENS:
        raise Unfit(f"{place}{name}", found, "a number of tokens")
    return number


def _is_part(part: object) -> bool:
    return isinstance(part, Mapping) and ("text" in part or "thinking" in part or part.get("type") in _WORDLESS)


def _thought(part: Fields, place: str) -> str:
    """What a part says of thoughts: a text, or at Mistral a list of parts again."""
    text, _ = parts_of(part, "thinking", place)
    return text
