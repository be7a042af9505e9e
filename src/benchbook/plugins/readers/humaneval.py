"""HumanEval in its published format: HumanEval.jsonl or HumanEval.jsonl.gz of openai/human-eval."""

from benchbook import Reader, Row, register
from benchbook.plugins.readers.files import Entry, existing, records, rows
from benchbook.plugins.solvers.extraction import stub_of


@register("reader")
def humaneval(data: str) -> Reader:
    """The problems in the file `data`, a copy of one's own."""
    path = existing(data, "data")
    return lambda: rows(records(path, "data"), _row)


def _row(entry: Entry) -> Row:
    prompt, entry_point = entry.text("prompt"), entry.text("entry_point")
    stub = stub_of(prompt, entry_point)
    if stub is None:
        raise entry.mistake(f"`prompt` should end with the beginning of the function {entry_point!r}")
    return entry.row(
        key=entry.key("task_id"),
        input=prompt,
        # Some tests use what the prompt defines before the entry point: the prompt's own, not the program's.
        target={"entry_point": entry_point, "test_code": f"{stub.preamble}\n\n{entry.text('test')}"},
        metadata={"solution": prompt + entry.text("canonical_solution")},
    )
