"""The final answer in a reply, and the rule that found it. All of it takes time in proportion to the reply's length."""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from benchbook.engine.answers.conditions import with_condition
from benchbook.engine.answers.prose import FORMULA, LEAD, VERB, WORD, ends_in, inner, is_prose, without_reason
from benchbook.engine.answers.questions import NAME, answers
from benchbook.engine.answers.text import normalised, unwrapped

__all__ = ["Extraction", "boxes", "extracted"]

Rule = Literal[
    "boxed", "all boxed", "tag", "####", "label", "stated", "last formula", "sentence", "last number", "whole"
]


class Extraction(NamedTuple):
    """What was taken for the answer, and why."""

    answer: str
    rule: Rule


_LATEST = 200
"""How many places from the end that may announce an answer are looked at."""
_THINKING = re.compile(r"\s*<think(?:ing)?>", re.IGNORECASE)
_THOUGHT = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\b\s?")
_ANOTHER_BOX = re.compile(
    r"(?:[\s$,;.]|\\[()\[\]]|\\quad)*(?:and|or|\\text\{ ?(?:and|or) ?\})?"
    rf"(?:[\s$,;]|\\[()\[\]]|\\quad)*(?:[*_]{{0,2}}\(?{NAME}\)[*_:]{{0,3}}[\s$]*)?"
)
"""What may stand between two boxes of one answer."""
_TAG = re.compile(
    r"<(answer|final_answer|final|solution)>((?:(?!<(?:answer|final_answer|final|solution)>).){0,20000}?)</\1>",
    re.DOTALL | re.IGNORECASE,
)
_HASHES = re.compile(r"^####[ \t]*(\S.*)$", re.MULTILINE)
_MARKED = re.compile(r"[-+]?[^\w\s-]{0,2}[-+]?\d[\d,.]*(?:/\d+)? ?[^\w\s-]{0,2}")
"""A number by itself is no heading."""
_KEYWORD = re.compile(
    r"\b(?:answers?|conclusion|ans|result|solution|respuesta|antwort|réponse|resposta|risposta)\b"
    r"|(?:(?<=correct )|(?<=right ))(?:choice|option)\b"
    r"|^[*_# ]{0,6}A(?=[*_]{0,2}:)|答案|答え|정답|ответ",
    re.IGNORECASE | re.MULTILINE,
)
_LABEL = re.compile(
    r"[*_`\s}]{0,4}(?:\([^()\n]{0,40}\)|\[[^\[\]\n]{0,40}\])?[*_`\s]{0,4}(?:[:=：]|是|为|\\to )[*_`]{0,3}", re.DOTALL
)
_BEGUN = re.compile(r"(?:[.!?;] [*_]{0,3}|\*\*)(?:(?:the|my|our|final|correct|exact) ){0,3}$", re.IGNORECASE)
"""Where a sentence begins, or something in bold."""
_HEADING = re.compile(
    r"^(?:#{1,6} ?|\*\*|__)?(?:the |my |our )?(?:final |exact |correct )?"
    r"(?:answer|conclusion|result|solution)[*_: ]{0,4}$",
    re.IGNORECASE,
)
_HEADS = re.compile(r"[*_: ]{0,6}\n\s*[^\n]+\n\s*\S")
"""What a line goes on with that is a heading, with more than one line below."""
_BULLETS = re.compile(r"(?:[-*•] [^\n]{1,200}(?:\n|$)){2,}")
_ANSWERS = re.compile(rf"(?:[*_]{{0,2}}(?:part )?\(?{NAME}\)[^\n]{{1,500}}(?:\n+|$)){{2,}}", re.IGNORECASE)
"""Lines that answer a question each."""
_STATED = re.compile(
    r"(?: finale?| correct[ae])?(?: to [^.\n]{1,80}?| of [^.\n]{1,80}?| for [^.\n]{1,80}?)? "
    r"(?:is|are|must be|should be|would be|will be|equals|was|est|es|ist|lautet)\b"
    r"[*_ ]{0,4}(?:(?:then|therefore|thus|simply|just|given by|equal to|indeed|"
    r"exactly|option|choice)\b[: ]{0,2})?:?[*_ ]{0,4}",
    re.IGNORECASE,
)  # fmt: skip
_STOP = re.compile(r"(?<![A-Z\\])[.!?](?=\s|$|\*\*)|[。！]")
_DOUBTED = re.compile(
    r"\b(?:(?:wrong|incorrect|false|mistaken|not the|thought the)(?: \w+)?|(?:whether|unless|if)(?: the| my| our)?) ?$",
    re.IGNORECASE,
)
_DISMISSED = re.compile(r"[$*]{0,3}[,;]? ?(?:(?:which|that) )?(?:is|was|would be) (?:wrong|incorrect|not right)\b")
"""What is said right behind an answer that is none."""
_TAKEN_BACK = re.compile(
    r"(?:^|(?<=[.!?}*\n]))\s{0,4}(?:(?:but|no|wait|hmm|oh|actually)\b[,.:! ]{0,3}){0,3}"
    r"(?:(?:that|this|it) (?:is|was|must be|cannot be) (?:wrong|incorrect|not right|a mistake)\b"
    r"|I (?:made|have made) an? (?:\w+ )?(?:mistake|error)\b|correction\b|scratch that\b|on checking\b)",
    re.IGNORECASE | re.MULTILINE,
)
_END = 2_000
"""Characters at the end of a text in which it gives up, or lists its answers."""
_BOLD = re.compile(r"\*\*(?=\S)([^*\n]{1,80}?)(?<=\S)\*\*")
_SOON = 120
"""Characters within which an answer is taken back."""
_DENIED = re.compile(
    r"\?[\s*_\"')]{0,4}\b(?:no|nope)\b(?=[.,;:!*-]|$| (?:it|that|this|because|since)\b)[.,;:!*-]{0,3} ?", re.IGNORECASE
)
"""How a question ends that is answered with no."""
_INSTEAD = re.compile(
    r"(?:actually,? )?(?:it|that|this|the [a-z]+(?: [a-z]+)?)(?:'s| is| was| must be| should be| would be) "
    r"(?:actually |in fact )?[-*$\\\d]|(?:so|then|thus|hence|therefore|instead|let)\b|[^.!?\n]{1,80}\?",
    re.IGNORECASE,
)
"""What says what the answer is instead, or goes on to look for it."""
_ANSWERED = re.compile(r"(?:^|(?<=[.!?\n] )|(?<=[.!?*\n]))[\s*]{0,3}(no|nope)\b[.!*]{0,3}$", re.IGNORECASE)
"""A last sentence that is no more than this."""
_ANSWERED_IN_BOLD = re.compile(
    r"\*\*(yes|no|true|false)(?:[,.;:!]?\*\*[,.;:!]?(?: -)?|[,;:] )(?! ?(?:if|only|assuming|when|provided|for)\b)"
    r"(?!.*\b(?:yes|no|true|false|but|however|wait|actually)\b)(?!.*[.!?] (?:so|thus|hence|therefore)\b)"
    r" ?[a-z$\\\d(].*",
    re.IGNORECASE,
)
"""A last line that says it in bold, and then why."""
_LISTED = re.compile(
    r"(?<![^\n])(?!.*(?:\bnot\b|n't\b|\b(?:excluded|rejected|wrong|incorrect|extraneous|invalid|steps"
    r"|candidates?|test|check|undefined|vanish\w*)\b))[^\n]{0,300}"
    r"\b(?:are|is|values|solutions|roots|answers)[*_]{0,2}:[*_]{0,2}\n+((?:[-*•] [^\n]{1,60}(?:\n|$)){2,})\s*\Z"
)
"""A list that ends the text."""
_GIVEN_UP = re.compile(
    r"\b((?:(?:not|isn't|insufficient)(?: enough)? (?:information|data)\b"
    r"|(?:cannot|can't|could not|couldn't|unable to) (?:be )?(?:determined?|solved?|answer(?:ed)?|help|assist)\b))"
    r"(?! (?:by|using|directly|analytically|thinking|exactly|exact)\b)"
    r"(?!.*\b(?:so|thus|therefore|hence|but|however|assum\w*|is|are|both|together|without|who|giving)\b)",
    re.IGNORECASE | re.DOTALL,
)
"""That there is no answer, and nothing that comes of it."""
_AT_FIRST = re.compile(r"\b(?:although|though|while|if)\b[^.!?]*$", re.IGNORECASE)
"""What a clause begins with that another one answers."""
_BUT = re.compile(
    r",? but (?:in fact |actually |here |really )?(?:it|this|that|the answer) (?:is|was|must be) ", re.IGNORECASE
)
_CONDITION = re.compile(
    r"(?: (?:for|when|if|where|at) \$?[A-Za-z] ?= ?[^,;=]{1,40}|,? I (?:think|believe|guess)| :-?\))$"
)
"""What stands behind a short answer, and is none of it."""
_CHOSEN = re.compile(
    r"(?:\b(?:[Oo]ption|[Cc]hoice) [*_]{0,2}\(?([A-J])\)?[*_]{0,2}|\(([A-J])\)[*_]{0,2})"
    r" is (?:the )?(?:correct|right|best)\b"
    r"|(?<![\w(])[*_]{0,2}([A-J])[*_]{0,2} is (?:the )?(?:correct|right|best) (?:one|answer|option|choice)\b(?! to)"
    r"|(?:故|应|答案)?选 ?[:：]? ?\(?([A-J])\b",
)
_PREFERRED = re.compile(
    r"\bI(?:'d| would|'ll| will)? (?:choose|pick|select|go (?:with|for))(?: option| choice)? "
    r"[*_]{0,2}\(?([A-J])\)?(?![\w'])"
)
_WITH_TEXT = re.compile(r"[*_ ]{0,4}\(?[A-J](?:[*_]{0,2}\)|[.:)])[*_]{0,2} \S")
"""A choice by its letter and what it says."""


def extracted(reply: str, *, all_boxed: bool = False) -> Extraction:
    """The final answer of a reply: what is boxed, tagged, labelled, stated; or else all of it, if it is no prose."""
    text = _said(reply)
    found = (
        _boxed(text, all_boxed=all_boxed)
        or _tagged(text)
        or _marked(text, sure=True)
        or _announced(text)
        or _marked(text, sure=False)
        or _chosen(text)
    )
    if found is None and (explained := _EXPLAINED.match(text)) and not is_prose(explained[1]):
        text = explained[1]
    if found := found or _at_once(text) or _at_the_end(text):
        return Extraction(with_condition(unwrapped(found.answer), text), found.rule)
    text = _BOLD.sub(r"\1", text)
    return Extraction(unwrapped(_CONDITION.sub("", LEAD.sub("", unwrapped(text)))), "whole")


def boxes(reply: str) -> list[str]:
    """All that the reply boxes, in its order."""
    return [content.strip() for _, _, content in _boxes(_said(reply))]


def _said(reply: str) -> str:
    """What the reply says in the end."""
    return _without_denied(_last_word(_aloud(normalised(reply))))


def _at_once(text: str) -> Extraction | None:
    """What a text says that is an answer from its beginning."""
    if plain := _YES_NO_AT_ONCE.fullmatch(text.replace("**", "")):
        return Extraction(plain[1], "sentence")
    if text.lstrip("*_(")[:1].isalpha() and (several := answers(text)):
        return Extraction(", ".join(f"({at}) {_clause(each)}" for at, each in enumerate(several, 1)), "sentence")
    if _WITH_TEXT.match(text) and "\n" not in text:
        return Extraction(text.replace("**", ""), "whole")
    return None


def _at_the_end(text: str) -> Extraction | None:
    """What prose comes to that announces nothing."""
    if answered := _ANSWERED.search(text) or _ANSWERED_IN_BOLD.fullmatch(text.rstrip().rpartition("\n")[2].strip()):
        return Extraction(answered[1], "sentence")
    if preferred := _PREFERRED.search(text):
        return Extraction(preferred[1], "stated")
    if listed := _LISTED.search(text, max(0, len(text) - _END)):
        return Extraction(_block(text, listed.start(1)), "sentence")
    given_up = _GIVEN_UP.search(last := text[-_END:].rpartition("\n\n")[2])
    if given_up and not _AT_FIRST.search(last[: given_up.start()]):
        return Extraction(given_up[1], "sentence")
    return Extraction(*ends_in(text)) if is_prose(text) else None


def _aloud(text: str) -> str:
    """The reply without what was thought before it; nothing if the thinking never ends."""
    if ends := list(_THOUGHT.finditer(text)):
        return text[ends[-1].end() :].strip()
    return "" if _THINKING.match(text) else text


def _last_word(text: str) -> str:
    """What is said after the last answer was taken back at once, if that has another one; all of it, if none was."""
    backs = list(_TAKEN_BACK.finditer(text))
    if not backs:
        return text
    announced = max((match.start() for each in (_BOX, _KEYWORD) for match in each.finditer(text)), default=-_SOON)
    rest = text[backs[-1].end() :].lstrip(" ,;:.!*-")
    soon = 0 <= backs[-1].start() - announced <= _SOON
    return rest if soon and re.search(r"\d|\$|\\", rest) else text


def _without_denied(text: str) -> str:
    """The text without questions that are answered with no: what they ask about is none."""
    pieces, at = list[str](), 0
    for answered in _DENIED.finditer(text):
        before = max(text.rfind(stop, at, answered.start()) for stop in (". ", "! ", "? ", "\n"))
        pieces.append(text[at : before + 1 if before >= 0 else at])
        at = answered.end() if _INSTEAD.match(text, answered.end()) else answered.start() + 1
    return "".join([*pieces, text[at:]]).strip() if pieces else text


def _chosen(text: str) -> Extraction | None:
    """The letter that is said to be the right one."""
    letters = [next(filter(None, match.groups())) for match in _CHOSEN.finditer(text)]
    return Extraction(letters[-1], "stated") if letters else None


def _boxed(text: str, *, all_boxed: bool) -> Extraction | None:
    found = _boxes(text)
    if not found:
        return None
    together = [found[-1][2]]
    for one, other in zip(reversed(found[:-1]), reversed(found), strict=False):
        between = text[one[1] : other[0]]
        if not (all_boxed or (len(between) < 30 and _ANOTHER_BOX.fullmatch(between))):
            break
        together.append(one[2])
    if len(together) == 1:
        return Extraction(together[0], "boxed")
    # One that is said twice is one answer.
    return Extraction(", ".join(dict.fromkeys(each.strip() for each in reversed(together))), "all boxed")


def _boxes(text: str) -> list[tuple[int, int, str]]:
    """Where each box begins and ends, and what is in it."""
    found, at = list[tuple[int, int, str]](), 0
    while match := _BOX.search(text, at):
        content, end = _box_content(text, match.end())
        # A box within this one is part of it.
        at = max(end, match.end())
        if content.strip() and not _DISMISSED.match(text, end):
            found.append((match.start(), end, _BOX.sub(" ", content)))
    return found


def _box_content(text: str, at: int) -> tuple[str, int]:
    """What is in the box that opens here, up to the end of the text if it never closes."""
    if text[at : at + 1] != "{":
        match = re.compile(r"[^\s$.,;]{0,40}").match(text, at)
        return (match[0], match.end()) if match else ("", at)
    depth = 0
    for brace in re.compile(r"\\[{}]|[{}]").finditer(text, at):
        if len(brace[0]) == 2:
            continue
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return text[at + 1 : brace.start()], brace.end()
    return text[at + 1 :].partition("\n")[0], len(text)


def _tagged(text: str) -> Extraction | None:
    if "</" in text and (tags := _TAG.findall(text)):
        inner = extracted(tags[-1][1])
        return Extraction(inner.answer, "tag") if inner.answer else None
    return None


def _marked(text: str, *, sure: bool) -> Extraction | None:
    """What stands behind `####`, as in GSM8K. Markdown's headings look the same: `sure` is a number by itself, or a
    last line that announces nothing."""
    lines = list(_HASHES.finditer(text)) if "####" in text else []
    if not lines:
        return None
    numbers = [line[1] for line in lines if _MARKED.fullmatch(line[1].strip())]
    last = lines[-1]
    if numbers:
        return Extraction(_clause(numbers[-1]), "####")
    ends = not text[last.end() :].strip() and not _KEYWORD.search(last[1])
    if _HEADING.match(last[1].strip()) or (sure and not ends):
        return None
    return Extraction(_clause(last[1]), "####")


def _announced(text: str) -> Extraction | None:
    """What follows the last label or statement that there is."""
    for keyword in reversed(list(_latest(text))):
        found = _after(text, keyword)
        if found is not None:
            return found
    return None


def _latest(text: str) -> Iterator[re.Match[str]]:
    places = list(_KEYWORD.finditer(text))
    yield from places[-_LATEST:]


def _after(text: str, keyword: re.Match[str]) -> Extraction | None:
    start, end = text.rfind("\n", 0, keyword.start()) + 1, keyword.end()
    before = text[max(start, keyword.start() - 60) : keyword.start()]
    line_end = text.find("\n", end)
    line = text[start : len(text) if line_end < 0 else line_end]
    label = _LABEL.match(text, end)
    doubtful = keyword[0].lower() in {"solution", "result"}
    strong = not doubtful or not before.strip(" *_#") or "final" in before.lower()
    if _DOUBTED.search(before) or (doubtful and _HEADS.match(text, end)):
        return None
    if label and strong and (len(before) < 60 or _BEGUN.search(before)):
        content = _block(text, label.end())
        return Extraction(_clause(content), "label") if content else None
    if _HEADING.match(line.strip()) and line_end >= 0:
        content = _block(text, line_end)
        return Extraction(_clause(content), "label") if content else None
    stated = _STATED.match(text, end)
    if stated is None or not strong:
        return None
    content = _block(text, stated.end())
    if instead := re.match(r"not [^.\n]{1,40}? but (?:rather )?(?=\S)", content):
        content = content[instead.end() :]
    if not content or re.match(r"(?:not|found|obtained|clear|wrong|incorrect|unknown)\b", content, re.IGNORECASE):
        return None
    return Extraction(_clause(content), "stated")


def _block(text: str, at: int) -> str:
    """What stands from here to the end of the line; or, if nothing does, the paragraph that follows."""
    rest = text[at : at + 30_000].lstrip(" *_`}")
    begun = rest.lstrip()
    for opening, closing in (("$$", "$$"), (r"\[", r"\]")):
        if begun.startswith(opening) and (end := begun.find(closing, 2)) > 0:
            return begun[: end + 2]
    if bullets := _BULLETS.match(begun):
        return ", ".join(line.strip(" \t-*•") for line in bullets[0].strip().splitlines())
    if begun.startswith(r"\begin{") and (end := begun.rfind(r"\end{")) > 0:
        return begun[: begun.find("}", end) + 1]
    line, _, _ = rest.partition("\n")
    if line.strip(" *_`"):
        return line.strip()
    several = _ANSWERS.match(begun)
    paragraph = several[0] if several else re.split(r"\n\s*\n", begun, maxsplit=1)[0]
    return paragraph.strip().replace("\n", " ")


def _closed(text: str) -> str:
    """The text without braces at its end that opened before it, as in `\text{Answer: 5}`."""
    left_over = text.count("}") - text.count("{")
    return text[:-left_over] if left_over > 0 and text.endswith("}" * left_over) else text


def _clause(text: str) -> str:
    """The answer without the reason that follows it, and without the words around a formula."""
    text = unwrapped(LEAD.sub("", _closed(text.strip())))
    if plain := _YES_NO.fullmatch(text):
        return plain[1]
    if _WITH_TEXT.match(text) or answers(text):
        return _unmarked(text)
    formulas = list(FORMULA.finditer(text))
    if formulas and formulas[0].start() == 0 and formulas[0].end() == len(text):
        return text
    text = _sentence(text, formulas)
    if but := _BUT.search(text):
        text = text[but.end() :]
    text = without_reason(text).strip()
    formulas = list(FORMULA.finditer(text))
    outside = WORD.findall(FORMULA.sub(" ", text))
    if formulas and _is_chatty(outside) and (len(formulas) == 1 or _is_told_last(text, formulas)):
        return inner(formulas[-1])
    if formulas:
        return _without_dollars(text)
    if is_prose(text):
        return ends_in(text)[0]
    return _unmarked(text)


def _unmarked(text: str) -> str:
    """Without the marks of Markdown."""
    return re.sub(r"\*\*|__|`", "", text).strip()


_YES_NO = re.compile(r"[*_]{0,2}(yes|no|true|false)[*_]{0,2}[,;:.] .*", re.IGNORECASE | re.DOTALL)
_EXPLAINED = re.compile(
    r"([^\n]{1,200})\n\s*[*_# ]{0,6}(?:explanation|reason|reasoning|justification|rationale)[*_ ]{0,4}:", re.IGNORECASE
)
"""An answer by itself, and below it why."""
_YES_NO_AT_ONCE = re.compile(
    r"(yes|no|true|false)(?:[,;!]| -|\.(?! \d)) (?!(?:but|if|only|assuming|when|provided)\b)"
    r"(?!.*(?:\b(?:yes|no)\b(?=[,.;!]|$)|(?<!is )(?<!not )\b(?:true|false)\b|\b(?:however|wait|actually)\b))"
    r"(?!.*[.!?] (?:so|thus|hence|therefore)\b)[^\n]*[a-z][^\n]*",
    re.IGNORECASE,
)
"""Said first, and not taken back."""


def _is_chatty(outside: list[str]) -> bool:
    """Whether words around a formula say nothing of the answer itself: units do, `and` and `or` do."""
    return len(outside) > 2 or any(
        word.lower() in {"is", "are", "approximately", "about", "equals", "we", "get"} for word in outside
    )


def _is_told_last(text: str, formulas: list[re.Match[str]]) -> bool:
    """Whether the last formula says what the others are, and ends the text: `the least value of $n$ is $11$`."""
    between = text[formulas[-2].end() : formulas[-1].start()]
    return bool(VERB.search(between)) and not text[formulas[-1].end() :].strip(" .!*")


def _sentence(text: str, formulas: list[re.Match[str]]) -> str:
    for stop in _STOP.finditer(text):
        if stop.start() > 0 and not any(each.start() < stop.start() < each.end() for each in formulas):
            return text[: stop.start()]
    return text


def _without_dollars(text: str) -> str:
    """Formulas and words in one text: words in between as LaTeX has them."""
    pieces, at = list[str](), 0
    for formula in FORMULA.finditer(text):
        pieces += [text[at : formula.start()], inner(formula)]
        at = formula.end()
    return (
        " ".join(" ".join([*pieces, text[at:]]).replace("*", " ").split())
        if "**" in text
        else " ".join([*pieces, text[at:]])
    )
