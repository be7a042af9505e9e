"""MATH (Hendrycks et al. 2021) from a copy of one's own: one problem a line, or an array of them."""

from typing import Any

from benchbook import Reader, Row, extracted, register
from benchbook.plugins.readers.files import Entry, existing, records, rows


@register("reader")
def math(data: str) -> Reader:
    """The problems in the file `data`, by subject and level: `problem`, and `answer` or a `solution` with the answer
    in `\\boxed{…}`. Further fields become metadata."""
    path = existing(data, "data")
    return lambda: rows(records(path, "data"), _row)


def _row(entry: Entry) -> Row:
    if "problem" not in entry.fields:
        raise entry.mistake(
            "the field 'problem' is missing; a file of answers alone cannot be asked: MATH's texts do not come with "
            "Benchbook, so give a copy of your own that has them"
        )
    taken = {"problem", "answer", "subject", "type", "level", "unique_id"}
    return entry.row(
        key=entry.key("unique_id") if "unique_id" in entry.fields else str(entry.number),
        input=entry.text("problem"),
        target=_answer(entry),
        slices=list(_slices(entry.fields)),
        metadata={name: value for name, value in entry.fields.items() if name not in taken},
    )


def _answer(entry: Entry) -> str:
    if "answer" in entry.fields:
        return entry.text("answer")
    found = extracted(entry.text("solution"))
    if not found.rule.endswith("boxed"):
        raise entry.mistake(r"`solution` should hold its answer in \boxed{…}, or stand beside an `answer`")
    return found.answer


def _slices(fields: dict[str, Any]) -> list[str]:
    subject = fields.get("subject", fields.get("type"))
    # The published files say "Level 5", the split of 500 problems says 5.
    level = str(fields.get("level", "")).removeprefix("Level ")
    return [str(subject)] * (subject is not None) + [f"level {level}"] * bool(level)
