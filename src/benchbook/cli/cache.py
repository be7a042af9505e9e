"""`benchbook cache`: what is kept of models' answers, why a question was not found there, and clearing it up."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from benchbook import settings
from benchbook.cli.arguments import bytes_in, seconds_in
from benchbook.cli.output import console, json_option, opened_store, print_json, refused_before
from benchbook.cli.tables import print_table, table_of
from benchbook.cli.text import printable
from benchbook.errors import NotFound, SpecError, StoreError
from benchbook.service.recall import Question, explained
from benchbook.service.runs import named
from benchbook.store.cache import Kept, Pruned, cache_beside, discard, kept
from benchbook.store.cache import prune as pruned


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def cache(context: click.Context, as_json: bool) -> None:
    """Show what is kept of models' answers: how many, how large, and how often they were of use."""
    if context.invoked_subcommand is not None:
        refused_before("cache prune --all", as_json=as_json)
        return
    path = _path()
    found = kept(path)
    if as_json:
        print_json({"path": str(path), "file_size": _on_disk(path), "sources": [_document(one) for one in found]})
        return
    table = table_of("model", "what tells it apart", ">answers", ">size", ">asked", ">hits", "newest")
    for one in found:
        apart = ", ".join(f"{name} {value}" for name, value in _apart(one).items())
        table.add_row(
            printable(str(one.source["model"])),
            printable(apart)[:120],
            f"{one.entries:,}",
            _size(one.size),
            f"{one.asked:,}",
            f"{one.hits:,}",
            _moment(one.newest) if one.newest else "–",
        )
    print_table(table, "no answers are kept yet")
    total = sum(one.entries for one in found)
    click.echo(f"{total:,} answers in {path}, {_size(_on_disk(path))}")


def _on_disk(path: Path) -> int:
    """The size of the file, with what was written beside it and is not in it yet."""
    return sum(file.stat().st_size for file in (path, Path(f"{path}-wal")) if file.exists())


@cache.command()
@click.option("--older-than", metavar="TIME", help="Answers made longer ago than 30d, 12h, 90m …")
@click.option("--max-size", metavar="SIZE", help="Those used longest ago, until the rest takes 1GB, 500MB … at most.")
@click.option("--model", metavar="MODEL", help="Answers of this runtime/name; * stands for anything.")
@click.option("--all", "everything", is_flag=True, help="Everything: the file itself.")
@json_option
def prune(older_than: str | None, max_size: str | None, model: str | None, everything: bool, as_json: bool) -> None:
    """Remove answers. With several options, what is both old and of the model goes; then what does not fit."""
    if bool(older_than or max_size or model) == everything:
        raise SpecError("say what is to go: --older-than 30d, --max-size 1GB, --model MODEL, or --all alone")
    path = _path()
    if everything:
        gone = _all_of(path)
    else:
        gone = pruned(
            path,
            made_before=time.time() - seconds_in("--older-than", older_than) if older_than else None,
            max_size=bytes_in("--max-size", max_size) if max_size else None,
            model=model,
        )
    if as_json:
        print_json({"removed": {"entries": gone.entries, "size": gone.size}})
    else:
        click.echo(f"{gone.entries:,} answers removed, {_size(gone.size)}")


@cache.command()
@click.argument("run")
@click.option("--sample", metavar="KEY", help="Only this sample, with all that went into its key.")
@json_option
def explain(run: str, sample: str | None, as_json: bool) -> None:
    """Say of every question of RUN whether it would be answered from the cache now; and if not, why not.

    The prompts are made anew, as the run made them; no model is asked. Where an answer to the same prompt is kept under
    another key, what sets the keys apart is named.
    """
    with opened_store() as store:
        runs = named(store, run)
        if len(runs) > 1:
            ids = ", ".join(f"{one.id} ({one.spec.model.name})" for one in runs)
            raise NotFound(f"{run!r} is an experiment; explain one of its runs: {ids}")
        questions = explained(store, runs[0], sample)
    if as_json:
        print_json({"run": runs[0].id, "questions": [_explanation(one) for one in questions]})
        return
    if not any(one.known for one in questions) and runs[0].environment.get("cache") is None:
        click.echo("The run itself did not use the cache: it was told not to, or its model recites what is recorded.")
    table = table_of("sample", ">epoch", "known", "why not")
    for one in questions:
        table.add_row(printable(one.sample), str(one.epoch), "yes" if one.known else "no", printable(one.why))
    console().print(table)
    for one in questions if sample else []:
        click.echo(f"key {one.key.digest.hex()}\n  source {one.key.source}\n  parameters {one.key.parameters}")
        click.echo(f"  prompt {one.key.prompt.hex()}")
    click.echo(f"{sum(one.known for one in questions):,} of {len(questions):,} questions are in the cache")


def _path() -> Path:
    return cache_beside(settings.load().blobs)


def _all_of(path: Path) -> Pruned:
    """What was there, as far as it can be told; the file goes in any case."""
    try:
        found = kept(path)
    except StoreError:
        found = []
    discard(path)
    return Pruned(sum(one.entries for one in found), sum(one.size for one in found))


def _apart(one: Kept) -> dict[str, str]:
    """What of a source a person goes by: where the server is, the beginning of a digest, the arguments."""
    facts: dict[str, Any] = {**one.source["facts"], **one.source["args"]}
    known = {name: str(value) for name, value in facts.items()}
    return {name: value[:12] if re.fullmatch("[0-9a-f]{40,}", value) else value for name, value in known.items()}


def _document(one: Kept) -> dict[str, Any]:
    return {**one._asdict(), "oldest": _moment(one.oldest), "newest": _moment(one.newest)}


def _explanation(one: Question) -> dict[str, Any]:
    key = {"digest": one.key.digest.hex(), "source": one.key.source, "parameters": one.key.parameters}
    return {
        "sample": one.sample,
        "epoch": one.epoch,
        "known": one.known,
        "why": one.why,
        "key": {**key, "prompt": one.key.prompt.hex()},
    }


def _size(number: float) -> str:
    return f"{number / 1e6:,.1f} MB" if number >= 1e5 else f"{number / 1e3:,.1f} KB"


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
