"""The JSON in what models write. The texts may be hostile: what is read, and how often, is bounded."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from benchbook.plugins.solvers.replies import spoken

__all__ = ["Found", "found_json"]

_OPENING = re.compile(r'\{(?=\s*["}])|\[(?=\s*[\[{"\d\]tfn-])')
_TRIES = 2000
_EFFORT = 1_000_000
"""Characters that are read in vain."""
_DEEP = 10_000
"""Characters that nesting without end is worth."""
_DEEPEST = 40
"""Levels of a value that is accepted."""


@dataclass(frozen=True)
class Found:
    """JSON that stands in a reply, and what is wrong with it."""

    text: str
    value: Any
    rule: str
    """`whole` if there is nothing beside it, else `within`."""
    trouble: str = ""
    """Empty if it is JSON as RFC 8259 has it, each key once."""


def found_json(reply: str) -> Found | None:
    """The last object outside of the model's reasoning; or, if there is none, the last list, or a reply that is nothing
    but one value. None if nothing is JSON."""
    text = spoken(reply).strip()
    found = list(_values(text))
    for kind in (dict, list):
        of_kind = [written for written, value in found if isinstance(value, kind)]
        if of_kind:
            return _checked(of_kind[-1], "whole" if of_kind[-1] == text else "within")
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _checked(text, "whole")


def _values(text: str) -> Iterator[tuple[str, Any]]:
    """The outermost objects and lists, in order."""
    opening, tries, vain = _OPENING.search(text), 0, 0
    while opening and tries < _TRIES and vain < _EFFORT:
        at, tries = opening.start(), tries + 1
        try:
            value, end = _LENIENT.raw_decode(text, at)
        except json.JSONDecodeError as err:
            end, vain = at + 1, vain + err.pos - at
        except (ValueError, RecursionError):
            # What is nested so deep is left where it first closes, or every bracket of it would be tried.
            closing = _CLOSING.search(text, at)
            end, vain = closing.end() if closing else len(text), vain + _DEEP
        else:
            yield text[at:end], value
        opening = _OPENING.search(text, end)


def _checked(written: str, rule: str) -> Found:
    """The same, read strictly."""
    try:
        value = _STRICT.decode(written)
    except (ValueError, RecursionError) as err:
        return Found(written, None, rule, f"not valid JSON: {err}"[:200])
    if _depth(value) > _DEEPEST:
        return Found(written, None, rule, f"nested more than {_DEEPEST} levels deep")
    return Found(written, value, rule)


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level := [item for each in level for item in _within(each)]:
        depth += 1
    return depth


def _within(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return [*value.values()]
    return value if isinstance(value, list) else ()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice[:60]!r} comes twice")
    return made


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"the number {digits[:40]} is too large")
    return number


_CLOSING = re.compile(r"[}\]]")
# Line breaks within strings are let pass, as in chat windows.
_LENIENT = json.JSONDecoder(strict=False)
_STRICT = json.JSONDecoder(strict=False, object_pairs_hook=_once, parse_constant=_refused, parse_float=_finite)
