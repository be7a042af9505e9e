"""The published problems with their reference solutions, from ../shared/data."""

from pathlib import Path

from bench.peers.contenders import Problem
from benchbook import Limits, Reader, Row, TaskSpec, Use, build

SHARED = Path(__file__).parents[2] / "shared/data"


def humaneval() -> list[Problem]:
    """The 164 of HumanEval; none where the data is not here."""
    return _problems("humaneval", SHARED / "humaneval/HumanEval.jsonl.gz")


def mbpp() -> list[Problem]:
    """The 427 sanitized ones of MBPP; none where the data is not here."""
    return _problems("mbpp", SHARED / "mbpp/sanitized-mbpp.json")


def limits_of(task: str) -> Limits:
    """What the built-in task of that name allows a program."""
    spec: TaskSpec = build("task", Use(name=task, args={"data": "not read"}))
    [scorer] = spec.scorers
    return Limits.parse(scorer.args["limits"])


def _problems(reader: str, file: Path) -> list[Problem]:
    if not file.exists():
        return []
    read: Reader = build("reader", Use(name=reader, args={"data": str(file)}))
    return [_problem(row) for row in read()]


def _problem(row: Row) -> Problem:
    match row.metadata["solution"], row.target:
        case str(solution), {"entry_point": str(entry_point), "test_code": str(test_code)}:
            return Problem(solution, entry_point, test_code)
    raise ValueError(f"{row.key} has no solution, or no test code")
