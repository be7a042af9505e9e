"""Under which circumstances a run was carried out."""

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchbook import __version__, settings

_PACKAGES = ("aiohttp", "pydantic", "sqlalchemy", "xllamacpp")


def facts() -> dict[str, str]:
    """Versions and machine, as they are now."""
    found = {
        "benchbook": __version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": str(settings.cores()),
        "host": platform.node(),
        "process": _process(os.getpid()),
        **{name: _version(name) for name in _PACKAGES},
    }
    return {name: value for name, value in found.items() if value}


def alive(environment: dict[str, str]) -> bool:
    """Whether the process that left these facts is still there, as far as this machine can tell."""
    process = environment.get("process", "")
    pid = process.partition(" ")[0]
    return environment.get("host") == platform.node() and pid.isdigit() and _process(int(pid)) == process


def _process(pid: int) -> str:
    """The process, told from others that get its number later by the moment of its birth; empty if it is no more."""
    try:
        # The name, in parentheses, may hold anything; the birth is the twentieth word after it.
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return f"{pid} (born {words[19]})" if words[0] != "Z" else ""


def _commit() -> str:
    """The commit of the checkout this package runs from, if it does; `+` marks uncommitted changes."""
    root = Path(__file__).parents[3]
    if not (root / ".git").exists():
        return ""
    try:
        git = ["git", "-C", str(root)]
        commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True, timeout=5)
        changes = subprocess.run(
            [*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=True, timeout=5
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return commit.stdout.strip() + ("+" if changes.stdout.strip() else "")


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if sys.platform != "linux" or not os.access(cpuinfo, os.R_OK):
        return platform.processor()
    names = [
        line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
    ]
    return names[0] if names else platform.processor()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
