"""For what an answer holds, where that stands behind it: `f(x) = 2x for all x`, `\\pi k, k \\in \\mathbb{Z}`."""

import re
from typing import Literal, NamedTuple

__all__ = ["Bodies", "bodies", "with_condition"]

_LONGEST = 2_000
_MARKS = " ,;.$*"
_ENDS = _MARKS + "})]\\"
_SPACE = re.compile(r"\\[,;:! ]|\\q?quad(?![A-Za-z])")
_FOR = r"for (?:all|every|any|each)|where|with"
"""What a condition begins with."""
_SAID = re.compile(rf"[\s,;$({{](?:{_FOR}|for(?= ?\}}? ?\$?[A-Za-z]\$? ?\\in\b)) (?=[^,;=]{{1,80}}$)")
_IN = re.compile(r"[\s,;$(]([A-Za-z]) ?\\in ?(?=\\mathbb ?\{?[ZNQRC]\}?[\s$)}]*$)")
_BEHIND = re.compile(rf"[$*)}}.\\\]\s,]{{1,20}}((?:{_FOR}) [^.,;=\n]{{1,80}})")
_LETTER = re.compile(r"(?<![\\A-Za-z])([A-Za-z])(?![A-Za-z])")
_SETS = {"Z": "integer", "N": "natural", "Q": "rational", "R": "real", "C": "complex"}
_SET = re.compile(r"\\in ?\\mathbb ?\{?([ZNQRC])\}?")
_INDEX = re.compile(r"(?<=[A-Za-z])_\{?\d\}?")
_WORD = re.compile(r"[a-z]{2,}")
_DEFINED = re.compile(
    r"[\s,;$({]where [\s$\\(]*[A-Za-z][\s$\\)]*(?:(?:is|are|denotes?) the |represents? |stands? for )"
)
"""What a letter stands for, which is no condition."""
_BOUND = re.compile(r"[a-z](?:[<>]|[lg](?:eq?|t))-?[\d.]+")
_LEADING = re.compile(rf"^[\s,;$({{]+(?:{_FOR}) ")
_SILENT = frozenset(("for", "all", "every", "any", "each", "where", "with", "is", "are", "be", "an", "some", "the")) | {
    "and",
    "arbitrary",
    "number",
    "text",
}
_WIDE = frozenset(("integer", "natural", "whole", "real", "complex", "constant", "positive", "nonnegative", "nonzero"))
"""What a question mostly says by itself; of `odd` or `negative` one does not know."""
_COUNTING = frozenset(("natural", "whole"))
_KNOWN = _WIDE | frozenset(("odd", "even", "negative", "rational", "irrational"))


class Bodies(NamedTuple):
    """Two answers without what they hold for, and what is to be said if they do not hold for the same."""

    one: str
    other: str
    verdict: Literal["different", "undecided"] | None = None


class _Answer(NamedTuple):
    body: str
    letter: str
    """The variable that the condition is about; empty if it says none."""
    condition: frozenset[str] | str | None
    """Its words; the text, if there are others than we know; None if there is none."""


def bodies(one: str, other: str) -> Bodies:
    """Both answers without their conditions. What only one says is dropped if a question mostly says it."""
    left, right = _apart(one), _apart(other)
    if left.condition is None and right.condition is None:
        return Bodies(one, other)
    verdict = _verdict(left.condition, right.condition)
    if left.letter and right.letter and left.letter not in _letters(right.body):
        # Which letter runs through the values makes no difference.
        same = re.sub(rf"(?<![\\A-Za-z]){right.letter}(?![A-Za-z])", left.letter, right.body)
        return Bodies(left.body, same, verdict)
    return Bodies(left.body, right.body, verdict)


def with_condition(answer: str, text: str) -> str:
    """The answer with what it holds for, if the text says so right behind it."""
    bare = answer.rstrip(_ENDS)
    for behind in _BEHIND.finditer(text[-_LONGEST:]) if bare else ():
        if behind.string[: behind.start()].rstrip(_ENDS).endswith(bare):
            held = f"{answer} {behind[1]}"
            return answer if _apart(held).condition is None else held
    return answer


def _verdict(
    one: frozenset[str] | str | None, other: frozenset[str] | str | None
) -> Literal["different", "undecided"] | None:
    if one == other:
        return None
    told = [each for each in (one, other) if each]
    if any(isinstance(each, str) for each in told) and len(told) == len((one, other)):
        return "undecided"
    # A constant may be any of the others.
    told = [each if isinstance(each, str) else each - {"constant"} for each in told]
    if len(told) < len((one, other)) or not all(told):
        return None if all(map(_is_wide, told)) else "undecided"
    return None if told[0] == told[1] else "different"


def _is_wide(condition: frozenset[str] | str) -> bool:
    return bool(_BOUND.fullmatch(condition)) if isinstance(condition, str) else condition <= _WIDE


def _apart(text: str) -> _Answer:
    whole, text = text, _SPACE.sub(" ", text) if len(text) <= _LONGEST else ""
    said = _SAID.search(text)
    found = said or _IN.search(text)
    if found is None or _DEFINED.match(text, found.start()):
        return _Answer(whole, "", None)
    body, rest = text[: found.start()].rstrip(_MARKS), text[found.start() :]
    body = body.removesuffix(r"\text{").removesuffix(r"\text").strip(_MARKS)
    condition = _condition(rest)
    letters = _LETTER.findall(_SET.sub(" ", re.sub(r"\ba\b", " ", rest)))
    letter = letters[-1] if letters else ""
    if letter not in _letters(body) and not (said and condition and not isinstance(condition, str) and _letters(body)):
        return _Answer(whole, "", None)
    return _Answer(body, letter, condition)


def _condition(text: str) -> frozenset[str] | str:
    """The words that say something; all of the text, if it says more than we know."""
    plain = _SET.sub(" ", _INDEX.sub("", text)).lower().replace("non-", "non").replace(r"\text", " ")
    words = {word.removesuffix("s") for word in _WORD.findall(plain)} - {word.removesuffix("s") for word in _SILENT}
    if words - _KNOWN or re.search(r"[<>\d=]", plain):
        return re.sub(r"[\s$\\{}(),]|\.$", "", _LEADING.sub("", plain))
    words |= {_SETS[name] for name in _SET.findall(text)}
    return frozenset(words - _COUNTING | {"positive", "integer"} if words & _COUNTING else words)


def _letters(text: str) -> set[str]:
    return {*_LETTER.findall(text)}
