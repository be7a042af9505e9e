"""Following a run on the terminal: a bar where there is a person, plain lines elsewhere."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from benchbook.cli.output import console
from benchbook.cli.text import printable
from benchbook.records.events import RunEvent
from benchbook.records.runs import Run

LINE_EVERY = 5.0
"""Seconds between plain lines."""
_ROOMY = 100
"""Columns from which on there is room for a long bar."""


@dataclass
class _Counts:
    done: int = 0
    tokens: int = 0
    zeros: int = 0
    flagged: int = 0
    errors: int = 0
    began: float = field(default_factory=time.monotonic)

    def add(self, event: RunEvent) -> None:
        self.done += 1
        if event.generation is None or event.generation.output is None:
            self.errors += 1
            return
        self.tokens += event.generation.output.usage.output_tokens
        self.zeros += any(score.value == 0 for score in event.scores)
        self.flagged += any(score.verdict.label == "flagged" for score in event.scores)
        self.errors += any(score.verdict.error for score in event.scores)

    def words(self, run: Run) -> str:
        seconds = max(time.monotonic() - self.began, 1e-9)
        told = f"{self.flagged} flagged" if run.spec.judging else f"{self.zeros} with a score of 0"
        parts = [f"{self.done / seconds:.1f}/s", f"{self.tokens:,} tokens", told]
        return " · ".join([*parts, f"{self.errors} errors"] if self.errors else parts)


class _Giving(TextColumn):
    """Words that give way on a narrow terminal, so that how far a run is can be seen there, too."""

    def __init__(self, form: str, style: str = "none") -> None:
        super().__init__(form, style=style, markup=False, table_column=Column())

    def render(self, task: Task) -> Text:
        """The words, on one line."""
        text = super().render(task)
        text.no_wrap, text.overflow = True, "ellipsis"
        return text


class Follow:
    """A sink that shows samples done, rate, tokens, zeros and time left."""

    def __init__(self, already_done: dict[str, int]) -> None:
        self._already = already_done
        self._counts: dict[str, _Counts] = {}
        self._bars: dict[str, TaskID] = {}
        self._last_line = 0.0
        self._said: dict[str, int] = {}
        """How many samples of each run the last line spoke of."""
        self._console = console(stderr=True)
        self._progress = Progress(
            _Giving("{task.description}"),
            BarColumn(bar_width=24 if self._console.width >= _ROOMY else 12),
            MofNCompleteColumn(),
            _Giving("{task.fields[words]}", style="dim"),
            TimeRemainingColumn(compact=True),
            console=self._console,
            disable=not sys.stderr.isatty(),
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def __call__(self, run: Run, events: Sequence[RunEvent]) -> None:
        """Take in what has just been stored."""
        counts = self._counts.setdefault(run.id, _Counts())
        for event in events:
            if event.kind == "sample_done":
                counts.add(event)
            if event.kind == "warning":
                self.say(f"warning: {event.body.get('message')}")
        done = min(self._already.get(run.id, 0) + counts.done, run.total)
        if self._progress.disable:
            self._line(run, done, counts)
        else:
            self._bar(run, done, counts)

    def say(self, message: str) -> None:
        """A line above the bars."""
        self._console.print(printable(message), soft_wrap=True)

    def _bar(self, run: Run, done: int, counts: _Counts) -> None:
        if run.id not in self._bars:
            self._bars[run.id] = self._progress.add_task(title(run), total=run.total, words="")
        self._progress.update(self._bars[run.id], completed=done, words=counts.words(run))

    def _line(self, run: Run, done: int, counts: _Counts) -> None:
        now = time.monotonic()
        if now - self._last_line < LINE_EVERY and (done < run.total or self._said.get(run.id) == done):
            return
        self._last_line, self._said[run.id] = now, done
        rate = counts.done / max(now - counts.began, 1e-9)
        left = f" · {_span((run.total - done) / rate)} left" if counts.done and done < run.total else ""
        self.say(f"{title(run)}  {done}/{run.total} · {counts.words(run)}{left}")


def _span(seconds: float) -> str:
    """`42 s`, `48 min`, `3 h 05 min`."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def title(run: Run) -> str:
    """A run in few words."""
    return f"{run.spec.model.name} {'judges' if run.spec.judging else 'on'} {run.spec.task.name}"
