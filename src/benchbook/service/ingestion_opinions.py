"""What people said of the answers in a row, in whichever of the common forms they said it. Pure."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from benchbook.errors import SpecError
from benchbook.service.ingestion_paths import ABSENT, MODELS, RESPONSES, at, first_of, kind_of, text_of
from benchbook.specs.ingestion import EvaluationFields, IngestMapping, PreferenceFields
from benchbook.specs.quoting import quoted
from benchbook.specs.spec import unknown
from benchbook.specs.verdicts import Verdict, beyond

EVALUATIONS = ("human_evaluations", "humanEvaluations", "human_evals", "human_evaluation", "evaluations", "annotations")
AUTHORS = ("annotator", "annotator_id", "evaluator", "evaluator_id", "reviewer", "rater", "author")
FORMS = ("criteria", "evaluation_form", "evaluation", "ratings", "scores", "rubric")
NAMES = ("criterion", "question", "dimension", "aspect", "name")
VALUES = ("value", "human_input_value", "score", "rating", "label", "answer", "verdict")
EXPLANATIONS = ("explanation", "justification", "rationale", "comment", "comments", "reason")
WINNERS = ("preferred", "preference", "winner", "preferred_model")
FIRSTS, SECONDS = ("model_a", "model_1", "first"), ("model_b", "model_2", "second", "over")
APART = {"confidence", "id", "evaluation_id", "created_at", "timestamp", "date", "time_spent", "seconds"}
"""What of an evaluation is no criterion."""

WORDS = {
    **dict.fromkeys(("yes", "true", "pass", "passed", "correct"), 1.0),
    **dict.fromkeys(("no", "false", "fail", "failed", "incorrect"), 0.0),
}
SIDES = {
    **dict.fromkeys(("first", "a", "model_a", "response_a"), 1.0),
    **dict.fromkeys(("second", "b", "model_b", "response_b"), 0.0),
    **dict.fromkeys(("tie", "both", "equal", "neither", "both_bad", "draw", "none"), 0.5),
}
NOTHING = ("", "n/a", "na", "null")
"""What stands where nobody has said anything."""

LONGEST_LABEL = 80

Responses = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Opinion:
    """A person's verdict on one answer, or on two."""

    answer: int
    """Its place among the row's responses."""
    other: int | None
    """The second of two."""
    author: str
    verdict: Verdict


def evaluations(item: Mapping[str, Any], mapping: IngestMapping, responses: Responses) -> Iterator[Opinion]:
    """The verdicts on single answers; SpecError names one that cannot be read."""
    for fields in mapping.evaluations:
        for entry, model, place in _entries(item, fields.each):
            yield from _evaluated(entry, model, fields, mapping, responses, place)
    if not mapping.evaluations:
        each = next((name for name in EVALUATIONS if item.get(name) not in (None, "")), "")
        for entry, model, place in _entries(item, each) if each else ():
            if first_of(entry, WINNERS) is ABSENT:
                yield from _found(entry, _answer(model or first_of(entry, MODELS), responses, place), mapping, place)
        for number, entry, place in _with_responses(item):
            yield from _found(entry, number, mapping, place)


def preferences(item: Mapping[str, Any], mapping: IngestMapping, responses: Responses) -> Iterator[Opinion]:
    """The verdicts on two answers."""
    for fields in mapping.preferences:
        for entry, _, place in _entries(item, fields.each):
            yield from _compared(entry, fields, mapping, responses, place)
    if not mapping.preferences and not mapping.evaluations:
        each = next((name for name in EVALUATIONS if item.get(name) not in (None, "")), "")
        for entry, _, place in _entries(item, each) if each else ():
            if first_of(entry, WINNERS) is not ABSENT:
                yield from _preferred(entry, mapping, responses, place)
    # Unasked, a row that names the better of its two answers is taken at its word.
    if not mapping.preferences and isinstance(item.get("preferred"), str) and len(responses) == 2:
        yield from _preferred(item, mapping, responses, [])


Place = list[str | int]


class _Whose(NamedTuple):
    """Which answer is evaluated, and by whom."""

    answer: int
    author: str


def _with_responses(item: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any], Place]]:
    """Evaluations that are kept with the responses of a list."""
    each = next((name for name in RESPONSES if isinstance(item.get(name), list)), "")
    for number, response in enumerate(item.get(each, ())):
        if isinstance(response, Mapping):
            name = next((name for name in EVALUATIONS if response.get(name) not in (None, "")), "")
            for entry, _, place in _entries(response, name) if name else ():
                yield number, entry, [each, number, *place]


def _entries(item: Mapping[str, Any], each: str) -> Iterator[tuple[Mapping[str, Any], str, Place]]:
    """Evaluations, each with the model that it is filed under, if it is."""
    found = at(item, each)
    if found in (ABSENT, None):
        return
    if not each:
        yield item, "", []
        return
    if isinstance(found, Mapping):
        filed = all(isinstance(entry, Mapping | list) for entry in found.values()) and not _is_form(found)
        if not filed:
            yield found, "", [each]
            return
        for model, entry in found.items():
            for number, one in enumerate(entry if isinstance(entry, list) else [entry]):
                yield _object(one, [each, model, number]), model, [each, model]
        return
    if not isinstance(found, list):
        raise SpecError(f"expected a list of evaluations, not {kind_of(found)}", field=[each])
    for number, entry in enumerate(found):
        yield _object(entry, [each, number]), "", [each, number]


def _is_form(found: Mapping[str, Any]) -> bool:
    return any(name in found for name in (*MODELS, *FORMS, *WINNERS))


def _object(value: Any, place: Place) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SpecError(f"an evaluation is an object of fields, not {kind_of(value)}", field=place)
    return value


def _evaluated(
    entry: Mapping[str, Any],
    filed: str,
    fields: EvaluationFields,
    mapping: IngestMapping,
    responses: Responses,
    place: Place,
) -> Iterator[Opinion]:
    """The evaluation by the mapping."""
    named = fields.of or (at(entry, fields.model) if fields.model else filed or ABSENT)
    answer = _answer(named, responses, [*place, fields.model])
    author = _author(at(entry, fields.author) if fields.author else ABSENT, fields.by)
    if not fields.value:
        form = at(entry, fields.criteria) if fields.criteria else entry
        apart = {fields.model, fields.author} if not fields.criteria else set()
        yield from _form(form, _Whose(answer, author), fields, mapping, [*place, fields.criteria], apart)
        return
    value = at(entry, fields.value)
    confidence = at(entry, fields.confidence) if fields.confidence else ABSENT
    explanation = _texts(entry, fields.explanation)
    verdict = _verdict(_called(fields.name, mapping), value, explanation, confidence, fields, [*place, fields.value])
    if verdict is not None:
        yield Opinion(answer, None, author, verdict)


def _found(entry: Mapping[str, Any], answer: int, mapping: IngestMapping, place: Place) -> Iterator[Opinion]:
    """The evaluation in one of the common forms."""
    fields = EvaluationFields()
    whose = _Whose(answer, _author(first_of(entry, AUTHORS), "human"))
    form = next((name for name in FORMS if isinstance(entry.get(name), Mapping | list)), "")
    if form:
        yield from _form(entry[form], whose, fields, mapping, [*place, form], set())
    elif any(name in entry for name in VALUES):
        yield from _form([entry], whose, fields, mapping, place, set())
    else:
        yield from _form(entry, whose, fields, mapping, place, {*MODELS, *AUTHORS})


def _form(
    form: Any, whose: _Whose, fields: EvaluationFields, mapping: IngestMapping, place: Place, apart: set[str]
) -> Iterator[Opinion]:
    """Several criteria: by their names, or in a list."""
    if form in (ABSENT, None):
        return
    if not isinstance(form, Mapping | list):
        raise SpecError(f"expected criteria with their values, not {kind_of(form)}", field=place)
    for name, value, explanation, confidence, where in _answers(form, apart, place):
        verdict = _verdict(_called(name, mapping), value, explanation, confidence, fields, where)
        if verdict is not None:
            yield Opinion(whose.answer, None, whose.author, verdict)


def _answers(form: Mapping[str, Any] | list[Any], apart: set[str], place: Place) -> Iterator[tuple[Any, ...]]:
    if isinstance(form, Mapping):
        for name, value in form.items():
            if name in apart or name in APART or name in EXPLANATIONS:
                continue
            inner = value if isinstance(value, Mapping) else {"value": value}
            yield name, first_of(inner, VALUES), _explained(inner), first_of(inner, ("confidence",)), [*place, name]
        return
    for number, entry in enumerate(form):
        one = _object(entry, [*place, number])
        name = next((one[field] for field in NAMES if field in one), "")
        if not isinstance(name, str):
            raise SpecError(f"a criterion has a name, not {kind_of(name)}", field=[*place, number])
        value, confidence = first_of(one, VALUES), first_of(one, ("confidence",))
        yield name, value, _explained(one), confidence, [*place, number]


def _explained(entry: Mapping[str, Any]) -> str:
    return _texts(entry, [next((name for name in EXPLANATIONS if name in entry), "")])


def _texts(entry: Mapping[str, Any], paths: Sequence[str]) -> str:
    said = [at(entry, path) for path in paths if path]
    texts = [text_of(one, "explanation").strip() for one in said if one not in (ABSENT, None)]
    return "\n".join(text for text in texts if text.lower() not in NOTHING)


def _verdict(
    name: str, value: Any, explanation: str, confidence: Any, fields: EvaluationFields, place: Place
) -> Verdict | None:
    """The verdict, or None if nobody gave one."""
    if value in (ABSENT, None) or (isinstance(value, str) and value.strip().lower() in NOTHING):
        return None
    number, label, text = _weighed(value, fields, place)
    return Verdict(
        name=name,
        value=number,
        label=label,
        explanation="\n".join(part for part in (text, explanation) if part),
        confidence=_confidence(confidence, place),
    )


def _weighed(value: Any, fields: EvaluationFields, place: Place) -> tuple[float | None, str | None, str]:
    """The value, its label, and the text if it is too long for one."""
    word = ("yes" if value else "no") if isinstance(value, bool) else str(value).strip()
    labels = {label.lower(): worth for label, worth in fields.labels.items()}
    if word.lower() in labels:
        return labels[word.lower()], word, ""
    if fields.kind == "text" and isinstance(value, str | int | float):
        return None, *_kept(word)
    if fields.scale is not None:
        return _graded(value, fields.scale, place), word, ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, place), None, ""
    if not isinstance(value, str | bool):
        raise SpecError(f"a verdict is a word, a number or a text, not {kind_of(value)}", field=place)
    if word.lower() in WORDS:
        return WORDS[word.lower()], word.lower(), ""
    if re.fullmatch(r"[-+]?\d+(\.\d+)?", word):
        return _number(word, place), None, ""
    return None, *_kept(word)


def _number(value: str | float, place: Place) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if why := beyond(number):
        raise SpecError(why, field=place)
    return number


def _kept(text: str) -> tuple[str | None, str]:
    """A text as a label, or apart if it is too long for one."""
    return (text, "") if len(text) <= LONGEST_LABEL and "\n" not in text else (None, text)


def _graded(value: Any, scale: tuple[float, float], place: Place) -> float:
    low, high = scale
    try:
        grade = float(str(value))
    except ValueError:
        grade = float("nan")
    if not low <= grade <= high:
        raise SpecError(f"{value!r} is no grade from {low:g} to {high:g}; see `scale` of the mapping", field=place)
    return (grade - low) / (high - low)


def _confidence(value: Any, place: Place) -> float | None:
    if value in (ABSENT, None, ""):
        return None
    try:
        share = float(value)
    except (TypeError, ValueError, OverflowError):
        share = -1.0
    if isinstance(value, bool) or not 0 <= share <= 1:
        raise SpecError(f"a confidence is a number from 0 to 1, not {quoted(value, 60)}", field=[*place, "confidence"])
    return share


def _preferred(
    entry: Mapping[str, Any], mapping: IngestMapping, responses: Responses, place: Place
) -> Iterator[Opinion]:
    """A preference in one of the common forms."""
    winner = next(name for name in WINNERS if name in entry)
    ours = list(dict.fromkeys(model for model, _ in responses))
    named = {
        side: next((name for name in names if isinstance(entry.get(name), str)), "")
        for side, names in (("first_at", FIRSTS), ("second_at", SECONDS))
    }
    if named["second_at"] and not named["first_at"]:
        # `preferred` names a model, and `over` the other.
        named["first_at"] = winner
    if not any(named.values()) and len(ours) == 2:
        named = {"first": ours[0], "second": ours[1]}
    if not all(named.values()):
        raise SpecError("which two answers are compared is not said; write model_a and model_b", field=place)
    author = next((name for name in AUTHORS if name in entry), "")
    fields = PreferenceFields.parse({**named, "value": winner, "author": author})
    yield from _compared(entry, fields, mapping, responses, place)


def _compared(
    entry: Mapping[str, Any], fields: PreferenceFields, mapping: IngestMapping, responses: Responses, place: Place
) -> Iterator[Opinion]:
    value = at(entry, fields.value)
    if value in (ABSENT, None):
        return
    first = _answer(fields.first or at(entry, fields.first_at), responses, [*place, fields.first_at or "first"])
    second = _answer(fields.second or at(entry, fields.second_at), responses, [*place, fields.second_at or "second"])
    names = responses[first][0], responses[second][0]
    if first == second:
        raise SpecError(f"{names[0]!r} is compared with itself", field=place)
    word = str(value).strip()
    worth = _worth(word, names, [model for model, _ in responses], fields)
    if worth is None:
        raise SpecError(
            f"{word[:60]!r} is neither of the two ({names[0]}, {names[1]}) nor a tie; `labels` of the mapping say "
            "what words mean",
            field=[*place, fields.value],
        )
    yield Opinion(
        answer=first,
        other=second,
        author=_author(at(entry, fields.author) if fields.author else ABSENT, fields.by),
        verdict=Verdict(
            name=_called(fields.name, mapping, whole=True),
            value=worth,
            label={1.0: "first", 0.0: "second"}.get(worth, "tie" if worth == 0.5 else word),
            explanation=_texts(entry, fields.explanation) if fields.explanation else _explained(entry),
            confidence=_confidence(first_of(entry, (fields.confidence or "confidence",)), place),
        ),
    )


def _worth(word: str, names: tuple[str, str], models: Sequence[str], fields: PreferenceFields) -> float | None:
    """What the word is worth for the first of the two: by the mapping, as a name or as a side; None if nothing."""
    known = {label.lower(): worth for label, worth in fields.labels.items()}
    if word.lower() in known:
        return known[word.lower()]
    if word in names:
        return 1.0 if word == names[0] else 0.0
    meant = [name for name in {*models} if name.lower() == word.lower()]
    if meant:
        # Another model's name is no side; and two that differ in case alone are told apart by it.
        return None if len(meant) > 1 or meant[0] not in names else float(meant[0] == names[0])
    return SIDES.get(word.lower())


def _answer(named: Any, responses: Responses, place: Place) -> int:
    """The response that is meant: of the model that is named, the only one unless it is said."""
    models = [model for model, _ in responses]
    where = [part for part in place if part != ""]
    if named in (ABSENT, None, ""):
        if len(models) == 1:
            return 0
        raise SpecError(
            f"whose answer is meant is not said, and there are {len(models)}: {', '.join(models)}", field=where
        )
    name = str(named).strip()
    if name not in models:
        raise SpecError(f"{unknown('model', name, set(models))} (it has no response in this row)", field=where)
    if models.count(name) > 1:
        raise SpecError(f"{name!r} has several responses in this row, and which is meant is not said", field=where)
    return models.index(name)


def _author(value: Any, otherwise: str) -> str:
    return otherwise if value in (ABSENT, None, "") else str(value)


def _called(name: str, mapping: IngestMapping, *, whole: bool = False) -> str:
    """The criterion as a path: `stem-l1/results_formulae`."""
    if whole:
        return mapping.rubric or name
    if name in mapping.criteria:
        name = mapping.criteria[name]
    path = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip())
    path = re.sub(r"[^\w./-]+", "_", path).strip("_").lower()
    if not mapping.rubric:
        return path or "human"
    return (
        path
        if path == mapping.rubric or path.startswith(f"{mapping.rubric}/")
        else f"{mapping.rubric}/{path}".rstrip("/")
    )
