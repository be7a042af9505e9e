"""What a child of the zygote gives up before it runs anything: runs inside the sandbox, standard library only."""

import ctypes
import os
import resource
from contextlib import suppress
from typing import NoReturn

from benchbook.plugins.sandboxes import landlock
from benchbook.plugins.sandboxes.wire import OWN_PID, Bounds

_NEWNS, _NEWPID, _NEWIPC = 0x00020000, 0x20000000, 0x08000000
_READ_ONLY, _NOSUID, _NODEV, _REMOUNT, _BIND = 1, 2, 4, 32, 4096
_SET_DEATH_SIGNAL, _SET_DUMPABLE, _SET_SECCOMP, _FILTER, _NO_NEW_PRIVS = 1, 4, 22, 2, 38
_SIGKILL = 9
_INODES = 1024
_INSTRUCTION, _WORD = 8, 4
"""Bytes of classic BPF: an instruction ends with a word, its operand."""

_libc = ctypes.CDLL(None, use_errno=True)
# Looked up here, and not once more in each child.
_prctl, _mount, _unshare, _setns, _capset = _libc.prctl, _libc.mount, _libc.unshare, _libc.setns, _libc.capset
_CAPABILITIES_OF_SELF = (ctypes.c_uint32 * 2)(0x20080522, 0)
_NONE = (ctypes.c_uint32 * 6)()


def renounce() -> None:
    """Give up, with all children: privileges of files, core dumps, locked memory, and being looked into by others."""
    for what in (resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK):
        resource.setrlimit(what, (0, 0))
    # gVisor has no message queues, and no limit for them.
    with suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_MSGQUEUE, (0, 0))
    _checked("prctl", _prctl(_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked("prctl", _prctl(_SET_DUMPABLE, 0, 0, 0, 0))


def protect_devices() -> None:
    """Keep modes, owners and times of the devices as they are: their files are the machine's own."""
    for name in ("null", "zero", "random", "urandom"):
        flags = _REMOUNT | _BIND | _READ_ONLY | _NOSUID
        _checked("mount", _mount(None, f"/dev/{name}".encode(), None, flags, None))


def become(user: int) -> None:
    """Be an ordinary user instead of root."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def fork_apart(own: int) -> int:
    """Fork, with the child as the first process of a new pid namespace; `own` is a pidfd of the caller."""
    _checked("unshare", _unshare(_NEWPID))
    pid = os.fork()
    if pid:
        # Back: what is started next must not be born into the child's namespace.
        _checked("setns", _setns(own, _NEWPID))
    return pid


def move_apart(scratch: str, size: int) -> None:
    """Take new mount and ipc namespaces, and a scratch folder of `size` bytes that no one else sees."""
    # Out of the zygote's process group: signals to a group cross the borders of pid namespaces.
    os.setsid()
    _checked("unshare", _unshare(_NEWNS | _NEWIPC))
    options = f"size={size},nr_inodes={_INODES},mode=0700".encode()
    _checked("mount", _mount(b"tmpfs", scratch.encode(), b"tmpfs", _NOSUID | _NODEV, options))


def die_with(parent: int) -> None:
    """Be killed when the parent ends, where no namespace ends with it."""
    os.setsid()
    _checked("prctl", _prctl(_SET_DEATH_SIGNAL, _SIGKILL, 0, 0, 0))
    if os.getppid() != parent:
        os._exit(0)


class Filter:
    """A filter of system calls, made once for all children; empty where nothing is isolated."""

    def __init__(self, program: bytes) -> None:
        self._memory = ctypes.create_string_buffer(program, len(program))
        start = ctypes.addressof(self._memory)
        self._program = _Program(len(program) // _INSTRUCTION, start)
        words = range(0, len(program), _WORD)
        self._own = [start + at for at in words if program[at : at + _WORD] == _native(OWN_PID)]

    def attach(self) -> None:
        """Put it on this process, for good."""
        pid = _native(os.getpid())
        for place in self._own:
            ctypes.memmove(place, pid, _WORD)
        if self._program.length:
            _checked("prctl", _prctl(_SET_SECCOMP, _FILTER, ctypes.byref(self._program)))


def confine(syscall_filter: Filter, ruleset: int | None) -> None:
    """Give up all capabilities and most of the kernel. The order matters: a step needs what the next takes away."""
    if ruleset is not None:
        landlock.restrict(ruleset)
    _checked("capset", _capset(_CAPABILITIES_OF_SELF, _NONE))
    syscall_filter.attach()


def limit(bounds: Bounds, *, counted: bool) -> None:
    """Set the limits of resources, for good; that of tasks only where they are counted for the sandbox alone."""
    # Soft and hard alike: the child is the first process of its namespace, where only the hard limit's signal works.
    for what, most in (
        (resource.RLIMIT_CPU, most_cpu(bounds)),
        (resource.RLIMIT_AS, bounds.memory),
        (resource.RLIMIT_FSIZE, bounds.file),
        (resource.RLIMIT_NOFILE, bounds.open_files),
        *(((resource.RLIMIT_NPROC, bounds.tasks),) if bounds.tasks and counted else ()),
    ):
        resource.setrlimit(what, (most, most))


def most_cpu(bounds: Bounds) -> int:
    """The kernel's limit of processor time, in seconds."""
    # Time is kept by the zygote. The kernel counts a process's time for its limit in ticks, which beside others that
    # run between them may be half as much again as it really had: so this ends only what nobody watches any more.
    return int(bounds.cpu + bounds.wall) + 1


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


def _native(number: int) -> bytes:
    return bytes(ctypes.c_uint32(number))


def _checked(call: str, result: int) -> None:
    if result != 0:
        _fail(call)


def _fail(call: str) -> NoReturn:
    code = ctypes.get_errno()
    raise OSError(code, f"{call}: {os.strerror(code)}")
