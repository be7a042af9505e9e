"""Two answers, typed and compared: exactly where that is possible, by algebra where it is not."""

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from typing import NamedTuple, Protocol

from benchbook.engine.answers import reals
from benchbook.engine.answers.chemistry import formula, without_ce
from benchbook.engine.answers.conditions import bodies
from benchbook.engine.answers.congruences import Congruence, congruence, with_moduli
from benchbook.engine.answers.numbers import TooLarge, Undefined, exact
from benchbook.engine.answers.parsing import parsed
from benchbook.engine.answers.questions import answers
from benchbook.engine.answers.spoken import counted, spoken
from benchbook.engine.answers.text import normalised, unwrapped
from benchbook.engine.answers.tree import Node, TooMuch, Unreadable, number, symbol, text_node, walk
from benchbook.engine.answers.units import Unit, read_unit, with_plain_units
from benchbook.engine.answers.vectors import components
from benchbook.engine.answers.vocabulary import (
    ARTICLES,
    CHANGING,
    EVERYTHING,
    FUNCTIONS,
    MANY,
    NONE,
    NUMBERS,
    SHORT_WORDS,
    UNDEFINED,
    UNKNOWN,
)
from benchbook.engine.answers.written import HALF_DAY, Amount, Date, dates_of, in_words, seconds_of
from benchbook.specs.answers import Equality, Policy
from benchbook.specs.quoting import with_article

__all__ = ["Algebra", "Comparison", "NeedsAlgebra", "Undecided", "compared", "items"]


class Undecided(Exception):
    """Whether two answers are equal cannot be said, and why."""


class NeedsAlgebra(Exception):
    """More than exact arithmetic is needed: work for a process that can be killed."""


class Algebra(Protocol):
    """What is known about expressions that are no rational numbers."""

    def equal(self, one: Node, other: Node, tolerance: float) -> bool:
        """Whether both have the same value, for all values of their variables."""

    def same_equation(self, one: Node, other: Node) -> bool:
        """Whether both are zero for the same values of their variables."""

    def scale(self, one: Node, other: Node) -> int:
        """The sign of the constant that the first is the second times; 0 if there is none."""

    def real(self, node: Node) -> Fraction | float:
        """The value of a constant, as close as makes no difference; or infinity."""

    def zeros(self, node: Node, name: str) -> list[Fraction]:
        """Where the expression of one variable is zero, as far as that is found."""

    def holds(self, signs: Sequence[str], parts: Sequence[Node], name: str, value: Fraction) -> bool:
        """Whether the relations hold where the variable has that value."""


class Comparison(NamedTuple):
    """What came of it: the verdict, the kind of answers that were compared, and why."""

    verdict: Equality
    rule: str
    reason: str = ""


def compared(gold: str, pred: str, policy: Policy, algebra: Algebra | None) -> Comparison:
    """Compare two answers (no replies: see `extracted`); NeedsAlgebra if none is given and some is needed."""
    gold, pred = (unwrapped(normalised(text)) for text in (gold, pred))
    if r"\approx" in pred.removeprefix(r"\approx") and r"\approx" not in gold:
        return _of_several(gold, pred, policy, algebra)
    held = bodies(gold, pred)
    found = _of_bodies(held.one, held.other, policy, algebra)
    if held.verdict and found.verdict == "equal":
        return Comparison(held.verdict, "condition", "they are not said to hold for the same")
    return found


def _of_bodies(gold: str, pred: str, policy: Policy, algebra: Algebra | None) -> Comparison:
    """The verdict on two answers without what they hold for."""
    one, other = _plain(gold), _plain(pred)
    multiplied = any(_VECTORS_MULTIPLIED.search(text) for text in (gold, pred))
    if one == other and not multiplied:
        return Comparison("equal", "identical") if one else Comparison("different", "text", "there is no answer")
    if not one or not other:
        return Comparison("different", "text", "there is no answer")
    if found := _of_formulas(one, other, policy):
        return found
    if multiplied and _squeezed(gold) != _squeezed(pred):
        return Comparison("undecided", "expression", "products of vectors are not worked out")
    one, other = without_ce(one), without_ce(other)
    comparer = _Comparer(policy, algebra)
    try:
        left, right = (_read(text, policy) for text in (one, other))
        if _is_choice(one, left) and _is_choice(other, right):
            return _of_choices(one, other, policy)
        same = comparer.same(left, right)
    except Undecided as err:
        return Comparison("undecided", comparer.rule, str(err))
    except (TooLarge, Unreadable) as err:
        return Comparison("undecided", comparer.rule, str(err) or "a number is too large to be worked out")
    except Undefined as err:
        return Comparison("undecided", comparer.rule, f"there is no such number: {err}")
    return Comparison("equal" if same else "different", comparer.rule, "" if same else comparer.reason)


def items(text: str, policy: Policy) -> int:
    """How many things the answer lists, if it is a list; 0 if it is none."""
    try:
        node = _read(_plain(unwrapped(normalised(text))), policy)
    except (TooLarge, Undefined, Unreadable):
        return 0
    single = all(part.head not in _COLLECTIONS for part in node.parts)
    return len(node.parts) if node.head in {"list", "set", "answers"} and single else 0


def _of_several(gold: str, pred: str, policy: Policy, algebra: Algebra | None) -> Comparison:
    """The verdict on one answer in several forms, exact and rounded: equal if one of them is."""
    forms = [form for form in pred.split(r"\approx") if form.strip()]
    if not forms or any(form.count(one) != form.count(other) for form in forms for one, other in _BRACKETS):
        return Comparison("undecided", "expression", "a rounded value stands within the answer")
    found = [compared(gold, form, policy, algebra) for form in forms[:_FORMS]]
    return min(found, key=lambda each: ("equal", "undecided", "different").index(each.verdict))


_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
_FORMS = 4


_VECTOR = r"(?:\\(?:vec|overrightarrow|mathbf|boldsymbol|bm|hat)\s?(?:\{[^{}]{1,20}\}|\\?[A-Za-z]+)|\\nabla)"
_VECTORS_MULTIPLIED = re.compile(
    rf"{_VECTOR}(?:_\{{?\w+\}}?)?\s?\\(?:times|cdot)\b\s?\(?\s?{_VECTOR}|\)\s?\\times\b\s?{_VECTOR}"
)


def _plain(text: str) -> str:
    """Without a unit of money or a blank that LaTeX writes in its own way."""
    if text.count("$") > 1:
        text = _INLINE.sub(r" \1 ", text)
    text = text.removeprefix(r"\approx ")
    text = _CHOSEN.sub(r"\\binom{\1}{\2}", text)
    return with_plain_units(re.sub(r"(?<!\\)\\ ", " ", text).replace("\\$", "$").strip())


_INLINE = re.compile(r"(?<!\\)\$([^$\n]+?)(?<!\\)\$(?!\d)")
_CHOSEN = re.compile(r"(?:\{ ?\})?[_^]\{?(\d{1,9})\}? ?C ?_ ?\{?(\d{1,9})\}?")


# Choices

_CHOICE = re.compile(r"(?:\\(?:text|textbf|mathrm|mathbf)\s?\{ ?)?(\()?([A-Za-z])(\))?[.:)]?(?: ?\})?")
_ONLY = r"(?! ?(?:[,/]|(?:or|and|nor|are|isn't|was)\b|is\b(?! (?:correct|right|true)\b)|\(?[A-J]\)))"
"""No other letter follows, and nothing that takes this one back."""
_NAMED = r"(?i:(?:answer )?(?:option|choice))(?: |\\?_)?"
_ANSWERED_CHOICE = re.compile(
    rf"(?:{_NAMED})? ?\(?([A-J])(?:\)|[.:]){_ONLY}(?: .*)?|{_NAMED} ?\(?([A-J])(?:\)|(?![A-Za-z])){_ONLY}.*"
    r"|\(?([A-J])\)? is (?:the )?(?:correct|right|true|best)(?: (?:one|answer|option|choice))?\.?",
    re.DOTALL,
)


def _is_choice(text: str, node: Node) -> bool:
    return (
        node.head != "answers"
        and bool(_letter_of(text))
        and (node.head in {"symbol", "text"} or bool(_ANSWERED_CHOICE.fullmatch(_TEXT.sub(r"\1", text))))
    )


def _letter_of(text: str) -> str | None:
    text = text.replace("**", "")
    if plain := _CHOICE.fullmatch(text):
        return plain[2]
    match = _ANSWERED_CHOICE.fullmatch(_TEXT.sub(r"\1", text))
    return (match[1] or match[2] or match[3]) if match else None


def _of_choices(one: str, other: str, policy: Policy) -> Comparison:
    letters = [_letter_of(text) or "" for text in (one, other)]
    marked = any("(" in text or ")" in text for text in (one, other))
    if policy.case == "ignore" or (policy.case == "words" and marked):
        letters = [letter.upper() for letter in letters]
    same = letters[0] == letters[1]
    return Comparison("equal" if same else "different", "choice", "" if same else f"{letters[1]} is not {letters[0]}")


# Chemistry


def _of_formulas(one: str, other: str, policy: Policy) -> Comparison | None:
    """The verdict on two formulas of chemistry, where they are the same or differ in nothing but case."""
    left, right = formula(one), formula(other)
    if left is None or right is None:
        return None
    if left == right:
        return Comparison("equal", "formula")
    cased = left.casefold() == right.casefold() and left.casefold() not in SHORT_WORDS
    if (cased and policy.case != "ignore") or any("\\ce" in text for text in (one, other)) or "^" in left + right:
        return Comparison("different", "formula", f"{right} is not {left}")
    return None


# Reading


def _read(text: str, policy: Policy) -> Node:
    """The answer as a tree; words, if it is no formula."""
    if several := answers(text):
        return Node("answers", tuple(_read(_plain(unwrapped(each)), policy) for each in several))
    if _DASHED.fullmatch(text):
        return Node("dashed", tuple(number(int(digits)) for digits in re.split("[-/]", text)), text)
    if written := _in_high_base(text) or _span(text, policy) or in_words(text):
        return written
    if (value := spoken(text)) is not None:
        return number(value)
    if pieces := _listed_words(text):
        return Node("list", pieces, "and")
    if (count := counted(text)) is not None:
        return _read(count, policy)
    if words := _words(text):
        return text_node(words)
    try:
        tree = parsed(text, decimal_comma=policy.decimal_comma)
    except Unreadable as err:
        if isinstance(err, TooMuch) or len(text) > _LONG or not _is_wordy(text):
            return Node("unreadable", (text_node(_folded(text)),), err)
        return text_node(_folded(text))
    return text_node(_folded(text)) if _is_text(tree) else _simple(tree)


def _in_high_base(text: str) -> Node | None:
    """Digits beyond nine with their base: `2A_{16}`."""
    found = _HIGH_BASE.fullmatch(_TEXT.sub(r"\1", text))
    digits = (found[1] or found[2]).upper() if found else ""
    if found is None or digits.isdigit() or any(int(digit, 16) >= int(found[3]) for digit in digits):
        return None
    return Node("based", (number(int(found[3])),), digits)


def _span(text: str, policy: Policy) -> Node | None:
    """What goes from one number to another."""
    ends = _SPAN.fullmatch(text)
    return Node("span", tuple(_read(_plain(end), policy) for end in ends.groups())) if ends else None


_LONG = 2_000
_DASHED = re.compile(r"\d{1,9}(?:-\d{1,9}){1,5}|\d{1,2}/\d{1,2}/\d{2,4}")
_HIGH_BASE = re.compile(r"(?:\(([\dA-Fa-f]{1,40})\)|(\d[\dA-F]{1,40}))_ ?\{? ?(1[1-6]) ?\}?")
_END = r"(-?\d[\d.,/]{0,20}(?: [A-Za-z]{1,10})?)"
_SPAN = re.compile(rf"(?:from )?{_END} to {_END}")
_TEXT = re.compile(r"\\(?:text|textbf|textit|mathrm|mbox|textrm|operatorname|mathbf)\s?\{([^{}]*)\}")
_WORDS = re.compile(r"[^\W\d_]{2,}(?:[ ,'.-]+[^\W\d_]+)*[.!]?|[^\W\d_](?: [^\W\d_]+)+")
_DIFFERENCE = re.compile(r"[A-Za-z]{1,2}-[A-Za-z]{1,2}")
_PRODUCTS = re.compile(r"[a-z] [a-z](?: [a-z])*")
_MATHS = frozenset(
    [
        "pi",
        "infinity",
        "inf",
        "oo",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "log",
        "ln",
        "exp",
        "alpha",
        "beta",
        "gamma",
        "delta",
        "theta",
        "lambda",
        "mu",
        "phi",
        "omega",
        "and",
        "or",
    ]
)


def _listed_words(text: str) -> tuple[Node, ...]:
    """Words with `and` or commas between them, if there is nothing else."""
    bare = _TEXT.sub(r"\1", text).strip()
    if not re.fullmatch(r"[A-Za-z ,]+", bare):
        return ()
    pieces = [piece.strip() for piece in re.split(r", ?and |, ?or |,| and | or ", bare)]
    if len(pieces) < _LEAST or not all(re.fullmatch(r"[A-Z]|[A-Za-z]{2,}", piece) for piece in pieces):
        return ()
    return tuple(symbol(piece) if len(piece) == 1 else text_node(_folded(piece)) for piece in pieces)


def _words(text: str) -> str:
    """The words, if there is nothing else."""
    bare = _TEXT.sub(lambda match: f"\\{match[1]}" if match[1] in FUNCTIONS else match[1], text)
    bare = bare.replace("~", " ").strip().strip("\"'")
    if not _WORDS.fullmatch(bare) or _PRODUCTS.fullmatch(bare) or "," in bare or _DIFFERENCE.fullmatch(bare):
        return ""
    return "" if _MATHS.intersection(re.findall(r"[a-z]+", bare.lower())) - {"and", "or"} else _folded(bare)


def _is_wordy(text: str) -> bool:
    return len(re.findall(r"(?<![\\A-Za-z])[A-Za-z]{2,}", _TEXT.sub(r"\1", text))) >= 1


def _folded(text: str) -> str:
    """Words in one spelling: no case, no marks, no articles."""
    bare = _TEXT.sub(r" \1 ", text)
    bare = re.sub(r"[\"'*_`{}$()\[\].,;:!?]|\\[ ,;:!]", " ", bare).casefold()
    words = [word for word in bare.split() if word not in ARTICLES]
    return " ".join(words or bare.split())


def _is_text(tree: Node) -> bool:
    """Whether words are mixed with a formula in a way that makes it no formula."""
    if tree.head == "text":
        return True
    if tree.head in _COLLECTIONS or tree.head in {"cases", "case", "relation"}:
        return False
    return any(node.head == "text" for node in walk(tree)) and not any(node.head in _COLLECTIONS for node in walk(tree))


_COLLECTIONS = frozenset(("list", "tuple", "set", "brackets", "vector", "interval", "matrix", "described", "answers",
                          "span"))  # fmt: skip
_PLAIN = frozenset(("number", "negative", "text", "symbol", "quantity", "date", "clock", "amount"))
"""What is compared with something unreadable: that is not the same, whatever it is."""
_ASKED = frozenset(("integral", "antiderivative", "limit", "series"))
"""What stands on the left for what it is worked out to."""
_INEQUALITIES = frozenset(("<", "<=", ">", ">=", "!="))
_NO_VALUES = frozenset(("text", "relation", "ratio", "based", "case", "cases", "list", "tuple", "set", "vector",
                         "interval",
                         "brackets", "reals", "cup", "cap", "setminus", "described"))  # fmt: skip
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def _simple(tree: Node) -> Node:
    """The tree with matrices worked out as far as they are written with factors before them, and moduli where they
    belong."""
    if tree.head == "product" and sum(part.head == "matrix" for part in tree.parts) == 1:
        matrix = next(part for part in tree.parts if part.head == "matrix")
        factors = tuple(part for part in tree.parts if part is not matrix)
        return Node("matrix", tuple(Node("product", (*factors, cell)) for cell in matrix.parts), matrix.value)
    if tree.head == "negative" and tree.parts[0].head == "matrix":
        [matrix] = tree.parts
        return Node("matrix", tuple(Node("negative", (cell,)) for cell in matrix.parts), matrix.value)
    return with_moduli(tree)


# Comparing

_BOTH = frozenset(("and", "wedge"))
_STEPS = 20_000
"""Steps that a comparison may take without an algebra."""
_MANY = 60
"""Items that are compared in any order."""


@dataclass
class _Comparer:
    """Compares trees under a policy, and remembers the kind that was decisive."""

    policy: Policy
    algebra: Algebra | None
    rule: str = "expression"
    reason: str = ""
    spent: int = 0

    def spend(self, steps: int) -> None:
        """Count what was done: what takes long is done where it can be stopped."""
        self.spent += steps
        if self.algebra is None and self.spent > _STEPS:
            raise NeedsAlgebra

    def exact(self, node: Node) -> Fraction | None:
        """The rational value, if it is one."""
        return exact(node, spend=self.spend)

    @property
    def able(self) -> Algebra:
        """The algebra, where there is one."""
        if self.algebra is None:
            raise NeedsAlgebra
        return self.algebra

    def differ(self, reason: str) -> bool:
        """They differ, and why."""
        self.reason = reason
        return False

    def same(self, one: Node, other: Node) -> bool:  # noqa: C901, PLR0912 - one line a kind
        """Whether two answers are the same."""
        self.rule = "expression"
        self.spend(5)
        if one == other and one.head != "unreadable":
            self.rule = "identical"
            return True
        if {one.head, other.head} & _WRITTEN:
            return self.same_written(one, other)
        if "dashed" in {one.head, other.head}:
            return self.same_dashed(one, other)
        one, other = _expanded(one), _expanded(other)
        one, other = self.bared(one, other), self.bared(other, one)
        if "unreadable" in {one.head, other.head}:
            return self.unread(one, other)
        if "text" in {one.head, other.head}:
            return self.same_text(one, other)
        if (same := self.same_residue(one, other)) is not None:
            return same
        one, other = self.as_vectors(one, other)
        if (_is_real_set(one) or _is_real_set(other)) and (same := self.same_reals(one, other)) is not None:
            return same
        if one.head in _COLLECTIONS or other.head in _COLLECTIONS:
            return self.same_collection(one, other)
        if "relation" in {one.head, other.head}:
            return self.same_relation(one, other)
        if "ratio" in {one.head, other.head}:
            return self.same_ratio(one, other)
        if "based" in {one.head, other.head}:
            return self.same_base(one, other)
        if "cases" in {one.head, other.head}:
            return self.same_cases(one, other)
        if "quantity" in {one.head, other.head}:
            return self.same_quantity(one, other)
        return self.same_value(one, other)

    def bared(self, one: Node, other: Node) -> Node:
        """Without what only names the answer: `x =`, `f(x) =`, `x in`."""
        if one.head != "relation" or other.head == "relation":
            return one
        match one.value:
            case ("in",):
                return one.parts[1]
            case ("=", *_) if set(one.value) == {"="}:
                return self.right_side(one, other)
        return one

    def right_side(self, one: Node, other: Node) -> Node:
        left, right = one.parts[0], one.parts[-1]
        if (not _names(one) and not _names(other)) or left.head in _ASKED:
            # A calculation ends with its result.
            return right
        if _is_name(left) or (
            _is_tuple_of_names(left) and other.head in {"tuple", "vector", "matrix", "interval", "list"}
        ):
            return right
        if len(one.parts) == 2 and _is_name(right):
            return left
        if _is_description(left) and not _names(right) and not _names(other):
            return right
        return one

    def unread(self, one: Node, other: Node) -> bool:
        """Where one side cannot be read: the same letters are the same answer, a number is not a text."""
        texts = [_squeezed(str(node.parts[0].value)) if node.head == "unreadable" else "" for node in (one, other)]
        if texts[0] == texts[1] != "":
            self.rule = "text"
            return True
        bad, good = (one, other) if one.head == "unreadable" else (other, one)
        if good.head in _PLAIN and not isinstance(bad.value, TooMuch):
            self.rule = "text" if good.head == "text" else "number"
            return self.differ(f"the other is no such thing: {bad.value}")
        # A formula that we cannot read is not a wrong one.
        raise Undecided(f"an answer cannot be read: {bad.value}")

    # Words

    def same_text(self, one: Node, other: Node) -> bool:
        self.rule = "text"
        if one.head == other.head == "text":
            return self.same_words(str(one.value), str(other.value))
        words, thing = (one, other) if one.head == "text" else (other, one)
        text = str(words.value)
        if self.policy.synonyms and (text in NONE or text in EVERYTHING or text in NUMBERS):
            return self.same_as_said(text, thing)
        spelt = _spelt(thing)
        if spelt is not None and spelt.casefold() == text.replace(" ", ""):
            return True
        return self.differ("one is words, the other is not")

    def same_words(self, one: str, other: str) -> bool:
        if one == other or _squeezed(one) == _squeezed(other):
            return True
        if self.policy.synonyms:
            for meaning in (NONE, UNDEFINED, EVERYTHING, MANY, UNKNOWN):
                if one in meaning and other in meaning:
                    return True
        return self.differ(f"{other[:80]!r} is not {one[:80]!r}")

    def same_as_said(self, text: str, thing: Node) -> bool:
        if text in NUMBERS:
            return self.same(number(NUMBERS[text]), thing)
        wanted: reals.Reals = () if text in NONE else reals.ALL
        found = self.as_reals(thing) if thing.head in {"set", "reals", "interval", "tuple", "relation", "cup"} else None
        return found == wanted or self.differ(f"{text!r} is not that")

    # Sets of real numbers

    def same_reals(self, one: Node, other: Node) -> bool | None:
        """Whether they hold the same numbers; None if they are no such sets."""
        if one.head == other.head == "interval" and one.value == other.value:
            self.rule = "interval"
            return self.in_order(one.parts, other.parts, "interval")
        if one.head == other.head == "relation" and (same := self.same_shape(one, other)) is not None:
            return same
        if self.policy.intervals == "typed" and (one.head == "relation") != (other.head == "relation"):
            return self.differ("a relation is no interval")
        left, right = self.as_reals(one), self.as_reals(other)
        self.rule = "inequality" if "relation" in {one.head, other.head} else "interval"
        if left is not None and right is not None:
            return left == right or self.differ("they do not hold the same numbers")
        if left is None and right is None:
            return self.same_unsolved(one, other)
        known, open_one = (left, other) if left is not None else (right, one)
        if known is None or open_one.head not in {"relation", "list"}:
            return None if open_one.head not in {"interval", "relation"} else self.differ("they are of different kinds")
        return self.holds_just(open_one, known)

    def same_shape(self, one: Node, other: Node) -> bool | None:
        """Whether two inequalities say the same side by side; None if that decides nothing."""
        if one.value == ("in",) or other.value == ("in",):
            return None
        if len(one.value) == len(other.value) == 1 and {*one.value, *other.value} <= _INEQUALITIES:
            if len(_names(one)) == 1 and self.as_reals(one) is not None and self.as_reals(other) is not None:
                return None
            return self.same_inequality(one, other)
        return None

    def same_inequality(self, one: Node, other: Node) -> bool:
        self.rule = "inequality"
        sign, other_sign = one.value[0], other.value[0]
        scale = self.able.scale(_side(one), _side(other))
        if scale:
            expected = sign if scale > 0 else _FLIPPED[sign]
            return expected == other_sign or self.differ("the sign is another")
        if len(_names(one) | _names(other)) == 1:
            return self.same_truth(one, other)
        return self.differ("the sides are others")

    def same_unsolved(self, one: Node, other: Node) -> bool | None:
        """Two sets that we cannot solve for: the same side by side, or true for the same numbers."""
        if one.head == other.head == "relation":
            if one.value == other.value and len(one.parts) == len(other.parts):
                pairs = zip(one.parts, other.parts, strict=True)
                if all(self.same_value(left, right) for left, right in pairs):
                    return True
            turned = _turned(other)
            if (
                turned.value == one.value
                and turned.parts != other.parts
                and all(self.same_value(left, right) for left, right in zip(one.parts, turned.parts, strict=True))
            ):
                return True
            self.rule = "inequality"
            if len(_names(one) | _names(other)) == 1:
                return self.same_truth(one, other)
            return self.differ("they say different things")
        if one.head in {"cup", "cap", "setminus"} and one.head == other.head:
            self.rule = "interval"
            return (
                self.any_order(one.parts, other.parts)
                if one.head != "setminus"
                else self.in_order(one.parts, other.parts, "set")
            )
        return None

    def same_truth(self, one: Node, other: Node) -> bool:
        points = self.places((one, other))
        return all(self.truth(one, point) == self.truth(other, point) for point in points) or self.differ(
            "they are not true for the same numbers"
        )

    def places(self, relations: Sequence[Node], known: reals.Reals = ()) -> list[Fraction]:
        """Numbers for which relations of one variable are tried: where something may change, beside it, between."""
        name = next(iter(sorted(_names(relations[0]))), "x")
        sides = [_minus(left, right) for relation in relations for left, right in pairwise(relation.parts)]
        ends = reals.ends(known)
        zeros = [_snapped(zero, ends) for side in dict.fromkeys(sides) for zero in self.able.zeros(side, name)]
        return reals.probes((*known, *(each for zero in zeros for each in reals.point(zero))))

    def truth(self, relation: Node, point: Fraction) -> bool:
        names = sorted(_names(relation))
        return self.able.holds(relation.value, relation.parts, names[0] if names else "x", point)

    def holds_just(self, relation: Node, known: reals.Reals) -> bool:
        """Whether the relation is true just for the numbers in the set."""
        relations = relation.parts if relation.head == "list" else (relation,)
        if any(each.head != "relation" or not {*each.value} <= _INEQUALITIES for each in relations):
            return self.differ("they are of different kinds")
        if len(_names(relation)) != 1:
            return self.differ("a relation of several variables is no set of numbers")
        decide = all if relation.value in _BOTH else any
        for point in self.places(relations, known):
            inside = any(each.holds(point) for each in known)
            if decide(self.truth(each, point) for each in relations) != inside:
                return self.differ("they do not hold the same numbers")
        return True

    def as_reals(self, node: Node) -> reals.Reals | None:
        """The set of real numbers that is meant; None if none is."""
        match node.head:
            case "interval":
                return self.interval(node.parts, *node.value)
            case "tuple" if len(node.parts) == 2:
                return self.interval(node.parts, False, False)  # noqa: FBT003 - both ends alike
            case "brackets" if len(node.parts) == 2:
                return self.interval(node.parts, True, True)  # noqa: FBT003 - both ends alike
            case "set":
                points = [self.as_point(part) for part in node.parts]
                return None if None in points else reals.union(one for each in points if each for one in each)
            case "reals":
                return reals.ALL
            case "cup" | "cap" | "setminus":
                return self.joined(node)
            case "relation":
                return self.solved(node)
            case "described":
                condition = node.parts[1]
                return self.as_reals(condition) if condition.head in {"relation", "list"} else None
            case "list":
                return self.solved_together(node)
        return None

    def as_point(self, node: Node) -> reals.Reals | None:
        value = self.end(node)
        return reals.point(value) if isinstance(value, Fraction) else None

    def interval(self, ends: Sequence[Node], with_low: bool, with_high: bool) -> reals.Reals | None:  # noqa: FBT001
        low, high = map(self.end, ends)
        if low is None or high is None:
            return None
        return reals.union([reals.Interval(low, high, with_low, with_high)])

    def joined(self, node: Node) -> reals.Reals | None:
        left, right = (self.as_reals(part) or self.as_point(part) for part in node.parts)
        if left is None or right is None:
            return None
        if node.head == "cup":
            return reals.union([*left, *right])
        return reals.intersection(left, right) if node.head == "cap" else reals.difference(left, right)

    def solved_together(self, node: Node) -> reals.Reals | None:
        if any(part.head != "relation" for part in node.parts):
            return None
        sets = [self.solved(part) for part in node.parts]
        if None in sets or len(_names(node)) != 1:
            return None
        known = [each for each in sets if each is not None]
        both = known[0]
        for each in known[1:]:
            both = reals.intersection(both, each)
        either = reals.union(one for each in known for one in each)
        return both if node.value in _BOTH or (node.value == "," and either == reals.ALL) else either

    def solved(self, node: Node) -> reals.Reals | None:
        """The numbers for which relations of one variable hold, where it stands in them by itself or linearly."""
        if node.value == ("in",):
            return self.as_reals(node.parts[1]) if node.parts[0].head == "symbol" else None
        names = _names(node)
        if len(names) != 1 or not {*node.value} <= {*_INEQUALITIES, "="} or node.value == ("=",):
            return None
        found = reals.ALL
        for (left, right), sign in zip(pairwise(node.parts), node.value, strict=True):
            one = self.ray(left, sign, right, next(iter(names)))
            if one is None:
                return None
            found = reals.intersection(found, one)
        return found

    def ray(self, left: Node, sign: str, right: Node, name: str) -> reals.Reals | None:
        if left == symbol(name) and name not in _names(right):
            end = self.end(right)
            return None if end is None else reals.ray(sign, end)
        if right == symbol(name) and name not in _names(left):
            end = self.end(left)
            return None if end is None else reals.ray(_FLIPPED[sign], end)
        line = _line(_minus(left, right), name)
        if line is None or line[0] == 0:
            return None
        slope, shift = line
        return reals.ray(sign if slope > 0 else _FLIPPED[sign], -shift / slope)

    def end(self, node: Node) -> Fraction | float | None:
        """The value of an end: exact, or close; None if it has variables."""
        if node.head == "list" or node.head in _COLLECTIONS or node.head in {"text", "relation"}:
            return None
        if node == symbol("infty"):
            return float("inf")
        if node.head == "negative" and node.parts[0] == symbol("infty"):
            return float("-inf")
        if node.head == "quantity":
            node = node.parts[0]
        value = self.exact(node)
        if value is not None:
            return value
        return None if _names(node) or any(each.head == "quantity" for each in walk(node)) else self.able.real(node)

    # Collections

    def as_vectors(self, one: Node, other: Node) -> tuple[Node, Node]:
        """Both, with sums of unit vectors as vectors where the other side is one, too."""
        left, right = (_in_components(node, beside) for node, beside in ((one, other), (other, one)))
        if one.head in _VECTORS or other.head in _VECTORS:
            return left or one, right or other
        return (left, right) if left is not None and right is not None else (one, other)

    def same_collection(self, one: Node, other: Node) -> bool:
        kinds = {one.head, other.head}
        if "answers" in kinds:
            return self.same_answers(one, other)
        if kinds & {"described", "span"}:
            self.rule = "range" if "span" in kinds else "set"
            return len(kinds) == 1 and self.in_order(one.parts, other.parts, self.rule)
        if "matrix" in kinds and (same := self.same_matrix(one, other)) is not None:
            return same
        if one.head not in _COLLECTIONS or other.head not in _COLLECTIONS:
            return self.with_single(one, other)
        if kinds == {"set"}:
            return self.any_order(self.distinct(one.parts), self.distinct(other.parts), "set")
        if kinds == {"list"}:
            return self.same_lists(one, other)
        if "list" in kinds:
            return self.list_with(*((one, other) if one.head == "list" else (other, one)))
        if len(kinds) == 1 or kinds <= {"tuple", "vector"} or self.are_sequences(one, other):
            return self.in_order(one.parts, other.parts, "tuple" if one.head != "interval" else "interval")
        if self.policy.collections == "loose":
            ordered = "set" not in kinds
            return (
                self.in_order(one.parts, other.parts, "tuple")
                if ordered
                else self.any_order(one.parts, other.parts, "set")
            )
        self.rule = "tuple"
        return self.differ(f"{with_article(one.head)} is no {other.head}")

    def same_answers(self, one: Node, other: Node) -> bool:
        """Where one side answers several questions: the other is the same answers, with or without labels."""
        if {one.head, other.head} <= {"answers", "list", "tuple"}:
            return self.in_order(one.parts, other.parts, "answers")
        self.rule = "answers"
        return self.differ("only one of them answers several questions")

    def are_sequences(self, one: Node, other: Node) -> bool:
        """Whether brackets are lists here, not intervals."""
        kinds = {one.head, other.head}
        return kinds <= {"brackets", "tuple", "vector"} and (len(one.parts) != 2 or "vector" in kinds)

    def same_lists(self, one: Node, other: Node) -> bool:
        if {one.value, other.value} == {"wedge", "vee"}:
            self.rule = "list"
            return self.differ("one says and, the other or")
        if self.policy.order == "keep" or _are_assigned(one) != _are_assigned(other):
            return self.in_order(one.parts, other.parts, "list")
        return self.any_order(self.distinct(one.parts), self.distinct(other.parts), "list")

    def list_with(self, plain: Node, other: Node) -> bool:
        """A plain list takes the type of the other side."""
        if other.head == "set":
            return self.any_order(self.distinct(plain.parts), self.distinct(other.parts), "set")
        names = [
            part.parts[0].value for part in plain.parts if part.head == "relation" and part.parts[0].head == "symbol"
        ]
        parts = plain.parts
        if len(names) == len(parts) == len({*names}):
            parts = tuple(sorted(parts, key=lambda part: str(part.parts[0].value)))
        return self.in_order(parts, other.parts, "tuple")

    def with_single(self, one: Node, other: Node) -> bool:
        whole, single = (one, other) if one.head in _COLLECTIONS else (other, one)
        self.rule = "set" if whole.head == "set" else "list" if whole.head == "list" else "tuple"
        parts = self.distinct(whole.parts) if whole.head in {"set", "list"} else whole.parts
        if len(parts) == 1 and (whole.head == "list" or self.policy.collections == "loose"):
            return self.same(parts[0], single)
        if _are_solutions(parts, single):
            raise Undecided("an equation would have to be solved")
        return self.differ(f"one is {with_article(whole.head)} of {len(parts)}, the other is a single thing")

    def same_matrix(self, one: Node, other: Node) -> bool | None:
        self.rule = "matrix"
        left, right = _as_matrix(one), _as_matrix(other)
        if left is None or right is None:
            return None if {one.head, other.head} & {"list", "set"} else self.differ("a matrix is no single thing")
        shapes = {left.value, right.value}
        turned = left.value == right.value[::-1] and 1 in left.value
        written = one.head == "matrix" and other.head == "matrix"
        if len(shapes) > 1 and not (turned and (self.policy.vectors == "loose" or not written)):
            return self.differ(f"{right.value[0]}×{right.value[1]} is not {left.value[0]}×{left.value[1]}")
        return self.in_order(left.parts, right.parts, "matrix")

    def distinct(self, parts: Sequence[Node]) -> tuple[Node, ...]:
        """The items, each once, where that is plain to see or their number is small."""
        if len(parts) > _MANY:
            return tuple(dict.fromkeys(parts))
        kept = list[Node]()
        for part in dict.fromkeys(parts):
            if not any(self.same(part, each) for each in kept):
                kept.append(part)
        return tuple(kept)

    def in_order(self, ones: Sequence[Node], others: Sequence[Node], rule: str) -> bool:
        """Whether the items are the same, one by one."""
        if rule == "tuple" and self.policy.order == "ignore":
            return self.any_order(ones, others, rule)
        if len(ones) != len(others):
            self.rule = rule
            return self.differ(f"{len(others)} items are not {len(ones)}")
        same = _every(self.same, ones, others)
        self.rule = rule
        return same

    def any_order(self, ones: Sequence[Node], others: Sequence[Node], rule: str = "set") -> bool:
        """Whether each item has a partner of its own."""
        if len(ones) != len(others):
            self.rule = rule
            return self.differ(f"{len(others)} items are not {len(ones)}")
        if len(ones) > _MANY:
            raise Undecided(f"there are {len(ones)} items; up to {_MANY} are compared in any order")
        left = list(others)
        doubt: Exception | None = None
        for one in ones:
            partner = None
            for at, other in enumerate(left):
                try:
                    if self.same(one, other):
                        partner = at
                        break
                except (Undecided, TooLarge) as err:
                    doubt = err
            if partner is None:
                if doubt is not None:
                    raise Undecided(str(doubt) or "a number is too large to be worked out")
                self.rule = rule
                return self.differ("an item has no partner")
            left.pop(partner)
        self.rule = rule
        return True

    # Relations

    def same_relation(self, one: Node, other: Node) -> bool:
        self.rule = "equation"
        if one.head != other.head:
            relation, single = (one, other) if one.head == "relation" else (other, one)
            same = self.says_its_last(relation, single)
            self.rule = "equation"
            return same or self.differ("one is a relation, the other is not")
        one, other = _oriented(one), _oriented(other)
        if one.value == other.value == ("=",):
            return self.same_equation(one, other)
        if len(one.parts) != len(other.parts):
            if {*one.value} == {*other.value} == {"="}:
                return self.same_equation(_outer(one), _outer(other))
            return self.differ("one says more than the other")
        for candidate in (other, _turned(other)):
            if one.value == candidate.value and _every(self.same_value_or_set, one.parts, candidate.parts):
                self.rule = "equation"
                return True
        self.rule = "equation"
        return self.differ("they say different things")

    def says_its_last(self, relation: Node, single: Node) -> bool:
        """Whether the relation is true whatever its variables are, and its right side is the single thing."""
        if {*relation.value} != {"="} or any(part.head in _NO_VALUES for part in (*relation.parts, single)):
            return False
        measured = [_measured(part) if part.head == "quantity" else _in_unit(part) for part in relation.parts]
        if None not in measured:
            return self.are_converted([each for each in measured if each]) and self.same(relation.parts[-1], single)
        if not _names(relation.parts[-1]):
            # What is 1 for all values is rather a premise than an answer.
            return False
        return self.same_value(relation.parts[-1], single) and all(
            self.same_value(left, right) for left, right in pairwise(relation.parts)
        )

    def are_converted(self, quantities: Sequence[tuple[Node, Unit | None]]) -> bool:
        """Whether they are one quantity in several units."""
        known = [(value, unit) for value, unit in quantities if unit is not None]
        if len(known) != len(quantities) or len({unit.dimensions for _, unit in known}) != 1:
            return False
        basic = [_in_basic(value, unit, turned=False) for value, unit in known]
        return all(self.same_value(left, right) for left, right in pairwise(basic))

    def same_value_or_set(self, one: Node, other: Node) -> bool:
        return self.same(one, other)

    def same_equation(self, one: Node, other: Node) -> bool:
        left, right = one.parts
        other_left, other_right = other.parts
        if _is_name(left) and _is_name(other_left):
            if left != other_left and self.policy.names == "keep" and not _is_call_of(one, other):
                if right == other_left or (_names(right) and _names(other_right)):
                    return self.sides(one, other)
                return self.differ(f"{_spelling(other_left)} is not {_spelling(left)}")
            same = self.same(right, other_right)
            if same or not (left.head == "symbol" and (left.value in _names(right) | _names(other_right))):
                self.rule = "equation"
                return same
        if any(part.head in _COLLECTIONS or part.head == "text" for part in (left, right, other_left, other_right)):
            same = self.same(left, other_left) and self.same(right, other_right)
            self.rule = "equation"
            return same
        return self.sides(one, other)

    def sides(self, one: Node, other: Node) -> bool:
        """Whether two equations have the same solutions."""
        self.rule = "equation"
        return self.able.same_equation(_side(one), _side(other)) or self.differ("they have different solutions")

    # Congruences

    def same_residue(self, one: Node, other: Node) -> bool | None:
        """Whether two congruences say the same, or the residue of one is the other side; None if neither is one."""
        left, right = congruence(one), congruence(other)
        found, single = left or right, other if left else one
        if left and right:
            same = self.same_congruence(left, right)
        elif found is None:
            return None
        elif found.of is None:
            # What is worked out already is a residue class, and no number.
            rest = self.remainder(found)
            same = rest not in (None, found.value) and self.same_value(_residue(found), single)
        elif not _names(found.of):
            same = self.same(found.value, single)
        elif single.head == "relation" and single.value == ("=",) and single.parts[0] == found.of:
            same = self.same_progression(found, single.parts[1])
        else:
            return None
        self.rule = "congruence"
        return same

    def remainder(self, found: Congruence) -> Node | None:
        """What is left of the value, if that is a rational number."""
        value = self.exact(_residue(found))
        return None if value is None else number(value)

    def same_progression(self, found: Congruence, terms: Node) -> bool:
        """Whether `7k + 3` runs through the residue class."""
        names = _names(terms)
        free = names - (_names(found.of) if found.of else set())
        line = _line(terms, next(iter(free))) if len(names) == len(free) == 1 else None
        if line is None or abs(line[0]) != self.exact(found.modulus):
            return self.differ("it is no such residue class")
        return self.same_congruence(found, found._replace(value=number(line[1])))

    def same_congruence(self, one: Congruence, other: Congruence) -> bool:
        if not self.same(one.modulus, other.modulus):
            return self.differ("the moduli differ")
        if one.of and other.of and not self.same(one.of, other.of):
            if self.same(one.of, other.value) and self.same(one.value, other.of):
                return True
            raise Undecided("a congruence would have to be solved")
        if any(each.of and not _is_name(each.of) and _names(each.of) for each in (one, other)) and not (
            one.of and other.of
        ):
            return self.differ("only one of them says of what")
        difference = Congruence(None, _minus(one.value, other.value), one.modulus)
        congruent = self.same(one.value, other.value) or self.remainder(difference) == number(0)
        return congruent or self.differ("the residues differ")

    # Dates, times of day, amounts in several units

    def same_written(self, one: Node, other: Node) -> bool:
        """Where one side is something that is told in words and numbers."""
        if one.head not in _WRITTEN or (other.head in _WRITTEN and other.head == "amount" != one.head):
            one, other = other, one
        match one.head:
            case "date":
                return self.same_date(one.value, other)
            case "clock":
                return self.same_clock(one.value, other)
        return self.same_amount(one.value, other)

    def same_date(self, date: Date, other: Node) -> bool:
        self.rule = "date"
        if other.head == "number" and other.value == date.year:
            raise Undecided("only one of them tells more than the year")
        if other.head not in {"date", "dashed"}:
            return self.differ("one is a date, the other is not")
        readings = (other.value,) if other.head == "date" else dates_of(str(other.value))
        close = [each for each in readings if _agree(date, each)]
        if not close:
            return self.differ("the dates differ")
        if len(readings) > 1 or (date.year is None) != (close[0].year is None):
            raise Undecided("a date can be read in more than one way")
        return close[0] == date or self.differ("one date has no day")

    def same_clock(self, seconds: int, other: Node) -> bool:
        self.rule = "time"
        if other.head == "clock":
            return seconds == other.value or self.differ("the times differ")
        if other.head == "ratio" and (found := seconds_of(other.value)) is not None:
            other_seconds, halved = found
            turn = HALF_DAY if halved else 2 * HALF_DAY
            return (seconds - other_seconds) % turn == 0 or self.differ("the times differ")
        hour = self.exact(other) if other.head == "number" and self.policy.units != "required" else None
        same = hour is not None and 1 <= hour <= 12 and (seconds - hour * 3600) % HALF_DAY == 0
        self.rule = "time"
        return same or self.differ("the times differ")

    def same_amount(self, amount: Amount, other: Node) -> bool:
        self.rule = "quantity"
        if other.head == "amount":
            same = amount.units[0].dimensions == other.value.units[0].dimensions and amount.total == other.value.total
            return same or self.differ("the amounts differ")
        if other.head == "ratio":
            raise Undecided("numbers with a colon between may be an amount")
        value, unit = _measured(other)
        known = unit is not None and (unit in amount.units or self.policy.units == "convert")
        if unit is None or unit.dimensions != amount.units[0].dimensions or not known:
            return self.differ("they are told in other units")
        same = self.same_value(Node("product", (value, number(unit.factor))), number(amount.total))
        self.rule = "quantity"
        return same

    # Scores, ratios, bases, cases

    def same_dashed(self, one: Node, other: Node) -> bool:
        """Whole numbers with dashes between: a date, a range, a score, or a difference that is not worked out."""
        if one.head == other.head:
            return self.in_order(one.parts, other.parts, "dashed")
        dashed, single = (one, other) if one.head == "dashed" else (other, one)
        difference = reduce(lambda left, right: Node("sum", (left, Node("negative", (right,)))), dashed.parts)
        if "/" not in str(dashed.value) and self.same(difference, single):
            raise Undecided(f"{dashed.value} may be a range, a date or a difference")
        self.rule = "dashed"
        return self.differ("one is numbers with dashes between, the other is not")

    def same_ratio(self, one: Node, other: Node) -> bool:
        self.rule = "ratio"
        if one.head != other.head:
            ratio, single = (one, other) if one.head == "ratio" else (other, one)
            if self.policy.ratios == "fractions" and len(ratio.parts) == 2:
                return self.same_value(Node("quotient", ratio.parts), single)
            return self.differ("one is a ratio, the other is not")
        if len(one.parts) != len(other.parts):
            return self.differ("they are ratios of different length")
        if any(part.head == "quantity" for part in (*one.parts, *other.parts)) or (_is_time(one) and _is_time(other)):
            return self.in_order(one.parts, other.parts, "time")
        cross = zip(pairwise(one.parts), pairwise(other.parts), strict=True)
        same = all(self.same_value(Node("product", (a, d)), Node("product", (b, c))) for (a, b), (c, d) in cross)
        self.rule = "ratio"
        return same or self.differ("they are not proportional")

    def same_base(self, one: Node, other: Node) -> bool:
        self.rule = "base"
        if one.head == other.head:
            same = one.value == other.value and self.same(_base(one), _base(other))
            self.rule = "base"
            return same or self.differ("the digits or the base are others")
        based, single = (one, other) if one.head == "based" else (other, one)
        if self.policy.base == "optional" and str(based.value).isdigit():
            return self.same_value(number(int(based.value)), single)
        return self.differ("the base is missing on one side")

    def same_cases(self, one: Node, other: Node) -> bool:
        if one.head != other.head:
            return self.differ("one has cases, the other has none")
        if len(one.parts) != len(other.parts):
            return self.differ("they have different numbers of cases")
        left = list(other.parts)
        for case in one.parts:
            partner = next(
                (
                    each
                    for each in left
                    if len(each.parts) == len(case.parts) and _every(self.same, case.parts, each.parts)
                ),
                None,
            )
            if partner is None:
                self.rule = "cases"
                return self.differ("a case has no partner")
            left.remove(partner)
        self.rule = "cases"
        return True

    # Quantities and values

    def same_quantity(self, one: Node, other: Node) -> bool:
        """Numbers with units."""
        if one.head == other.head == "quantity":
            (value, unit), (other_value, other_unit) = _measured(one), _measured(other)
        else:
            (value, unit), (other_value, other_unit) = _measured(one, other), _measured(other, one)
        if unit != other_unit and (word := _changing(unit) or _changing(other_unit)):
            raise Undecided(f"`{word}` makes another number of it")
        percent = [_is_percent(unit), _is_percent(other_unit)]
        if any(percent):
            return self.same_percent(value, other_value, percent, bare=unit is None or other_unit is None)
        self.rule = "quantity"
        how = self.policy.units
        if (unit is None) != (other_unit is None) and self.same_letters(one, other):
            return True
        if how != "ignore":
            if (unit is None) != (other_unit is None):
                unitless = (unit or other_unit or _NO_UNIT).names == ()
                if how == "required" and not unitless:
                    return self.differ("a unit is missing")
                if how == "convert" and self.same_turn(value, other_value, unit or other_unit, turned=unit is not None):
                    return True
            elif unit is not None and other_unit is not None and unit.names != other_unit.names:
                return self.converted(value, unit, other_value, other_unit)
        same = self.same_value(value, other_value)
        self.rule = "quantity"
        return same

    def same_letters(self, one: Node, other: Node) -> bool:
        """Whether a unit was none, but variables: `3mg` is the same as `mg + 2mg`."""
        left, right = _in_letters(one), _in_letters(other)
        if (not _names(one) and not _names(other)) or _names(left) != _names(right):
            return False
        same = self.same_value(left, right)
        self.rule = "expression" if same else "quantity"
        return same

    def converted(self, value: Node, unit: Unit, other_value: Node, other_unit: Unit) -> bool:
        if not unit.names or not other_unit.names:
            same = self.same_value(value, other_value)
            self.rule = "quantity"
            return same
        spelling = f"{_written(other_unit)} is not {_written(unit)}"
        if unit[1:] == other_unit[1:] or {unit.names, other_unit.names} == _WEIGHT:
            # The same unit by another name, as N and kg m/s^2; or no unit at all, but the weight `m g`.
            same = self.same_value(value, other_value)
            self.rule = "quantity"
            return same
        if self.policy.units != "convert":
            return self.differ(f"{spelling} (policy units=convert converts)")
        angles = {unit.dimensions, other_unit.dimensions} == {(("angle", 1),), (("radian", 1),)}
        warmth = unit.dimensions != other_unit.dimensions and {*unit.dimensions, *other_unit.dimensions} <= _WARMTH
        if unit.dimensions != other_unit.dimensions and not angles and not warmth:
            return self.differ(spelling)
        pairs = ((value, unit), (other_value, other_unit))
        left, right = (_in_kelvins(*pair) if warmth else _in_basic(*pair, turned=angles) for pair in pairs)
        same = self.same_value(left, right)
        self.rule = "quantity"
        return same

    def same_turn(self, value: Node, other: Node, unit: Unit | None, *, turned: bool) -> bool:
        """Whether an angle in degrees is the same in radians, which need no unit."""
        if unit is None or unit.dimensions != (("angle", 1),):
            return False
        pair = (value, other) if turned else (other, value)
        return self.same_value(Node("product", (pair[0], *_TURN)), pair[1])

    def same_percent(self, value: Node, other: Node, percent: list[bool], *, bare: bool) -> bool:
        self.rule = "percent"
        if all(percent):
            same = self.same_value(value, other)
        elif not bare:
            return self.differ("a percentage is no quantity with a unit")
        else:
            fractions = [
                Node("quotient", (each, number(100))) if is_one else each
                for each, is_one in zip((value, other), percent, strict=True)
            ]
            same = self.same_value(*fractions)
            if not same and self.policy.percent == "either":
                same = self.same_value(value, other)
        self.rule = "percent"
        return same

    def same_value(self, one: Node, other: Node) -> bool:
        """Whether two expressions have the same value."""
        if one == other:
            return True
        tolerance = self.policy.rel_tolerance
        left, right = self.exactly(one), self.exactly(other)
        if left is not None and right is not None:
            self.rule = "number"
            return self.same_number(one, other, left, right)
        self.rule = "expression"
        one, other = _in_letters(one), _in_letters(other)
        strange = [{node.head for node in walk(each)} & _NO_VALUES for each in (one, other)]
        if bool(strange[0]) != bool(strange[1]):
            return self.differ("they are of different kinds")
        if strange[0] and strange[1]:
            return self.same_parts(one, other)
        if self.able.equal(one, other, tolerance) or self.same_with_factors(one, other, tolerance):
            return True
        if self.policy.rounding == "allowed" and not _names(one) and not _names(other):
            return self.same_rounded(one, other, left, right)
        return self.differ("the values differ")

    def same_with_factors(self, one: Node, other: Node, tolerance: float) -> bool:
        """Whether they are the same if a letter before a bracket is a factor there, as it is elsewhere: `p(1-p)`."""
        letters = {str(node.value) for each in (one, other) for node in walk(each) if node.head == "symbol"}
        left, right = (_with_factors(each, letters) for each in (one, other))
        return (left, right) != (one, other) and self.able.equal(left, right, tolerance)

    def same_rounded(self, one: Node, other: Node, left: Fraction | None, right: Fraction | None) -> bool:
        """Whether one is the other rounded, of which at least one is not rational."""
        precise = self.able.real(one) if left is None else left
        other_precise = self.able.real(other) if right is None else right
        if isinstance(precise, Fraction) and isinstance(other_precise, Fraction):
            self.rule = "rounding"
            if _rounds(one, precise, other_precise) or _rounds(other, other_precise, precise):
                return True
        return self.differ("they are not the same when rounded")

    def same_parts(self, one: Node, other: Node) -> bool:
        """Whether two things without a value are the same, part by part."""
        if one.head == other.head and one.value == other.value and len(one.parts) == len(other.parts) and one.parts:
            return _every(self.same, one.parts, other.parts)
        raise Undecided("an expression holds what no expression can")

    def exactly(self, node: Node) -> Fraction | None:
        """The rational value; None as well where it is too large, if algebra may tell it from others."""
        try:
            return self.exact(node)
        except TooLarge:
            return None

    def same_number(self, one: Node, other: Node, left: Fraction, right: Fraction) -> bool:
        if left == right:
            return True
        whole = left.denominator == right.denominator == 1
        if (
            self.policy.rel_tolerance
            and not whole
            and abs(left - right) <= Fraction(self.policy.rel_tolerance) * max(abs(left), abs(right))
        ):
            self.rule = "number within tolerance"
            return True
        if self.policy.rounding == "allowed" and (_rounds(one, left, right) or _rounds(other, right, left)):
            self.rule = "rounding"
            return True
        return self.differ("the numbers differ")


_WEIGHT = {(("mg", 1),), (("g", 1), ("m", 1))}
_WRITTEN = frozenset(("date", "clock", "amount"))
_VECTORS = frozenset(("vector", "tuple", "matrix", "brackets"))
_NO_UNIT = Unit((), (), Fraction(1))
_TURN = (Node("quotient", (symbol("pi"), number(180))),)
_WARMTH = frozenset((("temperature", 1), ("celsius", 1), ("fahrenheit", 1)))
_ZEROS = {"celsius": (Fraction("273.15"), Fraction(1)), "fahrenheit": (Fraction("459.67"), Fraction(5, 9))}
"""What to add to a temperature, and what to multiply it with then, for kelvins."""


def _in_basic(value: Node, unit: Unit, *, turned: bool) -> Node:
    turn = _TURN if turned and unit.dimensions == (("angle", 1),) else ()
    return Node("product", (value, number(unit.factor), *turn))


def _in_kelvins(value: Node, unit: Unit) -> Node:
    zero, step = _ZEROS.get(unit.dimensions[0][0], (Fraction(0), unit.factor))
    return Node("product", (Node("sum", (value, number(zero))), number(step)))


def _agree(date: Date, other: Date) -> bool:
    """Whether two dates do not differ in what both tell."""
    return all(None in pair or pair[0] == pair[1] for pair in zip(date, other, strict=True))


def _every(same: Callable[[Node, Node], bool], ones: Sequence[Node], others: Sequence[Node]) -> bool:
    """Whether all pairs are the same; a difference counts more than a doubt."""
    doubt: Exception | None = None
    for one, other in zip(ones, others, strict=True):
        try:
            if not same(one, other):
                return False
        except (Undecided, TooLarge) as err:
            doubt = err
    if doubt is not None:
        raise doubt
    return True


def _expanded(node: Node) -> Node:
    """Without plus-minus: an item for each sign. Signs within an item go together."""
    if node.head == "answers":
        return node
    if node.head in {"set", "list"}:
        parts = [each for part in node.parts for each in _signed(part)]
        return Node(node.head, tuple(parts), node.value) if len(parts) != len(node.parts) else node
    both = _signed(node)
    return node if len(both) == 1 else Node("list", both, "or")


def _signed(node: Node) -> tuple[Node, ...]:
    if not any(each.head in {"pm", "mp"} for each in walk(node)):
        return (node,)
    return (_with_sign(node, upper=True), _with_sign(node, upper=False))


def _with_sign(node: Node, *, upper: bool) -> Node:
    parts = tuple(_with_sign(part, upper=upper) for part in node.parts)
    if node.head in {"pm", "mp"}:
        plus = upper == (node.head == "pm")
        left, right = parts
        signed = right if plus else Node("negative", (right,))
        return signed if left == number(0) else Node("sum", (left, signed))
    return Node(node.head, parts, node.value) if parts != node.parts else node


def _snapped(zero: Fraction, ends: Sequence[Fraction]) -> Fraction:
    """A zero that was found by numbers as what it is: the end of a known set, or a rational number."""
    near = (*ends, zero.limit_denominator(10**6))
    return next((each for each in near if abs(each - zero) < _SAME * max(Fraction(1), abs(zero))), zero)


_SAME = Fraction(1, 10**20)


def _is_real_set(node: Node) -> bool:
    """Whether this is a set of real numbers for certain: pairs in brackets may be one."""
    match node.head:
        case "interval" | "reals" | "cup" | "cap" | "setminus" | "described":
            return True
        case "relation":
            return bool({*node.value} & _INEQUALITIES) or node.value == ("in",)
        case "list":
            return all(part.head == "relation" and {*part.value} & _INEQUALITIES for part in node.parts)
    return False


def _names(node: Node) -> frozenset[str]:
    """The variables in it."""
    bound = {str(each.parts[1].value) for each in walk(node) if each.head in {"series", "integral", "antiderivative"}}
    bound |= {str(each.parts[1].value) for each in walk(node) if each.head == "limit"}
    names = {str(each.value) for each in walk(node) if each.head == "symbol" and each.value not in _CONSTANTS}
    functions = {str(each.value) for each in walk(node) if each.head == "call" and str(each.value).startswith("f:")}
    return frozenset(names - bound) | functions


_CONSTANTS = frozenset(("pi", "e", "i", "infty"))


_FUNCTIONS_OF = {**dict.fromkeys("xyzuvwsr", ("t",)), **dict.fromkeys("yuvw", ("t", "x"))}
"""Letters that are functions where they stand before such a one."""


def _is_name(node: Node) -> bool:
    """Whether this names a thing: a variable, or a function of variables."""
    match node.head:
        case "symbol":
            return node.value not in _CONSTANTS
        case "call":
            return str(node.value).startswith("f:")
        case "product" if len(node.parts) == 2:
            # P(A), y(t) and the like may have been read as a product.
            name, of = node.parts
            known = str(name.value).isupper() or (name.value in _FUNCTIONS_OF and of.value in _FUNCTIONS_OF[name.value])
            return name.head == of.head == "symbol" and known
    return False


def _is_call_of(one: Node, other: Node) -> bool:
    """Whether one equation is of a function f(x), the other of the y that it stands for, or of just f."""
    single, called = (one, other) if one.parts[0].head == "symbol" else (other, one)
    name, call = single.parts[0], called.parts[0]
    if name.head != "symbol" or call.head == "symbol":
        return False
    if call.head == "call" and name.value == "y":
        return True
    of, known = call.parts[-1], _names(called.parts[1])
    if call.head == "call":
        return call.value == f"f:{name.value}" and len(call.parts) == 1 and of.head == "symbol" and of.value in known
    return call.parts[0] == name and of.value in _OFTEN and of.value in known


_OFTEN = frozenset("txn")
"""What a function is often one of."""


def _are_assigned(node: Node) -> bool:
    """Whether the items are values of different variables, not of one that may have several."""
    names = {
        str(part.parts[0].value).partition("_")[0]
        for part in node.parts
        if part.head == "relation" and _is_name(part.parts[0])
    }
    return len(names) == len(node.parts)


def _are_solutions(parts: Sequence[Node], equation: Node) -> bool:
    """Whether these may be what solves an equation: `x = 2` and `x = -2` of `x^2 = 4`, but not of `x = 3`."""
    names = {part.parts[0] for part in parts if part.head == "relation" and _is_name(part.parts[0])}
    if len(names) != 1 or equation.head != "relation" or equation.value != ("=",):
        return False
    [name] = names
    sides = equation.parts
    return _names(equation) == {name.value} and not any(
        side == name and name.value not in _names(beside) for side, beside in (sides, sides[::-1])
    )


def _is_tuple_of_names(node: Node) -> bool:
    return node.head in {"tuple", "vector"} and all(part.head == "symbol" for part in node.parts)


def _is_description(node: Node) -> bool:
    """Whether this says in letters or words what was asked for, as in `AB =` or `area =`."""
    nodes = list(walk(node))
    heads = {each.head for each in nodes}
    if "text" in heads:
        return True
    allowed = {"symbol", "product", "sum", "negative", "quotient", "call", "quantity"}
    plain = heads <= allowed and not any(each.head == "quantity" and each.value == "percent" for each in nodes)
    return plain and any(each.head == "symbol" and each.value not in _CONSTANTS for each in nodes)


def _side(relation: Node) -> Node:
    """Left minus right."""
    return _minus(relation.parts[0], relation.parts[1])


def _residue(found: Congruence) -> Node:
    return Node("call", (found.value, found.modulus), "mod")


def _minus(left: Node, right: Node) -> Node:
    return Node("sum", (left, Node("negative", (right,))))


def _turned(relation: Node) -> Node:
    """The relation, read from the right."""
    if not {*relation.value} <= _FLIPPED.keys():
        return relation
    return Node("relation", relation.parts[::-1], tuple(_FLIPPED[sign] for sign in reversed(relation.value)))


def _oriented(relation: Node) -> Node:
    """With the name on the left, if there is one on the right alone."""
    if relation.value == ("=",) and _is_name(relation.parts[1]) and not _is_name(relation.parts[0]):
        return _turned(relation)
    return relation


def _outer(relation: Node) -> Node:
    return Node("relation", (relation.parts[0], relation.parts[-1]), ("=",))


def _line(node: Node, name: str) -> tuple[Fraction, Fraction] | None:
    """Slope and shift, where the tree is linear in the variable with rational coefficients."""
    if name not in _names(node):
        try:
            value = exact(node)
        except (TooLarge, Undefined):
            return None
        return None if value is None else (Fraction(0), value)
    if node == symbol(name):
        return Fraction(1), Fraction(0)
    lines = [_line(part, name) for part in node.parts]
    known = [line for line in lines if line is not None]
    if len(known) != len(lines):
        return None
    match node.head:
        case "sum":
            return sum((slope for slope, _ in known), Fraction(0)), sum((shift for _, shift in known), Fraction(0))
        case "negative":
            return -known[0][0], -known[0][1]
        case "product":
            return _line_times(known)
        case "quotient" if known[1][0] == 0 and known[1][1] != 0:
            return known[0][0] / known[1][1], known[0][1] / known[1][1]
    return None


def _line_times(lines: list[tuple[Fraction, Fraction]]) -> tuple[Fraction, Fraction] | None:
    sloped = [line for line in lines if line[0] != 0]
    if len(sloped) != 1:
        return None
    factor = Fraction(1)
    for slope, shift in lines:
        factor *= shift if slope == 0 else 1
    return sloped[0][0] * factor, sloped[0][1] * factor


def _in_components(node: Node, beside: Node) -> Node | None:
    """The vector that a sum of unit vectors is, with as many parts as the other side has."""
    return None if node.head in _COLLECTIONS else components(node, len(beside.parts) if beside.head in _VECTORS else 3)


def _as_matrix(node: Node) -> Node | None:
    """The matrix, or what can be read as one: vectors, lists of lists."""
    if node.head == "matrix":
        return node
    if node.head not in {"vector", "tuple", "brackets"} or not node.parts:
        return None
    if all(part.head in {"brackets", "tuple"} for part in node.parts):
        width = {len(part.parts) for part in node.parts}
        if len(width) == 1:
            return Node(
                "matrix", tuple(cell for part in node.parts for cell in part.parts), (len(node.parts), width.pop())
            )
    return Node("matrix", node.parts, (len(node.parts), 1))


def _is_time(node: Node) -> bool:
    texts = node.value
    return len(texts) in {2, 3} and all(len(text) == 2 and text.isdigit() for text in texts[1:])


def _base(node: Node) -> Node:
    [base] = node.parts
    if base.head == "text" and str(base.value).casefold() in NUMBERS:
        return number(NUMBERS[str(base.value).casefold()])
    return base


def _measured(node: Node, other: Node | None = None) -> tuple[Node, Unit | None]:
    """The number and its unit; letters are a unit where the other side has that one."""
    if node.head == "quantity":
        return node.parts[0], read_unit(str(node.value))
    if node.head == "negative" and node.parts[0].head == "quantity":
        inner = node.parts[0]
        return Node("negative", inner.parts), read_unit(str(inner.value))
    if other is not None and (apart := _lettered(node)) is not None and read_unit(apart[1]) == _measured(other)[1]:
        return apart[0], read_unit(apart[1])
    return node, None


_LETTERS = re.compile(r"[A-Za-z]{1,2}(?: [A-Za-z]{1,2})*")


def _in_letters(node: Node) -> Node:
    """With variables in place of units of one or two letters: within an expression, they are none."""
    parts = tuple(_in_letters(part) for part in node.parts)
    if node.head == "quantity" and _LETTERS.fullmatch(unit := str(node.value)) and "in" not in unit.split():
        return Node("product", (*parts, *(symbol(letter) for letter in unit.replace(" ", ""))))
    return Node(node.head, parts, node.value) if parts != node.parts else node


def _lettered(node: Node) -> tuple[Node, str] | None:
    """A number, and the letters that it is multiplied with, as a unit is written."""
    match node.head:
        case "product":
            numbers = tuple(part for part in node.parts if not _names(part))
            letters = [_unit_letters(part) for part in node.parts if _names(part)]
            if not numbers or not letters or None in letters:
                return None
            return (numbers[0] if len(numbers) == 1 else Node("product", numbers)), " ".join(map(str, letters))
        case "quotient":
            above, below = _lettered(node.parts[0]), _unit_letters(node.parts[1])
            return None if above is None or below is None else (above[0], f"{above[1]} / {below}")
    return None


def _in_unit(node: Node) -> tuple[Node, Unit | None] | None:
    """The number and its unit, where letters can be one."""
    apart = _lettered(node)
    return None if apart is None else (apart[0], read_unit(apart[1]))


def _unit_letters(node: Node) -> str | None:
    if node.head == "symbol":
        return str(node.value)
    if node.head == "product":
        letters = [_unit_letters(part) for part in node.parts]
        return None if None in letters else " ".join(map(str, letters))
    if node.head == "quotient":
        above, below = map(_unit_letters, node.parts)
        return None if above is None or below is None else f"{above} / {below}"
    if node.head == "power" and node.parts[0].head == "symbol" and node.parts[1].head == "number":
        return f"{node.parts[0].value} ^{node.parts[1].value}"
    return None


def _with_factors(node: Node, letters: Container[str]) -> Node:
    """With a product in place of every function that is called like one of the variables."""
    parts = tuple(_with_factors(part, letters) for part in node.parts)
    name = str(node.value).removeprefix("f:")
    if node.head == "call" and len(parts) == 1 and str(node.value) == f"f:{name}" and name in letters:
        return Node("product", (symbol(name), *parts))
    return Node(node.head, parts, node.value) if parts != node.parts else node


def _changing(unit: Unit | None) -> str:
    """What stands there as a unit and is none, but makes another number: `5 dozen`."""
    return next((name for name, _ in unit.names if name in CHANGING), "") if unit else ""


def _is_percent(unit: Unit | None) -> bool:
    return unit is not None and unit.names == (("percent", 1),)


def _written(unit: Unit) -> str:
    return " ".join(name if power == 1 else f"{name}^{power}" for name, power in unit.names)


def _spelt(node: Node) -> str | None:
    """Letters that may have been a word: a product of variables."""
    if node.head == "symbol":
        return str(node.value)
    if node.head == "product" and all(part.head == "symbol" and len(str(part.value)) == 1 for part in node.parts):
        return "".join(str(part.value) for part in node.parts)
    return None


def _spelling(node: Node) -> str:
    return _spelt(node) or str(node.value).removeprefix("f:")


def _squeezed(text: str) -> str:
    return re.sub(r"[\s\\{}-]", "", text)


_LEAST = 2


def _rounds(node: Node, value: Fraction, precise: Fraction) -> bool:
    """Whether the number, as it is written, is the precise one rounded."""
    digits = _decimals(value)
    if node.head not in {"number", "negative"} or digits is None or value == 0:
        return False
    shown = len(str(abs(value.numerator * 10**digits // value.denominator)).lstrip("0"))
    return shown >= _LEAST and abs(value - precise) * 2 * 10**digits <= 1


def _decimals(value: Fraction) -> int | None:
    """How many decimals the number has; None if they do not end."""
    for digits in range(40):
        if 10**digits % value.denominator == 0:
            return digits
    return None
