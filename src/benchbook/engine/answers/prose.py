"""The answer in prose that announces none: what its last sentence comes to."""

import re
from collections.abc import Iterator
from typing import Literal

from benchbook.engine.answers.spoken import COUNT
from benchbook.engine.answers.steps import results
from benchbook.engine.answers.vocabulary import unit
from benchbook.engine.answers.written import DAY

__all__ = ["FORMULA", "LEAD", "VERB", "WORD", "ends_in", "inner", "is_prose", "without_reason"]

Ending = Literal["last formula", "sentence", "last number", "whole"]

_FEW = 4
"""Words from which on a text is prose."""
_LATEST = 20_000
_LAST = 5_000
"""Characters of a text, and of its last paragraph, that are looked at."""
FORMULA = re.compile(
    r"\$\$(.{1,2000}?)\$\$|\\\[((?:(?!\\\[).){1,2000}?)\\\]|\\\(((?:(?!\\\().){1,2000}?)\\\)"
    r"|(?<![\\$])\$([^$\n]+?)(?<!\\)\$(?!\d)"
    r"|(\\begin\{(?:align|equation|gather|multline)\*?\}(?:(?!\\begin\{(?:align|equation)).){1,2000}?"
    r"\\end\{(?:align|equation|gather|multline)\*?\})",
    re.DOTALL,
)
VERB = re.compile(r"\b(?:is|are|equals?|was|be)\b(?! not\b):?|=", re.IGNORECASE)
LEAD = re.compile(
    r"^(?:(?:and |but )?(?:so|thus|hence|therefore|then|finally|it follows that|"
    r"we (?:get|have|find|obtain))\b[,: ]{1,3}|\\(?:therefore|implies|Rightarrow|approx)\\? |= ?|"
    r"(?:approximately|about|roughly|around|probably|exactly|precisely|only|just|equal to|left with) "
    rf"(?=[$\d\\-]|{COUNT})|"
    r"in (?=\d{4}$)|(?:actually|indeed|in fact|called|known as|named) |"
    r"(?:located )?(?:at|given by) (?=[$\d(-])|(?:it(?:'s| is)|that (?:makes|gives|is)) (?=[$\d\\*-]|\(?[A-J]\)?$)|"
    r"I(?:'d| would|'ll| will)? (?:say|answer|guess|think|believe|choose|pick|select|go (?:with|for))\b:? ?(?:that )?"
    r"(?:it(?:'s| is)|the answer is)? ?)+",
    re.IGNORECASE,
)
"""What stands before an answer, and says nothing of it."""
_REASON = re.compile(
    r"(?:,? (?:because|since|as (?=[a-z]{2,}|[A-J] )|so (?=[a-z]{2,})|which (?:is|means|gives|are|equals)|"
    r"where|when|who (?:is|was|has)|of which|(?:followed )?by (?=[a-z]{2,})|using|whereas|while|although|"
    r"(?:and )?(?:it )?(?:is )?(?:attained|achieved|reached)|"
    r"I hope|I think|I believe|not|rather than|instead of|i\.e\.|that is|according to|"
    r"for (?:all|any|every|each|which|this|the|\$)|given that|if (?=[a-z]))\b.*"
    r"| \((?:(?!mod)(?=[a-z]{2})|\\approx|i\.e|\$?\d[^()\\]*[a-z]{2})[^()\\]*\))$",
    re.IGNORECASE | re.DOTALL,
)  # fmt: skip
_REFUSED = re.compile(r"\b(?:wrong|incorrect|false|mistaken)\b", re.IGNORECASE)
_GROUND = re.compile(r",? (?:because|since|given that)\b", re.IGNORECASE)
"""What is wrong in such a reason is something else than the answer."""
_CONCLUSION = re.compile(
    r"[,;:—]? (?:and )?(?:so|hence|thus|therefore|which (?:means|gives|makes|leaves|simplifies to)(?: that)?)\b,? ",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"^\W*(?:this|that|which|it) (?:is|was|gives) (?:\w+ ){0,3}(?:answer|result|solution)\W*$|^\W*q\.?e\.?d\b"
    r"|^\W*(?:to )?(?:check|verify|verification|sanity check|double[- ]check)(?:ing)?\b"
    r"|^\W*where (?:\$|\\\()|^\(.*\)\W*$"
    r"|^\W*(?:it|this|that|(?:this|that|the) (?:fraction|number|value|result|answer|expression|form|ratio|polynomial)) "
    r"(?:(?:is|was) (?:already|in (?:its |the )?(?:simplest|lowest|reduced|simplified|exact)) (?![\d$\\])"
    r"|(?:cannot|can't|can not) be (?:\w+ )?(?:simplified|reduced|factored|factorised|factorized)\b)"
    r"(?!(?s:.*)(?:\b(?:so|thus|hence|therefore|gives?|giving|means?|equals?)\b|[=.!?\n]\s?\S))"
    r"|\b(?:would you like|do you want)\b"
    r"|^[^\d$\\]*\bin (?:its |the )?(?:simplest|lowest|reduced|simplified) (?:form|terms)\W*$"
    r"|\b(?:let me know|hope (?:this|that|it) helps|feel free|happy to|any (?:other |further |more )?questions"
    r"|does (?:this|that) (?:help|make sense))\b",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"(?:\b(?:not|never|cannot|neither)|n't)\b(?:(?!\b(?:but|so|because|it)\b)(?:[^.,;:!?]|[.,](?=\d)))*", re.IGNORECASE
)
_NO_ANSWER = re.compile(
    r"(?<!\S)\S{1,40} (?:(?:is|was|are|can|would|will|could)(?:n't| not)|cannot)(?: be)? (?:the|an?) (?:\w+ )?"
    r"(?:answer|solution)\b"
    r"|(?<=;)[^;]*(?:\bnot\b|n't\b)[^;]*$",
    re.IGNORECASE,
)
"""What is said to be no answer."""
_NUMBER = re.compile(
    rf"\b(?:{DAY})|(?:\b[a-z] ?\\equiv ?)?(?<!\d)-?\d{{1,9}} \(?mod(?:ulo)? \d{{1,9}}\)?"
    r"|\b1 (?:in|out of) \d+\b|(?<![\w.:])(?<!not )\d{1,2}:\d{2}(?!\d)(?: ?[AaPp]\.?[Mm]\b)?"
    r"|(?<![\w.])(?<!not )[-+]?(?:\\\$|\$)?\d+(?:,\d{3})*(?:\.\d+)?(?:/\d+)?%?"
)
_ACTS = r"has|have|had|gets?|got|needs?|makes?|takes?|sells?|sold|costs?|earn(?:s|ed)|pays?|paid|spen[dt]s?"
_ACT = re.compile(rf"\b(?:{_ACTS})\b", re.IGNORECASE)
_MEASURED = re.compile(
    r"[ -]?(?:square |cubic )?([A-Za-z°]{1,20})(?:\^\{?-?\d\}?)?"
    r"(?:(?: ?/ ?| per | ?\\cdot )[A-Za-z]{1,20}(?:\^\{?-?\d\}?)?){0,4}(?![\w^])"
)
"""What may be the unit of the number before it."""
_NO_UNITS = frozenset(("a", "A", "in", "s", "t", "C", "F", "d", "h"))
"""What is rather a word than a unit, in prose."""
_CIRCUMSTANCE = re.compile(
    r"(?:^|[\s(])(?:(?:by|from|after|before|for) [a-z]+ing(?: away)?|(?:buying|selling)|"
    r"\d\S*(?: [a-z]+){0,3} to (?!get|obtain|find|give|make|reach|be|become|yield|a |the )[a-z]+(?: the)?|"
    r"in|at|(?<!left )with|from|than|per|over|(?<!sed )by|above|below|between|since|after|before|within|"
    r"during|on|through|twice|half|among|of (?:the|his|her|their|its|these|those|all|each)|for|when|where|if)"
    r" (?:(?:the|an?|each|all|her|his|their|its|every|these|those|first|last|interval|next|previous|year) )*[*_(\[]*$",
    re.IGNORECASE,
)
"""What the sentence says beside what it is about."""
_NO_END = re.compile(
    r"(?:needed|required|left(?: over)?|remaining|possible|used|necessary|sold|given|there|available|altogether"
    r"|in (?:total|all|the end))\W*",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    rf"\b(?:{_ACTS}|is|are|was|were|leaves?|bought|ate|gives?|won|lost) "
    rf"(?:(?:only|just|exactly|about|approximately|now|left with|a total of) )?({COUNT})"
    rf"(?! (?:dozens?|scores?|pairs?|times|more|fewer|less)\b)(?!.*{COUNT})",
    re.IGNORECASE,
)
"""A number in words, right behind a verb; the last one, and not so many of something else."""
_BOLD = re.compile(r"\*\*([^*\n]{1,80})\*\*")
_STRESSED = re.compile(
    r"\W*(?:(?:is |are |do |does )?not|all|every|each|any|both|never|always|must|only|at (?:least|most)|exactly|same|"
    r"different|if|and|or|but|more|less|total|.*:)\W*",
    re.IGNORECASE,
)
"""What is in bold and no answer."""
_SETTLED = re.compile(r"\(?[A-J]\)|[A-J]|true|false|yes|no", re.IGNORECASE)
"""What is in bold and mostly an answer, whatever is said behind it, if it stands between such words."""
_SETTLING = re.compile(
    r"(?:\b(?:is|be|choose|pick|select|answer|choice|option|so|thus|hence|therefore)\b|'s)[:, ]{0,3}\(?$", re.IGNORECASE
)
_SETTLED_END = re.compile(
    r"\W*$|[.,;:!](?! (?:but|whereas|while|we would))"
    r"| (?:-|because|since|as|is (?:the )?(?:correct|best|right)|[^,;.]{1,40}[,;] (?:because|since|as)\b)"
)
_ATTACHED = re.compile(
    r"(?: (?:more|left))? (?:to|for|from|in|after|before|by|at|over|per|on|with|each|every)\b"
    r"(?!.*\b(?:and|but|so|leaving|making|giving|total|is|are|was)\b)[^,;:.!?=]{0,200}[.!]?\s*",
    re.IGNORECASE,
)
"""What goes on behind a number, and says no other."""
_SEVERAL = re.compile(r"(?<![\w\\])([A-Za-z]) ?= ?[^\s,=]+(?:(?:, ?|,? and |,? or )\1 ?= ?[^\s,=]+)+$")
_ENCLOSED = re.compile(r"\\begin\{.{0,2000}?\\end\{[^{}]*\}|\([^()]*\)|\{[^{}]*\}|\[[^\[\]]*\]", re.DOTALL)
_BETWEEN = re.compile(r"[\s,;]*(?:and|or)?\s*")
WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
_COMMANDS = re.compile(r"\\(?:text|mbox|textbf|mathrm|begin|end|operatorname)\s?\{[^{}]*\}|\\[A-Za-z]+")
_SHORT = frozenset(
    ("is", "so", "we", "it", "of", "to", "in", "be", "at", "or", "if", "an", "as", "by", "no", "on", "do", "he", "my")
)
"""Words of two letters; any others are products."""


def is_prose(text: str) -> bool:
    """Whether this is more than an answer: sentences, or several words around a formula."""
    text = text[-_LATEST:]
    bare = _COMMANDS.sub(" ", text)
    words = [word for word in WORD.findall(FORMULA.sub(" ", bare)) if len(word) > 2 or word.lower() in _SHORT]
    acts = VERB.search(bare) or _ACT.search(bare)
    told = len(words) >= _FEW or (len(words) >= 2 and acts is not None and bool(_NUMBER.search(text)))
    return told or any(text[: shown.start()].strip() for shown in FORMULA.finditer(text) if _is_displayed(shown))


def _is_displayed(formula: re.Match[str]) -> bool:
    """Whether the formula stands on lines of its own."""
    return formula[0].startswith(("$$", r"\[", r"\begin"))


def ends_in(text: str) -> tuple[str, Ending]:
    """What prose comes to, and by which rule: a formula or a number of the last sentence, its end, or the last formula
    or number that there is; all of it, if there is none."""
    text = _NO_ANSWER.sub(" ", _without_courtesy(text[-_LATEST:]))
    paragraph = text.rstrip().rsplit("\n\n", 1)[-1][-_LAST:]
    if bold := _emphasised(paragraph):
        return bold, "sentence"
    paragraph = paragraph.replace("**", "").replace("`", "")
    sentence = _concluded(_final_sentence(paragraph))
    shorter = without_reason(sentence)
    # A sentence may begin with its reason.
    if VERB.search(shorter) or not VERB.search(FORMULA.sub(" ", sentence[len(shorter) :])):
        sentence = shorter
    if found := _said_last(sentence):
        return found
    if counts := list(_COUNTED.finditer(_DENIAL.sub(_blank, sentence))):
        return counts[-1][1] + _unit_after(sentence, counts[-1].end()), "last number"
    formulas = list(FORMULA.finditer(paragraph)) or list(FORMULA.finditer(text))
    if formulas:
        return _together(formulas), "last formula"
    for place in (paragraph, text):
        if numbers := list(_numbers(_DENIAL.sub(" ", place))):
            return numbers[-1][1], "last number"
    return text, "whole"


def _emphasised(paragraph: str) -> str:
    """The one thing that the paragraph sets in bold, and says no more behind; nothing if there is none, or several."""
    found = [each for each in _BOLD.finditer(paragraph) if each[1].strip()]
    if len(found) != 1:
        return ""
    [bold] = found
    begins = not paragraph[: bold.start()].rpartition("\n")[2].strip()
    denied = any(each.start() < bold.start() < each.end() for each in _DENIAL.finditer(paragraph))
    rest = without_reason(paragraph[bold.end() :])
    goes_on = (
        rest.lstrip()[:1] == ":"
        or (_SETTLED.fullmatch(bold[1]) and rest.strip(" .!*)"))
        or any(each.search(rest) for each in (VERB, FORMULA, _NUMBER, _COUNTED))
    )
    if begins or denied or is_prose(bold[1]) or _STRESSED.fullmatch(bold[1]) or (goes_on and not _holds(bold)):
        return ""
    return LEAD.sub("", bold[1]).strip(" .!*")


def _holds(bold: re.Match[str]) -> bool:
    """Whether what is in bold is the answer though more is said behind it."""
    before, behind = bold.string[: bold.start()], bold.string[bold.end() :]
    if _SETTLED.fullmatch(bold[1]):
        return bool(_SETTLING.search(before) and _SETTLED_END.match(behind))
    return bool(_NUMBER.search(bold[1]) and _ATTACHED.fullmatch(behind))


def without_reason(text: str) -> str:
    """The text without the reason at its end, unless that takes the answer back."""
    return _REASON.sub(
        lambda reason: reason[0] if _REFUSED.search(reason[0]) and not _GROUND.match(reason[0]) else "", text
    )


def inner(formula: re.Match[str]) -> str:
    """A formula without its dollars."""
    return next(group for group in formula.groups() if group is not None)


def _without_courtesy(text: str) -> str:
    """The text without what is said at the end to be polite."""
    paragraphs = text.rstrip().split("\n\n")
    while len(paragraphs) > 1 and _SIGN_OFF.search(paragraphs[-1]):
        paragraphs.pop()
    return "\n\n".join(paragraphs)


def _final_sentence(text: str) -> str:
    hidden, at, sentences = FORMULA.sub(_hidden, text), 0, list[str]()
    for stop in [*re.finditer(r"(?<=[.!?])\s+|\n", hidden), None]:
        sentences.append(text[at : stop.start() if stop else len(text)])
        at = stop.end() if stop else at
    sentences = [each for each in sentences if each.strip(" .!?*")]
    while len(sentences) > 1 and _SIGN_OFF.search(sentences[-1]):
        sentences.pop()
    return sentences[-1].strip().rstrip(".!?") if sentences else text


def _concluded(sentence: str) -> str:
    """What the sentence concludes, if it does: `it is 4, so the area is 16`."""
    last = max(
        (match.start() for each in (FORMULA, _NUMBER, _COUNTED) for match in each.finditer(sentence)), default=-1
    )
    ends = [match.end() for match in _CONCLUSION.finditer(sentence) if match.end() <= last]
    return sentence[ends[-1] :] if ends else sentence


def _said_last(sentence: str) -> tuple[str, Ending] | None:
    """The answer in the sentence; none if it has none."""
    formulas = list(FORMULA.finditer(sentence))
    plain = _DENIAL.sub(_blank, FORMULA.sub(_hidden, sentence))
    if not formulas and (several := _SEVERAL.search(plain)):
        return several[0], "sentence"
    numbers = list(_numbers(plain))
    if not formulas and (tail := _tail(plain, numbers)):
        return tail, "sentence"
    places = sorted([*(each.start() for each in formulas), *(at for at, _ in numbers)])
    main = [at for at in places if not _is_beside(sentence, at)] or places
    if not main:
        return None
    if number := dict(numbers).get(main[-1]):
        return number, "last number"
    return _together([each for each in formulas if each.start() <= main[-1]]), "last formula"


def _tail(sentence: str, numbers: list[tuple[int, str]]) -> str:
    """What stands behind the last verb, if that is an answer."""
    verbs = list(VERB.finditer(sentence))
    if not verbs:
        return ""
    end = verbs[-1].end()
    tail = re.sub(r"(?: and| or| but)?$", "", without_reason(sentence[end:]).strip(" *:").removeprefix("but "))
    if len(WORD.findall(tail)) > _FEW or re.match(r"not\b", tail, re.IGNORECASE):
        return ""
    if numbers and (_NO_END.fullmatch(tail) or any(at >= end and _is_beside(sentence, at) for at, _ in numbers)):
        return ""
    return LEAD.sub("", tail)


def _is_beside(sentence: str, at: int) -> bool:
    """Whether what stands there is a circumstance: `in 5 days`, `of the 12 students`, `at $2 each`."""
    return bool(_CIRCUMSTANCE.search(sentence[max(0, at - 60) : at]))


def _numbers(text: str) -> Iterator[tuple[int, str]]:
    """The numbers in it, each with where it stands and with its unit."""
    for number in _NUMBER.finditer(text):
        yield number.start(), number[0] + _unit_after(text, number.end())


def _unit_after(text: str, at: int) -> str:
    """The unit that follows a number; nothing if none does that we know."""
    follows = _MEASURED.match(text, at)
    if follows is None or follows[1] in _NO_UNITS or unit(follows[1]) is None:
        return ""
    return follows[0]


def _hidden(match: re.Match[str]) -> str:
    return "_" * len(match[0])


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _together(formulas: list[re.Match[str]]) -> str:
    """The last formula, and those that stand before it with nothing but commas, `and` or `or` between."""
    together = formulas[-1:]
    for one in reversed(formulas[:-1]):
        if not _BETWEEN.fullmatch(one.string, one.end(), together[0].start()):
            break
        together.insert(0, one)
    return ", ".join(results([*map(_result, together)]))


def _result(formula: re.Match[str]) -> str:
    """What a chain of equations comes to; several equations stay as they are."""
    text = inner(formula)
    bare = _ENCLOSED.sub("", text)
    several = bare.count("=") < 2 or "," in bare or "\\quad" in bare
    return text if several or text.lstrip().startswith("\\begin") else text.rpartition("=")[2]
