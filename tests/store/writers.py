"""Starting processes that write."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

Writer = subprocess.Popen[str]


def writers(number: int, *arguments: str) -> AbstractContextManager[list[Writer]]:
    """So many processes that are ready and waiting; killed at the end if they still run."""
    return processes("writer", [arguments] * number)


@contextmanager
def processes(module: str, each: Sequence[Sequence[str]]) -> Iterator[list[Writer]]:
    """A process of that module of the tests for each of the arguments, ready and waiting."""
    with ExitStack() as stack:
        started = [stack.enter_context(_started(module, arguments)) for arguments in each]
        for writer in started:
            stack.callback(writer.kill)
        for writer in started:
            assert said(writer) == "ready"
        yield started


def go(writer: Writer) -> None:
    assert writer.stdin is not None
    writer.stdin.write("go\n")
    writer.stdin.flush()


def said(writer: Writer) -> str:
    assert writer.stdout is not None
    return writer.stdout.readline().strip()


def _started(module: str, arguments: Sequence[str]) -> Writer:
    command = [sys.executable, "-m", f"store.{module}", *arguments]
    tests = Path(__file__).parents[1]
    return subprocess.Popen(command, cwd=tests, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
