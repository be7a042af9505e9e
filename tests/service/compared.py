"""Runs with answers that somebody compares."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchbook.records.record import derived_id
from benchbook.records.runs import Run
from benchbook.records.scores import Score
from benchbook.specs.datasets import Row
from benchbook.specs.verdicts import Author, Verdict
from benchbook.store import views
from benchbook.store.store import Store
from store.planned import NOW, answered, begun, data, queued


def runs_with(store: Store, questions: list[Row], texts: Sequence[Sequence[str]], passed: str = "good") -> list[Run]:
    """A run for each list of texts, which answers the questions in turn; a text that has `passed` in it has passed."""
    planned = queued(store, questions, runs=len(texts))
    _, samples = data(questions)
    runs = [begun(store, run) for run in planned]
    for run, said in zip(runs, texts, strict=True):
        store.record(
            run,
            [
                answered(run, sample, text=text, value=float(passed in text))
                for sample, text in zip(samples, said, strict=True)
            ],
        )
    return runs


def compared(
    store: Store, runs: tuple[Run, Run], at: int, value: float | None, author: Author = "human", **fields: Any
) -> Score:
    """Somebody has compared the two runs' answers to the sample at that place: 1.0 prefers the first run's."""
    found = {run.id: [generation for _, generation, _ in views.generations(store, run.id)] for run in runs}
    first, second = (found[run.id][at] for run in runs)
    said: Mapping[str, Any] = {"author_id": "ann", "author_version": "", "name": "preference", **fields}
    verdict = Verdict(
        name=said["name"],
        value=value,
        confidence=said.get("confidence"),
        error="could not be read" if value is None else None,
    )
    score = Score(
        id=derived_id("score", first.id, second.id, value, author, *said.values()),
        created_at=NOW,
        run_id=said.get("run_id", first.run_id),
        generation_id=first.id,
        other_generation_id=second.id,
        author=author,
        author_id=said["author_id"],
        author_version=said["author_version"],
        verdict=verdict,
        rubric=said.get("rubric"),
        supersedes=said.get("supersedes"),
    )
    store.add_scores([score])
    return score
