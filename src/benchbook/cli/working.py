"""What `serve` and `worker` have in common: this machine's room for runs, and the queue worked with it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from benchbook import settings
from benchbook.cli.arguments import bytes_in, listed_gpus, seconds_in
from benchbook.cli.output import note
from benchbook.settings import Settings
from benchbook.store.store import Store

if TYPE_CHECKING:
    from benchbook.executors.dispatcher import Dispatcher


def working_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that `dispatcher` understands, besides how many runs there are at once."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def dispatcher(store: Store, place: Settings, runs: int | None, flags: dict[str, Any]) -> "Dispatcher":
    """Whoever works the queue of the store here; not turning yet."""
    # Not before: whoever carries out one run, or wants a description, needs none of it.
    from benchbook.executors.dispatcher import Dispatcher  # noqa: PLC0415
    from benchbook.executors.local import Limits, LocalExecutor  # noqa: PLC0415

    memory = bytes_in("--memory", flags["memory"]) if flags["memory"] else None
    limits = Limits(flags["cpus"], memory)
    executor = LocalExecutor(place.logs, runs or settings.cores(), listed_gpus(flags["gpus"]), limits)
    keep_logs = 0.0 if flags["keep_logs"] == "0" else seconds_in("--keep-logs", flags["keep_logs"])
    return Dispatcher(store, executor, tell=note, keep_logs=keep_logs)


_OPTIONS = (
    click.option("--gpus", metavar="IDS", help="The GPUs to give to runs, e.g. 0,1; all that are seen unless given."),
    click.option("--cpus", type=click.IntRange(min=1), help="Processors that each run gets; all unless given."),
    click.option("--memory", metavar="SIZE", help="What each process of a run may take, e.g. 8GiB; any unless given."),
    click.option(
        "--keep-logs",
        metavar="TIME",
        default="90d",
        show_default=True,
        help="How long logs are kept that nobody writes to any more; 0 keeps them for ever.",
    ),
)
