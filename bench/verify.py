"""Answers verified, beside math-verify on the same pairs in the same run, where it is installed (`pip install
math-verify`): how many are told right, how many false ones are accepted, and the time for each, with warm workers. The
bars: half of all pairs in less than 5 ms, 95 of 100 in less than 50 ms.

The pairs are our own (tests/data/answers) and those of ../shared/data. math-verify gets each side in dollar signs, as
its documentation asks; both lean to hard forms, and ours were written with our verifier at hand: times compare, and
shares do not predict benchmark accuracy.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench.timing import percentile, table
from benchbook import verifier

ROOT = Path(__file__).parents[1]
FILES = {
    "own": ROOT / "tests/data/answers/pairs.jsonl",
    "shared": ROOT.parent / "shared/data/math_equivalence/own_pairs_dev.jsonl",
}
Answer = tuple[bool, float]
"""Whether two answers are called equal, and the seconds it took."""


def measure() -> str:
    """The table."""
    contenders: dict[str, Callable[[Sequence[dict[str, Any]]], list[Answer]]] = {"benchbook": _ours}
    if find_spec("math_verify"):
        contenders["math-verify"] = _math_verify
    rows = [
        _row(f"{name}, {pairs}", found, act(found))
        for pairs, path in FILES.items()
        if path.exists()
        for found in [_pairs(path)]
        for name, act in contenders.items()
    ]
    missing = "" if "math-verify" in contenders else "\n\nmath-verify is not installed here."
    return table(["", "pairs", "right", "false accepts", "p50", "p95", "longest"], rows) + missing


def _row(name: str, pairs: Sequence[dict[str, Any]], answers: Sequence[Answer]) -> list[object]:
    right = sum(equal == pair["equivalent"] for pair, (equal, _) in zip(pairs, answers, strict=True))
    accepted = sum(equal and not pair["equivalent"] for pair, (equal, _) in zip(pairs, answers, strict=True))
    unequal = sum(not pair["equivalent"] for pair in pairs)
    spent = [seconds for _, seconds in answers]
    times = [f"{each * 1000:.1f} ms" for each in (percentile(spent, 0.5), percentile(spent, 0.95), max(spent))]
    return [name, len(pairs), f"{100 * right / len(pairs):.1f} %", f"{accepted} of {unequal}", *times]


def _pairs(path: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [row for row in rows if row["equivalent"] is not None]


def _ours(pairs: Sequence[dict[str, Any]]) -> list[Answer]:
    async def all_of_them() -> list[Answer]:
        answers = list[Answer]()
        async with verifier(1) as pool:
            await pool.compare(r"\sqrt2", "x")
            for pair in pairs:
                began = time.perf_counter()
                found = await pool.verify(pair["gold"], pair["pred"])
                answers.append((found.verdict == "equal", time.perf_counter() - began))
        return answers

    return asyncio.run(all_of_them())


def _math_verify(pairs: Sequence[dict[str, Any]]) -> list[Answer]:
    peer = import_module("math_verify")
    answers = list[Answer]()
    for pair in [pairs[0], *pairs]:
        began = time.perf_counter()
        gold, pred = (peer.parse(f"${pair[side]}$") for side in ("gold", "pred"))
        equal = bool(peer.verify(gold, pred))
        answers.append((equal, time.perf_counter() - began))
    # The first one warms up.
    return answers[1:]
