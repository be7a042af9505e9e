"""Regular expressions that a user writes, on texts that a model writes: spelt as Python's, and never searched for long.

Python's own `re` may need longer than the universe has, and holds the interpreter meanwhile. `regex` finds the same,
but for two things: `\\w` and `\\b` take marks for parts of the letter that they stand on (`दिल्ली` is one word) and `²`
for none, as Unicode has it; and `[[:alpha:]]` is a class, as POSIX has it.
"""

import re
from collections.abc import Iterator

import regex

from benchbook import BenchbookError, SpecError

__all__ = ["Expression"]

_SECONDS = 3.0
"""Of processor time, of this whole process, that one text is searched: many thousand times what most need."""
_LITERAL_BRACE = re.compile(r"(\\(?:N\{[^{}]*\}|.))|\{(?!\d*,?\d*\})", re.DOTALL)
"""A brace that begins no repetition: `regex` would read `boxed{e}` as a word with mistakes in it."""


class Expression:
    """A regular expression of Python's `re`; SpecError at `field` if it is none."""

    def __init__(self, written: str, *field: str, seconds: float = _SECONDS) -> None:
        try:
            re.compile(written)
            self._compiled = regex.compile(_LITERAL_BRACE.sub(lambda found: found[1] or r"\{", written))
        except (re.error, regex.error, OverflowError, RecursionError) as err:
            raise SpecError(f"{written!r} is no regular expression: {err}", field=list(field)) from None
        self.written = written
        self._seconds = seconds

    @property
    def groups(self) -> int:
        """How many groups it captures."""
        return self._compiled.groups

    def matches(self, text: str) -> Iterator["regex.Match[str]"]:
        """Each place that it matches; BenchbookError if the search takes too long."""
        try:
            yield from self._compiled.finditer(text, timeout=self._seconds)
        except TimeoutError:
            raise self._too_slow() from None

    def without(self, text: str) -> str:
        """The text without what it matches; BenchbookError if that takes too long."""
        try:
            return self._compiled.sub("", text, timeout=self._seconds)
        except TimeoutError:
            raise self._too_slow() from None

    def _too_slow(self) -> BenchbookError:
        return BenchbookError(
            f"{self.written!r} was looked for in one text for {self._seconds:g} s: write it so that no repetition "
            "stands within another, or make them possessive (`*+`)"
        )
