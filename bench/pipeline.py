"""2,000 samples from a mock model with exact match, whole processes: everything stored, shown and reported by
`benchbook eval`, beside a bare asyncio loop that compares and writes a JSON line a sample. What lies between is the
price of specs, database, events, metrics and reports."""

import json
import os
import sys
import tempfile
from pathlib import Path

from bench.timing import command, in_turn, table

SAMPLES = 2000
FLOOR = """
import asyncio, json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
async def ask(row): return "x"
async def main():
    gate = asyncio.Semaphore(100)
    async def one(row, out):
        async with gate:
            text = await ask(row)
            out.write(json.dumps({**row, "text": text, "score": float(text == row["target"])}) + "\\n")
    with open(sys.argv[2], "w", buffering=1) as out:
        await asyncio.gather(*(one(row, out) for row in rows))
asyncio.run(main())
"""


def measure() -> str:
    """The table."""
    with tempfile.TemporaryDirectory() as folder:
        data, out, config = (Path(folder) / name for name in ("data.jsonl", "out.jsonl", "config.yaml"))
        rows = ({"key": f"k{n}", "input": f"question {n}", "target": "x"} for n in range(SAMPLES))
        data.write_text("".join(json.dumps(row) + "\n" for row in rows))
        config.write_text(
            f"name: bench\nmodels: [{{model: mock/x, args: {{replies: x}}}}]\n"
            f"tasks: [{{name: t, dataset: {{jsonl: {{file: {data}}}}}, scorers: [exact-match]}}]\n"
            "run: {concurrency: 100}\n"
        )
        environment = {**os.environ, "BENCHBOOK_HOME": f"{folder}/home"}
        costs = in_turn(
            {
                "bare loop": command([sys.executable, "-c", FLOOR, str(data), str(out)]),
                "`benchbook eval`": command([sys.executable, "-m", "benchbook", "eval", str(config)], environment),
            },
            rounds=3,
        )
    return table(
        ["2,000 samples", "wall", "samples/s", "CPU a sample"],
        [
            [name, f"{cost.wall:.2f} s", f"{SAMPLES / cost.wall:,.0f}", f"{cost.cpu / SAMPLES * 1000:.2f} ms"]
            for name, cost in costs.items()
        ],
    )
