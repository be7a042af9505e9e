"""What a child of the zygote gives up before it runs anything: runs inside the sandbox, standard library only."""

import ctypes
import os
import resource
from typing import NoReturn

from benchbook.plugins.sandboxes.wire import Bounds

_NEWNS, _NEWPID, _NEWIPC = 0x00020000, 0x20000000, 0x08000000
_NOSUID, _NODEV = 2, 4
_SET_SECCOMP, _FILTER, _NO_NEW_PRIVS = 22, 2, 38
_INODES = 1024
_FILES = 256

_libc = ctypes.CDLL(None, use_errno=True)
_CAPABILITIES_OF_SELF = (ctypes.c_uint32 * 2)(0x20080522, 0)
_NONE = (ctypes.c_uint32 * 6)()


def fork(own: int) -> int:
    """Fork, with the child as the first process of a new pid namespace; `own` is a pidfd of the caller."""
    _checked("unshare", _libc.unshare(_NEWPID))
    pid = os.fork()
    if pid:
        # Back: what is started next must not be born into the child's namespace.
        _checked("setns", _libc.setns(own, _NEWPID))
    return pid


def confine(bounds: Bounds, syscall_filter: bytes) -> None:
    """Give up everything that a program does not need. The order matters: each step needs what the next takes away."""
    # Out of the zygote's process group: signals to a group cross the borders of pid namespaces.
    os.setsid()
    _checked("unshare", _libc.unshare(_NEWNS | _NEWIPC))
    options = f"size={bounds.scratch},nr_inodes={_INODES},mode=0700".encode()
    _checked("mount", _libc.mount(b"tmpfs", b"/tmp", b"tmpfs", _NOSUID | _NODEV, options))
    os.chdir("/tmp")  # noqa: S108 - of the sandbox, not of the machine
    os.umask(0o077)
    _limit(bounds)
    _drop_capabilities()
    _filter(syscall_filter)


def _limit(bounds: Bounds) -> None:
    # Soft and hard alike: the child is the first process of its namespace, where only the hard limit's signal works.
    _bound(resource.RLIMIT_CPU, int(bounds.cpu) + 1)
    _bound(resource.RLIMIT_AS, bounds.memory)
    _bound(resource.RLIMIT_FSIZE, bounds.file)
    _bound(resource.RLIMIT_NOFILE, _FILES)
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_MEMLOCK, 0)
    _bound(resource.RLIMIT_MSGQUEUE, 0)
    if bounds.tasks:
        _bound(resource.RLIMIT_NPROC, bounds.tasks)


def _bound(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    value = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (value, value))


def _drop_capabilities() -> None:
    _checked("capset", _libc.capset(_CAPABILITIES_OF_SELF, _NONE))


class _Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def _filter(syscall_filter: bytes) -> None:
    _checked("prctl", _libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(
        "prctl", _libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(_Filter(len(syscall_filter) // 8, syscall_filter)))
    )


def _checked(call: str, result: int) -> None:
    if result != 0:
        _fail(call)


def _fail(call: str) -> NoReturn:
    code = ctypes.get_errno()
    raise OSError(code, f"{call}: {os.strerror(code)}")
