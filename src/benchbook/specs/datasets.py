"""What a reader gives: one row of a data set."""

from pydantic import Field, JsonValue

from benchbook.specs.models import Prompt
from benchbook.specs.spec import Several, Spec


class Row(Spec):
    """One question as a reader finds it. With its place in a Dataset it is a Sample."""

    key: str = Field(min_length=1)
    """Unique within the data set, and stable: resume, comparison and replay go by it."""
    input: Prompt
    target: JsonValue = None
    """What a scorer needs to know of the right answer; never shown to a model."""
    choices: Several[str] = ()
    slices: Several[str] = ()
    """The parts of the data set that are reported on their own."""
    tags: Several[str] = ()
    metadata: dict[str, JsonValue] = {}
