"""The JSON objects in what models write, and whether they come from elsewhere. The texts may be hostile."""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from benchbook.engine.quotes import MARKS

_OPENING = re.compile(r'\{(?=\s*["}])')
"""Braces of formulae are none."""
_TRIES = 2000
_EFFORT = 1_000_000
"""Characters that are read in vain."""
_DEEP = 10_000
"""Characters that nesting without end is worth."""
_ESCAPE = re.compile(r"\\[nrtbf]")
_TELLING = 40
"""Letters and digits that do not stand in a text by chance, in this order."""


def objects(text: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Every JSON object that stands in the text, outermost ones only, in order; each with how it is written."""
    decoder = json.JSONDecoder(strict=False)
    opening, tries, vain = _OPENING.search(text), 0, 0
    while opening and tries < _TRIES and vain < _EFFORT:
        at, tries = opening.start(), tries + 1
        try:
            data, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as err:
            end, vain = at + 1, vain + err.pos - at
        except (ValueError, RecursionError):
            # What is nested so deep is left where it first closes, or every brace of it would be tried.
            end, vain = text.find("}", at) + 1 or len(text), vain + _DEEP
        else:
            yield data, text[at:end]
        opening = _OPENING.search(text, end)


def stands_in(written: str, texts: Sequence[str]) -> bool:
    """Whether one of the texts has it, in whatever layout, quotation marks, brackets and escapes."""
    words, letters = squashed(written), _letters(written)
    return any(
        words in squashed(text) or (len(letters) >= _TELLING and letters in _letters(text)) for text in texts if text
    )


def squashed(text: str) -> str:
    """The text without blanks and capitals, and with look-alikes as what they look like."""
    return "".join(unicodedata.normalize("NFKC", text).translate(MARKS).casefold().split())


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", squashed(_ESCAPE.sub(" ", text)))
