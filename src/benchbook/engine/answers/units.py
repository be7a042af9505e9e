"""Units: what is measured, in what."""

import re
from fractions import Fraction
from typing import NamedTuple

from benchbook.engine.answers.vocabulary import dimensions as basic_dimensions
from benchbook.engine.answers.vocabulary import unit

__all__ = ["Unit", "read_unit", "with_plain_units"]

_WORD = re.compile(r"\^\{?-?\d+\}?|[/*·()]|[^\s/*·^()]+")
_RUN = re.compile(r"(?:kg|kJ|kN|mol|Pa|[NJVWA]|g(?=cm|mL))(?:kg|mol|cm|mm|mL|[msKCVLAh])+")
"""Units that are written closely together, as in `Nm` and `kgm^{-3}`."""
_PIECE = re.compile("kg|kJ|kN|mol|Pa|cm|mm|mL|.")
_IGNORED = frozenset(
    ["of", "units", "unit", "sq", "the", "a", "an", "each", "total", "approximately", "about", "exactly"]
)
_DEGREES = re.compile(r"(?:\bdegrees? |\bdeg |° )(celsius|fahrenheit|[CF])\b", re.IGNORECASE)
_POWERS = {"square": 2, "sq": 2, "cubic": 3}
_POWERS_AFTER = {"squared": 2, "cubed": 3}
_QUOTIENTS = {"mph": ("mi", "h"), "kph": ("km", "h"), "kmh": ("km", "h"), "mps": ("m", "s")}
_AMPERE = "A"
_HIGHEST = 12


class Unit(NamedTuple):
    """A product of powers of units."""

    names: tuple[tuple[str, int], ...]
    """Each by one spelling, with its power, in order."""
    dimensions: tuple[tuple[str, int], ...]
    """What it measures, in the same way."""
    factor: Fraction
    """How many of the base units one of it is."""


def read_unit(text: str) -> Unit:
    """The unit that is spelt so; words that we do not know are units of their own."""
    names, dimensions = dict[str, int](), dict[str, int]()
    factor = Fraction(1)
    for word, power in _powers(text):
        known = unit(word)
        dimension, size, name = known or (_singular(word), Fraction(1), _singular(word))
        names[name] = names.get(name, 0) + power
        for basic, times in basic_dimensions(dimension).items():
            dimensions[basic] = dimensions.get(basic, 0) + times * power
        factor *= size**power
    return Unit(_ordered(names), _ordered(dimensions), factor)


def with_plain_units(text: str) -> str:
    """The answer with its unit in plain words, where LaTeX writes one as a fraction or with Greek letters."""
    if "per" in text:
        text = _PER_CENT.sub("percent", text)
    if "old" in text:
        text = _OLD.sub("", text)
    if "lectron" in text:
        text = _ELECTRONVOLT.sub("eV", text)
    if "sq" in text or "cu" in text:
        text = _SHORT_POWER.sub(lambda match: "square " if match[1] == "sq" else "cubic ", text)
    if "/" in text:
        text = _OVER.sub(_over, _PER_DEGREE.sub(r"/(\1 \2)", text))
    if "frac" in text:
        text = _FRACTION.sub(lambda match: rf"\text{{ {_bare(match[1])}/({_bare(match[2])})}}", text)
    if "\\mu" in text or "\\Omega" in text:
        text = _without_greek(text)
    return text


def _over(match: re.Match[str]) -> str:
    """A quotient of units in words; as it is, if there is something else in it."""
    below = re.sub(r"\^\{?\s?\\circ\s?\}?\s?", "°", match[2]).replace("\\cdot", " ").replace("*", " ")
    words = [re.sub(r"\^.*", "", word) for word in below.split()]
    if unit(match[1]) is None or not words or any(unit(word) is None for word in words):
        return match[0]
    return rf"\text{{ {match[1]}/({below.replace('{', '').replace('}', '').strip()})}}"


def _bare(units: str) -> str:
    return re.sub(rf"{_FACE}|[{{}}\\]|cdot|,", " ", units).strip().replace(" ^", "^")


def _without_greek(text: str) -> str:
    match = _GREEK.search(text)
    if match is None or not _NUMERAL.fullmatch(_SETTING.sub("", text[: match.start()])):
        return text
    word = f"u{match['micro']}" if match["micro"] else f"{_PREFIXES[match['prefix'] or '']}ohm"
    rest = text[match.end() :]
    if rest.count("}") > rest.count("{"):
        rest = rest.replace("}", "", 1)
    return f"{text[: match.start()]}\\text{{ {word}}}{rest}"


_FACE = r"(?:\\(?:text|textrm|mathrm|rm|unit)\s?\{\s?)"
_GREEK = re.compile(
    rf"{_FACE}?(?:\\mu\s?\}}?\s?{_FACE}?(?P<micro>mol|Pa|Wb|[msgLFAVCJWTHNSMK])(?![A-Za-z]| ?[A-Za-z(\\])"
    rf"|(?P<prefix>[kMmG])?\s?\}}?\s?{_FACE}?\\Omega(?! ?[A-Za-z_^(]))\}}?"
)
_UPRIGHT = r"(?:\\(?:text|textrm|mathrm)\s?\{[^{}]{1,40}\}(?:\^\{?-?\d\}?)?(?: |\\[,;! ]|\\cdot)*)+"
_FRACTION = re.compile(rf"(?<=[\d}}), ;])\\[dt]?frac\s?\{{\s?({_UPRIGHT})\}}\s?\{{\s?({_UPRIGHT})\}}")
_PER_DEGREE = re.compile(r"/ ?([a-z]{1,3})(?: |\\cdot ?){0,2}(\^\{?\\circ ?\}? ?[CF])(?![A-Za-z])")
_SHORT_POWER = re.compile(r"(?<=[\d }])(sq|cu)\.? (?=(?:[a-z]?m|ft|in|yd|mi|feet|inch|yard|mile|met|unit))")
_OVER = re.compile(r"(?<=[\d}), ;])([A-Za-z]{1,4}) ?/ ?\(([A-Za-z0-9^{}\\ °*]{1,40})\)")
_PER_CENT = re.compile(r"(?<=[\d}{ ])per[ -]cent\b")
_OLD = re.compile(r"(?<=[rsh]) old\b")
_ELECTRONVOLT = re.compile(r"electron[ -]?volts?", re.IGNORECASE)
_SETTING = re.compile(r"\\(?:times|cdot|[,;:! ])|~")
_NUMERAL = re.compile(r"[-+ ]*\d[\d.,{}^ -]*")
_PREFIXES = {"": "", "k": "kilo", "M": "mega", "m": "milli", "G": "giga"}


def _powers(text: str) -> list[tuple[str, int]]:  # noqa: C901 - one line a sign
    """Words and their powers: `m/s^2` is m to the power of 1, s to that of -2."""
    found = list[tuple[str, int]]()
    sign, ahead, below = 1, 1, False
    text = _DEGREES.sub(lambda match: f"°{match[1][0].upper()}", text)
    words = _WORD.findall(text.replace("-", " ") if "^" not in text else text)
    for word, following in zip(words, [*words[1:], ""], strict=True):
        lower = word.lower().strip(".,")
        if word in {"/", "per"} or lower == "per":
            sign = -1
        elif word == "(":
            below = sign < 0
        elif word == ")":
            sign = 1 if below else sign
        elif word.startswith("^"):
            exponent = int(re.sub(r"[^\d-]", "", word)[:3])
            if found and abs(exponent) <= _HIGHEST:
                found[-1:] = _raised(*found[-1], exponent)
        elif lower in _POWERS:
            ahead = _POWERS[lower]
        elif lower in _POWERS_AFTER and found:
            found[-1] = (found[-1][0], found[-1][1] * _POWERS_AFTER[lower])
        elif lower in _QUOTIENTS:
            above, under = _QUOTIENTS[lower]
            found += [(above, sign), (under, -sign)]
        elif lower == "in" and following[:1].isalpha():
            # As in `miles in total`: not an inch.
            continue
        elif word not in {"*", "·"} and lower and (lower not in _IGNORED or word == _AMPERE):
            pieces = _PIECE.findall(word) if _RUN.fullmatch(word) and unit(word) is None else [word.strip(".,")]
            found += [(piece, sign * ahead) for piece in pieces]
            ahead = 1
    return found


def _raised(word: str, power: int, exponent: int) -> list[tuple[str, int]]:
    if word == "ms" and exponent < 0:
        # As in `9.8 ms^{-2}`: metres, and no thousandths of seconds.
        return [("m", power), ("s", power * exponent)]
    return [(word, power * exponent)]


def _singular(word: str) -> str:
    lower = word.lower()
    if lower == "people":
        return "person"
    for ending, shorter in (("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("s", "")):
        if lower.endswith(ending) and len(lower) > len(ending) + 2:
            return lower.removesuffix(ending) + shorter
    return lower


def _ordered(powers: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((name, power) for name, power in powers.items() if power))
