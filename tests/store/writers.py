"""Starting processes that write."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

Writer = subprocess.Popen[str]


@contextmanager
def writers(number: int, *arguments: str) -> Iterator[list[Writer]]:
    """So many processes that are ready and waiting; killed at the end if they still run."""
    with ExitStack() as stack:
        started = [stack.enter_context(_started(arguments)) for _ in range(number)]
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


def _started(arguments: Sequence[str]) -> Writer:
    command = [sys.executable, "-m", "store.writer", *arguments]
    tests = Path(__file__).parents[1]
    return subprocess.Popen(command, cwd=tests, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
