"""For what an answer holds, where that stands behind it: `f(x) = 2x for all x`, `\\pi k, k \\in \\mathbb{Z}`."""

import re
from typing import NamedTuple

__all__ = ["without_conditions"]

_LONGEST = 2_000
_MARKS = " ,;$"
_SAID = re.compile(r"[\s,;$({](?:for (?:all|every|any|each)|where|with) (?=[^,;=]{1,80}$)")
_IN = re.compile(r"[\s,;$(]([A-Za-z]) ?\\in ?(?=\\mathbb ?\{?[ZNQRC]\}?[\s$)}]*$)")
_ALL = re.compile(r"[\s,;$({]for (?:all|every|any|each) \}?[\s$]*[A-Za-z][\s$]*$")
_SETS = (("Z", re.compile(r"\bintegers?\b|mathbb ?\{?Z")), ("R", re.compile(r"\breals?\b|mathbb ?\{?R")))
_LETTER = re.compile(r"(?<![\\A-Za-z])([A-Za-z])(?![A-Za-z])")


class _Answer(NamedTuple):
    body: str
    letter: str
    """The variable that the condition is about; empty if it says none."""
    condition: str


def without_conditions(one: str, other: str) -> tuple[str, str]:
    """Both answers without what they hold for, if only one says it, or both the same."""
    left, right = _apart(one), _apart(other)
    if not (left.condition and right.condition):
        return left.body, right.body
    if left.condition != right.condition:
        return one, other
    if left.condition == "Z" and left.letter and right.letter and left.letter not in _letters(right.body):
        # Which letter runs through the integers makes no difference.
        same = re.sub(rf"(?<![\\A-Za-z]){right.letter}(?![A-Za-z])", left.letter, right.body)
        return left.body, same
    return left.body, right.body


def _apart(text: str) -> _Answer:
    said = _SAID.search(text) if len(text) <= _LONGEST else None
    found = said or (_IN.search(text) if len(text) <= _LONGEST else None)
    if found is None:
        return _Answer(text, "", "")
    body, rest = text[: found.start()].rstrip(_MARKS), text[found.start() :]
    body = body.removesuffix(r"\text{").removesuffix(r"\quad").strip(_MARKS)
    letters = _LETTER.findall(rest.replace("mathbb", " ").split("\\in")[0])
    letter = letters[-1] if letters else ""
    named = next((name for name, form in _SETS if form.search(rest)), "")
    if letter not in _letters(body) and not (said and named and _letters(body)):
        return _Answer(text, "", "")
    return _Answer(body, letter, named or ("" if _ALL.match(rest) else re.sub(r"[\s$\\{}().]|text", "", rest)))


def _letters(text: str) -> set[str]:
    return {*_LETTER.findall(text)}
