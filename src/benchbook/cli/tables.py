"""Figures as tables on a terminal."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import click
from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from benchbook.cli.output import console, note
from benchbook.cli.text import printable
from benchbook.records.metrics import RATES, Metric
from benchbook.records.runs import Run
from benchbook.service import stopping
from benchbook.service.report_figures import UNISOLATED, WITHOUT_ISOLATION, cheatable, from_cache
from benchbook.service.report_judging import Flag, by_rule, doubts, flagged
from benchbook.service.report_text import percent
from benchbook.service.runs import broken_off
from benchbook.specs.rubrics import Rubric
from benchbook.store import views
from benchbook.store.store import Store

_FLAGGED = 12
"""Flagged answers that are listed."""
_NARROW = 12
"""Letters below which a column of words is hard to read."""


def table_of(*columns: str, title: str | None = None) -> Table:
    """A table in the house style. A column is named with a leading `>` to stand right, `=` to stay on one line."""
    table = _Fitting(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column[0] == ">" else "left"
        name = column.lstrip(">=")
        table.add_column(name, justify=justify, overflow="fold", no_wrap=column[0] in "=>", min_width=len(name))
    return table


def print_table(table: Table, otherwise: str) -> None:
    """The table, or where it has no row what to do to have one."""
    if table.row_count:
        console().print(table)
    else:
        note(otherwise)


class _Fitting(Table):
    """A table; on a terminal too narrow for it a paragraph a row, for columns that are cut off would lie."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        edges = 3 * len(self.columns) - 1
        if sum(map(_least, self.columns)) + edges <= options.max_width:
            yield from super().__rich_console__(console, options)
        else:
            yield from self._paragraphs()

    def _paragraphs(self) -> Iterator[Text | Padding]:
        if self.title:
            yield Text(str(self.title), "bold")
        names = [str(column.header) for column in self.columns]
        for first, *rest in zip(*(column.cells for column in self.columns), strict=True):
            if first:
                yield Text(str(first), "" if self.title else "bold", overflow="fold")
            told = (f"{name} {cell}" for name, cell in zip(names[1:], rest, strict=True) if cell)
            yield Padding(Text("; ".join(told), overflow="fold"), (0, 0, 0, 2))
        yield Text()


def _least(column: Column) -> int:
    """The letters without which the column cannot be read."""
    cells = [str(cell) for cell in column.cells]
    if column.no_wrap:
        return max(map(cell_len, [str(column.header), *cells]))
    words = max((cell_len(word) for cell in cells for word in cell.split()), default=0)
    return max(cell_len(str(column.header)), min(words, _NARROW))


def print_figures(store: Store, runs: Sequence[Run], figures: dict[str, list[Metric]]) -> None:
    """For each task and score the rates of every model, slice by slice; then what the runs took.

    What makes the figures doubtful comes before them.
    """
    terminal = console()
    every, runs = runs, [run for run in runs if not run.spec.judging]
    for run in runs:
        who = f"{run.spec.model.name} on {run.spec.task.name}"
        if run.environment.get("sandbox") == UNISOLATED:
            terminal.print(f"WARNING: {who}: {WITHOUT_ISOLATION}", style="bold red")
        if early := stopping.said(run):
            terminal.print(f"{who}: {printable(early)}")
        if doubt := cheatable(figures[run.id]):
            terminal.print(f"{who}: {doubt}")
    for task in dict.fromkeys(run.spec.task.name for run in runs):
        of_task = [run for run in runs if run.spec.task.name == task]
        for score in _scores(of_task, figures):
            terminal.print(_rates(f"{task} · {score}", store, of_task, figures, score))
    for run in every:
        print_judging(store, run, figures[run.id])
    terminal.print(_costs(every, figures))
    for run in runs:
        if said := from_cache(run, figures[run.id]):
            terminal.print(f"{run.spec.model.name} on {run.spec.task.name}: {said}")


def print_judging(store: Store, run: Run, figures: Sequence[Metric]) -> None:
    """What a judge run found: a line a criterion, the audit, and why answers are flagged."""
    judging = run.spec.judging
    if judging is None:
        return
    rubric_ = judging.rubric
    click.secho(printable(f"\n{run.spec.model.name} on {run.spec.task.name}, by {rubric_.name}"), bold=True)
    click.echo(printable(f"{run.id}, {run.status}" + (f": {run.error}" if run.error else "")))
    console().print(_criteria_table(rubric_, figures))
    for line in (*doubts(run, figures), _took(run, figures)):
        click.echo(printable(line))
    found = list(flagged(store, run))
    if found:
        console().print(_flags_table(found))


def run_document(store: Store, run: Run, metrics: Sequence[Metric]) -> dict[str, Any]:
    """A run with its figures, for machines."""
    hidden = {"id", "created_at", "run_id"}
    return {
        **run.model_dump(mode="json"),
        "broken_off": broken_off(store, run),
        "metrics": [metric.model_dump(mode="json", exclude=hidden) for metric in metrics],
    }


def _scores(runs: Sequence[Run], figures: dict[str, list[Metric]]) -> list[str]:
    return list(dict.fromkeys(m.score for run in runs for m in figures[run.id] if m.name in RATES))


def _rates(heading: str, store: Store, runs: Sequence[Run], figures: dict[str, list[Metric]], score: str) -> Table:
    table = table_of("model", "slice", "figure", ">value", ">95 % interval", ">n", ">unscored", title=heading)
    for run in runs:
        order = {part: at for at, part in enumerate(["", *views.dataset(store, run.dataset_id).slices])}
        # Crossed slices are none of the data set's, and come after those that are.
        found = sorted(
            (m for m in figures[run.id] if m.score == score), key=lambda m: (order.get(m.slice, len(order)), m.slice)
        )
        metrics = {use.name for use in run.spec.task.metrics}
        for number, metric in enumerate(m for m in found if _is_rate(m) or m.name in metrics):
            name = run.spec.model.name if number == 0 else ""
            label = metric.name.replace("_", " ")
            shown = (worth(metric), interval(metric), str(metric.n), str(metric.excluded))
            table.add_row(name, metric.slice or "all", label, *shown)
        table.add_section()
    return table


def _costs(runs: Sequence[Run], figures: dict[str, list[Metric]]) -> Table:
    title = "What it took: seconds an answer, tokens, money"
    table = table_of(
        "model", "task", ">p50", ">p95", ">p99", ">tokens/s", ">tokens out", ">from cache", ">cost", title=title
    )
    for run in runs:
        facts = {m.name: m.value for m in figures[run.id] if not m.score}
        currency = run.spec.price.currency if run.spec.price else ""
        table.add_row(
            run.spec.model.name,
            run.spec.task.name,
            number(facts.get("latency_p50"), "{:.2f} s"),
            number(facts.get("latency_p95"), "{:.2f} s"),
            number(facts.get("latency_p99"), "{:.2f} s"),
            number(facts.get("tokens_per_second"), "{:.0f}"),
            number(facts.get("output_tokens"), "{:,.0f}"),
            number(facts.get("cached") or 0, "{:,.0f}"),
            number(facts.get("cost"), "{:.4f} " + currency),
        )
    return table


def _criteria_table(rubric_: Rubric, figures: Sequence[Metric]) -> Table:
    table = table_of("criterion", ">value", ">95 % interval", ">n", ">unscored", "answers")
    for path, name in (("", rubric_.name), *rubric_.criteria()):
        own = [metric for metric in figures if metric.score == name and not metric.slice]
        rate = next((metric for metric in own if metric.name in RATES), None)
        labels = {m.name.removeprefix("label."): int(m.value or 0) for m in own if m.name.startswith("label.")}
        answers = ", ".join(f"{label.replace('_', ' ')}: {n}" for label, n in labels.items() if label != "unscored")
        shown = (worth(rate), interval(rate), str(rate.n), str(rate.excluded)) if rate else ("–",) * 4
        table.add_row("  " * path.count("/") + (path.rpartition("/")[2] or "the whole"), *shown, answers)
    return table


def _took(run: Run, figures: Sequence[Metric]) -> str:
    counts = {m.name: m.value for m in figures if not m.score}
    told = f"{counts.get('output_tokens') or 0:,.0f} tokens out, {counts.get('cached') or 0:,.0f} from the cache"
    currency = run.spec.price.currency if run.spec.price else ""
    cost = counts.get("cost")
    return f"It took {told}" + (f", {number(cost, '{:.4f}')} {currency}" if cost is not None else "")


def _flags_table(found: Sequence[tuple[str, list[Flag]]]) -> Table:
    told = ", ".join(f"{rule.replace('_', ' ')} {n}" for rule, n in by_rule(found).most_common())
    more = f"; the first {_FLAGGED} of {len(found)}" if len(found) > _FLAGGED else ""
    table = table_of("sample", "why", title=f"Flagged ({told}){more}")
    for key, flags in found[:_FLAGGED]:
        reasons = [f"{flag['item'] or 'the whole'}: {flag['reason']}" for flag in flags]
        rest = f" (+ {len(reasons) - 2} more)" if len(reasons) > 2 else ""
        table.add_row(printable(key), printable("; ".join(reasons[:2])[:240] + rest))
    return table


def worth(metric: Metric) -> str:
    """`57.1 %`; where it is no share, the number."""
    return percent(metric.value) if _is_share(metric) else number(metric.value, "{:,.3f}")


def interval(metric: Metric) -> str:
    """`45.0 – 68.4`, in per cent where the figure is a share."""
    if metric.low is None or metric.high is None:
        return "–"
    if not _is_share(metric):
        return f"{metric.low:,.3f} – {metric.high:,.3f}"
    return f"{metric.low * 100:.1f} – {metric.high * 100:.1f}"


def _is_rate(metric: Metric) -> bool:
    return metric.name in RATES or metric.name.startswith(("pass@", "pass^"))


def _is_share(metric: Metric) -> bool:
    ends = (end for end in (metric.value, metric.low, metric.high) if end is not None)
    return _is_rate(metric) and all(0 <= end <= 1 for end in ends)


def number(value: float | None, form: str) -> str:
    """The value in its form; a dash where there is none."""
    return "–" if value is None else form.format(value).strip()
