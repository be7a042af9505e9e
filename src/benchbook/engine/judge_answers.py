"""Reading what a judge has written: the form filled in, or everything that is wrong with it.

Of several JSON objects the last one in the form counts: models think first. What stands in a judged text is that text's
own, and is never read as the judge's, however it is laid out.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchbook.engine.quotes import Quote, located
from benchbook.specs.quoting import quoted
from benchbook.specs.rubric_forms import quote_keys, sources
from benchbook.specs.rubrics import CANNOT_TELL, Item, Rubric

_LONGEST = 4000
"""Characters of a justification, quote or note."""
_MOST_QUOTES = 20
_MOST_OBJECTS = 200
_GRADE = re.compile(r"(-?\d+)(?:\.0+)?(?:\s*(?:/|out of|of)\s*\d+)?")
"""`4`, `4.0`, `4/5`, `4 out of 5`."""
_WORDS = {
    "yes": ("true", "y", "1", "met", "pass"),
    "no": ("false", "n", "0", "not met", "fail"),
    CANNOT_TELL: ("cannot tell", "can't tell", "unknown", "n/a", "unsure"),
}
"""How else people, and models, write these answers."""


@dataclass(frozen=True)
class Said:
    """What a judge says of one item."""

    answer: str
    justification: str = ""
    confidence: float | None = None
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True)
class Reading:
    """A judge's answer as it was understood."""

    items: Mapping[str, Said] = field(default_factory=dict)
    """By path; what could not be read is missing."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """What is wrong, by path; of the whole under an empty one."""
    issues: tuple[Quote, ...] = ()
    critique: str = ""

    @property
    def told(self) -> list[str]:
        """Everything that is wrong, a line each."""
        return [f"{path}: {error}" if path else error for path, error in self.errors.items()]


def read(text: str, rubric: Rubric, texts: Mapping[str, str]) -> Reading:
    """What the judge has written about these texts, by their names."""
    objects = list(_objects(text))
    forms = [form for found in objects if (form := _form(found, rubric)) is not None]
    if forms:
        planted = [_form(found, rubric) for judged in texts.values() for found in _objects(judged)]
        forms = [form for form in forms if form not in planted]
    if forms:
        return _filled_in(forms[-1], rubric, texts)
    if rubric.says and (answer := _in_words(text, rubric, texts)):
        path = rubric.leaves[0][0]
        return Reading({path: Said(answer, text.strip()[:_LONGEST])}, critique=text.strip()[:_LONGEST])
    if not text.strip():
        return Reading(errors={"": "nothing was answered"})
    return Reading(errors={"": _nothing_found(text, objects)})


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Every JSON object that stands in the text, outermost ones only, in order."""
    decoder = json.JSONDecoder(strict=False)
    at, tries = text.find("{"), 0
    while at >= 0 and tries < _MOST_OBJECTS:
        tries += 1
        try:
            data, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            if isinstance(data, dict):
                yield data
        at = text.find("{", end)


def _form(data: Mapping[str, Any], rubric: Rubric) -> Mapping[str, Any] | None:
    """The object, if it is the form at all: with `items`, or with the items themselves."""
    paths = {path for path, _ in rubric.paths}
    items = data.get("items")
    if isinstance(items, Mapping) and not paths.isdisjoint(items):
        return data
    if paths.isdisjoint(data):
        # Some models wrap it up.
        inner = (_form(value, rubric) for value in data.values() if isinstance(value, Mapping) and value is not items)
        return next((form for form in inner if form is not None), None)
    return {"items": data, **{name: data[name] for name in ("critique", "issues") if name in data}}


def _nothing_found(text: str, objects: Sequence[Mapping[str, Any]]) -> str:
    if objects:
        return "there is a JSON object, but none of the judge's own with items of the form"
    if "{" in text:
        return "there is no JSON object that is whole; it may have been cut off"
    return f"there is no JSON object, but {quoted(text.strip(), 80)}"


def _filled_in(form: Mapping[str, Any], rubric: Rubric, texts: Mapping[str, str]) -> Reading:
    items: dict[str, Said] = {}
    errors: dict[str, str] = {}
    for path, item in rubric.paths:
        given = form["items"].get(path)
        said = given if isinstance(given, Mapping) else {"answer": given}
        try:
            items[path] = _said(said, item, rubric, texts)
        except ValueError as err:
            # What its parts decide need not be answered.
            if not (item.parts and given is None):
                errors[path] = str(err)
    return Reading(items, errors, tuple(_issues(form.get("issues"), rubric, texts)), _text(form.get("critique")))


def _said(said: Mapping[str, Any], item: Item, rubric: Rubric, texts: Mapping[str, str]) -> Said:
    quotes = [
        located(words, source, texts)
        for key, source in quote_keys(rubric, item).items()
        for words in _several(said.get(key))
    ]
    return Said(
        _answer(said.get("answer"), item),
        _text(said.get("justification")),
        _confidence(said.get("confidence")),
        tuple(quotes[:_MOST_QUOTES]),
    )


def _answer(given: Any, item: Item) -> str:
    """One of the item's answers; ValueError with what was expected."""
    wanted = f"expected {', '.join((*item.answers, CANNOT_TELL))}"
    if given is None:
        raise ValueError(f"`answer` is missing; {wanted}")
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if isinstance(given, bool):
        given = "yes" if given else "no"
    word = str(given).strip().strip("'\"`.").casefold() if isinstance(given, str | int) else ""
    if item.kind == "scale" and (grade := _GRADE.fullmatch(word)):
        word = grade[1]
    for answer in (*item.answers, CANNOT_TELL):
        if word in (answer.casefold(), answer.casefold().replace("_", " "), *_WORDS.get(answer, ())):
            return answer
    raise ValueError(f"`answer`: {wanted}, got {quoted(str(given), 60)}")


def _confidence(given: Any) -> float | None:
    """From 0 to 1, or in per cent; None if it is anything else: it is no reason not to read the answer."""
    if isinstance(given, str):
        try:
            given = float(given.strip().removesuffix("%"))
        except ValueError:
            return None
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    share = given / 100 if given > 1 else given
    return float(share) if 0 <= share <= 1 else None


def _issues(given: Any, rubric: Rubric, texts: Mapping[str, str]) -> Iterator[Quote]:
    """The passages that are marked with a kind of problem."""
    names = sources(rubric)
    for issue in given[:_MOST_QUOTES] if isinstance(given, list) else ():
        if not isinstance(issue, Mapping):
            continue
        kind = issue.get("kind") if issue.get("kind") in rubric.issues else "other"
        note = f"{kind}: {_text(issue.get('note'))}".rstrip(": ")
        source = issue.get("in") if issue.get("in") in names else names[0]
        for words in _several(issue.get("quote")):
            yield located(words, str(source), texts, note)


def _several(given: Any) -> list[str]:
    """The texts that were given, be it one or a list."""
    texts = given if isinstance(given, list) else [given]
    return [text.strip()[:_LONGEST] for text in texts[:_MOST_QUOTES] if isinstance(text, str) and text.strip()]


def _text(given: Any) -> str:
    return given.strip()[:_LONGEST] if isinstance(given, str) else ""


def _in_words(text: str, rubric: Rubric, texts: Mapping[str, str]) -> str | None:
    """The answer of a judge who writes no JSON, by the phrases that the rubric knows. The first phrase of an answer is
    the clearest: the last one of these counts. Of the others only those of one answer may be there."""
    own = _without(text, texts.values(), rubric)
    for clearness in range(max(map(len, rubric.says.values()))):
        phrases = {answer: said[clearness] for answer, said in rubric.says.items() if clearness < len(said)}
        there = sorted((at, answer) for answer, said in phrases.items() if (at := own.rfind(said.casefold())) >= 0)
        if there and (clearness == 0 or len(there) == 1):
            return there[-1][1]
    return None


def _without(text: str, judged: Any, rubric: Rubric) -> str:
    """The judge's words, without lines of the judged texts that have such a phrase in them."""
    phrases = [phrase.casefold() for said in rubric.says.values() for phrase in said]
    own = text.casefold()
    for line in _lines(judged):
        if any(phrase in line for phrase in phrases):
            own = own.replace(line, " ")
    return own


def _lines(judged: Sequence[str]) -> list[str]:
    lines = {line.strip().casefold() for text in judged for line in re.split(r"[\r\n]+", text)}
    return sorted((line for line in lines if line), key=len, reverse=True)
