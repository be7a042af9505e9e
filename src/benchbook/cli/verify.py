"""`benchbook verify`: answers against expected ones, without a model or a run."""

import asyncio
import json
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack
from pathlib import Path

import click

from benchbook.cli.output import note
from benchbook.cli.text import printable
from benchbook.engine.answers.pool import Verifier, verifier
from benchbook.errors import SpecError
from benchbook.specs.answers import AnswerPair, Policy, Verification, read_pairs
from benchbook.specs.quoting import shortened

_COLOURS = {"equal": "green", "different": "red", "undecided": "yellow"}
_AHEAD = 64
"""Pairs that are compared, or wait for their turn to be printed."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--policy",
    "-p",
    multiple=True,
    metavar="NAME",
    help="What counts as the same, for lines that do not say; e.g. rounding.",
)
@click.option(
    "--rel-tolerance",
    type=click.FloatRange(0, 1, max_open=True),
    default=None,
    help="How far numbers may be apart, relative to the larger.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=0,
    help="Processes for algebra; one per processor, up to four, by default.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.05, 600),
    default=1.5,
    show_default=True,
    help="What algebra may take on one pair.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a pair, each on a line.")
def verify(
    file: Path, policy: tuple[str, ...], rel_tolerance: float | None, workers: int, seconds: float, as_json: bool
) -> None:
    """Compare the answers of FILE (JSON Lines; - for standard input) with the expected ones.

    Each line is an expected answer and a reply, which may be a whole solution; its final answer is found in it:

    \b
      {"id": "q1", "gold": "\\\\frac{1}{2}", "pred": "So the answer is $0.5$."}

    A line may have a `policy` of its own: a name as for --policy, or an object of fields. Without --json, a line a pair
    is printed: the verdict (equal, different, undecided), the rules, the policy, the reason. The exit code is 0
    whatever the verdicts are.
    """
    default = Policy.read(list(policy))
    if rel_tolerance is not None:
        default = default.model_copy(update={"rel_tolerance": rel_tolerance})
    with ExitStack() as stack:
        try:
            lines = stack.enter_context(click.open_file(str(file), "rb"))
        except OSError as err:
            raise SpecError(f"cannot read {file}: {err.strerror}") from None
        name = "standard input" if str(file) == "-" else str(file)
        pairs: Iterable[AnswerPair] = read_pairs(lines, name, default)
        if lines.seekable():
            # Every mistake is found before the first verdict, and no more than a few lines are ever in memory.
            deque(pairs, maxlen=0)
            lines.seek(0)
            pairs = read_pairs(lines, name, default)
        else:
            pairs = list(pairs)
        counts = asyncio.run(_carried_out(pairs, workers, seconds, as_json=as_json))
    if not counts:
        note(f"There is no pair in {name}.")
    elif not as_json:
        click.echo(
            f"{counts.total()} pairs: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
        )


async def _carried_out(pairs: Iterable[AnswerPair], workers: int, seconds: float, *, as_json: bool) -> Counter[str]:
    counts = Counter[str]()
    async with verifier(workers, seconds=seconds) as pool:
        async for pair, found in _verified(pool, pairs):
            counts[found.verdict] += 1
            if as_json:
                # From here on, what is on stdout are results: an error does not follow as a document.
                click.get_current_context().ensure_object(set).add("document")
            line = (
                json.dumps({"id": pair.id, **found.as_json()}, ensure_ascii=True) if as_json else _readable(pair, found)
            )
            click.echo(line)
    return counts


async def _verified(pool: Verifier, pairs: Iterable[AnswerPair]) -> AsyncIterator[tuple[AnswerPair, Verification]]:
    """Each pair with what came of it, in order; several at once."""
    waiting = deque[tuple[AnswerPair, asyncio.Task[Verification]]]()
    for pair in pairs:
        waiting.append((pair, asyncio.create_task(_one(pool, pair))))
        while len(waiting) >= _AHEAD:
            first, task = waiting.popleft()
            yield first, await task
    for pair, task in waiting:
        yield pair, await task


async def _one(pool: Verifier, pair: AnswerPair) -> Verification:
    if pair.trouble:
        return Verification(
            verdict="undecided", extraction="none", comparison="none", policy="unknown", reason=pair.trouble
        )
    return await pool.verify(pair.gold, pair.pred, pair.policy)


def _readable(pair: AnswerPair, found: Verification) -> str:
    verdict = click.style(f"{found.verdict:<10}", fg=_COLOURS[found.verdict])
    policy = "" if found.policy == "default" else f"  [{found.policy}]"
    reason = f"  {shortened(' '.join(printable(found.reason).split()), 120)}" if found.reason else ""
    return f"{verdict} {shortened(printable(str(pair.id)), 60)}  {found.rule}{policy}{reason}"
