"""Pieces of GitHub-flavoured Markdown in which text that others wrote stays text."""

import re
from collections.abc import Iterable, Sequence

from benchbook.service.report_text import one_line

# What means something within a line, and what does at its beginning. An underscore within a word means nothing.
_MARKS = re.compile(
    r"[\\`*\[\]|~<>&]|(?<![^\W_])_|_(?![^\W_])|^[#=]|^[-+](?=[ -])|(?<=^\d)[.)](?= )|(?<=^\d\d)[.)](?= )"
)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """A table whose first `left` columns are words; the others are numbers."""
    rule = ["---" if at < left else "---:" for at in range(len(header))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))


def fenced(text: str, language: str) -> str:
    """A code block whose fence is longer than any run of backticks within."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def text(said: str) -> str:
    """One line of plain text: no mark, tag or line break of it means anything."""
    return _MARKS.sub(lambda match: _ENTITIES.get(match[0], f"\\{match[0]}"), one_line(said))
