"""Where a file of recorded answers keeps what: the mapping that `benchbook ingest` reads it by.

A path leads from a row to a value: `signal.ideal_response`, `messages[role=user].text` (the first of a list that has
that field), `steps[0]`. A field whose whole name is the path is taken first, so names with dots need nothing else.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from benchbook.errors import SpecError
from benchbook.specs.files import read, read_text
from benchbook.specs.spec import Several, Spec, mistake_in, unknown
from benchbook.specs.verdicts import Value

STEP = re.compile(r"(?P<name>[^.\[\]]+)|\[(?P<field>[^=\[\]]+)=(?P<value>[^\[\]]*)\]|\[(?P<number>\d+)\]")
"""One step of a path."""


def _is_a_path(path: str) -> str:
    if re.sub(STEP, "", path).strip("."):
        raise ValueError(f"{path!r} is no path; expected e.g. metadata.subject or messages[role=user].text")
    return path


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, Mapping) else value


FieldPath = Annotated[str, AfterValidator(_is_a_path)]
FieldPaths = Annotated[Several[FieldPath], BeforeValidator(_several)]
"""One path, or several whose texts are put together, a paragraph each."""


class ResponseFields(Spec):
    """Where recorded answers are."""

    each: FieldPath = ""
    """A list of answers, or an object with one under each model's name; unless given, the row itself is one."""
    model: FieldPath = ""
    """The model's name, seen from the answer."""
    name: str = ""
    """The model's name, where the file has none."""
    text: FieldPaths = ()
    """The answer, seen from `each`; the answer itself unless given. Lists of texts are put together, a line each."""


class EvaluationFields(Spec):
    """Where people's verdicts on one answer are."""

    each: FieldPath = ""
    """A list of evaluations, or an object with one under each model's name; unless given, the row itself is one."""
    model: FieldPath = ""
    """The model whose answer it is about, seen from the evaluation; the row's only one unless given."""
    of: str = ""
    """That model's name, where the file has a place of its own for each."""
    author: FieldPath = ""
    """Who says so, seen from the evaluation."""
    by: str = "human"
    """Who says so, where the file does not tell."""
    criteria: FieldPath = ""
    """Several criteria at once: an object of values by name, or a list of objects with name and value."""
    name: str = ""
    """The one criterion that `value` is about; the whole of the rubric unless given."""
    value: FieldPath = ""
    explanation: FieldPaths = ()
    confidence: FieldPath = ""
    kind: Literal["auto", "text"] = "auto"
    """`text` keeps a label, even of what looks like a number or a yes; it is worth nothing."""
    labels: dict[str, Value] = {}
    """What words are worth, besides yes and no, true and false, pass and fail, correct and incorrect."""
    scale: tuple[float, float] | None = Field(default=None, strict=False)
    """The lowest and the highest grade: the value is then from 0 to 1, and the grade its label."""

    @model_validator(mode="after")
    def _has_a_value(self) -> Self:
        if self.of and self.model:
            raise mistake_in("of", "the model is named, or there is a path to its name; not both")
        if self.value and self.criteria:
            raise mistake_in("value", "one criterion has a `value`, several have `criteria`; not both")
        if self.scale is not None and self.scale[0] >= self.scale[1]:
            raise mistake_in("scale", "expected the lowest grade and the highest, e.g. [1, 5]")
        return self


class PreferenceFields(Spec):
    """Where people's verdicts on two answers are."""

    each: FieldPath = ""
    first: str = ""
    """The model of the first answer, by its name; or by a path, as `first_at`."""
    second: str = ""
    first_at: FieldPath = ""
    second_at: FieldPath = ""
    value: FieldPath
    """Which is better: a model's name, first or second, A or B, tie, or a word of `labels`."""
    labels: dict[str, Value] = {}
    """What words are worth: 1 for the first, 0 for the second, 0.5 for neither."""
    author: FieldPath = ""
    by: str = "human"
    name: str = "preference"
    explanation: FieldPaths = ()
    confidence: FieldPath = ""

    @model_validator(mode="after")
    def _names_two(self) -> Self:
        for side in ("first", "second"):
            if bool(getattr(self, side)) == bool(getattr(self, f"{side}_at")):
                raise mistake_in(side, f"name the model of the {side} answer: `{side}: NAME` or `{side}_at: PATH`")
        return self


class IngestMapping(Spec):
    """Where a file keeps what. What is left open is looked for under its common names."""

    name: str = ""
    """What the data set is called; like the file unless given."""
    rows: FieldPath = ""
    """The list of rows, in a `.json` file that is no list."""
    key: FieldPath = ""
    """What tells the tasks apart; `#` is the number of the row. Rows with the same key are about the same task."""
    prompt: FieldPaths = ()
    system: FieldPath = ""
    """A system prompt that stands apart."""
    ideal_response: FieldPaths = ()
    final_answer: FieldPaths = ()
    metadata: dict[str, FieldPath] | FieldPath = ""
    """An object to take as it is, or paths by the names to keep them under."""
    slices: FieldPaths = ()
    """Fields by whose values results are reported apart."""
    responses: Annotated[Several[ResponseFields], BeforeValidator(_listed)] = ()
    evaluations: Annotated[Several[EvaluationFields], BeforeValidator(_listed)] = ()
    preferences: Annotated[Several[PreferenceFields], BeforeValidator(_listed)] = ()
    rubric: str = Field(default="", pattern=r"^[a-z0-9._-]*$")
    """The rubric that was filled in: criteria are called `RUBRIC/criterion` by it."""
    criteria: dict[str, str] = {}
    """Criteria by the names in the file, and what they are called here."""


def mapping(name: str) -> IngestMapping:
    """The built-in mapping of that name, or the one in a YAML file at that path."""
    if "/" in name or name.endswith((".yaml", ".yml")):
        return read(Path(name)).parse(IngestMapping)
    place = files("benchbook") / "data" / "mappings" / f"{name}.yaml"
    if name not in built_in():
        raise SpecError(f"{unknown('mapping', name, built_in())}; a file of your own is given by its path")
    return read_text(f"{name}.yaml", place.read_text(encoding="utf-8")).parse(IngestMapping)


def built_in() -> list[str]:
    """The names of the mappings that come along."""
    folder = files("benchbook") / "data" / "mappings"
    return sorted(path.name.removesuffix(".yaml") for path in folder.iterdir() if path.name.endswith(".yaml"))
