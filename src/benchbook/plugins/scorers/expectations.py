"""Tests of the form `total([1, 2]) == 3`, read without running anything."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from benchbook import Call, SpecError

__all__ = ["Expectation", "expectations"]


@dataclass(frozen=True)
class Expectation:
    """A call, and the value it must give."""

    text: str
    call: Call
    expected: Any
    hidden: bool
    """Not shown in the prompt."""


def expectations(tests: Iterable[str], entry_point: str, *, hidden: bool = False) -> tuple[Expectation, ...]:
    """The tests as data; SpecError names the first that is no comparison of a call with a plain value."""
    return tuple(_expectation(text, entry_point, hidden) for text in tests)


def _expectation(text: str, entry_point: str, hidden: bool) -> Expectation:  # noqa: FBT001 - passed on
    try:
        match ast.parse(text.strip(), mode="eval").body:
            case ast.Compare(
                left=ast.Call(func=ast.Name(id=name), args=args, keywords=keywords),
                ops=[ast.Eq()],
                comparators=[expected],
            ) if name == entry_point:
                given = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in keywords if keyword.arg}
                if len(given) == len(keywords):
                    call = Call(name, tuple(map(ast.literal_eval, args)), given)
                    return Expectation(text, call, ast.literal_eval(expected), hidden)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        pass
    raise SpecError(f"the test {text[:200]!r} is not of the form `{entry_point}(…) == …` with plain values in it")
