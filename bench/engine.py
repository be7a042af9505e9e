"""Whole evaluations against an OpenAI-compatible server on loopback that answers 200 tokens after 50 ms: ours with
exact match, every record in SQLite, progress and both reports; beside it the floor, a bare aiohttp loop that compares
and writes a line of JSON a sample (`bench/peers/loop.py`), and the harnesses people use, in environments of their own.

CPU is of the process and its children, server not counted. *Steady* is what one more sample costs: the difference
between the large run and one of 10 samples, so start-up is left out. *Growth* is that of the peak memory between a run
of a fifth and the large one. Everyone's runs are taken in turn; the server needs a part of the machine, too.

The bar: steady CPU ≤ 2 × floor; 10,000 samples within 1.3 × the floor's wall at 100 at once, and ≥ 1,000 samples/s at
500; ≥ 3 × lm-eval and ≥ 20 × Inspect AI; the fault run within 1.2 × of the floor's; 10 samples in ≤ 0.8 s; peak memory
under 150 MB and ≤ 1 MB growth per 1,000 samples; 100,000 samples within 100 MB of 1,000."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from bench.endpoint import MODEL, REPLY
from bench.peers.harnesses import (
    Command,
    Harness,
    Unavailable,
    Work,
    eval_command,
    floor,
    inspect,
    lm_eval,
    ours,
    promptfoo,
)
from bench.timing import table

LARGE = int(os.environ.get("BENCH_SAMPLES", "10000"))
"""Samples of the floor and of ours; a number of one's own makes a quick look."""
SMALL = 10
LATENCY = 50
ROUNDS = 2


@dataclass(frozen=True)
class Entrant:
    """Who takes part, and with how many samples: the slow ones with few."""

    name: str
    harness: Harness
    samples: int


@dataclass(frozen=True)
class Spent:
    """What a process took."""

    wall: float
    cpu: float
    memory: float
    """Its peak, in MB."""


ENTRANTS = (
    Entrant("floor, bare aiohttp", floor, LARGE),
    Entrant("**ours**", ours, LARGE),
    Entrant("lm-eval", lm_eval, 2000),
    Entrant("promptfoo", promptfoo, 1000),
    Entrant("Inspect AI", inspect, 500),
)


def measure() -> str:
    """The tables."""
    return "\n\n".join(_parts())


def _parts() -> Iterator[str]:
    yield f"**{LATENCY} ms, 100 at once**:"
    yield _race(100, LATENCY)
    yield f"**{LATENCY} ms, 500 at once**:"
    yield _race(500, LATENCY)
    yield "**0 ms, 100 at once**:"
    yield _race(100, 0)
    yield "**Faults**: 5 % answered with 429 and `Retry-After: 1`, 1 % with 500, 0.5 % of the connections dropped:"
    yield _faults()
    yield "**Memory**: samples of a mock model without a server, peak of the process:"
    yield _memory()


def _race(concurrency: int, latency: int) -> str:
    runs: dict[str, dict[int, list[Spent]]] = {}
    missing: dict[str, str] = {}
    for number in range(ROUNDS):
        for entrant in ENTRANTS:
            if entrant.name in missing or (number and entrant.harness not in (floor, ours)):
                continue
            try:
                for samples in (SMALL, entrant.samples // 5, entrant.samples):
                    spent = spent_by(entrant.harness, samples, concurrency, latency)
                    runs.setdefault(entrant.name, {}).setdefault(samples, []).append(spent)
            except Unavailable as err:
                missing[entrant.name] = f"not available: {err}"
    base = _figures(runs[ENTRANTS[0].name], ENTRANTS[0].samples)
    rows = [
        _row(entrant, _figures(runs[entrant.name], entrant.samples), base)
        if entrant.name in runs
        else [entrant.name, missing[entrant.name], *[""] * 8]
        for entrant in ENTRANTS
    ]
    return table(_COLUMNS, rows)


_COLUMNS = [
    *("", "samples", "samples/s", "wall a sample × floor", "steady CPU, ms", "× floor", "10 samples, s", "peak, MB"),
    *("growth, MB per 1,000",),
]


@dataclass(frozen=True)
class _Figures:
    rate: float
    steady: float
    start: float
    peak: float
    growth: float


def _figures(runs: dict[int, list[Spent]], samples: int) -> _Figures:
    small, fifth, large = (runs[number] for number in (SMALL, samples // 5, samples))
    return _Figures(
        rate=samples / median(spent.wall for spent in large),
        steady=(median(s.cpu for s in large) - median(s.cpu for s in small)) / (samples - SMALL) * 1000,
        start=median(spent.wall for spent in small),
        peak=max(spent.memory for spent in large),
        growth=(median(s.memory for s in large) - median(s.memory for s in fifth)) / (0.8 * samples) * 1000,
    )


def _row(entrant: Entrant, found: _Figures, base: _Figures) -> list[str]:
    return [
        entrant.name,
        f"{entrant.samples:,}",
        f"{found.rate:,.0f}",
        f"{base.rate / found.rate:.2f}",
        f"{found.steady:.2f}",
        f"{found.steady / base.steady:.1f}",
        f"{found.start:.2f}",
        f"{found.peak:.0f}",
        f"{found.growth:.1f}",
    ]


def _faults() -> str:
    rows = []
    for entrant in ENTRANTS[:2]:
        clean = spent_by(entrant.harness, LARGE, 100, LATENCY)
        with work_of(LARGE, 100, LATENCY, faults=True) as work:
            spent = _spent(entrant.harness(work))
            counts, stored = _counts(work), _stored(work)
        faults = ", ".join(f"{counts.get(name, 0)} × {name}" for name in ("429", "500", "dropped"))
        rows.append(
            [
                entrant.name,
                f"{clean.wall:.1f} s",
                f"{spent.wall:.1f} s",
                f"{counts['requests']:,} ({faults})",
                f"{stored[0]:,}",
                f"{LARGE - stored[1]:,}",
                f"{stored[0] - stored[1]:,}",
            ]
        )
    return table([f"{LARGE:,} samples", "clean", "with faults", "requests", "stored", "lost", "twice"], rows)


def _memory() -> str:
    mock: Harness = partial(_mocked, latency=0.0)
    sizes = [1000, 10_000, 100_000]
    peaks = {size: spent_by(mock, size, 100, 0) for size in sizes}
    rows = [
        [f"{size:,}", f"{spent.memory:.0f} MB", f"{spent.wall:.1f} s", f"{spent.cpu / size * 1000:.2f} ms"]
        for size, spent in peaks.items()
    ]
    return table(["samples", "peak", "wall", "CPU a sample"], rows)


def _mocked(work: Work, latency: float) -> Command:
    model: dict[str, object] = {"model": f"mock/{MODEL}", "args": {"replies": REPLY, "latency": latency}}
    return eval_command(work, model, {"concurrency": work.concurrency})


def spent_by(harness: Harness, samples: int, concurrency: int, latency: int) -> Spent:
    """What a whole evaluation takes, from the command to its end."""
    with work_of(samples, concurrency, latency) as work:
        spent = _spent(harness(work))
        print(f"  {harness} {samples} × {concurrency}: {spent}", file=sys.stderr)
        return spent


@contextmanager
def work_of(samples: int, concurrency: int, latency: int, *, faults: bool = False) -> Iterator[Work]:
    """A server, a file of samples and an empty folder."""
    arguments = [str(latency), *(["faults"] if faults else [])]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, "-m", "bench.endpoint", *arguments], stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        try:
            assert server.stdout is not None
            data = Path(folder) / "data.jsonl"
            with data.open("w") as lines:
                lines.writelines(f"{json.dumps(_question(number))}\n" for number in range(samples))
            yield Work(server.stdout.readline().strip(), data, Path(folder), concurrency, samples)
        finally:
            server.kill()


def _question(number: int) -> dict[str, str]:
    """Of five, four are answered as expected."""
    target = REPLY if number % 5 else "something else"
    return {"key": f"k{number}", "input": f"What is {number} plus {number}?", "target": target}


def _spent(command: Command) -> Spent:
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(command.args, stdout=said, stderr=said, env={**os.environ, **command.env})
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{command.args} left with {process.returncode}: {said.read()[-3000:].decode()}")
    return Spent(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _counts(work: Work) -> dict[str, int]:
    with urllib.request.urlopen(f"{work.url}/counts") as response:
        counts: dict[str, int] = json.load(response)
        return counts


def _stored(work: Work) -> tuple[int, int]:
    """Samples with an answer, and different ones among them."""
    log = work.folder / "out.jsonl"
    if log.exists():
        keys = [json.loads(line)["key"] for line in log.read_text().splitlines()]
        return len(keys), len(set(keys))
    import sqlite3  # noqa: PLC0415 - only here

    with sqlite3.connect(work.folder / "home" / "benchbook.db") as connection:
        question = "SELECT count(*), count(DISTINCT sample_id) FROM generations WHERE error IS NULL"
        every, different = connection.execute(question).fetchone()
        return every, different
