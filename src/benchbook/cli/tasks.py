"""`benchbook tasks`: what can be measured, and how it is asked."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from benchbook.cli.arguments import pairs
from benchbook.cli.output import console, json_option, note, print_json, refused_before
from benchbook.cli.tables import table_of
from benchbook.cli.text import printable
from benchbook.service import tasks as service
from benchbook.service.tasks import Example, TaskFacts, TaskWhole
from benchbook.specs.spec import canonical_json
from benchbook.specs.use import Use


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def tasks(context: click.Context, as_json: bool) -> None:
    """List the registered tasks: what they measure, and where their data come from."""
    if context.invoked_subcommand is not None:
        refused_before("tasks show NAME", as_json=as_json)
        return
    found = service.tasks()
    if as_json:
        print_json({"tasks": [asdict(one) for one in found]})
        return
    table = table_of("=task", "what it measures", "data")
    for one in found:
        table.add_row(one.name, f"BROKEN: {one.error}" if one.error else one.about, one.data)
        table.add_section()
    console().print(table)
    note(
        "`benchbook tasks show NAME` says how a model is asked; data of your own become a task, too: docs/datasets.md."
    )


@tasks.command()
@click.argument("name")
@click.option("--data", help="The task's data file, where it reads one.")
@click.option("--task-arg", "-T", multiple=True, metavar="KEY=VALUE", help="An argument of the task; lists as [a, b].")
@click.option(
    "--style", type=click.Choice(["chat", "completion"]), default="chat", help="How the example is asked; by chat."
)
@json_option
def show(name: str, data: str | None, task_arg: tuple[str, ...], style: Any, as_json: bool) -> None:
    """Show a task: its arguments, its solver and scorers, and what a model is asked of its first sample."""
    args = {**pairs("--task-arg", task_arg), **({"data": data} if data else {})}
    whole = asyncio.run(service.task(name, args, style))
    if as_json:
        print_json(_document(whole))
        return
    for line in _lines(whole):
        click.echo(printable(line))
    if whole.example:
        _print_example(whole.example)
    elif whole.lacking:
        note(f"No example: {whole.lacking}")


def _document(whole: TaskWhole) -> dict[str, Any]:
    example = whole.example and {
        "row": whole.example.row.model_dump(mode="json"),
        "asked": whole.example.asked,
        "weighed": whole.example.weighed,
    }
    spec = whole.spec and whole.spec.model_dump(mode="json")
    return {**asdict(whole.facts), "text": whole.text, "spec": spec, "example": example, "lacking": whole.lacking}


def _lines(whole: TaskWhole) -> list[str]:
    spec = whole.spec
    told = (
        [
            f"reader   {_spelt(spec.dataset)}" if spec.dataset else "",
            f"solver   {_spelt(spec.solver)}",
            f"scorers  {', '.join(map(_spelt, spec.scorers))}",
        ]
        if spec
        else []
    )
    return [whole.facts.name, "", whole.text, "", f"data     {whole.facts.data}", *told, *_arguments(whole.facts)]


def _arguments(facts: TaskFacts) -> list[str]:
    schema: Any = facts.arguments
    properties: Mapping[str, Any] = schema.get("properties", {})
    return ["", "arguments", *(f"  {name}: {_kind(one)}" for name, one in properties.items())] if properties else []


def _kind(schema: Mapping[str, Any]) -> str:
    kinds = [one.get("type", "") for one in schema.get("anyOf", [schema])]
    kind = " | ".join(map(str, schema.get("enum", kinds)))
    return f"{kind}, {canonical_json(schema['default'])} unless given" if "default" in schema else f"{kind}, required"


def _spelt(use: Use) -> str:
    given = {name: value for name, value in use.args.items() if value is not None}
    return f"{use.name} {canonical_json(given)}" if given else use.name


def _print_example(example: Example) -> None:
    row = example.row
    slices = f" (of {', '.join(row.slices)})" if row.slices else ""
    click.secho(printable(f"\nThe sample {row.key}{slices} is asked so:"), bold=True)
    for prompt in example.asked:
        click.echo(printable(prompt if isinstance(prompt, str) else _turns(prompt)))
    for context, _ in example.weighed[:1]:
        click.echo(printable(context))
    if example.weighed:
        click.echo(printable(f"and weighed: {', '.join(repr(continuation) for _, continuation in example.weighed)}"))
    if not (example.asked or example.weighed):
        click.echo("(the solver asks nothing that could be foreseen)")
    click.secho("\nThe target, which no model sees:", bold=True)
    click.echo(printable(canonical_json(row.target)[:2000]))


def _turns(prompt: Sequence[Mapping[str, str]]) -> str:
    return "\n".join(f"[{turn['role']}]\n{turn['content']}" for turn in prompt)
