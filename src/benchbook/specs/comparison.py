"""When what a program gave is as good as what it should give. The rules are written out in docs/sandbox.md."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, groupby
from typing import Any, Literal, NamedTuple

from pydantic import Field, model_validator

from benchbook.errors import SpecError
from benchbook.specs.quoting import quoted
from benchbook.specs.spec import Spec

TextRule = Literal["exact", "lines", "tokens", "numbers"]
"""`exact`; `lines`, where blanks at the end of lines and of the text do not count; `tokens`, words between blanks;
`numbers`, words of which those that are numbers match within a tolerance."""

STEPS = 1_000_000
"""How much may be tried to find partners for things without an order, beyond reading the values once."""


class TooManySteps(Exception):
    """The values could not be compared within the bounds; they do not count as matching."""


class Comparison(Spec):
    """Values match if their types do, all the way down; floats within a tolerance. The fields make it laxer."""

    rel_tolerance: float = Field(default=1e-9, ge=0)
    abs_tolerance: float = Field(default=1e-12, ge=0)
    int_equals_float: bool = False
    """Whether 2 is as good as 2.0, either way. A bool is never a number."""
    nan_equals_nan: bool = False
    unordered: bool = False
    """Whether lists match in any order, on every level."""
    tuples_equal_lists: bool = False
    json_keys: bool = False
    """Whether keys of dicts match if JSON would write them the same: 1 and "1"."""

    @property
    def rule(self) -> str:
        """Name and version of the rule, with its settings: stored with every verdict."""
        lax = [words for name, words in _LAX.items() if getattr(self, name)]
        settings = [f"rel {self.rel_tolerance:g}", f"abs {self.abs_tolerance:g}", *lax]
        return f"typed-values/3 ({', '.join(settings)})"

    def matches(self, value: Any, expected: Any, *, steps: int | None = None) -> bool:
        """Whether `value` is as good as `expected`, both plain data; TooManySteps if that takes too long to find out.

        `steps` bounds the work. Unless given, there are STEPS, and some more for all that is expected.
        """
        # Two texts are the same key to the letter; a number and a text by what the text reads as.
        reads_keys = self.json_keys and (_has_number_keys(value) or _has_number_keys(expected))
        walk = _Walk(self, math.inf if steps is None else steps, reads_keys=reads_keys)
        wanted = walk.form(expected)
        if steps is None:
            # However much was written down as expected may be read; what a program gives has that as its measure.
            walk.most = STEPS + 8 * walk.steps
        return walk.match(value, walk.form(value), expected, wanted)


_LAX = {
    "int_equals_float": "int = float",
    "nan_equals_nan": "nan = nan",
    "unordered": "any order",
    "tuples_equal_lists": "tuple = list",
    "json_keys": "keys as in JSON",
}


class TextComparison(Spec):
    """When a text that a program wrote is as good as the expected one. The short spelling is the name of the rule."""

    rule: TextRule = "lines"
    rel_tolerance: float = Field(default=1e-6, ge=0)
    abs_tolerance: float = Field(default=1e-6, ge=0)
    """For `numbers`; one of the two suffices."""

    @model_validator(mode="before")
    @classmethod
    def _spelt(cls, data: Any) -> Any:
        return {"rule": data} if isinstance(data, str) else data

    @property
    def name(self) -> str:
        """Name and version of the rule, with its settings: stored with every verdict."""
        numbers = f", rel {self.rel_tolerance:g}, abs {self.abs_tolerance:g}" if self.rule == "numbers" else ""
        return f"text/1 ({self.rule}{numbers})"

    def difference(self, text: str, expected: str) -> str | None:
        """Where the text first differs from the expected one, in words; None if it is as good."""
        unit = "line" if self.rule in ("exact", "lines") else "word"
        given, wanted = self._parts(text), self._parts(expected)
        for number, (part, other) in enumerate(zip(given, wanted, strict=False), 1):
            if part != other and not (self.rule == "numbers" and self._close(part, other)):
                return f"{unit} {number} is {quoted(part, 80)}, not {quoted(other, 80)}"
        if len(given) < len(wanted):
            return f"it ends before {unit} {len(given) + 1}, {quoted(wanted[len(given)], 80)}"
        if len(given) > len(wanted):
            return f"it goes on with {unit} {len(wanted) + 1}, {quoted(given[len(wanted)], 80)}"
        return None

    def _parts(self, text: str) -> list[str]:
        if self.rule == "exact":
            return text.split("\n")
        if self.rule == "lines":
            return [line.rstrip() for line in text.rstrip().split("\n")]
        return text.split()

    def _close(self, word: str, other: str) -> bool:
        if not (_NUMBER.fullmatch(word) and _NUMBER.fullmatch(other)):
            return False
        if _WHOLE.fullmatch(word) and _WHOLE.fullmatch(other):
            return _digits(word) == _digits(other)
        one, two = float(word), float(other)
        # Two numbers beyond all bounds are not therefore the same.
        finite = math.isfinite(one) and math.isfinite(two)
        return finite and math.isclose(one, two, rel_tol=self.rel_tolerance, abs_tol=self.abs_tolerance)


_WHOLE = re.compile(r"[-+]?[0-9]+")
# Each digit in one place only: a word of a megabyte is read in the time that its length takes.
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def _digits(word: str) -> str:
    """A whole number, spelt in one way, however many digits it has."""
    digits = word.lstrip("+-").lstrip("0")
    return f"-{digits}" if digits and word.startswith("-") else digits


class _Pair(NamedTuple):
    """An entry of a dict."""

    key: Any
    value: Any


class _Parts(NamedTuple):
    """What a container is made of."""

    tag: str
    items: Sequence[Any]
    ordered: bool


class _Form(NamedTuple):
    """A value, taken apart: values of unlike shape never match; values of one shape match if their numbers do."""

    shape: str
    """Everything but the numbers that have a tolerance. A text: its hash cannot be foreseen, nor be made to collide."""
    numbers: list[float]
    """In the order of the shape; things without an order of their own are sorted."""
    loose: bool = False
    """Whether sorting may have paired the wrong numbers, so that unlike numbers prove nothing."""


class _Walk:
    """One comparison, with what it has cost so far."""

    def __init__(self, rule: Comparison, most: float, *, reads_keys: bool) -> None:
        self.rule = rule
        self.most = most
        self.steps = 0
        self.reads_keys = reads_keys
        """Whether keys that are texts count as the numbers that they read as."""
        self.nans = count()

    def spend(self, steps: int = 1) -> None:
        """Count steps; TooManySteps if there were enough."""
        self.steps += steps
        if self.steps > self.most:
            raise TooManySteps("comparing it with the expected value takes too long")

    def form(self, value: Any) -> _Form:
        """The value's shape and numbers, by the rule."""
        self.spend()
        parts = None if isinstance(value, _ATOMS) else self.parts(value)
        if parts is None:
            return self.atom(value)
        forms = [self.form(item) for item in parts.items]
        if not parts.ordered:
            forms.sort()
        loose = any(form.loose for form in forms) or (
            not parts.ordered and len(forms) > 1 and any(len(form.numbers) > 1 for form in forms)
        )
        shape = f"{parts.tag}({','.join(form.shape for form in forms)})"
        return _Form(shape, [number for form in forms for number in form.numbers], loose)

    def parts(self, value: Any) -> _Parts | None:
        """What is in a container; None if it is no container."""
        match value:
            case _Pair():
                return _Parts("pair", value, ordered=True)
            case tuple() if not self.rule.tuples_equal_lists:
                return _Parts("tuple", value, ordered=True)
            case list() | tuple():
                return _Parts("list", value, ordered=not self.rule.unordered)
            case set():
                return _Parts("set", list(value), ordered=False)
            case frozenset():
                return _Parts("frozenset", list(value), ordered=False)
            case dict():
                # 1, 1.0 and True are three different keys.
                pairs = [_Pair(self.key(key), item) for key, item in value.items()]
                return _Parts("dict", pairs, ordered=False)
        return None

    def key(self, key: Any) -> Any:
        """The key of a dict; where the rule says so, a number that JSON would have written as a text."""
        match key if self.rule.json_keys else ():
            case bool():
                return "true" if key else "false"
            case None:
                return "null"
            case str() if self.reads_keys and len(key) < 4000:
                return _number_in(key)
        return key

    def atom(self, value: Any) -> _Form:
        """A value that is no container."""
        match value:
            case None | bool():
                return _Form(str(value), [])
            case int():
                return _Form("number", [value]) if self.rule.int_equals_float else _Form(f"int {int(value):x}", [])
            case float() if math.isnan(value):
                # Unless the rule says otherwise, every NaN is another one.
                return _Form("nan" if self.rule.nan_equals_nan else f"nan {next(self.nans)}", [])
            case float():
                return _Form("number", [value])
            case complex():
                real, imaginary = self.atom(value.real), self.atom(value.imag)
                return _Form(f"{real.shape}+{imaginary.shape}j", real.numbers + imaginary.numbers)
            case str():
                return _Form(f"text {len(value)} {value}", [])
            case bytes():
                return _Form(f"bytes {value.hex()}", [])
        raise SpecError(f"{type(value).__name__} is not plain data, and cannot be compared")

    def match(self, value: Any, given: _Form, expected: Any, wanted: _Form) -> bool:
        """Whether the values match, whose forms are these."""
        if given.shape != wanted.shape:
            return False
        self.spend(1 + len(wanted.numbers))
        if all(map(self.close, given.numbers, wanted.numbers)):
            return True
        parts, others = self.parts(value), self.parts(expected)
        if not wanted.loose or parts is None or others is None:
            return False
        ours, theirs = self.formed(parts.items), self.formed(others.items)
        if parts.ordered:
            return all(self.match(*one, *other) for one, other in zip(ours, theirs, strict=True))
        groups = zip(_by_shape(ours), _by_shape(theirs), strict=True)
        return all(self.partners(group, other) for group, other in groups)

    def formed(self, items: Sequence[Any]) -> list[tuple[Any, _Form]]:
        """The items with their forms."""
        return [(item, self.form(item)) for item in items]

    def partners(self, ours: Sequence[tuple[Any, _Form]], theirs: Sequence[tuple[Any, _Form]]) -> bool:
        """Whether each of ours can have one of theirs that matches it, all of one shape."""
        if all(self.match(*one, *other) for one, other in zip(ours, theirs, strict=True)):
            return True
        if not any(form.loose or len(form.numbers) > 1 for _, form in theirs):
            return False
        choices = list[list[int]]()
        for one in ours:
            choices.append([at for at, other in enumerate(theirs) if self.match(*one, *other)])
            if not choices[-1]:
                return False
        return self.perfect(choices)

    def perfect(self, choices: Sequence[Sequence[int]]) -> bool:
        """Whether everyone can have a choice of their own (by augmenting paths, breadth first)."""
        owner: dict[int, int] = {}
        held: dict[int, int] = {}
        for newcomer in range(len(choices)):
            wanted_by: dict[int, int] = {}
            free = self.free_choice(newcomer, choices, owner, wanted_by)
            if free is None:
                return False
            while free is not None:
                who = wanted_by[free]
                before = held.get(who)
                owner[free], held[who], free = who, free, before
        return True

    def free_choice(
        self, newcomer: int, choices: Sequence[Sequence[int]], owner: dict[int, int], wanted_by: dict[int, int]
    ) -> int | None:
        """A choice that becomes free for the newcomer if others take theirs anew; who wants what is noted."""
        queue = [newcomer]
        for who in queue:
            for choice in choices[who]:
                self.spend()
                if choice in wanted_by:
                    continue
                wanted_by[choice] = who
                if choice not in owner:
                    return choice
                queue.append(owner[choice])
        return None

    def close(self, number: float, other: float) -> bool:
        """Whether two numbers match; whole ones must be equal."""
        if number == other:
            return True
        if isinstance(number, int) and isinstance(other, int):
            return False
        try:
            return math.isclose(number, other, rel_tol=self.rule.rel_tolerance, abs_tol=self.rule.abs_tolerance)
        except OverflowError:
            return False


_ATOMS = (int, float, str, type(None))


def _by_shape(items: Iterable[tuple[Any, _Form]]) -> Iterator[list[tuple[Any, _Form]]]:
    """The items in groups of one shape, everything sorted."""
    whole = sorted(items, key=lambda item: item[1])
    return (list(group) for _, group in groupby(whole, key=lambda item: item[1].shape))


def _has_number_keys(value: Any) -> bool:
    """Whether a dict in it has a key that is a number."""
    match value:
        case dict():
            own = any(isinstance(key, int | float) and not isinstance(key, bool) for key in value)
            return own or any(map(_has_number_keys, value.values()))
        case list() | tuple() | set() | frozenset():
            return any(map(_has_number_keys, value))
    return False


def _number_in(text: str) -> str | float:
    """The number that JSON would have written as this key; else the text."""
    try:
        number: str | float = int(text) if _WHOLE.fullmatch(text) else float(text) if _NUMBER.fullmatch(text) else text
    except ValueError:
        return text
    return number if str(number) == text and number not in (math.inf, -math.inf) else text
