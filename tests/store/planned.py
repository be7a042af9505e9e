"""Records for the store's tests, as the platform would make them."""

from datetime import UTC, datetime
from typing import Any

from benchbook.records.datasets import Dataset, Sample
from benchbook.records.events import RunEvent
from benchbook.records.generations import Generation
from benchbook.records.record import derived_id
from benchbook.records.runs import Experiment, Run
from benchbook.records.scores import Score
from benchbook.specs.datasets import Row
from benchbook.specs.experiments import ExperimentSpec, RunSpec
from benchbook.specs.models import Message
from benchbook.specs.outputs import Output, Usage
from benchbook.specs.use import Use
from benchbook.specs.verdicts import Verdict
from benchbook.store.store import Store

NOW = datetime(2026, 11, 6, 14, 3, 20, 123456, tzinfo=UTC)
SPEC = ExperimentSpec.parse(
    {
        "name": "first",
        "models": ["mock/small"],
        "tasks": [{"name": "sums", "dataset": {"jsonl": "sums.jsonl"}, "scorers": ["exact-match"]}],
        "prices": {"mock/small": {"input": 0.1, "output": 0.3, "as_of": "2026-11-01"}},
    }
)


def rows(number: int) -> list[Row]:
    """Sums: even ones easy, odd ones hard."""
    return [
        Row(
            key=f"sum/{at}",
            input=(Message(role="user", content=f"What is {at} + 1?"),),
            target=str(at + 1),
            slices=(("easy", "hard")[at % 2], "sums"),
        )
        for at in range(number)
    ]


def data(questions: list[Row], name: str = "sums") -> tuple[Dataset, list[Sample]]:
    """The questions as a data set."""
    version = derived_id("version", *(row.key for row in questions))
    dataset = Dataset(
        id=derived_id("data", version),
        created_at=NOW,
        name=name,
        version=version,
        reader=Use(name="jsonl", first="sums.jsonl"),
        size=len(questions),
        slices=tuple(sorted({part for row in questions for part in row.slices})),
    )
    samples = [
        Sample(id=derived_id("sample", version, row.key), created_at=NOW, dataset_id=dataset.id, position=at, row=row)
        for at, row in enumerate(questions)
    ]
    return dataset, samples


def queued(store: Store, questions: list[Row], experiment: str = "exp-1", runs: int = 1) -> list[Run]:
    """Runs of an experiment over the questions, all stored."""
    dataset, samples = data(questions)
    store.add_dataset(dataset, samples)
    planned = [
        Run(
            id=f"run-{experiment.removeprefix('exp-')}{at}",
            created_at=NOW,
            experiment_id=experiment,
            position=at,
            spec=RunSpec(model=SPEC.models[0], task=SPEC.tasks[0], settings=SPEC.run),
            fingerprint=SPEC.fingerprint(),
            dataset_id=dataset.id,
            total=len(questions),
        )
        for at in range(runs)
    ]
    store.add_experiment(
        Experiment(id=experiment, created_at=NOW, name=SPEC.name, spec=SPEC, fingerprint=SPEC.fingerprint()), planned
    )
    return planned


def running(store: Store, questions: list[Row]) -> tuple[Run, list[Sample]]:
    """A run that has begun, and the samples it is to ask."""
    [run] = queued(store, questions)
    return begun(store, run), data(questions)[1]


def begun(store: Store, run: Run) -> Run:
    """The run, under way in its next attempt."""
    return store.step(run, run.model_copy(update={"status": "running", "started_at": NOW}))


def answered(run: Run, sample: Sample, epoch: int = 1, text: str = "42", value: float = 1.0) -> RunEvent:
    """A sample was answered and scored."""
    generation = Generation(
        id=Generation.id_for(run.id, sample.id, epoch),
        created_at=NOW,
        run_id=run.id,
        sample_id=sample.id,
        epoch=epoch,
        prompt=sample.row.input,
        output=Output(text=text, stop_reason="stop", usage=Usage(input_tokens=7, output_tokens=2), latency=0.25),
        cost=0.1 + 0.2,
    )
    score = Score(
        id=derived_id("score", generation.id, "exact-match", text),
        created_at=NOW,
        run_id=run.id,
        generation_id=generation.id,
        author="code",
        author_id="exact-match",
        author_version="1",
        verdict=Verdict(name="exact-match", value=value, label="right", explanation=text),
    )
    return event(run, sample.key, kind="sample_done", generation=generation, scores=(score,))


def failed(run: Run, sample: Sample, error: str = "the model did not answer") -> RunEvent:
    """A sample was asked in vain."""
    success = answered(run, sample)
    assert success.generation is not None
    generation = success.generation.model_copy(update={"output": None, "cost": None, "error": error})
    return success.model_copy(update={"generation": generation, "scores": ()})


def event(run: Run, subject: str = "", **fields: Any) -> RunEvent:
    """Something happened in the present attempt of the run."""
    named = {"kind": "warning", "body": {"note": subject}, **fields}
    return RunEvent(id="event-1", created_at=NOW, run_id=run.id, attempt=run.attempt, subject=subject, **named)
