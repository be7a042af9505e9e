"""How the terminal is written to: results on stdout, everything else on stderr."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from benchbook import settings
from benchbook.store.store import Store

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """The option that every command has."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")(command)


def print_json(document: object) -> None:
    """The one machine-readable document of this command."""
    click.get_current_context().ensure_object(set).add("document")
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def note(message: str) -> None:
    """A line for the person at the terminal."""
    click.echo(message, err=True)


@contextmanager
def opened_store() -> Iterator[Store]:
    """The store that the environment names."""
    place = settings.load()
    with Store.open(place.database_url, place.blobs) as store:
        yield store


def printable(text: str) -> str:
    """Model text for a terminal: control characters and lone surrogates shown as escapes, never obeyed."""
    return "".join(char if char.isprintable() or char in "\n\t" else _escape(char) for char in text)


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
