"""Several models that answer in turn, so that the draws of a solver are theirs: for votes between models."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

from benchbook import (
    GenerateConfig,
    ModelSpec,
    Output,
    PromptStyle,
    Request,
    Runtime,
    SpecError,
    opened,
    preflight,
    register,
    vet,
)


def _preflight(model: str, models: tuple[ModelSpec, ...]) -> None:
    if len(models) < 2:
        raise SpecError(f"{model!r} is an ensemble of {len(models)}; name two models or more", field=["args", "models"])
    for member in models:
        if said := member.model_fields_set - {"model", "args"}:
            raise SpecError(
                f"{member.model}: a member has `model` and `args`; `{min(said)}` is said of the whole ensemble",
                field=["args", "models"],
            )
        preflight("runtime", member.runtime)


def _vet(config: GenerateConfig, style: PromptStyle, model: str, models: tuple[ModelSpec, ...]) -> None:  # noqa: ARG001 - as the runtime has it
    for member in models:
        try:
            vet(member.runtime, config, style)
        except SpecError as err:
            raise SpecError(f"{member.model}: {err.message}", field=err.field) from None


@register("runtime", preflight=_preflight, vet=_vet)
async def ensemble(model: str, models: tuple[ModelSpec, ...]) -> AsyncIterator[Runtime]:
    """The first question about a sample goes to the first of `models`, the next to the next, and so on in a ring."""
    _preflight(model, models)
    async with AsyncExitStack() as stack:
        members = [await stack.enter_async_context(opened("runtime", member.runtime)) for member in models]
        yield _together([member.model for member in models], members)


def _together(names: Sequence[str], members: Sequence[Runtime]) -> Runtime:
    styles = {member.prompt_style for member in members}
    if len(styles) > 1:
        raise SpecError("some of the models have a chat template and some have none; an ensemble asks all alike")

    async def generate(request: Request) -> Output:
        return await members[(request.turn - 1) % len(members)].generate(request)

    named = [(f"{at} {name}", member) for at, (name, member) in enumerate(zip(names, members, strict=True), 1)]
    slots = [member.slots for member in members if member.slots is not None]
    return Runtime(
        generate,
        prompt_style=styles.pop(),
        facts={f"{name}.{fact}": value for name, member in named for fact, value in member.facts.items()},
        slots=min(slots, default=None),
        samples=any(member.samples for member in members),
        identity={
            f"{name}.{fact}": value
            for name, member in named
            for fact, value in (member.facts if member.identity is None else member.identity).items()
        },
        mends=all(member.mends for member in members),
        troubles=lambda: [trouble for member in members for trouble in member.troubles()],
    )
