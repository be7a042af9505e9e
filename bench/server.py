"""The API over a store of a million answers in 50 runs (two of them over 100,000 samples): what a request takes, by
`benchbook serve` in a process of its own, asked one after the other.

The bar: the first page of any list, and a page of filtered samples, p95 under 200 ms; the comparison of two runs of
100,000 samples under 2 s. PostgreSQL has the same rows, copied from SQLite. BENCH_ANSWERS makes a smaller store,
BENCH_STORE names a folder where both are kept for next time; BENCH_POSTGRESQL is the URL of an empty database to use
instead of a server of our own, which has 32 MB for buffers.

Not part of `make bench`, for making the stores takes minutes: `python -m bench server`."""

import json
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from bench.millions import ANSWERS, LARGE, stored
from bench.postgresql import postgresql_of
from bench.serving import served
from bench.timing import percentile, table

ASKED = 40
"""Requests of each kind; comparisons are asked for a tenth as often."""


def measure() -> str:
    """A table for each database."""
    return "\n\n".join(_parts())


def _parts() -> Iterator[str]:
    with stored() as (folder, runs):
        yield "**SQLite**:"
        yield _of(f"sqlite:///{folder}/benchbook.db", folder, runs)
        with postgresql_of(folder) as url:
            yield "**PostgreSQL**:"
            yield _of(url, folder, runs)


def _of(url: str, folder: Path, runs: dict[str, list[str]]) -> str:
    with served(url, folder) as address:
        rows = [[name, *_asked(address, path)] for name, path in _questions(address, runs)]
    return table(["asked for", "answer, kB", "p50, ms", "p95, ms", "n"], rows)


def _questions(address: str, runs: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    large, other = runs["large"]
    samples = f"/api/runs/{large}/samples"
    yield "the dashboard", "/api/overview"
    yield "experiments", "/api/experiments"
    yield "runs", "/api/runs"
    yield "a run", f"/api/runs/{large}"
    yield "samples of a run of 100,000", samples
    yield "… the second page", f"{samples}?after={_get(address, samples)['next']}"
    yield "… that failed their tests", f"{samples}?score=exact-match&label=failed"
    yield "… of a slice", f"{samples}?slice=law"
    yield "… of a slice, that failed", f"{samples}?slice=law&score=exact-match&label=failed"
    yield "… without an answer", f"{samples}?failed=true"
    yield "… with words that are in half", f"{samples}?q=perhaps"
    yield "… with words that are in one", f"{samples}?q=follows%20from%20{min(LARGE, ANSWERS // 4) - 2}%20and"
    yield "… the slowest first", f"{samples}?sort=latency&descending=true"
    yield "… the worst first", f"{samples}?sort=score&score=exact-match"
    yield "a sample", f"{samples}/4711/1"
    yield "data sets", "/api/datasets"
    yield "a comparison of two runs of 100,000", f"/api/compare?runs={large},{other}&score=exact-match"
    yield "… what got worse", f"/api/compare/samples?runs={large},{other}&score=exact-match&only=regressed"


def _asked(address: str, path: str) -> list[Any]:
    number = ASKED // 10 if path.startswith("/api/compare") else ASKED
    took, size = [], 0
    for _ in range(number + 1):
        began = time.perf_counter()
        with urllib.request.urlopen(address + path, timeout=120) as answer:
            size = len(answer.read())
        took.append((time.perf_counter() - began) * 1000)
    first, rest = took[0], took[1:]
    print(f"{path}: first {first:.0f} ms", file=sys.stderr)
    return [f"{size / 1000:.0f}", f"{median(rest):.1f}", f"{percentile(rest, 0.95):.1f}", number]


def _get(address: str, path: str) -> Any:
    with urllib.request.urlopen(address + path, timeout=120) as answer:
        return json.load(answer)
