"""A form that a person has filled in: looked through, turned the way the answers are stored, and made into verdicts by
the rules by which a judge's form is."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from benchbook.engine.judge_answers import Reading, Said
from benchbook.engine.judge_verdicts import Ballot, decided, verdicts
from benchbook.engine.quotes import Quote
from benchbook.errors import SpecError
from benchbook.records.scores import Score
from benchbook.specs.judging import Judging, template
from benchbook.specs.quoting import quoted
from benchbook.specs.reviews import Answered, Filled, Passage, TextName
from benchbook.specs.rubric_forms import sources
from benchbook.specs.rubrics import CANNOT_TELL, Rubric
from benchbook.specs.spec import unknown
from benchbook.specs.verdicts import Verdict

_OTHER: dict[TextName, TextName] = {"response_1": "response_2", "response_2": "response_1", "response": "response"}
_NO_KIND = ("", "other")
_NAMED = re.compile(
    r"\b(responses?|answers?|outputs?|assistants?|programs?|solutions?)([ _]?)([12]|[AB]\b)", re.IGNORECASE
)
_COUNTED = re.compile(
    r"\b(first|second)(?= (?:response|answer|output|assistant|program|solution|one)\b)", re.IGNORECASE
)
_EXCHANGED = {"1": "2", "2": "1", "A": "B", "B": "A", "a": "b", "b": "a", "first": "second", "second": "first"}


def turned(filled: Filled, rubric: Rubric) -> Filled:
    """The same form with the two texts exchanged; of a single text the form itself."""
    if not rubric.compares:
        return filled
    items = dict(rubric.paths)
    said = {
        path: one.model_copy(update={"answer": items[path].mirrored(one.answer) if path in items else one.answer})
        for path, one in filled.items.items()
    }
    passages = tuple(one.model_copy(update={"source": _OTHER[one.source]}) for one in filled.passages)
    return filled.model_copy(update={"items": said, "passages": passages})


def checked(filled: Filled, rubric: Rubric, texts: Mapping[str, str], *, whole: bool = True) -> Filled:
    """The form, if everything in it can be; a `whole` one answers every item. SpecError names the field."""
    items = dict(rubric.paths)
    for path, said in filled.items.items():
        if path not in items:
            raise SpecError(unknown("item", path, [leaf for leaf, _ in rubric.leaves]), field=["items", path])
        if items[path].parts:
            parts = ", ".join(part.name for part in items[path].parts)
            raise SpecError(f"this is decided by its parts: answer {parts}", field=["items", path])
        _see_to_answer(said, path, (*items[path].answers, CANNOT_TELL))
    missing = [path for path, _ in rubric.leaves if path not in filled.items]
    if whole and missing:
        raise SpecError(f"not answered yet: {', '.join(missing)} (`{CANNOT_TELL}` is an answer)", field=["items"])
    for at, passage in enumerate(filled.passages):
        _see_to_passage(passage, at, rubric, texts)
    return filled


def verdicts_of(filled: Filled, rubric: Rubric) -> list[Verdict]:
    """A verdict for the whole and one for each item, of a form that is turned the way the answers are stored."""
    evidence: dict[str, list[Quote]] = defaultdict(list)
    for passage in filled.passages:
        evidence[passage.item].append(_quote(passage))
    items = {
        path: Said(
            answer=said.answer,
            justification=said.note,
            confidence=filled.confidence if said.confidence is None else said.confidence,
            quotes=tuple(evidence[path]),
        )
        for path, said in filled.items.items()
    }
    # What is marked for an item that its parts decide is said of the whole.
    of_whole = tuple(quote for path, quotes in evidence.items() if path not in items for quote in quotes)
    ballot = Ballot(
        swapped=False, vote=1, reading=Reading(items, issues=of_whole, critique=filled.critique.strip()), prompt=""
    )
    judging = Judging(reads=("",), rubric=rubric, prompt=template(None, rubric), orders="one")
    return [_bare(verdict) for verdict in verdicts(decided([ballot], judging), [ballot], judging)]


def differ(votes: Sequence[Sequence[Score]], name: str | None, by: float | None) -> bool:
    """Whether votes are further apart than they may be, on the score of that name, or on any."""
    if by is None or len(votes) < 2:
        return False
    said: dict[str, list[Score]] = defaultdict(list)
    for vote in votes:
        for score in vote:
            if name is None or score.name == name:
                said[score.name].append(score)
    return any(_apart(scores) >= by for scores in said.values())


def exchanged(text: str) -> str:
    """What is said of two texts, with `response 1` and `response 2`, or however they are numbered, exchanged."""
    numbered = _NAMED.sub(lambda found: f"{found[1]}{found[2]}{_EXCHANGED[found[3]]}", text)
    return _COUNTED.sub(lambda found: _cased(_EXCHANGED[found[1].lower()], found[1]), numbered)


def _see_to_answer(said: Answered, path: str, answers: Sequence[str]) -> None:
    if said.answer not in answers:
        raise SpecError(unknown("answer", said.answer, answers), field=["items", path])


def _see_to_passage(passage: Passage, at: int, rubric: Rubric, texts: Mapping[str, str]) -> None:
    known = [source for source in sources(rubric) if source in texts]
    if passage.source not in known:
        raise SpecError(unknown("text", passage.source, known), field=["passages", at, "source"])
    if passage.kind not in (*_NO_KIND, *rubric.issues):
        raise SpecError(unknown("kind of issue", passage.kind, rubric.issues), field=["passages", at, "kind"])
    if passage.item and passage.item not in dict(rubric.paths):
        message = unknown("item", passage.item, [path for path, _ in rubric.paths])
        raise SpecError(message, field=["passages", at, "item"])
    there = texts[passage.source][passage.start : passage.end]
    if there != passage.quote:
        raise SpecError(
            f"from {passage.start} to {passage.end} stands {quoted(there, 60)}, not {quoted(passage.quote, 60)}; "
            "places are counted in characters (code points), where JavaScript counts UTF-16 units",
            field=["passages", at],
        )


def _quote(passage: Passage) -> Quote:
    kind = "" if passage.kind in _NO_KIND and passage.note else passage.kind
    note = ": ".join(part for part in (kind, passage.note.strip()) if part)
    return Quote(passage.source, passage.quote, passage.start, passage.end, note)


def _bare(verdict: Verdict) -> Verdict:
    """Without what says how a judge came to it."""
    kept = {name: told for name, told in verdict.trace.items() if name != "ballots"}
    return verdict.model_copy(update={"trace": kept})


def _apart(scores: Sequence[Score]) -> float:
    """From 0 to 1: how far values differ; whoever cannot tell is as far as can be from who can."""
    values = [score.value for score in scores if score.value is not None]
    if not values:
        return float(len({score.verdict.label for score in scores}) > 1)
    return max(values) - min(values) if len(values) == len(scores) else 1.0


def _cased(word: str, like: str) -> str:
    return word.capitalize() if like[0].isupper() else word
