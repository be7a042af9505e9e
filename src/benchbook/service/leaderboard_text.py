"""A leaderboard in words and figures, and as Markdown. Names that others gave stay text."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchbook.service.agreement import plain as plain_values
from benchbook.service.files import write_report
from benchbook.service.leaderboard import Contender, Entry, Leaderboard, Standings, Verdicts
from benchbook.service.markdown_text import table, text
from benchbook.service.report_facts import moment
from benchbook.service.report_text import count, percent, plain

COLUMNS = ("rank", "model", "run", "value", "95 % interval", "n", "unscored")
VERDICT_COLUMNS = ("rank", "model", "strength", "95 % interval", "won", "of")
HOW = (
    "A rank is the range that the paired comparisons of all runs leave open (Holm over all pairs): runs whose ranges "
    "overlap may not be told apart. More is better, unless the task says otherwise of a score "
    "(`smaller_is_better`)."
)
EARLY = (
    "Runs that ended early are compared by e-values, which hold whenever one stops, and have only the interval of the "
    "score that they stopped by."
)
HOW_STRENGTHS = (
    "Strengths are log odds against the mean of all (Bradley and Terry), a tie is half a win; intervals and ranks are "
    "by resampling prompts."
)
PENALISED = "Somebody always won or always lost: a slight penalty holds the scale together, and its ends mean little."

APART = (
    "Models of other tables were never compared with these, not even by way of a third: ranks and strengths of two "
    "tables have nothing to do with each other."
)


def title(one: Standings) -> str:
    """What is ranked."""
    return f"{one.task} · {one.score}"


def verdicts_title(one: Verdicts) -> str:
    """Who has judged what."""
    left = f", {count(one.unscored)} unscored" if one.unscored else ""
    told = f"{count(one.verdicts)} verdicts over {count(one.prompts)} prompts{left}"
    return f"{one.rubric}, by {', '.join(one.judges)}: {told}"


def row(of: Standings, one: Entry) -> list[str]:
    """A run, by `COLUMNS`."""
    share = all(each.value is None or 0 <= each.value <= 1 for each in of.entries)
    value = percent(one.value) if share else plain(one.value, 4)
    span = "–"
    if one.low is not None and one.high is not None:
        scale, digits = (100, 1) if share else (1, 4)
        span = f"{scale * one.low:.{digits}f} to {scale * one.high:.{digits}f}"
    n = count(one.n) + (f" ({one.early})" if one.early else "")
    return [ranks(one), one.model, one.run, value, span, n, count(one.excluded)]


def verdict_row(one: Contender) -> list[str]:
    """A model, by `VERDICT_COLUMNS`."""
    span = f"{one.low:+.2f} to {one.high:+.2f}"
    return [ranks(one), one.model, f"{one.strength:+.2f}", span, f"{one.won:g}", count(one.met)]


def how(board: Leaderboard) -> str:
    """How ranks come about."""
    early = any(entry.early for one in board.standings for entry in one.entries)
    return f"{HOW} {EARLY}" if early else HOW


def how_strong(one: Verdicts) -> str:
    """How strengths come about, and what to make of these."""
    return " ".join([HOW_STRENGTHS, *([PENALISED] if one.penalised else []), *([APART] if one.apart else [])])


def ranks(one: Entry | Contender) -> str:
    """`2`, or `1 to 3`."""
    return str(one.rank_low) if one.rank_low == one.rank_high else f"{one.rank_low} to {one.rank_high}"


def overview(board: Leaderboard) -> tuple[list[str], list[list[str]]] | None:
    """Models by tasks: header and rows; None of a single table."""
    if len(board.standings) < 2:
        return None
    cells = [
        {name: f"{row(one, entry)[3]} (rank {ranks(entry)})" for name, entry in _called(one)} for one in board.standings
    ]
    names = dict.fromkeys(name for of in cells for name in of)
    return ["model", *map(title, board.standings)], [[name, *(of.get(name, "–") for of in cells)] for name in names]


def _called(one: Standings) -> Iterator[tuple[str, Entry]]:
    """The model of each run; with the run's id where two of them are called the same."""
    times = Counter(entry.model for entry in one.entries)
    for entry in one.entries:
        yield entry.model if times[entry.model] == 1 else f"{entry.model} ({entry.run})", entry


def document(board: Leaderboard) -> dict[str, Any]:
    """The leaderboard for machines."""
    found: dict[str, Any] = json.loads(json.dumps(plain_values(board), default=str))
    return found


def markdown(board: Leaderboard) -> str:
    """The leaderboard as GitHub-flavoured Markdown."""
    return "\n\n".join(_blocks(board)) + "\n"


def write(board: Leaderboard, path: Path) -> Path:
    """The leaderboard at `path`, whose ending decides the form."""
    return write_report(board, path, FORMS)


def _json(board: Leaderboard) -> str:
    return json.dumps(document(board), indent=2) + "\n"


FORMS: dict[str, Callable[[Leaderboard], str]] = {".md": markdown, ".json": _json}


def _blocks(board: Leaderboard) -> Iterator[str]:
    yield "# Leaderboard"
    yield f"Written {moment(board.generated_at)}."
    if (whole := overview(board)) is not None:
        header, rows = whole
        yield table(list(map(text, header)), [list(map(text, cells)) for cells in rows])
    for one in board.standings:
        yield f"## {text(title(one))}"
        yield table(COLUMNS, [list(map(text, row(one, entry))) for entry in one.entries], left=3)
    if board.standings:
        yield how(board)
    for verdicts in board.verdicts:
        yield f"## {text(verdicts_title(verdicts))}"
        yield table(VERDICT_COLUMNS, [list(map(text, verdict_row(each))) for each in verdicts.contenders], left=2)
        yield how_strong(verdicts)
