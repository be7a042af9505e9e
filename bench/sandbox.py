"""300 tiny programs, one call each: our pool with one worker and full isolation, beside a fresh `python -I -S` a
program without any isolation, which is what a harness pays that starts an interpreter each time."""

import asyncio
import subprocess
import sys

from bench.timing import in_turn, table
from benchbook import Call, Command, Use, opened

PROGRAMS = 300
PROGRAM = "def add(a, b):\n    return a + b\n"


def measure() -> str:
    """The table."""
    costs = in_turn({"fresh interpreter, no isolation": _fresh, "`ns`, one worker": _pooled}, rounds=3)
    rows = [
        [name, f"{PROGRAMS / cost.wall:.0f}", *(f"{each / PROGRAMS * 1000:.1f} ms" for each in (cost.wall, cost.cpu))]
        for name, cost in costs.items()
    ]
    return table(["300 programs", "programs/s", "wall a program", "CPU a program"], rows)


def _fresh() -> None:
    for number in range(PROGRAMS):
        program = f"{PROGRAM}print(add({number}, 1))"
        done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
        assert int(done.stdout) == number + 1


def _pooled() -> None:
    """Start-up of the pool included."""
    asyncio.run(_all_in_turn())


async def _all_in_turn() -> None:
    async with opened("sandbox", Use(name="ns", args={"workers": 1})) as sandbox:
        for number in range(PROGRAMS):
            result = await sandbox(Command(program=PROGRAM, calls=(Call("add", (number, 1)),)))
            assert result.calls[0].value == number + 1, result
