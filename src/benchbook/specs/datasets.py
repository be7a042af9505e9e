"""What a reader gives: one row of a data set."""

from collections.abc import Mapping

from pydantic import Field, JsonValue

from benchbook.specs.models import Prompt
from benchbook.specs.spec import Several, Spec, canonical_json


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


def cluster_of(metadata: Mapping[str, JsonValue], field: str, key: str) -> str:
    """What a sample hangs together with others by: that field of its metadata; without it, it is one by itself."""
    return canonical_json(metadata[field]) if field in metadata else f"only {key}"
