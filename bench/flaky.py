"""Verdicts that change: the reference solutions of HumanEval and of MBPP (sanitized), 20 times over, as many at once as
there are processors, within the limits of the tasks `humaneval` and `mbpp`, while as many other processes do nothing
but compute. The bar: not one that differs.

Not part of `make bench`, for it takes minutes: `python -m bench flaky`."""

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.peers.contenders import Problem
from bench.problems import humaneval, limits_of, mbpp
from bench.timing import table
from benchbook import Command, Limits, Sandbox, Use, opened

REPETITIONS = 20


def measure() -> str:
    """The table."""
    sets = {"HumanEval": (humaneval(), limits_of("humaneval")), "MBPP": (mbpp(), limits_of("mbpp"))}
    if not all(problems for problems, _ in sets.values()):
        return "Not measured: ../shared/data is not here."
    with _load():
        rows = [[name, *asyncio.run(_repeated(problems, limits))] for name, (problems, limits) in sets.items()]
    return table(["", "problems", "runs", "runs/s", "passed", "problems with differing verdicts"], rows)


@contextmanager
def _load() -> Iterator[None]:
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


async def _repeated(problems: Sequence[Problem], limits: Limits) -> list[str]:
    async with opened("sandbox", Use(name="ns")) as sandbox:
        began = time.perf_counter()
        verdicts = [
            await asyncio.gather(*(_verdict(sandbox, problem, limits) for problem in problems))
            for _ in range(REPETITIONS)
        ]
        wall = time.perf_counter() - began
    counts = [Counter(each) for each in zip(*verdicts, strict=True)]
    runs = REPETITIONS * len(problems)
    differing = [
        f"`{problem.entry_point}`: {dict(count)}"
        for problem, count in zip(problems, counts, strict=True)
        if len(count) > 1
    ]
    passed = sum(count["passed"] for count in counts)
    return [str(len(problems)), f"{runs:,}", f"{runs / wall:.0f}", f"{passed:,}", "; ".join(differing) or "none"]


async def _verdict(sandbox: Sandbox, problem: Problem, limits: Limits) -> str:
    command = Command(problem.program, test_code=problem.test_code, entry_point=problem.entry_point, limits=limits)
    result = await sandbox(command)
    if result.status != "completed":
        return f"{result.status}: {result.reason}"
    return result.test_error or "passed"
