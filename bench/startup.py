"""How long a command takes before it does anything, beside Python doing nothing. The bar: `--help` under 0.3 s."""

import sys

from bench.timing import command, in_turn, table


def measure() -> str:
    """The table."""
    python = sys.executable
    costs = in_turn(
        {
            "`python -c pass`": command([python, "-c", "pass"]),
            "`benchbook --help`": command([python, "-m", "benchbook", "--help"]),
            "`benchbook eval --help`": command([python, "-m", "benchbook", "eval", "--help"]),
        },
        rounds=9,
    )
    floor = costs["`python -c pass`"].wall
    rows = [[name, f"{cost.wall * 1000:.0f} ms", f"{cost.wall / floor:.1f}"] for name, cost in costs.items()]
    return table(["command", "wall", "× floor"], rows)
