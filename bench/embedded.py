"""SmolLM2-135M on ten problems of `easy`: the whole of `benchbook eval` (loading, asking, sandbox, store, report)
beside the same weights asked the same prompts in a bare loop. The bar: nearly all of the time is the model's own."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.timing import command, in_turn, table
from benchbook import GenerateConfig, Message, ModelSpec, Request, opened

EVAL = ["eval", "--task", "python-coding", "--model", "llamacpp/smollm2-135m", "--limit", "10"]
LOOP = "import bench.embedded; bench.embedded.bare_loop()"


def measure() -> str:
    """The table."""
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "asked.jsonl"
        benchbook = [sys.executable, "-m", "benchbook"]
        subprocess.run([*benchbook, *EVAL], check=True, capture_output=True)
        exported = subprocess.run([*benchbook, "export", "python-coding"], check=True, capture_output=True, text=True)
        asked.write_text(exported.stdout)
        environment = {**os.environ, "BENCH_ASKED": str(asked)}
        costs = in_turn(
            {
                "bare loop": command([sys.executable, "-c", LOOP], environment),
                "`benchbook eval`": command([*benchbook, *EVAL]),
            },
            rounds=3,
        )
    floor = costs["bare loop"].wall
    rows = [[name, f"{cost.wall:.1f} s", f"{cost.wall / floor:.2f}"] for name, cost in costs.items()]
    return table(["10 problems", "wall", "× bare loop"], rows)


def bare_loop() -> None:
    """Ask the recorded prompts again, one after the other, and keep nothing."""
    lines = Path(os.environ["BENCH_ASKED"]).read_text().splitlines()
    asyncio.run(_asked([json.loads(line) for line in lines]))


async def _asked(rows: list[dict[str, Any]]) -> None:
    async with opened("runtime", ModelSpec(model="llamacpp/smollm2-135m").runtime) as runtime:
        for row in rows:
            turns = tuple(Message(**turn) for turn in row["prompt"])
            request = Request(turns, GenerateConfig(max_tokens=256), row["sample"], 1, shared=len(turns) - 1)
            await runtime.generate(request)
