"""Figures as tables on a terminal."""

from collections.abc import Sequence
from typing import Any, Literal

from rich import box
from rich.table import Table

from benchbook.cli.output import console
from benchbook.records.metrics import Metric
from benchbook.records.runs import Run
from benchbook.service.report_figures import UNISOLATED, WITHOUT_ISOLATION, cheatable, from_cache
from benchbook.service.report_text import percent
from benchbook.store import views
from benchbook.store.store import Store

RATES = ("pass_rate", "mean")


def table_of(*columns: str, title: str | None = None) -> Table:
    """A table in the house style. A column is named with a leading `>` to stand right, `=` to stay on one line."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column[0] == ">" else "left"
        name = column.lstrip(">=")
        table.add_column(name, justify=justify, overflow="fold", no_wrap=column[0] in "=>", min_width=len(name))
    return table


def print_figures(store: Store, runs: Sequence[Run], figures: dict[str, list[Metric]]) -> None:
    """For each task and score the rates of every model, slice by slice; then what the runs took.

    What makes the figures doubtful comes before them.
    """
    terminal = console()
    for run in runs:
        who = f"{run.spec.model.name} on {run.spec.task.name}"
        if run.environment.get("sandbox") == UNISOLATED:
            terminal.print(f"WARNING: {who}: {WITHOUT_ISOLATION}", style="bold red")
        if doubt := cheatable(figures[run.id]):
            terminal.print(f"{who}: {doubt}")
    for task in dict.fromkeys(run.spec.task.name for run in runs):
        of_task = [run for run in runs if run.spec.task.name == task]
        for score in _scores(of_task, figures):
            terminal.print(_rates(f"{task} · {score}", store, of_task, figures, score))
    terminal.print(_costs(runs, figures))
    for run in runs:
        if said := from_cache(run, figures[run.id]):
            terminal.print(f"{run.spec.model.name} on {run.spec.task.name}: {said}")


def run_document(run: Run, metrics: Sequence[Metric]) -> dict[str, Any]:
    """A run with its figures, for machines."""
    hidden = {"id", "created_at", "run_id"}
    return {
        **run.model_dump(mode="json"),
        "metrics": [metric.model_dump(mode="json", exclude=hidden) for metric in metrics],
    }


def _scores(runs: Sequence[Run], figures: dict[str, list[Metric]]) -> list[str]:
    return list(dict.fromkeys(m.score for run in runs for m in figures[run.id] if m.name in RATES))


def _rates(heading: str, store: Store, runs: Sequence[Run], figures: dict[str, list[Metric]], score: str) -> Table:
    table = table_of("model", "slice", "figure", ">value", ">95 % interval", ">n", ">unscored", title=heading)
    for run in runs:
        slices = ["", *views.dataset(store, run.dataset_id).slices]
        found = sorted((m for m in figures[run.id] if m.score == score), key=lambda m: slices.index(m.slice))
        for number, metric in enumerate(m for m in found if m.name in RATES or m.name.startswith("pass@")):
            name = run.spec.model.name if number == 0 else ""
            label = metric.name.replace("_", " ")
            shown = (percent(metric.value), interval(metric), str(metric.n), str(metric.excluded))
            table.add_row(name, metric.slice or "all", label, *shown)
        table.add_section()
    return table


def _costs(runs: Sequence[Run], figures: dict[str, list[Metric]]) -> Table:
    title = "What it took: seconds an answer, tokens, money"
    table = table_of("model", "task", ">p50", ">p95", ">tokens/s", ">tokens out", ">from cache", ">cost", title=title)
    for run in runs:
        facts = {m.name: m.value for m in figures[run.id] if not m.score}
        currency = run.spec.price.currency if run.spec.price else ""
        table.add_row(
            run.spec.model.name,
            run.spec.task.name,
            number(facts.get("latency_p50"), "{:.2f} s"),
            number(facts.get("latency_p95"), "{:.2f} s"),
            number(facts.get("tokens_per_second"), "{:.0f}"),
            number(facts.get("output_tokens"), "{:,.0f}"),
            number(facts.get("cached") or 0, "{:,.0f}"),
            number(facts.get("cost"), "{:.4f} " + currency),
        )
    return table


def interval(metric: Metric) -> str:
    """`45.0 – 68.4`, in per cent."""
    if metric.low is None or metric.high is None:
        return "–"
    return f"{metric.low * 100:.1f} – {metric.high * 100:.1f}"


def number(value: float | None, form: str) -> str:
    """The value in its form; a dash where there is none."""
    return "–" if value is None else form.format(value).strip()
