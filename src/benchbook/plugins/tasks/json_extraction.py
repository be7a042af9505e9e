"""What a text says, as JSON."""

from benchbook import GenerateConfig, TaskSpec, Use, register


@register("task")
def json_extraction(  # noqa: PLR0913 - arguments of a spec
    data: str | None = None,
    split: str | None = None,
    seed: int | None = None,
    size: int | None = None,
    slices: tuple[str, ...] = (),
    shots: int = 2,
    *,
    constrained: bool = False,
) -> TaskSpec:
    """Invoices, logs, notes and letters to be put into JSON by a schema: 120 synthetic ones, or those in the file
    `data`.

    `constrained` binds replies to the schemas, where the runtime can.
    """
    drawn = {"data": data, "split": split, "seed": seed, "size": size}
    return TaskSpec(
        name="json-extraction",
        dataset=Use(name="json-extraction", args={name: value for name, value in drawn.items() if value is not None}),
        solver=Use(name="json-extraction", args={"shots": shots, "constrained": constrained}),
        scorers=(Use(name="json-extraction"),),
        slices=slices,
        generate=GenerateConfig(max_tokens=800),
    )
