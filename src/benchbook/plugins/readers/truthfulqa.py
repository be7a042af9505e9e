"""TruthfulQA in its published formats: TruthfulQA.csv and mc_task.json of sylinrl/TruthfulQA."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchbook import Reader, Row, SpecError, register
from benchbook.plugins.readers.files import Entry, existing, records, rows

_COLUMNS = ("Question", "Best Answer", "Correct Answers", "Incorrect Answers")


@register("reader")
def truthfulqa(data: str) -> Reader:
    """The questions in the file `data`, a copy of one's own.

    A row's choices are all of its answers, each once. The target says by their places which are `true` and which
    `false`, and for mc1 which one is `best` among which `others`.
    """
    path = existing(data, "data")
    if path.suffix == ".csv":
        return lambda: rows(_lines(path), _of_lists)
    return lambda: rows(records(path, "data"), _of_targets)


def _lines(path: Path) -> Iterator[Entry]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (lines.fieldnames or ())]
            if missing:
                raise SpecError(f"{path}: the column {missing[0]!r} is missing", field=["data"])
            for number, fields in enumerate(lines, 1):
                yield Entry(f"{path}:{lines.line_num}", number, "data", dict(fields))
    except (OSError, UnicodeDecodeError, csv.Error) as err:
        raise SpecError(f"cannot read {path}: {err}", field=["data"]) from None


def _of_lists(entry: Entry) -> Row:
    best, true, false = entry.text("Best Answer"), entry.text("Correct Answers"), entry.text("Incorrect Answers")
    wrong = _listed(false)
    slices = [str(entry.fields[name]) for name in ("Category", "Type") if entry.fields.get(name)]
    return _row(entry, entry.text("Question"), (best.strip(), wrong), ([best.strip(), *_listed(true)], wrong), slices)


def _listed(text: str) -> list[str]:
    return [answer.strip() for answer in text.split(";") if answer.strip()]


def _of_targets(entry: Entry) -> Row:
    right, others = _labelled(entry, "mc1_targets")
    if len(right) != 1:
        raise entry.mistake(f"`mc1_targets` should have one right answer, not {len(right)}")
    slices = [str(entry.fields[name]) for name in ("category", "type") if entry.fields.get(name)]
    return _row(entry, entry.text("question"), (right[0], others), _labelled(entry, "mc2_targets"), slices)


def _labelled(entry: Entry, name: str) -> tuple[list[str], list[str]]:
    """The right and the wrong answers: `{answer: 1 or 0}`, or `{choices: […], labels: […]}` as the hub has it."""
    match entry.value(name):
        case {"choices": list(choices), "labels": list(labels)} if len(choices) == len(labels):
            given = [(str(choice), label) for choice, label in zip(choices, labels, strict=True)]
        case dict(labelled):
            given = list(labelled.items())
        case _:
            given = []
    if not given or not all(label in (0, 1) for _, label in given):
        raise entry.mistake(f"the field {name!r} should be an object of answers, each with 1 if it is right, or 0")
    return [text for text, label in given if label], [text for text, label in given if not label]


def _row(
    entry: Entry,
    question: str,
    first: tuple[str, Sequence[str]],
    second: tuple[Sequence[str], Sequence[str]],
    slices: Sequence[str],
) -> Row:
    (best, others), (true, false) = first, second
    if not others or not true or not false:
        raise entry.mistake("there should be at least one right and one wrong answer")
    choices = list(dict.fromkeys([best, *others, *true, *false]))

    def places(answers: Sequence[str]) -> list[int]:
        return [choices.index(answer) for answer in dict.fromkeys(answers)]

    target = {"best": choices.index(best), "others": places(others), "true": places(true), "false": places(false)}
    return entry.row(key=str(entry.number), input=question.strip(), choices=choices, target=target, slices=list(slices))
