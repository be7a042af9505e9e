"""One row of a file of recorded answers: what was asked, what was answered, and what people said of it. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from benchbook.errors import SpecError
from benchbook.service.ingestion_opinions import EVALUATIONS, Opinion, evaluations, preferences
from benchbook.service.ingestion_paths import ABSENT, MODELS, RESPONSES, at, first_of, kind_of, text_of
from benchbook.specs.datasets import Row
from benchbook.specs.ingestion import STEP, EvaluationFields, IngestMapping, PreferenceFields, ResponseFields
from benchbook.specs.models import Message, Prompt

KEYS = ("task_id", "taskId", "id", "key", "question_id", "prompt_id")
PROMPTS = ("prompt", "question", "instruction", "input", "messages")
IDEAL_RESPONSES = ("ideal_response", "idealResponse", "reference_response", "reference_solution", "ideal")
FINAL_ANSWERS = ("final_answer", "finalAnswer", "ground_truth", "answer", "target")
TEXTS = ("response", "response_text", "text", "completion", "output", "content", "answer")
METADATA = ("metadata", "meta")
"""Under which names a row is searched for what the mapping leaves open: the first that is there counts."""


DEEPEST = 50
"""Levels of lists and objects in a field."""

_TOO_DEEP = f"nested more than {DEEPEST} levels deep; leave it out, or keep it as a text"


@dataclass(frozen=True)
class Case:
    """What one row says."""

    place: str
    """File and line."""
    row: Row
    responses: tuple[tuple[str, str], ...]
    """Model and text."""
    opinions: tuple[Opinion, ...]


class Rejected(NamedTuple):
    """A row that cannot be taken, and why."""

    place: str
    field: str
    reason: str

    def __str__(self) -> str:
        return ": ".join(part for part in self if part)


def case_of(item: Any, number: int, place: str, mapping: IngestMapping) -> Case:
    """What the row says by the mapping; SpecError names the field that is wrong, and what to do."""
    if not isinstance(item, Mapping):
        raise SpecError(f"a row is an object of fields, not {kind_of(item)}")
    sound(item)
    responses = tuple(_responses(item, mapping))
    if not responses:
        looked_for = mapping.responses[0].each if mapping.responses else " or ".join(RESPONSES[:3])
        raise SpecError(f"there is no response; they are looked for under {looked_for}", field=["model_responses"])
    opinions = (*evaluations(item, mapping, responses), *preferences(item, mapping, responses))
    return Case(place, _row(item, number, mapping), responses, tuple(opinions))


def looked_at(mapping: IngestMapping) -> frozenset[str]:
    """The names of the fields of a row that are looked at; what else it has is not taken over."""
    metadata = tuple(mapping.metadata.values()) if isinstance(mapping.metadata, dict) else (mapping.metadata,)
    paths = [
        *((mapping.key,) if mapping.key else KEYS),
        *(mapping.prompt or PROMPTS),
        mapping.system,
        *(mapping.ideal_response or IDEAL_RESPONSES),
        *(mapping.final_answer or FINAL_ANSWERS),
        *((path for path in metadata if path) if any(metadata) else METADATA),
        *mapping.slices,
        *(RESPONSES if not mapping.responses else ()),
        *((*EVALUATIONS, "preferred", "model", "response") if not mapping.evaluations else ()),
    ]
    for fields in mapping.responses:
        paths += [fields.each] if fields.each else [fields.model, *fields.text]
    spoken: list[EvaluationFields | PreferenceFields] = [*mapping.evaluations, *mapping.preferences]
    for said in spoken:
        paths += [said.each] if said.each else [path for path in _paths(said) if path]
    return frozenset(name for path in paths if path for name in (path, _head(path)))


def _paths(said: EvaluationFields | PreferenceFields) -> tuple[str, ...]:
    if isinstance(said, EvaluationFields):
        return said.model, said.author, said.criteria, said.value, *said.explanation, said.confidence
    return said.first_at, said.second_at, said.value, said.author, *said.explanation, said.confidence


def _head(path: str) -> str:
    step = STEP.match(path)
    return (step["name"] or path) if step else path


def sound(item: Mapping[str, Any]) -> None:
    """See to it that the row can be kept and written again."""
    for name, value in item.items():
        try:
            text = json.dumps({name: value}, ensure_ascii=False)
            text.encode()
        except UnicodeEncodeError as err:
            broken = f"\\u{ord(err.object[err.start]):x}"
            raise SpecError(f"{broken} alone is no character; write the whole pair, or \\ufffd", field=[name]) from None
        except RecursionError:
            raise SpecError(_TOO_DEEP, field=[name]) from None
        if not _within(value, DEEPEST):
            raise SpecError(_TOO_DEEP, field=[name])


def _within(value: Any, levels: int) -> bool:
    if not isinstance(value, Mapping | list):
        return True
    inner = value.values() if isinstance(value, Mapping) else value
    return levels > 0 and all(_within(one, levels - 1) for one in inner)


def _row(item: Mapping[str, Any], number: int, mapping: IngestMapping) -> Row:
    known = {
        "ideal_response": _optional_text(item, mapping.ideal_response, IDEAL_RESPONSES, "ideal_response"),
        "final_answer": _optional_text(item, mapping.final_answer, FINAL_ANSWERS, "final_answer"),
    }
    labelled = {name: text for name, text in known.items() if text}
    return Row(
        key=_key(item, number, mapping),
        input=_prompt(item, mapping),
        target=labelled.get("final_answer"),
        slices=tuple(dict.fromkeys(_slices(item, mapping))),
        metadata={**_metadata(item, mapping), **labelled},
    )


def _key(item: Mapping[str, Any], number: int, mapping: IngestMapping) -> str:
    if mapping.key == "#":
        return str(number)
    value = first_of(item, (mapping.key,) if mapping.key else KEYS)
    if value is ABSENT or value is None or value == "":
        looked_for = mapping.key or " or ".join(KEYS[:4])
        raise SpecError(
            f"the task has no id: there is no {looked_for}; a mapping with `key: PATH` says where it is, "
            "`key: '#'` numbers the rows",
            field=["task_id"],
        )
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise SpecError(f"an id is a text or a whole number, not {kind_of(value)}", field=[mapping.key or "task_id"])
    return str(value)


def _prompt(item: Mapping[str, Any], mapping: IngestMapping) -> Prompt:
    looked_for = mapping.prompt or PROMPTS
    values = [at(item, path) for path in mapping.prompt] or [first_of(item, PROMPTS)]
    values = [value for value in values if value not in (ABSENT, None, "")]
    if not values:
        raise SpecError(
            f"there is no prompt under {' or '.join(looked_for)}; a mapping with `prompt: PATH` says where it is",
            field=["prompt"],
        )
    if len(values) == 1 and isinstance(values[0], list):
        return _turns(values[0])
    text = "\n\n".join(text_of(value, "prompt") for value in values)
    system = at(item, mapping.system) if mapping.system else ABSENT
    if system in (ABSENT, None, ""):
        return text
    return _turns([{"role": "system", "content": text_of(system, "system")}, {"role": "user", "content": text}])


def _turns(turns: Sequence[Any]) -> Prompt:
    return tuple(_turn(turn, place) for place, turn in enumerate(turns))


def _turn(turn: Any, place: int) -> Message:
    if not isinstance(turn, Mapping):
        raise SpecError(f"a turn is an object with role and content, not {kind_of(turn)}", field=["prompt", place])
    content = first_of(turn, ("content", "text"))
    try:
        return Message.parse({"role": turn.get("role"), "content": text_of(content, "content")})
    except SpecError as err:
        raise err.under("prompt", place) from None


def _optional_text(item: Mapping[str, Any], paths: Sequence[str], names: Sequence[str], what: str) -> str:
    values = [at(item, path) for path in paths] or [first_of(item, names)]
    return "\n\n".join(text_of(value, what) for value in values if value not in (ABSENT, None))


def _slices(item: Mapping[str, Any], mapping: IngestMapping) -> Iterator[str]:
    for path in mapping.slices:
        value = at(item, path)
        yield from (
            str(one) for one in (value if isinstance(value, list) else [value]) if one not in (ABSENT, None, "")
        )


def _metadata(item: Mapping[str, Any], mapping: IngestMapping) -> dict[str, Any]:
    if isinstance(mapping.metadata, dict):
        found = {name: at(item, path) for name, path in mapping.metadata.items()}
        return {name: value for name, value in found.items() if value not in (ABSENT, None)}
    value = first_of(item, (mapping.metadata,) if mapping.metadata else METADATA)
    if value in (ABSENT, None):
        return {}
    if not isinstance(value, Mapping):
        raise SpecError(f"expected an object, not {kind_of(value)}", field=[mapping.metadata or "metadata"])
    return dict(value)


def _responses(item: Mapping[str, Any], mapping: IngestMapping) -> Iterator[tuple[str, str]]:
    for fields in mapping.responses or (_usual(item),):
        yield from _given(item, fields)


def _usual(item: Mapping[str, Any]) -> ResponseFields:
    """Where answers are that no mapping tells of: in a list, or with the row itself."""
    each = next((name for name in RESPONSES if item.get(name) not in (None, "")), "")
    return ResponseFields(each=each) if each else ResponseFields(model="model", text=("response",))


def _given(item: Mapping[str, Any], fields: ResponseFields) -> Iterator[tuple[str, str]]:
    entries = at(item, fields.each) if fields.each else item
    if entries in (ABSENT, None):
        return
    if not fields.each:
        if fields.text and first_of(item, fields.text) is ABSENT:
            return
        yield _named(item, fields, [], None), _text(item, fields, [])
        return
    if isinstance(entries, Mapping):
        for model, entry in entries.items():
            yield str(model), _text(entry, fields, [fields.each, model])
        return
    if not isinstance(entries, list):
        raise SpecError(
            f"expected a list of responses, or an object with one under each model's name, not {kind_of(entries)}",
            field=[fields.each],
        )
    for number, entry in enumerate(entries):
        yield _named(entry, fields, [fields.each, number], number), _text(entry, fields, [fields.each, number])


def _named(entry: Any, fields: ResponseFields, place: list[str | int], number: int | None) -> str:
    if fields.name:
        return fields.name
    paths = (fields.model,) if fields.model else (*MODELS, "name")
    model = first_of(entry, paths) if isinstance(entry, Mapping) else ABSENT
    if not isinstance(model, str) or not model.strip():
        raise SpecError(
            f"the response does not say whose it is: there is no {' or '.join(paths)}; a mapping names the field, "
            "`responses: {model: PATH}`, or the model, `responses: {name: NAME}`",
            field=[*place, "model"] if number is not None else ["model"],
        )
    return model.strip()


def _text(entry: Any, fields: ResponseFields, place: list[str | int]) -> str:
    if isinstance(entry, str) and not fields.text:
        return entry
    values = [at(entry, path) for path in fields.text] or [first_of(entry, TEXTS)]
    found = [value for value in values if value not in (ABSENT, None)]
    if not found:
        looked_for = " or ".join(fields.text or TEXTS[:4])
        raise SpecError(
            f"the response has no text under {looked_for}; a mapping with `responses: {{text: PATH}}` says where it "
            "is, and a model that did not answer is left out",
            field=[*place, "text"],
        )
    return "\n\n".join(text_of(value, "text") for value in found)
