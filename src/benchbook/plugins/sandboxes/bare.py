"""Zygotes that are ordinary processes of this machine."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from benchbook.plugins.sandboxes.interpreter import ENVIRONMENT, Interpreter, interpreter
from benchbook.plugins.sandboxes.packages import Package
from benchbook.plugins.sandboxes.wire import Setup
from benchbook.plugins.sandboxes.worker import Launch

_ZYGOTE = Path(__file__).with_name("zygote.py")
_ROOT = _ZYGOTE.parents[3]
"""Where `benchbook` is imported from."""
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of ours is made below it
_NOBODY = 65534
_TO_CHANGE_USER = 1 << 0 | 1 << 6 | 1 << 7
"""CAP_CHOWN, SETGID and SETUID."""


async def launch(packages: tuple[Package, ...], syscall_filter: bytes, readable: Iterable[str] | None) -> Launch:
    """How to start one; besides Python, it and its children read what is `readable`, or anything if that is None."""
    python = await asyncio.to_thread(interpreter, packages)
    wanted = _NOBODY if readable is not None and os.geteuid() == 0 and _open_to_all(python.read()) else None
    scratch, user = scratch_for(wanted)
    setup = Setup(
        syscall_filter,
        namespaces=False,
        readable=None if readable is None else [*map(str, python.read()), *readable],
        scratch=str(scratch),
        paths=list(dict.fromkeys(str(place.parent) for package in packages for place in package.places)),
        preload=[module for package in packages for module in package.modules],
        user=user,
        counted=False,
    )
    return Launch(_command(python), setup, ENVIRONMENT, scratch, wrapped=False)


def _command(python: Interpreter) -> Callable[[int, int], list[str]]:
    return lambda control, _: [
        *(str(python.executable), "-s", "-S", "-P", "-B"),
        *(str(_ZYGOTE), str(control), str(_ROOT)),
    ]


def scratch_for(user: int | None) -> tuple[Path, int | None]:
    """A new folder, in memory if possible, and whose it is: None where we cannot become the user that is wanted."""
    room = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="benchbook-", dir=room))
    if user is None or _capabilities() & _TO_CHANGE_USER != _TO_CHANGE_USER:
        return folder, None
    try:
        shutil.chown(folder, user, user)
    except OSError:
        # A user namespace has only some of the numbers.
        return folder, None
    return folder, user


def _capabilities() -> int:
    """Those of this process, a bit for each. Root in a container may lack any."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff:")]
    return int(line.partition(":")[2], 16)


def _open_to_all(places: Iterable[Path]) -> bool:
    """Whether any user can read them: a Python in someone's home, nobody else can use."""
    folders = {parent for place in places for parent in place.parents}
    return all(folder.stat().st_mode & 0o001 for folder in folders) and all(
        place.stat().st_mode & 0o004 for place in places
    )
