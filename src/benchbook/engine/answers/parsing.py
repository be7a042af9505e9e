"""From tokens to a tree: a parser by hand, which never runs anything and never recurses deeply."""

import re
from collections.abc import Callable
from fractions import Fraction

from benchbook.engine.answers.derivatives import differentiates, quotient
from benchbook.engine.answers.tokens import Token, tokens
from benchbook.engine.answers.tree import Node, TooMuch, Unreadable, deeper_than, number, symbol, text_node
from benchbook.engine.answers.vocabulary import CONSTANTS, FUNCTIONS, NUMBERS, SCALES, unit

__all__ = ["parsed"]

_DEPTH = 40
_LEVELS = 120
"""Levels of a tree: signs that follow one another make some, too."""
_DIGITS = 4_000
"""Digits of a number that is read."""
_RELATIONS = {"=": "=", "<": "<", ">": ">", "le": "<=", "ge": ">=", "ne": "!=", "in": "in", "notin": "notin",
              "approx": "=", "simeq": "=", "equiv": "equiv", "to": "to", "mapsto": "to", "subset": "subset",
              "subseteq": "subset", "cong": "equiv", "sim": "sim", "propto": "sim", "perp": "perp"}  # fmt: skip
_CLOSING = {"(": ")", "[": "]", "{": "}", "\\{": "\\}", "<<": ">>"}
_MATRICES = frozenset(
    ("pmatrix", "bmatrix", "Bmatrix", "matrix", "smallmatrix", "array", "psmallmatrix", "bsmallmatrix")
)
_CALLED = frozenset("fghFGHpPqQrT")
"""Letters that before a bracket are functions, not factors."""
_UNIT_LETTERS = frozenset(["m", "s", "g", "h", "L", "N", "J", "W", "V", "A", "K", "C", "T", "F", "H", "M"])
_LONGEST_UNIT = 16
"""Tokens of a unit that begins with a letter."""
_CORNERS = 3
_NO_UNITS = frozenset(("is", "are", "was", "not", "never"))
_NUMBER_SETS = frozenset("RZQNC")
_ENDS = frozenset((")", "]", "}", "\\}", ">>", ",", ";", "\\\\", "&"))
_LINKS = frozenset(("and", "or", ",", "or,", "and,"))
_THOUSANDS = re.compile(r"\d{3}")
_MARKED = frozenset(("overline", "bar", "dot"))
_DECORATED = frozenset(("overline", "bar", "vec", "hat", "widehat", "overrightarrow", "tilde", "dot", "ddot",
                        "widetilde", "underline", "overleftrightarrow", "mathbb", "mathfrak", "mathscr", "wideparen",
                        "overarc"))  # fmt: skip


def parsed(text: str, *, decimal_comma: bool = False) -> Node:
    """The tree of a formula; Unreadable if it is none."""
    stream = tokens(text)
    reader = _Reader(_joined(stream, decimal_comma=decimal_comma))
    if not reader.tokens:
        raise Unreadable("there is nothing to read")
    tree = reader.whole()
    if reader.here is not None:
        raise Unreadable(f"{reader.here.text!r} stands where nothing can")
    if deeper_than(tree, _LEVELS):
        raise TooMuch(f"the answer has more than {_LEVELS} levels")
    return tree


def _joined(stream: list[Token], *, decimal_comma: bool) -> list[Token]:
    """The tokens, where digits that commas or blanks group are one number."""
    joined = list[Token]()
    brackets = _groups(stream)
    at = 0
    while at < len(stream):
        token = stream[at]
        if token.kind == "number" and token.text.isdigit():
            token, at = _grouped(stream, at, brackets[at], decimal_comma=decimal_comma)
        else:
            at += 1
        joined.append(token)
    return joined


def _groups(stream: list[Token]) -> list[bool]:
    """For each token, whether commas between digits group them there: not in a bracket that lists without blanks."""
    opened: list[int] = []
    owner: list[int] = []
    blank = dict[int, bool]()
    close = dict[int, bool]()
    for at, token in enumerate(stream):
        if token.kind == "sign" and token.text in ("(", "[", "\\{", "{"):
            opened.append(at)
        elif token.kind == "sign" and token.text in (")", "]", "\\}", "}") and opened:
            opened.pop()
        owner.append(opened[-1] if opened else -1)
        if token.text == "," and at + 1 < len(stream):
            (blank if stream[at + 1].spaced else close)[owner[-1]] = True
    plain = {place for place in {*owner} if place >= 0 and stream[place].text != "{"}
    return [place not in plain or (place in blank and place in close) for place in owner]


def _grouped(stream: list[Token], at: int, commas: bool, *, decimal_comma: bool) -> tuple[Token, int]:  # noqa: FBT001
    token, digits, at = stream[at], stream[at].text, at + 1
    while len(digits) <= 3 or at > 1:
        step = _separator(stream, at, commas and not decimal_comma)
        if step == 0 or len(stream[at + step - 1].text.partition(".")[0]) != 3 or len(token.text) > 3:
            break
        following = stream[at + step - 1].text
        digits, at = digits + following, at + step
        if not following.isdigit():
            break
    if decimal_comma and digits.isdigit() and at + 1 < len(stream) and stream[at].text == ",":
        fraction = stream[at + 1]
        if fraction.kind == "number" and fraction.text.isdigit() and not fraction.spaced:
            digits, at = f"{digits}.{fraction.text}", at + 2
    return token._replace(text=digits), at


def _separator(stream: list[Token], at: int, commas: bool) -> int:  # noqa: FBT001 - passed on
    """How many tokens on the next three digits stand, if what is between only groups them; 0 if it does not."""
    texts = [token.text for token in stream[at : at + 4]]
    if texts[:1] == [","] and len(texts) > 1 and _starts_group(stream[at + 1]) and commas and not stream[at + 1].spaced:
        return 2
    if at < len(stream) and stream[at].spaced and _starts_group(stream[at]):
        return 1
    if texts[:3] == ["{", ",", "}"] and len(texts) > 3 and _starts_group(stream[at + 3]):
        return 4
    return 0


def _starts_group(token: Token) -> bool:
    return token.kind == "number" and _THOUSANDS.fullmatch(token.text.partition(".")[0]) is not None


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, stream: list[Token]) -> None:
        self.tokens = stream
        self.at = 0
        self.depth = 0
        self.bars = 0
        """How many bars of absolute values are open."""

    @property
    def here(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def sees(self, *texts: str) -> bool:
        """Whether one of these signs or commands is next."""
        token = self.here
        return token is not None and token.kind in {"sign", "command"} and token.text in texts

    def take(self, text: str) -> None:
        """Go past the sign."""
        if not self.sees(text):
            raise Unreadable(f"{text!r} is missing")
        self.at += 1

    def skip(self, *texts: str) -> bool:
        """Go past one of the signs, if it is next."""
        if self.sees(*texts):
            self.at += 1
            return True
        return False

    def deeper(self, read: Callable[[], Node]) -> Node:
        """What `read` reads one level further down."""
        if self.depth >= _DEPTH:
            raise TooMuch(f"the answer is nested more than {_DEPTH} levels deep")
        self.depth += 1
        try:
            return read()
        finally:
            self.depth -= 1

    # Lists and relations

    def whole(self) -> Node:
        """Everything: one thing, or several with commas, `and` or `or` between them."""
        items = [self.relation()]
        links = [","]
        while self.here is not None and self._linked():
            links.append(self._link())
            if self.here is None or self.here.text in _ENDS:
                break
            items.append(self.relation())
        if {"wedge", "vee"} <= {*links}:
            raise Unreadable("and and or are mixed")
        return items[0] if len(items) == 1 else Node("list", tuple(items), links[-1])

    def _linked(self) -> bool:
        token = self.here
        return token is not None and (
            (token.kind == "sign" and token.text in {",", ";"})
            or (token.kind == "word" and token.text.lower() in _LINKS)
            or (token.kind == "command" and token.text in {"vee", "wedge"})
        )

    def _link(self) -> str:
        link = ","
        while self.here is not None and self._linked():
            word = self.here.text.lower().strip(",")
            link = word if word in {"wedge", "vee", "and", "or"} else link
            self.at += 1
        return link

    def relation(self) -> Node:
        """Sums, with relations between them."""
        parts, signs = [self.sets()], list[str]()
        while (token := self.here) is not None and token.kind in {"sign", "command"} and token.text in _RELATIONS:
            self.at += 1
            sign = _RELATIONS[token.text]
            if sign in {"<", ">"} and self.skip("="):
                sign += "="
            signs.append(sign)
            parts.append(self.sets())
        if self.here is not None and self.here.kind == "command" and self.here.text == "pmod":
            self.at += 1
            parts.append(self.argument())
            signs.append("mod")
        elif self.sees("(") and self._text_at(self.at + 1) == "bmod":
            self.at += 2
            parts.append(self.sum())
            self.take(")")
            signs.append("mod")
        return Node("relation", tuple(parts), tuple(signs)) if signs else parts[0]

    def sets(self) -> Node:
        """Sums, or sets that are joined, cut or taken away."""
        left = self.ratio()
        while self.sees("cup", "cap", "setminus"):
            sign = self.tokens[self.at].text
            self.at += 1
            left = Node(sign, (left, self.ratio()))
        return left

    def ratio(self) -> Node:
        """Sums, with colons between them."""
        texts = [self._text_at(self.at)]
        parts = [self.sum()]
        while self.skip(":"):
            texts.append(self._text_at(self.at))
            parts.append(self.sum())
        return Node("ratio", tuple(parts), tuple(texts)) if len(parts) > 1 else parts[0]

    def _text_at(self, at: int) -> str:
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    # Arithmetic

    def sum(self) -> Node:
        """Products, added and taken away."""
        return self.deeper(self._sum)

    def _sum(self) -> Node:
        left = self.product()
        terms = [left]
        while self.sees("+", "-", "pm", "mp"):
            sign = self.tokens[self.at].text
            self.at += 1
            if sign in {"pm", "mp"}:
                terms = [Node(sign, (_added(terms), self.product()))]
            else:
                term = self.product()
                terms.append(term if sign == "+" else Node("negative", (term,)))
        return _added(terms)

    def product(self) -> Node:
        """Factors, multiplied and divided; a sign before them is the sign of all."""
        if self.skip("+"):
            return self.product_below()
        if self.skip("-"):
            return _negative(self.product_below())
        if self.sees("pm", "mp"):
            sign = self.tokens[self.at].text
            self.at += 1
            return Node(sign, (number(0), self.product_below()))
        left = self.factor()
        while True:
            if self.skip("*", "cdot", "times"):
                left = _product(left, self._signed())
            elif self.skip("/", "div"):
                left = quotient(left, self._differential_below(left) or self._letters_below() or self._signed())
            elif self.skip("bmod"):
                left = Node("call", (left, self._signed()), "mod")
            elif self._juxtaposed():
                left = self._beside(left)
            else:
                return left

    def product_below(self) -> Node:
        """A product one level further down: signs may follow one another."""
        return self.deeper(self.product)

    def _differential_below(self, above: Node) -> Node | None:
        """`dt` behind the slash of `dv/dt`: one thing, where in `1/ab` only the first is divided by."""
        first, second = self.here, self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None
        if first is None or second is None or second.kind != "letter" or not differentiates(first.text, above):
            return None
        self.at += 1
        return Node("product", (symbol(first.text), self.factor()))

    def _letters_below(self) -> Node | None:
        """Letters side by side behind a slash: all of them are below it, as in `t/RC` and `kT/mv^2`."""
        if self.here is None or self.here.kind != "letter" or self.tokens[self.at - 1].text != "/":
            return None
        below = self.factor()
        while self.here is not None and self.here.kind == "letter" and not self.here.spaced:
            below = _product(below, self.factor())
        return below

    def _signed(self) -> Node:
        if self.skip("-"):
            return Node("negative", (self.deeper(self._signed),))
        return self.deeper(self._signed) if self.skip("+") else self.factor()

    def _juxtaposed(self) -> bool:
        """Whether a factor follows without a sign."""
        token = self.here
        if token is None:
            return False
        match token.kind:
            case "number" | "letter" | "begin":
                return True
            case "word":
                return token.text.lower() not in _LINKS
            case "sign":
                if token.text == "(" and self._text_at(self.at + 1) == "bmod":
                    return False
                return token.text in {"(", "[", "{", "\\{", "<<", "$", "€", "£"} or (
                    token.text == "|" and not self.bars
                )
            case "command":
                return token.text not in _NOT_FACTORS and token.text not in _RELATIONS
        return False

    def _beside(self, left: Node) -> Node:
        token = self.tokens[self.at]
        if token.kind == "word" or (_is_numeral(left) and token.spaced and self._ends_with_unit()):
            return self._measured(left)
        spaced = token.spaced
        right = self.factor()
        if left.head == "number" and left.value.denominator == 1:
            if _is_proper_fraction(right):
                return Node("sum", (left, right))
            if right.head == "quantity" and _is_proper_fraction(right.parts[0]):
                return Node("quantity", (Node("sum", (left, right.parts[0])),), right.value)
        plain = left.head == right.head == "number" and token.text != "("
        if plain and spaced and self.skip("/"):
            return Node("sum", (left, Node("quotient", (right, self.factor()))))
        if plain:
            raise Unreadable("two numbers stand side by side")
        return _product(left, right)

    def _ends_with_unit(self) -> bool:
        """Whether a letter follows that is a unit here: nothing but units comes after it."""
        rest = self.tokens[self.at : self.at + _LONGEST_UNIT + 1]
        if rest[0].kind != "letter" or rest[0].text not in _UNIT_LETTERS or len(rest) > _LONGEST_UNIT:
            return False
        return all(
            token.kind == "number"
            or token.text in {"/", "^", "{", "}", "-", "cdot", *_UNIT_LETTERS}
            or (token.kind == "word" and unit(token.text) is not None)
            for token in rest
        ) and not _closes_more(rest)

    def _measured(self, left: Node) -> Node:  # noqa: C901, PLR0912 - one line a sign
        """A number with its unit: the words after it."""
        words = list[str]()
        while (token := self.here) is not None:
            if token.kind == "word" and token.text.lower() not in _LINKS:
                words.append(token.text)
            elif token.kind == "sign" and token.text == "/" and self._word_at(self.at + 1):
                words.append("/")
            elif token.kind == "sign" and token.text == "^" and words:
                words.append(self._power_of_unit())
                continue
            elif token.kind == "command" and token.text in {"cdot", "times"} and self._word_at(self.at + 1):
                words.append("*")
            elif token.kind == "letter" and (
                not words or words[-1] in {"/", "*", "per"} or token.text in _UNIT_LETTERS
            ):
                words.append(token.text)
            else:
                break
            self.at += 1
        if words and words[0].lower().rstrip("s") in SCALES:
            scale = number(SCALES[words.pop(0).lower().rstrip("s")])
            if left.head == "quantity":
                left = Node("quantity", (Node("product", (*left.parts, scale)),), left.value)
            else:
                left = Node("product", (left, scale))
        if not words:
            return left
        if _NO_UNITS.intersection(" ".join(words).lower().split()):
            raise Unreadable("what follows the number is no unit")
        if left.head == "quantity":
            return Node("quantity", left.parts, f"{left.value} {' '.join(words)}")
        return Node("quantity", (left,), " ".join(words))

    def _word_at(self, at: int) -> bool:
        if at >= len(self.tokens):
            return False
        token = self.tokens[at]
        return token.kind == "word" or (token.kind == "letter" and unit(token.text) is not None)

    def _power_of_unit(self) -> str:
        self.at += 1
        exponent = self.argument()
        if exponent.head == "negative" and exponent.parts[0].head == "number":
            return f"^-{exponent.parts[0].value}"
        if exponent.head != "number":
            raise Unreadable("the power of a unit is no number")
        return f"^{exponent.value}"

    # Factors

    def factor(self) -> Node:
        """An atom with what is written behind and above it."""
        base = self.atom()
        while True:
            if self.sees("^"):
                base = self._raised(base)
            elif self.sees("_"):
                base = self._lowered(base)
            elif base.head == "symbol" and self._numbered():
                base = Node("symbol", (), f"{base.value}_{_name(self.atom())}")
            elif self.sees("!"):
                self.at += 1
                base = Node("call", (base,), "double factorial" if self.skip("!") else "factorial")
            elif self.skip("%"):
                base = Node("quantity", (base,), "percent")
            elif self.skip("circ"):
                base = Node("quantity", (base,), "°")
            elif self.sees("'") and base.head in {"symbol", "call"}:
                self.at += 1
                base = Node(base.head, base.parts, f"{base.value}'")
            elif base.head == "symbol" and self.sees("(") and self._is_called(base):
                base = self._called(base)
            else:
                return base

    def _numbered(self) -> bool:
        """Whether a whole number follows a letter closely: its index, as in `x1` and `H2O`."""
        letter, token = self.tokens[self.at - 1], self.here
        return (
            token is not None
            and token.kind == "number"
            and not token.spaced
            and token.text.isdigit()
            and letter.kind == "letter"
            and letter.text not in CONSTANTS
            and self._text_at(self.at + 1) != "^"
        )

    def _raised(self, base: Node) -> Node:
        self.at += 1
        if self.skip("'"):
            return Node(base.head, base.parts, f"{base.value}'")
        if self._text_at(self.at) == "circ" or [self._text_at(self.at + step) for step in (0, 1, 2)] == [
            "{",
            "circ",
            "}",
        ]:
            self.at += 1 if self._text_at(self.at) == "circ" else 3
            return self._degrees(base)
        exponent = self.argument(signed=True)
        if exponent.head == "symbol" and exponent.value in {"T", "top", "intercal"} and base.head == "matrix":
            return Node("matrix", _transposed(base), (base.value[1], base.value[0]))
        if (
            base.head == "symbol"
            and str(base.value).rstrip("'") in _CALLED
            and _is_minus_one(exponent)
            and self.sees("(")
        ):
            return Node("symbol", (), f"{base.value}^-1")
        if self.sees("^"):
            exponent = self.deeper(lambda: self._raised(exponent))
        return Node("power", (base, exponent))

    def _degrees(self, base: Node) -> Node:
        token = self.here
        if token is not None and token.kind == "letter" and token.text in {"C", "F"}:
            self.at += 1
            return Node("quantity", (base,), f"°{token.text}")
        if token is not None and token.kind == "word" and token.text in {"C", "F"}:
            self.at += 1
            return Node("quantity", (base,), f"°{token.text}")
        return Node("quantity", (base,), "°")

    def _lowered(self, base: Node) -> Node:
        self.at += 1
        index = self.argument()
        if base.head == "number" and base.value.denominator == 1:
            if index.head == "text" and str(index.value).casefold() in NUMBERS:
                index = number(NUMBERS[str(index.value).casefold()])
            return Node("based", (index,), str(base.value))
        return Node("symbol", (), f"{_name(base)}_{_name(index)}")

    def _is_called(self, base: Node) -> bool:
        name = str(base.value)
        token = self.tokens[self.at]
        return not token.spaced and (name.rstrip("'")[:1] in _CALLED or name.endswith("^-1")) and name not in CONSTANTS

    def _called(self, base: Node) -> Node:
        inner = self.atom()
        return Node("call", inner.parts if inner.head == "tuple" else (inner,), f"f:{base.value}")

    def argument(self, *, signed: bool = False) -> Node:
        """What a command takes: a group, or one atom."""
        if self.sees("{"):
            return self.atom()
        if signed and self.skip("-"):
            return Node("negative", (self.argument(),))
        if signed and self.skip("+"):
            return self.argument()
        if self.sees("pm", "mp"):
            raise Unreadable("a sign stands where a number should")
        return self.deeper(self.atom)

    def digit(self) -> Node:
        """What \\frac takes: a group, or one digit."""
        token = self.here
        if token is None or token.kind != "number" or len(token.text) == 1 or not token.text.isdigit():
            return self.argument()
        self.tokens[self.at] = token._replace(text=token.text[1:], spaced=False)
        return number(int(token.text[0]))

    def atom(self) -> Node:
        """The smallest things: numbers, symbols, brackets, commands with what they take."""
        token = self.here
        if token is None:
            raise Unreadable("something is missing at the end")
        if token.kind == "sign" and token.text in _ENDS and token.text != "]":
            raise Unreadable(f"{token.text!r} stands where a number should")
        self.at += 1
        match token.kind:
            case "number":
                return self._number(token.text)
            case "letter":
                return self._letter(token.text)
            case "word":
                return self._word(token.text)
            case "begin":
                return self.deeper(lambda: self._environment(token.text))
            case "command":
                return self.deeper(lambda: self._command(token.text))
            case "sign":
                return self.deeper(lambda: self._bracket(token.text))
        raise Unreadable(f"{token.text!r} stands where nothing can")

    def _number(self, text: str) -> Node:
        if len(text) > _DIGITS:
            raise TooMuch(f"a number has {len(text)} digits; up to {_DIGITS} are read")
        mantissa, _, exponent = text.lower().partition("e")
        if exponent and abs(int(exponent)) > _DIGITS:
            return _product(self._number(mantissa), Node("power", (number(10), number(int(exponent)))))
        if self.sees(*_MARKED) and "." in mantissa:
            self.at += 1
            return number(_repeating(mantissa, self._digits()))
        if self.sees("(") and "." in mantissa and mantissa.endswith("."):
            return self._in_brackets(mantissa)
        if self.sees("(") and "." in mantissa and self._repeats():
            return self._in_brackets(mantissa)
        value = Fraction(mantissa + ("0" if mantissa.endswith(".") else "")) * Fraction(10) ** int(exponent or 0)
        if "." in mantissa and (
            self.sees("dots") or [self._text_at(self.at + step) for step in (0, 1, 2)] == ["."] * 3
        ):
            self.at += 1 if self.sees("dots") else 3
            return number(_continued(mantissa))
        return Node("number", (), value)

    def _digits(self) -> str:
        """The digits that repeat."""
        self.skip("{")
        token = self.here
        if token is None or token.kind != "number" or not token.text.isdigit():
            raise Unreadable("no digits stand under the bar")
        self.at += 1
        self.skip("}")
        return token.text

    def _repeats(self) -> bool:
        """Whether the bracket that follows holds digits that repeat: 0.1(6)."""
        inner = self.tokens[self.at + 1 : self.at + 3]
        is_digits = len(inner) == 2 and inner[0].kind == "number" and inner[0].text.isdigit() and inner[1].text == ")"
        return is_digits and not self.tokens[self.at].spaced

    def _in_brackets(self, mantissa: str) -> Node:
        self.take("(")
        digits = self._digits()
        self.take(")")
        return number(_repeating(mantissa, digits))

    def _letter(self, name: str) -> Node:
        if name in {"C", "P"} and self.sees("(") and not self.tokens[self.at].spaced:
            start = self.at
            inner = self.atom()
            if inner.head == "tuple" and len(inner.parts) == 2:
                return Node("call", inner.parts, "binomial" if name == "C" else "permutations")
            self.at = start
        return symbol(name)

    def _word(self, word: str) -> Node:
        if word in {"%", "percent"}:
            raise Unreadable("a percent sign stands without a number")
        return text_node(word)

    # Brackets

    def _bracket(self, sign: str) -> Node:
        match sign:
            case "{":
                return self._group()
            case "(" | "[" | "]":
                return self._pair(sign)
            case "\\{":
                return self._set()
            case "<<":
                inner = self._items(">>")
                self.take(">>")
                return Node("vector", inner)
            case "<":
                raise Unreadable("'<' stands where a number should")
            case "|":
                return self._between_bars("|", "abs")
            case "||":
                return self._between_bars("||", "norm")
            case "$" | "€" | "£":
                amount = self.factor()
                return (
                    Node("quantity", (amount.parts[0],), sign)
                    if amount.head == "quantity"
                    else Node("quantity", (amount,), sign)
                )
            case "-":
                return Node("negative", (self.factor(),))
        raise Unreadable(f"{sign!r} stands where a number should")

    def _items(self, *closing: str) -> tuple[Node, ...]:
        """What stands up to one of the closing brackets, with commas between."""
        bars, self.bars = self.bars, 0
        items = list[Node]()
        while not self.sees(*closing):
            items.append(self.relation())
            if not (self.skip(",", ";") or self._word_link()):
                break
        self.bars = bars
        return tuple(items)

    def _word_link(self) -> bool:
        if self._linked():
            self._link()
            return True
        return False

    def _group(self) -> Node:
        if self.skip("}"):
            # `{}^{\\circ}`: what follows an empty group stands for itself.
            return self.factor()
        items = self._items("}")
        if self.sees("choose", "over"):
            sign = self.tokens[self.at].text
            self.at += 1
            below = self._items("}")
            self.take("}")
            if len(items) != 1 or len(below) != 1:
                raise Unreadable("a binomial takes two numbers")
            return (
                Node("call", (items[0], below[0]), "binomial")
                if sign == "choose"
                else Node("quotient", (items[0], below[0]))
            )
        self.take("}")
        return items[0] if len(items) == 1 else Node("set", items)

    def _pair(self, opening: str) -> Node:
        items = self._items(")", "]")
        token = self.here
        if token is None or token.text not in {")", "]", "["}:
            raise Unreadable(f"{opening!r} is not closed")
        self.at += 1
        kind = opening + token.text
        if kind == "()":
            return items[0] if len(items) == 1 else Node("tuple", items)
        if kind == "[]":
            if len(items) == 1 and items[0].head == "matrix":
                return items[0]
            return Node("brackets", items)
        if len(items) != 2:
            raise Unreadable("an interval has two ends")
        return Node("interval", items, (opening == "[", token.text == "]"))

    def _set(self) -> Node:
        start = self.at
        if found := self._condition():
            self.at = start
            return self._described(found)
        items = self._items("\\}")
        self.take("\\}")
        return Node("set", items)

    def _condition(self) -> int | None:
        """Where in this set the sign stands after which its members are described."""
        depth = 0
        for at in range(self.at, len(self.tokens)):
            text = self.tokens[at].text
            if self.tokens[at].kind != "sign":
                continue
            if text in {"(", "[", "{", "\\{"}:
                depth += 1
            elif text in {")", "]", "}", "\\}"}:
                if depth == 0:
                    return None
                depth -= 1
            elif text in {":", "|"} and depth == 0:
                return at
        return None

    def _described(self, mark: int) -> Node:
        rest = self.tokens[mark]
        self.tokens[mark] = Token("sign", ";", spaced=False)
        items = self._items("\\}")
        self.tokens[mark] = rest
        self.take("\\}")
        if len(items) < 2:
            raise Unreadable("a set is described by nothing")
        condition = items[1] if len(items) == 2 else Node("list", items[1:], "and")
        return Node("described", (items[0], condition))

    def _between_bars(self, sign: str, name: str) -> Node:
        self.bars += 1
        inner = self.relation()
        self.bars -= 1
        self.take(sign)
        if inner.head == "matrix":
            return Node("call", (inner,), "det")
        return Node("call", (inner,), name)

    # Commands

    def _command(self, name: str) -> Node:  # noqa: C901, PLR0912 - one line a command
        if name in FUNCTIONS and name != "sqrt":
            return self._function(name)
        match name:
            case "frac":
                above = self.digit()
                return quotient(above, self.digit())
            case "sqrt":
                return self._root()
            case "binom":
                above = self.digit()
                return Node("call", (above, self.digit()), "binomial")
            case "emptyset":
                return Node("set", ())
            case "lfloor":
                return self._rounded("rfloor", "floor")
            case "lceil":
                return self._rounded("rceil", "ceil")
            case "sum" | "prod":
                return self._series(name)
            case "int":
                return self._integral()
            case "lim":
                return self._limit()
            case "mathbb":
                return self._named_set()
            case "dots":
                return symbol("…")
            case "Re" | "Im":
                return Node("call", (self.argument(),), name)
            case _ if name in _DECORATED:
                return symbol(f"{name} {_name(self.argument())}")
            case _ if name in _NOT_FACTORS:
                raise Unreadable(f"\\{name} stands where a number should")
        if name == "angle":
            return symbol(f"angle {self._corners()}".strip())
        if name in CONSTANTS or name[:1].isupper() or name in _LETTERS:
            return symbol(name)
        raise Unreadable(f"\\{name} is no command we know")

    def _corners(self) -> str:
        """The points that name an angle, from whichever leg."""
        start = self.at
        while (token := self.here) is not None and token.kind == "letter" and self.at < start + _CORNERS:
            self.at += 1
        letters = "".join(token.text for token in self.tokens[start : self.at])
        return min(letters, letters[::-1])

    def _named_set(self) -> Node:
        inner = self.argument()
        name = str(inner.value)
        if inner.head != "symbol" or name not in _NUMBER_SETS:
            return symbol(f"mathbb {_name(inner)}")
        if self.sees("^", "_"):
            return symbol(f"mathbb {name}")
        return Node("reals") if name == "R" else symbol(f"mathbb {name}")

    def _rounded(self, closing: str, name: str) -> Node:
        inner = self.relation()
        self.take(closing)
        return Node("call", (inner,), name)

    def _root(self) -> Node:
        index = None
        if self.skip("["):
            index = self.sum()
            self.take("]")
        inner = self.atom() if self.sees("(") else self.argument()
        return Node("root", (inner, index or number(2)))

    def _function(self, name: str) -> Node:
        name = _ALIASES.get(name, name)
        base = exponent = None
        while self.sees("_", "^"):
            if self.skip("_"):
                base = self.argument()
            else:
                self.at += 1
                exponent = self.argument(signed=True)
        if name == "cbrt":
            return Node("root", (self._operand(), number(3)))
        operand = self._operand()
        if exponent is not None and _is_minus_one(exponent) and f"arc{name}" in FUNCTIONS:
            name, exponent = f"arc{name}", None
        parts = operand.parts if operand.head == "tuple" else (operand,)
        if name == "log" and base is not None:
            call = Node("quotient", (Node("call", parts, "ln"), Node("call", (base,), "ln")))
        elif name in {"lg", "lb"}:
            call = Node(
                "quotient", (Node("call", parts, "ln"), Node("call", (number(10 if name == "lg" else 2),), "ln"))
            )
        else:
            call = Node("call", parts, "ln" if name == "log" else name)
        return call if exponent is None else Node("power", (call, exponent))

    def _operand(self) -> Node:
        """What a function is taken of: a bracket, or the factors up to the next function or sign."""
        if self.sees("(") or self.sees("{"):
            inner = self.atom()
            while self.sees("!", "^") and self.tokens[self.at - 1].text == "}":
                inner = Node("power", (inner, self._exponent()))
            return inner
        if self.sees("-"):
            self.at += 1
            return Node("negative", (self.deeper(self._operand),))
        left = self.factor()
        while self._juxtaposed() and not self._begins_function() and self.tokens[self.at].kind != "word":
            if self.sees("("):
                break
            left = self._beside(left)
        return left

    def _exponent(self) -> Node:
        self.at += 1
        return self.argument(signed=True)

    def _begins_function(self) -> bool:
        token = self.here
        return token is not None and token.kind == "command" and (token.text in FUNCTIONS or token.text in _SERIES)

    def _series(self, name: str) -> Node:
        below, above = self._bounds()
        if below is None or below.head != "relation" or below.parts[0].head != "symbol" or above is None:
            raise Unreadable(f"\\{name} has no bounds")
        body = self.deeper(self.product)
        return Node("series", (body, below.parts[0], below.parts[1], above), name)

    def _bounds(self) -> tuple[Node | None, Node | None]:
        below = above = None
        while self.sees("_", "^"):
            if self.skip("_"):
                below = self._bound()
            else:
                self.at += 1
                above = self.argument(signed=True)
        return below, above

    def _bound(self) -> Node:
        return self.argument(signed=True)

    def _integral(self) -> Node:
        below, above = self._bounds()
        end = self._differential()
        body = _Reader(self.tokens[self.at : end])
        body.depth = self.depth
        integrand = body.whole() if end > self.at else number(1)
        if body.here is not None:
            raise Unreadable("an integral cannot be read")
        variable = symbol(self.tokens[end + 1].text)
        self.at = end + 2
        if below is None or above is None:
            return Node("antiderivative", (integrand, variable))
        return Node("integral", (integrand, variable, below, above))

    def _differential(self) -> int:
        """Where the `d` stands that closes the integral."""
        for at in range(self.at, len(self.tokens) - 1):
            token, following = self.tokens[at], self.tokens[at + 1]
            if token.kind == following.kind == "letter" and token.text == "d":
                return at
            if token.text == "d" and token.kind == "letter" and following.text in CONSTANTS:
                return at
        raise Unreadable("an integral does not say of what")

    def _limit(self) -> Node:
        below, _ = self._bounds()
        if below is None or below.head != "relation" or below.value != ("to",):
            raise Unreadable("a limit does not say where")
        return Node("limit", (self.deeper(self.product), *below.parts))

    def _environment(self, name: str) -> Node:  # noqa: C901 - one line a form
        if name == "array" and self.sees("{"):
            while not self.skip("}"):
                if self.here is None:
                    raise Unreadable("an array is not closed")
                self.at += 1
        rows = [self._row()]
        while self.skip("\\\\"):
            if self.here is not None and self.here.kind == "end":
                break
            rows.append(self._row())
        if self.here is None or self.here.kind != "end":
            raise Unreadable(f"{name} is not closed")
        self.at += 1
        if name == "cases" and all(len(row) == 1 and row[0].head == "relation" for row in rows):
            return Node("list", tuple(cell for [cell] in rows), "and")
        if name == "cases":
            return Node("cases", tuple(Node("case", tuple(row)) for row in rows))
        if len({len(row) for row in rows}) != 1:
            raise Unreadable("the rows of a matrix are of unequal length")
        matrix = Node("matrix", tuple(cell for row in rows for cell in row), (len(rows), len(rows[0])))
        if name in {"vmatrix", "Vmatrix"}:
            return Node("call", (matrix,), "det" if name == "vmatrix" else "norm")
        if name not in _MATRICES:
            raise Unreadable(f"{name} is no environment we know")
        return matrix

    def _row(self) -> list[Node]:
        bars, self.bars = self.bars, 0
        cells = [self._cell()]
        while self.skip("&"):
            cells.append(self._cell())
        self.bars = bars
        return cells

    def _cell(self) -> Node:
        cell = self.relation() if not self.sees("&") else text_node("")
        while self.skip(","):
            if self.sees("&", "\\\\") or self.here is None or self.here.kind == "end":
                break
            cell = Node("list", (cell, self.relation()), "and")
        return cell


def _closes_more(tokens: list[Token]) -> bool:
    """Whether a bracket is closed there that was opened before."""
    depth = 0
    for token in tokens:
        depth += (token.text in {"(", "{"}) - (token.text in {")", "}"})
        if depth < 0:
            return True
    return False


_NOT_FACTORS = frozenset(
    [
        "cdot",
        "times",
        "div",
        "bmod",
        "pmod",
        "pm",
        "mp",
        "cup",
        "cap",
        "setminus",
        "rfloor",
        "rceil",
        "circ",
        "choose",
        "over",
        "wedge",
        "vee",
        "Rightarrow",
        "iff",
        "parallel",
        "prime",
        "therefore",
        "because",
    ]
)
_SERIES = frozenset(["sum", "prod", "int", "lim"])
_LETTERS = frozenset(
    [
        "zeta",
        "eta",
        "iota",
        "kappa",
        "xi",
        "upsilon",
        "chi",
        "ell",
        "hbar",
        "nabla",
        "partial",
        "aleph",
        "triangle",
        "angle",
        "square",
        "top",
        "varrho",
        "varsigma",
    ]
)
_ALIASES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
            "atanh": "arctanh", "sgn": "sign"}  # fmt: skip


def _added(terms: list[Node]) -> Node:
    return terms[0] if len(terms) == 1 else Node("sum", tuple(terms))


def _negative(node: Node) -> Node:
    """The negative, with a unit or a modulus that stands behind it."""
    if node.head == "quantity":
        return Node("quantity", (Node("negative", node.parts),), node.value)
    if node.head == "call" and node.value == "mod":
        return Node("call", (Node("negative", node.parts[:1]), node.parts[1]), "mod")
    return Node("negative", (node,))


def _product(left: Node, right: Node) -> Node:
    """The product, with a unit that stands behind it."""
    if right.head == "quantity" and left.head != "quantity":
        return Node("quantity", (_product(left, right.parts[0]),), right.value)
    return Node("product", (*(left.parts if left.head == "product" else (left,)), right))


def _is_proper_fraction(node: Node) -> bool:
    if node.head != "quotient":
        return False
    above, below = node.parts
    whole = above.head == below.head == "number" and above.value.denominator == below.value.denominator == 1
    return whole and 0 < above.value < below.value


def _is_numeral(node: Node) -> bool:
    """Whether this is a number as it is written: `5`, or 5 × 10⁻⁷."""
    if node.head != "product" or len(node.parts) != 2:
        return node.head == "number"
    factor, power = node.parts
    return factor.head == "number" and power.head == "power" and power.parts[0] == number(10)


def _is_minus_one(node: Node) -> bool:
    return node.head == "negative" and node.parts[0] == number(1)


def _transposed(matrix: Node) -> tuple[Node, ...]:
    rows, columns = matrix.value
    return tuple(matrix.parts[row * columns + column] for column in range(columns) for row in range(rows))


def _name(node: Node) -> str:
    """A tree in few characters, as part of a name."""
    inner = " ".join(map(_name, node.parts))
    return f"{'' if node.value is None else node.value}{inner and f'({inner})'}"


def _repeating(mantissa: str, digits: str) -> Fraction:
    """The number whose last digits go on for ever."""
    if len(mantissa) + len(digits) > _DIGITS:
        raise TooMuch(f"a number has more than {_DIGITS} digits")
    whole, _, fixed = mantissa.partition(".")
    shift = 10 ** len(fixed)
    return Fraction(int((whole or "0") + fixed), shift) + Fraction(int(digits), shift * (10 ** len(digits) - 1))


def _continued(mantissa: str) -> Fraction:
    """The number that three dots continue: by the shortest group of digits that stands at least twice at its end."""
    whole, _, digits = mantissa.partition(".")
    for length in range(1, len(digits) // 2 + 1):
        group = digits[-length:]
        if digits.endswith(group * 2):
            return _repeating(f"{whole}.{digits[:-length]}", group)
    raise Unreadable("three dots stand for digits that nobody knows")
