"""`benchbook reviews`: queues for people, opened, looked at and closed from the terminal."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from benchbook.cli.output import (
    console,
    existing_store,
    json_option,
    note,
    opened_store,
    print_json,
    refused_before,
)
from benchbook.cli.tables import print_table, table_of
from benchbook.cli.text import printable
from benchbook.engine.review_order import Narrowing
from benchbook.records.reviews import Review
from benchbook.service import agreement as agreement_
from benchbook.service import review_progress
from benchbook.service import reviews as service
from benchbook.service.agreement_text import AgreementReport, shown
from benchbook.service.review_progress import Estimated, Progress
from benchbook.service.runs import utc_now
from benchbook.specs.files import read
from benchbook.specs.reviews import ReviewSpec
from benchbook.store.store import Store


@click.group(invoke_without_command=True)
@click.pass_context
@json_option
def reviews(ctx: click.Context, as_json: bool) -> None:
    """List reviews: queues in which people look at answers. `open` makes one, `show` says how far it is."""
    if ctx.invoked_subcommand is not None:
        refused_before("reviews show NAME", as_json=as_json)
        return
    with existing_store() as store:
        listed = service.listing(store) if store else []
        found = [(one, review_progress.progress(store, one, utc_now())) for one in listed if store]
    if as_json:
        print_json({"reviews": [_document(one, progress) for one, progress in found]})
        return
    table = table_of("=review", "status", "looks at", ">items", ">votes", ">to decide", "opened")
    for one, progress in found:
        items = progress.items
        votes = f"{items.votes:,} of {items.wanted:,}"
        opened = f"{one.created_at:%Y-%m-%d %H:%M}"
        waiting = f"{items.disputed + items.passed_on:,}"
        table.add_row(one.name, one.status, one.spec.whole.name, f"{items.total:,}", votes, waiting, opened)
    print_table(table, "no reviews yet: `benchbook reviews open FILE.yaml` opens one")


@reviews.command("open")
@click.argument("path", metavar="FILE.yaml", type=click.Path(path_type=Path))
@json_option
def open_(path: Path, as_json: bool) -> None:
    """Open the review that FILE.yaml describes, with every answer that its rules pick.

    \b
      name: first-look
      judge: run-0dqk4b           # or `runs: [A, B]` and `rubric: preference`
      select: {flags: any, uncertain_below: 0.7, random: 0.1}
      overlap: {each: 1, more: 2, share: 0.2}
      order: informative
    """
    source = read(path)
    with opened_store() as store, source.locating():
        review = service.open_review(store, ReviewSpec.parse(source.data), utc_now())
        _tell(store, review, f"Review {review.name} is open", as_json=as_json)


@reviews.command()
@click.argument("name")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the resamples.")
@json_option
def show(name: str, seed: int, as_json: bool) -> None:
    """Say how far the review NAME is: progress by person, agreement with intervals, and what the labels tell."""
    now = utc_now()
    with opened_store() as store:
        review = service.named(store, name)
        progress = review_progress.progress(store, review, now)
        report = review_progress.agreement(store, review, now, agreement_.Rules(seed=seed))
        estimated = review_progress.estimate(store, review)
    if as_json:
        told = {"agreement": agreement_.document(report), "estimate": agreement_.plain(estimated)}
        print_json({**_document(review, progress), **told})
        return
    _print_progress(review, progress)
    _print_agreement(report)
    _print_estimate(estimated)


@reviews.command()
@click.argument("name")
@json_option
def extend(name: str, as_json: bool) -> None:
    """Take into the review NAME what its rules pick by now, as runs grow and judges go on."""
    with opened_store() as store:
        review = service.named(store, name)
        new = service.extend(store, review, utc_now())
        _tell(store, review, f"{new:,} new items", as_json=as_json)


@reviews.command()
@click.argument("name")
@json_option
def close(name: str, as_json: bool) -> None:
    """Close the review NAME: nobody gets anything more from it, and all that was said stays."""
    with opened_store() as store:
        review = service.close(store, service.named(store, name), utc_now())
        _tell(store, review, f"Review {review.name} is closed", as_json=as_json)


@reviews.command()
@click.argument("name")
@json_option
def reopen(name: str, as_json: bool) -> None:
    """Go on with the review NAME, which was closed."""
    with opened_store() as store:
        review = service.reopen(store, service.named(store, name))
        _tell(store, review, f"Review {review.name} is open again", as_json=as_json)


def _tell(store: Store, review: Review, message: str, *, as_json: bool) -> None:
    progress = review_progress.progress(store, review, utc_now())
    if as_json:
        print_json(_document(review, progress))
        return
    items = progress.items
    note(f"{message}: {items.total:,} items, {items.votes:,} of {items.wanted:,} votes")


def _document(review: Review, progress: Progress) -> dict[str, Any]:
    return {
        "review": review.model_dump(mode="json"),
        "items": progress.items._asdict(),
        "people": agreement_.plain(progress.people),
        "seconds_each": progress.seconds_each,
        "seconds_left": progress.seconds_left,
        "all_done": progress.all_done,
    }


def _print_progress(review: Review, progress: Progress) -> None:
    items, spec = progress.items, review.spec
    click.secho(printable(f"{review.name}  {review.id}  {review.status}"), bold=True)
    about = f"{spec.whole.name} on {' and '.join(spec.runs)}" + (f", judged by {spec.judge}" if spec.judge else "")
    click.echo(printable(about))
    left = "" if progress.seconds_left is None else f", about {progress.seconds_left / 60:.0f} minutes of work left"
    click.echo(
        f"{items.votes:,} of {items.wanted:,} votes on {items.total:,} items; {items.done:,} done, {items.settled:,} "
        f"settled, {items.disputed:,} to decide, {items.passed_on:,} skipped by somebody, {items.claimed:,} on a "
        f"table{left}"
    )
    table = table_of("reviewer", ">done", ">skipped", ">decided", ">seconds an item")
    for one in progress.people:
        each = "–" if one.seconds_each is None else f"{one.seconds_each:.1f}"
        table.add_row(printable(one.name), f"{one.done:,}", f"{one.skipped:,}", f"{one.decided:,}", each)
    console().print(table)


def _print_agreement(report: AgreementReport) -> None:
    found = report.agreement
    table = table_of("criterion", "who", ">n", "agreement (95 %)", title="Agreement")
    rows = [(one.criterion, " · ".join(one.raters), one.n, one.figures) for one in found.panels if one.kind == "human"]
    rows += [(one.criterion, f"{one.judge} with people", one.n, one.figures) for one in found.comparisons]
    for criterion, who, n, figures in rows:
        known = [name for name in ("accuracy", "kappa", "alpha", "ac1") if name in figures]
        told = [f"{name} {shown(name, figures[name])}" for name in known]
        table.add_row(printable(criterion), printable(who), f"{n:,}", ", ".join(told))
    if rows:
        console().print(table)


def _print_estimate(estimated: Estimated) -> None:
    found = estimated.narrowing
    if estimated.why:
        click.echo(f"No estimate: {estimated.why}.")
    if found is None or found.estimate is None:
        return
    value, low, high, _ = found.estimate
    interval = f"{value:.3f} ({low:.3f} – {high:.3f})"
    click.echo(f"Mean of all {found.population:,}: {interval} after {found.labelled:,} labels")
    if found.judge is not None:
        click.echo(f"The judge alone: {found.judge:.3f}")
    _print_steps(found)


def _print_steps(found: Narrowing) -> None:
    table = table_of(">labels", ">mean", ">interval (95 %)", title="How it narrows")
    stride = max(1, len(found.steps) // 6)
    kept: Sequence[Any] = [*found.steps[:-1:stride], found.steps[-1]]
    for step in kept:
        table.add_row(f"{step.n:,}", f"{step.value:.3f}", f"{step.low:.3f} – {step.high:.3f}")
    for more, half in found.ahead:
        table.add_row(f"+ {more:,}", "", f"± {half:.3f} expected")
    console().print(table)
