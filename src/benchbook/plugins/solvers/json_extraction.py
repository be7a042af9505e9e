"""Asks for what a text says as JSON, and takes the JSON out of the reply."""

from pydantic import JsonValue

from benchbook import Generate, GenerateConfig, Output, Sample, Solver, SpecError, register
from benchbook.plugins.solvers.chats import chat
from benchbook.plugins.solvers.json_replies import found_json

_INSTRUCTION = (
    "Extract what the text says as one JSON value that follows the schema. Write null where the schema allows it and "
    "the text does not say. Answer with the JSON only."
)
_MARK = "\n\nJSON:\n"
EXAMPLES = (
    (
        'JSON schema:\n{"type": "object", "properties": {"note": {"type": "string"}, "crates": {"type": "integer"}, '
        '"customer": {"type": "string"}, "date": {"type": "string", "format": "date", "description": "YYYY-MM-DD"}, '
        '"price": {"type": ["number", "null"], "description": "null if the text does not say"}}, '
        '"required": ["note", "crates", "customer", "date", "price"], "additionalProperties": false}\n\n'
        "Text:\nDelivery note 7-113. Two crates of pears for the Golden Goose Inn, brought by Hob on the 3rd of May, "
        "1999.",
        '{"note": "7-113", "crates": 2, "customer": "Golden Goose Inn", "date": "1999-05-03", "price": null}',
    ),
    (
        'JSON schema:\n{"type": "object", "properties": {"shifts": {"type": "array", "items": {"type": "object", '
        '"properties": {"day": {"type": "string"}, "start": {"type": "string", "description": "HH:MM, 24 hours"}, '
        '"people": {"type": "array", "items": {"type": "string"}}}, "required": ["day", "start", "people"], '
        '"additionalProperties": false}}}, "required": ["shifts"], "additionalProperties": false}\n\n'
        "Text:\nRota: Ann and Bea on Monday from 7 pm, Cyd on Tuesday from 6:30 pm. (Dan had Tuesday at first.)",
        '{"shifts": [{"day": "Monday", "start": "19:00", "people": ["Ann", "Bea"]}, '
        '{"day": "Tuesday", "start": "18:30", "people": ["Cyd"]}]}',
    ),
    (
        'JSON schema:\n{"type": "object", "properties": {"items": {"type": "array", "items": {"type": "object", '
        '"properties": {"what": {"type": "string", "description": "in the singular"}, "count": {"type": "integer"}}, '
        '"required": ["what", "count"], "additionalProperties": false}}, "discount_percent": {"type": "number"}, '
        '"total": {"type": "number"}}, "required": ["items", "discount_percent", "total"], '
        '"additionalProperties": false}\n\n'
        "Text:\nBill: 3 teas at 1,20 and a scone at 2,50, less 10 % for members. To pay: EUR 5,49",
        '{"items": [{"what": "tea", "count": 3}, {"what": "scone", "count": 1}], '
        '"discount_percent": 10, "total": 5.49}',
    ),
)
"""Written for Benchbook, and in none of its data sets."""


@register("solver")
def json_extraction(shots: int = 2, instruction: str = _INSTRUCTION, *, constrained: bool = False) -> Solver:
    """Ask for the JSON of a text after `shots` examples; the answer is the JSON that is found in the reply.

    `constrained` binds the reply to the sample's schema, where the runtime can.
    """
    if not 0 <= shots <= len(EXAMPLES):
        raise SpecError(f"there are {len(EXAMPLES)} examples: choose 0 to {len(EXAMPLES)}", field=["shots"])
    examples = EXAMPLES[:shots]

    async def solve(sample: Sample, generate: Generate) -> Output:
        question = sample.row.input
        if not isinstance(question, str):
            raise SpecError(f"sample {sample.key!r} is a conversation; json-extraction needs an input that is a text")
        bound = GenerateConfig(json_schema=_schema(sample) if constrained else None)
        if generate.prompt_style == "chat":
            above = f"{instruction}\n\n"
            turns = chat([(above + asked, answer) for asked, answer in examples], above + question)
            output = await generate(turns, bound, shared=len(turns) - 1)
        else:
            before = f"{instruction}\n\n" + "".join(f"{asked}{_MARK}{answer}\n\n\n" for asked, answer in examples)
            bound = bound.model_copy(update={"stop": ("\nJSON schema:", "\n\n\n")})
            output = await generate(before + question + _MARK, bound, shared=len(before))
        found = found_json(output.text)
        return output.model_copy(update={"answer": found and found.text, "answer_rule": found and found.rule})

    return solve


def _schema(sample: Sample) -> dict[str, JsonValue]:
    schema = sample.row.metadata.get("schema")
    if not isinstance(schema, dict):
        raise SpecError(f"sample {sample.key!r} has no `schema` in its metadata, which `constrained` needs")
    return schema
