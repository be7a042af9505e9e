"""Under which circumstances a run was carried out."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchbook import __version__, registry, settings
from benchbook.errors import SpecError
from benchbook.protocols import Kind
from benchbook.specs.experiments import RunSpec
from benchbook.specs.use import Use

_CHECKOUT = Path(__file__).parents[3]

_PACKAGES = (
    "accelerate",
    "aiohttp",
    "bitsandbytes",
    "gguf",
    "httptools",
    "numpy",
    "peft",
    "psycopg",
    "pydantic",
    "safetensors",
    "sqlalchemy",
    "tokenizers",
    "torch",
    "transformers",
    "xllamacpp",
)
"""On which answers, verdicts or what is kept of them may depend."""

WHERE = frozenset({"host", "process", "folder"})
"""Facts that say where a run was carried out, and nothing about its answers."""

OF_THE_MOMENT = frozenset({"process", "folder", "cache", "model.log"})
"""Facts of an attempt that no two need to share: who carried it out and from where, where it looked for known answers,
where its server wrote its log."""


def facts(spec: RunSpec) -> dict[str, str]:
    """Versions and machine, as they are now, for what the run is made of."""
    found = {
        "benchbook": __version__,
        "commit": _commit(_CHECKOUT) if (_CHECKOUT / ".git").exists() else "",
        "project": "" if Path.cwd().is_relative_to(_CHECKOUT) else _commit(Path.cwd()),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": str(settings.cores()),
        "host": platform.node(),
        "process": process_of(os.getpid()),
        "folder": str(Path.cwd()),
        **{name: _version(name) for name in _PACKAGES},
        **dict(_plugin_packages(spec)),
    }
    return {name: value for name, value in found.items() if value}


def alive(environment: dict[str, str]) -> bool:
    """Whether the process that left these facts is still there, as far as this machine can tell."""
    return environment.get("host") == platform.node() and lives(environment.get("process", ""))


def gone(environment: dict[str, str]) -> bool:
    """Whether the process that left these facts was one of this machine, and is no more."""
    return environment.get("host") == platform.node() and not lives(environment.get("process", ""))


def lives(process: str) -> bool:
    """Whether that process, as `process_of` told it from others, is still there, on this machine."""
    pid = process.partition(" ")[0]
    return pid.isdigit() and process_of(int(pid)) == process


@cache
def node() -> str:
    """This machine, as far as processes can be seen from here: after a restart it is another, as each container is."""
    kernel = Path("/proc/sys/kernel/random/boot_id")
    booted = kernel.read_text().strip()[:8] if kernel.exists() else ""
    within = Path("/proc/self/ns/pid").stat().st_ino if kernel.exists() else 0
    return f"{platform.node()}/{booted}/{within}"


def ours(environment: dict[str, str]) -> bool:
    """Whether this process left these facts."""
    here = (platform.node(), process_of(os.getpid()))
    return (environment.get("host"), environment.get("process")) == here


@contextmanager
def as_begun(environment: dict[str, str]) -> Iterator[None]:
    """Within, what is missing may lie where the run was begun, and the error says so."""
    try:
        yield
    except SpecError as err:
        begun, here = environment.get("folder", ""), str(Path.cwd())
        if begun in ("", here):
            raise
        raise SpecError(f"{err}; relative paths count from {here}, and the run was begun in {begun}") from err


def process_of(pid: int) -> str:
    """The process, told from others that get its number later by the moment of its birth; empty if it is no more."""
    try:
        # The name, in parentheses, may hold anything; the birth is the twentieth word after it.
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return f"{pid} (born {words[19]})" if words[0] != "Z" else ""


def _commit(folder: Path) -> str:
    """The commit that is checked out where the folder lies, if one is; `+` marks uncommitted changes."""
    # A folder may be anyone's: its settings must not make git start a program.
    command = ["git", "-C", str(folder), "-c", "core.fsmonitor=false", "status", "--porcelain=v2", "--branch", "-uno"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return ""
    commit = next((line.rpartition(" ")[2] for line in told if line.startswith("# branch.oid ")), "")
    return commit + "+" * any(not line.startswith("#") for line in told)


def _plugin_packages(spec: RunSpec) -> Iterator[tuple[str, str]]:
    """The packages that the run's plugins come from, where those are not ours."""
    used: list[tuple[Kind, Use]] = [("runtime", spec.model.runtime), ("solver", spec.task.solver)]
    used += [("engine", spec.engine), *(("scorer", scorer) for scorer in spec.task.scorers)]
    for kind, use in used:
        package = registry.origin(kind, use.name)
        if package and package[0] != "benchbook":
            yield package


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if sys.platform != "linux" or not os.access(cpuinfo, os.R_OK):
        return platform.processor()
    names = [
        line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
    ]
    return names[0] if names else platform.processor()


@cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
