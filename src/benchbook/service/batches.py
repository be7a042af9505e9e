"""The files of a batch, besides the database: every verdict as it comes, two documents at the end, and a log a run.

What is appended is told after it was stored, so nothing stands here that is not there. A batch that was interrupted is
gone on with: a torn last line is cut off, and what is stored but not in the file is added.
"""

import json
import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any, TextIO

from pydantic_core import to_json

from benchbook.errors import SpecError
from benchbook.records.events import RunEvent
from benchbook.records.runs import Experiment, Run
from benchbook.records.scores import Score
from benchbook.service.batch_documents import evaluation, opinions_of, results, summary
from benchbook.service.files import folder_ready, written_whole
from benchbook.store import views
from benchbook.store.store import Store

PACE = 1.0
"""Seconds that verdicts wait in order to be appended together: writing them is not to slow down who gives them."""


@dataclass(frozen=True)
class Written:
    """Where the files of a batch are."""

    evaluations: Path
    formatted: Path
    final_results: Path


class Batch:
    """A sink that keeps the files of a batch."""

    def __init__(self, store: Store, folder: Path, stem: str, every: float = PACE) -> None:
        folder_ready(folder)
        self.folder, self.stem = folder, stem
        self.trouble: str | None = None
        """Why nothing was appended any more, if so."""
        self._store, self._every = store, every
        self._waiting: list[tuple[Run, RunEvent]] = []
        self._due = time.monotonic() + every
        self._models: dict[str, str] = {}
        self._known = _mended(self._evaluations)

    def __call__(self, run: Run, events: Sequence[RunEvent]) -> None:
        """Take in what has just been stored."""
        self._waiting += [(run, event) for event in events]
        if time.monotonic() >= self._due:
            self._flush()

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            for run_id in dict.fromkeys(run.id for run, _ in waiting):
                of_run = [_logged(event) for run, event in waiting if run.id == run_id]
                _append(self.folder / f"{self.stem}_{run_id}.log", of_run)
            self._append([score for _, event in waiting for score in event.scores])
        except OSError as err:
            # The run goes on: it is all in the database, and the files are completed in the end.
            self.trouble = f"{self.folder} cannot be written: {err.strerror or err}"
        self._due = time.monotonic() + self._every

    def finish(self, runs: Sequence[Run]) -> Written:
        """Complete the verdicts that these runs brought, and write the two documents, each whole."""
        self._flush()
        try:
            for run in runs:
                self._append(views.brought(self._store, run.id, but=self._known))
        except OSError as err:
            raise SpecError(f"cannot write {self._evaluations}: {err.strerror or err}") from err
        judging = views.judged_runs(self._store, [run.id for run in runs])
        judged = sorted({run_id for those in judging.values() for run_id in those})
        answered = {run.id: run for run in runs if run.id not in judging}
        answered |= {run_id: views.run(self._store, run_id) for run_id in judged if run_id not in answered}
        whose = list(answered.values())
        head = {"batch": self.stem, "summary": summary(self._store, whose, [run for run in runs if run.id in judging])}
        told = Written(self._evaluations, self._place("evaluations_formatted"), self._place("final_results"))
        with written_whole(told.formatted) as opinions, written_whole(told.final_results) as joined:
            joined.write(_text(head).removesuffix("\n}") + ',\n"results": [')
            opinions.write("[")
            _write_tasks(results(self._store, whose), opinions, joined)
            opinions.write("\n]\n")
            joined.write("\n]\n}\n")
        return told

    @property
    def _evaluations(self) -> Path:
        return self.folder / f"{self.stem}_evaluations.jsonl"

    def _place(self, what: str) -> Path:
        return self.folder / f"{self.stem}_{what}.json"

    def _append(self, scores: Iterable[Score]) -> None:
        new: list[Score] = []
        for score in scores:
            if score.id not in self._known:
                new.append(score)
            if len(new) == views.PAGE:
                self._append_page(new)
                new = []
        self._append_page(new)

    def _append_page(self, scores: Sequence[Score]) -> None:
        if not scores:
            _append(self._evaluations, [])
            return
        ids = {one for score in scores for one in (score.generation_id, score.other_generation_id) if one}
        places = views.places_of(self._store, sorted(ids))
        for run_id in {place.run_id for place in places.values()} - self._models.keys():
            self._models[run_id] = views.run(self._store, run_id).spec.model.name
        lines = [_line(evaluation(score, self._models, places)) for score in scores]
        _append(self._evaluations, lines)
        self._known.update(score.id for score in scores)


def of(store: Store, experiment: Experiment, folder: Path) -> Batch:
    """The batch of an experiment that is carried out; when that is gone on with, the same is found again."""
    place = folder / named(experiment.name, experiment.created_at, experiment.id[-4:])
    return Batch(store, place, experiment.name)


def write(store: Store, runs: Sequence[Run], folder: Path, now: datetime) -> Written:
    """The files of these runs, in a new folder below `folder`."""
    name = views.experiment(store, runs[0].experiment_id).name
    place = folder / named(name, now)
    number = 1
    while place.exists():
        number += 1
        place = folder / named(name, now, str(number))
    return Batch(store, place, name).finish(runs)


def named(name: str, at: datetime, more: str = "") -> str:
    """The folder of a batch: its name and time."""
    return "_".join(part for part in (name, at.astimezone(UTC).strftime("%Y%m%d_%H%M%S"), more) if part)


def _mended(path: Path) -> set[str]:
    """The ids of the verdicts that are in the file, whose last line is cut off if it was not written to its end."""
    found: set[str] = set()
    try:
        with path.open("rb+") as file:
            sound = 0
            for line in file:
                if not line.endswith(b"\n"):
                    file.truncate(sound)
                    break
                sound += len(line)
                with suppress(ValueError):
                    found.add(json.loads(line)["evaluation_id"])
    except FileNotFoundError:
        return set()
    except OSError as err:
        raise SpecError(f"cannot go on with {path}: {err.strerror or err}") from err
    return found


def _append(path: Path, lines: Sequence[str]) -> None:
    """Add lines, all of them at once."""
    body = memoryview("".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace"))
    with FileIO(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644), "w") as file:
        while body:
            body = body[file.write(body) :]


def _logged(event: RunEvent) -> str:
    """The event as a line of a log: all of it that is small, and what was said, in short."""
    level = "WARNING" if event.kind == "warning" else "INFO" if event.kind.startswith("run_") else "DEBUG"
    if event.generation is not None and event.generation.error:
        level = "WARNING"
    said = [f"{score.name}={score.verdict.error or score.verdict.label or score.value}" for score in event.scores]
    error = {"error": event.generation.error} if event.generation and event.generation.error else {}
    body = json.dumps({**event.body, **error, **({"scores": said} if said else {})}, default=str)
    subject = f" {json.dumps(event.subject)}" if event.subject else ""
    moment = event.created_at.astimezone(UTC).isoformat(timespec="milliseconds")
    return f"{moment} {level} attempt {event.attempt} {event.kind}{subject} {body}"


def _write_tasks(tasks: Iterable[dict[str, Any]], opinions: TextIO, joined: TextIO) -> None:
    """Tasks as items of one document, the opinions in them as items of the other, in one pass."""
    between, before = "\n", "\n"
    for task in tasks:
        joined.write(between + _text(task))
        between = ",\n"
        for opinion in opinions_of(task):
            opinions.write(before + _text(opinion))
            before = ",\n"


def _line(value: Any) -> str:
    return to_json(value, ensure_ascii=True).decode()


def _text(value: Any) -> str:
    return to_json(value, indent=2, ensure_ascii=True).decode()
