"""Worked examples that a model is shown before the question: those of the question's own slice, in the file's order."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchbook import Row, Sample, SpecError, Use, build

__all__ = ["EVERYWHERE", "Examples", "described", "examples_of"]

EVERYWHERE = ""
"""Stands for the slice of examples that are of none: every question is asked after them."""


@dataclass(frozen=True)
class Examples:
    """So many examples, by slice."""

    by_slice: Mapping[str, tuple[Row, ...]]

    def before(self, sample: Sample) -> tuple[Row, ...]:
        """Those that the sample is asked after; SpecError if its slice has none."""
        if not self.by_slice:
            return ()
        found = next((self.by_slice[name] for name in sample.row.slices if name in self.by_slice), None)
        if found is None:
            found = self.by_slice.get(EVERYWHERE)
        if found is None:
            part = ", ".join(sample.row.slices) or "none"
            raise SpecError(
                f"sample {sample.key!r} is of the slice {part}, for which there are no examples; "
                f"there are some for: {', '.join(sorted(self.by_slice))}"
            )
        return found


def examples_of(use: Use | None, shots: int | None, usual: int) -> Examples:
    """The first `shots` examples of each slice (`usual`, or as many as there are, if that is left open)."""
    if shots is not None and shots < 0:
        raise SpecError(f"expected at least 0, got {shots}", field=["shots"])
    if use is None:
        if shots:
            raise SpecError(f"{shots} examples are asked for; say where they are, as `examples`", field=["shots"])
        return Examples({})
    if shots == 0:
        return Examples({})
    found: dict[str, list[Row]] = {}
    for row in build("reader", use)():
        found.setdefault(row.slices[0] if row.slices else EVERYWHERE, []).append(row)
    if not found:
        raise SpecError("the file has no examples in it", field=["examples"])
    for name, rows in found.items():
        if shots is not None and len(rows) < shots:
            part = f" of the slice {name!r}" if name else ""
            raise SpecError(f"{shots} examples are asked for; there are {len(rows)}{part}", field=["shots"])
    return Examples({name: tuple(rows[: usual if shots is None else shots]) for name, rows in found.items()})


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
