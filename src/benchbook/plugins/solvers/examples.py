"""Worked examples that a model is shown before the question: those of the question's own slice, in the file's order."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchbook import Row, Sample, SpecError, Use, build

__all__ = ["EVERYWHERE", "Examples", "described", "examples_of"]

EVERYWHERE = ""
"""Stands for the slice of examples that are of none: every question is asked after them."""
_WHOLE = 20
"""Characters from which on a text within another is no accident."""


@dataclass(frozen=True)
class Examples:
    """So many examples, by slice."""

    by_slice: Mapping[str, Sequence[Row]]
    """Some more than are shown: a question is never one of its own examples."""
    shots: int

    def before(self, sample: Sample) -> tuple[Row, ...]:
        """Those that the sample is asked after, never itself, so one fewer where there is none in its place (as in
        lm-evaluation-harness); SpecError if its slice has none."""
        if not self.by_slice:
            return ()
        part = next((name for name in (*sample.row.slices, EVERYWHERE) if name in self.by_slice), None)
        if part is None:
            raise SpecError(
                f"sample {sample.key!r} is of the slice {', '.join(sample.row.slices) or 'none'}, for which there are "
                f"no examples; there are some for: {', '.join(sorted(self.by_slice))}"
            )
        return tuple(row for row in self.by_slice[part] if not _same(row, sample.row))[: self.shots]


def examples_of(use: Use | None, shots: int | None, usual: int) -> Examples:
    """The first `shots` examples of each slice (`usual`, or as many as there are, if that is left open)."""
    if shots is not None and shots < 0:
        raise SpecError(f"expected at least 0, got {shots}", field=["shots"])
    if use is None:
        if shots:
            raise SpecError(f"{shots} examples are asked for; say where they are, as `examples`", field=["shots"])
        return Examples({}, 0)
    if shots == 0:
        return Examples({}, 0)
    found: dict[str, _Kept] = {}
    for row in build("reader", use)():
        found.setdefault(row.slices[0] if row.slices else EVERYWHERE, _Kept(shots or usual)).add(row)
    if not found:
        raise SpecError("the file has no examples in it", field=["examples"])
    for name, kept in found.items():
        if shots is not None and len(kept.rows) < shots:
            raise SpecError(f"{shots} examples are asked for; there are {len(kept.rows)}{_of(name)}", field=["shots"])
    return Examples({name: kept.rows for name, kept in found.items()}, shots or usual)


def _of(part: str) -> str:
    return f" of the slice {part!r}" if part else ""


class _Kept:
    """The first rows of a slice: so many that enough are left, whichever question is taken out."""

    def __init__(self, shots: int) -> None:
        self.rows: list[Row] = []
        self._shots = shots
        self._times = Counter[tuple[str, ...]]()

    def add(self, row: Row) -> None:
        # One more, for the row that has a sample's key but not its question.
        if len(self.rows) - max(self._times.values(), default=0) <= self._shots:
            self.rows.append(row)
            self._times[_question(row)] += 1


def _same(example: Row, row: Row) -> bool:
    """Whether both ask the same; or have one key, which may be but a number, and one question has the other in it."""
    (asked, *choices), (other, *others) = _question(example), _question(row)
    short, long = sorted((asked, other), key=len)
    within = example.key == row.key and len(short) >= _WHOLE and short in long
    return choices == others and (asked == other or within)


def _question(row: Row) -> tuple[str, ...]:
    """What is asked, and the choices, whatever their case and blanks."""
    asked = row.input if isinstance(row.input, str) else " ".join(turn.content for turn in row.input)
    return tuple(" ".join(text.casefold().split()) for text in (asked, *row.choices))


def described(description: str, sample: Sample, examples: tuple[Row, ...]) -> str:
    """The description, with the sample's slice for `{slice}`, and for `{description}` what the examples' file says."""
    if "{slice}" in description:
        if not sample.row.slices:
            raise SpecError(f"the description names {{slice}}, but sample {sample.key!r} is of no slice")
        description = description.replace("{slice}", sample.row.slices[0].replace("_", " "))
    if "{description}" in description:
        said = next((row.metadata.get("description") for row in examples), "")
        description = description.replace("{description}", said if isinstance(said, str) else "")
    return description if description.strip() else ""
