"""A value in few words. Values may be hostile: what is not shown is not looked at."""

from collections.abc import Iterable, Iterator
from typing import Any


def quoted(value: Any, most: int = 200) -> str:
    """The beginning of the value as Python writes it, `most` characters at the longest."""
    text = ""
    for piece in _pieces(value, most):
        text += piece
        if len(text) > most:
            break
    return shortened(text, most)


def shortened(text: str, most: int = 200) -> str:
    """The text, with its end left out if it is longer than `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def with_article(noun: str) -> str:
    """`a list`, `an interval`: by the first letter, which will do for names of ours."""
    return f"{'an' if noun.startswith(tuple('aeiou')) else 'a'} {noun}"


def _pieces(value: Any, most: int) -> Iterator[str]:
    match value:
        case str() | bytes():
            yield repr(value[: most + 1])
        case int() if value.bit_length() > 4 * most:
            # Decimal digits would take quadratic time.
            yield hex(value)
        case list():
            yield from _listed("[", value, "]", most)
        case tuple():
            yield from _listed("(", value, ",)" if len(value) == 1 else ")", most)
        case set() if value:
            yield from _listed("{", value, "}", most)
        case frozenset() if value:
            yield from _listed("frozenset({", value, "})", most)
        case dict():
            yield "{"
            for number, (key, item) in enumerate(value.items()):
                yield ", " if number else ""
                yield from _pieces(key, most)
                yield ": "
                yield from _pieces(item, most)
            yield "}"
        case _:
            yield repr(value)


def _listed(opening: str, items: Iterable[Any], closing: str, most: int) -> Iterator[str]:
    yield opening
    for number, item in enumerate(items):
        yield ", " if number else ""
        yield from _pieces(item, most)
    yield closing
