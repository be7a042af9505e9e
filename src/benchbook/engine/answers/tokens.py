"""A formula in tokens. Everything here takes time in proportion to the length of the text."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from benchbook.engine.answers.tree import TooMuch, Unreadable
from benchbook.engine.answers.vocabulary import CONSTANTS, FUNCTIONS, PLAIN, SHORT_WORDS, unit

__all__ = ["LONGEST", "MOST", "Token", "tokens"]

LONGEST = 20_000
"""Characters of a formula that is read."""
MOST = 2_500
"""Tokens of a formula that is read."""


class Token(NamedTuple):
    """A piece of a formula: `kind` is number, letter, word, command, begin, end or sign."""

    kind: str
    text: str
    spaced: bool
    """Whether a blank stands before it."""


_COMMENTS = (
    "text",
    "textbf",
    "textit",
    "textrm",
    "textnormal",
    "textsf",
    "texttt",
    "mbox",
    "hbox",
    "emph",
    "underline",
)
_FACES = ("mathrm", "mathbf", "mathit", "mathsf", "mathcal", "boldsymbol", "bm", "operatorname", "mathop", "rm", "bf")
_IGNORED = frozenset(
    [
        "left",
        "right",
        "big",
        "Big",
        "bigg",
        "Bigg",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "biggl",
        "biggr",
        "middle",
        "displaystyle",
        "textstyle",
        "scriptstyle",
        "limits",
        "nolimits",
        "quad",
        "qquad",
        "thinspace",
        "enspace",
        "hspace",
        "vspace",
        "phantom",
        "hline",
        "nonumber",
        "notag",
        "rm",
        "bf",
        "it",
        "cal",
        "boxed",
        "fbox",
        "mathstrut",
        "hfill",
        "centering",
        "small",
        "large",
        "ensuremath",
    ]
)
_SAME = {
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "nicefrac": "frac", "sfrac": "frac", "dbinom": "binom",
    "tbinom": "binom", "leq": "le", "leqslant": "le", "geq": "ge",
    "geqslant": "ge", "neq": "ne", "varnothing": "emptyset",
    "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]", "lvert": "|", "rvert": "|", "vert": "|", "mid": "|",
    "lVert": "||", "rVert": "||", "Vert": "||", "|": "||", "ast": "*", "star": "*", "land": "wedge", "lor": "vee",
    "colon": ":", "ldots": "dots", "cdots": "dots", "dotsc": "dots",
    "dotsb": "dots", "textpi": "pi", "varepsilon": "epsilon",
    "vartheta": "theta", "varphi": "phi", "bigcup": "cup", "bigcap": "cap", "smallsetminus": "setminus",
    "backslash": "setminus", "rightarrow": "to", "longrightarrow": "to", "Longrightarrow": "Rightarrow",
    "implies": "Rightarrow", "Leftrightarrow": "iff", "degree": "circ", "textdegree": "circ", "lt": "<", "gt": ">",
    "percent": "%", "euro": "€", "pounds": "£", "overbar": "overline", "langle": "<<", "rangle": ">>", "doteq": "=",
    "Pr": "P", "mod": "bmod", "arctg": "arctan", "tg": "tan", "ctg": "cot", "textdollar": "$", "infin": "infty",
}  # fmt: skip
_SIGNS = frozenset(["{", "}", "[", "]", "|", "||", "*", ":", "<", ">", "%", "€", "£", "<<", ">>", "=", "$"])
_TOKEN = re.compile(
    r"""
      (?P<blank>(?:\s|~|&nbsp;|\\[,;:!> ]|\\(?:quad|qquad)(?![A-Za-z]))+)
    | (?P<row>\\\\(?:\[[^\]]{0,12}\])?)
    | \\(?P<edge>begin|end)\s*\{(?P<env>[A-Za-z]{1,20})\*?\}
    | \\(?P<face>[A-Za-z]+)\s*(?=\{)
    | \\(?P<command>[A-Za-z]+|[^A-Za-z])
    | (?P<number>(?:\d+(?:\.\d+|\.(?=\\(?:overline|bar|dot)\b|\())?|\.\d+)(?:[eE][+-]?\d{1,9}(?![A-Za-z0-9]))?)
    | (?P<word>[A-Za-z]+|[^\W\d_]+)
    | (?P<sign><=|>=|!=|<>|==|\*\*|->|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_SPELT = {"<=": "le", ">=": "ge", "!=": "ne", "<>": "ne", "->": "to"}
_AT_ONCE, _AFTER_BLANK = re.compile(r"\d"), re.compile(r"\s+\d")
_TRIG = re.compile(r"(sin|cos|tan|cot|sec|csc|log|sqrt|ln)([a-z])")


def tokens(text: str) -> list[Token]:
    """The tokens of the formula; Unreadable if there are too many."""
    if len(text) > LONGEST:
        raise TooMuch(f"the answer has {len(text)} characters; up to {LONGEST} are read")
    found = list[Token]()
    for token in _tokens(text):
        found.append(token)
        if len(found) > MOST:
            raise TooMuch(f"the answer has more than {MOST} signs")
    return found


def _tokens(text: str) -> Iterator[Token]:  # noqa: C901, PLR0912 - one line a kind
    at, spaced = 0, False
    before: tuple[str, str] = ("", "")
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unreadable(f"{text[at]!r} is no sign of a formula")
        at = match.end()
        match match.lastgroup:
            case "blank":
                spaced = "\\!" not in match["blank"]
                continue
            case "row":
                yield Token("sign", "\\\\", spaced)
            case "env":
                yield Token(match["edge"], match["env"], spaced)
            case "face":
                if match["face"] not in (*_COMMENTS, *_FACES):
                    yield from _command(match["face"], spaced)
                else:
                    content, at = _braced(text, at)
                    yield from _words(content, spaced=spaced, comment=match["face"] in _COMMENTS)
            case "command":
                yield from _command(match["command"], spaced)
            case "number":
                yield Token("number", match["number"], spaced)
            case "word":
                word, following = match["word"], text[at : at + 1]
                if _is_times(match, before[1], spaced=spaced):
                    yield Token("command", "times", spaced)
                elif word == "min" and before[1][-1:].isdigit() and not _OPERAND.match(text, at):
                    # Minutes: nothing follows of which there could be a least.
                    yield Token("word", word, spaced)
                else:
                    yield from (
                        _split(word, spaced) if _is_product(word, following, before, spaced) else _plain(word, spaced)
                    )
            case _:
                sign = match["sign"]
                yield Token("command", _SPELT[sign], spaced) if sign in _SPELT else Token("sign", _sign(sign), spaced)
        before = before[1], match[0]
        spaced = False


_OPERAND = re.compile(r" ?(?:[({_]|\\\{|\\left)")


def _is_times(match: re.Match[str], last: str, *, spaced: bool) -> bool:
    """Whether an x is a sign between two numbers: `3x10^8`."""
    between = _AFTER_BLANK.match(match.string, match.end()) if spaced else _AT_ONCE.match(match.string, match.end())
    return match[0] in {"x", "X"} and last[-1:].isdigit() and last != "0" and between is not None


def _is_product(word: str, following: str, before: tuple[str, str], spaced: bool) -> bool:  # noqa: FBT001 - passed on
    """Whether two or three letters are factors, though there is a word or a unit spelt so."""
    if not 2 <= len(word) <= 3 or word in FUNCTIONS or word in CONSTANTS:
        return False
    last = before[1]
    if word.lower() in SHORT_WORDS:
        return following in {"^", "_"} or (last != "" and not spaced and last[-1].isalnum())
    if unit(word) is None:
        return False
    if last == "\\mu":
        # A coefficient of friction, times a weight.
        return True
    # A unit follows a number, the end of a fraction, or another unit.
    return not (
        last[-1:].isdigit()
        or last[-1:] in {"}", ")"}
        or (last[-1:].isalpha() and (len(last) > 1 or (unit(last) is not None and before[0][-1:].isdigit())))
        or (last in {"/", "*"} and before[0][-1:].isalpha())
    )


def _split(word: str, spaced: bool) -> Iterator[Token]:  # noqa: FBT001 - passed on
    for letter in word:
        yield Token("letter", letter, spaced)
        spaced = False


def _sign(sign: str) -> str:
    return {"==": "=", "**": "^"}.get(sign, sign)


def _braced(text: str, at: int) -> tuple[str, int]:
    """What stands in the braces that open here, and where they end."""
    depth = 0
    for place in range(at, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return text[at + 1 : place], place + 1
    raise Unreadable("a brace is not closed")


def _command(name: str, spaced: bool) -> Iterator[Token]:  # noqa: FBT001 - passed on
    name = _SAME.get(name, name)
    if name in {"imath", "jmath"}:
        yield Token("letter", name[0], spaced)
        return
    if name in _IGNORED:
        return
    if name in {"{", "}"}:
        yield Token("sign", "\\" + name, spaced)
    elif name in _SIGNS:
        yield Token("sign", name, spaced)
    elif name.isalpha():
        yield Token("command", name, spaced)
    elif name in "&#_":
        yield Token("word", name, spaced)
    elif name not in "()[]/":
        raise Unreadable(f"\\{name} is no command of a formula")


def _words(content: str, *, spaced: bool, comment: bool) -> Iterator[Token]:
    """What a command like \\text or \\mathrm holds: words, or a formula after all."""
    inner = content.strip().strip("~").replace("\\ ", " ").replace("\\,", " ").strip()
    if not inner:
        return
    letters = re.sub(r"[\W\d_]", "", inner)
    if (
        not letters
        or (comment and inner[0].isdigit())
        or (not comment and len(letters) == 1 and inner == letters and letters not in "mgsLNJWVAKC")
    ):
        yield from _inlined(inner, spaced)
    elif inner in FUNCTIONS and not comment:
        yield Token("command", inner, spaced)
    elif len(inner) == 1 and inner in "deixyz" and not comment:
        yield Token("letter", inner, spaced)
    elif "\\" in inner or "$" in inner or (not comment and not re.fullmatch(r"[A-Za-z/ .^\d{}-]+", inner)):
        yield from _inlined(inner.replace("$", ""), spaced)
    else:
        yield Token("word", " ".join(inner.split()), spaced or content[:1].isspace())


def _inlined(text: str, spaced: bool) -> Iterator[Token]:  # noqa: FBT001 - passed on
    if text.count("{") > 50:
        raise TooMuch("braces are nested too deeply")
    for token in _tokens(text):
        yield token._replace(spaced=spaced or token.spaced)
        spaced = False


def _plain(word: str, spaced: bool) -> Iterator[Token]:  # noqa: FBT001 - passed on
    """Letters without a command: a function, a constant, a word, or one variable after the other."""
    if word in FUNCTIONS and len(word) > 1:
        yield Token("command", word, spaced)
    elif word in CONSTANTS or word in PLAIN or word.lower() in PLAIN:
        yield Token("command", PLAIN.get(word.lower(), word), spaced)
    elif len(word) == 1:
        yield Token("letter", word, spaced)
    elif match := _TRIG.fullmatch(word):
        yield Token("command", match[1], spaced)
        yield Token("letter", match[2], spaced=False)
    elif len(word) >= 4 or word.lower() in SHORT_WORDS or unit(word) is not None or not word.isascii():
        yield Token("word", word, spaced)
    else:
        yield from _split(word, spaced)
