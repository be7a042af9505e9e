"""A rubric made visible: as text for a prompt, as a JSON schema for a model's answer, as fields of a person's form."""

from collections.abc import Iterator
from typing import Any

from pydantic import JsonValue

from benchbook.specs.rubrics import CANNOT_TELL, Item, Rubric

JsonObject = dict[str, JsonValue]


def criteria(rubric: Rubric) -> str:
    """All that a judge is told of the rubric."""
    lines = [rubric.instructions.strip(), ""] if rubric.instructions.strip() else []
    for path, item in rubric.paths:
        lines += [*_described(path, item), ""]
    if rubric.issues:
        lines += ["Kinds of issues:", *(f"- {name}: {means}" for name, means in rubric.issues.items())]
    return "\n".join(lines).strip()


def schema(rubric: Rubric) -> JsonObject:
    """The JSON schema of a judge's answer. What justifies stands before what is decided."""
    items: JsonObject = {path: _object(_answer(rubric, item)) for path, item in rubric.paths}
    properties: JsonObject = {"items": _object(items)}
    if rubric.issues:
        where: JsonObject = {"enum": list(sources(rubric)), "type": "string"}
        kinds: JsonObject = {"enum": list(rubric.issues), "type": "string"}
        text: JsonObject = {"type": "string"}
        issue = _object({"in": where, "quote": text, "kind": kinds, "note": text})
        properties["issues"] = {"type": "array", "items": issue}
    properties["critique"] = {"type": "string"}
    return _object(properties)


def form(rubric: Rubric) -> JsonObject:
    """The reviewer's form: its fields in the order in which they are asked."""
    return {
        "rubric": rubric.name,
        "version": rubric.version,
        "compares": rubric.compares,
        "instructions": rubric.instructions,
        "fields": [_field(rubric, path, item) for path, item in rubric.paths],
        "issues": [{"name": name, "means": means} for name, means in rubric.issues.items()],
    }


def example(rubric: Rubric) -> JsonObject:
    """An answer in the form of the schema, with what is to be filled in in place of values."""
    items: JsonObject = {path: dict(_blanks(rubric, item)) for path, item in rubric.paths}
    found: JsonObject = {"items": items}
    if rubric.issues:
        kinds = " | ".join(rubric.issues)
        found["issues"] = [{"in": " | ".join(sources(rubric)), "quote": "word for word", "kind": kinds, "note": "why"}]
    return {**found, "critique": "in a sentence or two"}


def sources(rubric: Rubric) -> tuple[str, ...]:
    """The texts that are judged, as their quotes name them."""
    return ("response_1", "response_2") if rubric.compares else ("response",)


def quote_keys(rubric: Rubric, item: Item) -> dict[str, str]:
    """What holds an item's quotes, with the text that each is from."""
    cited = [name for source in item.cites for name in (sources(rubric) if source == "response" else (source,))]
    return {f"quote_{name}": name for name in cited}


def _described(path: str, item: Item) -> Iterator[str]:
    yield f"{path} — {item.heading}: {item.question}"
    meanings = {option.name: option.means for option in item.options if option.means} | item.anchors
    yield f"  Answers: {', '.join((*item.answers, CANNOT_TELL))}."
    yield from (f"  - {answer}: {means}" for answer, means in meanings.items())
    yield from (f"  A fault would be: {failure}" for failure in item.failures)
    if item.parts:
        rule = item.passes
        needed = {"all": "all of its parts are", "any": "any of its parts is"}.get(rule.rule)
        yield f"  It is `yes` if {needed or f'parts of {rule.share:.0%} of the weight are'}."


def _answer(rubric: Rubric, item: Item) -> JsonObject:
    text: JsonObject = {"type": "string"}
    quotes: JsonObject = dict.fromkeys(quote_keys(rubric, item), text)
    return {
        "justification": text,
        **quotes,
        "answer": {"type": "string", "enum": [*item.answers, CANNOT_TELL]},
        "confidence": {"type": "number"},
    }


def _blanks(rubric: Rubric, item: Item) -> Iterator[tuple[str, JsonValue]]:
    yield "justification", "why"
    yield from ((key, f"words of the {name}, or nothing") for key, name in quote_keys(rubric, item).items())
    yield "answer", " | ".join((*item.answers, CANNOT_TELL))
    yield "confidence", "from 0 to 1"


def _object(properties: JsonObject) -> JsonObject:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _field(rubric: Rubric, path: str, item: Item) -> JsonObject:
    found: dict[str, Any] = {
        "name": rubric.score_name(path),
        "path": path,
        "title": item.heading,
        "question": item.question,
        "kind": item.kind,
        "answers": [*item.answers, CANNOT_TELL],
        "values": {answer: item.value_of(answer) for answer in item.answers},
        "anchors": dict(item.anchors),
        "failures": list(item.failures),
        "quotes": list(quote_keys(rubric, item).values()),
        "decided_by_parts": bool(item.parts),
        "depth": path.count("/"),
    }
    return found
