"""The words that answers are made of: functions, units, and what says that there is none."""

import re
from fractions import Fraction

FUNCTIONS = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "sinh",
        "cosh",
        "tanh",
        "coth",
        "sech",
        "csch",
        "arcsin",
        "arccos",
        "arctan",
        "arccot",
        "arcsec",
        "arccsc",
        "asin",
        "acos",
        "atan",
        "arcsinh",
        "arccosh",
        "arctanh",
        "asinh",
        "acosh",
        "atanh",
        "ln",
        "log",
        "lg",
        "lb",
        "exp",
        "sqrt",
        "cbrt",
        "gcd",
        "lcm",
        "max",
        "min",
        "det",
        "arg",
        "Re",
        "Im",
        "sgn",
        "sign",
        "erf",
        "floor",
        "ceil",
        "abs",
        "Gamma",
        "deg",
    ]
)
CONSTANTS = frozenset(
    [
        "pi",
        "infty",
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "theta",
        "lambda",
        "mu",
        "nu",
        "rho",
        "sigma",
        "tau",
        "phi",
        "psi",
        "omega",
    ]
)
PLAIN = {"infinity": "infty", "inf": "infty", "oo": "infty"}
"""Plain words for constants."""

_UNITS: dict[str, tuple[str, Fraction, str]] = {}
"""Spelling → dimension, factor to its base unit, and one name for it."""


_MEGA = re.compile("M[a-z]")
"""No other spelling of what begins with a small m: `Mg` is no `mg`."""


def unit(word: str) -> tuple[str, Fraction, str] | None:
    """Dimension, factor and name of the unit spelt so; None if we know none."""
    if _MEGA.fullmatch(word):
        return _UNITS.get(word)
    return _UNITS.get(word) or _UNITS.get(word.lower()) or (_UNITS.get(word.lower()[:-1]) if word[-1:] == "s" else None)


def _keep(dimension: str, *units: tuple[str, str | int]) -> None:
    for spellings, factor in units:
        words = spellings.split()
        for word in words:
            _UNITS[word] = (dimension, Fraction(factor), words[0])


_keep(
    "length",
    ("m meter metre meters metres", 1), ("cm centimeter centimetre centimeters centimetres", "0.01"),
    ("mm millimeter millimetre millimeters millimetres", "0.001"),
    ("km kilometer kilometre kilometers kilometres", 1000),
    ("µm um micrometer micrometre micron microns micrometers", "1e-6"), ("nm nanometer nanometre nanometers", "1e-9"),
    ("pm picometer", "1e-12"), ("Å angstrom angstroms", "1e-10"), ("dm decimeter decimetre", "0.1"),
    ("in inch inches", "0.0254"), ("ft foot feet", "0.3048"), ("yd yard yards", "0.9144"),
    ("mi mile miles", "1609.344"),
)  # fmt: skip
_keep(
    "time",
    ("s sec second seconds secs", 1), ("ms millisecond milliseconds", "0.001"), ("min minute minutes mins", 60),
    ("h hr hrs hour hours", 3600), ("day days", 86400), ("week weeks", 604800), ("µs us microsecond", "1e-6"),
    ("ns nanosecond nanoseconds", "1e-9"),
)  # fmt: skip
_keep("month", ("month months", 1), ("year years yr yrs", 12))
_keep(
    "mass",
    ("kg kilogram kilograms kilogramme", 1), ("g gram grams gramme", "0.001"), ("mg milligram milligrams", "1e-6"),
    ("µg ug microgram", "1e-9"), ("t tonne tonnes", 1000), ("lb lbs pound pounds", "0.45359237"),
    ("oz ounce ounces", "0.028349523125"),
)  # fmt: skip
_keep(
    "volume",
    ("L l liter litre liters litres", "0.001"), ("mL ml milliliter millilitre milliliters", "1e-6"),
    ("gal gallon gallons", "0.003785411784"), ("qt quart quarts", "0.000946352946"), ("pint pints", "0.000473176473"),
    ("cup cups", "0.0002365882365"),
)  # fmt: skip
_keep("money", ("dollar dollars usd $ buck bucks", 1), ("cent cents ¢", "0.01"))
_keep("euro", ("euro euros eur €", 1))
_keep("sterling", ("gbp £", 1))
_keep("yen", ("yen jpy ¥", 1))
_keep("rupee", ("rupee rupees inr rs ₹", 1))
_keep("angle", ("degree degrees deg °", 1))
_keep("radian", ("radian radians rad", 1))
_keep("percent", ("percent pct %", "0.01"))
_keep("speed", ("mph", 1), ("kph kmh", 1))
_keep("force", ("N newton newtons", 1), ("kN kilonewton", 1000))
_keep(
    "energy",
    ("J joule joules", 1), ("kJ kilojoule kilojoules", 1000), ("MJ", 1000000), ("eV", "1.602176634e-19"),
    ("cal calorie calories", "4.184"), ("kcal", 4184),
)  # fmt: skip
_keep("power", ("W watt watts", 1), ("kW kilowatt kilowatts", 1000), ("MW megawatt", 1000000))
_keep("pressure", ("Pa pascal pascals", 1), ("kPa", 1000), ("atm", 101325), ("bar", 100000))
_keep("voltage", ("V volt volts", 1), ("mV", "0.001"), ("kV", 1000))
_keep("current", ("A amp amps ampere amperes", 1), ("mA", "0.001"))
_keep("resistance", ("ohm ohms Ω", 1), ("kΩ", 1000))
_keep("frequency", ("Hz hertz", 1), ("kHz", 1000), ("MHz", 1000000), ("GHz", 1000000000))
_keep("charge", ("C coulomb coulombs", 1), ("µC", "1e-6"))
_keep("temperature", ("K kelvin kelvins", 1))
_keep("celsius", ("°C celsius", 1))
_keep("fahrenheit", ("°F fahrenheit", 1))
_keep("amount", ("mol mole moles", 1), ("mmol", "0.001"))
_keep("field", ("T tesla teslas", 1))

NONE = frozenset(
    (
        "no solution", "no solutions", "none", "no real solution", "no real solutions", "empty set", "the empty set",
        "no such", "there are no solutions", "there is no solution", "no answer", "no values", "impossible",
        "no real roots", "no roots",
    )
)  # fmt: skip
"""That there is no solution, in words."""
UNDEFINED = frozenset(
    (
        "undefined",
        "dne",
        "does not exist",
        "doesn't exist",
        "not defined",
        "nonexistent",
        "d.n.e",
        "d.n.e.",
        "indefinite",
    )
)
EVERYTHING = frozenset(
    ("all real numbers", "all reals", "all real values", "any real number", "every real number", "the real numbers",
     "r",
     "real numbers", "the set of all real numbers", "the set of real numbers", "all real number")
)  # fmt: skip
NUMBERS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
ARTICLES = frozenset(("a", "an", "the"))
SHORT_WORDS = frozenset(
    [
        "no",
        "yes",
        "or",
        "and",
        "if",
        "is",
        "of",
        "to",
        "all",
        "any",
        "one",
        "two",
        "six",
        "ten",
        "odd",
        "even",
        "red",
        "blue",
        "east",
        "west",
        "am",
        "pm",
        "to",
        "per",
        "not",
        "for",
        "the",
        "by",
        "at",
        "on",
    ]
)
"""Words of two or three letters that are no product of variables."""
