"""The command `benchbook`: commands are imported when they are called, errors become a line and an exit code."""

import gc
import io
import json
import os
import sys
import traceback
from importlib import import_module

import click

from benchbook import __version__
from benchbook.cli.text import printable
from benchbook.errors import BenchbookError

_COMMANDS = {
    "eval": ("experiments:evaluate", "Run models on tasks, score what they answer, and report."),
    "ingest": ("ingestion:ingest", "Take in recorded answers, with what people said of them."),
    "runs": ("runs:runs", "List experiments and their runs."),
    "show": ("runs:show", "Show one run, or one sample of it."),
    "judge": ("judging:judge", "Judge the answers of a run by a rubric, or compare those of two."),
    "rubrics": ("judging:rubrics", "List the built-in rubrics, and show one."),
    "reviews": ("reviews:reviews", "Open queues for people to look at answers, and say how far they are."),
    "gate": ("gates:gate", "Hold the figures of runs to thresholds, and leave with 1 if they are not met."),
    "baselines": ("baselines:baselines", "Name the runs that others are held against, and take them along as files."),
    "reproduce": ("reproduce:reproduce", "Carry a run out again, and say what came out otherwise."),
    "report": ("reports:report", "Write a report of runs as Markdown or HTML."),
    "compare": ("comparisons:compare", "Say how runs differ, sample by sample, and whether that can be chance."),
    "leaderboard": ("leaderboard:leaderboard", "Rank runs, with the ranks that chance leaves open."),
    "slices": ("slices:slices", "Search a run for slices where it is significantly worse."),
    "power": ("power:power", "Say how many samples it takes to see a difference, and which difference samples show."),
    "agreement": ("agreement:agreement", "Say how far judges agree with people and with execution."),
    "export": ("exports:export", "Write the answers or figures of runs, or which are preferred to which."),
    "cache": ("cache:cache", "Look into the cache of answers, and clear it up."),
    "models": ("models:models", "List the embedded models, and fetch their weights."),
    "tasks": ("tasks:tasks", "List the registered tasks, and show how one asks."),
    "datasets": ("datasets:datasets", "List, make and check data sets, and hold them against each other."),
    "plugins": ("plugins:plugins", "List every plugin of every kind."),
    "sandbox": ("sandbox:sandbox", "Run programs of your own in the sandbox."),
    "gateway": ("gateway:gateway", "Serve models to other harnesses and clients, as OpenAI's API."),
    "serve": ("serve:serve", "Serve the web application and its API."),
    "users": ("users:users", "List who may use the web application, and let others in."),
    "keys": ("users:keys", "List the API keys of a user, make and revoke them."),
    "worker": ("worker:worker", "Carry out what is queued, without a server."),
    "verify": ("verify:verify", "Compare answers with the expected ones, however they are written."),
    "doctor": ("doctor:doctor", "Find out whether this machine can evaluate, and what to do if not."),
}


class _Commands(click.Group):
    """Knows every command by name and line of help; imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"benchbook.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="benchbook")
def benchbook() -> None:
    """Evaluate AI models: run, check by execution, and keep everything as data one can trust.

    Data lives below BENCHBOOK_HOME (by default ~/.local/share/benchbook); BENCHBOOK_DATABASE_URL moves the database
    to PostgreSQL. BENCHBOOK_PLUGINS names Python files with plugins of your own.

    Exit codes: 0 done · 1 a gate failed, not reproduced, or contaminated · 2 something you wrote is wrong ·
    3 not found · 4 conflict · 5 denied · 6 a plugin, model or the database broke · 7 too many samples failed ·
    70 a fault of Benchbook · 130 interrupted, state saved.
    """


def main() -> None:
    """The entry point: runs the command and leaves with its exit code."""
    # Modules, records and answers make no cycles: to look for some after every 700 objects would be a tenth of a run's
    # work, and of its start.
    gc.set_threshold(50_000, 20, 20)
    answered: set[str] = set()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What an encoding does not take is shown as an escape: model text must not stop a command.
            stream.reconfigure(errors="backslashreplace")
    try:
        benchbook.main(standalone_mode=False, obj=answered)
        # Little is only written now: what becomes of it must not be found out when Python itself ends.
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except SystemExit as left:
        # Commands leave by errors. It is click that leaves with 1, when the reader of our output has gone (`| head`).
        sys.exit(141 if left.code == 1 else left.code)
    except click.exceptions.NoArgsIsHelpError as err:
        click.echo(err.format_message())
    except BenchbookError as err:
        _tell(type(err).__name__, str(err), err.exit_code, answered)
    except click.ClickException as err:
        _tell("UsageError", f"{err.format_message()}\n{_usage(err)}".rstrip(), 2, answered)
    except (click.Abort, KeyboardInterrupt):
        _tell("Interrupted", "interrupted", 130, answered)
    except Exception as err:  # noqa: BLE001 - the edge: a fault of ours must not pass for anything else
        traceback.print_exc()
        _tell("Bug", f"this is a fault of Benchbook, please report it: {type(err).__name__}: {err}", 70, answered)


def _tell(kind: str, message: str, code: int, answered: set[str]) -> None:
    """The error on stderr, and where JSON was asked for and nothing answered yet, as the one document on stdout."""
    click.echo(f"{click.style('error:', fg='red', bold=True)} {printable(message)}", err=True)
    if "--json" in sys.argv and not answered:
        click.echo(json.dumps({"error": {"type": kind, "message": message, "exit_code": code}}))
    sys.exit(code)


def _usage(err: click.ClickException) -> str:
    context = getattr(err, "ctx", None)
    return f"Try `{context.command_path} --help`." if isinstance(context, click.Context) else ""
