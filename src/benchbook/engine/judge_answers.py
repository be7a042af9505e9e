"""Reading what a judge has written: the form filled in, or everything that is wrong with it.

Of several JSON objects the last one in the form counts: models think first. What stands in a judged text is that text's
own, and is never read as the judge's, however it is laid out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from benchbook.engine.judge_objects import objects, squashed, stands_in
from benchbook.engine.quotes import Quote, located
from benchbook.specs.quoting import quoted
from benchbook.specs.rubric_forms import quote_keys, sources
from benchbook.specs.rubrics import CANNOT_TELL, Item, Rubric

_LONGEST = 4000
"""Characters of a justification, quote or note."""
_MOST_QUOTES = 20
_WRAPPINGS = 3
"""How deep in other objects the form may be."""
_THINKING = re.compile(r"\s*<(?:think|thinking|reasoning)>")
_THOUGHT = re.compile(r"</(?:think|thinking|reasoning)>")
_GRADE = re.compile(r"(-?\d+)(?:\.0+)?(?:\s*(?:/|out of|of)\s*\d+)?")
"""`4`, `4.0`, `4/5`, `4 out of 5`."""
_REASONS = ("justification", "reason", "reasoning", "rationale", "explanation")
"""What the justification is called, in the form and by those who do not mind it."""
_OF_FORM = ("items", "issues", "critique")
_MOST_TOLD = 20
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
    passed_over: tuple[str, ...] = ()
    """Where in the form there is what the form has no place for."""

    @property
    def told(self) -> list[str]:
        """Everything that is wrong, a line each."""
        return [f"{path}: {error}" if path else error for path, error in self.errors.items()]


def read(text: str, rubric: Rubric, texts: Mapping[str, str], material: Sequence[str] | None = None) -> Reading:
    """What the judge has written about these texts, by their names. `material` is all that it may quote from: unless
    given, the texts."""
    material = [*texts.values()] if material is None else material
    own = _spoken(text, material)
    found = [*objects(own)]
    forms = [(form, raw) for data, raw in found if (form := _form(data, rubric)) is not None]
    forms = _of_the_judge(forms, rubric, material) if forms and material else forms
    if forms:
        return _filled_in(forms[-1][0], rubric, texts)
    if rubric.says and (answer := _in_words(own, rubric, material)):
        path = rubric.leaves[0][0]
        return Reading({path: Said(answer, own.strip()[:_LONGEST])}, critique=own.strip()[:_LONGEST])
    if not own.strip():
        return Reading(errors={"": "nothing was answered" + (", but thought" if text.strip() else "")})
    return Reading(errors={"": _nothing_found(own, any_object=bool(found))})


def _spoken(text: str, material: Sequence[str]) -> str:
    """What is said after the thoughts, if they are part of the text. What is judged may have such marks, too."""
    opened = _THINKING.match(text)
    if not opened and any(_THOUGHT.search(one) for one in material):
        return text
    marks = [mark.end() for mark in _THOUGHT.finditer(text)]
    if opened:
        return text[marks[0] :] if marks else ""
    return text[marks[-1] :] if marks else text


_Form = Mapping[str, Any]


def _form(data: Mapping[str, Any], rubric: Rubric, deep: int = _WRAPPINGS) -> _Form | None:
    """The object, if it is the form at all: with `items`, or with the items themselves."""
    paths = {path for path, _ in rubric.paths}
    items = data.get("items")
    if isinstance(items, Mapping) and not paths.isdisjoint(items):
        return data
    if not paths.isdisjoint(data):
        return {"items": data, **{name: data[name] for name in ("critique", "issues") if name in data}}
    # Some models wrap it up.
    inner = [value for value in data.values() if isinstance(value, Mapping) and value is not items] if deep else []
    return next((form for value in inner if (form := _form(value, rubric, deep - 1)) is not None), None)


def _of_the_judge(
    forms: Sequence[tuple[_Form, str]], rubric: Rubric, material: Sequence[str]
) -> list[tuple[_Form, str]]:
    """The forms but for those that stand in the material, in whole or in part."""
    planted = [
        _gist(form, rubric)
        for text in material
        for data, _ in objects(text)
        if (form := _form(data, rubric)) is not None
    ]
    return [
        (form, raw)
        for form, raw in forms
        if not any(_gist(form, rubric).items() <= other.items() for other in planted) and not stands_in(raw, material)
    ]


def _gist(form: _Form, rubric: Rubric) -> dict[str, tuple[str, str]]:
    """What a form says of each item, and why, in whatever way it is laid out."""
    given = {path: form["items"][path] for path, _ in rubric.paths if path in form["items"]}
    entries = {path: one if isinstance(one, Mapping) else {"answer": one} for path, one in given.items()}
    return {path: (squashed(_scalar(one.get("answer"))), squashed(_reason(one))) for path, one in entries.items()}


def _nothing_found(text: str, *, any_object: bool) -> str:
    if any_object:
        return "there is a JSON object, but none of the judge's own with items of the form"
    if "{" in text:
        return "there is no JSON object that is whole; it may have been cut off"
    return f"there is no JSON object, but {quoted(text.strip(), 80)}"


def _filled_in(form: Mapping[str, Any], rubric: Rubric, texts: Mapping[str, str]) -> Reading:
    items: dict[str, Said] = {}
    errors: dict[str, str] = {}
    names = {path: _quote_names(rubric, item) for path, item in rubric.paths}
    for path, item in rubric.paths:
        given = form["items"].get(path)
        said = given if isinstance(given, Mapping) else {"answer": given}
        try:
            items[path] = _said(said, item, names[path], texts)
        except ValueError as err:
            # What its parts decide need not be answered.
            if not (item.parts and given is None):
                errors[path] = str(err)
    return Reading(
        items,
        errors,
        tuple(_issues(form.get("issues"), rubric, texts)),
        _text(form.get("critique")),
        tuple(islice(_passed_over(form, names), _MOST_TOLD)),
    )


def _said(said: Mapping[str, Any], item: Item, names: Mapping[str, str], texts: Mapping[str, str]) -> Said:
    quotes = [
        located(words, source, texts)
        for key, given in said.items()
        if (source := names.get(_plain(key)))
        for words in _several(given)
    ]
    return Said(
        _answer(said.get("answer"), item),
        _reason(said),
        _confidence(said.get("confidence")),
        tuple(quotes[:_MOST_QUOTES]),
    )


def _reason(said: Mapping[str, Any]) -> str:
    """The justification, by the first name that it has."""
    return next((text for name in _REASONS if (text := _text(said.get(name)))), "")


def _quote_names(rubric: Rubric, item: Item) -> dict[str, str]:
    """What holds an item's quotes, however it is spelt, with the text that each is from."""
    keys = quote_keys(rubric, item)
    found = {_plain(name): source for key, source in keys.items() for name in (key, f"{source}_quote")}
    return {"quote": next(iter(keys.values())), **found} if len(keys) == 1 else found


def _plain(key: str) -> str:
    """A name of one thing or of several."""
    return key.casefold().replace("quotes", "quote")


def _passed_over(form: _Form, quotes: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """What is in the form and in none of its places; `quotes` names those of each item's quotes."""
    yield from (quoted(key, 60) for key in form if key not in _OF_FORM)
    for path, given in form["items"].items():
        if (names := quotes.get(path)) is None:
            yield from () if path in _OF_FORM else (quoted(path, 60),)
        elif isinstance(given, Mapping):
            known = {"answer", "confidence", *_REASONS}
            yield from (f"{path}: {quoted(key, 60)}" for key in given if key not in known and _plain(key) not in names)


def _answer(given: Any, item: Item) -> str:
    """One of the item's answers; ValueError with what was expected."""
    wanted = f"expected {', '.join((*item.answers, CANNOT_TELL))}"
    if given is None:
        raise ValueError(f"`answer` is missing; {wanted}")
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if isinstance(given, bool):
        given = "yes" if given else "no"
    word = _scalar(given).strip().strip("'\"`.").casefold()
    if item.kind == "scale" and (grade := _GRADE.fullmatch(word)):
        word = grade[1]
    for answer in (*item.answers, CANNOT_TELL):
        if word in (answer.casefold(), answer.casefold().replace("_", " "), *_WORDS.get(answer, ())):
            return answer
    raise ValueError(f"`answer`: {wanted}, got {quoted(str(given), 60)}")


def _confidence(given: Any) -> float | None:
    """From 0 to 1, or in per cent; None if it is anything else: it is no reason not to read the answer. Between 1
    and 10 it may be of ten as well as of a hundred, and nobody knows unless it says per cent."""
    per_cent = False
    if isinstance(given, str):
        per_cent = given.rstrip().endswith("%")
        try:
            given = float(given.strip().removesuffix("%"))
        except ValueError:
            return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 100:
        return None
    if per_cent or given > 10:
        return given / 100
    return float(given) if given <= 1 else None


def _issues(given: Any, rubric: Rubric, texts: Mapping[str, str]) -> Iterator[Quote]:
    """The passages that are marked with a kind of problem."""
    names = sources(rubric)
    for issue in given[:_MOST_QUOTES] if isinstance(given, list) else ():
        if not isinstance(issue, Mapping):
            continue
        kind = issue.get("kind") if issue.get("kind") in rubric.issues else "other"
        note = f"{kind}: {_text(issue.get('note'))}".rstrip(": ")
        for words in _several(issue.get("quote")):
            yield located(words, _source(_scalar(issue.get("in")), words, names, texts), texts, note)


def _source(given: str, words: str, names: Sequence[str], texts: Mapping[str, str]) -> str:
    """The text that is named, however it is spelt; if none is, the one that has the words."""
    word = given.strip().casefold().replace(" ", "_")
    for name, others in zip(names, (("1", "first"), ("2", "second")), strict=False):
        if word in (name, *others):
            return name
    return next((name for name in names if located(words, name, texts).found), names[0])


def _several(given: Any) -> list[str]:
    """The texts that were given, be it one or a list."""
    texts = given if isinstance(given, list) else [given]
    return [text.strip()[:_LONGEST] for text in texts[:_MOST_QUOTES] if isinstance(text, str) and text.strip()]


def _text(given: Any) -> str:
    return given.strip()[:_LONGEST] if isinstance(given, str) else ""


def _scalar(given: Any) -> str:
    return str(given) if isinstance(given, str | int) else ""


def _in_words(text: str, rubric: Rubric, material: Sequence[str]) -> str | None:
    """The answer of a judge who writes no JSON, by the phrases that the rubric knows. The first phrase of an answer is
    the clearest: the last one of these counts. Of the others only those of one answer may be there. A phrase of the
    material may be a quotation, and then nothing is known."""
    own, judged = text.casefold(), [one.casefold() for one in material]
    for clearness in range(max(map(len, rubric.says.values()))):
        phrases = {answer: said[clearness].casefold() for answer, said in rubric.says.items() if clearness < len(said)}
        there = sorted((at, answer) for answer, phrase in phrases.items() if (at := own.rfind(phrase)) >= 0)
        if there and (clearness == 0 or len(there) == 1):
            answer = there[-1][1]
            return None if any(phrases[answer] in one for one in judged) else answer
    return None
