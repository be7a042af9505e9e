"""Where quoted words stand in a text: exactly, or but for blanks, quotation marks and case."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MARKS = str.maketrans({"“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "−": "-", " ": " "})
"""Quotation marks, dashes and blanks as a keyboard has them."""


@dataclass(frozen=True)
class Quote:
    """Words that a judge says stand in a text, and where they do."""

    source: str
    """Which text."""
    words: str
    start: int | None
    """None if they are not there."""
    end: int | None
    note: str = ""

    @property
    def found(self) -> bool:
        """Whether they stand there."""
        return self.start is not None


def located(words: str, source: str, texts: Mapping[str, str], note: str = "") -> Quote:
    """The words as a quote from that text."""
    start, end = _place(words, texts.get(source, "")) or (None, None)
    return Quote(source, words, start, end, note)


def _place(words: str, text: str) -> tuple[int, int] | None:
    at = text.find(words)
    if at >= 0:
        return at, at + len(words)
    # Lower case character by character keeps every place; `casefold` would not.
    plain = [part for part in re.split(r"\s+", words.translate(MARKS).strip(" \"'`")) if part]
    if not plain:
        return None
    pattern = r"\s+".join(re.escape(part) for part in plain)
    found = re.search(pattern, text.translate(MARKS), flags=re.IGNORECASE)
    return found.span() if found else None
