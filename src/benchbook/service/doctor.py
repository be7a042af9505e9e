"""Whether this machine can evaluate: what is tried out, and what to do where it fails."""

import sys

from benchbook import registry
from benchbook.engine.sample import describe
from benchbook.errors import BenchbookError
from benchbook.protocols import Check, Finding
from benchbook.service import models
from benchbook.settings import Settings
from benchbook.specs.use import Use
from benchbook.store import views
from benchbook.store.store import Store


async def examine(settings: Settings) -> dict[str, list[Finding]]:
    """Everything that was found, by part; nothing but the data folder and an empty database is written."""
    found = {"python": [_python()], "store": [_store(settings)], "models": _models(settings)}
    for name in registry.names("check"):
        found[name] = await _checked(name)
    return found


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("version", sys.version_info >= (3, 11), f"{version} (3.11 or newer is needed)")


def _store(settings: Settings) -> Finding:
    try:
        with Store.open(settings.database_url, settings.blobs) as store:
            address, count = store.address, len(views.runs(store, limit=1000))
    except BenchbookError as err:
        return Finding("database", ok=False, detail=str(err))
    return Finding("database", ok=True, detail=f"{address} ({count} runs)")


def _models(settings: Settings) -> list[Finding]:
    """Weights that are not here yet are no fault: they are fetched when they are wanted."""
    return [
        Finding(
            each.weights.model,
            ok=True if each.pulled else None,
            detail=str(each.path) if each.pulled else f"not here yet: `benchbook models pull {each.weights.name}`",
        )
        for each in models.catalogue(settings)
    ]


async def _checked(name: str) -> list[Finding]:
    try:
        check: Check = registry.build("check", Use(name=name))
        return await check()
    except Exception as err:  # noqa: BLE001 - a check that breaks is a finding, and the others are still made
        return [Finding(name, ok=False, detail=describe(err))]
