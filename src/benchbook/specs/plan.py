"""From what is wanted to the runs that will show it. Pure: same spec, same plan."""

from benchbook.specs.experiments import ExperimentSpec, RunSpec


def plan(spec: ExperimentSpec) -> list[RunSpec]:
    """Every model on every task, task by task. The tasks of `spec` are written out in full."""
    return [
        RunSpec(
            model=model,
            task=task,
            settings=spec.run,
            price=spec.prices.get(model.name) or spec.prices.get(model.model),
        )
        for task in spec.tasks
        for model in spec.models
    ]
