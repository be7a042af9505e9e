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
        **{name: _version(name) for name in _PACKAGES},
    }
    return {name: value for name, value in found.items() if value}


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
