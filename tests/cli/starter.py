"""A process that has imported every command, and forks for each that is to run: it spares a test the half second that
Python takes to begin. What runs is a process as any other: arguments, environment, folder and output are its own."""

import gc
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

import click

from benchbook.cli import main as cli

LONGEST = 1 << 20


class Starter:
    """The way to such a process."""

    def __init__(self, folder: Path) -> None:
        self._path = str(folder / "starter")
        self._process = subprocess.Popen(
            [sys.executable, __file__, self._path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def run(self, args: list[str], environment: dict[str, str], folder: Path, out: IO[str], err: IO[str]) -> int:
        """The exit code of `benchbook ARGS…`, as `subprocess` tells it."""
        told = json.dumps({"args": args, "environment": environment, "folder": str(folder)}).encode()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as way:
            way.settimeout(120)
            way.connect(self._path)
            socket.send_fds(way, [told], [out.fileno(), err.fileno()])
            command = int(way.recv(LONGEST))
            try:
                return int(way.recv(LONGEST))
            except TimeoutError:
                os.kill(command, signal.SIGKILL)
                raise

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


def _begin(path: str) -> None:
    """Wait for commands, for ever; returns in the process of each."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(path)
        door.listen()
        click.echo()
        while True:
            way, _ = door.accept()
            # One process that waits for the command and tells how it ended, and the command.
            if os.fork():
                way.close()
                with suppress(ChildProcessError):
                    while os.waitpid(-1, os.WNOHANG)[0]:
                        pass
                continue
            told, outputs, _, _ = socket.recv_fds(way, LONGEST, 2)
            command = os.fork()
            if not command:
                break
            way.send(str(command).encode())
            code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
            way.send(str(code).encode())
            os._exit(0)
    way.close()
    asked = json.loads(told)
    for number, output in enumerate(outputs, 1):
        os.dup2(output, number)
        os.close(output)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.path[:1] = [asked["folder"], *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv = ["benchbook", *asked["args"]]


if __name__ == "__main__":
    whole = click.Context(cli.benchbook)
    for name in cli.benchbook.list_commands(whole):
        cli.benchbook.get_command(whole, name)
    gc.freeze()
    _begin(sys.argv[1])
    cli.main()
