"""Questions about a text."""

from benchbook import GenerateConfig, TaskSpec, Use, register


@register("task")
def qa(
    data: str | None = None,
    split: str | None = None,
    seed: int | None = None,
    size: int | None = None,
    slices: tuple[str, ...] = (),
    shots: int = 3,
) -> TaskSpec:
    """Questions to be answered from a text, by one fact, by several, or by a chain: 120 synthetic ones, or those in the
    file `data`."""
    drawn = {"data": data, "split": split, "seed": seed, "size": size}
    return TaskSpec(
        name="qa",
        dataset=Use(name="qa", args={name: value for name, value in drawn.items() if value is not None}),
        solver=Use(name="qa", args={"shots": shots}),
        scorers=(Use(name="qa"),),
        slices=slices,
        generate=GenerateConfig(max_tokens=64),
    )
