"""How far the JSON in a reply is the expected one."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal

from jsonschema import Draft202012Validator, SchemaError, ValidationError
from jsonschema.exceptions import best_match
from jsonschema.validators import extend, validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from benchbook import BenchbookError, Generation, Sample, Scorer, SpecError, Verdict, register
from benchbook.plugins.scorers.aside import Aside
from benchbook.plugins.scorers.json_fields import compared, leaves
from benchbook.plugins.solvers.expressions import Expression
from benchbook.plugins.solvers.json_replies import Found, found_json

_LARGEST = 2000
"""Fields of an answer that is looked at."""
_LATER = ("schema_valid", "exact", "precision", "recall", "f1")


@register("scorer")
def json_extraction(*, ignore_case: bool = False, lists: Literal["any-order", "in-order"] = "any-order") -> Scorer:
    """`parses`, `schema_valid`, `exact`, and `precision`, `recall` and `f1` of the fields, against the sample's target
    and the JSON schema in its metadata (`schema`). Without a schema there is no `schema_valid`."""

    aside, in_order = Aside(), lists == "in-order"

    async def score(sample: Sample, generation: Generation) -> Sequence[Verdict]:
        if generation.output is None:
            return (Verdict(error=f"sample {sample.key!r} has no answer"),)
        output = generation.output
        answer = output.text if output.answer is None else output.answer
        return await aside.done(lambda: _verdicts(sample, answer, ignore_case=ignore_case, in_order=in_order))

    return score


def _verdicts(sample: Sample, answer: str, *, ignore_case: bool, in_order: bool) -> Sequence[Verdict]:
    schema = sample.row.metadata.get("schema")
    found = found_json(answer)
    trouble = _trouble(found)
    if found is None or trouble:
        later = [name for name in _LATER if schema is not None or name != "schema_valid"]
        nothing = [Verdict(name=name, value=0.0, label="no JSON") for name in later]
        return (Verdict(name="parses", value=0.0, label="no JSON", explanation=trouble), *nothing)
    valid = () if schema is None else (_valid(sample, schema, found.value),)
    fields = compared(sample.target, found.value, ignore_case=ignore_case, in_order=in_order)
    share = f"{fields.right:g} of {fields.expected} fields, {fields.given} given"
    return (
        Verdict(name="parses", value=1.0, label="JSON"),
        *valid,
        Verdict(
            name="exact", value=float(fields.same), label="same" if fields.same else "different", explanation=share
        ),
        Verdict(name="precision", value=fields.precision),
        Verdict(name="recall", value=fields.recall),
        Verdict(name="f1", value=fields.f1),
    )


def _trouble(found: Found | None) -> str:
    if found is None:
        return "no JSON in the reply"
    if found.trouble:
        return found.trouble
    return f"more than {_LARGEST:,} fields" if leaves(found.value) > _LARGEST else ""


def _valid(sample: Sample, schema: Any, value: Any) -> Verdict:
    """Whether the schema holds. Nothing is fetched for it: a reference must lead to somewhere in the schema itself."""
    try:
        kind = validator_for(schema, default=Draft202012Validator)
        kind.check_schema(schema)
        checked = _bounded(kind)(schema, registry=Registry(), format_checker=kind.FORMAT_CHECKER)
        wrong = best_match(checked.iter_errors(value))
    except (SchemaError, SpecError, Unresolvable) as err:
        raise SpecError(f"sample {sample.key!r}: its JSON schema cannot be used: {str(err)[:200]}") from None
    except BenchbookError as err:
        return Verdict(name="schema_valid", error=str(err))
    if wrong is None:
        return Verdict(name="schema_valid", value=1.0, label="valid")
    told = f"{wrong.json_path}: {wrong.message}"[:500]
    return Verdict(name="schema_valid", value=0.0, label="invalid", explanation=told)


@lru_cache(maxsize=16)
def _bounded(kind: Any) -> Any:
    """The same rules, with patterns that are not searched for longer than a scorer may take."""
    return extend(kind, {"pattern": _pattern, "patternProperties": _pattern_properties})


_expression = lru_cache(maxsize=256)(Expression)


def _fits(pattern: str, text: str) -> bool:
    return any(True for _ in _expression(pattern).matches(text))


def _pattern(validator: Any, pattern: str, value: Any, _: Any) -> Iterator[ValidationError]:
    if validator.is_type(value, "string") and not _fits(pattern, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, schemas: Any, value: Any, _: Any) -> Iterator[ValidationError]:
    if validator.is_type(value, "object"):
        for pattern, schema in schemas.items():
            for name in (name for name in value if _fits(pattern, name)):
                yield from validator.descend(value[name], schema, path=name, schema_path=pattern)
