"""Texts with a JSON schema of what they say, and the value that says it."""

import json

from benchbook import Reader, Row, register
from benchbook.plugins.readers.files import Entry
from benchbook.plugins.readers.synthetic import drawn_or_read


@register("reader")
def json_extraction(
    data: str | None = None, split: str | None = None, seed: int | None = None, size: int | None = None
) -> Reader:
    """The samples of a file, `{key, text, schema, target, slices, tags}` a line; or, without `data`, of the synthetic
    data set: its split `test` unless another is named, drawn from `seed` (0), of `size` samples in all (2,150)."""
    return drawn_or_read("json-extraction", _row, data, split=split, seed=seed, size=size)


def _row(entry: Entry) -> Row:
    schema = entry.value("schema")
    if not isinstance(schema, dict):
        raise entry.mistake("the field 'schema' should be a JSON schema, which is an object")
    shown = json.dumps(schema, ensure_ascii=False)
    return entry.row(
        key=entry.key("key"),
        input=f"JSON schema:\n{shown}\n\nText:\n{entry.text('text').rstrip()}",
        target=entry.value("target"),
        slices=entry.texts("slices") if "slices" in entry.fields else [],
        tags=entry.texts("tags") if "tags" in entry.fields else [],
        metadata={"schema": schema, "ideal_response": json.dumps(entry.value("target"), ensure_ascii=False)},
    )
