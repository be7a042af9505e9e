"""Logs of other harnesses, into the store: answers with the verdicts, tokens and times that they were given there."""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from benchbook import __version__
from benchbook.engine.metrics import fold
from benchbook.errors import SpecError
from benchbook.records.datasets import Dataset, Sample
from benchbook.records.generations import Generation
from benchbook.records.record import derived_id, new_id
from benchbook.records.runs import Experiment, Run
from benchbook.records.scores import Answer, Score
from benchbook.service.ingestion import INGESTED, SHOWN, Ingested, answers_checked, ends_of, stem
from benchbook.service.ingestion_rows import Rejected
from benchbook.specs.datasets import Row
from benchbook.specs.experiments import ExperimentSpec, RunSettings, RunSpec
from benchbook.specs.models import GenerateConfig, ModelSpec, Prompt
from benchbook.specs.outputs import Output
from benchbook.specs.spec import assembled, canonical_json
from benchbook.specs.tasks import TaskSpec
from benchbook.specs.use import Use
from benchbook.specs.verdicts import Author, Verdict
from benchbook.store.store import Finished, Store


@dataclass(frozen=True)
class Said:
    """A verdict of the log, and who gave it."""

    verdict: Verdict
    author_id: str
    author_version: str
    author: Author = "code"


@dataclass(frozen=True)
class Logged:
    """One answer of a log."""

    row: Row
    epoch: int
    prompt: Prompt
    output: Output | None
    error: str | None = None
    cost: float | None = None
    said: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Log:
    """What one model answered to one task, as another harness has kept it."""

    path: Path
    sha256: str
    harness: str
    """Its name and version."""
    task: str
    model: str
    answers: list[Logged]
    rejected: list[Rejected] = field(default_factory=list)
    generate: GenerateConfig = GenerateConfig()
    environment: dict[str, str] = field(default_factory=dict)

    def strictly(self) -> "Log":
        """The same, if all of it can be taken; SpecError names what cannot, each with the reason."""
        if self.rejected:
            listed = "\n".join(f"  {row}" for row in self.rejected[:SHOWN])
            raise SpecError(
                f"nothing was ingested: {len(self.rejected)} samples cannot be taken\n{listed}\n"
                "leave them out with --skip-rejected"
            )
        return self


def ingest(store: Store, log: Log, name: str | None, now: datetime, scorers: Sequence[Use] = ()) -> Ingested:
    """Keep what was logged: a data set and a finished run with its scores. What is there already stays."""
    if not log.answers:
        reasons = "".join(f"\n  {row}" for row in log.rejected[:SHOWN])
        raise SpecError(f"{log.path} has no sample that could be taken{reasons}")
    finished = _finished(log, name or stem(Path(f"{log.task}.x")), now, scorers)
    kept = store.add_finished(finished)
    return Ingested(
        experiment=kept.experiment,
        dataset=kept.dataset,
        runs=list(kept.runs),
        scores=sum(score.author == "human" for score in finished.scores),
        new=kept.experiment.id == finished.experiment.id,
    )


def _finished(log: Log, name: str, now: datetime, scorers: Sequence[Use]) -> Finished:
    dataset, samples = _dataset(log, name, now)
    experiment = _experiment(log, name, dataset, now, scorers)
    run = _run(log, experiment, dataset)
    answers: list[Answer] = [_answer(run, samples[logged.row.key], logged) for logged in log.answers]
    scores = [score for *_, said in answers for score in said]
    if scorers:
        checked = asyncio.run(answers_checked(answers, scorers, now))
        scores += checked
        by_answer: dict[str, list[Score]] = {}
        for score in scores:
            by_answer.setdefault(score.generation_id, []).append(score)
        answers = [(sample, each, by_answer.get(each.id, [])) for sample, each, _ in answers]
    return Finished(
        dataset=dataset,
        samples=list(samples.values()),
        experiment=experiment,
        runs=[run],
        events=list(ends_of(run)),
        generations=[generation for _, generation, _ in answers],
        scores=scores,
        metrics=fold(run, answers, now),
    )


def _dataset(log: Log, name: str, now: datetime) -> tuple[Dataset, dict[str, Sample]]:
    rows = {logged.row.key: logged.row for logged in log.answers}
    content = "\n".join(canonical_json(row.model_dump(mode="json")) for row in rows.values())
    version = hashlib.sha256(content.encode()).hexdigest()
    dataset = Dataset(
        id=derived_id("data", version),
        created_at=now,
        name=name,
        version=version,
        reader=Use(name=INGESTED, args={"version": version}),
        size=len(rows),
        slices=tuple(dict.fromkeys(part for row in rows.values() for part in row.slices)),
    )
    samples = {
        key: Sample(id=derived_id("sample", version, key), created_at=now, dataset_id=dataset.id, position=at, row=row)
        for at, (key, row) in enumerate(rows.items())
    }
    return dataset, samples


def _experiment(log: Log, name: str, dataset: Dataset, now: datetime, scorers: Sequence[Use]) -> Experiment:
    # What is the same is known by what it says, not by the file that says it.
    digest = hashlib.sha256("\n".join(_contents(log)).encode()).hexdigest()
    task = TaskSpec(
        name=log.task,
        task=Use(name=INGESTED, args={"content": digest}),
        dataset=Use(name=INGESTED, args={"version": dataset.version}),
        epochs=max(logged.epoch for logged in log.answers),
        scorers=tuple(scorers),
    )
    spec = assembled(
        ExperimentSpec,
        {
            "name": name,
            "description": f"A log of {log.harness}",
            "models": (ModelSpec(model=f"replay/{log.model}", name=log.model, generate=log.generate),),
            "tasks": (task,),
        },
    )
    return Experiment(id=new_id("exp", now), created_at=now, name=name, spec=spec, fingerprint=spec.fingerprint())


def _contents(log: Log) -> Iterator[str]:
    for logged in log.answers:
        said = [
            [each.author, each.author_id, each.author_version, each.verdict.model_dump(mode="json")]
            for each in logged.said
        ]
        output = logged.output.model_dump(mode="json") if logged.output else None
        yield canonical_json([logged.row.key, logged.epoch, output, logged.error, said])


def _run(log: Log, experiment: Experiment, dataset: Dataset) -> Run:
    [model], [task] = experiment.spec.models, experiment.spec.tasks
    spec = RunSpec(model=model, task=task, settings=RunSettings(), engine=Use(name=INGESTED))
    now = experiment.created_at
    return Run(
        id=new_id("run", now),
        created_at=now,
        experiment_id=experiment.id,
        position=0,
        spec=spec,
        fingerprint=spec.fingerprint(),
        dataset_id=dataset.id,
        status="completed",
        attempt=1,
        total=len(log.answers),
        environment={
            "benchbook": __version__,
            "harness": log.harness,
            "ingested from": str(log.path),
            "ingested sha256": log.sha256,
            **log.environment,
        },
        started_at=now,
        finished_at=now,
    )


def _answer(run: Run, sample: Sample, logged: Logged) -> Answer:
    generation = Generation(
        id=Generation.id_for(run.id, sample.id, logged.epoch),
        created_at=run.created_at,
        run_id=run.id,
        sample_id=sample.id,
        epoch=logged.epoch,
        prompt=logged.prompt,
        output=logged.output,
        cost=logged.cost,
        error=logged.error,
    )
    scores = [_score(run, generation, said, number) for number, said in enumerate(logged.said)]
    return sample, generation, scores


def _score(run: Run, generation: Generation, said: Said, number: int) -> Score:
    return Score(
        id=derived_id("score", generation.id, said.author, said.author_id, said.verdict.name, number),
        created_at=run.created_at,
        run_id=run.id,
        generation_id=generation.id,
        author=said.author,
        author_id=said.author_id,
        author_version=said.author_version,
        verdict=said.verdict,
    )
