"""Questions with choices: their letters, the right one, and the letter that a reply comes to."""

import re
import string
from collections.abc import Iterator, Sequence

from benchbook import Row, SpecError
from benchbook.plugins.solvers.replies import spoken

__all__ = ["chosen", "letters", "listed", "right", "stated"]


def letters(row: Row) -> str:
    """A letter for each choice."""
    number = len(row.choices)
    if not 2 <= number <= len(string.ascii_uppercase):
        raise SpecError(f"sample {row.key!r} has {number} choices; letters need between 2 and 26")
    return string.ascii_uppercase[:number]


def listed(row: Row) -> str:
    """A line for each choice."""
    return "\n".join(f"{letter}. {text}" for letter, text in zip(letters(row), row.choices, strict=True))


def right(row: Row) -> int:
    """The right choice's place, which the target gives as an index from 0, as the choice's text, or as its letter."""
    choices, target = row.choices, row.target
    known = string.ascii_uppercase[: len(choices)]
    match target:
        case bool():
            pass
        case int() if 0 <= target < len(choices):
            return target
        case str() if target in choices:
            return choices.index(target)
        case str() if len(target.strip()) == 1 and target.strip().upper() in known:
            return known.index(target.strip().upper())
    raise SpecError(
        f"sample {row.key!r}: the target {target!r} is none of the {len(choices)} choices; "
        "give its index from 0, its letter, or its text"
    )


_LONGEST = 20_000
"""Characters at the end of a reply that are looked at."""
_AROUND = r"[\s*_`\"'“”‘’\[({$]{0,9}(?:\\(?:text|mathrm|mathbf|textbf)\{)?[\[({]{0,2}"
_BOXED = re.compile(rf"\\boxed\{{{_AROUND}([A-Z])(?![A-Za-z])")
_STATED = re.compile(
    r"\b(?:answer|(?:correct|right|best) (?:choice|option)|antwort|réponse|respuesta)s?\b(?: choice| option)?"
    rf"(?:\s{{0,3}}(?:is|would be|should be|must be|ist|est|es)\b)?(?:\s{{0,3}}[:：])?"
    rf"(?: (?:therefore|then|thus|clearly|option|choice|letter)){{0,2}}{_AROUND}(?-i:([A-Z]))(?![A-Za-z'’])",
    re.IGNORECASE,
)
_CALLED_RIGHT = re.compile(
    r"\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer)?\s?[*_]{0,2}\(?\b([A-Z])\)?[*_]{0,2} is (?:the )?(?:correct|right)\b"
)
_SAID = re.compile(
    r"\b(?:it(?:['’]s| is| must be)|I(?:['’]d| would| will|['’]ll)? (?:choose|pick|select|say|go (?:with|for)))"
    rf"{_AROUND}(?-i:([A-Z]))(?![A-Za-z'’]|[)\]*\s]{{0,3}}(?:or|and|/))",
    re.IGNORECASE,
)
_ALONE = re.compile(r"[\s*_`\"'\[({$]{0,9}([A-Za-z])[\s*_`\"'\])}$.:,!]{0,9}")
_AHEAD = re.compile(
    r"\s{0,9}[*_`]{0,3}[\[(]?([A-Z])(?:[\])]|[.:](?=[\s*_]|$)|[*_]{1,3}(?=\s|$|[.:])|,?\s*\n)(?!\s{0,3}(?:or|and|/))"
)
_MARKED = re.compile(
    r"\(([A-Z])\)|\*\*[(\[]?([A-Z])[)\].:]{0,2}\*\*|\b(?:[Oo]ption|[Cc]hoice) ([A-Z])\b|^\s{0,3}([A-Z])[.)]?$",
    re.MULTILINE,
)


def chosen(reply: str, row: Row) -> tuple[str, str] | None:
    """The letter that the reply comes to, and the rule that found it; None if it chooses nothing, or several."""
    known = letters(row)
    return next(((letter, rule) for letter, rule in _candidates(reply, row.choices) if letter in known), None)


def stated(reply: str) -> str | None:
    """The letter that the reply comes to, whatever the choices are; None if it chooses nothing, or several."""
    return next((letter for letter, _ in _candidates(reply, ())), None)


def _candidates(reply: str, choices: Sequence[str]) -> Iterator[tuple[str, str]]:
    text = spoken(reply)[-_LONGEST:].strip()
    if alone := _ALONE.fullmatch(text):
        yield alone[1].upper(), "a letter alone"
    for rule, pattern in (("boxed", _BOXED), ("stated", _STATED), ("called right", _CALLED_RIGHT), ("said", _SAID)):
        # The last one: models correct themselves.
        yield from ((found[1].upper(), rule) for found in reversed(list(pattern.finditer(text))))
    if ahead := _AHEAD.match(text):
        yield ahead[1], "a letter ahead"
    marked = {letter for found in _MARKED.findall(text) for letter in found if letter}
    if len(marked) == 1:
        yield marked.pop(), "the only letter"
    said = _plain(text)
    same = [at for at, choice in enumerate(choices) if _plain(choice) == said]
    if len(same) == 1:
        yield string.ascii_uppercase[same[0]], "the text of a choice"


def _plain(text: str) -> str:
    return " ".join(text.casefold().strip(" .\n*\"'").split())
