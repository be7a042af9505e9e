"""Judge runs: planned after the runs whose answers they read, or on earlier ones."""

from collections.abc import Iterator, Sequence

from benchbook import registry
from benchbook.errors import NotFound, SpecError, under
from benchbook.records.runs import Experiment, Run
from benchbook.service.runs import named
from benchbook.specs.experiments import ExperimentSpec, RunSpec
from benchbook.specs.judging import JudgeSpec, template
from benchbook.specs.models import GenerateConfig
from benchbook.specs.plan import longest_answer, plan_judges, plan_panel
from benchbook.specs.rubrics import rubric
from benchbook.store import views
from benchbook.store.store import Store


def completed(spec: ExperimentSpec) -> ExperimentSpec:
    """The spec with rubrics and prompts in full: a file may be another tomorrow."""
    return spec.model_copy(update={"judges": tuple(_completed(judge, at) for at, judge in enumerate(spec.judges))})


def preflight(spec: ExperimentSpec) -> None:
    """Find out before anything is spent whether the judges can start."""
    for at, judge in enumerate(spec.judges):
        default = GenerateConfig(temperature=0.0, max_tokens=longest_answer(judge.whole))
        for number, model in enumerate(judge.models):
            with under("judges", at, "models", number):
                style = "chat" if model.prompt_style == "auto" else model.prompt_style
                registry.vet(model.runtime, model.generate.over(judge.generate).over(default), style)
                registry.preflight("runtime", model.runtime)


def planned(experiment: Experiment, runs: Sequence[Run], store: Store | None) -> list[Run]:
    """The judge runs of an experiment, to come after its other `runs`; `store` has those that it names."""
    found: list[Run] = []
    for at, judge in enumerate(experiment.spec.judges):
        with under("judges", at):
            read = _earlier(judge, store) if judge.runs else list(runs)
            for run in _of_judge(judge, experiment, read, store):
                found.append(run.model_copy(update={"position": len(runs) + len(found)}))
    return found


def _completed(judge: JudgeSpec, at: int) -> JudgeSpec:
    with under("judges", at, "rubric"):
        whole = rubric(judge.rubric) if isinstance(judge.rubric, str) else judge.rubric
    with under("judges", at):
        prompt = None if judge.prompt is None else template(judge.prompt, whole)
        for number, model in enumerate(judge.models):
            with under("models", number):
                registry.check("runtime", model.runtime)
    return judge.model_copy(update={"rubric": whole, "prompt": prompt})


def _earlier(judge: JudgeSpec, store: Store | None) -> list[Run]:
    """The runs that the judge names; those of an experiment that judge themselves are left out."""
    if store is None:
        raise SpecError("there are no earlier runs: nothing is stored yet", field=["runs"])
    found: dict[str, Run] = {}
    for number, name in enumerate(judge.runs):
        try:
            several = named(store, name)
        except NotFound as err:
            raise SpecError(str(err), field=["runs", number]) from None
        if len(several) == 1 and several[0].spec.judging:
            raise SpecError(
                f"run {several[0].id} is itself a judge's: name the run whose answers are to be judged",
                field=["runs", number],
            )
        found |= {run.id: run for run in several if not run.spec.judging}
    return list(found.values())


def _of_judge(judge: JudgeSpec, experiment: Experiment, read: Sequence[Run], store: Store | None) -> Iterator[Run]:
    """A run for each model and what it reads; after those on the same answers, that of their panel."""
    by_id = {run.id: run for run in read}
    specs = plan_judges(judge, experiment.spec, [(run.id, run.spec, run.dataset_id) for run in read])
    members: list[tuple[str, RunSpec]] = []
    for spec in specs:
        run = _run(experiment, spec, by_id, store)
        members.append((run.id, run.spec))
        yield run
        if len(members) == len(judge.models):
            if len(members) > 1:
                yield _run(experiment, plan_panel(experiment.spec, members), by_id, store)
            members = []


def _run(experiment: Experiment, spec: RunSpec, by_id: dict[str, Run], store: Store | None) -> Run:
    reads = [by_id[run_id] for run_id in spec.judging.reads] if spec.judging else []
    return Run.planned(experiment, 0, spec, reads[0].dataset_id, _places(spec, reads, store))


def _places(spec: RunSpec, reads: Sequence[Run], store: Store | None) -> int:
    """How many answers, or pairs of them, there are to judge. Runs that came from elsewhere need not have all."""
    if store is not None and all(run.status == "completed" for run in reads):
        return views.common_places(store, [run.id for run in reads], spec.task.epochs)
    return min(run.total // run.spec.task.epochs for run in reads) * spec.task.epochs
