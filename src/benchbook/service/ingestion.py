"""Answers that were recorded elsewhere, and what people said of them, into the store: all of it, or nothing."""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchbook import __version__
from benchbook.engine.metrics import fold
from benchbook.engine.sample import score
from benchbook.errors import SpecError, dotted
from benchbook.records.datasets import Dataset, Sample
from benchbook.records.events import RunEvent
from benchbook.records.generations import Generation
from benchbook.records.record import derived_id, new_id
from benchbook.records.runs import Experiment, Run
from benchbook.records.scores import Answer, Score
from benchbook.registry import opened
from benchbook.service.ingestion_files import items
from benchbook.service.ingestion_rows import Rejected, case_of, looked_at
from benchbook.service.ingestion_tasks import Place, Said, Tasks
from benchbook.specs.datasets import Row
from benchbook.specs.experiments import ExperimentSpec, RunSettings, RunSpec
from benchbook.specs.ingestion import IngestMapping, built_in
from benchbook.specs.models import ModelSpec
from benchbook.specs.outputs import Output
from benchbook.specs.spec import assembled, canonical_json
from benchbook.specs.tasks import TaskSpec
from benchbook.specs.use import Use
from benchbook.store.store import Finished, Store

INGESTED = "ingested"
"""The engine of runs that were carried out elsewhere, and the reader of their data."""

_CHECKED_AT_ONCE = 16

SHOWN = 50
"""Reasons that an error names."""


@dataclass(frozen=True)
class Recorded:
    """What a file says, and the rows that say nothing one can use."""

    path: Path
    sha256: str
    mapping: IngestMapping
    tasks: Tasks
    rejected: list[Rejected]
    overlooked: Counter[str]
    """Fields that are not taken over, with the number of rows that have them."""

    def strictly(self) -> "Recorded":
        """The same, if every row can be taken; SpecError names those that cannot, each with the reason."""
        if not self.rejected:
            return self
        raise SpecError(
            f"nothing was ingested: {len(self.rejected)} of {self.rows} rows cannot be taken{_listed(self.rejected)}\n"
            f"mend the file, say with --mapping where it keeps things ({', '.join(built_in())}, or a file of yours), "
            "or leave such rows out with --skip-rejected"
        )

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.tasks.rows + len(self.rejected)


@dataclass(frozen=True)
class Ingested:
    """What is in the store now."""

    experiment: Experiment
    dataset: Dataset
    runs: list[Run]
    scores: int
    new: bool
    """Whether it was not there before."""


def _listed(rejected: Sequence[Rejected]) -> str:
    """Each reason once, with the first row that it keeps out."""
    alike = Counter((row.field, row.reason) for row in rejected)
    first = {(row.field, row.reason): row for row in reversed(rejected)}
    lines = [f"\n  {first[why]}" + (f" (and {n - 1:,} more such)" if n > 1 else "") for why, n in alike.items()]
    return "".join(lines[:SHOWN]) + (f"\n  and {len(lines) - SHOWN} more reasons" if len(lines) > SHOWN else "")


def read(path: Path, mapping: IngestMapping | None = None) -> Recorded:
    """What the file says by the mapping, row by row; SpecError if the file itself cannot be read."""
    chosen, rows, sha256 = items(path, mapping)
    tasks, rejected = Tasks(), list[Rejected]()
    known, overlooked = looked_at(chosen), Counter[str]()
    for number, (place, item) in enumerate(rows, 1):
        try:
            if isinstance(item, SpecError):
                raise item
            tasks.add(case_of(item, number, place, chosen))
            overlooked.update(item.keys() - known)
        except SpecError as err:
            rejected.append(Rejected(place, dotted([part for part in err.field if part != ""]), err.message))
    return Recorded(path, sha256, chosen, tasks, rejected, overlooked)


def ingest(store: Store, recorded: Recorded, name: str | None, now: datetime, scorers: Sequence[Use] = ()) -> Ingested:
    """Keep what was read: a data set, a finished run for each model, people's scores. What is there already stays.

    It is called by `name`, by the mapping's name or like the file. What `scorers` say of the answers is kept with them.
    """
    if not recorded.tasks.rows:
        raise SpecError(f"{recorded.path} has no row that could be taken{_listed(recorded.rejected)}")
    finished = _finished(recorded, name or recorded.mapping.name or stem(recorded.path), now, scorers)
    kept = store.add_finished(finished)
    return Ingested(
        experiment=kept.experiment,
        dataset=kept.dataset,
        runs=list(kept.runs),
        scores=sum(score.author == "human" for score in finished.scores),
        new=kept.experiment.id == finished.experiment.id,
    )


def stem(path: Path) -> str:
    """The file's name as one for an experiment."""
    stem = path.name.removesuffix(".gz").rpartition(".")[0] or path.name
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-._")[:100] or INGESTED


def _finished(recorded: Recorded, name: str, now: datetime, scorers: Sequence[Use] = ()) -> Finished:
    tasks = recorded.tasks
    dataset, samples = _dataset(tasks, name, now)
    experiment = _experiment(tasks, name, dataset, now, scorers)
    runs = dict(_runs(experiment, dataset, recorded, now))
    generations = {
        (key, place): _generation(runs[place.model], samples[key], place, text)
        for key, task in tasks.found.items()
        for place, text in task.answers.items()
    }
    scores = [
        _score(runs[said.place.model], key, said, generations)
        for key, task in tasks.found.items()
        for said in task.said
    ]
    answers = _answers(runs, list(samples.values()), list(generations.values()), scores)
    if scorers:
        checked = asyncio.run(
            answers_checked([answer for of_run in answers.values() for answer in of_run], scorers, now)
        )
        scores += checked
        answers = _answers(runs, list(samples.values()), list(generations.values()), scores)
    return Finished(
        dataset=dataset,
        samples=list(samples.values()),
        experiment=experiment,
        runs=list(runs.values()),
        events=[event for run in runs.values() for event in ends_of(run)],
        generations=list(generations.values()),
        scores=scores,
        metrics=[metric for run in runs.values() for metric in fold(run, answers[run.id], now)],
    )


def _dataset(tasks: Tasks, name: str, now: datetime) -> tuple[Dataset, dict[str, Sample]]:
    rows: list[Row] = [task.row for task in tasks.found.values()]
    content = "\n".join(canonical_json(row.model_dump(mode="json")) for row in rows)
    version = hashlib.sha256(content.encode()).hexdigest()
    dataset = Dataset(
        id=derived_id("data", version),
        created_at=now,
        name=name,
        version=version,
        reader=Use(name=INGESTED, args={"version": version}),
        size=len(rows),
        slices=tuple(dict.fromkeys(part for row in rows for part in row.slices)),
    )
    samples = {
        row.key: Sample(
            id=derived_id("sample", version, row.key), created_at=now, dataset_id=dataset.id, position=at, row=row
        )
        for at, row in enumerate(rows)
    }
    return dataset, samples


async def answers_checked(answers: Sequence[Answer], scorers: Sequence[Use], now: datetime) -> list[Score]:
    """What the scorers say of each answer. One that breaks leaves an error, never a zero."""
    async with AsyncExitStack() as stack:
        ready = {use.name: await stack.enter_async_context(opened("scorer", use)) for use in scorers}
        at_once = asyncio.Semaphore(_CHECKED_AT_ONCE)

        async def scored(sample: Sample, generation: Generation) -> tuple[Score, ...]:
            async with at_once:
                return await score(sample, generation, ready, now)

        found = await asyncio.gather(*(scored(sample, generation) for sample, generation, _ in answers))
    return [each for several in found for each in several]


def _experiment(tasks: Tasks, name: str, dataset: Dataset, now: datetime, scorers: Sequence[Use]) -> Experiment:
    epochs = max(place.epoch for task in tasks.found.values() for place in task.answers)
    # What is the same is known by what it says, not by the file that says it.
    content: dict[str, object] = {
        key: [[[*place], text] for place, text in task.answers.items()]
        + [[list(said.place), said.other and list(said.other), said.author, said.verdict.model_dump(mode="json")]
           for said in task.said]
        for key, task in tasks.found.items()
    }  # fmt: skip
    digest = hashlib.sha256(canonical_json(content).encode()).hexdigest()
    task = TaskSpec(
        name=name,
        task=Use(name=INGESTED, args={"content": digest}),
        dataset=Use(name=INGESTED, args={"version": dataset.version}),
        epochs=epochs,
        scorers=tuple(scorers),
    )
    spec = assembled(
        ExperimentSpec,
        {
            "name": name,
            "description": "Answers that were recorded elsewhere",
            "models": tuple(ModelSpec(model=f"replay/{model}", name=model) for model in tasks.models),
            "tasks": (task,),
        },
    )
    return Experiment(id=new_id("exp", now), created_at=now, name=name, spec=spec, fingerprint=spec.fingerprint())


def _runs(experiment: Experiment, dataset: Dataset, recorded: Recorded, now: datetime) -> Iterator[tuple[str, Run]]:
    [task] = experiment.spec.tasks
    environment = {
        "benchbook": __version__,
        "ingested from": str(recorded.path),
        "ingested sha256": recorded.sha256,
        "mapping sha256": recorded.mapping.fingerprint(),
    }
    for at, model in enumerate(experiment.spec.models):
        spec = RunSpec(model=model, task=task, settings=RunSettings(), engine=Use(name=INGESTED))
        answers = [place for found in recorded.tasks.found.values() for place in found.answers]
        yield (
            model.name,
            Run(
                id=new_id("run", now),
                created_at=now,
                experiment_id=experiment.id,
                position=at,
                spec=spec,
                fingerprint=spec.fingerprint(),
                dataset_id=dataset.id,
                status="completed",
                attempt=1,
                total=sum(place.model == model.name for place in answers),
                environment=environment,
                started_at=now,
                finished_at=now,
            ),
        )


def _generation(run: Run, sample: Sample, place: Place, text: str) -> Generation:
    return Generation(
        id=Generation.id_for(run.id, sample.id, place.epoch),
        created_at=run.created_at,
        run_id=run.id,
        sample_id=sample.id,
        epoch=place.epoch,
        prompt=sample.row.input,
        output=Output(text=text),
    )


def _score(run: Run, key: str, said: Said, generations: dict[tuple[str, Place], Generation]) -> Score:
    generation = generations[key, said.place]
    other = generations[key, said.other] if said.other else None
    return Score(
        id=derived_id("score", generation.id, other and other.id, said.author, said.number),
        created_at=run.created_at,
        run_id=run.id,
        generation_id=generation.id,
        other_generation_id=other.id if other else None,
        author="human",
        author_id=said.author,
        author_version="",
        verdict=said.verdict,
    )


def _answers(
    runs: dict[str, Run], samples: list[Sample], generations: list[Generation], scores: list[Score]
) -> dict[str, list[Answer]]:
    """The answers of each run, with what was said of each alone."""
    by_id = {sample.id: sample for sample in samples}
    said: dict[str, list[Score]] = {}
    for each in scores:
        if each.other_generation_id is None:
            said.setdefault(each.generation_id, []).append(each)
    answers: dict[str, list[Answer]] = {run.id: [] for run in runs.values()}
    for generation in generations:
        answers[generation.run_id].append((by_id[generation.sample_id], generation, said.get(generation.id, [])))
    return answers


def ends_of(run: Run) -> list[RunEvent]:
    """That a run that was carried out elsewhere began, and ended."""
    started = RunEvent.of(
        run, "run_started", {"attempt": run.attempt, "environment": dict(run.environment)}, run.created_at
    )
    finished = RunEvent.of(run, "run_finished", {"status": run.status, "error": None}, run.created_at)
    return [started, finished]
