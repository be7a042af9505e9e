"""The base of everything that comes in: frozen, strict, with a fingerprint."""

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Strict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError, PydanticSerializationError, to_json

from benchbook.errors import SpecError
from benchbook.specs.quoting import quoted

T = TypeVar("T")
AnyModel = TypeVar("AnyModel", bound=BaseModel)
Several = Annotated[tuple[T, ...], Strict(strict=False)]
"""A tuple that may be written as a list."""
Day = Annotated[date, Strict(strict=False)]
"""A date that may be written as text."""


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


class Spec(BaseModel):
    """A value that somebody wrote. Unknown keys and wrong types are refused, with the nearest name."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        validate_default=True,
        # NaN and infinity are numbers, too: JSON has them as Python writes them.
        ser_json_inf_nan="constants",
        # Built when they are first used: a start does not pay for what it does not need.
        defer_build=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: object) -> object:
        if isinstance(data, Mapping) and not data.keys() <= (known := cls.__pydantic_fields__.keys()):
            stray = next(str(key) for key in data if key not in known)
            raise mistake_in(stray, unknown("key", stray, known))
        return data

    @classmethod
    def parse(cls, data: object) -> Self:
        """The spec that `data` (plain values, as JSON has them) describes; SpecError names every bad field."""
        return validated(cls, data)

    def fingerprint(self) -> str:
        """The SHA-256 of the canonical JSON: equal specs have equal fingerprints, on any machine."""
        return hashlib.sha256(canonical_json(self.model_dump(mode="json")).encode()).hexdigest()


def ready(*kinds: type[BaseModel]) -> None:
    """Build these models and all that derive from them now: two threads that use one for the first time at once would
    each find it half built."""
    for kind in kinds:
        kind.model_rebuild()
        ready(*kind.__subclasses__())


def validated(model: type[AnyModel], data: object) -> AnyModel:
    """The model's instance that `data` (plain values, as JSON has them) describes; SpecError names the bad field."""
    try:
        text = _as_json(data)
    except ValueError:
        raise SpecError("a number is not finite (NaN or infinity)") from None
    try:
        return model.model_validate_json(text)
    except ValidationError as err:
        raise mistake(err.errors(include_url=False)) from None


def _as_json(data: object) -> str | bytes:
    # Pydantic is five times as fast, but lets infinity pass, and refuses lone surrogates.
    try:
        text = to_json(data, inf_nan_mode="constants")
    except PydanticSerializationError:
        return json.dumps(data, allow_nan=False)
    return json.dumps(data, allow_nan=False) if b"NaN" in text or b"Infinity" in text else text


def assembled(model: type[AnyModel], values: Mapping[str, object]) -> AnyModel:
    """The model's instance with these values, which Python has; SpecError names the bad field."""
    try:
        return model.model_validate(values)
    except ValidationError as err:
        raise mistake(err.errors(include_url=False)) from None


def unchecked(model: type[AnyModel], **values: object) -> AnyModel:
    """The model's instance with these values, every one of its fields, from code that knows them to be right.

    As `model_construct`, which looks at each field and takes five times as long.
    """
    made = model.__new__(model)
    for name, value in (
        ("__dict__", values),
        ("__pydantic_fields_set__", {*values}),
        ("__pydantic_extra__", None),
        ("__pydantic_private__", None),
    ):
        object.__setattr__(made, name, value)
    return made


def json_of(line: bytes, **hooks: Any) -> Any:
    """What a line of JSON says, with the hooks of `json.loads`; SpecError if it is none."""
    try:
        return json.loads(line.decode("utf-8-sig"), **hooks)
    except UnicodeDecodeError as err:
        raise SpecError(f"not UTF-8: {err.reason} at byte {err.start}") from None
    except RecursionError:
        raise SpecError("nested too deeply") from None
    except ValueError as err:
        raise SpecError(f"not valid JSON: {err}") from None


def mistake_in(field: str | int, message: str) -> PydanticCustomError:
    """What is wrong with one field, found by a validator that sees them all."""
    return PydanticCustomError("in_field", "{message}", {"message": message, "field": field})


def canonical_json(value: object) -> str:
    """One text for one value: sorted keys, no blanks, ASCII only."""
    return _CANONICAL.encode(value)


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The message for a name that is none of `known`, with the nearest one."""
    return f"unknown {what} {name!r}; {meant(name, known)}"


def meant(name: str, known: Iterable[str]) -> str:
    """The nearest of `known`, as a question; or all of them, where none is near."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names) or 'none'}"


_KINDS = {name for kind in ("str", "int", "float", "bool") for name in (kind, f"constrained-{kind}")}
_NAMES = {
    **dict.fromkeys(("a valid tuple", "a valid list", "a valid array"), "a list"),
    "a valid dictionary": "an object",
}
"""What pydantic calls by Python's names, or by those of JSON's grammar."""


def mistake(found: Sequence[ErrorDetails]) -> SpecError:
    """The first thing that pydantic found, as an error of ours. Of a value that may be of several kinds and is of none,
    it tells what is wrong by each: the kind that goes the farthest is what was meant."""
    first = _field(found[0])
    details = max((each for each in found if _field(each)[: len(first)] == first), key=lambda each: len(_field(each)))
    field = _field(details)
    context: dict[str, Any] = details.get("ctx", {})
    if details["type"] == "in_field":
        return SpecError(context["message"], field=field)
    if details["type"] == "missing":
        return SpecError("this field is required", field=field)
    if details["msg"].startswith("Invalid JSON"):
        # It was written by ourselves, and is valid; pydantic refuses these two all the same.
        return SpecError("a text holds half of a character (a lone surrogate), or lists are nested too deeply")
    if length := _length(details["type"], context):
        return SpecError(length, field=field)
    wanted = details["msg"].removeprefix("Input should be ")
    if wanted == details["msg"]:
        return SpecError(wanted.removeprefix("Value error, "), field=field)
    wanted = wanted.partition(", unable to ")[0]
    wanted = _NAMES.get(wanted, wanted)
    word = details["input"] if isinstance(details["input"], str) else ""
    near = difflib.get_close_matches(word[:60], re.findall(r"'([^']+)'", wanted), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return SpecError(f"expected {wanted}, got {quoted(details['input'], 60)}{hint}", field=field)


def _length(kind: str, context: Mapping[str, Any]) -> str:
    """What is wrong with how long a list or a text is; nothing if something else is wrong."""
    least, most, number = context.get("min_length"), context.get("max_length"), context.get("actual_length")
    match kind:
        case "too_short":
            return "needs at least one, and is empty" if number == 0 else f"needs at least {least}, not {number}"
        case "too_long":
            return f"takes at most {most}, not {number or 'more'}"
        case "string_too_short":
            return "is an empty text" if least == 1 else f"needs at least {least} characters"
        case "string_too_long":
            return f"takes at most {most:,} characters"
        case _:
            return ""


def _field(details: ErrorDetails) -> list[str | int]:
    """Where it is, in the user's keys: `function-before[…]` and the like, and which kind a value was taken for, are
    pydantic's own steps."""
    field = [part for part in details["loc"] if isinstance(part, int) or "[" not in part]
    if details["type"] == "in_field":
        return [*field, details["ctx"]["field"]]
    is_kind = field and field[-1] in _KINDS and details["type"] not in ("missing", "extra_forbidden")
    return field[:-1] if is_kind else field
