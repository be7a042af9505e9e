"""Proves the sandboxes by attacking them. Nothing is concluded from a version: each attack is made, and must fail."""

import os
import secrets
import socket
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchbook import (
    BenchbookError,
    Call,
    Check,
    Command,
    ExecResult,
    Finding,
    Limits,
    Sandbox,
    SandboxUnavailable,
    Use,
    opened,
    preflight,
    register,
)
from benchbook.plugins.sandboxes.auto import TIERS

_LIMITS = Limits(cpu=2, wall=30, memory=128, output=64, disk=1)
_FEW = 10
"""More programs than children that wait for one ahead."""
_SHORT = Limits(cpu=0.3, wall=30, memory=128, output=64, disk=1)


@register("check", "sandbox")
def sandbox_check(tiers: tuple[str, ...] = TIERS) -> Check:
    """Attack every sandbox that starts, and tell which level of isolation this machine gives."""
    return partial(levels, tiers)


async def levels(tiers: Iterable[str] = TIERS) -> list[Finding]:
    """Each tier: whether it starts and holds, or why not and what to do. Then the one that `auto` uses."""
    found = [(name, await self_test(Use(name=name, args={"workers": 1}))) for name in tiers]
    tested = {name: proof for name, proof in found if proof.starts}
    broken = [
        Finding(f"{name}: {each.name}", ok=False, detail=each.detail)
        for name, proof in tested.items()
        for each in proof.broken
    ]
    return [*(_row(name, proof) for name, proof in found), *broken, _level(tested)]


@dataclass(frozen=True)
class Proof:
    """What became of the attacks on a sandbox."""

    attacks: tuple[Finding, ...] = ()
    missing: str = ""
    """Why it does not start, and what to do."""

    @property
    def starts(self) -> bool:
        """Whether there was anything to attack."""
        return not self.missing

    @property
    def broken(self) -> list[Finding]:
        """The attacks that got through."""
        return [attack for attack in self.attacks if not attack.ok]


async def self_test(sandbox: Use) -> Proof:
    """Whether programs are contained, and right ones told from wrong ones."""
    others = descendants([os.getpid()])
    try:
        async with opened("sandbox", sandbox) as run:
            before = len(await _lasting(run) - others)
            attacks = [attack async for attack in _attacked(run)]
            after = len(await _lasting(run) - others)
    except BenchbookError as err:
        return Proof(missing=str(err))
    left = max(0, after - before)
    return Proof((*attacks, _check("nothing survives a program", f"{left} processes", "0 processes")))


async def _lasting(run: Sandbox) -> set[int]:
    """The processes below this one that stay; those that wait for a program have come and gone after a few."""
    found = descendants([os.getpid()])
    for _ in range(_FEW):
        await run(Command("", limits=_LIMITS))
    return found & descendants([os.getpid()])


def _row(name: str, proof: Proof) -> Finding:
    if not proof.starts:
        return Finding(name, ok=None, detail=f"not available: {proof.missing}")
    number, held = len(proof.attacks), len(proof.attacks) - len(proof.broken)
    if proof.broken:
        return Finding(name, ok=False, detail=f"starts, but only {held} of {number} attacks held: do not use it")
    return Finding(name, ok=True, detail=f"works, {held} of {number} attacks held")


def _level(tested: dict[str, Proof]) -> Finding:
    """What `auto` gives: the first that starts and in which a program does not find the simplest ways out."""
    name = next(filter(_is_taken, tested), None)
    if name is None:
        return Finding("level", ok=False, detail="none: no program of a model is run here until one of them works")
    if tested[name].broken:
        sound = [other for other, its in tested.items() if not its.broken]
        remedy = f"name another: `--sandbox {sound[0]}`" if sound else "run nothing here"
        return Finding("level", ok=False, detail=f"{name} is what `auto` uses, and it does not hold: {remedy}")
    return Finding("level", ok=True, detail=f"{name} is what `auto`, the default, uses on this machine")


def _is_taken(tier: str) -> bool:
    try:
        preflight("sandbox", Use(name=tier, args={"workers": 1}))
    except SandboxUnavailable:
        return False
    return True


def descendants(pids: Iterable[int]) -> set[int]:
    """The processes that these have started, and those that they have."""
    children = defaultdict[int, set[int]](set)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The name, in parentheses, may hold anything; the parent is the second word after it.
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children[parent].add(int(folder.name))
    found, parents = set[int](), {*pids}
    while parents:
        parents = {child for pid in parents for child in children[pid]}
        found |= parents
    return found


async def _attacked(run: Sandbox) -> AsyncIterator[Finding]:
    with _canary() as file, _listeners() as (port, name):
        for what, action, argument in _attacks(file, port, name):
            result = await run(Command(_attack(action), (Call("attack", (argument,)),), limits=_LIMITS))
            yield _check(what, [call.value for call in result.calls], ["held"], result)
    for what, program, status, limits in _BREACHES:
        result = await run(Command(program, limits=limits))
        yield _check(what, result.status, status, result)
    for what, program, passes in _EXAMS:
        result = await run(Command(program, test_code=_TESTS, entry_point="double", limits=_LIMITS))
        yield _check(what, result.status == "completed" and result.test_error is None, passes, result)


def _check(name: str, found: object, wanted: object, result: ExecResult | None = None) -> Finding:
    if found == wanted:
        return Finding(name, ok=True)
    said = f", {result.status} {result.reason or result.test_error or ''}" if result else ""
    return Finding(name, ok=False, detail=f"{found!r}{said}"[:500])


@contextmanager
def _canary() -> Iterator[str]:
    """A file in the user's home, or wherever there is room for one."""
    home = Path.home()
    with tempfile.NamedTemporaryFile("w", dir=home if os.access(home, os.W_OK) else None) as file:
        file.write("a secret")
        file.flush()
        yield file.name


@contextmanager
def _listeners() -> Iterator[tuple[int, str]]:
    """A port, and the name of a socket without a file, of somebody on this machine who accepts connections."""
    name = f"benchbook-{secrets.token_hex(8)}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0{name}")
        abstract.listen()
        yield server.getsockname()[1], name


def _attack(action: str) -> str:
    """A program whose `attack` answers `held`, unless it gets through."""
    lines = "\n".join(f"        {line}" for line in action.strip().splitlines())
    return f"import os, sys\ndef attack(argument):\n    try:\n{lines}\n    except OSError:\n        return 'held'"


def _attacks(file: str, port: int, socket_name: str) -> Iterator[tuple[str, str, Any]]:
    yield "cannot read the user's files", "return open(argument).read()", file
    yield "cannot write outside its scratch folder", _WRITE_EVERYWHERE, str(Path(file).parent)
    yield "cannot reach the network", _CONNECT, port
    yield "cannot reach sockets of this machine", _CONNECT_ABSTRACT, socket_name
    yield "cannot signal other processes", "os.kill(argument, 0)", os.getpid()
    yield "cannot signal its parent", _SIGNAL_PARENT, None
    yield "cannot look at other processes", "return open(f'/proc/{argument}/cmdline').read()", os.getpid()
    yield "cannot start processes", "import subprocess\nreturn subprocess.Popen([sys.executable]).pid", None
    yield "contains a fork bomb", _FORK_BOMB, None
    yield "cannot start programs", _EXECUTE, None
    yield "has hard limits", _UNLIMITED, None
    yield "cannot raise its limits", _RAISE, None
    yield "cannot become root", "os.setuid(0)", None
    yield "has no capabilities", _CAPABILITIES, None
    yield "has no environment", _ENVIRONMENT, None
    yield "cannot fill the disk", "return open('large', 'wb').write(bytes(2 << 20))", None
    # Twice the same: the second would find what the first has left.
    yield "has a scratch folder", _LEAVE_A_MARK, None
    yield "finds nothing that an earlier program has left", _LEAVE_A_MARK, None
    yield "ends with its threads", _LINGER, None


_CONNECT = "import socket\nreturn repr(socket.create_connection(('127.0.0.1', argument)))"
_CONNECT_ABSTRACT = "import socket\nreturn socket.socket(socket.AF_UNIX).connect('\\0' + argument)"
_WRITE_EVERYWHERE = """
known = ('/tmp', '/var/tmp', '/dev/shm', '/etc', '/usr', '/home', '/root', os.path.dirname(os.__file__), argument)
scratch = os.getcwd()
for folder in [*known, *(folder for folder, _, _ in os.walk('/'))]:
    mark = os.path.join(folder, 'mark-of-a-program')
    if os.path.realpath(mark).startswith(scratch + '/'):
        continue
    try:
        open(mark, 'x').close()
        os.remove(mark)
        return mark
    except OSError:
        pass
return 'held'
"""
_SIGNAL_PARENT = """
if not os.getppid():
    return 'held'  # it has none that it could name
os.kill(os.getppid(), 0)
"""
_FORK_BOMB = """
children = 0
for _ in range(100):
    try:
        if not os.fork():
            os._exit(0)
        children += 1
    except OSError:
        pass
return children or 'held'
"""
_EXECUTE = """
for program in (sys.executable, '/python/bin/python3', '/bin/sh', '/bin/true'):
    try:
        os.execv(program, [program])
    except OSError:
        pass
return 'held'
"""
_UNLIMITED = """
import resource as r
names = ('AS', 'CPU', 'FSIZE', 'NOFILE', 'CORE')
endless = [name for name in names if r.getrlimit(getattr(r, 'RLIMIT_' + name))[1] == r.RLIM_INFINITY]
return endless or 'held'
"""
_RAISE = """
import resource as r
try:
    r.setrlimit(r.RLIMIT_AS, (1 << 40, 1 << 40))
except ValueError:
    return 'held'
"""
_CAPABILITIES = """
import ctypes, struct
header, sets = struct.pack('=Ii', 0x20080522, 0), ctypes.create_string_buffer(24)
if ctypes.CDLL(None).capget(header, sets) == 0 and any(sets.raw):
    return sets.raw.hex()
for act in (lambda: os.setgroups([0]), lambda: os.nice(-1)):
    try:
        act()
        return 'a capability'
    except OSError:
        pass
return 'held'
"""
_ENVIRONMENT = """
if os.environ:
    return repr(os.environ)
return open('/proc/self/environ').read() or 'held'
"""
_LEAVE_A_MARK = """
found = os.listdir('.')
open('mark', 'w').close()
return repr(found) if found else 'held'
"""
_LINGER = """
import atexit, threading
def spin():
    while True:
        pass
atexit.register(spin)
threading.Thread(target=spin).start()
return 'held'
"""

_BREACHES = (
    (
        "ends an endless loop that ignores signals",
        """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
""",
        "timeout",
        _SHORT,
    ),
    ("bounds memory", "hoard = []\nwhile True:\n    hoard.append(bytearray(1 << 20))", "memory", _LIMITS),
    ("bounds output", "import os\nwhile True:\n    os.write(1, bytes(1 << 16))", "output_limit", _LIMITS),
    (
        "ends who mounts",
        "import ctypes\nctypes.CDLL(None).mount(b'x', b'/tmp', b'tmpfs', 0, None)",
        "violation",
        _LIMITS,
    ),
    ("ends who traces", "import ctypes\nctypes.CDLL(None).ptrace(0, 0, 0, 0)", "violation", _LIMITS),
)

_TESTS = "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate('a') == 'aa'\n"
_EXAMS = (
    ("passes a right program", "def double(x):\n    return x + x", True),
    ("fails a wrong program", "def double(x):\n    return x", False),
    (
        "is not fooled by a value that equals everything",
        "class Any(int):\n    def __eq__(self, other): return True\ndef double(x):\n    return Any()",
        False,
    ),
    ("is not fooled by words of success", "print('PASSED', flush=True)\ndef double(x):\n    print('OK')", False),
    ("is not fooled by an early exit", "import os\ndef double(x):\n    os._exit(0)", False),
    (
        "is not fooled by forged results",
        """
import os, struct
def double(x):
    for text in (b'["t","passed",""]', b'["t","value",4]', b'passed'):
        for descriptor in range(256):
            try:
                os.write(descriptor, struct.pack('=I', len(text)) + text)
            except OSError:
                pass
    os._exit(0)
""",
        False,
    ),
)
