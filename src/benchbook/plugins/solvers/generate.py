"""One question, one answer."""

from benchbook import Generate, Message, Output, Prompt, Sample, Solver, SpecError, register

_PLACE = "{input}"


@register("solver")
def generate(template: str = _PLACE, system: str | None = None) -> Solver:
    """Ask the model the sample's input: where `{input}` stands in `template`, below `system` if given."""
    if _PLACE not in template:
        raise SpecError(f"the template does not say where the question goes; write {_PLACE} there", field=["template"])

    async def solve(sample: Sample, generate: Generate) -> Output:
        turns = _turns(sample.row.input, template)
        if system is not None:
            turns = (Message(role="system", content=system), *turns)
        if generate.prompt_style == "chat":
            return await generate(turns)
        return await generate("\n\n".join(turn.content for turn in turns))

    return solve


def _turns(question: Prompt, template: str) -> tuple[Message, ...]:
    """The question as turns of a chat; the template goes around the last."""
    if isinstance(question, str):
        return (Message(role="user", content=template.replace(_PLACE, question)),)
    *before, last = question
    return (*before, Message(role=last.role, content=template.replace(_PLACE, last.content)))
