"""Speaks for a zygote in a container, whose first process it is: runs inside, standard library only.

It talks to the host by frames over stdin and stdout, and to the zygote as a host beside it does. It is asked one thing
at a time. When the host hangs up, or the zygote is gone, it ends, and the container with it.
"""

import json
import os
import platform
import select
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from benchbook.plugins.sandboxes import codec, confinement, landlock, scratch, wire
from benchbook.plugins.sandboxes.exchange import exchange

_HOST_IN, _HOST_OUT = 0, 1
_ANSWER = 1 << 20
_READABLE = """
    /lib /lib64 /usr/lib /usr/lib64 /usr/local/lib /etc/ld.so.cache /usr/share/zoneinfo
    /dev/null /dev/zero /dev/random /dev/urandom
"""


def main(home: str, folder: str) -> NoReturn:
    """Serve the host. `home` is where these modules are, below `folder`, which is empty when programs run."""
    # Programs are of the same user: none may look into this process.
    confinement.renounce()
    # All that is needed of it is loaded, and nothing will be there for programs to read.
    sys.path.remove(home)
    _say(codec.encode(_facts(codec.decode(_hear())), _ANSWER))
    environment, setup, size = codec.decode(_hear())
    with _zygote(home, environment) as zygote:
        zygote.send(codec.encode(tuple(setup), _ANSWER))
        said = _answer(zygote)
        # Beside it are the folders of children that wait already.
        scratch.clear(home)
        os.rmdir(home)  # noqa: PTH106 - plain calls, one effect each
        ballast = _hidden_file(folder)
        _say(said)
        while True:
            packed, *inputs = wire.frames(_hear())
            order = wire.Order.unpack(packed)
            _resize(ballast, size - order.bounds.scratch)
            report, *written = _carried_out(order, inputs, zygote)
            _say(b"".join(map(wire.frame, (report, *written))))
            if wire.Report.unpack(report).tidying:
                zygote.recv(1 << 10)


def _hear() -> bytes:
    data = wire.receive(sys.stdin.buffer, sys.maxsize)
    if data is None:
        os._exit(0)
    return data


def _say(data: bytes) -> None:
    try:
        wire.send(_HOST_OUT, data)
    except OSError:
        os._exit(0)


def _facts(packages: Sequence[str]) -> dict[str, object]:
    """What the host has to know of this place before it can say what to do."""
    path = [*sys.path, sys.executable, *_READABLE.split()]
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "landlock": landlock.abi(),
        "exposed": _is_exposed(),
        "readable": [place for place in dict.fromkeys(path) if os.path.exists(place)],  # noqa: PTH110 - plain names
        "packages": _installed(packages) if packages else {},
    }


def _is_exposed() -> bool:
    """Whether another process of this user can reach what this one has open."""
    own = os.getpid()
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] != 0
    try:
        os.listdir(f"/proc/{own}/fd")  # noqa: PTH208 - plain calls
    except OSError:
        os._exit(0)
    os._exit(1)


def _installed(packages: Sequence[str]) -> dict[str, object]:
    """Version, modules and place of those that are here."""
    # An interpreter that knows of site-packages; this one does not.
    command = [sys.executable, "-I", "-c", _PROBE, json.dumps(packages)]
    said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    found = json.loads(said.stdout)
    return {name: tuple(facts) for name, facts in found.items()}


_PROBE = """
import json, sys
from importlib import metadata

modules = metadata.packages_distributions()
found = {}
for name in json.loads(sys.argv[1]):
    try:
        one = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        continue
    names = [module for module, owners in modules.items() if one.metadata["Name"] in owners]
    names = [module for module in names if module.isidentifier() and not module.startswith("_")]
    found[name] = one.version, names, str(one.locate_file(""))
print(json.dumps(found))
"""


def _zygote(home: str, environment: Mapping[str, str]) -> socket.socket:
    """A socket to a new zygote."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        code = f"{home}/benchbook/plugins/sandboxes/zygote.py"
        subprocess.Popen(
            [sys.executable, "-s", "-S", "-P", "-B", code, str(theirs.fileno()), home],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd="/",
            env=environment,
        )
    return ours


def _answer(zygote: socket.socket) -> bytes:
    """What the zygote says next. Meanwhile the host is silent, or has hung up."""
    poll = select.poll()
    poll.register(_HOST_IN, select.POLLIN)
    poll.register(zygote, select.POLLIN)
    if _HOST_IN in {descriptor for descriptor, _ in poll.poll()}:
        os._exit(0)
    said = zygote.recv(1 << 12)
    if not said:
        os._exit(1)
    return said


def _hidden_file(folder: str) -> int:
    """A file that takes room in a folder, where it has no name."""
    path = f"{folder}/ballast"
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    os.unlink(path)  # noqa: PTH108 - plain calls, one effect each
    return file


def _resize(file: int, size: int) -> None:
    """Make the file so large: what it takes of the scratch folder, a program cannot have."""
    now = os.fstat(file).st_size
    os.ftruncate(file, min(now, size))
    while now < size:
        now += os.pwrite(file, bytes(min(size - now, 1 << 20)), now)


def _carried_out(order: wire.Order, inputs: Sequence[bytes], zygote: socket.socket) -> list[bytes]:
    """The zygote's report on an order, and what was written."""
    with exchange(order, inputs) as files:
        socket.send_fds(zygote, [order.pack()], files.handed)
        report = _answer(zygote)
        return [report, *files.contents()]
