"""How dates, amounts and numbers are written: as usual, and as one would rather not find them."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from benchbook.engine.answers.vocabulary import NUMBERS
from benchbook.engine.synthesis.draws import Draws

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ONES = [word for word, number in NUMBERS.items() if number < 20]
_TENS = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SEPARATORS = {"plain": ("", "."), "comma": (",", "."), "dot": (".", ","), "blank": (" ", ","), "swiss": ("'", ".")}

Grouping = Literal["plain", "comma", "dot", "blank", "swiss"]


def dated(draws: Draws, day: date, *, odd: bool = False) -> str:
    """A day as people write it; as few do, if `odd`. No form can be read as another day."""
    month, short = MONTHS[day.month - 1], MONTHS[day.month - 1][:3]
    usual = (
        day.isoformat(),
        f"{day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{day.day} {short} {day.year}",
        f"{_DAYS[day.weekday()]}, {day.day} {month} {day.year}",
        f"{_DAYS[day.weekday()][:3]} {short} {day.day} {day.year}",
    )
    rare = (
        f"the {ordinal(day.day)} of {month}, {day.year}",
        f"{day.day}.{_ROMAN[day.month - 1]}.{day.year}",
        f"{day.day:02}-{short.upper()}-{day.year % 100:02}",
        f"{day.year}, {month} {ordinal(day.day)}",
        f"{month} the {ordinal(day.day)}, '{day.year % 100:02}",
        f"{day.day:02}{short.upper()}{day.year}",
        f"{day.year}/{day.month:02}/{day.day:02}",
    )
    return draws.pick(rare if odd else usual)


def ordinal(number: int) -> str:
    """`1st`, `22nd`, `13th`."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def amount(cents: int, grouping: Grouping = "comma") -> str:
    """`1,234.50`, or as other countries group it."""
    thousands, point = _SEPARATORS[grouping]
    return f"{cents // 100:,}".replace(",", thousands) + f"{point}{cents % 100:02}"


def spelt(number: int) -> str:
    """A whole number below a million in words."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        ones = f"-{_ONES[number % 10]}" if number % 10 else ""
        return _TENS[number // 10] + ones
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    rest = number % size
    joint = " and " if rest and (size == 100 or rest < 100) else " "
    return f"{spelt(number // size)} {name}" + (joint + spelt(rest) if rest else "")


def counted(draws: Draws, number: int) -> str:
    """A number of things as one says it in passing."""
    dozens = {6: "half a dozen", 12: "a dozen", 24: "two dozen", 36: "three dozen", 48: "four dozen", 2: "a pair of"}
    if number in dozens and draws.chance(0.7):
        return dozens[number]
    return spelt(number) if draws.chance(0.7) else str(number)


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def table(rows: Sequence[Sequence[str]], gap: str = "  ") -> str:
    """Rows in columns, as plain text has them."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join(
        gap.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
