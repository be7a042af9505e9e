"""Landlock and a filter of system calls, without namespaces: where those are forbidden, as in ordinary containers."""

from collections.abc import AsyncIterator
from functools import partial

from benchbook import Sandbox, SandboxUnavailable, register
from benchbook.plugins.sandboxes import landlock
from benchbook.plugins.sandboxes.bare import launch
from benchbook.plugins.sandboxes.packages import Package
from benchbook.plugins.sandboxes.system_calls import system_call_filter
from benchbook.plugins.sandboxes.tier import opened_pool, prove
from benchbook.plugins.sandboxes.worker import LocalWorker, start

_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_FORBIDDEN = (
    "Landlock is forbidden here, as by the filter of system calls of an older container engine: start the container "
    "with a newer engine, or with `--security-opt seccomp=unconfined`"
)
_MISSING = (
    "this kernel has no Landlock: it takes Linux 5.13 or newer with `landlock` among its security modules (the kernel "
    "parameter `lsm=`); use `sandbox: ns`, or a container engine and `sandbox: container`"
)


@register("sandbox", "landlock", preflight=partial(prove, "landlock"))
async def landlocked(workers: int = 0, packages: tuple[str, ...] | None = None) -> AsyncIterator[Sandbox]:
    """Programs read Python and write a scratch folder, and reach no network and no other process.

    They see the machine's process numbers and whether files exist, cannot change modes, owners or times of files, and
    their threads are bounded by memory only; otherwise as `ns`.
    """
    async with opened_pool(_start, workers, "landlock", packages) as pool:
        yield pool


async def _start(packages: tuple[Package, ...]) -> LocalWorker:
    if not landlock.abi():
        raise SandboxUnavailable(_FORBIDDEN if landlock.is_forbidden() else _MISSING)
    return await start(await launch(packages, system_call_filter(own_files=False), _DEVICES))
