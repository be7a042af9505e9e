"""Texts and numbers as reports write them. Text of models is hostile: nothing stays invisible, nothing is endless."""

import re
from dataclasses import dataclass

# What hides, reorders or controls: C0 and C1 (but tab and newline), soft hyphen, bidi and zero-width controls, line
# and paragraph separators, lone surrogates, noncharacters, tags. The joiners U+200C and U+200D stay: many scripts
# and emoji need them.
_UNSEEN = re.compile(
    "([\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f"
    "\\ud800-\\udfff\\ufdd0-\\ufdef\\ufeff\\ufff9-\\ufffb\\ufffe\\uffff\\U000e0000-\\U000e0fff])\\1*"
)

LINE = 1000
"""Characters of a name that are shown."""


@dataclass(frozen=True)
class Excerpt:
    """A text, or its beginning and end where it is too long."""

    head: str
    left_out: int = 0
    """Characters between head and tail that are not shown."""
    tail: str = ""

    def __bool__(self) -> bool:
        return bool(self.head)


def visible(text: str) -> str:
    """The text with every character that one could not see spelt out: `⟦U+202E⟧`, `⟦U+0000 × 512⟧`."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub(_spelt, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    """The same for a name or a table's cell: blanks and line breaks become single blanks, and it ends somewhere."""
    line = re.sub(r"[ \t\r\n]+", " ", text[: 2 * LINE]).strip()
    return visible(line if len(line) <= LINE and len(text) <= 2 * LINE else f"{line[:LINE]}…")


def excerpt(text: str, limit: int) -> Excerpt:
    """At most `limit` characters of the text, most of them from its beginning."""
    if len(text) <= limit:
        return Excerpt(visible(text))
    tail = limit // 4
    head = limit - tail
    return Excerpt(visible(text[:head]), len(text) - limit, visible(text[len(text) - tail :]))


def percent(value: float | None) -> str:
    """`43.2 %`, or a dash."""
    return "–" if value is None else f"{100 * value:.1f} %"


def interval(low: float | None, high: float | None, *, unit: float = 100) -> str:
    """`33.1–53.8`, in percent unless `unit` says otherwise; a dash where there is none, or where it has no width: the
    formula fails there, nothing is that certain."""
    if low is None or high is None or low == high:
        return "–"
    digits = 1 if unit == 100 else 3
    return f"{unit * low:.{digits}f}–{unit * high:.{digits}f}"


def plain(value: float | None, digits: int = 2) -> str:
    """A number with a few digits, or a dash."""
    return "–" if value is None else f"{value:,.{digits}f}"


def count(value: float | None) -> str:
    """A whole number with its thousands apart, or a dash."""
    return "–" if value is None else f"{value:,.0f}"


def seconds(value: float | None) -> str:
    """`1.24 s`, `38 ms`, `2 min 5 s`, or a dash."""
    if value is None:
        return "–"
    if value >= 100:
        return f"{int(value // 60):,} min {int(value % 60)} s"
    if 0 < value < 0.001:
        return f"{1000 * value:.1f} ms"
    return f"{1000 * value:.0f} ms" if value < 1 else f"{value:,.2f} s"


def mebibytes(size: float) -> str:
    """`12.4 MiB`."""
    return f"{size / (1 << 20):,.1f} MiB"


def _spelt(match: re.Match[str]) -> str:
    code = f"U+{ord(match[1]):04X}"
    times = len(match[0])
    return f"⟦{code}⟧" * times if times <= 3 else f"⟦{code} × {times:,}⟧"
