"""What is no formula, and has parts of its own: dates, times of day, amounts in several units."""

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from benchbook.engine.answers.tree import Node
from benchbook.engine.answers.units import Unit, read_unit
from benchbook.engine.answers.vocabulary import unit

__all__ = ["DAY", "Amount", "Date", "dates_of", "in_words", "seconds_of"]

HALF_DAY = 12 * 3600
_LONGEST = 80


class Date(NamedTuple):
    """A day, as far as it is told."""

    year: int | None
    month: int
    day: int | None


class Amount(NamedTuple):
    """An amount in several units: its total in basic ones, and the units that it is told in."""

    total: Fraction
    units: tuple[Unit, ...]


def in_words(text: str) -> Node | None:
    """The date, the time of day or the amount that is written so."""
    if len(text) > _LONGEST or not any(char.isalpha() or char == "'" for char in text):
        return None
    bare = _FACES.sub(r" \1 ", text).replace("^{th}", "th").casefold()
    bare = " ".join(bare.replace("~", " ").split()).strip(" .")
    if (date := _date(bare.replace(",", " "))) is not None:
        return Node("date", (), date)
    if (seconds := _clock(bare)) is not None:
        return Node("clock", (), seconds)
    amount = _amount(bare)
    return None if amount is None else Node("amount", (), amount)


def dates_of(digits: str) -> tuple[Date, ...]:
    """The dates that numbers with dashes or slashes between may be: `3/5/2024` is two."""
    if iso := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", digits):
        found = [Date(int(iso[1]), int(iso[2]), int(iso[3]))]
    elif last := re.fullmatch(r"(\d{1,2})[-/](\d{1,2})[-/](\d{4})", digits):
        one, other, year = map(int, last.groups())
        found = [Date(year, one, other), Date(year, other, one)]
    else:
        found = []
    return tuple(dict.fromkeys(date for date in found if _is_day(date)))


def seconds_of(texts: tuple[str, ...]) -> tuple[int, bool] | None:
    """Seconds since midnight of a time like `15:30`, and whether it may as well be half a day later."""
    if not all(re.fullmatch(r"\d{1,2}", text) for text in texts):
        return None
    hour, *smaller = map(int, texts)
    if hour >= _HOURS or any(part >= _SIXTY for part in smaller):
        return None
    return _seconds(hour, *smaller), 1 <= hour <= _NOON and not texts[0].startswith("0")


_FACES = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mbox|rm)\s?\{([^{}]*)\}")
_HOURS, _SIXTY, _NOON = 24, 60, 12
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_MONTH = rf"(?P<month>{'|'.join(_MONTHS)}|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)\.?"
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day +)?"
_DAY = r"(?:the )?(?P<day>\d{1,2}) ?(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_DATES = tuple(
    re.compile(form)
    for form in (
        rf"{_WEEKDAY}{_MONTH} +{_DAY}(?: +{_YEAR})?",
        rf"{_WEEKDAY}{_DAY} +(?:of +)?{_MONTH}(?: +{_YEAR})?",
        rf"{_MONTH} +{_YEAR}",
    )
)
_DAYS = 31
_NAMED = "|".join(name.capitalize() for name in _MONTHS)
DAY = (
    rf"(?:{_NAMED}) \d{{1,2}}(?:(?:st|nd|rd|th)?(?:,? \d{{4}}\b)|st|nd|rd|th|\b(?! [a-z]))|(?:{_NAMED}) \d{{4}}\b"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_NAMED})\b(?:,? \d{{4}})?"
)
"""A day, or a month of a year, within a sentence."""


def _date(text: str) -> Date | None:
    for form in _DATES:
        if match := form.fullmatch(text):
            found = match.groupdict()
            month = next(at for at, name in enumerate(_MONTHS, 1) if name.startswith(found["month"][:3]))
            day, year = (int(found[part]) if found.get(part) else None for part in ("day", "year"))
            date = Date(year, month, day)
            return date if _is_day(date) else None
    return None


def _is_day(date: Date) -> bool:
    return 1 <= date.month <= len(_MONTHS) and (date.day is None or 1 <= date.day <= _DAYS)


_CLOCK = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?::(\d{2}))? ?([ap])\.? ?m")


def _clock(text: str) -> int | None:
    if match := _CLOCK.fullmatch(text):
        hour, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
        if 1 <= hour <= _NOON and minutes < _SIXTY and seconds < _SIXTY:
            return _seconds(hour % _NOON, minutes, seconds) + (HALF_DAY if match[4] == "p" else 0)
    return None


def _seconds(hour: int, minutes: int = 0, seconds: int = 0) -> int:
    return (hour * _SIXTY + minutes) * _SIXTY + seconds


_PART = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?([^\W\d_]+)(?:,? and |, | |$)")
_FEET = re.compile(r"(\d{1,3}) ?' ?(\d{1,2}(?:\.\d{1,3})?) ?(?:\"|'')")


def _amount(text: str) -> Amount | None:
    """The amount that several numbers with units of one kind tell, the larger unit first."""
    if feet := _FEET.fullmatch(text):
        text = f"{feet[1]} feet {feet[2]} inches"
    parts = list(_parts(text))
    if len(parts) < len(("large", "small")) or len({each.dimensions for _, each in parts}) > 1:
        return None
    if any(small.factor >= large.factor for (_, large), (_, small) in pairwise(parts)):
        return None
    return Amount(sum((value * each.factor for value, each in parts), Fraction(0)), tuple(each for _, each in parts))


def _parts(text: str) -> Iterator[tuple[Fraction, Unit]]:
    """Each number with its unit; nothing if there is something else in the text."""
    found, at = list[tuple[Fraction, Unit]](), 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None or unit(match[2]) is None:
            return
        found.append((Fraction(match[1]), read_unit(match[2])))
        at = match.end()
    yield from found
