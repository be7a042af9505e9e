"""`benchbook models`: the embedded models, and their weights."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from benchbook import settings
from benchbook.cli.output import console, json_option, note, print_json, refused_before
from benchbook.cli.tables import table_of
from benchbook.errors import SpecError
from benchbook.service import models as service
from benchbook.specs.experiments import ExperimentSpec
from benchbook.specs.files import read
from benchbook.specs.weights import CATALOGUE, Weights, weights


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def models(context: click.Context, as_json: bool) -> None:
    """List the embedded models, and fetch their weights."""
    if context.invoked_subcommand is not None:
        refused_before("models pull NAME", as_json=as_json)
        return
    found = service.catalogue(settings.load())
    if as_json:
        print_json({"models": [{**m.weights.model_dump(), "path": str(m.path), "pulled": m.pulled} for m in found]})
        return
    table = table_of("model", "what it is", "asked by", "licence", ">size", "here")
    for model in found:
        w = model.weights
        here = "yes" if model.pulled else "no"
        table.add_row(w.model, w.title, w.prompt_style or "(embeds texts)", w.licence, f"{w.size / 1e6:.0f} MB", here)
    console().print(table)
    if not all(model.pulled for model in found):
        note("`benchbook models pull NAME` fetches what is not here.")


@models.command()
@click.argument("names", nargs=-1)
@click.option("--config", type=click.Path(path_type=Path), help="Whatever embedded models this config names.")
@click.option("--all", "everything", is_flag=True, help="All of them.")
@click.option("--accept-terms", is_flag=True, help="Accept the terms of use of models that have some.")
@json_option
def pull(names: tuple[str, ...], config: Path | None, everything: bool, accept_terms: bool, as_json: bool) -> None:
    """Fetch the weights of NAMES, check them against their pinned checksum, and keep them.

    Terms of use are shown first; without --accept-terms nothing is fetched that has some.
    """
    place = settings.load()
    wanted = _wanted(names, config, everything=everything)
    for each in wanted:
        if accept_terms and each.terms and not each.pulled(place.models):
            note(f"{each.title}: {each.terms}\nYou accept these terms (--accept-terms).")
        with _shown(each) as progress:
            path = service.pull(each.name, place, accept_terms=accept_terms, progress=progress)
        note(f"{each.name}: {path}")
    if as_json:
        print_json(
            {"models": [{"name": w.name, "path": str(w.path(place.models)), "sha256": w.sha256} for w in wanted]}
        )


def _wanted(names: tuple[str, ...], config: Path | None, *, everything: bool) -> list[Weights]:
    if everything:
        return list(CATALOGUE)
    if config is not None:
        return service.wanted(read(config).parse(ExperimentSpec))
    if not names:
        raise SpecError(f"say which: {', '.join(each.name for each in CATALOGUE)}, --all, or --config FILE")
    return [weights(name.removeprefix("llamacpp/")) for name in names]


@contextmanager
def _shown(each: Weights) -> Iterator[service.Progress]:
    """A bar on a terminal, nothing elsewhere."""
    bar = Progress(
        TextColumn(each.name, markup=False), BarColumn(), DownloadColumn(), console=console(stderr=True), transient=True
    )
    bar.disable = not bar.console.is_terminal
    with bar:
        line = bar.add_task(each.name, total=each.size)
        yield lambda done, total: bar.update(line, completed=done, total=total)
