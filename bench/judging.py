"""Judging 1,000 stored answers with a scripted judge that takes 50 ms, 100 at once, every verdict in SQLite. The floor
is the waiting alone: ten rounds of 50 ms. *Judging* is the run, from its first question to its figures; *the command*
is `benchbook eval` with start-up, planning, tables and reports. CPU is of the process.

The bar: judging under 1.3 × the floor."""

import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.timing import table
from benchbook.service.experiments import carry_out, prepare, submit
from benchbook.service.runs import Watch, utc_now
from benchbook.specs.files import read_text
from benchbook.specs.rubrics import Rubric, rubric
from benchbook.store import views
from benchbook.store.store import Store

ANSWERS, AT_ONCE, LATENCY, ROUNDS = 1000, 100, 0.05, 3
FLOOR = ANSWERS / AT_ONCE * LATENCY
RUBRICS = ("preference", "quality-3", "stem-l1")


def measure() -> str:
    """The table."""
    # As the command line has it.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with Store.open(f"sqlite:///{home / 'benchbook.db'}", home / "blobs") as store:
            runs = _answered(store, home)
            rows = [_row(store, home, name, runs) for name in RUBRICS]
    columns = ["rubric", "scores", "judging", "× floor", "CPU an answer", "the command"]
    return table(columns, [["floor: waiting alone", "", f"{FLOOR:.2f} s", "1.00", "", ""], *rows])


def _row(store: Store, home: Path, name: str, runs: list[str]) -> list[str]:
    found = rubric(name)
    read = runs if found.compares else runs[:1]
    walls, cpus, scores = [], [], 0
    for _ in range(ROUNDS):
        experiment = submit(store, prepare(read_text("judge.yaml", json.dumps(_judges(found, read))), utc_now(), store))
        began, used = time.perf_counter(), time.process_time()
        broken = asyncio.run(carry_out(store, experiment, Watch()))
        walls.append(time.perf_counter() - began)
        cpus.append(time.process_time() - used)
        assert not broken
        [run] = views.runs_of(store, experiment.id)
        scores = len(views.scores(store, run.id))
    floor = FLOOR * (2 if found.compares else 1)
    return [
        f"{name} ({len(found.paths)} items{', both orders' if found.compares else ''})",
        f"{scores:,}",
        f"{median(walls):.2f} s",
        f"{median(walls) / floor:.2f}",
        f"{median(cpus) / ANSWERS * 1000:.2f} ms",
        f"{_command(home, found, read):.2f} s",
    ]


def _command(home: Path, found: Rubric, read: list[str]) -> float:
    config = home / "judge.yaml"
    config.write_text(json.dumps(_judges(found, read)))
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "benchbook", "eval", str(config), "-o", str(home / "out")],
        env={**os.environ, "BENCHBOOK_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - began


def _judges(found: Rubric, runs: list[str]) -> dict[str, object]:
    items = {
        path: {"justification": "it says so in the text", "quote_response": "is 2", "answer": item.answers[-1]}
        for path, item in found.paths
    }
    reply = json.dumps({"items": items, "critique": "as it should be"})
    model = {"model": "mock/judge", "args": {"replies": reply, "latency": LATENCY}}
    judge: dict[str, object] = {"rubric": found.name, "model": model, "runs": runs}
    return {"name": "bench", "judges": [judge], "run": {"concurrency": AT_ONCE}}


def _answered(store: Store, home: Path) -> list[str]:
    """Two runs with answers to judge."""
    data = home / "data.jsonl"
    rows = [{"key": f"k{n}", "input": f"What is {n} plus {n}?", "target": f"{2 * n}"} for n in range(ANSWERS)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    models = [{"model": f"mock/{name}", "args": {"replies": f"{name}: 1 + 1 is 2. " * 20}} for name in "ab"]
    task = {"name": "t", "dataset": {"jsonl": {"file": str(data)}}, "scorers": ["exact-match"]}
    config = {"name": "answers", "models": models, "tasks": [task], "run": {"concurrency": AT_ONCE}}
    experiment = submit(store, prepare(read_text("answers.yaml", json.dumps(config)), utc_now()))
    asyncio.run(carry_out(store, experiment, Watch()))
    return [run.id for run in views.runs_of(store, experiment.id)]
