"""`benchbook leaderboard`: runs in their order, with what is uncertain about it."""

from pathlib import Path

import click

from benchbook.cli.output import console, json_option, note, opened_store, print_json, reports_option
from benchbook.cli.tables import table_of
from benchbook.cli.text import printable
from benchbook.service import leaderboard as leaderboard_
from benchbook.service import leaderboard_text
from benchbook.service.leaderboard import Leaderboard, Question
from benchbook.service.runs import utc_now


@click.command()
@click.argument("runs", nargs=-1, required=True)
@click.option("--score", help="Only this score.  [default: all that the runs of a task have]")
@click.option(
    "--alpha", type=click.FloatRange(0, 0.5, min_open=True), default=Question.alpha, show_default=True,
    help="The chance of a false alarm among all pairs of runs.",
)  # fmt: skip
@click.option(
    "--draws", type=click.IntRange(100), default=Question.draws, show_default=True, help="Resamples of prompts."
)
@click.option("--seed", type=int, default=Question.seed, show_default=True, help="Of the resamples.")
@reports_option(leaderboard_text.FORMS)
@json_option
def leaderboard(  # noqa: PLR0913 - its options
    runs: tuple[str, ...],
    score: str | None,
    *,
    alpha: float,
    draws: int,
    seed: int,
    paths: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Rank RUNS task by task, with the ranks that chance leaves open; judge runs that compare answers rank models by
    strength.

    RUNS are run ids, or a baseline's name or an experiment's name or id for all of its runs. The ending of each
    --output decides the form: .md or .json.
    """
    with opened_store() as store:
        board = leaderboard_.gather(store, runs, Question(score, alpha, draws, seed), utc_now())
    written = [leaderboard_text.write(board, path) for path in paths]
    if as_json:
        print_json({**leaderboard_text.document(board), "reports": [str(path) for path in written]})
        return
    _print(board)
    for path in written:
        note(f"Report: {path}")


def _print(board: Leaderboard) -> None:
    terminal = console()
    if (whole := leaderboard_text.overview(board)) is not None:
        header, rows = whole
        table = table_of("model", *(f">{printable(name)}" for name in header[1:]))
        for cells in rows:
            table.add_row(*map(printable, cells))
        terminal.print(table)
    for one in board.standings:
        table = table_of("=rank", "model", "run", ">value", ">95 % interval", ">n", ">unscored")
        table.title = printable(leaderboard_text.title(one))
        for entry in one.entries:
            table.add_row(*map(printable, leaderboard_text.row(one, entry)))
        terminal.print(table)
    if board.standings:
        terminal.print(leaderboard_text.how(board))
    for verdicts in board.verdicts:
        table = table_of("=rank", "model", *(f">{name}" for name in leaderboard_text.VERDICT_COLUMNS[2:]))
        table.title = printable(leaderboard_text.verdicts_title(verdicts))
        for each in verdicts.contenders:
            table.add_row(*map(printable, leaderboard_text.verdict_row(each)))
        terminal.print(table)
        terminal.print(leaderboard_text.how_strong(verdicts))
