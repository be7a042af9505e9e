"""How the terminal is written to: results on stdout, everything else on stderr."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from benchbook import settings
from benchbook.cli.text import printable
from benchbook.errors import SpecError
from benchbook.service.files import endings, form_of, place_for
from benchbook.store.store import Store

Command = TypeVar("Command", bound=Callable[..., Any])


_WIDE = 160


def json_option(command: Command) -> Command:
    """The option that every command has."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")(command)


class OutputPath(click.Path):
    """Where something is to be written: refused before anything is computed, if it cannot be written there, or the
    ending of its name is none of the forms."""

    def __init__(self, forms: Mapping[str, object] | None = None, *, dir_okay: bool = False) -> None:
        super().__init__(path_type=Path, dir_okay=dir_okay)
        self._forms = forms

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if self._forms is not None:
            form_of(path, self._forms)
        return place_for(path)


def reports_option(forms: Mapping[str, object]) -> Callable[[Command], Command]:
    """The option of commands that write what they found as files, each in the form that its ending says."""
    told = f"A file to write: {endings(forms)}; may be repeated."
    return click.option("--output", "-o", "paths", multiple=True, type=OutputPath(forms), help=told)


def refused_before(command: str, *, as_json: bool) -> None:
    """Refuse --json in front of a subcommand: there it would say nothing."""
    if as_json:
        raise SpecError(f"--json goes behind the command: `benchbook {command} --json`")


def print_json(document: object) -> None:
    """The one machine-readable document of this command."""
    click.get_current_context().ensure_object(set).add("document")
    # ASCII: model text may hold what no encoding takes.
    click.echo(json.dumps(document, ensure_ascii=True, allow_nan=False, indent=2, default=str))


def note(message: str) -> None:
    """A line for the person at the terminal."""
    click.echo(printable(message), err=True)


def console(*, stderr: bool = False) -> Console:
    """A console that takes text as it is: no markup, no emoji, no guesses at what is a number. Where nobody watches it
    is as wide as any table."""
    made = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    if not made.is_terminal:
        made.width = max(made.width, _WIDE)
    return made


@contextmanager
def existing_store() -> Iterator[Store | None]:
    """The store that the environment names; None where it would be a file and there is none: nothing is made."""
    place = settings.load()
    if Store.missing(place.database_url):
        yield None
        return
    with opened_store() as store:
        yield store


@contextmanager
def opened_store() -> Iterator[Store]:
    """The store that the environment names."""
    place = settings.load()
    with Store.open(place.database_url, place.blobs) as store:
        yield store
