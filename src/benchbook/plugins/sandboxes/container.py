"""Isolation by a container engine, for machines that have one and cannot isolate programs themselves."""

import asyncio
import hashlib
import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchbook import Sandbox, SandboxUnavailable, SpecError, Use, register
from benchbook.plugins.sandboxes.container_worker import ContainerWorker, Facts, Recipe, launch
from benchbook.plugins.sandboxes.packages import USUAL, Package
from benchbook.plugins.sandboxes.pool import Pool
from benchbook.plugins.sandboxes.system_calls import system_call_filter
from benchbook.plugins.sandboxes.tier import check_room, check_workers, prove_one

_PATIENCE = 30.0
"""Seconds."""


def _can_start(workers: int = 0, packages: tuple[str, ...] | None = None, **options: Any) -> None:
    check_workers(workers)
    named: Any = None if packages is None else list(packages)
    prove_one(Use(name="container", args={"workers": 1, "packages": named, **options}))


@register("sandbox", preflight=_can_start)
async def container(
    workers: int = 0,
    packages: tuple[str, ...] | None = None,
    image: str = "python:3.11-slim",
    engine: str = "docker",
    runtime: str | None = None,
) -> AsyncIterator[Sandbox]:
    """Programs run in containers, one for each worker: no network, capabilities, new processes or lasting files.

    `image` has Python 3.11 or newer as `python3`, and is on this machine. `packages` are distributions in it that
    programs may import, with whatever lies beside them: numpy, if the image has it, unless given. `engine` is the
    command of Docker, or of what understands the same. `runtime` is one that it knows: `runsc` has its own kernel.
    """
    check_workers(workers)
    check_room()
    recipe = Recipe(engine, image, runtime)
    digest = await asyncio.to_thread(_digest, recipe)
    first, facts = await launch(recipe, asked=(USUAL,) if packages is None else packages)
    with ExitStack() as stack:
        stack.callback(first.end)
        waiting = [first]

        async def start(wanted: tuple[Package, ...]) -> ContainerWorker:
            if waiting and not wanted:
                return ContainerWorker(recipe, waiting.pop(), wanted)
            made, _ = await launch(recipe, wanted)
            return ContainerWorker(recipe, made, wanted)

        found = tuple(_found(packages or (), facts, image))
        name = f"container ({runtime})" if runtime else "container"
        pool = Pool(start, workers or os.cpu_count() or 1, name, found, _facts(name, digest, facts, found))
        stack.callback(pool.close)
        yield pool


def _digest(recipe: Recipe) -> str:
    """The digest of the image."""
    if recipe.image.startswith("-"):
        raise SpecError(f"{recipe.image!r} is no name of an image", field=["image"])
    asked = _asked(recipe)
    if asked.returncode == 0:
        return asked.stdout.strip()
    said = " ".join(asked.stderr.split())[-500:]
    if re.search("no such (image|object)|not known", said.lower()):
        # A preflight, or `doctor`, is not to load hundreds of megabytes unasked.
        raise SandboxUnavailable(
            f"the image {recipe.image!r} is not on this machine: run `{recipe.engine} pull {recipe.image}`, or name "
            "another in a config, `run: {sandbox: {container: {image: …}}}`"
        )
    raise SandboxUnavailable(
        f"`{recipe.engine}` cannot reach its daemon: {said}; start the daemon, and see that `{recipe.engine} info` "
        "works for this user"
    )


def _asked(recipe: Recipe) -> "subprocess.CompletedProcess[str]":
    command = [recipe.engine, "image", "inspect", "--format", "{{.Id}}", recipe.image]
    try:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except OSError as err:
        raise SandboxUnavailable(
            f"the container engine `{recipe.engine}` cannot be run: {err.strerror}; install Docker, or name another "
            "engine that understands its commands in a config, `run: {sandbox: {container: {engine: …}}}`"
        ) from None
    except subprocess.TimeoutExpired:
        raise SandboxUnavailable(
            f"`{' '.join(command)}` does not end: see whether the daemon of `{recipe.engine}` is well"
        ) from None


def _found(wanted: tuple[str, ...], facts: Facts, image: str) -> Iterator[Package]:
    """The packages in the image; SpecError if one that is wanted is not there."""
    for name in wanted:
        if name not in facts.packages:
            raise SpecError(
                f"programs are to import {name!r}, which the image {image!r} does not have: use one that has it, or "
                "leave it out",
                field=["packages"],
            )
    for name, (version, modules, place) in facts.packages.items():
        yield Package(name, tuple(modules), (Path(place),), version)


def _facts(name: str, digest: str, facts: Facts, packages: tuple[Package, ...]) -> dict[str, str]:
    """What is kept with a run."""
    said = {
        "sandbox": name,
        "sandbox python": facts.python,
        "sandbox image": digest,
        "sandbox landlock": str(facts.landlock) if facts.landlock else "none",
        "sandbox filter": hashlib.sha256(system_call_filter(facts.machine)).hexdigest()[:12],
    }
    if packages:
        said["sandbox packages"] = ", ".join(f"{package.name} {package.version}" for package in packages)
    return said
