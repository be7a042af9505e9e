"""`benchbook plugins`: what a config can name."""

import inspect
import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

import click
from pydantic import BaseModel

from benchbook import registry
from benchbook.cli.output import json_option, print_json
from benchbook.errors import PluginError
from benchbook.protocols import Kind
from benchbook.registry import Factory
from benchbook.specs.spec import canonical_json
from benchbook.specs.use import Use


@click.command()
@click.argument("kind", required=False, type=click.Choice(get_args(Kind)))
@json_option
def plugins(kind: Kind | None, as_json: bool) -> None:
    """List every plugin of every kind, or of KIND alone, built in or your own, with its arguments.

    An argument with `=` may be left out; what follows is its value then.
    """
    kinds: list[Kind] = [kind] if kind else list(get_args(Kind))
    found = [_described(each, name) for each in kinds for name in registry.names(each)]
    if as_json:
        print_json({"plugins": found})
        return
    for plugin in found:
        click.secho(plugin["name"] if kind else f"{plugin['kind']} {plugin['name']}", bold=True, nl=False)
        click.echo(f"  {plugin['arguments']}\n    {plugin['about']}")


def _described(kind: Kind, name: str) -> dict[str, str]:
    try:
        factory = registry.plugin(kind, name).factory
    except PluginError as err:
        return {"kind": kind, "name": name, "arguments": "", "about": f"BROKEN: {err}"}
    about = (inspect.getdoc(factory) or "").partition("\n\n")[0].replace("\n", " ")
    return {"kind": kind, "name": name, "arguments": f"({', '.join(_arguments(factory))})", "about": about}


def _arguments(factory: Factory) -> Iterator[str]:
    """Each as one would write it in a config: `extract: answer | number = answer`."""
    hints = get_type_hints(factory)
    for parameter in inspect.signature(factory).parameters.values():
        choices = " | ".join(map(str, _choices(hints.get(parameter.name))))
        name = f"{parameter.name}: {choices}" if choices else parameter.name
        given = "" if parameter.default is inspect.Parameter.empty else f"={_spelt(parameter.default)}"
        yield name + (given.replace("=", " = ", 1) if choices else given)


def _choices(hint: Any) -> tuple[Any, ...]:
    if get_origin(hint) is Literal:
        return get_args(hint)
    return tuple(choice for part in get_args(hint) for choice in _choices(part))


def _spelt(value: Any) -> str:
    if isinstance(value, Use):
        return value.name
    if isinstance(value, BaseModel):
        return "{…}"
    return value if isinstance(value, str) and re.fullmatch(r"[\w.:/{}-]+", value) else canonical_json(value)
