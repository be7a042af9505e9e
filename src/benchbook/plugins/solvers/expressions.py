"""Regular expressions that a user writes, on texts that a model writes: spelt as Python's, and never searched for long.

Python's own `re` may need longer than the universe has, and holds the interpreter meanwhile.
"""

import re
from collections.abc import Iterator

import regex

from benchbook import BenchbookError, SpecError

__all__ = ["Expression"]

_SECONDS = 1.0
"""The longest that one text is searched: many thousand times what most need."""
_LITERAL_BRACE = re.compile(r"(\\(?:N\{[^{}]*\}|.))|\{(?!\d*,?\d*\})", re.DOTALL)
"""A brace that begins no repetition: `regex` would read `boxed{e}` as a word with mistakes in it."""


class Expression:
    """A regular expression of Python's `re`; SpecError at `field` if it is none."""

    def __init__(self, written: str, *field: str) -> None:
        try:
            re.compile(written)
            self._compiled = regex.compile(_LITERAL_BRACE.sub(lambda found: found[1] or r"\{", written))
        except (re.error, regex.error) as err:
            raise SpecError(f"{written!r} is no regular expression: {err}", field=list(field)) from None
        self.written = written

    @property
    def groups(self) -> int:
        """How many groups it captures."""
        return self._compiled.groups

    def matches(self, text: str) -> Iterator["regex.Match[str]"]:
        """Each place that it matches; BenchbookError if the search takes too long."""
        try:
            yield from self._compiled.finditer(text, timeout=_SECONDS)
        except TimeoutError:
            raise self._too_slow() from None

    def without(self, text: str) -> str:
        """The text without what it matches; BenchbookError if that takes too long."""
        try:
            return self._compiled.sub("", text, timeout=_SECONDS)
        except TimeoutError:
            raise self._too_slow() from None

    def _too_slow(self) -> BenchbookError:
        return BenchbookError(
            f"{self.written!r} was looked for in one text for {_SECONDS:g} s: write it so that no repetition stands "
            "within another, or make them possessive (`*+`)"
        )
