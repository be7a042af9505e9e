"""Numbers in several words: `twenty-one`, `negative three`, `two thirds`, `3 and a half`, `1 in 4`."""

import re
from fractions import Fraction

from benchbook.engine.answers.vocabulary import NUMBERS, SCALES

__all__ = ["COUNT", "counted", "spoken"]

_LONGEST = 80
_TENS = dict(
    zip(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), range(20, 100, 10), strict=True)
)
_PARTS = {
    "half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "twelfth": 12, "sixteenth": 16, "twentieth": 20, "hundredth": 100, "thousandth": 1000,
}  # fmt: skip
"""Below which line a number stands."""
_ARTICLES = ("a", "an")
_NAMES = "|".join(sorted((*NUMBERS, *_TENS, *SCALES, *(f"{part}s?" for part in _PARTS)), key=len, reverse=True))
COUNT = rf"(?:(?:minus|negative) )?\b(?:{_NAMES})(?:(?:-| and | )(?:{_NAMES}))*\b"
"""A number in words."""
_COUNTED = re.compile(
    rf"({COUNT}) (?!(?:and|or|to|in|out)\b)(?=[A-Za-z])((?:(?!\b(?:{_NAMES})\b)[^\d])+)", re.IGNORECASE
)


def spoken(text: str) -> Fraction | None:
    """The number that is told in two words or more; None if something else is."""
    if len(text) > _LONGEST or not re.fullmatch(r"[A-Za-z0-9 -]+", text):
        return None
    if ratio := re.fullmatch(r"(\d{1,9}) (?:in|out of) ([1-9]\d{0,8})", text):
        return Fraction(int(ratio[1]), int(ratio[2]))
    words = text.casefold().replace("-", " ").split()
    if text.casefold() in _TENS:
        return Fraction(_TENS[text.casefold()])
    if len(words) < len(("two", "words")) or all(word.isdigit() for word in words):
        return None
    sign = -1 if words[0] in ("negative", "minus") else 1
    words = words[1:] if sign < 0 else words
    if "and" in words and words[-1] in _PARTS:
        at = len(words) - 1 - words[::-1].index("and")
        whole, rest = _whole(words[:at]), _part(words[at + 1 :])
        return None if whole is None or rest is None else sign * (whole + rest)
    found = _part(words) if words[-1] in _PARTS or words[-1].removesuffix("s") in _PARTS else _whole(words)
    return None if found is None else sign * Fraction(found)


def counted(text: str) -> str | None:
    """What begins with a number in words and goes on with what is counted, with the number in digits."""
    match = _COUNTED.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    value = NUMBERS.get(match[1].casefold(), spoken(match[1]))
    return None if value is None else f"{value} {match[2]}"


def _part(words: list[str]) -> Fraction | None:
    """`a half`, `two thirds`."""
    below = _PARTS.get(words[-1]) or _PARTS.get(words[-1].removesuffix("s"))
    above = 1 if words[:-1] and words[0] in _ARTICLES and len(words) == 2 else _whole(words[:-1])
    if below is None or above is None:
        return None
    # `7 quarters` are coins.
    return None if words[0].isdigit() and words[-1] == "quarters" and above > below else Fraction(above, below)


def _whole(words: list[str]) -> int | None:
    """`one hundred and five`, `12`."""
    if not words or words[-1] == "and":
        return None
    if len(words) == 1 and words[0].isdigit():
        return int(words[0])
    total, group = 0, 0
    for word in words:
        if word in NUMBERS and group % 10 == 0 and (NUMBERS[word] < 10 or group % 100 == 0):
            group += NUMBERS[word]
        elif word in _TENS and group % 100 == 0:
            group += _TENS[word]
        elif word == "hundred" and 0 < group < 10:
            group *= 100
        elif word in SCALES and word != "hundred" and group:
            total, group = total + group * SCALES[word], 0
        elif word != "and" or not (group or total):
            return None
    return total + group
