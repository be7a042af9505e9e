"""Questions about a text, with the answers that are right."""

from benchbook import Reader, Row, register
from benchbook.plugins.readers.files import Entry
from benchbook.plugins.readers.synthetic import drawn_or_read


@register("reader")
def qa(data: str | None = None, split: str | None = None, seed: int | None = None, size: int | None = None) -> Reader:
    """The samples of a file, `{key, context, question, answers, slices, tags}` a line; or, without `data`, of the
    synthetic data set: its split `test` unless another is named, drawn from `seed` (0), of `size` samples in all
    (2,150)."""
    return drawn_or_read("qa", _row, data, split=split, seed=seed, size=size)


def _row(entry: Entry) -> Row:
    answers = entry.texts("answers")
    if not answers:
        raise entry.mistake("the field 'answers' is empty; write at least one")
    return entry.row(
        key=entry.key("key"),
        input=f"{entry.text('context').rstrip()}\n\nQuestion: {entry.text('question').strip()}",
        target=answers,
        slices=entry.texts("slices") if "slices" in entry.fields else [],
        tags=entry.texts("tags") if "tags" in entry.fields else [],
        metadata={"final_answer": " or ".join(answers)},
    )
