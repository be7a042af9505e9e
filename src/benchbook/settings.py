"""Where the platform lives. The only reader of the environment."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from benchbook.errors import SpecError


@dataclass(frozen=True)
class Settings:
    """Folders and addresses, decided once at the edge and handed inwards."""

    home: Path
    """Everything of ours lies below: database, blobs, models, reports."""
    database_url: str
    """An SQLAlchemy URL; SQLite below `home` unless BENCHBOOK_DATABASE_URL says otherwise."""

    @property
    def blobs(self) -> Path:
        """Large bodies, by content hash."""
        return self.home / "blobs"

    @property
    def models(self) -> Path:
        """Weights of the embedded models."""
        return self.home / "models"

    @property
    def batches(self) -> Path:
        """What judges have said, as files, a folder a batch."""
        return self.home / "batches"

    @property
    def uploads(self) -> Path:
        """Files that somebody sent, by their content."""
        return self.home / "uploads"

    @property
    def logs(self) -> Path:
        """What the processes of runs and jobs write, a file an attempt."""
        return self.home / "logs"

    @property
    def reports(self) -> Path:
        """Reports written without an explicit place."""
        return self.home / "reports"


def load() -> Settings:
    """The settings of this process: BENCHBOOK_HOME, BENCHBOOK_DATABASE_URL, then the XDG data folder."""
    home = Path(os.environ.get("BENCHBOOK_HOME") or _data_folder() / "benchbook").expanduser().absolute()
    url = os.environ.get("BENCHBOOK_DATABASE_URL") or f"sqlite:///{quote(str(home / 'benchbook.db'))}"
    return Settings(home=home, database_url=url)


def secret(name: str) -> str:
    """The value of the environment variable `name`: keys live there, never in a spec."""
    value = os.environ.get(name)
    if not value:
        raise SpecError(f"the environment variable {name} is not set; export it with the key and try again")
    return value


def plugin_files() -> tuple[Path, ...]:
    """Files with plugins of one's own: BENCHBOOK_PLUGINS, several with the separator of PATH between them."""
    named = os.environ.get("BENCHBOOK_PLUGINS", "").split(os.pathsep)
    return tuple(Path(name).expanduser().absolute() for name in named if name)


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gpus() -> tuple[str, ...]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return tuple(name.strip() for name in named.split(",") if name.strip() not in ("", "-1"))
    devices = (path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*"))
    return tuple(str(number) for number in sorted(int(name) for name in devices if name.isdigit()))


def step_summary() -> Path | None:
    """The file whose Markdown GitHub shows below the step of a workflow."""
    named = os.environ.get("GITHUB_STEP_SUMMARY")
    return Path(named) if named else None


def environment(**changes: str) -> dict[str, str]:
    """The environment of a process that is started by this one."""
    return {**os.environ, **changes}


def _data_folder() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
