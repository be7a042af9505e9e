"""The 25 kinds of instructions of IFEval (Zhou et al. 2023), and whether a reply follows one.

What counts is what counts in google-research/instruction_following_eval, its quirks included: `*` alone on a line makes
one bullet with the line below it, each `**bold**` is one highlighted section, a text whose language nobody can tell is
in the right one. Replies are hostile, so everything here takes time in proportion to their length.
"""

import json
import re
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from benchbook import Spec, SpecError
from benchbook.plugins.scorers.languages import language_of, sentences_up_to, words_of

__all__ = ["KINDS", "Instruction", "instruction"]

Relation = Literal["less than", "at least"]
Number = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(pattern=r"\S")]
Texts = Annotated[tuple[Text, ...], Field(min_length=1, strict=False)]

_BULLETS = (
    # What is not matched is passed over with all blanks before it: no line is looked at twice.
    re.compile(r"^\s*+(?:(\*[^*].*+)|\S|\Z)", re.MULTILINE),
    re.compile(r"^\s*+(?:(-.*+)|\S|\Z)", re.MULTILINE),
)
_HIGHLIGHTS = re.compile(r"\*([^\n*]*+)\*")
_BOLD = re.compile(r"\*\*([^\n*]*+)\*\*")
_DIVIDER = re.compile(r"\s?\*\*\*\s?")
_WORD = re.compile(r"\w+")
_POSTSCRIPTS = {"P.P.S": re.compile(r"p\.\s?p\.\s?s"), "P.S.": re.compile(r"p\.\s?s\.")}
_FENCES = ("```json", "```Json", "```JSON", "```")
_OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_WORD_ENDS = frozenset(".,?!'\"")


class Instruction(Spec):
    """An instruction with its arguments."""

    kind: ClassVar[str]

    def followed(self, reply: str) -> bool:
        """Whether the reply does what it says."""
        raise NotImplementedError


def instruction(kind: str, arguments: dict[str, object]) -> Instruction:
    """The instruction of that kind; SpecError if there is none, or its arguments are not what it needs."""
    if kind not in KINDS:
        raise SpecError(f"unknown kind of instruction {kind!r}; the 25 of IFEval are: {', '.join(sorted(KINDS))}")
    try:
        return KINDS[kind].parse(arguments)
    except SpecError as err:
        raise err.under(kind) from None


class _Existence(Instruction):
    kind = "keywords:existence"
    keywords: Texts

    def followed(self, reply: str) -> bool:
        return all(_literally(word).search(reply) for word in self.keywords)


class _Frequency(Instruction):
    kind = "keywords:frequency"
    keyword: Text
    frequency: Number
    relation: Relation

    def followed(self, reply: str) -> bool:
        found = sum(1 for _ in _literally(self.keyword.strip()).finditer(reply))
        return _holds(found, self.relation, self.frequency)


class _ForbiddenWords(Instruction):
    kind = "keywords:forbidden_words"
    forbidden_words: Texts

    def followed(self, reply: str) -> bool:
        return not any(_literally(word, edge=r"\b").search(reply) for word in self.forbidden_words)


class _LetterFrequency(Instruction):
    kind = "keywords:letter_frequency"
    letter: str = Field(pattern=r"^\S$")
    let_frequency: Number
    let_relation: Relation

    def followed(self, reply: str) -> bool:
        return _holds(reply.lower().count(self.letter.lower()), self.let_relation, self.let_frequency)


class _ResponseLanguage(Instruction):
    kind = "language:response_language"
    language: Text

    def followed(self, reply: str) -> bool:
        return language_of(reply) in {self.language, None}


class _NumberSentences(Instruction):
    kind = "length_constraints:number_sentences"
    num_sentences: Number
    relation: Relation

    def followed(self, reply: str) -> bool:
        return _holds(sentences_up_to(self.num_sentences, reply), self.relation, self.num_sentences)


class _NumberParagraphs(Instruction):
    kind = "length_constraints:number_paragraphs"
    num_paragraphs: Number

    def followed(self, reply: str) -> bool:
        paragraphs = _DIVIDER.split(reply)
        return all(map(str.strip, paragraphs[1:-1])) and _written(*paragraphs) == self.num_paragraphs


class _NumberWords(Instruction):
    kind = "length_constraints:number_words"
    num_words: Number
    relation: Relation

    def followed(self, reply: str) -> bool:
        return _holds(sum(1 for _ in _WORD.finditer(reply)), self.relation, self.num_words)


class _NthParagraphFirstWord(Instruction):
    kind = "length_constraints:nth_paragraph_first_word"
    num_paragraphs: Annotated[int, Field(ge=1)]
    nth_paragraph: Annotated[int, Field(ge=1)]
    first_word: Text

    def followed(self, reply: str) -> bool:
        paragraphs = [paragraph.strip() for paragraph in reply.split("\n\n")]
        # Empty ones do not count, but have their place.
        if _written(*paragraphs) != self.num_paragraphs or self.nth_paragraph > self.num_paragraphs:
            return False
        words = paragraphs[self.nth_paragraph - 1].split(maxsplit=1)
        return bool(words) and _first_word(words[0]) == self.first_word.lower()


class _NumberPlaceholders(Instruction):
    kind = "detectable_content:number_placeholders"
    num_placeholders: Number

    def followed(self, reply: str) -> bool:
        return sum(map(_in_brackets, reply.split("\n"))) >= self.num_placeholders


class _Postscript(Instruction):
    kind = "detectable_content:postscript"
    postscript_marker: Text

    def followed(self, reply: str) -> bool:
        marker = self.postscript_marker.strip()
        known = _POSTSCRIPTS.get(marker)
        return marker.lower() in reply.lower() if known is None else bool(known.search(reply.lower()))


class _NumberBulletLists(Instruction):
    kind = "detectable_format:number_bullet_lists"
    num_bullets: Number

    def followed(self, reply: str) -> bool:
        found = sum(1 for form in _BULLETS for match in form.finditer(reply) if match.lastindex)
        return found == self.num_bullets


class _ConstrainedResponse(Instruction):
    kind = "detectable_format:constrained_response"

    def followed(self, reply: str) -> bool:
        return any(option in reply for option in _OPTIONS)


class _NumberHighlightedSections(Instruction):
    kind = "detectable_format:number_highlighted_sections"
    num_highlights: Number

    def followed(self, reply: str) -> bool:
        found = [*_HIGHLIGHTS.findall(reply), *_BOLD.findall(reply)]
        return _written(*found) >= self.num_highlights


class _MultipleSections(Instruction):
    kind = "detectable_format:multiple_sections"
    section_spliter: Text
    num_sections: Number

    def followed(self, reply: str) -> bool:
        heading = re.compile(rf"{re.escape(self.section_spliter.strip())}\s?\d+")
        return sum(1 for _ in heading.finditer(reply)) >= self.num_sections


class _JsonFormat(Instruction):
    kind = "detectable_format:json_format"

    def followed(self, reply: str) -> bool:
        text = reply.strip()
        for fence in _FENCES:
            text = text.removeprefix(fence)
        try:
            json.loads(text.removesuffix("```").strip())
        except (ValueError, RecursionError):
            return False
        return True


class _Title(Instruction):
    kind = "detectable_format:title"

    def followed(self, reply: str) -> bool:
        return any(map(_titled, reply.split("\n")))


class _TwoResponses(Instruction):
    kind = "combination:two_responses"

    def followed(self, reply: str) -> bool:
        parts = [part.strip() for part in reply.split("******")]
        given = [part for part in parts if part]
        return all(parts[1:-1]) and len(given) == 2 and given[0] != given[1]


class _RepeatPrompt(Instruction):
    kind = "combination:repeat_prompt"
    prompt_to_repeat: Text

    def followed(self, reply: str) -> bool:
        return reply.strip().lower().startswith(self.prompt_to_repeat.strip().lower())


class _EndChecker(Instruction):
    kind = "startend:end_checker"
    end_phrase: Text

    def followed(self, reply: str) -> bool:
        return reply.strip().strip('"').lower().endswith(self.end_phrase.strip().lower())


class _Quotation(Instruction):
    kind = "startend:quotation"

    def followed(self, reply: str) -> bool:
        text = reply.strip()
        return len(text) > 1 and text[0] == text[-1] == '"'


class _CapitalWordFrequency(Instruction):
    kind = "change_case:capital_word_frequency"
    capital_frequency: Number
    capital_relation: Relation

    def followed(self, reply: str) -> bool:
        return _holds(sum(map(str.isupper, words_of(reply))), self.capital_relation, self.capital_frequency)


class _EnglishCapital(Instruction):
    kind = "change_case:english_capital"

    def followed(self, reply: str) -> bool:
        return reply.isupper() and language_of(reply) in {"en", None}


class _EnglishLowercase(Instruction):
    kind = "change_case:english_lowercase"

    def followed(self, reply: str) -> bool:
        return reply.islower() and language_of(reply) in {"en", None}


class _NoComma(Instruction):
    kind = "punctuation:no_comma"

    def followed(self, reply: str) -> bool:
        return "," not in reply


KINDS: dict[str, type[Instruction]] = {each.kind: each for each in Instruction.__subclasses__()}


def _holds(found: int, relation: Relation, threshold: int) -> bool:
    return found < threshold if relation == "less than" else found >= threshold


def _literally(words: str, edge: str = "") -> re.Pattern[str]:
    return re.compile(f"{edge}{re.escape(words)}{edge}", re.IGNORECASE)


def _written(*texts: str) -> int:
    """How many of the texts are not blank."""
    return sum(1 for text in texts if text.strip())


def _first_word(word: str) -> str:
    """The word without what is quoted or follows it; letter by letter, as a final sigma is no other letter here."""
    bare = word.lstrip("'").lstrip('"')
    end = next((at for at, char in enumerate(bare) if char in _WORD_ENDS), len(bare))
    return "".join(map(str.lower, bare[:end]))


def _in_brackets(line: str) -> int:
    """How many stretches of the line stand in square brackets."""
    found = at = 0
    while (start := line.find("[", at)) >= 0 and (end := line.find("]", start)) >= 0:
        found, at = found + 1, end + 1
    return found


def _titled(line: str) -> bool:
    """Whether something stands between the first `<<` and the last `>>` of the line."""
    start, end = line.find("<<"), line.rfind(">>")
    return start >= 0 and start + 2 < end and bool(line[start : end + 2].lstrip("<").rstrip(">").strip())
