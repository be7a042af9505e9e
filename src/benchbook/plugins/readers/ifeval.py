"""IFEval in its published format: input_data.jsonl of google-research/instruction_following_eval."""

from typing import Any

from benchbook import Reader, Row, SpecError, register
from benchbook.plugins.readers.files import Entry, existing, records, rows
from benchbook.plugins.scorers.instructions import instruction


@register("reader")
def ifeval(data: str) -> Reader:
    """The prompts in the file `data`, a copy of one's own; slices are groups of instructions, tags their kinds."""
    path = existing(data, "data")
    return lambda: rows(records(path, "data"), _row)


def _row(entry: Entry) -> Row:
    kinds = entry.texts("instruction_id_list")
    arguments = entry.value("kwargs")
    if not isinstance(arguments, list) or not all(isinstance(each, dict) for each in arguments):
        raise entry.mistake("the field 'kwargs' should be a list of objects, one for each instruction")
    if not kinds or len(kinds) != len(arguments):
        raise entry.mistake(f"there are {len(kinds)} instructions, and arguments for {len(arguments)}")
    return entry.row(
        key=entry.key("key"),
        input=entry.text("prompt"),
        target=[_checked(entry, kind, given) for kind, given in zip(kinds, arguments, strict=True)],
        slices=list(dict.fromkeys(kind.partition(":")[0] for kind in kinds)),
        tags=list(dict.fromkeys(kinds)),
    )


def _checked(entry: Entry, kind: str, given: dict[str, Any]) -> dict[str, Any]:
    # Copies of the data in tables fill up what an instruction does not have.
    arguments = {name: value for name, value in given.items() if value is not None}
    try:
        instruction(kind, arguments)
    except SpecError as err:
        raise entry.mistake(str(err)) from None
    return {"kind": kind, "arguments": arguments}
