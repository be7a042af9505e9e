"""Figures as tables on a terminal."""

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchbook.records.metrics import Metric
from benchbook.records.runs import Run

RATES = ("pass_rate", "mean")


def table_of(*columns: str, title: str | None = None) -> Table:
    """A table in the house style; a column is named with a leading `>` to stand right."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column.removeprefix(">"), justify="right" if column[0] == ">" else "left", overflow="fold")
    return table


def print_figures(runs: Sequence[Run], figures: dict[str, list[Metric]]) -> None:
    """One table a task: models down, slices across, each figure with its 95 % interval."""
    console = Console()
    for task in dict.fromkeys(run.spec.task.name for run in runs):
        of_task = [run for run in runs if run.spec.task.name == task]
        for score in _scores(of_task, figures):
            console.print(_table(f"{task} · {score}", of_task, figures, score))


def run_document(run: Run, metrics: Sequence[Metric]) -> dict[str, Any]:
    """A run with its figures, for machines."""
    hidden = {"id", "created_at", "run_id"}
    return {
        **run.model_dump(mode="json"),
        "metrics": [metric.model_dump(mode="json", exclude=hidden) for metric in metrics],
    }


def _scores(runs: Sequence[Run], figures: dict[str, list[Metric]]) -> list[str]:
    return list(dict.fromkeys(m.score for run in runs for m in figures[run.id] if m.name in RATES))


def _table(heading: str, runs: Sequence[Run], figures: dict[str, list[Metric]], score: str) -> Table:
    slices = list(dict.fromkeys(m.slice for run in runs for m in figures[run.id] if m.score == score and m.slice))
    rates = [f">{name}\n95 % interval" for name in ("all", *slices)]
    table = table_of("model", *rates, ">n", ">unscored", ">latency\np50", ">tokens/s", ">cost", title=heading)
    for run in runs:
        table.add_row(run.spec.model.name, *_cells(figures[run.id], score, slices, run))
    return table


def _cells(metrics: Sequence[Metric], score: str, slices: Sequence[str], run: Run) -> list[str]:
    rates = {m.slice: m for m in metrics if m.score == score and m.name in RATES}
    facts = {m.name: m.value for m in metrics if not m.score}
    whole = rates.get("")
    currency = run.spec.price.currency if run.spec.price else ""
    return [
        *(rate(rates.get(name)) for name in ["", *slices]),
        str(whole.n if whole else 0),
        str(whole.excluded if whole else 0),
        number(facts.get("latency_p50"), "{:.2f} s"),
        number(facts.get("tokens_per_second"), "{:.0f}"),
        number(facts.get("cost"), "{:.4f} " + currency),
    ]


def rate(metric: Metric | None) -> str:
    """`57.1 %` over its interval; a dash where there is nothing to show."""
    if metric is None or metric.value is None:
        return "–"
    if metric.low is None or metric.high is None:
        return f"{metric.value:.1%}"
    return f"{metric.value:.1%}\n{metric.low:.1%} – {metric.high:.1%}"


def number(value: float | None, form: str) -> str:
    """The value in its form; a dash where there is none."""
    return "–" if value is None else form.format(value).strip()
