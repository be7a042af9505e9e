"""A store as it is after months: a million answers in 50 runs, made through the store's own door.

Two runs over 100,000 samples, for a comparison; the others share a data set, as large as brings them to a million."""

import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchbook.engine.metrics import Tally
from benchbook.records.datasets import Dataset, Sample
from benchbook.records.events import RunEvent
from benchbook.records.generations import Generation
from benchbook.records.record import derived_id, new_id
from benchbook.records.runs import Experiment, Run
from benchbook.records.scores import Score
from benchbook.specs.datasets import Row
from benchbook.specs.experiments import ExperimentSpec
from benchbook.specs.outputs import Output, Usage
from benchbook.specs.plan import plan
from benchbook.specs.use import Use
from benchbook.specs.verdicts import Verdict
from benchbook.store.store import Store

ANSWERS = int(os.environ.get("BENCH_ANSWERS", "1000000"))
LARGE, RUNS = 100_000, 50
_BATCH = 1000
_SLICES = ("algebra", "geometry", "history", "law", "medicine")
_BEGAN = datetime(2026, 6, 1, 8, tzinfo=UTC)
_REPLY = " ".join(f"word{number % 97}" for number in range(140))


@contextmanager
def stored() -> Iterator[tuple[Path, dict[str, list[str]]]]:
    """A folder with such a store by SQLite, and the ids of its runs."""
    kept = os.environ.get("BENCH_STORE")
    with nullcontext(kept) if kept else TemporaryDirectory() as name:
        folder = Path(name)
        listed = folder / "runs.json"
        if not listed.exists():
            folder.mkdir(parents=True, exist_ok=True)
            with Store.open(f"sqlite:///{folder}/benchbook.db", folder / "blobs") as store:
                listed.write_text(json.dumps(fill(store, ANSWERS)))
        yield folder, json.loads(listed.read_text())


def fill(store: Store, samples: int) -> dict[str, list[str]]:
    """Fill the store with so many answers; the ids of the runs: `large` two, and the others `small`."""
    large = min(LARGE, samples // 4)
    small = (samples - 2 * large) // (RUNS - 2)
    ids: dict[str, list[str]] = {"large": [], "small": []}
    for kind, size, experiments, models in (("large", large, 1, 2), ("small", small, (RUNS - 2) // 4, 4)):
        dataset, rows = _data(kind, size)
        dataset = store.add_dataset(dataset, rows)
        for number in range(experiments):
            for run in _experiment(store, dataset, kind, number, models):
                _carried_out(store, run, rows)
                ids[kind].append(run.id)
    return ids


def _data(name: str, size: int) -> tuple[Dataset, list[Sample]]:
    dataset = Dataset(
        id=derived_id("data", name, size),
        created_at=_BEGAN,
        name=name,
        version=derived_id("v", name, size),
        reader=Use(name="jsonl", args={"file": f"{name}.jsonl"}),
        size=size,
        slices=_SLICES,
    )
    samples = [
        Sample(
            id=derived_id("sample", dataset.id, at),
            created_at=_BEGAN,
            dataset_id=dataset.id,
            position=at,
            row=Row(
                key=f"{name}-{at:06}",
                input=f"Question {at}: what follows from {at} and {at + 1}? " + "It is known. " * 20,
                target=str(at),
                slices=(_SLICES[at % len(_SLICES)],),
            ),
        )
        for at in range(size)
    ]
    return dataset, samples


def _experiment(store: Store, dataset: Dataset, kind: str, number: int, models: int) -> Sequence[Run]:
    now = _BEGAN + timedelta(days=number, hours=kind == "large")
    spec = ExperimentSpec.parse(
        {
            "name": f"{kind}-{number:02}",
            "models": [{"name": f"model-{letter}", "model": f"mock/{letter}"} for letter in "abcd"[:models]],
            "tasks": [{"name": kind, "dataset": {"jsonl": {"file": f"{kind}.jsonl"}}, "scorers": ["exact-match"]}],
        }
    )
    experiment = Experiment(
        id=new_id("exp", now), created_at=now, name=spec.name, spec=spec, fingerprint=spec.fingerprint()
    )
    runs = [Run.planned(experiment, at, one, dataset.id, dataset.size) for at, one in enumerate(plan(spec))]
    store.add_experiment(experiment, runs)
    return runs


def _carried_out(store: Store, run: Run, samples: Sequence[Sample]) -> None:
    run = store.step(run, run.model_copy(update={"status": "running", "started_at": run.created_at}))
    tally = Tally(None)
    chance = random.Random(run.id)
    skill = chance.uniform(0.4, 0.8)
    for begin in range(0, len(samples), _BATCH):
        events = list(_answered(run, samples[begin : begin + _BATCH], chance, skill))
        store.record(run, events)
        for event in events:
            if event.sample and event.generation:
                tally.add(event.sample, event.generation, event.scores)
    store.save_metrics(run.id, tally.metrics(run, run.created_at))
    store.step(run, run.model_copy(update={"status": "completed", "finished_at": run.created_at + timedelta(hours=1)}))


def _answered(run: Run, samples: Sequence[Sample], chance: random.Random, skill: float) -> Iterator[RunEvent]:
    for sample in samples:
        now = run.created_at + timedelta(milliseconds=sample.position)
        failed = chance.random() < 0.005
        right = chance.random() < skill
        text = f"{_REPLY} {'So it is' if right else 'Perhaps'} {sample.position}. " + "More is known. " * 8
        generation = Generation(
            id=Generation.id_for(run.id, sample.id, 1),
            created_at=now,
            run_id=run.id,
            sample_id=sample.id,
            epoch=1,
            prompt=sample.row.input,
            output=None
            if failed
            else Output(text=text, usage=Usage(input_tokens=80, output_tokens=200), latency=chance.uniform(0.2, 3)),
            error=f"the server answered {chance.choice((429, 500, 503))}" if failed else None,
        )
        verdict = Verdict(name="exact-match", value=float(right), label="passed" if right else "failed")
        score = Score(
            id=derived_id("score", generation.id, "exact-match"),
            created_at=now,
            run_id=run.id,
            generation_id=generation.id,
            author="code",
            author_id="exact-match",
            author_version="1",
            verdict=verdict,
        )
        yield RunEvent(
            id=new_id("event", now),
            created_at=now,
            run_id=run.id,
            attempt=run.attempt,
            kind="sample_done",
            subject=sample.key,
            body={"epoch": 1, "error": generation.error},
            sample=sample,
            generation=generation,
            scores=() if failed else (score,),
        )


if __name__ == "__main__":
    import sys
    from pathlib import Path

    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    with Store.open(f"sqlite:///{folder / 'benchbook.db'}", folder / "blobs") as place:
        made = fill(place, int(sys.argv[2]))
    (folder / "runs.json").write_text(json.dumps(made))
    print(f"{int(sys.argv[2]):,} answers in {time.perf_counter() - began:.0f} s")
