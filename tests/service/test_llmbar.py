"""The recorded judges of LLMBar, replayed: accuracy, agreement of both orders and kappa are as they were published."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchbook.store import views
from benchbook.store.store import Store
from service.judged import judged

RUNS = [
    f"{data}.{judge}.{prompt}"
    for data in ("natural", "adversarial_gptinst")
    for judge in ("GPT-4", "ChatGPT")
    for prompt in ("Vanilla", "CoT")
]


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    shutil.copyfile(sqlite_template, tmp_path / "benchbook.db")
    with Store.open(f"sqlite:///{tmp_path}/benchbook.db", tmp_path / "blobs") as store:
        yield store


@pytest.mark.parametrize("recorded", RUNS)
def test_a_recorded_judge_has_the_published_figures(
    store: Store, tmp_path: Path, shared_data: Path, recorded: str
) -> None:
    folder = shared_data / "llmbar"
    rows = json.loads((folder / f"{recorded.partition('.')[0]}.json").read_text())
    judged_rows = [json.loads(line) for line in (folder / "judge_runs" / f"{recorded}.jsonl").read_text().splitlines()]
    published = json.loads((folder / "judge_runs" / f"{recorded}.statistics.json").read_text())
    answers = _judged(store, tmp_path, rows, judged_rows)
    labels = [{1: "first", 2: "second"}[row["label"]] for row in judged_rows]
    orders = [[each[at] for each in answers] for at in (0, 1)]
    right = [sum(a == b for a, b in zip(order, labels, strict=True)) for order in orders]
    assert [f"{n} / {len(labels)}" for n in right] == [
        published["correct_False"].split(" =")[0],
        published["correct_True"].split(" =")[0],
    ]
    both = sum(one == other == label for (one, other), label in zip(answers, labels, strict=True))
    assert f"{both} / {len(labels)}" == published["correct_both"].split(" =")[0]
    equal = sum(one == other for one, other in answers)
    assert f"{equal} / {len(labels)}" == published["equal"].split(" =")[0]
    # For this figure alone, its authors took what names no winner (once in two of the files) for the second.
    assert _kappa(*[[each or "second" for each in order] for order in orders]) == pytest.approx(
        published["kappa_agreement"], abs=1e-12
    )


def _judged(store: Store, tmp_path: Path, rows: Any, judged_rows: Any) -> list[list[str | None]]:
    """What the judge says of each pair in both orders, seen as the answers are named."""
    (tmp_path / "d.jsonl").write_text(
        "".join(
            json.dumps({"key": f"k{at}", "input": row["input"], "target": ""}) + "\n" for at, row in enumerate(rows)
        )
    )
    for at in (1, 2):
        lines = [{"key": f"k{n}", "text": row[f"output_{at}"]} for n, row in enumerate(rows)]
        (tmp_path / f"{at}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    said = [
        {"id": f"k{row['row']}", "order": order, "text": row["results"][0][f"swap = {swap}"]["completion"][0]}
        for row in judged_rows
        for swap, order in ((False, "first_second"), (True, "second_first"))
    ]
    (tmp_path / "judge.jsonl").write_text("".join(json.dumps(line) + "\n" for line in said))
    config = {
        "name": "llmbar",
        "models": [{"model": f"replay/{at}", "args": {"file": str(tmp_path / f"{at}.jsonl")}} for at in (1, 2)],
        "tasks": [{"name": "t", "dataset": {"jsonl": {"file": str(tmp_path / "d.jsonl")}}, "scorers": ["exact-match"]}],
        "judges": [
            {"rubric": "preference", "model": {"model": "replay/j", "args": {"file": str(tmp_path / "judge.jsonl")}}}
        ],
    }
    *_, judge = judged(store, config)
    assert judge.status == "completed"
    found: list[list[str | None]] = []
    for _, _, scores in views.generations(store, judge.id):
        whole = next(score for score in scores if score.name == "preference")
        ballots = whole.verdict.trace["ballots"]
        assert isinstance(ballots, list)
        found.append([str(one["said"]) if one["said"] else None for one in ballots if isinstance(one, dict)])
    return found


def _kappa(first: Sequence[str | None], second: Sequence[str | None]) -> float:
    n = len(first)
    counts = Counter(first), Counter(second)
    chance = sum(counts[0][answer] * counts[1][answer] for answer in {*first, *second}) / n**2
    return (sum(a == b for a, b in zip(first, second, strict=True)) / n - chance) / (1 - chance)
