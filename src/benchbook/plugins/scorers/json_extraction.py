"""How far the JSON in a reply is the expected one."""

import json
from collections.abc import Sequence
from itertools import islice
from typing import Any, Literal

import jsonschema_rs

from benchbook import Generation, Sample, Scorer, SpecError, Verdict, register
from benchbook.plugins.scorers.aside import Aside
from benchbook.plugins.scorers.json_fields import compared, leaves
from benchbook.plugins.solvers.json_replies import Found, found_json

_LARGEST = 2000
"""Fields of an answer that is looked at."""
_ERRORS = 1000
"""Errors of an answer of which the outermost is told."""
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
    """Whether the schema holds. Nothing is fetched for it: a reference must lead to somewhere in the schema itself. Its
    patterns are searched in bounded time."""
    try:
        validator = jsonschema_rs.validator_for(schema, validate_formats=True, offline=True)
    except (TypeError, ValueError) as err:
        raise SpecError(f"sample {sample.key!r}: its JSON schema cannot be used: {str(err)[:200]}") from None
    wrong = list(islice(validator.iter_errors(_encodable(value)), _ERRORS))
    endless = next((each for each in wrong if isinstance(each.kind, _Endless)), None)
    if endless is not None:
        return Verdict(
            name="schema_valid", error=f"a pattern of its JSON schema takes too long: {endless.message}"[:500]
        )
    if not wrong:
        return Verdict(name="schema_valid", value=1.0, label="valid")
    outermost = min(wrong, key=lambda each: len(each.instance_path))
    place = "".join(f".{part}" if isinstance(part, str) else f"[{part}]" for part in outermost.instance_path)
    return Verdict(name="schema_valid", value=0.0, label="invalid", explanation=f"${place}: {outermost.message}"[:500])


_Endless = jsonschema_rs.ValidationErrorKind.BacktrackLimitExceeded


def _encodable(value: Any) -> Any:
    """The same, with a question mark for half a pair of surrogates: JSON can name that, and no text can hold it."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
