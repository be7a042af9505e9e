"""The options that bound what an experiment spends, and the table that says beforehand what it would."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import click

from benchbook.cli.output import console, note, print_json
from benchbook.cli.tables import number, table_of
from benchbook.errors import SpecError
from benchbook.service.forecasts import Forecast, document, total
from benchbook.specs.budgets import Budget, seconds_of

Command = TypeVar("Command", bound=Callable[..., Any])


def budget_options(command: Command) -> Command:
    """`--max-cost`, `--max-tokens`, `--max-time`."""
    cost = click.option("--max-cost", type=float, help="Stop, to be resumed, before it costs more than this in all.")
    tokens = click.option("--max-tokens", type=click.IntRange(min=1), help="The same for tokens, in and out.")
    time = click.option("--max-time", metavar="TIME", help="The same for time of work: 90s, 30m, 2h.")
    return cost(tokens(time(command)))


def budget_of(max_cost: float | None, max_tokens: int | None, max_time: str | None) -> Budget:
    """What the options say."""
    seconds = None
    if max_time is not None:
        try:
            seconds = float(seconds_of(max_time if not max_time.replace(".", "", 1).isdigit() else float(max_time)))
        except ValueError as err:
            raise SpecError(f"--max-time: {err}") from None
    given = {"max_cost": max_cost, "max_tokens": max_tokens, "max_time": seconds}
    return Budget.parse({name: value for name, value in given.items() if value is not None})


def options_of(budget: Budget) -> str:
    """What one has to say for this budget."""
    given = budget.model_dump(exclude_none=True)
    return " ".join(f"--{name.replace('_', '-')} {_plainly(value)}" for name, value in given.items())


def print_forecasts(name: str, forecasts: Sequence[Forecast], *, as_json: bool) -> None:
    """What each run would take, and all of them."""
    if as_json:
        print_json({"experiment": name, "runs": [document(one) for one in forecasts], "total": total(forecasts)})
        return
    title = f"{name}: what it would take (nothing is asked, spent or written)"
    table = table_of("model", "task", ">requests", ">tokens in", ">out", ">cost", ">time", title=title)
    for one in forecasts:
        currency = one.run.spec.price.currency if one.run.spec.price else ""
        table.add_row(
            one.run.spec.model.name,
            one.run.spec.task.name,
            f"{one.requests:,}\n{one.known:,} in cache",
            f"{one.input_tokens:,}",
            f"{number(one.output_tokens, '{:,}')}\n≤ {one.most_output_tokens:,}",
            f"{number(one.cost, '{:.4f} ' + currency)}\n{number(one.most_cost, '≤ {:.4f} ' + currency)}",
            number(one.seconds, "{:,.0f} s"),
        )
    console().print(table)
    whole = total(forecasts)
    click.echo(
        f"In all {whole['requests']:,} requests, {whole['known']:,} of them in the cache; cost expected "
        f"{_money(whole['cost'])}, at most {_money(whole['most_cost'])}."
    )
    note("Tokens in: characters of the prompts / 4. Out, cost and time: by earlier runs of the task; – without one.")
    for told in dict.fromkeys(doubt for one in forecasts for doubt in _doubts(one)):
        note(told)


def _doubts(one: Forecast) -> Iterator[str]:
    name = one.run.spec.model.name
    if one.most_cost is None and one.requests:
        yield f"{name}: its price is not known; give it under `prices`."
    if not one.style_is_known:
        yield f"{name}: not known yet whether it takes chats; rendered as for one that does."


def _money(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"


def _plainly(value: float) -> str:
    """A number as an option takes it: no exponent, no idle zeros."""
    return str(int(value)) if value == int(value) else f"{value:.6f}".rstrip("0")
