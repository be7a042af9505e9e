"""The host's end of a zygote that lives in a container of its own.

Our code and everything else enters by the standard input of the container's first process, and comes back by its
output: nothing of this machine is mounted, so the daemon may be elsewhere, or in a virtual machine. A container ends
when its input does, which is when this process ends, however that comes about.
"""

import asyncio
import functools
import json
import os
import platform
import random
import re
import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from benchbook import Limits, SandboxUnavailable
from benchbook.plugins.sandboxes import codec
from benchbook.plugins.sandboxes.exchange import ROOM
from benchbook.plugins.sandboxes.interpreter import ENVIRONMENT
from benchbook.plugins.sandboxes.packages import Package
from benchbook.plugins.sandboxes.system_calls import system_call_filter
from benchbook.plugins.sandboxes.wire import GRACE, READY, Bounds, Order, Report, Setup, frame, frames
from benchbook.plugins.sandboxes.worker import Outcome, ZygoteDied

LABEL = "benchbook"
"""All our containers have it, with the machine and the process that they belong to."""
_SCRATCH = "/tmp"  # noqa: S108 - of the container, not of the machine
_START = 60.0
"""Seconds that a container may take to come up."""
_END = 3.0
"""Seconds that a container has to end by itself, until it is removed by force."""
_USERS = range(10_000, 60_000)
"""Each container runs as a user of its own: processes are counted by user."""
_MIB = 1 << 20


@dataclass(frozen=True)
class Recipe:
    """What containers are made of."""

    engine: str
    image: str
    runtime: str | None


class Facts(NamedTuple):
    """What a container says of its inside."""

    python: str
    machine: str
    landlock: int
    """The version of Landlock; 0 where there is none."""
    exposed: bool
    """Whether processes of one user reach what another has open."""
    readable: list[str]
    """What programs need to read."""
    packages: dict[str, tuple[str, list[str], str]]
    """Of the packages asked for, those that are there: version, modules, and the folder that they are in."""


class Room(NamedTuple):
    """How large a container is."""

    scratch: int
    memory: int
    """Bytes."""
    tasks: int

    @staticmethod
    def needed(bounds: Bounds) -> "Room":
        """As large as it takes for the limits of programs to be what bounds them."""
        # A program and its tests; what they read and write is in memory, too.
        memory = 2 * bounds.memory + bounds.scratch + 8 * bounds.output + 128 * _MIB
        return Room(bounds.scratch, memory, bounds.tasks + 1024)

    def suits(self, needed: "Room") -> bool:
        """Whether a container of this size will do."""
        return all(here >= there for here, there in zip(self, needed, strict=True))

    def joined(self, other: "Room") -> "Room":
        """Large enough for both."""
        return Room(*map(max, self, other))


_USUAL = Limits()
_ROOM = Room(_USUAL.disk * _MIB, (2 * _USUAL.memory + _USUAL.disk + 8 + 128) * _MIB, 2048)


class ContainerWorker:
    """A zygote in a container, which is replaced by a larger one when a program's limits ask for that."""

    def __init__(self, recipe: Recipe, container: "Container", packages: tuple[Package, ...]) -> None:
        self.recipe = recipe
        self.container = container
        self.packages = packages

    async def carry_out(self, order: Order, inputs: Sequence[bytes]) -> Outcome:
        """Have one order carried out."""
        needed, there = Room.needed(order.bounds), self.container.room
        if not there.suits(needed):
            self.container.end()
            self.container, _ = await launch(self.recipe, self.packages, room=there.joined(needed))
        return await self.container.carry_out(order, inputs)

    def kill(self) -> None:
        """End the container, and wait until it is gone."""
        self.container.end()

    def end(self) -> None:
        """End the container, and let go of it."""
        self.container.end()


@dataclass(frozen=True)
class Container:
    """A container with a zygote in it, by the client that started it."""

    name: str
    engine: str
    room: Room
    channel: socket.socket
    client: subprocess.Popen[bytes]

    async def carry_out(self, order: Order, inputs: Sequence[bytes]) -> Outcome:
        """Have one order carried out."""
        most = 4 * (order.bounds.output + ROOM) + 2 * ROOM
        asked = b"".join(map(frame, (order.pack(), *inputs)))
        try:
            async with asyncio.timeout(order.bounds.wall + GRACE):
                packed, *written = frames(await self.ask([asked], most))
        except TimeoutError:
            raise ZygoteDied("the container does not answer") from None
        report = Report.unpack(packed)
        if report.trouble:
            raise ZygoteDied(report.trouble)
        return Outcome(report, tuple(written))

    async def ask(self, question: Sequence[bytes], most: int = _MIB) -> bytes:
        """The answer, of at most so many bytes."""
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(self.channel, b"".join(map(frame, question)))
            answer = bytearray()
            while (missing := _missing(answer)) > 0:
                if missing > most:
                    raise ZygoteDied("the container answers with more than it was asked for")
                part = await loop.sock_recv(self.channel, min(missing, 1 << 18))
                if not part:
                    raise ZygoteDied("the container has ended")
                answer += part
        except OSError as err:
            if isinstance(err, TimeoutError):
                raise
            raise ZygoteDied(f"the container has ended: {err}") from None
        return bytes(answer[_HEAD:])

    def end(self) -> None:
        """End the container, wait until it is gone, and let go of it."""
        if self.channel.fileno() < 0:
            return
        if not self.ends_by_itself():
            # Without its client, it may run on: the daemon has to be told, by the name.
            self.client.kill()
            self.remove()
        self.channel.close()
        self.client.wait()

    def ends_by_itself(self) -> bool:
        """Whether it is gone in time, as the client, which waits for that, says."""
        # The end of its input ends a container, even one that is still to be started.
        with suppress(OSError):
            self.channel.shutdown(socket.SHUT_WR)
            self.channel.settimeout(_END)
            # What it still has to say must not hold it up.
            while self.channel.recv(1 << 18):
                pass
        with suppress(subprocess.TimeoutExpired):
            return self.client.wait(_END) == 0
        return False

    def remove(self) -> None:
        """Remove it by force, and wait until it is gone, if there is a daemon."""
        end = time.monotonic() + _START
        with suppress(subprocess.TimeoutExpired):
            while time.monotonic() < end and self.told("container", "inspect"):
                self.told("rm", "--force")

    def told(self, *what: str) -> bool:
        """Whether the daemon could do that with it."""
        command = [self.engine, *what, self.name]
        return subprocess.run(command, capture_output=True, timeout=_START, check=False).returncode == 0


_HEAD = len(frame(b""))


def _missing(answer: bytearray) -> int:
    """How many bytes there are still to come of a frame."""
    if len(answer) < _HEAD:
        return _HEAD - len(answer)
    return _HEAD + int.from_bytes(answer[:_HEAD], "little") - len(answer)


async def launch(
    recipe: Recipe, packages: tuple[Package, ...] = (), asked: Sequence[str] = (), room: Room = _ROOM
) -> tuple[Container, Facts]:
    """A new container whose zygote has imported the packages, and what it says of itself and of those asked for."""
    with tempfile.TemporaryFile() as complaints:
        container = _spawned(recipe, room, complaints)
        try:
            async with asyncio.timeout(_START):
                return container, await _prepared(container, packages, asked)
        except (ZygoteDied, TimeoutError) as err:
            container.end()
            raise _unavailable(recipe, complaints, str(err)) from None
        except BaseException:
            container.end()
            raise


def _spawned(recipe: Recipe, room: Room, complaints: BinaryIO) -> Container:
    name = f"{LABEL}-{secrets.token_hex(8)}"
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    with theirs:
        try:
            client = subprocess.Popen(
                _command(recipe, name, room),
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=complaints,
                cwd="/",
                # Ctrl-C at the terminal is for us to handle.
                start_new_session=True,
            )
        except OSError as err:
            ours.close()
            raise SandboxUnavailable(f"`{recipe.engine}` cannot be run: {err}") from None
    return Container(name, recipe.engine, room, ours, client)


def _command(recipe: Recipe, name: str, room: Room) -> list[str]:
    user = random.choice(_USERS)  # noqa: S311 - no secret
    scratch = f"size={room.scratch},nr_inodes=1024,mode=0700,uid={user},gid={user},nosuid,nodev,noexec"
    return [
        *(recipe.engine, "run", "--rm", "--interactive", "--name", name),
        *("--label", f"{LABEL}={platform.node()}:{os.getpid()}"),
        *(("--runtime", recipe.runtime) if recipe.runtime else ()),
        *("--network", "none", "--ipc", "none", "--hostname", "sandbox"),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", f"{user}:{user}"),
        *("--read-only", "--tmpfs", f"{_SCRATCH}:{scratch}", "--workdir", "/"),
        *(_HIDDEN if recipe.runtime and "runsc" in recipe.runtime else ()),
        *("--memory", str(room.memory), "--memory-swap", str(room.memory), "--pids-limit", str(room.tasks)),
        # What the zygote closes in each child, one by one where the kernel cannot do it at once.
        *("--ulimit", "nofile=4096:4096", "--ulimit", "core=0:0"),
        *("--log-driver", "none", "--no-healthcheck", "--pull", "never"),
        *("--entrypoint", "python3", recipe.image, "-I", "-S", "-B", "-c", _BOOT),
    ]


# In gVisor's, a process can open what others of its user have open. Other runtimes do not start without the two.
_HIDDEN = ("--tmpfs", "/proc:size=4k,mode=0555,ro", "--tmpfs", "/sys:size=4k,mode=0555,ro")

_BOOT = f"""
import sys
if sys.version_info < (3, 11):
    sys.exit("its python3 is %d.%d, and programs need 3.11 or newer" % sys.version_info[:2])
import json, os
read = sys.stdin.buffer.read
sources = read(int.from_bytes(read({_HEAD}), "little")) or sys.exit()
home = "{_SCRATCH}/benchbook"
for name, text in json.loads(sources).items():
    path = os.path.join(home, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
sys.path.append(home)
from benchbook.plugins.sandboxes import agent
agent.main(home, "{_SCRATCH}")
"""
"""The first process: it is sent our code, and is our agent from then on."""

_INSIDE = """
    agent candidate codec confinement examiner exchange in_process landlock scratch script testing wire zygote
"""


@functools.cache
def _sources() -> bytes:
    """Our code that runs inside."""
    files = [Path(__file__).with_name(f"{name}.py") for name in _INSIDE.split()]
    texts = {f"benchbook/plugins/sandboxes/{file.name}": file.read_text(encoding="utf-8") for file in files}
    return json.dumps(texts).encode("ascii")


async def _prepared(container: Container, packages: tuple[Package, ...], asked: Sequence[str]) -> Facts:
    """Bring our code into the container, and have a zygote started there."""
    facts = Facts(**codec.decode(await container.ask([_sources(), codec.encode(list(asked), _MIB)])))
    if facts.exposed and not facts.landlock:
        raise ZygoteDied("there is no Landlock, and a program could reach what others have open")
    paths = list(dict.fromkeys(str(place) for package in packages for place in package.places))
    setup = Setup(
        system_call_filter(facts.machine),
        namespaces=False,
        # Where there is no Landlock, the container alone is the border: all that is in it can be read.
        readable=[*facts.readable, *paths] if facts.landlock else None,
        scratch=_SCRATCH,
        paths=paths,
        preload=[module for package in packages for module in package.modules],
        user=None,
        counted=True,
    )
    said = await container.ask([codec.encode((ENVIRONMENT, tuple(setup), container.room.scratch), _MIB)])
    if said != READY:
        raise ZygoteDied(said.decode("utf-8", "replace"))
    return facts


def _unavailable(recipe: Recipe, complaints: BinaryIO, word: str) -> SandboxUnavailable:
    complaints.seek(0)
    said = " ".join(complaints.read(4000).decode("utf-8", "replace").split()) or word or "it does not answer"
    remedy = next((advice for sign, advice in _REMEDIES if re.search(sign, said)), None)
    remedy = remedy or f"try `{recipe.engine} run --rm --network none --entrypoint python3 {recipe.image} --version`"
    return SandboxUnavailable(f"a container of {recipe.image!r} cannot be started: {said[-1000:]}; {remedy}")


_REMEDIES = (
    (
        "python3.*(not found|no such file)|3.11 or newer",
        "choose an image with Python 3.11 or newer as `python3`, such as `python:3.11-slim`",
    ),
    ("no Landlock", "use a newer kernel, or gVisor by its name: `runtime: runsc`"),
    ("(?i)(invalid|unknown).* runtime", "`docker info` lists the runtimes that the daemon knows"),
)
