"""`benchbook plugins`: what a config can name."""

import inspect
from typing import get_args

import click

from benchbook import registry
from benchbook.cli.output import json_option, print_json
from benchbook.errors import PluginError
from benchbook.protocols import Kind


@click.command()
@json_option
def plugins(as_json: bool) -> None:
    """List every plugin of every kind, built in or installed, with its arguments."""
    _print_kinds(list(get_args(Kind)), as_json)


def _print_kinds(kinds: list[Kind], as_json: bool) -> None:
    found = [_described(kind, name) for kind in kinds for name in registry.names(kind)]
    if as_json:
        print_json({"plugins": found})
        return
    for plugin in found:
        heading = plugin["name"] if len(kinds) == 1 else f"{plugin['kind']} {plugin['name']}"
        click.secho(heading, bold=True, nl=False)
        click.echo(f"  {plugin['arguments']}\n    {plugin['about']}")


def _described(kind: Kind, name: str) -> dict[str, str]:
    try:
        factory = registry.plugin(kind, name).factory
    except PluginError as err:
        return {"kind": kind, "name": name, "arguments": "", "about": f"BROKEN: {err}"}
    signature = inspect.signature(factory).replace(return_annotation=inspect.Signature.empty)
    about = (inspect.getdoc(factory) or "").partition("\n\n")[0].replace("\n", " ")
    return {"kind": kind, "name": name, "arguments": str(signature), "about": about}
