"""GSM8K in its published format: test.jsonl and train.jsonl of openai/grade-school-math."""

import re

from benchbook import Reader, Row, register
from benchbook.plugins.readers.files import Entry, existing, records, rows

_FINAL = re.compile(r"####[ \t]*(-?[\d.,]+)\Z")


@register("reader")
def gsm8k(data: str) -> Reader:
    """The problems in the file `data`, a copy of one's own; the target is the number behind `####`."""
    path = existing(data, "data")
    return lambda: rows(records(path, "data"), _row)


def _row(entry: Entry) -> Row:
    solution = entry.text("answer")
    final = _FINAL.search(solution.rstrip())
    if final is None:
        raise entry.mistake("`answer` should end with `#### ` and the number, as in the published files")
    return entry.row(
        key=str(entry.number),
        input=entry.text("question"),
        target=final[1].replace(",", ""),
        metadata={"solution": solution},
    )
