"""From what is wanted to the runs that will show it. Pure: same spec, same plan."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from benchbook.errors import SpecError
from benchbook.specs.experiments import ExperimentSpec, RunSettings, RunSpec
from benchbook.specs.judging import JudgePolicy, JudgeSpec, Judging, template
from benchbook.specs.models import GenerateConfig, ModelSpec
from benchbook.specs.rubrics import Rubric
from benchbook.specs.tasks import TaskSpec
from benchbook.specs.use import Use

Read = tuple[str, RunSpec, str]
"""A run that is judged: its id, its spec, and its data set."""


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


def plan_judges(judge: JudgeSpec, spec: ExperimentSpec, read: Sequence[Read]) -> list[RunSpec]:
    """Every judge of the entry on what it reads: each of the runs, or of a rubric that compares each pair of them that
    answered the same samples."""
    matters: list[tuple[Read, ...]] = [*_pairs(read)] if judge.whole.compares else [(one,) for one in read]
    if not matters:
        raise SpecError(f"the rubric {judge.whole.name!r} compares two answers: it needs two runs on the same samples")
    return [_judge_run(judge, model, spec, matter) for matter in matters for model in judge.models]


def plan_panel(spec: ExperimentSpec, members: Sequence[tuple[str, RunSpec]]) -> RunSpec:
    """The run that counts the verdicts of several judges on the same answers."""
    first = members[0][1]
    assert first.judging is not None, "members of a panel judge"  # noqa: S101 - for the type checker
    counted = {"panel": tuple(run_id for run_id, _ in members), "votes": 1, "needed": None, "orders": "one"}
    judging = first.judging.model_copy(update=counted)
    model = ModelSpec(model="panel/majority", name=f"panel of {len(members)}")
    return first.model_copy(update={"model": model, "judging": judging, "price": None, "settings": _settings(spec)})


def longest_answer(rubric: Rubric) -> int:
    """Tokens that a rubric's form takes, filled in by one who is not short of words."""
    return 400 + 200 * len(rubric.paths)


def _pairs(read: Sequence[Read]) -> Iterator[tuple[Read, Read]]:
    """Any two that answered the same."""
    for first, second in combinations(read, 2):
        (_, one, data), (_, other, other_data) = first, second
        if data == other_data and one.task.slices == other.task.slices:
            yield first, second


def _judge_run(judge: JudgeSpec, model: ModelSpec, spec: ExperimentSpec, matter: Sequence[Read]) -> RunSpec:
    policy = {name: getattr(judge, name) for name in JudgePolicy.model_fields}
    reads = tuple(run_id for run_id, _, _ in matter)
    prompt = template(judge.prompt, judge.whole)
    price = spec.prices.get(model.name) or spec.prices.get(model.model)
    return RunSpec(
        model=model,
        task=_task([run for _, run, _ in matter], judge),
        settings=_settings(spec),
        engine=Use(name="judge"),
        price=price,
        judging=Judging(reads=reads, rubric=judge.whole, prompt=prompt, **policy),
    )


def _task(runs: Sequence[RunSpec], judge: JudgeSpec) -> TaskSpec:
    """The task of the answers, as far as all of them have some; a judge is asked in its own way."""
    task = runs[0].task
    limits = [run.task.limit for run in runs if run.task.limit is not None]
    asked = judge.generate.over(GenerateConfig(temperature=0.0, max_tokens=longest_answer(judge.whole)))
    changed = {
        "name": f"{task.name}, {' against '.join(run.model.name for run in runs)}",
        "limit": min(limits) if limits else None,
        "epochs": min(run.task.epochs for run in runs),
        "generate": asked,
    }
    return task.model_copy(update=changed)


def _settings(spec: ExperimentSpec) -> RunSettings:
    """Those of the experiment, but for sampling: a judge is not to be as inventive as those whom it judges."""
    return spec.run.model_copy(update={"generate": GenerateConfig()})
