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
PLAIN = {"infinity": "infty", "inf": "infty", "oo": "infty", "mod": "bmod", "modulo": "bmod"}
"""Plain words for constants and signs."""

_UNITS: dict[str, tuple[str, Fraction, str]] = {}
"""Spelling → dimension, factor to its base unit, and one name for it."""


_EVERYDAY = frozenset(("cm", "dm", "ft", "hr", "in", "kg", "km", "lb", "mi", "ml", "mm", "oz", "yd"))
"""Short units that are known in any case: a capital makes another one of most others, as `Nm` is no `nm`."""
_SHORT = 2
_MEGA = re.compile("M[a-z]")
"""No other spelling of what begins with a small m: `Mg` is no `mg`."""


def unit(word: str) -> tuple[str, Fraction, str] | None:
    """Dimension, factor and name of the unit spelt so; None if we know none."""
    lower = word.lower()
    if word in _UNITS or _MEGA.fullmatch(word) or (len(word) <= _SHORT and lower not in _EVERYDAY):
        return _UNITS.get(word)
    return _UNITS.get(lower) or (_UNITS.get(lower[:-1]) if word[-1:] == "s" else None)


def dimensions(name: str) -> dict[str, int]:
    """The dimension in terms of the basic ones: energy is mass times the square of a speed."""
    return _DERIVED.get(name, {name: 1})


_DERIVED: dict[str, dict[str, int]] = {
    "volume": {"length": 3},
    "force": {"mass": 1, "length": 1, "time": -2},
    "energy": {"mass": 1, "length": 2, "time": -2},
    "power": {"mass": 1, "length": 2, "time": -3},
    "pressure": {"mass": 1, "length": -1, "time": -2},
    "charge": {"current": 1, "time": 1},
    "voltage": {"mass": 1, "length": 2, "time": -3, "current": -1},
    "resistance": {"mass": 1, "length": 2, "time": -3, "current": -2},
    "conductance": {"mass": -1, "length": -2, "time": 3, "current": 2},
    "capacitance": {"mass": -1, "length": -2, "time": 4, "current": 2},
    "inductance": {"mass": 1, "length": 2, "time": -2, "current": -2},
    "flux": {"mass": 1, "length": 2, "time": -2, "current": -1},
    "field": {"mass": 1, "time": -2, "current": -1},
    "frequency": {"time": -1},
    "concentration": {"amount": 1, "length": -3},
}
_PREFIXES = {
    "T": ("tera", "1e12"), "G": ("giga", "1e9"), "M": ("mega", "1e6"), "k": ("kilo", "1e3"), "h": ("hecto", "1e2"),
    "c": ("centi", "1e-2"), "m": ("milli", "1e-3"), "µ": ("micro", "1e-6"), "n": ("nano", "1e-9"),
    "p": ("pico", "1e-12"), "f": ("femto", "1e-15"),
}  # fmt: skip


def _keep(dimension: str, *units: tuple[str, str | int | Fraction]) -> None:
    for spellings, factor in units:
        words = spellings.split()
        for word in words:
            _UNITS[word] = (dimension, Fraction(factor), words[0])


def _keep_scaled(dimension: str, spellings: str, factor: str | int, prefixes: str) -> None:
    """Keep a unit, first by its symbol, with its multiples and parts: `J joule` with `mJ millijoule`."""
    symbol, *words = spellings.split()
    _keep(dimension, (spellings, factor))
    for sign in prefixes:
        prefix, scale = _PREFIXES[sign]
        symbols = f"{sign}{symbol}" if sign != "µ" else f"µ{symbol} u{symbol}"
        _keep(dimension, (" ".join([symbols, *(prefix + word for word in words)]), Fraction(factor) * Fraction(scale)))


_keep_scaled("length", "m meter metre meters metres", 1, "kcmµnpf")
_keep(
    "length",
    ("µm um micrometer micrometre micrometers micron microns", "1e-6"), ("Å angstrom angstroms", "1e-10"),
    ("dm decimeter decimetre", "0.1"), ("in inch inches", "0.0254"), ("ft foot feet", "0.3048"),
    ("yd yard yards", "0.9144"), ("mi mile miles", "1609.344"),
)  # fmt: skip
_keep_scaled("time", "s second seconds", 1, "mµnpf")
_keep(
    "time",
    ("s sec second seconds secs", 1), ("min minute minutes mins", 60), ("h hr hrs hour hours", 3600),
    ("day days", 86400), ("week weeks", 604800),
)  # fmt: skip
_keep("month", ("month months", 1), ("year years yr yrs", 12))
_keep_scaled("mass", "g gram grams gramme", "0.001", "kmµn")
_keep(
    "mass",
    ("kg kilogram kilograms kilogramme", 1), ("t tonne tonnes", 1000), ("lb lbs pound pounds", "0.45359237"),
    ("oz ounce ounces", "0.028349523125"),
)  # fmt: skip
_keep_scaled("volume", "L liter litre liters litres", "0.001", "mµ")
_keep(
    "volume",
    ("L l liter litre liters litres", "0.001"), ("mL ml cc milliliter millilitre milliliters", "1e-6"),
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
_keep_scaled("force", "N newton newtons", 1, "kmµ")
_keep_scaled("energy", "J joule joules", 1, "GMkmµ")
_keep_scaled("energy", "eV electronvolt electronvolts", "1.602176634e-19", "TGMkm")
_keep_scaled("energy", "cal calorie calories", "4.184", "k")
_keep_scaled("energy", "Wh", 3600, "GMk")
_keep_scaled("power", "W watt watts", 1, "GMkmµ")
_keep_scaled("pressure", "Pa pascal pascals", 1, "GMkhmµ")
_keep("pressure", ("bar bars", 100000), ("atm atmosphere atmospheres", 101325))
_keep_scaled("voltage", "V volt volts", 1, "kmµ")
_keep_scaled("current", "A amp amps ampere amperes", 1, "mµnp")
_keep_scaled("resistance", "Ω ohm ohms Omega", 1, "GMkmµ")
_keep("resistance", ("kΩ kilohm kilohms", 1000), ("MΩ megohm megohms", 10**6))
_keep_scaled("conductance", "S siemens", 1, "mµ")
_keep_scaled("capacitance", "F farad farads", 1, "mµnp")
_keep_scaled("inductance", "H henry henries henrys", 1, "mµn")
_keep_scaled("flux", "Wb weber webers", 1, "mµ")
_keep_scaled("frequency", "Hz hertz", 1, "TGMkm")
_keep_scaled("charge", "C coulomb coulombs", 1, "mµnp")
_keep_scaled("temperature", "K kelvin kelvins", 1, "mµ")
_keep("celsius", ("°C celsius", 1))
_keep("fahrenheit", ("°F fahrenheit", 1))
_keep_scaled("amount", "mol mole moles", 1, "kmµn")
_keep_scaled("concentration", "M molar", 1000, "mµnp")
_keep_scaled("field", "T tesla teslas", 1, "mµ")
_keep("field", ("G gauss", "0.0001"))
NONE = frozenset(
    (
        "no solution", "no solutions", "none", "no real solution", "no real solutions", "empty set", "the empty set",
        "no such", "there are no solutions", "there is no solution", "no answer", "no values", "impossible",
        "no real roots", "no roots",
    )
)  # fmt: skip
"""That there is no solution, in words."""
MANY = frozenset(
    f"{there}{number}{what}"
    for there in ("", "there are ", "there is ")
    for number in ("infinitely many", "infinite", "infinite number of", "infinite many")
    for what in ("", " solutions", " real solutions")
    if what or number == "infinitely many"
)
"""That there are infinitely many solutions."""
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
UNKNOWN = frozenset(
    ("not enough information", "isn't enough information", "insufficient information", "cannot be determined",
     "can't be determined", "cannot be answered", "cannot be solved", "unable to determine", "cannot determine",
     "can't determine", "not enough data", "insufficient data", "indeterminate")
)  # fmt: skip
"""That what is known is too little."""
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
CHANGING = frozenset(
    ("squared", "cubed", "half", "halve", "third", "quarter", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
     "tenth", "twelfth", "hundredth", "thousandth", "dozen", "gross", "score", "lakh", "crore", "factorial", "inverse",
     "recurring", "repeating", "most", "least", "below", "above", "thousand", "impossible", "negative")
)  # fmt: skip
"""What follows a number and makes another one of it, or none."""
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
