"""Answers to several questions in one text: `(a) 8, (b) 15`, `i) yes ii) no`, `Part 1: 3 Part 2: 4`."""

import re

__all__ = ["NAME", "answers"]

_LONGEST = 2_000
NAME = r"(?:[a-h]|[ivx]{1,4}|[1-9])"
_PLACE = re.compile(
    rf"(?:^|(?<=[\s,;.])|(?<=\\[()]))(?:\\text\{{ ?)?[*_]{{0,2}}(?P<part>part |question )?"
    rf"(?:(?P<round>\({NAME}\))|(?P<open>{NAME})(?:\)|[.:](?=[ *])))(?:[*_:.]| ?\}}){{0,4}}(?=[ $\\\d]|$)",
    re.IGNORECASE | re.MULTILINE,
)
"""What numbers a question."""
_SERIES = (("a", "b", "c", "d", "e", "f", "g", "h"), ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii"), (*"12345678",))
_MARKS = " \n,;:.*_"
_OPEN = re.compile(
    r"[-+*/=<>^(\[{]$|\\(?:cdot|times|div|pm|le|ge|ne|cup|cap)$"
    r"|\b(?:n?or|to|parts?|options?|choices?|statements?|answers?|while|whereas|although|though|since|because|unlike"
    r"|as|than|not|of|by|from|with|both|either|neither|that|why|only|is|are)$",
    re.IGNORECASE,
)
"""What ends no answer."""
_DISMISSED = re.compile(r"(?:is|are|was|were|would be) (?:wrong|incorrect|not|too)\b", re.IGNORECASE)
"""What is said of a choice, and answers no question."""
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")


def answers(text: str) -> tuple[str, ...] | None:
    """The answers to questions that the text numbers from the first on, in their order; None if it does not."""
    if len(text) > _LONGEST:
        return None
    places = list(_PLACE.finditer(text))
    if not places or places[0].start() > 0:
        return None
    places = [place for place in places if _form(place) == _form(places[0])]
    names = [(place["round"] or place["open"]).strip("()").lower() for place in places]
    series = next((each for each in _SERIES if sorted(names) == sorted(each[: len(names)])), None)
    if len(places) < len(("one", "other")) or series is None:
        return None
    ends = [*(place.start() for place in places[1:]), len(text)]
    said = [_bare(text[place.end() : end]) for place, end in zip(places, ends, strict=True)]
    if not all(said) or any(_OPEN.search(each) or _DISMISSED.match(each) for each in said):
        return None
    if names != sorted(names, key=series.index) and any(len(_WORD.findall(each)) > 1 for each in said):
        # A choice, and what is said of the others.
        return None
    return tuple(said[names.index(name)] for name in series[: len(names)])


def _form(place: re.Match[str]) -> tuple[bool, bool]:
    return bool(place["part"]), bool(place["round"])


def _bare(answer: str) -> str:
    """The answer without what joins it to the next one."""
    return answer.strip(_MARKS).removesuffix(" and").removesuffix("\n-").strip(_MARKS)
